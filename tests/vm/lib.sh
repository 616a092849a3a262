# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts of tests/vm share: messages, the cache, an apt of our own, the table of kernel series.

# Every kernel series that gpuwatch is tested on, oldest first.
# shellcheck disable=SC2034 # read by the scripts that source this file
kernel_series=(6.1 6.12 7.2)

# The same with PREEMPT_RT.
# shellcheck disable=SC2034
rt_series=(6.1-rt 6.12-rt)

# Kernels that build-kernel makes.
# shellcheck disable=SC2034
own_kernels=(6.1-patched 6.1-shipped 6.1-reversed 6.1-plain 7.2-patched 7.2-shipped 7.2-reversed 7.2-plain 6.1-bare 6.1-lockdep)

cache=${XDG_CACHE_HOME:-$HOME/.cache}/gpuwatch
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# The architecture of what the private apt fetches; a script for another one sets it after sourcing this file.
apt_arch=amd64
program=${0##*/}
# depmod and mke2fs are not in an ordinary user's path.
PATH=$PATH:/usr/sbin:/sbin

say() { printf '%s: %s\n' "$program" "$*" >&2; }
die() { say "$*"; exit 1; }

# The archive suites that hold a kernel series.
series_suites() {
	case ${1%-rt} in
		6.1) echo "bookworm bookworm-security" ;;
		6.12) echo "bookworm-backports" ;;
		7.2) echo "trixie-backports" ;;
		*) say "no kernel series '$1', there are: ${kernel_series[*]} ${rt_series[*]}"; return 1 ;;
	esac
}

# True if build-kernel makes a kernel of this name.
own_kernel() { [[ " ${own_kernels[*]} " == *" $1 "* ]]; }

# True if there is a kernel of this name, Debian's or our own; otherwise says which there are.
known_kernel() {
	own_kernel "$1" || [[ " ${kernel_series[*]} ${rt_series[*]} " == *" $1 "* ]] ||
		{ say "no kernel '$1', there are: ${kernel_series[*]} ${rt_series[*]} ${own_kernels[*]}"; return 1; }
}

# Prints the directory of a kernel after downloading or building it, unless it is in the cache.
kernel_directory() {
	local scripts
	scripts=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
	if own_kernel "$1"; then "$scripts/build-kernel" "$1"; else "$scripts/fetch-kernel" "$1"; fi
}

# The Debian release whose C library and compiler the header packages of a series need, if it is not this machine's.
series_toolchain() {
	case ${1%-rt} in
		7.2) echo "trixie" ;;
	esac
}

# Takes an exclusive lock on a name of the cache until the script ends or unlock is called.
lock() {
	mkdir -p "$cache"
	exec {lock_fd}>"$cache/$1.lock"
	if ! flock -n "$lock_fd"; then
		say "waiting for another run that prepares '$1'"
		flock "$lock_fd"
	fi
}

unlock() { exec {lock_fd}>&-; }

# Makes a scratch directory beside the place where its content will be published, so that one rename can do that.
scratch() {
	mkdir -p "$1"
	mktemp -d "$1/.new.XXXXXX"
}

# Publishes a scratch directory under its final name; if somebody else was faster, theirs stays.
publish() {
	local new=$1 final=$2
	chmod 755 "$new"
	if ! mv -T "$new" "$final" 2>/dev/null; then
		[[ -d $final ]] || die "cannot rename $new to $final"
		rm -rf "$new"
	fi
}

# Removes cache entries of a directory that nobody used for so many days.
prune() {
	find "$1" -mindepth 1 -maxdepth 1 -mtime "+$2" -exec rm -rf {} + 2>/dev/null || true
}

# The base address of the mirror that this machine's apt uses, for a suite of the same archive.
mirror_of() {
	local suite=$1 want release uri
	release=$(. /etc/os-release && echo "$VERSION_CODENAME")
	want=$release
	[[ $suite == *-security ]] && want=$release-security
	# shellcheck disable=SC2016 # apt expands these
	uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v want="$want" '$2 == want && $3 == "main" { print $1; exit }')
	[[ $uri ]] || return 1
	echo "$uri"
}

# Prepares an apt of our own, with its own lists and nothing installed, so that other suites never touch the machine's.
# Afterwards "private apt-get ..." and "private apt-cache ..." use it. Arguments: its name, its suites.
private_apt() {
	local name=$1 suite uri
	shift
	apt_root=$cache/apt/$name
	mkdir -p "$apt_root"/{lists/partial,archives/partial}
	: >"$apt_root/status"
	for suite; do
		# A machine without the security suite does without its updates.
		uri=$(mirror_of "$suite") || { [[ $suite == *-security ]] && continue; die "no Debian mirror for $suite in this machine's apt configuration"; }
		echo "deb [arch=$apt_arch signed-by=$keyring] $uri $suite main"
	done >"$apt_root/sources.list"
}

private() {
	local command=$1
	shift
	"$command" -q -o Dir::State="$apt_root" -o Dir::State::Lists="$apt_root/lists" \
		-o Dir::State::status="$apt_root/status" -o Dir::Cache="$apt_root" \
		-o Dir::Cache::archives="$apt_root/archives" -o Dir::Etc::SourceList="$apt_root/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o APT::Architecture="$apt_arch" -o APT::Architectures="$apt_arch" -o APT::Sandbox::User=root \
		-o APT::Update::Error-Mode=any -o Acquire::Languages=none -o Acquire::Retries=2 \
		-o Acquire::http::Timeout=30 -o Debug::NoLocking=true "$@"
}

# Refreshes the private apt's lists; false when the archive cannot be reached.
private_update() { private apt-get update >"$apt_root/update.log" 2>&1; }

# Downloads packages (NAME or NAME=VERSION) of the private apt into the current directory, checked by its signatures.
private_download() { private apt-get download "$@" >&2; }

# Prints the directory that a stamp beside it names by its version; false if there is none.
stamped() {
	local stamp=$1 version
	[[ -f $stamp ]] && read -r version <"$stamp" && [[ -d ${stamp%/*}/$version ]] && echo "${stamp%/*}/$version"
}

# Makes a stamp name a version. A stamp's age tells when the archive was last asked.
set_stamp() {
	echo "$2" >"$1.new"
	mv "$1.new" "$1"
}

# True if a file is younger than so many minutes.
younger_than() { [[ -n $(find "$1" -mmin "-$2" 2>/dev/null) ]]; }

# How many seconds a process has been ready to run and had to wait for a processor of this machine: the most of its threads.
kept_waiting() { awk '$2 > most { most = $2 } END { printf "%d\n", most / 1e9 }' /proc/"$1"/task/*/schedstat; }

# limit_machine PID SECONDS FILE: ends an emulator that has had its time, and leaves FILE. Runs beside it. Time for which this
# machine has no processor for it does not count.
limit_machine() {
	local pid=$1 limit=$2 file=$3 start=$SECONDS waited
	while sleep 1 && [[ -d /proc/$pid ]]; do
		waited=$(kept_waiting "$pid") || waited=0
		((SECONDS - start - waited < limit)) && continue
		: >"$file"
		kill "$pid"
		sleep 5
		kill -KILL "$pid"
		return
	done
}
