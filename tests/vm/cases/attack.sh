#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A member of the group attacks the daemon for a minute, in all ways at once: its memory stays under the unit's limit, root
# is answered, and has the report of a deadlock in time.
. /cases/lib.sh

main_pid() {
	systemctl show -P MainPID gpuwatchd
}
memory() {
	cat "/sys/fs/cgroup/system.slice/gpuwatchd.service/memory.$1"
}
# For tests/vm/memory-curve: each second, of the whole unit, KiB.
sample() {
	while echo "$(mono) $(($(memory current) >> 10))" >>"$OUT/memory"; do sleep 1; done
}
# Without jq: where attackers have the processors, its start alone takes seconds.
has_it() {
	gpuwatch-cli deadlocks >/dev/null
	[ $? -eq 1 ]
}
has_none() {
	gpuwatch-cli deadlocks >/dev/null
}
# deadlock_shown: makes a deadlock; $late is after how many ms root has its report.
deadlock_shown() {
	lab_start fence-lock-cycle/resv
	read_clock
	began=$now
	wait_until 10 has_it
	read_clock
	late=$(((now - began) * 10))
}
settled() {
	[ "$(memory current)" -lt "$((before + (32 << 20)))" ]
}

systemd-sysusers
systemd-tmpfiles --create /usr/lib/tmpfiles.d/gpuwatch.conf
systemctl daemon-reload
load_lab || exit 1
systemctl start gpuwatchd || exit 1
gpuwatch-cli status >/dev/null
pid=$(main_pid)
before=$(memory current)
limit=$(systemctl show -P MemoryHigh gpuwatchd)
sample &
sampler=$!
echo "memory: $((before >> 20)) MB before, limit $((limit >> 20)) MB"
deadlock_shown
echo "without an attack, root has the report of a deadlock after $late ms"
lab_stop fence-lock-cycle/resv
check "resolved" wait_until 10 has_none
setpriv --reuid=65534 --regid=gpuwatch --clear-groups attack /run/gpuwatch/private 60 &
attack=$!
sleep 5
for round in 1 2 3; do
	deadlock_shown
	check "$round: root has the report of a deadlock within 5 s ($late ms)" [ "$late" -le 5000 ]
	[ "$round" = 3 ] && break
	lab_stop fence-lock-cycle/resv
	check "$round: resolved" wait_until 10 has_none
done
check "the attack went on meanwhile" kill -0 "$attack"
answers=0 asked=0
while kill -0 "$attack" 2>/dev/null; do
	gpuwatch-cli deadlocks >/dev/null
	[ $? -ne 1 ] || answers=$((answers + 1))
	asked=$((asked + 1))
	sleep 3
done
check "root is answered each time ($answers of $asked)" [ "$answers" -eq "$asked" ]
lab_stop fence-lock-cycle/resv
check "that it is over is seen" wait_until 10 has_none
echo "memory: $(($(memory peak) >> 20)) MB at most"
check "it never came near its limit" [ "$(memory peak)" -lt "$limit" ]
check "none of its processes was killed" grep -qx 'oom_kill 0' /sys/fs/cgroup/system.slice/gpuwatchd.service/memory.events
check "it is the same process" [ "$(main_pid)" = "$pid" ]
check "its memory comes back" wait_until 60 settled
echo "memory: $(($(memory current) >> 20)) MB after"
kill "$sampler"

# Who only listens keeps its place until another connection of its user needs it.
as_member() {
	setpriv --reuid=65534 --regid=gpuwatch --clear-groups gpuwatch-cli --socket=/run/gpuwatch/private "$@"
}
for _ in 1 2 3 4 5 6 7 8; do
	as_member deadlocks --follow >/dev/null 2>&1 &
done
sleep 3
as_member status >/dev/null 2>&1
check "a user has eight connections and no more" [ $? -eq 3 ]
# In short steps: while all of the guest sleeps, its clock leaps, and watchdogs would not be served in between.
for _ in $(seq 62); do sleep 5; done
check "one that has been idle for long makes room" as_member status
pkill -u 65534
check "the log is not flooded" [ "$(journalctl -u gpuwatchd --no-pager | wc -l)" -lt 100 ]
verdict
