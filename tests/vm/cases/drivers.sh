#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The distribution's own amdgpu and radeon, on an emulated RV100: gpuwatch records their loading and their probes with
# the times and results that the kernel log has (initcall_debug).
. /cases/lib.sh

# Everything else the machine did by then is in the log, too.
CARD=$(basename "$(dirname "$(grep -lx 0x5159 /sys/bus/pci/devices/*/device)")")

look() {
	gpuwatch-cli probe-order --json --all >"$OUT/probe-order.json" 2>>"$OUT/errors"
	# jq -e is content with nothing.
	[ -s "$OUT/probe-order.json" ]
}

# row KIND NAME DRIVER FILTER: true if the last such row is as the filter says.
row() {
	jq -e --arg kind "$1" --arg name "$2" --arg driver "$3" "
		[.rows[] | select(.kind == \$kind and .name == \$name and (\$driver == \"\" or .driver == \$driver))] |
		last | $4" "$OUT/probe-order.json" >/dev/null
}

# Seconds and microseconds of the line that tells of an initcall's end: TIME USECS.
initcall_ended() {
	dmesg | sed -nE "s/^\[ *([0-9.]+)\] initcall $1\+.* returned 0 after ([0-9]+) usecs.*/\1 \2/p"
}

# The same for the last probe of the card with this result.
probe_ended() {
	dmesg | sed -nE "s/^\[ *([0-9.]+)\] probe of $CARD returned $1 after ([0-9]+) usecs.*/\1 \2/p" | tail -n 1
}

# spans KIND NAME DRIVER TIME USECS: what is recorded is what the kernel measured, and little more. The log's clock may be
# some milliseconds off.
spans() {
	row "$1" "$2" "$3" "(.end_ns - .time_ns) as \$took |
		(\$took / 1e3 >= $5 - 1000) and (\$took / 1e3 < $5 + 50000) and ((.end_ns / 1e9 - $4) | fabs < 0.05)"
}

# radeon's probe is a part of its module's loading.
# shellcheck disable=SC2016 # jq's variables
inside() {
	jq -e '[.rows[] | select(.kind == "module" and .name == "radeon")][-1] as $m |
		[.rows[] | select(.kind == "probe" and .driver == "radeon")][-1] |
		.time_ns >= $m.time_ns and .end_ns <= $m.end_ns and .parent == $m.id' "$OUT/probe-order.json" >/dev/null
}

# loaded MODULE INITCALL
loaded() {
	check "modprobe $1" modprobe "$1"
	check "gpuwatch answers after $1" wait_until 60 look
	check "$1 is recorded as loaded" row module "$1" "" '.result == 0 and .outcome == "ok"'
	ended=$(initcall_ended "$2")
	# shellcheck disable=SC2086 # two words
	check "$1: its initcall took ${ended#* } us" spans module "$1" "" $ended
}

[ -n "$CARD" ] || fail "the card is there"
START_SECONDS=120
start_daemon --no-pin || exit 1
loaded amdgpu amdgpu_init
# amdgpu is asked, because it takes any card of the vendor, and refuses.
check "amdgpu's refusal is recorded" row probe "$CARD" amdgpu '.result_name == "-ENODEV" and .outcome == "rejected"'
loaded radeon radeon_module_init
check "radeon's success is recorded" row probe "$CARD" radeon '.result == 0 and .outcome == "bound"'
ended=$(probe_ended 0)
# shellcheck disable=SC2086 # two words
check "radeon: its probe took ${ended#* } us" spans probe "$CARD" radeon $ended
check "it was while the module was loaded" inside
check "the driver has the card" [ "$(basename "$(readlink "/sys/bus/pci/devices/$CARD/driver")")" = radeon ]
check "nothing is reported" [ "$(jq '.reports | length' "$OUT/probe-order.json")" = 0 ]
stop_daemon
verdict
