#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# GPU page faults and KFD evictions in the graph, on a kernel that has their trace events; and the inventory of KFD, with
# a process that really uses it.
. /cases/lib.sh

deadlocks() {
	gpuwatch-cli deadlocks --json
}
deadlocked() {
	[ "$(deadlocks | jq length)" -gt 0 ]
}

# stuck SCENARIO CLASS NODE: the lab's deadlock is reported with a node that satisfies the jq condition NODE.
stuck() {
	echo "$1" >"$LAB/start" || fail "$1 starts"
	check "$1 is reported" wait_until 10 deadlocked
	deadlocks >"$OUT/stuck.json"
	check "$1: one report, of class $2, proven" [ "$(jq -r '[.[] | .class + " " + .confidence] | join(",")' \
		"$OUT/stuck.json")" = "$2 proven" ]
	check "$1: its node is in the loop" [ "$(jq --argjson pid $$ "[.[0] | .cycle as \$cycle | .nodes[] |
		select((.id | IN(\$cycle[])) and ($3))] | length" "$OUT/stuck.json")" -eq 1 ]
	gpuwatch-cli deadlocks
	echo all >"$LAB/stop"
	check "$1 ends" wait_until 10 none_active
}
none_active() {
	! deadlocked
}

kfd() {
	gpuwatch-cli kfd --json
}
# has_process PID JQ: KFD's process of that pid satisfies the condition.
has_process() {
	kfd | jq -e --argjson pid "$1" ".processes[] | select(.pid == \$pid) | $2" >/dev/null
}
has_no_process() {
	[ "$(kfd | jq --argjson pid "$1" '[.processes[] | select(.pid == $pid)] | length')" -eq 0 ]
}

load_lab || exit 1
start_daemon || exit 1
# Later kernels have no IOMMUv2.
case $(uname -r) in
	6.1.*) stuck fault-preempt/ppr fault-preempt '.type == "fault" and .pasid == 32769 and .fault_address == "0x00007f0012345000"' ;;
esac
stuck fault-preempt/svm fault-preempt '.type == "fault" and .pasid == 32769 and .device == 768'
# shellcheck disable=SC2016 # $pid is jq's
stuck eviction/worker fence-lock-cycle '.type == "eviction" and .pid == $pid and .phase == "evict"'

check "there is KFD" [ -c /dev/kfd ]
if [ -e /kernel/gwdrive.ko ]; then
	{ insmod /kernel/gwdrive.ko && echo "kfd-device add" >/sys/kernel/debug/gwdrive; } || fail "KFD gets the stand-in for a GPU"
fi
check "its devices are those of /sys" [ "$(kfd | jq '.devices | length')" -eq \
	"$(find /sys/class/kfd/kfd/topology/nodes -mindepth 1 -maxdepth 1 | wc -l)" ]
before=$(awk '{ print int($1 * 1e9) }' /proc/uptime)
sh -c 'exec 3</dev/kfd; exec sleep 60' &
user=$!
check "a process that opens /dev/kfd is shown" wait_until 5 has_process $user '.evictions == 0 and .pinned_bytes == 0'
after=$(awk '{ print int($1 * 1e9) }' /proc/uptime)
check "with its PASID" has_process $user ".pasid == $(cat /sys/class/kfd/kfd/proc/$user/pasid)"
check "with its beginning" has_process $user ".created_ns >= $before - 20000000 and .created_ns <= $after"
check "for people, too" gpuwatch-cli kfd
kill -9 "$daemon"
wait "$daemon"
start_daemon || exit 1
check "it outlives the daemon" has_process $user ".created_ns >= $before - 20000000 and .created_ns <= $after"
kill $user
wait $user
check "it goes when it ends" wait_until 5 has_no_process $user
stop_daemon
verdict
