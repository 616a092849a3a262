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

# files NAME: that file of each candidate.
files() {
	sed "s|.*|/proc/&/$1|" /tmp/candidates
}

# How often each of these tasks has run: one whose line is the same later has been blocked all the time.
switches() {
	awk '/^Pid:/ { pid = $2 } /ctxt_switches/ { n[pid] += $2 } END { for (pid in n) print pid, n[pid] }' "$@" | sort
}

# A task that has not run since before the waits were asked for is in that very wait, so its stack must agree. Who may be
# one of those is asked before: little is to happen in between, for legitimate waits are short, and a busy guest is slow.
# shellcheck disable=SC2046 # lists of files
check_waits() {
	gpuwatch-cli waits --json | jq -r '.waits[].pid' | sort -u >/tmp/candidates
	[ -s /tmp/candidates ] || return
	status=$(files status) stacks=$(files stack) stats=$(files stat)
	# shellcheck disable=SC2086 # the same
	{
		switches $status >/tmp/before
		gpuwatch-cli waits --json >/tmp/waits.json
		grep -H "" $stacks $stats >/tmp/seen 2>/dev/null
		switches $status >/tmp/after
	}
	sort /tmp/before /tmp/after | uniq -d | cut -d' ' -f1 >/tmp/blocked
	jq -r '.waits[] | "\(.pid) \(.kind)"' /tmp/waits.json | sort -u >/tmp/waits
	while read -r pid kind; do
		grep -qx "$pid" /tmp/blocked || continue
		sed -n "s|^/proc/$pid/stack:||p" /tmp/seen >"/tmp/stack.$pid"
		sed -n "s|^/proc/$pid/stat:||p" /tmp/seen >"/tmp/stat.$pid"
		if blocks "$pid" "$kind"; then
			true_waits=$((true_waits + 1))
		else
			fail "pid $pid waits for a $kind"
			jq -c ".waits[] | select(.pid == $pid)" /tmp/waits.json
			cat "/tmp/stack.$pid"
		fi
	done </tmp/waits
}

load_lab || exit 1
start_daemon || exit 1
# On a machine so busy that no wait lasted from before one look to after it, longer.
limit=$((seconds * 3))
echo "healthy seconds=$limit" >"$LAB/start" || fail "the healthy load starts"
labuser healthy/process "seconds=$limit" >/dev/null &
load=$!
read_clock
began=$now
while [ "$now" -lt $((began + seconds * 100)) ] || { [ "$true_waits" -eq 0 ] && [ "$now" -lt $((began + limit * 100)) ]; }; do
	check_waits
	sleep 1
	read_clock
done
echo healthy >"$LAB/stop"
kill "$load"
sleep 2
gpuwatch-cli status
check "waits were seen and true ($true_waits)" [ "$true_waits" -ge 1 ]
check "no deadlock was reported" [ "$(gpuwatch-cli deadlocks --all --json | jq length)" -eq 0 ]
check "none on standard output either" [ "$(grep -c '"kind": *"deadlock"' "$OUT/reports.jsonl")" -eq 0 ]
check "no hazard was reported" [ "$(gpuwatch-cli hazards --all --json | jq length)" -eq 0 ]
stop_daemon
verdict
