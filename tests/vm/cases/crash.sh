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

stop_daemon
gpuwatchd --unpin
check "nothing stays pinned after --unpin" [ -z "$(find /sys/fs/bpf -type f 2>/dev/null)" ]
verdict
