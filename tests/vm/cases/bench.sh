#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The cost of a fence with nothing attached, with empty programs on the same
# hooks, and with gpuwatch, in one guest. Rounds are interleaved and the
# minimum of each counts, so that a noisy machine disturbs all alike.
#
# By hand only: it measures times. `make bench`.
. /cases/lib.sh

fences=${1:-100000}
rounds=${2:-5}

cat >/tmp/round <<END
#!/bin/sh
echo $fences >$LAB/bench && cat $LAB/bench
END
chmod +x /tmp/round

load_lab || exit 1
for round in $(seq "$rounds"); do
	/tmp/round | sed 's/^/nothing /'
	empty /tmp/round | sed 's/^/empty /'
	start_daemon --no-pin >&2 || exit 1
	/tmp/round | sed 's/^/gpuwatch /'
	stop_daemon
done >"$OUT/rounds"

awk '
	{ key = $1 " " $2; if (!(key in min) || $3 < min[key]) min[key] = $3 }
	function row(what, label) {
		base = min["nothing " what]
		empty = min["empty " what] - base
		ours = min["gpuwatch " what] - base
		printf "%-34s %8d %+8d %+8d   %.2f x empty\n", label, base, empty, ours, ours / empty
	}
	END {
		printf "%-34s %8s %8s %8s\n", "ns per fence", "nothing", "empty", "gpuwatch"
		row("unwaited_ns", "init + signal + free")
		row("waited_ns", "the same + wait, already signalled")
	}
' "$OUT/rounds"
