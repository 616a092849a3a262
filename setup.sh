#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs every Debian 12 package that building and testing gpuwatch needs; does nothing when all are there.
set -euo pipefail

usage() {
	cat <<-END
	usage: ./setup.sh [--quick | --kernel | --packages | --bench | --screens] [--check | --list | --libraries]

	  --quick   only what building and \`make check-quick\` need: no emulator, nothing that builds kernels
	  --kernel  also what kernel-patches/check needs
	  --packages
	            only what \`make deb\` needs, and \`make rpm\` on Debian
	  --bench   also what \`make bench\` compares with
	  --screens also what \`make screens\` needs
	  --check   install nothing: print the missing packages, exit 1 if there are any
	  --list    print the whole package list
	  --libraries
	            print only the libraries that the programs link
	END
}

# What the programs link; tests/arm64 gets the same for another architecture.
libraries=(libbpf-dev libelf-dev zlib1g-dev libsystemd-dev libsmartcols-dev libncurses-dev libjansson-dev libkmod-dev liblz4-dev
	libmicrohttpd-dev)

packages=(
	"${libraries[@]}"
	# compilers
	build-essential clang llvm bpftool pkg-config
	# unit tests, command line, recordings, lint
	libcmocka-dev python3 python3-jsonschema jq curl protobuf-compiler dbus kmod xz-utils bzip2 git clang-format shellcheck mandoc
	# what pictures are read with
	libxml2-utils graphviz
	# what shows a terminal to a script
	tmux
)

guest_packages=(
	# fuzzers
	libclang-rt-dev
	# downloads that apt verifies
	ca-certificates debian-archive-keyring
	# virtual machines: emulator, guest userland, archives, root file system images
	qemu-system-x86 busybox-static cpio zstd lz4 mmdebstrap uidmap fakeroot e2fsprogs
	# kernel modules: the lab and kernels of our own
	flex bison bc libssl-dev pahole
	# what drives the drivers on the patched kernel
	libhsakmt-dev libdrm-dev
	# arm64: cross compiler, emulator, device trees
	gcc-aarch64-linux-gnu qemu-system-arm device-tree-compiler
)

# What packaging/deb and packaging/rpm build and check the packages with, beside the compilers and libraries.
deb_packages=("${libraries[@]}" build-essential clang llvm bpftool pkg-config git debhelper lintian python3 python3-jsonschema rpm)

# What kernel-patches/check builds and checks the series with, beside all of the above.
kernel_packages=(gcc-arm-linux-gnueabihf sparse python3-ply python3-git)

# What tests/bench/run runs beside gpuwatch.
bench_packages=(trace-cmd bpftrace libbpf-tools)

# What tests/screens/run looks at pages and at the terminal with.
screens_packages=(chromium fonts-dejavu-core pngquant)

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Prints the packages of the list that are not installed.
missing() {
	local -A have=()
	local name state
	while IFS=$'\t' read -r name state; do
		[[ $state == "install ok installed" || $state == "hold ok installed" ]] && have[$name]=1
	done < <(dpkg-query -W -f '${Package}\t${Status}\n' "${packages[@]}" 2>/dev/null)
	for name in "${packages[@]}"; do
		[[ ${have[$name]:-} ]] || printf '%s\n' "$name"
	done
}

as_root() {
	if ((EUID == 0)); then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "not root and no sudo: run as root: $0"
	fi
}

# True if apt knows a version of every package given, so that no update is needed first.
all_known() {
	local name
	for name; do
		apt-cache policy "$name" 2>/dev/null | grep -q 'Candidate: [0-9]' || return 1
	done
}

update() {
	say "updating the package lists"
	as_root apt-get update -q
}

install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
		-o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold "$@"
}

[[ ${1:-} == --quick || ${1:-} == --packages ]] || packages+=("${guest_packages[@]}")
[[ ${1:-} != --kernel ]] || packages+=("${kernel_packages[@]}")
[[ ${1:-} != --packages ]] || packages=("${deb_packages[@]}")
[[ ${1:-} != --bench ]] || packages+=("${bench_packages[@]}")
[[ ${1:-} != --screens ]] || packages+=("${screens_packages[@]}")
[[ ! ${1:-} =~ ^--(quick|kernel|packages|bench|screens)$ ]] || shift
case ${1:-} in
	"") ;;
	--check) mapfile -t todo < <(missing); ((${#todo[@]} == 0)) && exit 0; printf '%s\n' "${todo[@]}"; exit 1 ;;
	--list) printf '%s\n' "${packages[@]}"; exit 0 ;;
	--libraries) printf '%s\n' "${libraries[@]}"; exit 0 ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
esac

command -v apt-get >/dev/null || die "no apt-get: this script is for Debian 12; its package list is: $0 --list"

mapfile -t todo < <(missing)
if ((${#todo[@]} == 0)); then
	say "all ${#packages[@]} packages are installed"
	exit 0
fi

say "installing ${#todo[@]} of ${#packages[@]} packages: ${todo[*]}"
updated=
if ! all_known "${todo[@]}"; then
	update
	updated=1
fi
if ! install "${todo[@]}"; then
	# Old lists name package versions that the archive no longer has.
	[[ ! $updated ]] || die "apt-get could not install the packages, see its messages above"
	update
	install "${todo[@]}" || die "apt-get could not install the packages, see its messages above"
fi

mapfile -t todo < <(missing)
((${#todo[@]} == 0)) || die "still missing after the installation: ${todo[*]}"
say "done"
