# SPDX-License-Identifier: GPL-2.0-or-later
# What the cases share. They run inside a guest, under busybox sh, as root.
# shellcheck shell=sh
# Sourced: . /cases/lib.sh

LAB=/sys/kernel/debug/gpulab
OUT=/out
passed=0
failed=0

# CLOCK_MONOTONIC in seconds; guests never suspend, so the uptime is the same.
mono() {
	cut -d' ' -f1 /proc/uptime
}

ok() {
	passed=$((passed + 1))
	echo "ok   $*"
}

fail() {
	failed=$((failed + 1))
	echo "FAIL $*"
}

# check NAME CMD…: one check, passed if CMD succeeds.
check() {
	check_name=$1
	shift
	if "$@"; then
		ok "$check_name"
	else
		fail "$check_name"
	fi
}

# Ends a case: the line that the host counts, and the exit code.
verdict() {
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}

# The uptime in hundredths of a second, in $now; forks nothing, for that is what is slow in a guest.
read_clock() {
	read -r now _ </proc/uptime
	now=$((${now%.*} * 100 + 1${now#*.} - 100)) # not octal
}

# wait_until SECONDS CMD…: polls CMD, fails when it does not come true in time. A guest that is so slow that it can hardly
# ask gets more: nothing is late before it has been asked for twice in each of the seconds.
wait_until() {
	read_clock
	wait_deadline=$((now + $1 * 100)) wait_asks=$(($1 * 2))
	shift
	until "$@"; do
		read_clock
		wait_asks=$((wait_asks - 1))
		[ "$now" -lt "$wait_deadline" ] || [ "$wait_asks" -gt 0 ] || return 1
		sleep 0.2
	done
}

daemon_answers() {
	gpuwatch-cli status >/dev/null 2>&1
}

start_daemon() {
	gpuwatchd --standalone "$@" >>"$OUT/reports.jsonl" 2>>"$OUT/gpuwatchd.log" &
	daemon=$!
	wait_until "${START_SECONDS:-90}" daemon_answers || {
		fail "the daemon answers"
		cat "$OUT/gpuwatchd.log"
		return 1
	}
}

stop_daemon() {
	kill "$daemon"
	wait "$daemon"
}

# count KIND STATE: reports of a kind in a state.
count() {
	gpuwatch-cli "$1" --all --json | jq "[.[] | select(.state == \"$2\")] | length"
}

at_least() {
	[ "$(count "$1" "$2")" -ge "$3" ]
}

none_active() {
	[ "$(count deadlocks active)" -eq 0 ]
}

# The lab is a driver, and needs what drivers need.
load_lab() {
	modprobe -a drm gpu_sched && insmod /lab/gpulab.ko
}

# lab_start SPEC [KEY=VALUE]...: starts a scenario; those that need a process run one.
lab_start() {
	case $1 in
	notifier-cycle/* | busy-holder/process | retry-loop/process | process-cycle/* | driver-sleep/* | kswapd-* | leaked-*/user* | page-lock* | device-page* | trust/madvise-vma | trust/pipe-fault | trust/syncobj-* | trust/alarm | trust/posix-timer | trust/watched | trust/other-process | page-fault* | rwsem-readers/memory | stopped-signaller*) labuser "$@" >>"$OUT/labuser.log" 2>&1 & ;;
	*) echo "$*" >"$LAB/start" ;;
	esac
}

lab_stop() {
	name=${1%% *}
	echo "${name%%/*}" >"$LAB/stop"
}
