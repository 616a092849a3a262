#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs in a guest, as root: every scenario of the lab must really block who it says, for as long as it says, and let go.
# Usage: selftest.sh [MODULE.ko]; labuser must be in PATH, and drm, gpu_sched and vgem loaded or loadable.
#
# By hand only: when the lab changes.
set -u

lab=/sys/kernel/debug/gpulab
passed=0
failed=0

# check DESCRIPTION COMMAND...
check() {
	description=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $description"
	fi
}

equal() { [ "$1" = "$2" ] || { echo "  got '$1', expected '$2'"; false; }; }

# The tasks of a truth line, one a line: PID ROLE STATE. Victims come last.
tasks() { tr '{' '\n' | sed -n 's/^"pid":\([0-9]*\),.*"role":"\([a-z]*\)","state":"\([a-z]*\)".*/\1 \2 \3/p'; }
truth() { cat $lab/truth; }
truth_of() { grep "\"scenario\":\"${1%%/*}\",\"variant\":\"${1#*/}\"" $lab/truth; }

switches() { sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null; }
state() { sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null; }
# /proc/PID/stack leaves out the scheduler's own functions, and those of locks count as such: for them, the innermost
# function that is left has to be the one that takes the lock ("^" before its name).
stack_has() {
	case $2 in
		^*) head -n 1 "/proc/$1/stack" 2>/dev/null | grep -Fq " ${2#^}+" && return ;;
		*) grep -Eq "$2" "/proc/$1/stack" 2>/dev/null && return ;;
	esac
	echo "  stack of $1 lacks $2:"
	sed 's/^/    /' "/proc/$1/stack"
	return 1
}

# The task sleeps uninterruptibly, and has not run for a while.
stays_blocked() {
	before=$(switches "$1")
	first=$(state "$1")
	usleep 200000
	[ "$first$(state "$1")" = DD ] && [ -n "$before" ] && [ "$(switches "$1")" = "$before" ]
}

# A thread of the lab is gone; a kernel worker is not blocked any more.
let_go() {
	i=0
	while [ $i -lt 50 ]; do
		case $(cat "/proc/$1/comm" 2>/dev/null) in
			gpulab* | labuser*) ;;
			kworker*) [ "$(state "$1")" = D ] || return 0 ;;
			*) return 0 ;;
		esac
		usleep 100000
		i=$((i + 1))
	done
	echo "  $1 $(cat "/proc/$1/comm") is still there"
	return 1
}

# What the stack of a task with this role must show: "role=regular expression" words after the scenario's name.
expected_stack() {
	role=$1
	shift
	for word; do
		[ "${word%%=*}" != "$role" ] || echo "${word#*=}"
	done
}

# standing SCENARIO/VARIANT PARTICIPANTS VICTIMS ROLE=STACK...: the deadlock is there and stays.
standing() {
	name=$1 participants=$2 victims=$3
	shift 3
	line=$(truth_of "$name")
	check "$name: is in the truth" [ -n "$line" ]
	check "$name: number of participants" equal "$(echo "$line" | tasks | grep -vc ' victim ')" "$participants"
	check "$name: number of victims" equal "$(echo "$line" | tasks | grep -c ' victim ')" "$victims"
	check "$name: has formed" [ "$(echo "$line" | sed 's/.*"formed_mono_ns":\([0-9]*\).*/\1/')" -gt 0 ]
	echo "$line" | tasks >/tmp/tasks
	while read -r pid role state; do
		case $state in
			blocked)
				check "$name: $role $pid stays blocked" stays_blocked "$pid"
				pattern=$(expected_stack "$role" "$@")
				[ -z "$pattern" ] || check "$name: $role's stack" stack_has "$pid" "$pattern"
				;;
			exited) check "$name: $role $pid is gone" [ ! -e "/proc/$pid" ] ;;
			user | idle) check "$name: $role $pid is not blocked" [ "$(state "$pid")" != D ] ;;
			*) check "$name: $role has a known state, not $state" false ;;
		esac
	done </tmp/tasks
}

# stopped SCENARIO/VARIANT: nobody of those in /tmp/tasks is left.
stopped() {
	check "$1: is out of the truth" equal "$(truth_of "$1")" ""
	while read -r pid role state; do
		[ "$state" != blocked ] || check "$1: $role $pid let go" let_go "$pid"
	done </tmp/tasks
}

# scenario SCENARIO/VARIANT PARTICIPANTS ROLE=STACK...
scenario() {
	name=$1 number=$2
	shift 2
	check "$name: starts" sh -c "echo '$name victims=2' >$lab/start"
	standing "$name" "$number" 2 "$@"
	check "$name: stops" sh -c "echo '$name' >$lab/stop"
	stopped "$name"
}

# The same with a process in it.
process_scenario() {
	name=$1 number=$2
	shift 2
	labuser "$name" victims=2 >/tmp/labuser.out &
	user=$!
	i=0
	while [ $i -lt 100 ] && [ "$(truth_of "$name" | tasks | wc -l)" -lt $((number + 2)) ]; do
		usleep 100000
		i=$((i + 1))
	done
	usleep 200000
	check "$name: names the process" grep -q "\"tgid\":$user," $lab/truth
	standing "$name" "$number" 2 "$@"
	check "$name: stops" sh -c "echo '$name' >$lab/stop"
	wait $user
	check "$name: the process ended well" equal $? 0
	stopped "$name"
}

# user_wait COMMAND STATE STACK: blocks for two seconds, as user space does.
user_wait() {
	labuser "$1" seconds=2 >/tmp/labuser.out 2>&1 &
	user=$!
	sleep 1
	check "$1: blocks" equal "$(state $user)" "$2"
	check "$1: stack" stack_has $user "$3"
	wait $user
	check "$1: waited as long as it should" equal $? 0
}

number_in_truth() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" $lab/truth; }

fence=dma_fence_default_wait

each_scenario() {
	scenario fence-lock-cycle/resv 2 holder=$fence signaller=^signaller_thread
	scenario fence-lock-cycle/mutex 2 holder=$fence signaller=^signaller_thread
	scenario fence-lock-cycle/rwsem 2 holder=$fence signaller=^signaller_thread
	scenario fence-lock-cycle/rwsem-read 2 holder=$fence signaller=^signaller_thread
	scenario fence-lock-cycle/signaller-work 2 holder=$fence signaller=^signaller_work
	scenario fence-lock-cycle/any 2 holder=dma_fence_wait_any_timeout signaller=^signaller_thread
	scenario fence-lock-cycle/array 2 holder=$fence signaller=^signaller_thread
	scenario fence-lock-cycle/chain 2 holder=$fence signaller=^signaller_thread
	scenario fence-lock-cycle/sched 2 holder=$fence signaller=^signaller_job
	scenario orphaned-fence/thread-gone 2 waiter=$fence victim=$fence
	scenario orphaned-fence/work-gone 2 waiter=$fence victim=$fence
	scenario orphaned-fence/unplugged 2 waiter=$fence victim=$fence
	scenario workqueue-cycle/ordered 1 waiter=$fence
	scenario workqueue-cycle/flush 2 signaller=^signal_work flusher=flush_work
	scenario workqueue-cycle/flush-fence 2 waiter=$fence flusher=flush_work
	scenario workqueue-cycle/cancel 2 waiter=$fence 'flusher=cancel_work_sync|__cancel_work_timer'
	scenario workqueue-cycle/flush-workqueue 2 waiter=$fence flusher=flush_workqueue
	scenario leaked-lock/exited 2 waiter=^waiter_thread victim=^waiter_thread
	scenario leaked-lock/resv 2 waiter=^waiter_thread
	scenario leaked-lock/worker 2 waiter=^waiter_thread
	scenario runtime-pm-cycle/cancel 2 'callback=cancel_work_sync|__cancel_work_timer' user=rpm_resume victim=rpm_resume
	scenario runtime-pm-cycle/lock 2 callback=^power_resume user=rpm_resume
	scenario leaked-section/exited 2 unplugger=synchronize_srcu
	scenario leaked-section/worker 2 unplugger=synchronize_srcu
	scenario lock-cycle/self 1 holder=^party_thread victim=^ring_victim_thread
	scenario lock-cycle/upgrade 1 holder=^party_thread
	scenario lock-cycle/abba 2 holder=^party_thread
	scenario lock-cycle/three 3 holder=^party_thread
	scenario lock-cycle/three-read 3 holder=^party_thread
	scenario semaphore-cycle/pair 2 inner=^inner_thread outer=^outer_thread
	scenario semaphore-cycle/mutex 2 inner=^inner_thread outer=^outer_thread
	scenario semaphore-leak/exited 2 waiter=^victim_thread
	scenario irq-off/lock 2 holder=synchronize_irq thread=irq_off_handle victim=^irq_off_victim_thread
	scenario unplug-srcu/reader 3 reader=$fence unplugger=synchronize_srcu
	scenario sched-dep-cycle/two-jobs 0 victim=$fence
	scenario reclaim-cycle/direct 1 signaller=do_try_to_free_pages
	process_scenario notifier-cycle/munmap 2 holder=mmu_notifier_invalidate_range_start signaller=^signaller_thread
	process_scenario notifier-cycle/mprotect 2 holder=mmu_notifier_invalidate_range_start signaller=^signaller_thread
	process_scenario notifier-cycle/madvise 2 holder=mmu_notifier_invalidate_range_start signaller=^signaller_thread
	process_scenario notifier-cycle/read-begin 2 holder=mmu_notifier_invalidate_range_start signaller=mmu_interval_read_begin
	process_scenario notifier-cycle/remove 2 holder=mmu_notifier_invalidate_range_start signaller=mmu_interval_notifier_remove
	process_scenario leaked-lock/user-sleep 2 waiter=^waiter_thread
	process_scenario leaked-lock/user-spin 2 waiter=^waiter_thread
	process_scenario leaked-section/user-sleep 2 unplugger=synchronize_srcu
	process_scenario leaked-section/user-spin 2 unplugger=synchronize_srcu
}

together() {
	all="fence-lock-cycle/resv fence-lock-cycle/mutex fence-lock-cycle/rwsem fence-lock-cycle/sched
		orphaned-fence/unplugged workqueue-cycle/ordered workqueue-cycle/flush leaked-lock/exited unplug-srcu/reader
		sched-dep-cycle/two-jobs reclaim-cycle/direct"
	for name in $all; do
		check "together: $name starts" sh -c "echo '$name' >$lab/start"
	done
	check "together: all are in the truth" equal "$(truth | wc -l)" "$(echo "$all" | wc -w)"
	truth | tasks >/tmp/tasks
	while read -r pid role state; do
		[ "$state" != blocked ] || check "together: $role $pid stays blocked" stays_blocked "$pid"
	done </tmp/tasks
	check "together: stops" sh -c "echo all >$lab/stop"
	check "together: truth is empty" equal "$(truth)" ""
	while read -r pid role state; do
		[ "$state" != blocked ] || check "together: $role $pid let go" let_go "$pid"
	done </tmp/tasks
}

again_and_again() {
	for name in fence-lock-cycle/resv fence-lock-cycle/sched sched-dep-cycle workqueue-cycle/flush leaked-lock/resv \
		unplug-srcu; do
		i=0
		while [ $i -lt 8 ]; do
			echo "$name stagger_ms=0" >$lab/start || break
			echo all >$lab/stop || break
			i=$((i + 1))
		done
		check "again and again: $name" equal $i 8
	done
	i=0
	while [ $i -lt 8 ]; do
		echo "leaked-lock/exited keep_task=0" >$lab/start || break
		# New tasks take the place of the dead owner.
		for n in 1 2 3 4 5 6 7 8; do (:); done
		echo all >$lab/stop || break
		i=$((i + 1))
	done
	check "again and again: an owner whose task is freed" equal $i 8
	check "again and again: an unknown scenario is refused" sh -c "! echo nonsense >$lab/start 2>/dev/null"
	check "again and again: an unknown variant is refused" sh -c "! echo fence-lock-cycle/x >$lab/start 2>/dev/null"
	check "again and again: an unknown key is refused" sh -c "! echo 'orphaned-fence x=1' >$lab/start 2>/dev/null"
	check "again and again: a process scenario needs a process" sh -c "! echo notifier-cycle >$lab/start 2>/dev/null"
	# A participant that is killed must not take the module with it.
	labuser leaked-lock/user-sleep >/tmp/labuser.out &
	user=$!
	sleep 1
	kill -9 $user
	wait $user
	sleep 1
	check "again and again: a killed process ends its scenario" equal "$(truth)" ""
	labuser orphaned-fence >/tmp/labuser.out &
	user=$!
	sleep 1
	check "again and again: a process can run any scenario" grep -q orphaned-fence $lab/truth
	check "again and again: and that stops" sh -c "echo orphaned-fence >$lab/stop"
	wait $user
	check "again and again: and its process ends well" equal $? 0
}

healthy() {
	labuser healthy/process seconds=15 >/tmp/labuser.out &
	user=$!
	check "healthy: starts" sh -c "echo 'healthy/kernel seconds=15' >$lab/start"
	sleep 8
	grep healthy $lab/truth >/tmp/healthy
	first=$(number_in_truth signalled | head -n 1)
	sleep 3
	check "healthy: fences go on being signalled" [ "$(number_in_truth signalled | head -n 1)" -gt "$first" ]
	check "healthy: thousands of them" [ "$first" -gt 2000 ]
	check "healthy: there are waits of seconds" [ "$(number_in_truth long_waits | head -n 1)" -gt 3 ]
	check "healthy: the notifier waits" [ "$(number_in_truth invalidated | head -n 1)" -gt 2 ]
	wait $user
	check "healthy: the process ended well" equal $? 0
	i=0
	while [ $i -lt 100 ] && [ "$(number_in_truth threads_running)" != 0 ]; do
		usleep 100000
		i=$((i + 1))
	done
	check "healthy: every thread ends by itself" equal "$(number_in_truth threads_running)" 0
	check "healthy: stops" sh -c "echo healthy >$lab/stop"
	# And when it is stopped in full swing.
	echo 'healthy seconds=600 threads=2' >$lab/start
	sleep 3
	check "healthy: stops before its time" sh -c "echo healthy >$lab/stop"
	check "healthy: truth is empty" equal "$(truth)" ""
}

mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
if [ ! -d $lab ]; then
	if [ $# -gt 0 ]; then
		insmod "$1"
	else
		modprobe gpulab
	fi || { echo "cannot load the lab"; echo "0 passed, 1 failed"; exit 1; }
fi

each_scenario
user_wait syncobj-wait S drm_syncobj_array_wait_timeout
user_wait syncobj-submit S drm_syncobj_array_wait_timeout
user_wait syncfile-poll S do_sys_poll
user_wait vgem-wait S dma_resv_wait_timeout
user_wait vgem-poll S do_sys_poll
user_wait vgem-syncfile S do_sys_poll
together
again_and_again
healthy
echo 5000 >$lab/bench
check "bench: measures" [ "$(sed -n 's/^waited_ns //p' $lab/bench)" -gt 0 ]
check "no thread of the lab is left" equal "$(grep -l '^gpulab' /proc/[0-9]*/comm 2>/dev/null | wc -l)" 0
check "the module can be removed" rmmod gpulab
check "the module is gone" [ ! -d /sys/module/gpulab ]
check "the kernel has nothing to complain about" equal "$(dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|general protection|released with pending')" ""
echo "$passed passed, $failed failed"
[ $failed = 0 ]
