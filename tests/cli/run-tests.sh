#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of gpuwatch-cli under ASan and UBSan: usage, exit codes, rendering, a daemon with canned answers, bad recordings.
#
#   tests/cli/run-tests.sh            run all
#   tests/cli/run-tests.sh --update   write the expected texts anew (then look at the difference)
#
# GPUWATCH_CLI=PROGRAM tests that one instead of a build of its own.
set -u
cd "$(dirname "$0")/../.." || exit

here=tests/cli
update=false
[[ ${1:-} == --update ]] && update=true
work=$(mktemp -d "${TMPDIR:-/tmp}/gpuwatch-cli-tests.XXXXXX")
daemons=()
cleanup() {
	local pid
	for pid in ${daemons[@]+"${daemons[@]}"}; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

export LC_ALL=C.UTF-8 TZ=UTC COLUMNS=80 TERM=xterm
unset NO_COLOR DBUS_SYSTEM_BUS_ADDRESS
export ASAN_OPTIONS=exitcode=99:detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:exitcode=99

# ---- building ---------------------------------------------------------------------

san='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
cc=${CC:-cc}

build() {
	local objects=() source table=lib/system/dependency-files
	for source in cli/*.c cli/[!s]*/*.c cli/svg/*.c; do
		objects+=("build/san/${source%.c}.o")
	done
	make --no-print-directory -s -j"$(nproc)" "${objects[@]}" build/san/libgpuwatch.a || return
	# With a table of the test's own in the place of the installed one.
	# shellcheck disable=SC2086,SC2046
	$cc $san -std=c17 -D_GNU_SOURCE -I. -DGW_DATADIR="\"$work\"" -c $table.c -o "$work/dependency-files.o" &&
		$cc $san "${objects[@]}" "$work/dependency-files.o" build/san/libgpuwatch.a \
			$(pkg-config --libs libsystemd jansson smartcols ncursesw zlib libkmod libelf) -o "$work/gpuwatch-cli"
}

build_helpers() {
	# shellcheck disable=SC2046
	$cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Werror -g $here/fake-daemon.c \
		$(pkg-config --cflags --libs libsystemd jansson) -o "$work/fake-daemon" &&
		$cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -g -I. $here/make-recording.c lib/analysis/record/recording.c \
			-lz -o "$work/make-recording"
}

if [[ -n ${GPUWATCH_CLI:-} ]]; then
	ln -s "$(realpath "$GPUWATCH_CLI")" "$work/gpuwatch-cli"
elif ! build; then
	echo "cli: gpuwatch-cli does not build"
	echo "0 passed, 1 failed"
	exit 1
fi
. $here/exporter.sh
. $here/growth.sh
. $here/pictures.sh
. $here/static.sh
. $here/top.sh
build_exporter || { echo "cli: gpuwatch-exporter does not build"; echo "0 passed, 1 failed"; exit 1; }
build_static || { echo "cli: gpuwatch-cli-static does not build"; echo "0 passed, 1 failed"; exit 1; }
build_helpers || { echo "0 passed, 1 failed"; exit 1; }
PATH=$work:$PATH

# ---- checking ---------------------------------------------------------------------

passed=0 failed=0 skipped=0 reasons=()
pass() { passed=$((passed + 1)); }
fail() {
	failed=$((failed + 1))
	printf 'FAILED: %s\n' "$*"
	[[ -s $work/out ]] && sed 's/^/  out: /' "$work/out" | head -20
	[[ -s $work/err ]] && sed 's/^/  err: /' "$work/err" | head -20
}
skip() { skipped=$((skipped + 1)); reasons+=("$*"); }
ok() { # ok NAME COMMAND...: passes if the command succeeds
	local name=$1
	shift
	if "$@" >/dev/null 2>&1; then pass; else fail "$name"; fi
}
not() { ! "$@"; }

# Runs the program with a time limit; leaves its output in $work/out and $work/err, its exit code in $rc.
run() {
	timeout -k 1 20 gpuwatch-cli "$@" >"$work/out" 2>"$work/err" </dev/null
	rc=$?
}
# expect NAME CODE ARGUMENT...: the exit code is CODE, and a failure is one line on stderr and nothing on stdout
expect() {
	local name=$1 code=$2
	shift 2
	run "$@"
	if [[ $rc != "$code" ]]; then fail "$name: exit code $rc, expected $code"; else pass; fi
}
one_line() { # the last run said its trouble in one line, and nothing else
	[[ ! -s $work/out && $(wc -l <"$work/err") == 1 && $(cat "$work/err") == gpuwatch-cli:\ * ]]
}
expect_trouble() { # expect_trouble NAME CODE PATTERN ARGUMENT...
	local name=$1 code=$2 pattern=$3
	shift 3
	expect "$name" "$code" "$@"
	ok "$name: one line on stderr" one_line
	ok "$name: says '$pattern'" grep -q -- "$pattern" "$work/err"
}
has() { grep -q -- "$1" "$work/out"; }
lacks() { ! grep -q -- "$1" "$work/out"; }

# same NAME FILE: the last run's output is what FILE says
same() {
	if $update; then
		cp "$work/out" "$2"
		pass
	elif diff -u "$2" "$work/out" >"$work/diff" 2>&1; then
		pass
	else
		failed=$((failed + 1))
		printf 'FAILED: %s\n' "$1"
		sed 's/^/  /' "$work/diff"
	fi
}

# start_daemon ARGUMENT...: the canned daemon, ready; its pid in $daemon
start_daemon() {
	rm -f "$work/ready"
	fake-daemon "$@" >"$work/ready" 2>>"$work/daemon.err" &
	daemon=$!
	daemons+=("$daemon")
	for _ in {1..100}; do
		[[ -s $work/ready ]] && return 0
		sleep 0.05
	done
	fail "the canned daemon did not start: $(cat "$work/daemon.err")"
}
stop_daemon() { kill "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null; }
# wait_for COMMAND...: within 8 s
wait_for() {
	for _ in {1..80}; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}
lines() { [[ $(wc -l <"$1") -ge $2 ]]; }

socket=$work/private

# ---- usage ------------------------------------------------------------------------

test_usage() {
	expect_trouble "no command" 2 "which command"
	expect_trouble "unknown command" 2 "no such command: frobnicate" frobnicate
	expect_trouble "unknown option" 2 "unknown option --frob" --frob status
	expect_trouble "unknown letter" 2 "unknown option -x" -x status
	expect_trouble "unknown colour" 2 "pink" --color=pink status
	expect_trouble "option without its value" 2 "needs a value" status --socket
	expect_trouble "option of another command" 2 "status does not take --follow" status --follow
	expect_trouble "another option of another command" 2 "deadlocks does not take --waits" deadlocks --waits
	expect_trouble "argument missing" 2 "show needs ID|FILE" show
	expect_trouble "argument empty" 2 "replay needs FILE" replay ''
	expect_trouble "argument too many" 2 "too many: extra" status extra
	expect_trouble "second argument too many" 2 "too many: b" replay a b
	expect_trouble "two routes" 2 "exclude each other" --private --system-bus status
	expect_trouble "no time" 2 'takes a time like 500ms, 2s or 1min, not "soon"' stalls --min-age soon
	expect_trouble "a time for nothing" 2 "with --all only" waits --min-age 1s
	expect_trouble "two views" 2 "exclude each other" replay --waits --timelines x
	expect_trouble "an image and JSON" 2 "--timeline and --json exclude" probe-order --timeline --json
	expect_trouble "an image and evidence" 2 "--timeline and --save exclude" probe-order --timeline --save x
	expect_trouble "two sources" 2 "--from and --save exclude" probe-order --from x --save y
	expect_trouble "a boot and an image of a kernel" 2 "--vmlinux and --from exclude" probe-order --vmlinux x --from y
	expect_trouble "modules of no kernel" 2 "--modules needs --vmlinux" probe-order --modules /lib/modules
	expect_trouble "option without its file" 2 "--from needs a value" probe-order --from
	expect_trouble "option of probe-order elsewhere" 2 "deadlocks does not take --timeline" deadlocks --timeline=x
	expect_trouble "probe-order takes no argument" 2 "too many: radeon" probe-order radeon
	expect "help" 0 --help
	ok "help lists the commands" has '^  deadlocks '
	ok "help fits 80 columns" lacks '.\{80\}'
	local command
	expect "version" 0 --version
	ok "version is one line" grep -qx 'gpuwatch-cli [0-9.]*' "$work/out"
	for command in status deadlocks stalls hazards check holders waits timelines top faults kfd probe-order show export record bundle replay explain; do
		expect "$command --help" 0 "$command" --help
		ok "$command --help shows its usage" has "^usage: gpuwatch-cli $command "
		ok "$command --help fits 80 columns" lacks '.\{80\}'
		ok "$command is in the manual" grep -q "^\.It Cm $command" docs/man/gpuwatch-cli.1
	done
	expect "help comes first" 0 --help status
	ok "help of a command, option first" has '^usage: gpuwatch-cli status'
	gpuwatch-cli --help >/dev/full 2>"$work/err"
	ok "a full disk is noticed" test $? = 4
}

# ---- no daemon ----------------------------------------------------------------------

test_unreachable() {
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/no-bus
	expect_trouble "no socket" 3 "gpuwatchd is not running (no $work/none).*systemctl start" --socket="$work/none" status
	expect_trouble "no bus" 3 "no system bus" --system-bus deadlocks
	expect_trouble "neither" 3 "no /run/gpuwatch/private and no system bus" waits
	expect_trouble "neither, record" 3 "systemctl start" record "$work/never"
	ok "record without a daemon leaves no file" test ! -e "$work/never"
	expect_trouble "follow without a daemon" 3 "systemctl start" deadlocks --follow
	python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$work/stale"
	expect_trouble "stale socket" 3 "no process listens" --socket="$work/stale" status
	expect_trouble "socket name too long" 3 "too long" --socket="$(printf 'x%.0s' {1..200})" status

	start_daemon $here/canned "$socket" --mute
	SECONDS=0
	expect_trouble "mute daemon" 3 "does not answer on" --socket="$socket" status
	ok "a mute daemon takes less than 15 s" test $SECONDS -lt 15
	stop_daemon
	start_daemon $here/canned "$socket" --slow
	SECONDS=0
	expect_trouble "daemon that never replies" 3 "does not answer to GetStatus" --socket="$socket" status
	ok "a daemon that never replies takes less than 15 s" test $SECONDS -lt 15
	stop_daemon

	# What keeps others out keeps its owner out, too, unless that is root.
	local cli=$work/gpuwatch-cli
	local -a stranger=()
	((EUID != 0)) || stranger=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	mkdir -p "$work/locked"
	start_daemon $here/canned "$work/locked/private"
	chmod 755 "$work"
	chmod 000 "$work/locked"
	"${stranger[@]}" "$cli" --socket="$work/locked/private" status >"$work/out" 2>"$work/err"
	ok "no permission: exit code 3" test $? = 3
	ok "no permission: one line" one_line
	ok "no permission: names the group" grep -q "permission denied.*group gpuwatch" "$work/err"
	chmod 700 "$work/locked"
	stop_daemon
	unset DBUS_SYSTEM_BUS_ADDRESS
}

# ---- the health check ---------------------------------------------------------------

# checked NAME CODE LINE ARGUMENT...: one line of at most 80 bytes, this one, within a second and what starting takes
checked() {
	local name=$1 code=$2 line=$3 begin end
	shift 3
	begin=$(date +%s%3N)
	expect "$name" "$code" "$@"
	end=$(date +%s%3N)
	ok "$name: the line is '$line'" test "$(cat "$work/out")" = "$line"
	ok "$name: one line" test "$(wc -l <"$work/out")" = 1
	ok "$name: at most 80 bytes" test "$(head -c -1 "$work/out" | wc -c)" -le 80
	ok "$name: nothing on stderr" test ! -s "$work/err"
	ok "$name: in time" test $((end - begin)) -lt $((1000 + start_ms))
}

test_over() {
	jq '[.[0] | .state = "resolved" | .root_cause.action = {code: "reboot", works: "yes"}]' \
		$here/canned/reports.json >"$work/over.json"
	expect "a report that is over" 0 show "$work/over.json"
	ok "a report that is over asks for no action" has 'Action      none: this is over'
	ok "a report that is over has the advice of its time" has 'Advice      While it stood: '
	jq '.[0].state = "active"' "$work/over.json" >"$work/stands.json"
	expect "a report that stands" 0 show "$work/stands.json"
	ok "a report that stands asks for its action" has 'Action      reboot (works)'
}

test_check() {
	local canned=$work/check start_ms begin long
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/no-bus
	# What a sanitized program takes to start on a busy machine is not the check's.
	begin=$(date +%s%3N)
	run --version
	start_ms=$((3 * ($(date +%s%3N) - begin)))

	mkdir -p "$canned"
	cp $here/canned/*.json "$canned/"
	start_daemon "$canned" "$socket"
	checked "check: a deadlock" 1 '[fence-lock-cycle] compositor (pid 812) - RecommendedAction: contact-support' \
		--socket="$socket" check
	jq '.[0].root_cause.action = {code: "kill"}' $here/canned/reports.json >"$canned/reports.json"
	checked "check: the action's code" 1 '[fence-lock-cycle] compositor (pid 812) - RecommendedAction: restart-app; 1 more' \
		--socket="$socket" check --format=npd
	checked "check: Nagios" 2 'CRITICAL: [fence-lock-cycle] pid 812 - RecommendedAction: restart-app; 1 more' \
		--socket="$socket" check --format=nagios
	checked "check: NHC" 1 'check_gpuwatch: [fence-lock-cycle] pid 812 - RecommendedAction: restart-app' \
		--socket="$socket" check --format=nhc
	expect "check: JSON" 1 --socket="$socket" check --format=json
	ok "check: JSON has the report" test "$(jq -r '.schema, .state, .report, .class, .recommended_action, .problems' "$work/out" | xargs)" = \
		"gpuwatch.check.v1 problem d-1f3a9c02e455 fence-lock-cycle restart-app 2"
	cp "$work/out" "$work/check.json"
	expect "check: --json is that format" 1 --socket="$socket" --json check
	ok "check: --json is that document" cmp "$work/out" "$work/check.json"
	jq '.[0].root_cause.action = {code: "close"}' $here/canned/reports.json >"$canned/reports.json"
	expect "check: a process that is to end" 1 --socket="$socket" check --format=json
	ok "check: a process that is to end has that action" test "$(jq -r .recommended_action "$work/out")" = restart-app
	jq '.[0].nodes |= map(del(.phrase))' $here/canned/reports.json >"$canned/reports.json"
	checked "check: a daemon from before phrases" 1 '[fence-lock-cycle] compositor (pid 812) - RecommendedAction: contact-support' \
		--socket="$socket" check
	long=$(printf '\303\244%.0s' {1..100})
	jq --arg long "$long" '.[0].root_cause.action = {code: "gpu-reset"} | .[0].nodes[0] |= (.phrase = $long | del(.pid))' \
		$here/canned/reports.json >"$canned/reports.json"
	expect "check: a long name" 1 --socket="$socket" check
	ok "check: a long name is cut" test "$(head -c -1 "$work/out" | wc -c)" -le 80
	ok "check: at a character" iconv -f UTF-8 -t UTF-8 "$work/out"
	ok "check: before the action" has '~ - RecommendedAction: component-reset$'
	jq '.[0].nodes[0].phrase = "two\nlines\u001b[2J"' $here/canned/reports.json >"$canned/reports.json"
	expect "check: a hostile name" 1 --socket="$socket" check
	ok "check: a hostile name is one line" test "$(wc -l <"$work/out")" = 1
	ok "check: a hostile name has no escapes" not grep -q $'\033' "$work/out"

	# Twins: what is no problem, or not yet.
	jq '[.[] | .state = "resolved"]' $here/canned/reports.json >"$canned/reports.json"
	checked "check: all is over" 0 'no GPU deadlock, 1 stall, 1 probe failed' --socket="$socket" check
	jq '[.[] | .confidence = "hint"]' $here/canned/reports.json >"$canned/reports.json"
	checked "check: a hint is no problem" 0 'no GPU deadlock, 1 stall, 1 probe failed' --socket="$socket" check
	jq '[.[0] | .confidence = "probable" | .detected_mono_ns = 1000000000]' $here/canned/reports.json >"$canned/reports.json"
	expect "check: a probable one that stands" 1 --socket="$socket" check
	jq --argjson now "$(awk '{ printf "%d", $1 * 1000 }' /proc/uptime)000000" \
		'[.[0] | .confidence = "probable" | .detected_mono_ns = $now]' $here/canned/reports.json >"$canned/reports.json"
	expect "check: a probable one that has just begun" 0 --socket="$socket" check
	echo '[]' >"$canned/reports.json"
	jq '.active_reports = {} | .probes = [.probes[] | select(.state != "failed")]' $here/canned/status.json >"$canned/status.json"
	checked "check: healthy" 0 'no GPU deadlock' --socket="$socket" check
	checked "check: healthy, Nagios" 0 'OK: no GPU deadlock' --socket="$socket" check --format=nagios
	jq '.counters.snapshots = 0' $here/canned/status.json >"$canned/status.json"
	checked "check: before the first look" 2 'gpuwatchd has not finished its first look: ask again' --socket="$socket" check
	jq '.probes = [.probes[] | .state = "failed"] | .active_reports = {}' $here/canned/status.json >"$canned/status.json"
	checked "check: no probe works" 2 'gpuwatchd watches nothing here: gpuwatch-cli status' --socket="$socket" check
	kill -STOP "$daemon"
	checked "check: the daemon is stopped" 2 'gpuwatchd does not answer in 0.8 s: systemctl status gpuwatchd' --socket="$socket" check
	checked "check: the daemon is stopped, Nagios" 3 \
		'UNKNOWN: gpuwatchd does not answer in 0.8 s: systemctl status gpuwatchd' --socket="$socket" check --format=nagios
	kill -CONT "$daemon"
	stop_daemon
	start_daemon $here/canned "$socket" --mute
	checked "check: a mute daemon" 2 'gpuwatchd does not answer in 0.8 s: systemctl status gpuwatchd' --socket="$socket" check
	stop_daemon
	start_daemon $here/canned "$socket" --old
	checked "check: a daemon of another version" 2 'gpuwatchd is of another version: systemctl restart gpuwatchd' --socket="$socket" check
	stop_daemon
	# A bus that accepts and then sends nothing.
	start_daemon $here/canned "$work/hung-bus" --mute
	DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/hung-bus \
		checked "check: a bus that hangs" 2 'gpuwatchd does not answer in 0.8 s: systemctl status gpuwatchd' --system-bus check
	stop_daemon
	checked "check: no daemon" 2 'gpuwatchd is not running: systemctl start gpuwatchd' --socket="$work/none" check
	expect_trouble "check: no such format" 2 'takes plain, nagios, npd, nhc or json, not "xml"' check --format=xml
	unset DBUS_SYSTEM_BUS_ADDRESS
}

# ---- holders ------------------------------------------------------------------------

test_holders() {
	expect_trouble "holders: no such device" 4 'there is no GPU or module card999 here' holders card999
	expect_trouble "holders: no device" 2 'holders needs DEVICE' holders
}

# ---- bundle -------------------------------------------------------------------------

test_bundle() {
	local canned=$work/bundle.d archive=$work/bundle.tar.gz file begin end
	mkdir -p "$canned" "$work/unpacked"
	cp $here/canned/*.json $here/canned/boot.jsonl "$canned/"
	jq '.[0].nodes[0].workload = {name: "Slurm job 7 step 0", cgroup: "/secret/cgroup", slurm_job: "7"} |
		.[0].nodes[0].comm = "secret-train" | .[0].summary = "secret-train (pid 812) and secret-training wait"' \
		$here/canned/reports.json >"$canned/reports.json"
	start_daemon "$canned" "$socket"
	expect "bundle" 0 --socket="$socket" bundle "$archive"
	ok "bundle: shows what is personal" has 'personal *reports.json: names'
	ok "bundle: and what is not in there" has 'not in there *recording.gpuwatch: '
	ok "bundle: is a tar" tar xzf "$archive" -C "$work/unpacked"
	for file in manifest.json version.txt status.json reports.json waits.json timelines.json kfd.json probe-order.json boot.jsonl; do
		ok "bundle: has $file" test -s "$work/unpacked/gpuwatch-bundle/$file"
	done
	ok "bundle: the daemon's reports" diff <(jq -S . "$canned/reports.json") \
		<(jq -S '[.[] | select(.kind != "probe-order")]' "$work/unpacked/gpuwatch-bundle/reports.json" | jq -S .)
	ok "bundle: the manifest lists it" test "$(jq -r '.files[] | select(.name == "reports.json") | .state' \
		"$work/unpacked/gpuwatch-bundle/manifest.json")" = complete
	expect_trouble "bundle: does not overwrite" 4 "there already: --force" --socket="$socket" bundle "$archive"
	expect "bundle: --force" 0 --socket="$socket" bundle --force "$archive"
	expect "bundle: to standard output" 0 --socket="$socket" bundle -
	ok "bundle: to standard output is a tar" tar tzf "$work/out"

	rm -rf "$work/unpacked"/*
	expect "bundle: redacted" 0 --socket="$socket" bundle --force --redact "$archive"
	tar xzf "$archive" -C "$work/unpacked"
	ok "bundle: redacted has no names" not grep -rqE 'secret-train\b|/secret/cgroup|"7"' "$work/unpacked"
	ok "bundle: but those that only begin alike" grep -q 'secret-training wait' "$work/unpacked/gpuwatch-bundle/reports.json"
	ok "bundle: the same name for the same process" grep -q '"summary": "process-[0-9]* (pid 812)' "$work/unpacked/gpuwatch-bundle/reports.json"
	for file in "$work/unpacked"/gpuwatch-bundle/*.json; do
		ok "bundle: redacted ${file##*/} is JSON" jq -e . "$file"
	done
	ok "bundle: redacted has no recording and no command line" test -z "$(find "$work/unpacked" -name '*.gpuwatch' -o -name 'command-line*')"

	kill -STOP "$daemon"
	begin=$(date +%s)
	expect "bundle: the daemon is stopped" 0 --socket="$socket" bundle --force "$archive"
	end=$(date +%s)
	ok "bundle: within five seconds, and what packing takes here" test $((end - begin)) -le 7
	ok "bundle: shows that it did not answer" has 'not in there *reports.json: no answer in time'
	ok "bundle: has what does not need it" test -n "$(tar tzf "$archive" | grep version.txt)"
	kill -CONT "$daemon"
	stop_daemon
	(cd "$work" && gpuwatch-cli --socket="$work/none" bundle >"$work/out" 2>"$work/err")
	ok "bundle: a name of its own" test -s "$work"/gpuwatch-bundle-*Z.tar.gz
	ok "bundle: without a daemon" has 'not in there *reports.json: gpuwatchd is not running'
}

# interrupted NAME ARGUMENT...: ended by SIGINT while it waits, as by Ctrl-C, it leaves no file and no process
interrupted() {
	local name=$1 directory=$work/interrupted
	shift
	mkdir -p "$directory"
	(cd "$directory" && timeout --preserve-status -k 5 -s INT 1 gpuwatch-cli --socket="$socket" "$@") >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	ok "SIGINT: $name: exit code $rc, expected 130" test $rc = 130
	ok "SIGINT: $name: no file is left" test -z "$(ls -A "$directory")"
	ok "SIGINT: $name: no process is left" no_process_of_socket
}
no_process_of_socket() {
	local tries
	for ((tries = 0; tries < 20; tries++)); do
		pgrep -f "^gpuwatch-cli --socket=$socket" >/dev/null || return 0
		sleep 0.1
	done
	return 1
}

test_interrupt() {
	local notice
	start_daemon $here/canned "$socket" --mute
	interrupted "record" record hung.gpuwatch
	interrupted "bundle" bundle bundle.tar.gz
	interrupted "probe-order" probe-order
	interrupted "probe-order --save" probe-order --save=boot.jsonl
	interrupted "export" export --output out.json
	interrupted "deadlocks --follow" deadlocks --follow
	# What a person sees meanwhile, and only a person.
	ok "a command that waits: nothing on standard error in a pipe" test ! -s "$work/err"
	for notice in "probe-order:gpuwatchd looks at the boot" "record hung.gpuwatch:gpuwatchd takes snapshots" "status:gpuwatchd is asked" "deadlocks:gpuwatchd is asked" \
		"bundle --force bundle.tar.gz:gathers evidence"; do
		(cd "$work" && script -qec "timeout -s INT 1 gpuwatch-cli --socket=$socket ${notice%%:*}" /dev/null) >"$work/out" </dev/null
		ok "${notice%%:*}: shows on a terminal what it waits for" has "${notice#*:}"
	done
	stop_daemon
}

test_class_pages() {
	local class
	# shellcheck disable=SC2013 # they are words
	for class in $(sed -n 's/^\t\[GW_CLASS_[A-Z_]*\] = "\([a-z-]*\)",$/\1/p' lib/report/report.c); do
		expect "explain --class $class" 0 explain --class "$class"
		ok "explain --class $class: its page" grep -q "^# $class$" "$work/out"
		ok "explain --class $class: how to confirm, what to do" test "$(grep -c '^## \(How to confirm\|What to do\)$' "$work/out")" = 2
		ok "explain --class $class: fits 80 columns, but for links" not grep -qE '^([^h]|h[^t]){81,}$' "$work/out"
	done
	expect_trouble "explain: no such class" 2 'there is no class "nothing"; there are: .*fence-lock-cycle' explain --class nothing
}

# ---- saved reports --------------------------------------------------------------------

test_show() {
	local json name width
	for json in "$here"/golden/*.json; do
		name=${json##*/}
		name=${name%.json}
		expect "show $name" 0 show "$json"
		same "show $name looks as expected" $here/golden/"$name".txt
		for width in 60 80 100 160; do
			COLUMNS=$width run show "$json"
			ok "show $name keeps within $width columns" test "$(wc -L <"$work/out")" -le $width
		done
		COLUMNS=60 LC_ALL=C run show "$json"
		ok "show $name is ASCII in the C locale" not grep -qP '[^\x00-\x7f]' "$work/out"
		run --color=always show "$json"
		sed 's/\x1b\[[0-9;]*m//g' "$work/out" >"$work/stripped"
		ok "show $name: colour changes nothing else" diff "$work/stripped" $here/golden/"$name".txt
	done
	COLUMNS=60 LC_ALL=C run show $here/golden/fence-lock-cycle.json
	same "narrow and ASCII" $here/golden/fence-lock-cycle.ascii.txt
	run show $here/golden/hostile.json
	ok "names cannot drive the terminal" not grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' "$work/out"
	run --json show $here/golden/hostile.json
	ok "nor can they in JSON" not grep -qP '[\x00-\x09\x0b-\x1f\x7f-\xff]' "$work/out"
	ok "JSON is unchanged" diff <(jq -S . $here/golden/hostile.json) <(jq -S . "$work/out")
	run --json show $here/golden/resolved.json
	ok "one report of an array is an object" test "$(jq -r .id "$work/out")" = d-1111aaaa2222
	run --json show $here/golden/journal.json
	ok "journal entries: both forms, others left out" test "$(jq length "$work/out")" = 2

	gpuwatch-cli show - <$here/golden/orphaned-fence.json >"$work/out" 2>"$work/err"
	same "show from a pipe" $here/golden/orphaned-fence.txt
	expect_trouble "no such file" 4 "No such file" show "$work/none.json"
	expect_trouble "a directory" 4 "Is a directory" show "$work/."
	: >"$work/empty.json"
	expect_trouble "empty file" 4 "no report in it" show "$work/empty.json"
	head -c 700 $here/golden/fence-lock-cycle.json >"$work/cut.json"
	expect_trouble "cut file" 4 "not JSON at byte" show "$work/cut.json"
	echo '{"schema":"something.else"}' >"$work/other.json"
	expect_trouble "another kind of JSON" 4 "no gpuwatch report" show "$work/other.json"
	echo '[{"schema":"gpuwatch.report.v1"},4]' >"$work/mixed.json"
	expect_trouble "an array with something else" 4 "no report" show "$work/mixed.json"
	echo '{"MESSAGE":"x","GPUWATCH_REPORT":null}' >"$work/long.json"
	expect_trouble "a journal field that was left out" 4 "journalctl --all" show "$work/long.json"
	head -c 5000 /dev/urandom >"$work/random.json"
	expect_trouble "random bytes" 4 "random.json" show "$work/random.json"
	expect_trouble "never ends" 4 "too large" show /dev/zero
}

test_colour() {
	local json=$here/golden/fence-lock-cycle.json escape=$'\033\\['
	run show $json
	ok "no colour in a pipe" lacks "$escape"
	run --color=always show $json
	ok "colour when asked for" has "$escape"
	script -qec "gpuwatch-cli show $json" /dev/null >"$work/out" </dev/null
	ok "colour on a terminal" has "$escape"
	NO_COLOR=1 script -qec "gpuwatch-cli show $json" /dev/null >"$work/out" </dev/null
	ok "NO_COLOR" lacks "$escape"
	TERM=dumb script -qec "gpuwatch-cli show $json" /dev/null >"$work/out" </dev/null
	ok "a dumb terminal" lacks "$escape"
	script -qec "gpuwatch-cli --no-color show $json" /dev/null >"$work/out" </dev/null
	ok "--no-color" lacks "$escape"
	NO_COLOR=1 run --color=always show $json
	ok "--color=always is stronger than NO_COLOR" has "$escape"
}

# ---- a daemon with canned answers -------------------------------------------------------

# All commands over the connection that the arguments choose.
check_commands() {
	expect "$1 deadlocks" 1 "$2" deadlocks
	same "$1 deadlocks look as expected" $here/canned/deadlocks.txt
	expect "$1 deadlocks --json" 1 "$2" deadlocks --json
	ok "$1 deadlocks --json: two stand" test "$(jq -r '.[].state' "$work/out" | sort | uniq -c | xargs)" = "2 active"
	expect "$1 stalls" 0 "$2" stalls
	ok "$1 stalls shows the stall" has '^Stall  s-40 '
	expect "$1 stalls --min-age: none is older" 0 "$2" stalls --min-age 1min
	ok "$1 in a sentence that does not hide what is open" \
		grep -q '^No stall found; 3 waits unexplained, oldest 1 h 6 min: gpuwatch-cli waits --all. 2 deadlocks are active: gpuwatch-cli deadlocks.$' "$work/out"
	expect "$1 hazards" 0 "$2" hazards
	ok "$1 no hazard, in a sentence" grep -q '^No hazard. 4 waits tracked, oldest 1 h 6 min.$' "$work/out"
	ok "$1 and that something is not watched" has '1 probe failed: gpuwatch-cli status'
	expect "$1 status" 0 "$2" status
	same "$1 status looks as expected" $here/canned/status.txt
	expect "$1 waits" 0 "$2" waits
	same "$1 waits look as expected" $here/canned/waits.txt
	expect "$1 waits --all" 0 "$2" waits --all
	same "$1 waits --all look as expected" $here/canned/all-waits.txt
	COLUMNS=140 run "$2" waits
	ok "$1 waits, wide, name the workload" has ' WORKLOAD'
	ok "$1 waits: it is the job's" has 'Slurm job 4711 step 0'
	expect "$1 timelines" 0 "$2" timelines
	same "$1 timelines look as expected" $here/canned/timelines.txt
	expect "$1 faults" 0 "$2" faults
	same "$1 faults look as expected" $here/canned/faults.txt
	expect "$1 kfd" 0 "$2" kfd
	same "$1 kfd looks as expected" $here/canned/kfd.txt
	expect "$1 show" 0 "$2" show d-00aa11bb22cc
	ok "$1 show has the details" has '^  Participants'
	expect_trouble "$1 show of an unknown report" 5 "There is no report 'd-none'" "$2" show d-none
}

test_private() {
	make-recording deadlock >"$work/canned.gpuwatch"
	mkdir "$work/canned"
	cp $here/canned/*.json "$work/canned/"
	cp "$work/canned.gpuwatch" "$work/canned/recording.gpuwatch"
	start_daemon "$work/canned" "$socket"
	check_commands private --socket="$socket"

	expect "deadlocks --all" 1 --socket="$socket" deadlocks --all
	ok "deadlocks --all has those that ended" has 'resolved after 1 min 5 s'
	COLUMNS=160 run --socket="$socket" deadlocks
	same "wide" $here/canned/deadlocks.wide.txt
	jq '[.[] | select(.state == "resolved")]' $here/canned/reports.json >"$work/canned/reports.json"
	expect "none stands" 0 --socket="$socket" deadlocks
	ok "none stands, but waits do" has '^No deadlock found; 3 waits unexplained, oldest 1 h 6 min: gpuwatch-cli waits --all. 1 stall is active: gpuwatch-cli stalls.$'
	jq '.active_reports = {}' $here/canned/status.json >"$work/canned/status.json"
	expect "none stands, nor another report" 0 --socket="$socket" deadlocks
	ok "waits alone" has '^No deadlock found; 3 waits unexplained, oldest 1 h 6 min: gpuwatch-cli waits --all$'
	jq '.waits |= map(.report = "d-1")' $here/canned/all-waits.json >"$work/canned/all-waits.json"
	expect "none stands, and reports explain all waits" 0 --socket="$socket" deadlocks
	ok "none is unexplained" has '^No deadlock. 4 waits tracked'
	jq '.waits |= map(select(.subsystem.kind | IN("gpu", "unknown") | not))' $here/canned/all-waits.json >"$work/canned/all-waits.json"
	expect "none stands, others wait for what is no GPU" 0 --socket="$socket" deadlocks
	ok "the sentence is flat" has '^No deadlock. Nothing waits for a GPU.$'
	jq '.ready = false' $here/canned/all-waits.json >"$work/canned/all-waits.json"
	expect "none was found so far" 0 --socket="$socket" deadlocks
	cp $here/canned/status.json "$work/canned/status.json"
	ok "and that is no answer yet" has '^No deadlock so far: gpuwatchd has not finished its first look'
	expect "one that ended does not count" 0 --socket="$socket" deadlocks --all
	ok "but is shown" has 'd-1111aaaa2222'
	expect "none, as JSON" 0 --socket="$socket" --json deadlocks
	ok "none, as JSON, is an empty array" test "$(jq -c . "$work/out")" = '[]'
	cp $here/canned/reports.json "$work/canned/"

	local command
	for command in status waits timelines faults kfd; do
		expect "$command --json" 0 --socket="$socket" "$command" --json
		ok "$command --json is the daemon's own" \
			diff <(jq -S . $here/canned/$command.json) <(jq -S . "$work/out")
		printf '{"schema":"gpuwatch.%s.v1","probes":[3,{}],"waits":[null,{"fence":7,"inside":3}],"timelines":[{},"x"],"faults":[4,{"pasid":"x"}],
			"limitations":{},"active_reports":[1],"devices":[1,{}],"processes":[2,{"queues":[3,{}]}]}' $command \
			>"$work/canned/$command.json"
		expect "$command of a stranger daemon" 0 --socket="$socket" "$command"
		echo '{"schema":"gpuwatch.other.v1"}' >"$work/canned/$command.json"
		expect_trouble "$command of another schema" 3 \
			"answers .*() with gpuwatch.other.v1 instead of gpuwatch.$command.v1: it is of another version, restart it" \
			--socket="$socket" "$command"
		echo '{}' >"$work/canned/$command.json"
		expect_trouble "$command of no schema" 3 "with something else instead of" --socket="$socket" "$command"
		printf '{"schema":"gpuwatch.%s.v1"}' $command >"$work/canned/$command.json"
		expect_trouble "$command without its list" 3 "the daemon's answer to .*() has no" --socket="$socket" "$command"
		echo '[' >"$work/canned/$command.json"
		expect_trouble "$command that is no JSON" 3 "not JSON" --socket="$socket" "$command"
		cp $here/canned/$command.json "$work/canned/"
	done
	test_record
	test_watch
	stop_daemon
}

# What is missing is one line, and never looks like "nothing found".
test_other_version() {
	mkdir -p "$work/old"
	cp $here/canned/*.json "$work/old/"
	start_daemon "$work/old" "$socket" --old
	expect_trouble "a method that is missing" 3 "has no GetKfd(): it is of another version, restart it: systemctl restart" \
		--socket="$socket" kfd
	expect_trouble "a boot that is missing" 3 "has no GetProbeOrder(): it is of another version" --socket="$socket" probe-order
	expect_trouble "evidence that is missing" 3 "has no SaveBoot(): it is of another version" \
		--socket="$socket" probe-order --save "$work/never"
	expect_trouble "a method of other arguments" 3 "has another ListReports(): it is of another version" \
		--socket="$socket" deadlocks
	expect_trouble "the same, followed" 3 "has another ListReports(): it is of another version" \
		--socket="$socket" deadlocks --follow
	expect_trouble "a recording that is no file" 3 "Record() is not a file descriptor: it is of another version" \
		--socket="$socket" record "$work/never"
	ok "none of it is saved" test ! -e "$work/never"
	expect "what both have" 0 --socket="$socket" status
	stop_daemon

	start_daemon "$work/old" "$socket"
	sed -i 's/gpuwatch.report.v1/gpuwatch.report.v2/' "$work/old/reports.json" "$work/old/changed.json"
	expect_trouble "reports of another schema" 3 "answers ListReports() with gpuwatch.report.v2 instead of gpuwatch.report.v1" \
		--socket="$socket" deadlocks
	expect_trouble "one report of another schema" 3 "answers GetReport() with gpuwatch.report.v2" \
		--socket="$socket" show d-00aa11bb22cc
	echo '[]' >"$work/old/reports.json"
	gpuwatch-cli --socket="$socket" deadlocks --follow >"$work/out" 2>"$work/follow.err" &
	local follower=$! code=0
	daemons+=("$follower")
	sleep 0.7
	kill -USR1 "$daemon"
	wait $follower || code=$?
	ok "a signal of another schema ends --follow" test $code = 3
	ok "and says why" grep -q "ReportChanged signal cannot be read: it is of another version" "$work/follow.err"
	rm "$work/old/waits.json" "$work/old/all-waits.json"
	expect "none, and the waits cannot be had" 0 --socket="$socket" deadlocks
	ok "is answered" has '^No deadlock.$'
	ok "and says that it rests on less" has 'ListAllWaits()'
	stop_daemon
}

test_record() {
	local file=$work/saved.gpuwatch
	expect "record" 0 --socket="$socket" record "$file"
	ok "record saves the daemon's bytes" cmp "$file" "$work/canned.gpuwatch"
	ok "record is its owner's alone" test "$(stat -c %a "$file")" = 600
	ok "record says what it saved" grep -qxE "$file: [0-9.]+ KiB, 4 snapshots" "$work/out"
	expect_trouble "record does not overwrite" 4 "there already: --force" --socket="$socket" record "$file"
	echo old >"$file"
	expect "record --force" 0 --socket="$socket" record --force --json "$file"
	ok "record --force replaces" cmp "$file" "$work/canned.gpuwatch"
	ok "record --json" test "$(jq .snapshots "$work/out")" = 4
	expect "record to stdout" 0 --socket="$socket" record -
	ok "record to stdout is the recording" cmp "$work/out" "$work/canned.gpuwatch"
	expect_trouble "record where nothing can be written" 4 "cannot write" --socket="$socket" record "$work/none/file"
	expect_trouble "record to a full disk" 4 "No space left" --socket="$socket" record /dev/full
	expect_trouble "record to a directory" 4 "Is a directory" --socket="$socket" record "$work"
	ok "record leaves nothing half" test "$(find "$work" -name 'saved.gpuwatch.*' | wc -l)" = 0
	head -c 3000 "$work/canned.gpuwatch" >"$work/canned/recording.gpuwatch"
	expect_trouble "record of something broken" 3 "cut short" --socket="$socket" record "$work/broken"
	ok "a broken recording is not saved" test ! -e "$work/broken"
	cp "$work/canned.gpuwatch" "$work/canned/recording.gpuwatch"
}

test_watch() {
	timeout 2.5 gpuwatch-cli --socket="$socket" waits --watch --json >"$work/out" 2>"$work/err"
	ok "waits --watch --json: one line per second" test "$(wc -l <"$work/out")" -ge 2
	ok "each a document" test "$(jq -r .schema "$work/out" | uniq)" = gpuwatch.waits.v1
}

test_follow() {
	start_daemon $here/canned "$socket"
	rm -f "$work/follow" # of a follower before: the job in the background may be late to replace it
	gpuwatch-cli --socket="$socket" deadlocks --follow --json >"$work/follow" 2>"$work/follow.err" &
	local follower=$! command
	daemons+=("$follower")
	for command in "deadlocks --follow" "waits --watch"; do
		# shellcheck disable=SC2086
		timeout 10 gpuwatch-cli --socket="$socket" $command >/dev/full 2>"$work/err"
		ok "$command onto a full disk ends: exit code 4" test $? = 4
		ok "$command onto a full disk ends: why" grep -q "cannot write to standard output: No space" "$work/err"
	done
	ok "follow shows what stands" wait_for lines "$work/follow" 2
	kill -USR1 "$daemon"
	ok "follow shows a change" wait_for lines "$work/follow" 3
	ok "one line per report" test "$(jq -r .state "$work/follow" | xargs)" = "active active resolved"
	stop_daemon
	ok "follow says that the daemon went" wait_for grep -q "went away; waiting" "$work/follow.err"
	start_daemon $here/canned "$socket"
	ok "follow finds it again" wait_for grep -q "is back" "$work/follow.err"
	ok "and shows what is new" wait_for lines "$work/follow" 4
	sleep 0.5
	ok "and nothing twice" test "$(jq -r .id "$work/follow" | sort | uniq -c | xargs)" = \
		"1 d-00aa11bb22cc 3 d-1f3a9c02e455"
	kill "$follower" 2>/dev/null
	timeout 2 gpuwatch-cli --socket="$socket" stalls --follow >"$work/out" 2>"$work/err" &
	sleep 0.7
	kill -USR1 "$daemon"
	wait $!
	ok "follow of stalls has no deadlock" lacks Deadlock
	ok "but the stall" has '[0-9:]*  Stall  s-40'
	stop_daemon
	cp "$work/follow.err" "$work/err"
	ok "no sanitizer message while following" not grep -q Sanitizer "$work/follow.err"
}

# ---- the system bus ----------------------------------------------------------------------

# start_bus POLICY: a bus of our own, its address in the environment, its pid in $bus
start_bus() {
	cat >"$work/bus.conf" <<-END
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig>
		  <listen>unix:path=$work/bus</listen>
		  <auth>EXTERNAL</auth>
		  <policy context="default">
		    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
		    <allow send_type="method_return"/><allow send_type="error"/><allow receive_type="method_call"/>
		    <allow receive_type="signal"/><allow receive_type="method_return"/><allow receive_type="error"/>
		    $1
		  </policy>
		</busconfig>
	END
	rm -f "$work/bus"
	dbus-daemon --config-file="$work/bus.conf" --nofork --nopidfile 2>"$work/bus.err" &
	bus=$!
	daemons+=("$bus")
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/bus
	wait_for test -S "$work/bus" || fail "the bus did not start: $(cat "$work/bus.err")"
}
stop_bus() { kill "$bus" 2>/dev/null; wait "$bus" 2>/dev/null; unset DBUS_SYSTEM_BUS_ADDRESS; }

test_bus() {
	start_bus ''
	expect_trouble "bus without the daemon" 3 "no org.gpuwatch1 on the bus" --system-bus status
	expect_trouble "bus without the daemon, no socket" 3 \
		"no /run/gpuwatch/private and no org.gpuwatch1 on the bus): systemctl start gpuwatchd" status
	start_daemon $here/canned --bus
	check_commands bus --system-bus
	expect "bus first" 1 deadlocks

	rm -f "$work/follow" # of a follower before: the job in the background may be late to replace it
	gpuwatch-cli deadlocks --follow >"$work/follow" 2>"$work/follow.err" &
	local follower=$!
	daemons+=("$follower")
	ok "follow over the bus" wait_for grep -q 'Deadlock  d-00aa11bb22cc' "$work/follow"
	kill -USR1 "$daemon"
	ok "follow over the bus shows the end" \
		wait_for grep -q '[0-9:]*  Resolved  d-1f3a9c02e455  fence-lock-cycle  after 5.0 s' "$work/follow"
	stop_daemon
	ok "follow over the bus: the daemon went" wait_for grep -q "went away; waiting" "$work/follow.err"
	start_daemon $here/canned --bus
	ok "follow over the bus: it is back" wait_for grep -q "is back" "$work/follow.err"
	kill "$follower"
	stop_daemon
	stop_bus

	start_bus '<deny send_destination="org.gpuwatch1"/>'
	start_daemon $here/canned --bus
	expect_trouble "forbidden on the bus" 3 "permission denied by the system bus.*group gpuwatch" status
	stop_daemon
	stop_bus

	# The bus that accepts and then hangs: what the private socket is for.
	start_daemon $here/canned "$work/bus-mute" --mute
	local mute=$daemon
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/bus-mute
	SECONDS=0
	expect_trouble "a bus that hangs" 3 "the system bus does not answer" --system-bus status
	ok "a bus that hangs takes less than 5 s" test $SECONDS -lt 5
	kill "$mute"
	unset DBUS_SYSTEM_BUS_ADDRESS
}

# ---- recordings ---------------------------------------------------------------------------

test_bad_recordings() {
	local good=$work/good.gpuwatch bad=$work/bad.gpuwatch size at
	make-recording deadlock >"$good"
	size=$(stat -c %s "$good")
	expect_trouble "missing" 4 "cannot read.*No such file" replay "$work/none"
	expect_trouble "directory" 4 "Is a directory" replay "$work"
	: >"$bad"
	expect_trouble "empty" 4 "is empty" replay "$bad"
	head -c 65536 /dev/urandom >"$bad"
	expect_trouble "random" 4 "not a gpuwatch recording" replay "$bad"
	expect_trouble "foreign" 4 "not a gpuwatch recording" replay /bin/sh
	make-recording version >"$bad"
	expect_trouble "other version" 4 "layout version 1001, this program reads version" replay "$bad"
	make-recording endian >"$bad"
	expect_trouble "other byte order" 4 "byte order" replay "$bad"
	make-recording none >"$bad"
	expect_trouble "no snapshot" 4 "no snapshot" replay "$bad"
	for at in 4 8 15 16 20 100 200 1000 $((size / 2)) $((size - 17)) $((size - 8)) $((size - 1)); do
		head -c "$at" "$good" >"$bad"
		expect_trouble "cut at $at" 4 "cut short\|not a gpuwatch recording" replay "$bad"
	done
	cat "$good" "$good" >"$bad"
	expect_trouble "something after the end" 4 "corrupt" replay "$bad"
	expect "another view of a bad one" 4 replay --waits "$bad"
	test_flipped "$good" "$bad"
}

# No byte that is wrong goes unseen, and none crashes.
test_flipped() {
	local wrong=0 crashed=0 at
	for at in $(seq 16 61 "$(stat -c %s "$1")"); do
		cp "$1" "$2"
		printf '\xff' | dd of="$2" bs=1 seek="$at" conv=notrunc status=none
		cmp -s "$1" "$2" && continue
		run replay "$2"
		[[ $rc == 4 ]] || wrong=$((wrong + 1))
		one_line || crashed=$((crashed + 1))
	done
	ok "a wrong byte is always seen" test $wrong = 0
	ok "a wrong byte is one line, never a crash" test $crashed = 0
}

# ---- kernel logs ---------------------------------------------------------------------------

# A loop of two lock owners, by the kernel's own words.
hung_log() {
	local frame
	for frame in left:71:right:72 right:72:left:71; do
		local IFS=:
		# shellcheck disable=SC2086
		set -- $frame
		cat <<-END
		[  900.100000] INFO: task $1:$2 blocked for more than 122 seconds.
		[  900.100010]       Not tainted 6.15.2-test #1
		[  900.100020] task:$1 state:D stack:0 pid:$2 tgid:$2 ppid:1 flags:0x00004006
		[  900.100030] Call Trace:
		[  900.100040]  schedule_preempt_disabled+0x15/0x30
		[  900.100050]  __mutex_lock.constprop.0+0x3a1/0x700
		[  900.100060]  amdgpu_ctx_ioctl+0x55/0x2a0 [amdgpu]
		[  900.100070] INFO: task $1:$2 is blocked on a mutex likely owned by task $3:$4.
		END
	done
}

# A few bytes that unpack to as many as they like.
test_bombs() {
	local program
	for program in gzip xz zstd; do
		if ! command -v $program >/dev/null; then
			skip "a file that $program unpacks without end: no $program"
			continue
		fi
		head -c 1G /dev/zero | tr '\0' a | $program -1 >"$work/bomb"
		expect_trouble "a file that $program unpacks without end" 4 "more than 64 MiB unpacked: unpack it" explain "$work/bomb"
	done
	rm -f "$work/bomb"
}

# The same in everything that people attach to a report.
test_packed() {
	local program
	for program in xz zstd bzip2 lz4 lzma; do
		if ! command -v $program >/dev/null; then
			skip "a log packed by $program: no $program"
			continue
		fi
		$program -c <"$1" >"$work/packed"
		expect "explain of a log packed by $program" 1 explain "$work/packed"
	done
	iconv -f utf-8 -t utf-16 "$1" >"$work/packed"
	expect "explain of a log in UTF-16" 1 explain "$work/packed"
	iconv -f utf-8 -t utf-16be "$1" >"$work/packed"
	expect "explain of a log in UTF-16 without its mark" 1 explain "$work/packed"
}

test_explain() {
	local log=$work/hung.txt bad=$work/bad.txt
	hung_log >"$log"
	expect "explain" 1 explain "$log"
	ok "explain shows the loop" has 'closes the loop'
	ok "explain names the text as evidence" has '\[text\]'
	[[ -e /usr/local/share/gpuwatch/known-hangs.conf ]] ||
		ok "explain names the file of known hangs that is not there" grep -q 'known-hangs.conf is not there' "$work/err"
	expect "explain --json" 1 explain --json "$log"
	ok "explain --json is an array of reports" test \
		"$(jq -r '.[0] | .schema, .class, .confidence, .kernel, .subsystem.name' "$work/out" | xargs)" = \
		"gpuwatch.report.v1 lock-cycle proven 6.15.2-test amdgpu"
	ok "explain --json is of the schema" test "$(jq -r '.[0].edges[0].evidence' "$work/out")" = text
	gpuwatch-cli explain - <"$log" >"$work/out" 2>"$work/err"
	ok "explain from a pipe" test $? = 1
	gzip -k "$log"
	expect "explain of a packed log" 1 explain "$log.gz"
	head -c 150 "$log.gz" >"$log-cut.gz"
	expect "explain of a packed log that is cut" 1 explain "$log-cut.gz" "$log"
	printf '[  899.000000] amdgpu: before\n' | gzip | cat - "$log.gz" >"$log-two.gz"
	expect "explain of two packed files in a row" 1 explain "$log-two.gz"
	head -c 100 /dev/urandom | cat "$log-two.gz" - >"$log-more.gz"
	expect "explain of them and of what is behind" 1 explain "$log-more.gz"
	test_packed "$log"
	test_bombs
	printf '%s\n' '[    0.000000] Linux version 6.15.2-test' '[    1.000000] amdgpu: ready' >"$work/healthy.txt"
	expect "explain of a healthy boot" 0 explain "$work/healthy.txt"
	ok "explain of a healthy boot, in a sentence" has '^This log shows no hang'
	expect "explain of a healthy boot, JSON" 0 explain --json "$work/healthy.txt"
	ok "explain of a healthy boot is an empty array" test "$(jq -c . "$work/out")" = '[]'
	printf '%s\n' '[    9.000000] amdgpu 0000:03:00.0: ring gfx timeout, signaled seq=4, emitted seq=6' >"$work/open.txt"
	expect "explain of a log that ends with a timeout" 0 explain "$work/open.txt"
	ok "explain: what the log shows no end of is open" has '^  Open  .*job-timeout, 1 time, and the log does not show what'
	printf '%s\n' '[   10.000000] amdgpu 0000:03:00.0: GPU reset(1) succeeded!' >>"$work/open.txt"
	expect "explain of a log that goes on after it" 0 explain "$work/open.txt"
	ok "explain: what the driver mended has recovered" has '^  Recovered  .*job-timeout, 1 time; last'
	printf '%s\n' '[   11.000000] WARNING: possible circular locking dependency detected' \
		'[   11.000001] brix/44 is trying to acquire lock:' >>"$work/open.txt"
	expect "explain of a log with what could hang, too" 0 explain "$work/open.txt"
	ok "explain: what could hang hides nothing of what recovered" has '^  Recovered  .*job-timeout, 1 time; last'
	ok "explain: stacks of crash are read" test "$(printf '%s\n' 'PID: 61  TASK: ffff88bf94ae9080  CPU: 0  COMMAND: "brix"' \
		' #0 [ffffc900] __mutex_lock at ffffffff816b7e83' ' #1 [ffffc900] amdgpu_ioctl at ffffffffc062c9b5 [amdgpu]' |
		gpuwatch-cli explain --json - | jq -r '.[0].root_cause.node')" = task:61
	ok "explain: every format, with two damages" $here/check-damage
	expect "explain of two files" 1 explain "$work/healthy.txt" "$log"
	expect_trouble "explain without a file" 2 "explain needs FILE" explain
	expect_trouble "explain of a missing file" 4 "cannot read.*No such file" explain "$work/none"
	: >"$bad"
	expect_trouble "explain of an empty file" 4 "is empty" explain "$bad"
	head -c 65536 /dev/urandom >"$bad"
	expect_trouble "explain of noise" 4 "is not a text" explain "$bad"
	expect_trouble "explain of a program" 4 "not a text" explain /bin/sh
	make-recording deadlock >"$bad"
	expect_trouble "explain of a recording" 4 "gpuwatch-cli replay" explain "$bad"
	printf '\x1f\x8bgarbage' >"$bad"
	expect_trouble "explain of a damaged packed file" 4 "cannot be unpacked" explain "$bad"
}

test_replay() {
	local file=$work/replay.gpuwatch
	make-recording deadlock >"$file"
	expect "replay of a deadlock" 1 replay "$file"
	ok "replay says where it is from" has '^Recording of a machine with kernel 6.12.95-test'
	ok "replay shows the loop" has 'closes the loop'
	ok "replay knows the fence" has 'fence 17:42 (amdgpu sdma0)'
	expect "replay --json" 1 replay --json "$file"
	ok "replay --json is the same array" test \
		"$(jq -r '.[0] | .schema, .class, .boot_id, .kernel' "$work/out" | xargs)" = \
		"gpuwatch.report.v1 fence-lock-cycle 7c7d6d4e-6a3b-4f0e-9d9b-2d8f3a1c5e10 6.12.95-test"
	gpuwatch-cli replay - <"$file" >"$work/out" 2>"$work/err"
	ok "replay from a pipe" test $? = 1
	expect "replay --waits" 0 replay --waits "$file"
	ok "replay --waits shows the fence" has 'compositor.*fence 17:42'
	expect "replay --timelines" 0 replay --timelines "$file"
	ok "replay --timelines shows the timeline" has 'amdgpu *sdma0 *17 '
	expect "replay --waits --json" 0 replay --waits --json "$file"
	ok "replay --waits --json is the document" test "$(jq -r .schema "$work/out")" = gpuwatch.waits.v1
	make-recording quiet >"$file"
	expect "replay without a deadlock" 0 replay "$file"
	ok "replay without a deadlock, in a sentence" has '^No deadlock in 4 snapshots'
	expect "replay without a deadlock, JSON" 0 replay --json "$file"
	ok "replay without a deadlock is an empty array" test "$(jq -c . "$work/out")" = '[]'
	make-recording once >"$file"
	expect "replay of one look" 0 replay "$file"
	ok "replay of one look proves nothing" has 'no second snapshot confirms'
}

# ---- probe order ---------------------------------------------------------------------------------

order=$here/canned/probe-order.json

# A document with jq's program applied to the canned one, in $work/order.json.
changed_order() { jq "$1" "$order" >"$work/order.json"; }

# What these tests take for the daemon's answer is one that the daemon could give.
test_order_schema() {
	ok "the canned document follows its schema" /usr/bin/python3 -c '
import json, sys
from jsonschema import Draft202012Validator as Validator
order, schema, report_schema = (json.load(open(name)) for name in sys.argv[1:])
Validator(schema).validate(order)
for report in order["reports"]:
    Validator(report_schema).validate(report)' "$order" docs/probe-order.schema.json docs/report.schema.json
}

test_order_text() {
	local width
	expect "a boot that lost something" 1 probe-order --from "$order"
	same "a boot looks as expected" $here/canned/probe-order.txt
	COLUMNS=60 LC_ALL=C run probe-order --from "$order"
	same "narrow and ASCII" $here/canned/probe-order.ascii.txt
	ok "ASCII is ASCII" not grep -qP '[^\x00-\x7f]' "$work/out"
	COLUMNS=130 run probe-order --from "$order"
	same "wide" $here/canned/probe-order.wide.txt
	for width in 60 80 100 130; do
		COLUMNS=$width run probe-order --from "$order"
		ok "a boot keeps within $width columns" test "$(wc -L <"$work/out")" -le $width
		ok "no blanks at line ends at $width columns" not grep -q ' $' "$work/out"
	done
	run --color=always probe-order --from "$order"
	ok "colour when asked for" has $'\033'
	sed 's/\x1b\[[0-9;]*m//g' "$work/out" >"$work/stripped"
	ok "colour changes nothing else" diff "$work/stripped" $here/canned/probe-order.txt
	ok "retries are folded" test "$(grep -c 'board-display.0 (board' "$work/stripped")" = 2
	run probe-order --all --from "$order"
	ok "--all shows each retry" test "$(grep -c '(board-display)  ' "$work/out")" = 21
	expect "a document as JSON" 1 probe-order --json --from "$order"
	ok "the document is unchanged" diff <(jq -S . "$order") <(jq -S . "$work/out")
	gpuwatch-cli probe-order --from - <"$order" >"$work/out" 2>"$work/err"
	ok "from a pipe: exit code" test $? = 1
	same "from a pipe" $here/canned/probe-order.txt
}

test_order_outcomes() {
	changed_order '.summary.lost = 0 | .reports |= map(select(.probe_order.effect != "lost"))'
	expect "fragile and slow only" 0 probe-order --from "$work/order.json"
	ok "fragile and slow only, in words" has 'No loss was recorded, 1 is fragile, 1 cost time'
	changed_order '.summary.lost = 0 | .reports = [] | .missing = [] | .complete = true'
	expect "a good boot" 0 probe-order --from "$work/order.json"
	ok "a good boot, in words" has '^Nothing was lost\.$'
	ok "nothing unseen" lacks 'Not seen'
	changed_order '.summary.lost = 1 | .reports[0].state = "resolved"'
	expect "one that is over" 1 probe-order --from "$work/order.json"
	ok "is told last" has '^4\.  Over  radeon initialised'
	ok "and counted apart" has '^1 thing was lost, 1 is fragile, 1 cost time, 1 is over'
	changed_order '.missing = [{text: "One.", remedy: "Do it."}, {text: "Two.", remedy: "Do it."}]'
	run probe-order --from "$work/order.json"
	ok "what is to be done for two gaps is said once" test "$(grep -c 'To see it: Do it' "$work/out")" = 1
	changed_order 'del(.summary.lost)'
	expect "lost is also known from the reports" 1 probe-order --from "$work/order.json"
	changed_order '.rows = [] | .tree = [] | .devices = []'
	expect "no rows" 1 probe-order --from "$work/order.json"
	ok "no rows, in words" has 'The records show no probe of a GPU, a display or an IOMMU'
	echo '{"schema": "gpuwatch.probe-order.v1", "rows": [{}, 4, {"id": {}, "parent": [1], "findings": {}}],
		"tree": [{}, 7, {"children": [null, {"children": "x"}]}], "reports": [{}, []], "devices": [{"spans": [{}, 1]}, 2],
		"missing": [{}, "x"], "settings": [], "summary": 3}' >"$work/order.json"
	expect "a stranger's document" 0 probe-order --from "$work/order.json"
	expect "a stranger's document as an image" 0 probe-order --timeline --from "$work/order.json"
	ok "which is XML" python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$work/out"
}

# Long boots: what says least is left out, and --all has it.
test_order_long() {
	$here/make-order 500 >"$work/long.json"
	expect "500 devices" 1 probe-order --from "$work/long.json"
	ok "500 devices fit onto a few screens" test "$(wc -l <"$work/out")" -lt 300
	ok "hidden verdicts are counted" has 'in full, .* in a line: --all'
	ok "hidden rows are counted" has '[0-9]* more rows: --all'
	ok "hidden consumers are counted" has '[0-9]* more consumers: --all'
	$here/make-order 70 >"$work/some.json"
	run probe-order --from "$work/some.json"
	ok "what failed has the right of way" has 'failed -EIO'
	SECONDS=0
	expect "500 devices, all" 1 probe-order --all --from "$work/long.json"
	ok "all of them in less than 10 s" test $SECONDS -lt 10
	ok "all rows" test "$(grep -c '^ *[0-9.]* s  ' "$work/out")" = "$(jq '.rows | length' "$work/long.json")"
	ok "nothing is left to --all" lacks -e '--all'
}

# Names from firmware and from user space must drive neither a terminal nor a browser.
test_order_hostile() {
	# shellcheck disable=SC2016
	changed_order 'walk(if type == "string" then gsub("board-display"; "<b&\"\u001b[31m\u202e\u0007\uffff>") else . end)'
	run probe-order --from "$work/order.json"
	ok "names cannot drive the terminal" not grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80\xae' "$work/out"
	expect "hostile names as an image" 1 probe-order --timeline --from "$work/order.json"
	ok "are well-formed XML" python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$work/out"
	ok "with the name escaped" has '&lt;b&amp;&quot;?\[31m'
	changed_order 'walk(if type == "string" then gsub("board-display"; "<script>&\"x'"'"'>") else . end)'
	run probe-order --timeline --from "$work/order.json"
	cp "$work/out" "$work/hostile.svg"
	ok "a name with markup is drawn as it is" $here/check-svg "$work/order.json" "$work/hostile.svg"
	ok "and is no markup" lacks '<script>'
}

test_order_image() {
	local file=$work/boot.svg
	expect "an image to stdout" 1 probe-order --timeline --from "$order"
	cp "$work/out" "$work/stdout.svg"
	ok "the image says what the document says" $here/check-svg "$order" "$work/stdout.svg"
	expect "an image to a file" 1 probe-order --timeline="$file" --from "$order"
	ok "says so" has "^$file: [0-9]* devices"
	ok "is the same image" cmp "$file" "$work/stdout.svg"
	expect_trouble "an image does not overwrite" 4 "there already: --force" probe-order --timeline="$file" --from "$order"
	expect "an image with --force" 1 probe-order --timeline="$file" --force --from "$order"
	expect_trouble "an image where nothing can be written" 4 "cannot write" probe-order --timeline="$work/no/x" --from "$order"
	script -qec "gpuwatch-cli probe-order --timeline --from $order" /dev/null >"$work/out" </dev/null
	ok "no image onto a terminal" test $? = 2
	ok "but what to do" has 'not for a terminal: redirect standard output, or give --timeline=FILE'
	for size in 1 3 70 500; do
		$here/make-order $size >"$work/sized.json"
		run probe-order --timeline --from "$work/sized.json"
		cp "$work/out" "$work/sized.svg"
		ok "an image of $size devices" $here/check-svg "$work/sized.json" "$work/sized.svg"
		run probe-order --timeline --all --from "$work/sized.json"
		cp "$work/out" "$work/sized.svg"
		ok "an image of all $size devices" $here/check-svg "$work/sized.json" "$work/sized.svg" all
	done
	# A test that cannot fail is none: move one bar by three pixels.
	sed '0,/<rect class="bound" data-device/s/ x="\([0-9]*\)\./ x="9\1./' "$work/stdout.svg" >"$work/moved.svg"
	ok "a bar in the wrong place would be noticed" not $here/check-svg "$order" "$work/moved.svg"
}

test_order_journal() {
	local stream
	: >"$work/journal"
	stream=$(stat -c %d:%i "$work/journal")
	JOURNAL_STREAM=$stream gpuwatch-cli probe-order --from "$order" >"$work/journal" 2>"$work/err"
	ok "into the journal: exit code" test $? = 1
	ok "each line has a priority" not grep -qv '^<[0-7]>' "$work/journal"
	ok "what was lost is an error" grep -q '^<3>1\.  Lost' "$work/journal"
	ok "what is fragile is a notice" grep -q '^<5>3\.  Fragile' "$work/journal"
	ok "the order is information" grep -q '^<6>.*radeon_module_init()' "$work/journal"
	sed 's/^<[0-7]>//' "$work/journal" >"$work/out"
	same "else it is the same" $here/canned/probe-order.txt
	JOURNAL_STREAM=1:2 run probe-order --from "$order"
	same "somebody else's journal" $here/canned/probe-order.txt
}

test_order_daemon() {
	local file=$work/saved.jsonl
	mkdir -p "$work/boot"
	cp $here/canned/reports.json $here/canned/status.json "$order" "$work/boot/"
	start_daemon "$work/boot" "$socket"
	expect "probe-order of the daemon" 1 --socket="$socket" probe-order
	same "looks as expected" $here/canned/probe-order.txt
	expect "as JSON" 1 --socket="$socket" probe-order --json
	ok "is the daemon's own" diff <(jq -S . "$order") <(jq -S . "$work/out")
	expect "as an image" 1 --socket="$socket" probe-order --timeline
	cp "$work/out" "$work/daemon.svg"
	ok "that says the same" $here/check-svg "$order" "$work/daemon.svg"
	expect "show of a verdict" 0 --socket="$socket" show p-3b1d5c8a90e2
	same "show of a verdict looks as expected" $here/canned/probe-order.show.txt
	echo '[' >"$work/boot/probe-order.json"
	expect_trouble "an answer that is no JSON" 3 "not JSON" --socket="$socket" probe-order
	stop_daemon
	expect_trouble "no daemon" 3 "systemctl start gpuwatchd" --socket="$socket" probe-order
	expect_trouble "no daemon to save from" 3 "systemctl start gpuwatchd" --socket="$socket" probe-order --save "$file"
	ok "then no file is made" test ! -e "$file"
	jq '.reports[0]' "$order" >"$work/verdict.json"
	expect "show of a saved verdict" 0 show "$work/verdict.json"
	ok "has who needs whom" has '^  Needs       AMD IOMMUv2'
}

# A system below $1: its kernel's line, and a file for each pair of PATH TEXT that follows.
boot_root() {
	local root=$1
	shift
	rm -rf "$root"
	mkdir -p "$root/proc" "$root/etc"
	echo 'BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.12.95 root=/dev/vda1 ro quiet' >"$root/proc/cmdline"
	while (($# > 0)); do
		mkdir -p "$root/$(dirname "$1")"
		printf '%b' "$2" >"$root/$1"
		shift 2
	done
}
grub_environment() { # grub_environment LINE...: a block as GRUB has it
	local text
	text=$(printf '# GRUB Environment Block\n'; printf '%s\n' "$@"; echo .)
	text=${text%.}
	printf '%s%s' "$text" "$(printf "%$((1024 - ${#text}))s" '' | tr ' ' '#')"
}
efi_text() { # efi_text TEXT: a variable of the firmware
	printf '\007\000\000\000'
	printf '%s' "$1" | sed 's/./&\n/g' | while IFS= read -r c; do printf '%s\000' "$c"; done
	printf '\000\000'
}
record_once_tests() {
	local root=$work/root vars=sys/firmware/efi/efivars guid=4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
	local menu="if [ \"\${next_entry}\" ]; then\n  set default=\"\${next_entry}\"\nfi\nmenuentry 'Old' --id old {\n\tlinux /vmlinuz-6.1 ro\n}\nsubmenu 'More' {\n\tmenuentry 'Debian' --class debian --id now {\n\t\tinsmod ext2\n\t\tlinux\t/vmlinuz-6.12.95 root=/dev/vda1 ro quiet\n\t\tinitrd\t/initrd.img-6.12.95\n\t}\n}\nsource \${config_directory}/custom.cfg\n"

	boot_root "$root"
	expect_trouble "no boot loader" 4 'press e.*initcall_debug' probe-order --reboot-and-record --root "$root"
	boot_root "$root" boot/grub/grub.cfg "$menu"
	grub_environment saved_entry=now next_entry=old >"$root/boot/grub/grubenv"
	cp "$root/boot/grub/grubenv" "$work/before"
	expect "GRUB, dry" 0 probe-order --reboot-and-record --dry-run --root "$root"
	ok "shows the environment block" has 'would write .*/boot/grub/grubenv'
	ok "writes nothing" cmp "$root/boot/grub/grubenv" "$work/before"
	not_there() { [[ ! -e $1 ]]; }
	ok "no entry either" not_there "$root/boot/grub/custom.cfg"
	expect "GRUB" 0 probe-order --reboot-and-record --root "$root"
	ok "an entry of its own" grep -q -- '--id gpuwatch-record' "$root/boot/grub/custom.cfg"
	ok "of the kernel that runs" grep -q 'vmlinuz-6.12.95 root=/dev/vda1 ro quiet initcall_debug log_buf_len=8M$' "$root/boot/grub/custom.cfg"
	ok "with its initrd" grep -q 'initrd.*6.12.95' "$root/boot/grub/custom.cfg"
	ok "and no other one" test "$(grep -c 'linux' "$root/boot/grub/custom.cfg")" = 1
	ok "the environment block keeps its size" test "$(stat -c %s "$root/boot/grub/grubenv")" = 1024
	ok "it is booted once" grep -q '^next_entry=gpuwatch-record$' "$root/boot/grub/grubenv"
	ok "what was saved stays" grep -q '^saved_entry=now$' "$root/boot/grub/grubenv"
	ok "only one is next" test "$(grep -c next_entry "$root/boot/grub/grubenv")" = 1
	ok "the next boot removes it" grep -q '^r! /boot/grub/custom.cfg$' "$root/etc/tmpfiles.d/gpuwatch-record.conf"
	ok "and that, too" grep -q '^r! /etc/tmpfiles.d/gpuwatch-record.conf$' "$root/etc/tmpfiles.d/gpuwatch-record.conf"
	expect "GRUB, again" 0 probe-order --reboot-and-record --root "$root"
	echo '# mine' >"$root/boot/grub/custom.cfg"
	expect_trouble "custom.cfg of somebody else" 4 'custom.cfg is in use' probe-order --reboot-and-record --root "$root"
	echo 'BOOT_IMAGE=/vmlinuz-7.0 ro' >"$root/proc/cmdline"
	expect_trouble "another kernel" 4 'loads the kernel that runs' probe-order --reboot-and-record --root "$root"
	echo 'BOOT_IMAGE=/vmlinuz-6.12.95 initcall_debug' >"$root/proc/cmdline"
	expect_trouble "recorded already" 4 'recorded so already' probe-order --reboot-and-record --root "$root"
	# shellcheck disable=SC2016 # GRUB's variable
	boot_root "$root" boot/grub2/grub.cfg 'set default="${next_entry}"\nblscfg\n' \
		boot/loader/entries/a.conf 'title Old\nlinux /vmlinuz-6.1\noptions ro\n' \
		boot/loader/entries/b.conf 'title Fedora\nlinux /vmlinuz-6.12.95\ninitrd /initrd\noptions root=UUID=1 ro\n'
	grub_environment >"$root/boot/grub2/grubenv"
	expect "GRUB with entries in files" 0 probe-order --reboot-and-record --root "$root"
	ok "a copy of the right one" grep -q '^options root=UUID=1 ro initcall_debug log_buf_len=8M$' "$root/boot/loader/entries/gpuwatch-record.conf"
	boot_root "$root" efi/loader/entries/arch.conf 'title Arch\nlinux /vmlinuz-linux\noptions root=/dev/vda2 rw\n' $vars/x ''
	efi_text 'systemd-boot 257' >"$root/$vars/LoaderInfo-$guid"
	efi_text arch.conf >"$root/$vars/LoaderEntrySelected-$guid"
	expect "systemd-boot" 0 probe-order --reboot-and-record --root "$root"
	ok "a copy of what was booted" grep -q '^options root=/dev/vda2 rw initcall_debug log_buf_len=8M$' "$root/efi/loader/entries/gpuwatch-record.conf"
	efi_text gpuwatch-record.conf >"$work/oneshot"
	ok "it is booted once" cmp "$root/$vars/LoaderEntryOneShot-$guid" "$work/oneshot"
	ok "the next boot removes it" grep -q '^r! /efi/loader/entries/gpuwatch-record.conf$' "$root/etc/tmpfiles.d/gpuwatch-record.conf"
	efi_text arch-6.12.efi >"$root/$vars/LoaderEntrySelected-$guid"
	expect_trouble "a unified kernel image" 4 'unified kernel image is fixed' probe-order --reboot-and-record --root "$root"
	expect_trouble "two things at once" 2 'exclude each other' probe-order --reboot-and-record --json
	expect_trouble "a root for nothing" 2 'need --reboot-and-record' probe-order --root /
}

# From evidence, by the core; the table is in the evidence.
test_order_evidence() {
	local good=$here/canned/boot.jsonl bad=$work/bad.jsonl
	expect "evidence" 1 probe-order --from "$good"
	cp "$work/out" "$work/evidence.txt"
	ok "the lost race is found" has '^1\.  Lost  radeon'
	ok "with who needed whom" has '^  Needs  *AMD IOMMUv2'
	ok "and when" has '^  When  *0.402 s to 0.588 s; what it needs was ready at 0.614 s, 212 ms too$'
	ok "and its place in the order" has '^ *0.402 s  *186 ms  radeon_module_init()  *ok  *1$'
	expect "evidence as JSON" 1 probe-order --json --from "$good"
	cp "$work/out" "$work/evidence.json"
	ok "is a document" test "$(jq -r '.schema, .reports[0].class, .summary.lost' "$work/evidence.json" | xargs)" = \
		"gpuwatch.probe-order.v1 initcall-order 1"
	expect "evidence as an image" 1 probe-order --timeline --from "$good"
	cp "$work/out" "$work/evidence.svg"
	ok "which says the same" $here/check-svg "$work/evidence.json" "$work/evidence.svg"
	expect "the document of evidence" 1 probe-order --from "$work/evidence.json"
	ok "is as good as the evidence" cmp "$work/out" "$work/evidence.txt"

	expect_trouble "no such file" 4 "cannot read.*No such file" probe-order --from "$work/none"
	expect_trouble "a directory" 4 "Is a directory" probe-order --from "$work"
	expect_trouble "endless" 4 "too large" probe-order --from /dev/zero
	: >"$bad"
	expect_trouble "empty" 4 "is empty" probe-order --from "$bad"
	head -c 65536 /dev/urandom >"$bad"
	expect_trouble "random" 4 "no boot evidence" probe-order --from "$bad"
	# One in twenty random files had a line like this one, which was taken for a deferred device.
	printf '\001\n\xb5k\x7f  w\xe3: \x10\n' >"$bad"
	expect_trouble "bytes with blanks and a colon" 4 "no boot evidence" probe-order --from "$bad"
	printf 'BIOS     Vendor: Orion\nProduct  Name: Desk 7\n' >"$bad"
	expect_trouble "another table" 4 "no boot evidence" probe-order --from "$bad"
	expect_trouble "foreign" 4 "no boot evidence" probe-order --from /bin/sh
	expect_trouble "a report" 4 "no boot evidence" probe-order --from $here/golden/bare.json
	sed 1d "$good" >"$bad"
	expect_trouble "without its head" 4 "no boot evidence" probe-order --from "$bad"
	sed 's/gpuwatch.boot.v1/gpuwatch.boot.v9/' "$good" >"$bad"
	expect_trouble "of a later version" 4 "schema gpuwatch.boot.v9, this program reads gpuwatch.boot.v1" probe-order --from "$bad"
	sed 's/^{"kmsg/{"kms/;3,9s/^{/[/' "$good" >"$bad"
	expect_trouble "damaged" 4 "damaged: 7 of [0-9]* lines are no evidence" probe-order --from "$bad"
	head -c -40 "$good" >"$bad"
	expect "a torn last line" 1 probe-order --from "$bad"
	ok "a torn last line loses no more than itself" has '^1\.  Lost'
	cat >"$work/boot.log" <<-'EOF'
		[   19.380623] orion-mmu 1000.mmu: deferred probe timeout, ignoring dependency
		[   19.380715] orion-mmu 1000.mmu: probe with driver orion-mmu failed with error -110
	EOF
	expect "a kernel log" 1 probe-order --from "$work/boot.log"
	ok "a kernel log loses the same" has '^1\.  Lost  1000.mmu (driver orion-mmu) failed (-ETIMEDOUT)'
	cp "$work/out" "$work/boot.txt"
	gzip -kf "$work/boot.log"
	expect "a packed kernel log" 1 probe-order --from "$work/boot.log.gz"
	ok "a packed kernel log is the same" cmp "$work/out" "$work/boot.txt"
	printf '[    1.1] other 2000.other: probe of 2000.other returned 0 after 12 usecs\n' >"$work/healthy.log"
	printf '*.mmu orion-mmu\n*.gpu\n' >"$work/expected"
	expect "against a list" 1 probe-order --compare "$work/expected" --from "$work/boot.log"
	ok "shows what is missing" has '^  missing .*\*.mmu'
	expect "against a list, as KTAP" 1 probe-order --ktap --compare "$work/expected" --from "$work/boot.log"
	ok "is KTAP" test "$(grep -v '^#' "$work/out" | xargs)" = \
		"KTAP version 1 1..3 not ok 1 *.mmu orion-mmu ok 2 *.gpu # SKIP the log does not show it ok 3 DRM minors"
	expect "against itself" 0 probe-order --compare "$good" --from "$good"
	run probe-order --json --from "$good"
	cp "$work/out" "$work/good.json"
	expect "a document against evidence" 0 probe-order --compare "$work/good.json" "$good"
	expect "evidence against a document" 0 probe-order --compare "$good" "$work/good.json"
	expect "evidence against a log" 0 probe-order --compare "$good" "$work/healthy.log"
	expect "a list against a log" 1 probe-order --ktap --compare "$work/expected" "$work/boot.log"
	cp "$work/out" "$work/list-first"
	expect "a log against a list" 1 probe-order --ktap --compare "$work/boot.log.gz" "$work/expected"
	ok "is the same" cmp "$work/out" "$work/list-first"
	expect_trouble "two lists" 4 "no boot" probe-order --compare "$work/expected" "$work/expected"
	expect_trouble "three boots" 2 "one argument too many" probe-order --compare "$good" "$good" "$good"
	expect_trouble "a second boot twice" 2 "exclude each other" probe-order --compare "$good" --from "$good" "$good"
	expect_trouble "a second boot without --compare" 2 "one argument too many" probe-order "$good"
	mkdir -p "$work/kept"
	expect_trouble "against no boot" 4 "no other boot" probe-order --compare "$work/kept" --from "$good"
	sed '1s/"boot_id": *"[^"]*"/"boot_id": "other"/' "$good" >"$work/kept/00000000-0000-4000-8000-000000000001.jsonl"
	expect "against the last one" 0 probe-order --compare "$work/kept" --from "$good"
	rm "$work/kept"/*
	cp "$good" "$work/kept/00000000-0000-4000-8000-000000000002.jsonl"
	expect_trouble "against this boot itself" 4 "no other boot" probe-order --compare "$work/kept" --from "$good"
	expect_trouble "against nothing" 4 "no boot evidence" probe-order --compare /etc/passwd --from "$good"
	expect_trouble "two results" 2 "--json and --ktap exclude" probe-order --json --ktap --from "$good"
	head -1 "$good" >"$bad"
	expect "a head and nothing else" 0 probe-order --from "$bad"
	record_once_tests
}

test_order_save() {
	local file=$work/saved.jsonl
	mkdir -p "$work/boot"
	cp $here/canned/boot.jsonl "$work/boot/"
	start_daemon "$work/boot" "$socket"
	rm -f "$file"
	expect "save" 0 --socket="$socket" probe-order --save "$file"
	ok "saves the daemon's bytes" cmp "$file" $here/canned/boot.jsonl
	ok "and says what it is for" has "^$file: .*--from"
	expect_trouble "save does not overwrite" 4 "there already: --force" --socket="$socket" probe-order --save "$file"
	expect "save --force --json" 0 --socket="$socket" probe-order --save "$file" --force --json
	ok "says it in JSON" test "$(jq .size "$work/out")" = "$(stat -c %s "$file")"
	expect "save to stdout" 0 --socket="$socket" probe-order --save -
	ok "is the evidence" cmp "$work/out" $here/canned/boot.jsonl
	expect "and what was saved" 1 probe-order --from "$file"
	rm -rf "$work/kept" && mkdir "$work/kept"
	for i in 1 2 3 4; do
		touch -d "2025-01-0$i" "$work/kept/00000000-0000-4000-8000-00000000000$i.jsonl"
	done
	touch -d 2025-01-01 "$work/kept/mine.jsonl"
	expect "save to a directory" 0 --socket="$socket" probe-order --save "$work/kept"
	ok "keeps the last three, and what is not its own" test "$(find "$work/kept" -type f -printf '%f\n' | sort | xargs)" = \
		"00000000-0000-4000-8000-000000000003.jsonl 00000000-0000-4000-8000-000000000004.jsonl 5a8a3d1c-7f60-4a53-9be0-0c1b53f4a9d2.jsonl mine.jsonl"
	rm "$work/kept/5a8a3d1c-7f60-4a53-9be0-0c1b53f4a9d2.jsonl"
	for i in 1 2 3; do
		touch -d "2095-01-0$i" "$work/kept/00000000-0000-4000-8000-00000000000$i.jsonl"
	done
	expect "save with a clock that is behind" 0 --socket="$socket" probe-order --save "$work/kept"
	ok "keeps what it saved last" test "$(find "$work/kept" -name '[05]*' -printf '%T@ %f\n' | sort -rn | cut -d ' ' -f 2 | xargs)" = \
		"5a8a3d1c-7f60-4a53-9be0-0c1b53f4a9d2.jsonl 00000000-0000-4000-8000-000000000003.jsonl 00000000-0000-4000-8000-000000000002.jsonl"
	echo '{}' >"$work/boot/boot.jsonl"
	expect_trouble "evidence that is none" 3 "cannot be used: is no boot evidence" --socket="$socket" probe-order --save "$work/no"
	ok "is not saved" test ! -e "$work/no"
	stop_daemon
}

# ---- the order of a kernel image -------------------------------------------------------------------

# system_map FUNCTION:MODULE:LEVEL...: the initcalls of a kernel in this order
system_map() {
	local at=$((0x1000)) call function module level
	for call; do
		IFS=: read -r function module level <<<"$call"
		printf 'ffffffff8210%04x d __initcall__kmod_%s__300_400_%s%s\n' $at "$module" "$function" "$level"
		at=$((at + 4))
	done
	printf 'ffffffff8100%04x T start_kernel\n' $((at))
}

# The table, as it would be installed, in the place where this program looks.
install_table() {
	mkdir -p "$work/gpuwatch"
	cat >"$work/gpuwatch/dependencies.conf" <<-END
		[gpu-iommu]
		Consumer=board GPU
		ConsumerInitcalls=board_gpu_init
		ConsumerModules=board_gpu
		Supplier=board IOMMU
		SupplierInitcalls=board_iommu_init
		SupplierModules=board_iommu
		Feature=address spaces
		Why=The GPU asks the IOMMU for address spaces when it starts.
		Source=drivers/board/gpu.c
	END
}

test_link_order() {
	local map=$work/System.map
	system_map board_iommu_init:board_iommu:6 board_gpu_init:board_gpu:6 >"$map"
	expect_trouble "no table" 4 "table\|dependencies.conf" probe-order --vmlinux "$map"
	install_table
	expect "held by the link order" 0 probe-order --vmlinux "$map"
	ok "is fragile" has '^  board IOMMU  board GPU  device, device  fragile  link order$'
	ok "says what to do" has '^  Advice  '
	expect "as JSON" 0 probe-order --json --vmlinux "$map"
	ok "is the document" test "$(jq -r '.schema, .pairs[0].state' "$work/out" | xargs)" = "gpuwatch.link-order.v1 fragile"
	system_map board_gpu_init:board_gpu:6 board_iommu_init:board_iommu:6 >"$map"
	expect "reversed" 1 probe-order --vmlinux "$map"
	ok "is reversed" has '^reversed  board GPU after board IOMMU$'
	system_map board_iommu_init:board_iommu:4 board_gpu_init:board_gpu:6 >"$map"
	expect "held by levels" 0 probe-order --vmlinux "$map"
	ok "is ordered" has '  subsys, device  ordered  level$'
	ok "and needs no advice" lacks 'Advice'
	system_map other_init:other:6 >"$map"
	expect "another kernel" 0 probe-order --vmlinux "$map"
	ok "has no such pair" has '1 more absent pair: --all'
	expect "all pairs" 0 probe-order --all --vmlinux "$map"
	ok "include what is absent" has 'board GPU .*absent'
	COLUMNS=60 run probe-order --vmlinux "$map"
	ok "keeps within 60 columns" test "$(wc -L <"$work/out")" -le 60

	expect_trouble "no such image" 4 "$work/none: cannot be read" probe-order --vmlinux "$work/none"
	expect_trouble "no kernel" 4 "is no kernel" probe-order --vmlinux /etc/passwd
	expect_trouble "no symbols" 4 "/bin/true" probe-order --vmlinux /bin/true
	expect_trouble "no modules" 4 "cannot read the modules in $work.*depmod" probe-order --vmlinux "$map" --modules "$work"
	mkdir "$work/damaged"
	tail -c +2 tests/fuzz/corpus/modules/damaged >"$work/damaged/modules.dep.bin"
	expect_trouble "modules that would crash libkmod" 4 "cannot read the modules in $work/damaged: an index in it is damaged" \
		probe-order --vmlinux "$map" --modules "$work/damaged"
	mkdir "$work/bare" # with no other map beside it, which would be used instead
	grep -v __initcall "$map" >"$work/bare/System.map"
	expect_trouble "a map without initcalls" 4 "no symbols\|initcall" probe-order --vmlinux "$work/bare/System.map"
	{ head -n 1 "$map" && seq -f 'ffffffff81000000 t __initcall__kmod_m__1_%.0f_f6' 70000; } >"$work/bare/System.map"
	expect_trouble "a map of initcalls only" 4 "more initcalls than any kernel" probe-order --vmlinux "$work/bare/System.map"
	{ head -n 1 "$map" && head -c 140M /dev/zero; } >"$work/bare/System.map"
	expect_trouble "a map without end" 4 "longer than any System.map" probe-order --vmlinux "$work/bare/System.map"
	rm "$work/bare/System.map"
	sed 's/__initcall__kmod_.*__300_400_/__initcall_/' "$map" >"$work/5.9.map"
	expect "a kernel before 5.10" 0 probe-order --vmlinux "$work/5.9.map"
}

# ---- files that cannot be used -----------------------------------------------------------------------

# unusable NAME WHAT FILE: every command that reads a file ends with 4 and one line about it
unusable() {
	local command
	for command in "show" "replay" "probe-order --from" "probe-order --vmlinux"; do
		# shellcheck disable=SC2086
		expect_trouble "$command of $1" 4 "$2" $command "$3"
	done
}

# Runs the rest as somebody whom permissions hold, whoever runs the tests.
unprivileged() {
	if ((EUID == 0)); then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}

# 1 says that something was found, 4 that nothing can be said: a script must not take the one for the other.
test_unusable_files() {
	local bad=$work/unusable.json command good=$here/canned
	install_table
	unusable "a missing file" "No such file" "$work/none.json"
	unusable "a directory" "Is a directory" "$work/."
	: >"$bad"
	unusable "an empty file" "unusable.json" "$bad"
	head -c 5000 /dev/urandom >"$bad"
	unusable "random bytes" "unusable.json" "$bad"
	chmod 755 "$work"
	chmod 000 "$bad"
	for command in "show" "replay" "probe-order --from" "probe-order --vmlinux"; do
		# shellcheck disable=SC2086
		unprivileged "$work/gpuwatch-cli" $command "$bad" >"$work/out" 2>"$work/err"
		ok "$command of what may not be read: exit code 4" test $? = 4
		ok "$command of what may not be read: one line" one_line
		ok "$command of what may not be read: why" grep -q "Permission denied" "$work/err"
	done
	chmod 644 "$bad"

	make-recording deadlock | head -c 3000 >"$bad"
	expect_trouble "a damaged recording" 4 "cut short" replay "$bad"
	expect_trouble "a recording that is none" 4 "not a gpuwatch recording" replay "$good/boot.jsonl"
	sed '3,9s/^{/[/' "$good/boot.jsonl" >"$bad"
	expect_trouble "damaged evidence" 4 "damaged" probe-order --from "$bad"
	expect_trouble "evidence as a recording's verdict" 4 "unusable.json" show "$bad"
	head -c 2000 "$good/probe-order.json" >"$bad"
	expect_trouble "half a document" 4 "no boot evidence" probe-order --from "$bad"
	jq 'del(.rows)' "$good/probe-order.json" >"$bad"
	expect_trouble "a document without its rows" 4 "damaged" probe-order --from "$bad"
	(printf '{"schema": "gpuwatch.probe-order.v1", "rows": ["'; head -c 25M /dev/zero | tr '\0' a; printf '"], "reports": []}') >"$bad"
	expect_trouble "a document that is too large" 4 "too large: its first value has no end within 24 MiB" probe-order --from "$bad"
	printf '{"schema": "gpuwatch.boot.v9\302\233[31mRED\342\200\256x"}' >"$bad"
	expect_trouble "controls in what a message quotes" 4 'v9??\[31mRED???x,' probe-order --from "$bad"
	for begin in -9223372036854775808 -1016000000 0 9223372036854775807; do
		for end in -16100000 1 9223372036854775807; do
			printf '{"schema": "gpuwatch.probe-order.v1", "reports": [], "rows": [{"kind": "initcall", "name": "a", "time_ns": %s, "end_ns": %s}]}' \
				"$begin" "$end" >"$bad"
			timeout 20 gpuwatch-cli probe-order --timeline --from "$bad" >"$work/out" 2>"$work/err"
			ok "an image from $begin to $end ends" test $? = 0
			ok "an image from $begin to $end has few ticks" test "$(grep -c 'class="tick"' "$work/out")" -le 64
		done
	done
	sed 's/gpuwatch.probe-order.v1/gpuwatch.probe-order.v2/' "$good/probe-order.json" >"$bad"
	expect_trouble "a document of another version" 4 "schema gpuwatch.probe-order.v2, this program reads gpuwatch.probe-order.v1" \
		probe-order --from "$bad"
	sed 's/gpuwatch.report.v1/gpuwatch.report.v2/' "$good/reports.json" >"$bad"
	expect_trouble "reports of another version" 4 "another version, this program reads gpuwatch.report.v1" show "$bad"
	jq '.[0]' "$bad" >"$work/one.json"
	expect_trouble "one of them" 4 "another version" show "$work/one.json"
	expect_trouble "a document that is no report" 4 "no gpuwatch report" show "$good/status.json"

	for command in "show $here/golden/bare.json" "--json probe-order --from $good/boot.jsonl" \
		"probe-order --timeline --from $good/boot.jsonl" "probe-order --timeline=/dev/full --from $good/boot.jsonl"; do
		# shellcheck disable=SC2086
		gpuwatch-cli $command >/dev/full 2>"$work/err" </dev/null
		ok "$command: nothing can be written: exit code 4" test $? = 4
		: >"$work/out"
		ok "$command: nothing can be written: one line" one_line
		ok "$command: nothing can be written: why" grep -q "cannot write" "$work/err"
	done
	mkdir -p "$work/locked"
	chmod 700 "$work/locked"
	((EUID)) && chmod 500 "$work/locked"
	cp "$good/boot.jsonl" "$work/readable.jsonl"
	unprivileged "$work/gpuwatch-cli" probe-order --timeline="$work/locked/x" --from "$work/readable.jsonl" \
		>"$work/out" 2>"$work/err"
	ok "an image where nobody may write: exit code 4" test $? = 4
	ok "an image where nobody may write: one line" one_line
}

# ---- classes ---------------------------------------------------------------------------------------------

# A page that promises a class promises that something reports it: what nothing does is called reserved in the schema.
test_classes() {
	local reserved name class count=0
	reserved=$(jq -r '."$defs".class.description' docs/report.schema.json)
	while read -r name class; do
		count=$((count + 1))
		if grep -rqw "$name" lib/analysis lib/boot --include=*.c --exclude-dir=words --exclude-dir=document; then
			ok "$class is reported, and not called reserved" not grep -qw -- "$class" <<<"$reserved"
		else
			ok "$class, which nothing reports, is called reserved" grep -qw -- "$class" <<<"$reserved"
			ok "no page promises $class" not grep -rqw -- "$class" README.md docs/*.md docs/man systemd
		fi
		ok "$class is in the schema" test "$(jq -c "[.. | strings | select(. == \"$class\")] | length > 0" docs/report.schema.json)" = true
	done < <(sed -n 's/^\t\[\(GW_CLASS_[A-Z_]*\)\] = "\([a-z-]*\)",$/\1 \2/p' lib/report/report.c)
	ok "there are classes" test $count -gt 20
	for class in $(jq -r '."$defs" | [.deadlock_class, .hazard_class, .probe_order_class, .class] | .. | .enum? // empty | .[]' \
		docs/report.schema.json); do
		ok "the schema's $class is a class" grep -q "\"$class\"" lib/report/report.c
	done
}

# ---- what comes with it ------------------------------------------------------------------------

test_documents() {
	if command -v mandoc >/dev/null; then
		mandoc -Tlint docs/man/gpuwatch-cli.1 2>&1 |
			grep -v 'referenced manual not found\|outdated mandoc.db' >"$work/out"
		ok "the manual has no lint" test ! -s "$work/out"
	else
		skip "the manual's lint: no mandoc"
	fi
	# shellcheck disable=SC2016
	completes() { # completes EXPECTED WORD...: completing the last word offers EXPECTED, among others
		bash -c 'source cli/completion/gpuwatch-cli; want=$1; shift; COMP_WORDS=(gpuwatch-cli "$@"); COMP_CWORD=$#
			_gpuwatch_cli; printf "%s\n" "${COMPREPLY[@]}"' - "$@" | grep -qx -- "$1"
	}
	ok "completion of commands" completes deadlocks de
	local command option
	for command in $(gpuwatch-cli --help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
		ok "completion of the command $command" completes "$command" "${command:0:3}"
		for option in $(gpuwatch-cli "$command" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--.*'); do
			ok "completion of $command $option" completes "$option=\\?" "$command" "${option%?}"
		done
	done
	ok "completion of options" completes --follow deadlocks --f
	ok "no completion of options of other commands" not completes --follow waits --f
	ok "completion of values" completes never --color = n
	ok "completion of files" completes setup.sh replay set
	ok "completion of probe-order's options" completes --timeline probe-order --t
	ok "completion of an option's file" completes setup.sh probe-order --from set
	ok "completion of an option's file after =" completes setup.sh probe-order --timeline = set
	ok "completion of a directory" completes docs probe-order --modules doc
}

test_usage
test_unreachable
test_over
test_check
test_holders
test_bundle
test_interrupt
test_class_pages
test_show
test_pictures
test_top
test_colour
test_private
test_other_version
test_follow
test_bus
test_bad_recordings
test_replay
test_growth
test_explain
test_order_schema
test_order_text
test_order_outcomes
test_order_long
test_order_hostile
test_order_image
test_order_journal
test_order_daemon
test_order_evidence
test_order_save
test_link_order
test_unusable_files
test_classes
test_documents
test_exporter_usage
test_exporter
test_export
test_static

for reason in ${reasons[@]+"${reasons[@]}"}; do printf 'skipped: %s\n' "$reason"; done
printf '%d passed, %d failed' "$passed" "$failed"
((skipped)) && printf ', %d skipped' "$skipped"
printf '\n'
((failed == 0))
