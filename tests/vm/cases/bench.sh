#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the events that gpuwatch hooks cost on this kernel, in instructions (the guest's clock counts them, see run --icount),
# with each of these attached: nothing, empty programs on the same hooks, such that call helpers only, gpuwatch, and with --all what else people use.
# A line each: cost WHO EVENT INSTRUCTIONS. Then what looks at made-up machines take, look SHAPE TASKS INSTRUCTIONS KIB, what
# judging their boots does, boot SHAPE DEVICES INSTRUCTIONS KIB, what reading logs does, explain SHAPE BYTES INSTRUCTIONS KIB, and
# the hot programs when they are compiled for the machine, native EVENT THOUSANDTHS-OF-INSTRUCTIONS.
#
# usage: bench.sh FENCES TASKS [--all]
#        bench.sh FENCES             with nothing attached, and nothing else
#
# Of programs that read what they trace, the reading is not in the figures: it is in a task that does not run meanwhile.
# Run by tests/bench/run: `make bench`, `make bench-check`.
. /cases/lib.sh

cat >/tmp/measure <<END
#!/bin/sh
# measure WHO
echo $1 >$LAB/bench || exit 1
awk -v who="\$1" '/_ns / { sub("_ns", "", \$1); print "cost", who, \$1, \$2 }' $LAB/bench
END
chmod +x /tmp/measure

# beside WHO CMD...: measures while the command runs. That it is attached is seen by the programs or events that are on.
beside() {
	who=$1
	shift
	"$@" >"$OUT/$who.log" 2>&1 &
	other=$!
	if wait_until 600 is_attached "$who"; then
		/tmp/measure "$who"
	else
		fail "$who is attached" >&2
		cat "$OUT/$who.log" >&2
	fi
	kill -INT "$other"
	wait "$other"
}

is_attached() {
	case $1 in
	trace-cmd) [ "$(cat /sys/kernel/tracing/events/dma_fence/enable)$(cat /sys/kernel/tracing/events/lock/enable)" = 11 ] ;;
	bpftrace) grep -q ready "$OUT/bpftrace.log" ;;
	offcputime) grep -q "bpf_prog_.*_sched_switch" /proc/kallsyms && sleep 1 ;; # loaded, and attached at once
	esac
}

others() {
	beside trace-cmd trace-cmd record -q -e dma_fence -e lock -o /tmp/trace.dat
	rm -f /tmp/trace.dat*
	beside bpftrace bpftrace /cases/bench-waits.bt
	beside offcputime offcputime 3600
}

load_lab || exit 1
/tmp/measure nothing
if [ -e /proc/lockdep_stats ] && ! grep -q "debug_locks: *1$" /proc/lockdep_stats; then
	fail "lockdep, which ends itself when it has found something, is on" >&2
	exit 1
fi
[ "$2" ] || exit 0
empty /tmp/measure empty
empty --helpers /tmp/measure helpers
start_daemon --no-pin >&2 || exit 1
! grep "could not be attached" "$OUT/gpuwatchd.log" >&2 || exit 1
/tmp/measure gpuwatch
stop_daemon
[ "$3" != --all ] || others
sleep 3 # the kernel's workers free what the programs had: these instructions would count, too
scale "$2" | sed 's/^/look /'
boot "$2" | sed 's/^/boot /'
explain "$2"00 | sed 's/^/explain /'
native | sed 's/^/native /'
[ "$failed" -eq 0 ]
