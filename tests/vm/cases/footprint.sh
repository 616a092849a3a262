#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the daemon itself takes, run as its unit does: a line "daemon NAME VALUE" each.
#
# start_ms                processor time until it looks at nothing any more
# stop_ms, unpin_ms       from SIGTERM to its end; then until its programs are gone, too (ExecStop= of gpuwatchd-pins.service)
# idle_kib, idle_maps_kib resident memory with a GPU module loaded and nothing waiting; of its BPF maps, as the kernel charges them
# idle_us, standing_us    processor time in a minute of that; in a minute in which a deadlock stands
# victims_kib             resident memory after a report with a thousand victims
# cpus                    of this guest
#
# usage: footprint.sh
# Run by tests/bench/run: `make bench`.
. /cases/lib.sh

MINUTE=60

# Its own and the kernel's on its behalf, in us: finer than the ticks of /proc/PID/stat.
processor_time() {
	awk '{ ns += $1 } END { print int(ns / 1000) }' /proc/"$daemon"/task/*/schedstat
}
resident() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status"
}
# Each map once, by how many files ever it is open.
maps() {
	awk '/^memlock:/ { bytes = $2 } /^map_id:/ { of[$2] = bytes } END { for (id in of) sum += of[id]; print int(sum / 1024) }' \
		/proc/"$daemon"/fdinfo/*
}
# during NAME: what a minute takes.
during() {
	before=$(processor_time)
	sleep "$MINUTE"
	echo "daemon $1 $(($(processor_time) - before))"
}
is_reported() {
	grep -q "\"victims_total\": *$1\b" "$OUT/reports.jsonl"
}

# The functions with a trampoline, of BPF here.
nothing_is_traced() {
	[ "$(wc -l </sys/kernel/tracing/enabled_functions)" -eq 0 ]
}

load_lab || exit 1
start_daemon --keep-pins >&2 || exit 1
! grep "could not be attached" "$OUT/gpuwatchd.log" >&2 || exit 1
sleep 10
echo "daemon cpus $(grep -c ^processor /proc/cpuinfo)"
echo "daemon start_ms $(($(processor_time) / 1000))"
echo "daemon idle_maps_kib $(maps)"
during idle_us
echo "daemon idle_kib $(resident)" # after what a start may leave for a while, such as the boot's events
lab_start fence-lock-cycle/mutex victims=1
wait_until 8 is_reported 1 || fail "the deadlock is reported" >&2
sleep 10 # it looks less often once nothing changes
during standing_us
echo all >"$LAB/stop"
lab_start fence-lock-cycle/mutex victims=1000 stagger_ms=0
wait_until 30 is_reported 1000 || fail "the victims are reported" >&2
sleep 2
echo "daemon victims_kib $(resident)"
echo all >"$LAB/stop"
read_clock
begin=$now
stop_daemon
read_clock
echo "daemon stop_ms $(((now - begin) * 10))"
begin=$now
gpuwatchd --unpin
wait_until 20 nothing_is_traced || fail "the programs go with their pins" >&2
read_clock
echo "daemon unpin_ms $(((now - begin) * 10))"
[ "$failed" -eq 0 ]
