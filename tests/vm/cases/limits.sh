#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Detection goes on while the machine is at its limits: ten thousand tasks, a thousand of which are blocked; hundreds of thousands
# of fences a second; modules that come and go; no memory left, with a task stuck in reclaim.
#
# usage: limits.sh [PART...]     (fences, modules, memory, crowd; without: all of them)
. /cases/lib.sh

# deadlocks JQ: whether the deadlocks that are active fulfil this.
deadlocks() {
	gpuwatch-cli deadlocks --json | jq -e "$1" >/dev/null
}
none_active() {
	deadlocks 'length == 0'
}
holdings() {
	find "/proc/$daemon/fd" -type l -exec readlink {} \; | grep -c bpf
}
# All memory that the daemon may write to, KiB: its heap, which never shrinks.
heap() {
	sed -n 's/^VmData:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status"
}
# set_aside KIB: whether the heap has grown by as much since $heap.
set_aside() {
	[ $(($(heap) - heap)) -ge "$1" ]
}
resident() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status"
}
attached() {
	gpuwatch-cli status --json | jq '[.probes[] | select(.state == "attached")] | length'
}
# seconds_late: from when the lab's deadlock formed until its report.
seconds_late() {
	gpuwatch-cli deadlocks --json | jq --slurpfile truth "$LAB/truth" \
		'([.[].detected_mono_ns] | min) / 1e9 - ([$truth[].formed_mono_ns] | min) / 1e9'
}
is_less() {
	[ "$(jq -n "$1 < $2")" = true ]
}

crowd() {
	echo 20000 >/proc/sys/kernel/threads-max
	labuser crowd threads=9000 &
	crowd=$!
	heap=$(heap)
	check "nine thousand threads sleep" wait_until 60 [ -e /tmp/crowd ]
	# A record of a task has 688 bytes.
	check "room for a look at them is set aside" wait_until 60 set_aside $((9000 * 688 / 1024))
	heap=$(heap)
	echo "fence-lock-cycle/mutex victims=1000 stagger_ms=0" >"$LAB/start" || fail "a thousand victims start"
	tasks=$(cut -d/ -f2 /proc/loadavg | cut -d' ' -f1)
	check "there are ten thousand tasks ($tasks)" [ "$tasks" -ge 10000 ]
	check "a thousand victims: reported" wait_until 10 deadlocks '.[0].victims_total == 1000'
	late=$(seconds_late)
	check "a thousand victims: within 2 s of the loop ($late s)" is_less "$late" 2
	# A client that goes lets some of it go, too.
	check "a thousand victims: looks took no memory from the kernel ($(($(heap) - heap)) KiB)" [ "$(heap)" -le "$heap" ]
	echo all >"$LAB/stop"
	check "a thousand victims: resolved" wait_until 10 none_active
	kill "$crowd"
	wait "$crowd" 2>/dev/null
}

# Signals fences, half of them waited for, for as long as /tmp/fences is there.
signal_fences() {
	while [ -e /tmp/fences ]; do
		echo 20000 >"$LAB/bench"
		echo >>/tmp/fences.rounds
	done
}
# fences_rate HUNDREDTHS: how many a second there were in that time.
fences_rate() {
	repetitions=$(sed -n 's/^repetitions //p' "$LAB/bench")
	echo $(($(wc -l </tmp/fences.rounds) * 20000 * 2 * repetitions * 100 / $1))
}

fences() {
	touch /tmp/fences
	read_clock
	began=$now
	signal_fences &
	sleep 1
	echo "fence-lock-cycle/resv" >"$LAB/start"
	check "many fences: reported" wait_until 8 deadlocks '.[0].confidence == "proven"'
	late=$(seconds_late)
	check "many fences: within 2 s ($late s)" is_less "$late" 2
	echo all >"$LAB/stop"
	check "many fences: resolved" wait_until 8 none_active
	sleep 5
	rm /tmp/fences
	wait $!
	read_clock
	rate=$(fences_rate $((now - began)))
	check "many fences: more than 100,000 a second ($rate)" [ "$rate" -gt 100000 ]
}

modules() {
	held="$(holdings) $(attached)"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		rmmod gpulab gpu_sched drm || fail "modules go"
		load_lab || fail "modules come"
	done
	echo "fence-lock-cycle/sched" >"$LAB/start"
	check "modules that come and go: reported" wait_until 8 deadlocks '.[0].confidence == "proven"'
	echo all >"$LAB/stop"
	check "modules that come and go: resolved" wait_until 8 none_active
	check "modules that come and go: nothing is leaked ($held)" [ "$(holdings) $(attached)" = "$held" ]
}

available() {
	sed -n 's/^MemAvailable:[^0-9]*\([0-9]*\).*/\1/p' /proc/meminfo
}
# Without swap, what lies in a tmpfs cannot be given back.
memory() {
	mkdir /fill
	mount -t tmpfs -o size=2G none /fill
	dd if=/dev/zero of=/fill/fill bs=1M count=$(($(available) / 1024 - 24)) 2>/dev/null
	check "no memory: less than 48 MB are left ($(available) kB)" [ "$(available)" -lt 49152 ]
	echo "reclaim-cycle" >"$LAB/start" || fail "the reclaim cycle starts"
	check "no memory: reported" wait_until 10 deadlocks '.[0].class == "reclaim-cycle" and .[0].confidence == "proven"'
	late=$(seconds_late)
	check "no memory: within 2 s ($late s)" is_less "$late" 2
	rm /fill/fill
	echo all >"$LAB/stop"
	check "no memory: resolved" wait_until 10 none_active
	# Not before: up to 6.1 the stuck shrinker holds what this needs.
	umount /fill
	check "no memory: the daemon lives" kill -0 "$daemon"
}

load_lab || exit 1
start_daemon || exit 1
echo "fence-lock-cycle/mutex" >"$LAB/start"
wait_until 8 deadlocks 'length == 1'
echo all >"$LAB/stop"
wait_until 8 none_active
memory=$(resident)
[ $# -gt 0 ] || set -- fences modules memory crowd
for part; do
	"$part"
done
grown=$(($(resident) - memory))
# What it sets aside for a look grows by a record for each task.
check "the daemon has not grown by 24 MiB ($grown KiB)" [ "$grown" -lt 24576 ]
gpuwatch-cli status | sed -n '/Counters/,/^$/p'
stop_daemon
verdict
