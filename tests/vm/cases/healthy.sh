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

# A wait shown before and after its stack was read stood in between, so the stack must agree.
check_waits() {
	gpuwatch-cli waits --json >/tmp/before.json
	jq -r '.waits[].pid' /tmp/before.json | sort -u | while read -r pid; do
		cat "/proc/$pid/stack" >"/tmp/stack.$pid" 2>/dev/null
		cat "/proc/$pid/stat" >"/tmp/stat.$pid" 2>/dev/null
	done
	gpuwatch-cli waits --json >/tmp/after.json
	jq -r --slurpfile before /tmp/before.json '
		.waits[] | . as $w
		| select([$before[0].waits[] | .pid == $w.pid and .since_mono_ns == $w.since_mono_ns] | any)
		| "\(.pid) \(.kind)"' /tmp/after.json >/tmp/standing
	while read -r pid kind; do
		if blocks "$pid" "$kind"; then
			true_waits=$((true_waits + 1))
		else
			fail "pid $pid waits for a $kind"
			cat "/tmp/stack.$pid"
		fi
	done </tmp/standing
}

load_lab || exit 1
start_daemon || exit 1
echo "healthy seconds=$seconds" >"$LAB/start" || fail "the healthy load starts"
labuser healthy/process "seconds=$seconds" >/dev/null &
end=$(mono | awk -v s="$seconds" '{ printf "%d", $1 + s }')
while [ "$(mono | cut -d. -f1)" -lt "$end" ]; do
	check_waits
	sleep 2
done
echo healthy >"$LAB/stop"
sleep 2
gpuwatch-cli status
check "waits were seen and true ($true_waits)" [ "$true_waits" -ge 10 ]
check "no deadlock was reported" [ "$(gpuwatch-cli deadlocks --all --json | jq length)" -eq 0 ]
check "none on standard output either" [ "$(grep -c '"kind": *"deadlock"' "$OUT/reports.jsonl")" -eq 0 ]
stop_daemon
verdict
