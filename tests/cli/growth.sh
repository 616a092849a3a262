# shellcheck shell=bash disable=SC2154 # the variables are those of tests/cli/run-tests.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What long tables, reports and recordings cost: sourced by run-tests.sh.

GROWTH=10	   # times the rows
GROWTH_MOST=15 # times the processor's time; 100 is quadratic

# cost ARGUMENT...: milliseconds of the processor, the better of two runs; of the program without sanitizers, which would make
# the program's own work dearer than that of libraries
cost() {
	local TIMEFORMAT='%U %S' least='' now user system
	for _ in 1 2; do
		read -r user system < <({ PATH=$PWD/build:$PATH && time run "$@" 2>/dev/null; } 2>&1)
		now=$((10#${user/./} + 10#${system/./}))
		[[ -n $least && $least -le $now ]] || least=$now
	done
	echo "$least"
}

# grows NAME ARGUMENT...: no more than its rows; @ in an argument is where there are few of them, and where there are many.
grows() {
	local name=$1 few many
	shift
	few=$(cost "${@//@/$work/few}")
	many=$(cost "${@//@/$work/many}")
		ok "$name: $few ms, for $GROWTH times as much $many ms" test "$many" -le $((few * GROWTH_MOST))
}

# peak ARGUMENT...: the most memory, in KiB, that the program had; a page that has been freed is soon used again
peak() {
	ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=1 /usr/bin/python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' gpuwatch-cli "$@"
}

# line TEXT MIB FILE: so much of one line, packed to next to nothing
line() {
	yes "$1" | head -c "$2M" | gzip -1 >"$3"
}

# The most that a packed log may have, of a line that starts a report, and packed evidence, of one that makes a row; what is behind
# the limit is refused in test_bombs.
PACKED_MIB=63
EVIDENCE_MIB=31
PACKED_MOST=5000 # milliseconds

packed_logs() {
	local spent hung="[ 100.1] INFO: task a:1 blocked for more than 120 seconds."
	line "$hung" 4 "$work/few/hung.gz"
	line "$hung" $((4 * GROWTH)) "$work/many/hung.gz"
	grows "explain of a packed log" explain @/hung.gz
	line "$hung" $PACKED_MIB "$work/hung.gz"
	spent=$(cost explain "$work/hung.gz")
	ok "explain of $PACKED_MIB MiB in $(stat -c %s "$work/hung.gz") bytes: $spent ms" test "$spent" -le $PACKED_MOST
	line "[    0.1] initcall f+0x0/0x1 returned 0 after 1 usecs" $EVIDENCE_MIB "$work/initcalls.gz"
	line "$hung" $EVIDENCE_MIB "$work/hung.gz"
	spent=$(cost probe-order --compare "$work/initcalls.gz" "$work/hung.gz")
	ok "probe-order --compare of two such files: $spent ms" test "$spent" -le $PACKED_MOST
}

test_growth() {
	local where rows daemons_of=() idle most
	for where in few:1000 many:10000; do
		rows=${where#*:} where=$work/${where%:*}
		mkdir "$where"
		"$here"/make-rows "$rows" "$where"
		"$here"/make-order $((rows / 4)) >"$where/order.json"
		make-recording queue "$rows" >"$where/queue.gpuwatch"
		start_daemon "$where" "$where/private"
		daemons_of+=("$daemon")
	done
	for where in deadlocks stalls waits "waits --all" timelines; do
		# shellcheck disable=SC2086
		grows "$where" --socket=@/private $where
	done
	kill "${daemons_of[@]}"
	grows "show of many reports" show @/reports.json
	grows "show of a report of many nodes" show @/crowded.json
	grows "show of a long loop" show @/loop.json
	grows "probe-order" probe-order --from @/order.json
	grows "probe-order --all" probe-order --all --from @/order.json
	grows "replay" replay @/queue.gpuwatch
	grows "replay --waits" replay --waits @/queue.gpuwatch

	packed_logs
	make-recording queue 10005 >"$work/queue.gpuwatch"
	expect "replay of more rows than anybody reads" 0 replay --waits "$work/queue.gpuwatch"
	ok "10000 rows, and the others counted" \
		test "$(grep -c victim "$work/out")-$(tail -n 1 "$work/out")" = "9998-7 more: --json has them"
	make-recording tiny 60000 >"$work/tiny.gpuwatch"
	expect "replay of tiny snapshots" 0 replay "$work/tiny.gpuwatch"
	idle=$(peak --version) most=$(peak replay "$work/tiny.gpuwatch")
	ok "a recording of $(stat -c %s "$work/tiny.gpuwatch") bytes takes $((most - idle)) KiB" \
		test $(((most - idle) * 1024)) -le $((12 * $(stat -c %s "$work/tiny.gpuwatch")))
	make-recording tiny 65537 >"$work/tiny.gpuwatch"
	expect_trouble "too many snapshots" 4 "has 65537 snapshots, this program reads 65536" replay "$work/tiny.gpuwatch"
}
