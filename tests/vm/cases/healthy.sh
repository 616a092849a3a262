#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A busy, healthy machine for some seconds (argument, default 60): gpuwatch must
# report no deadlock at all, and every wait that it shows must be one.
. /cases/lib.sh

seconds=${1:-60}
true_waits=0

# The functions that a task in this kind of wait has on its kernel stack.
frames_of() {
	case $1 in
	fence | fence-any) echo 'dma_fence|dma_resv' ;;
	syncobj) echo 'drm_syncobj' ;;
	poll) echo 'poll' ;;
	srcu) echo 'synchronize_srcu|wait_for_completion' ;;
	work | workqueue) echo 'flush|cancel|drain|wait_for_completion' ;;
	completion) echo 'wait_for_co' ;;
	notifier) echo 'mmu_' ;;
	task) echo 'kthread_stop|wait_for_completion' ;;
	*) echo "no frame for kind $1" ;;
	esac
}

# /proc/PID/stack leaves out the lock functions themselves, so for a lock it is the state that tells.
blocks() {
	case $2 in
	lock) [ "$(cut -d' ' -f3 "/tmp/stat.$1")" = D ] ;;
	*) grep -qE "$(frames_of "$2")" "/tmp/stack.$1" ;;
	esac
}

# How often each task has run: a task whose line is the same later has been blocked all the time.
switches() {
	awk '/^Pid:/ { pid = $2 } /ctxt_switches/ { n[pid] += $2 } END { for (pid in n) print pid, n[pid] }' \
		/proc/[0-9]*/task/[0-9]*/status 2>/dev/null | sort
}

# A task that has not run since before the waits were asked for is in that very wait, so its stack must agree.
check_waits() {
	switches >/tmp/before
	gpuwatch-cli waits --json >/tmp/waits.json
	jq -r '.waits[] | "\(.pid) \(.kind)"' /tmp/waits.json | sort -u >/tmp/waits
	while read -r pid kind; do
		cat "/proc/$pid/stack" >"/tmp/stack.$pid" 2>/dev/null
		cat "/proc/$pid/stat" >"/tmp/stat.$pid" 2>/dev/null
	done </tmp/waits
	switches >/tmp/after
	sort /tmp/before /tmp/after | uniq -d | cut -d' ' -f1 >/tmp/blocked
	while read -r pid kind; do
		grep -qx "$pid" /tmp/blocked || continue
		if blocks "$pid" "$kind"; then
			true_waits=$((true_waits + 1))
		else
			fail "pid $pid waits for a $kind"
			cat "/tmp/stack.$pid"
		fi
	done </tmp/waits
}

load_lab || exit 1
start_daemon || exit 1
echo "healthy seconds=$seconds" >"$LAB/start" || fail "the healthy load starts"
labuser healthy/process "seconds=$seconds" >/dev/null &
end=$(mono | awk -v s="$seconds" '{ printf "%d", $1 + s }')
while [ "$(mono | cut -d. -f1)" -lt "$end" ]; do
	check_waits
	sleep 1
done
echo healthy >"$LAB/stop"
sleep 2
gpuwatch-cli status
check "waits were seen and true ($true_waits)" [ "$true_waits" -ge 1 ]
check "no deadlock was reported" [ "$(gpuwatch-cli deadlocks --all --json | jq length)" -eq 0 ]
check "none on standard output either" [ "$(grep -c '"kind": *"deadlock"' "$OUT/reports.jsonl")" -eq 0 ]
check "no hazard was reported" [ "$(gpuwatch-cli hazards --all --json | jq length)" -eq 0 ]
stop_daemon
verdict
