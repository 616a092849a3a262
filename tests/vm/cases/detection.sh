#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How long it takes from the last participant's blocking call to the report: one deadlock of each class, all at once, again
# and again; and then how long the kernel's own detector of hung tasks takes for the same, with each SETTING, in seconds.
# Leaves reports.txt, the lines of the daemon with the uptime of their arrival before them, and hung.txt: setting,
# formed_mono_ns, uptime of the kernel's message.
#
# usage: detection.sh ROUNDS [SETTING...]
# Run by tests/bench/run: `make bench`, and `make check` with EVERYWHERE=1.
. /cases/lib.sh

# Nothing else of the driver may run beside these: it might release the lock, signal the fence, leave the section.
ALONE="leaked-lock/exited leaked-section/exited orphaned-fence/thread-gone"
TOGETHER="fence-lock-cycle/mutex notifier-cycle/munmap reclaim-cycle/direct unplug-srcu sched-dep-cycle workqueue-cycle/flush
	lock-cycle/abba reset-cycle/lock runtime-pm-cycle/lock"

# Arrival costs no process: that is what is slow in a guest.
stamp() {
	while read -r line; do
		read -r uptime _ </proc/uptime
		echo "$uptime $line"
	done
}

# reported STATE COUNT: in this round. A report that says more later is the same one.
reported() {
	[ "$(tail -c "+$before" "$OUT/reports.txt" | sed -n "s/.*\"id\": *\"\([^\"]*\)\".*\"kind\": *\"deadlock\".*\"state\": *\"$1\".*/\1/p" | sort -u | wc -l)" -ge "$2" ]
}

# together SCENARIO...: they stand until each is reported, and are released.
together() {
	before=$(($(stat -c %s "$OUT/reports.txt") + 1))
	for scenario; do lab_start "$scenario"; done
	wait_until 8 reported active $# || fail "$# reports of $*"
	echo all >"$LAB/stop"
	wait_until 8 reported resolved $# || fail "$# ends of $*"
}

hung_tasks() {
	dmesg | grep -c "blocked for more than"
}
hung_more() {
	[ "$(hung_tasks)" -gt "$1" ]
}

# hung SECONDS: how long khungtaskd takes for the first of them at that setting.
hung() {
	echo "$1" >/proc/sys/kernel/hung_task_timeout_secs
	echo 100 >/proc/sys/kernel/hung_task_warnings
	known=$(hung_tasks)
	lab_start fence-lock-cycle/mutex
	sleep 1
	formed=$(jq .formed_mono_ns "$LAB/truth")
	wait_until $(($1 * 2 + 30)) hung_more "$known" || fail "the kernel reports a hung task at $1 s"
	echo "$1 $formed $(mono)" >>"$OUT/hung.txt"
	echo all >"$LAB/stop"
}

load_lab || exit 1
mkfifo /tmp/reports
stamp </tmp/reports >>"$OUT/reports.txt" &
gpuwatchd --standalone --no-pin >/tmp/reports 2>>"$OUT/gpuwatchd.log" &
daemon=$!
wait_until 90 daemon_answers || exit 1
rounds=$1
shift
for _ in $(seq "$rounds"); do
	# shellcheck disable=SC2086 # words
	together $TOGETHER
	for scenario in $ALONE; do together "$scenario"; done
done
stop_daemon
for setting; do hung "$setting"; done
[ "$failed" -eq 0 ]
