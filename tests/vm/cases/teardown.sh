#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Schedulers, timelines, devices and modules go while everything is attached and the daemon looks: nothing that the kernel
# would not touch by itself may be touched. A guest that runs into freed memory fails by its oops; see tests/vm/check.
. /cases/lib.sh

seconds=${1:-20}

truth() {
	jq -s ".[] | select(.scenario == \"teardown\").$1" <"$LAB/truth"
}

# A deadlock stands all the while, so that the daemon looks again and again.
load_lab || exit 1
start_daemon || exit 1
lab_start fence-lock-cycle/mutex
check "a deadlock is reported" wait_until 10 at_least deadlocks active 1
echo "teardown threads=4" >"$LAB/start" || fail "the load starts"
looks=$(gpuwatch-cli status --json | jq .counters.snapshots)
read_clock
end=$((now + seconds * 100))
while [ "$now" -lt "$end" ]; do
	gpuwatch-cli waits --json >/tmp/waits.json || fail "waits"
	gpuwatch-cli timelines --json >/tmp/timelines.json || fail "timelines"
	read_clock
done
jq -c . <"$LAB/truth"
check "timelines went" [ "$(truth fences_gone)" -ge "$seconds" ]
check "schedulers went" [ "$(truth schedulers_gone)" -ge "$seconds" ]
check "devices went" [ "$(truth devices_gone)" -ge "$seconds" ]
check "nobody asked a fence for its name" [ "$(truth name_calls)" -eq 0 ]
check "the daemon looked all the while" [ "$(gpuwatch-cli status --json | jq .counters.snapshots)" -gt "$looks" ]
check "no other deadlock was reported" [ "$(gpuwatch-cli deadlocks --all --json | jq length)" -eq 1 ]
echo all >"$LAB/stop"

# The modules, with fences of theirs just gone.
times=0
while [ "$times" -lt 5 ]; do
	echo "teardown threads=2" >"$LAB/start"
	sleep 0.5
	echo all >"$LAB/stop"
	rmmod gpulab gpu_sched || fail "the modules go"
	load_lab || fail "the modules come"
	times=$((times + 1))
done
lab_start fence-lock-cycle/mutex
check "a deadlock is reported after that" wait_until 10 at_least deadlocks active 1
echo all >"$LAB/stop"
stop_daemon
verdict
