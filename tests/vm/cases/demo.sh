#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The demonstration: a real deadlock forms, gpuwatch says who waits on whom, the
# deadlock is released, gpuwatch says that it is over.
#
# By hand only: deadlocks.sh checks all that it shows. `make demo`.
. /cases/lib.sh

say() {
	printf '\n\033[1m%s\033[0m\n' "$*"
}
run() {
	printf '\033[1m# %s\033[0m\n' "$*"
	"$@"
}

spec=${1:-fence-lock-cycle/resv}
say "Linux $(uname -r). gpuwatchd starts, and a kernel module makes a real deadlock: $spec"
load_lab || exit 1
start_daemon || exit 1
run gpuwatch-cli deadlocks || exit 1
lab_start "$spec"
wait_until 10 at_least deadlocks active 1 || exit 1
sleep 1.5

say "It stands. What gpuwatch says:"
run gpuwatch-cli deadlocks
[ $? -eq 1 ] || exit 1

say "The lab lets go."
lab_stop "$spec"
wait_until 10 none_active || exit 1
run gpuwatch-cli deadlocks --all
stop_daemon
