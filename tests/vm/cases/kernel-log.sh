#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel log has to say of those in a report: the oops by which the owner of a lock died, the timeout of a driver's
# ring. The lab makes a real oops, so this boot alone may have one.
. /cases/lib.sh

# The report that stands, and one value of it.
report() {
	gpuwatch-cli deadlocks --json | jq -r "[.[] | select(.state == \"active\")][0] | $1"
}
reported() {
	[ "$(report .class)" = "$1" ]
}
cites() {
	[ "$(report '[.kernel_log[].kind] | index("'"$1"'") != null')" = true ]
}
cites_nothing() {
	[ "$(report '.kernel_log | length')" -eq 0 ]
}
newest() {
	report ".kernel_log[-1].$1"
}
owner() {
	jq -r ".participants[] | select(.role == \"owner\") | .$1" "$LAB/truth"
}
explains() {
	report .root_cause.explanation | grep -qF "$1"
}
explains_not() {
	! explains "$1"
}
proven() {
	[ "$(report .confidence)" = proven ]
}
shows() {
	gpuwatch-cli show "$(report .id)" | grep -q "$1"
}

# scenario NAME CLASS CHECK...: of which this is true.
scenario() {
	check "$1: the lab starts it" lab_start "$1"
	check "$1: $2 is reported" wait_until 8 reported "$2"
	check "$1: the report $3 ${4:-}" wait_until 4 "$3" ${4:+"$4"}
	report . >"$OUT/$(echo "$1" | tr / .).json"
}
ends() {
	check "$1: the lab stops it" lab_stop "$1"
	check "$1: resolved" wait_until 8 none_active
}

load_lab || exit 1
start_daemon || exit 1

scenario fence-lock-cycle/mutex fence-lock-cycle cites_nothing
ends fence-lock-cycle/mutex

scenario reset-cycle/lock reset-cycle cites job-timeout
check "the explanation cites the timeout" explains "] *ERROR* ring gfx."
check "and so does show" shows '^ *Kernel log  *\[.*\*ERROR\* ring gfx'
ends reset-cycle/lock

# The timeout is over, and what hangs next in the same driver is another hang.
scenario fence-lock-cycle/mutex fence-lock-cycle cites_nothing
check "nor does the explanation cite anything" explains_not "kernel log"
ends fence-lock-cycle/mutex

# Where its memory lasts, the owner is named by the kernel log; else the oops is of a task that may be the owner.
echo "leaked-lock/oopsed keep_task=0 victims=0" >"$LAB/start"
check "leaked-lock by an owner whose memory is free is reported" wait_until 8 reported leaked-lock
check "the report cites the oops" wait_until 4 cites oops
check "of the owner" [ "$(newest comm)" = "$(owner comm)" ]
check "in the driver" [ "$(newest module)" = gpulab ]
gpuwatch-cli show "$(report .id)" >"$OUT/leaked-lock.oopsed-free.txt"
ends leaked-lock/oopsed
echo "leaked-lock/oopsed victims=0" >"$LAB/start"
check "leaked-lock is reported" wait_until 8 reported leaked-lock
check "the report cites the oops, too" wait_until 4 cites oops
check "by its number" [ "$(newest pid)" = "$(owner pid)" ]
check "the culprit is the owner" [ "$(report .root_cause.node)" = "task:$(owner pid):gone" ]
check "the explanation calls it so" explains "That task died by an oops, and it still owns the lock."
check "which proves that nobody else was to release it" wait_until 4 proven
report . >"$OUT/leaked-lock.oopsed.json"
gpuwatch-cli show "$(report .id)" >"$OUT/leaked-lock.oopsed.txt"
ends leaked-lock/oopsed

# Neither oops has to do with what hangs after it, of which nobody is gone.
sleep 5
scenario fence-lock-cycle/mutex fence-lock-cycle cites_nothing
ends fence-lock-cycle/mutex

stop_daemon
check "the log was readable" sh -c '! grep "kernel log cannot be read" /out/gpuwatchd.log'

# Without the capability the daemon watches as before. Up to 6.1 CAP_SYS_ADMIN stands for it.
: >"$OUT/gpuwatchd.log"
sysctl -q -w kernel.dmesg_restrict=1
/usr/bin/setpriv --bounding-set=-syslog,-sys_admin --inh-caps=-syslog,-sys_admin gpuwatchd --standalone >>"$OUT/reports.jsonl" 2>>"$OUT/gpuwatchd.log" &
daemon=$! # lib.sh stops it
check "without CAP_SYSLOG the daemon answers" wait_until 90 daemon_answers
scenario fence-lock-cycle/mutex fence-lock-cycle cites_nothing
check "the daemon logs what is missing" grep -q 'kernel log cannot be read.*CAP_SYSLOG' "$OUT/gpuwatchd.log"
ends fence-lock-cycle/mutex
stop_daemon
verdict
