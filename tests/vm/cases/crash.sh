#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 while a deadlock stands: the state is pinned in the kernel, a new
# daemon reports the same deadlock. Without a daemon the CLI says what to do.
. /cases/lib.sh

id() {
	gpuwatch-cli deadlocks --json | jq -r '.[0].id'
}

load_lab || exit 1
start_daemon || exit 1
lab_start fence-lock-cycle/resv
check "reported" wait_until 8 at_least deadlocks active 1
before=$(id)

kill -9 "$daemon"
wait "$daemon"
gpuwatch-cli deadlocks >/tmp/out 2>/tmp/err
check "no daemon: exit code 3" [ $? -eq 3 ]
check "no daemon: nothing on standard output" [ ! -s /tmp/out ]
check "no daemon: one line that says what to do" [ "$(wc -l </tmp/err)" -eq 1 ]
check "no daemon: names systemctl" grep -q 'systemctl start gpuwatchd' /tmp/err

start_daemon || exit 1
check "reported again" wait_until 8 at_least deadlocks active 1
check "under the same id" [ "$(id)" = "$before" ]
lab_stop fence-lock-cycle/resv
check "resolved" wait_until 8 none_active

kill -9 "$daemon"
wait "$daemon"
lab_start fence-lock-cycle/mutex
sleep 2
start_daemon || exit 1
check "a deadlock that formed while no daemon ran is reported" wait_until 8 at_least deadlocks active 1
lab_stop fence-lock-cycle/mutex
check "resolved, too" wait_until 8 none_active

# What the group may see of the kernel's memory is for it alone.
is_private() {
	[ "$(stat -c %a "$1")" = 600 ]
}
umask 022
gpuwatch-cli record /tmp/recording >/dev/null
gpuwatch-cli probe-order --save=/tmp/evidence >/dev/null
check "a recording is its owner's alone" is_private /tmp/recording
check "and so is the evidence of a boot" is_private /tmp/evidence

# Frozen by the freezer of cgroup v1 it is in state D, and SIGKILL does not end it.
mkdir /tmp/freezer
mount -t cgroup -o freezer none /tmp/freezer
mkdir /tmp/freezer/hung
state() {
	awk '/^State/ { print $2 }' "/proc/$1/status"
}
in_state_d() {
	[ "$(state "$hung")" = D ]
}
hung=$daemon
echo "$hung" >/tmp/freezer/hung/cgroup.procs
echo FROZEN >/tmp/freezer/hung/freezer.state
kill -9 "$hung"
check "a daemon hangs in state D" wait_until 5 in_state_d
start_daemon || exit 1
check "its successor takes the socket over" grep -q "process $hung does not answer" "$OUT/gpuwatchd.log"
lab_start fence-lock-cycle/resv
check "and reports" wait_until 8 at_least deadlocks active 1
lab_stop fence-lock-cycle/resv
check "while the other one still hangs" in_state_d
echo THAWED >/tmp/freezer/hung/freezer.state
wait "$hung"
check "which ends at last, and leaves the socket alone" daemon_answers

kill -9 "$daemon"
wait "$daemon"
pins=/sys/fs/bpf/gpuwatch
mkdir "$pins/other"
pin=$(find "$pins" -name 'map_*' | head -n 1)
mv "$pin" "$pins/other/map_other"
pin=$(find "$pins" -name 'link_*' | head -n 1)
mv "$pin" "$pins/link_other"
gpuwatchd --unpin
check "after --unpin, somebody else's pins are all that is left" \
	[ "$(find /sys/fs/bpf -type f | sort | paste -sd' ')" = "$pins/link_other $pins/other/map_other" ]
rm "$pins/link_other" "$pins/other/map_other"
verdict
