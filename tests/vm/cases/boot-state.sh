#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the daemon reads of the system (as tests/state prints it) against what a shell sees of it, with devices that a
# real kernel has deferred, an IOMMU, and a boot that was traced.
#
# usage: boot-state.sh all|late, the latter on a kernel that finds its clock unstable
. /cases/lib.sh

BOARD=/sys/kernel/debug/orion/board
TABLE=/usr/share/gpuwatch/dependencies.conf
TRACING=/sys/kernel/tracing

# same WHAT FILE FILE: both say the same.
same() {
	if diff "$2" "$3" >/tmp/difference; then
		ok "$1: $(wc -l <"$2") lines"
	else
		fail "$1: - the shell, + gpuwatch"
		head -n 20 /tmp/difference
	fi
}

# ask FILTER: of what was read.
ask() {
	jq -r "$1" "$OUT/state.json"
}

read_state() {
	state $TABLE >"$OUT/state.json" 2>"$OUT/state.err" || fail "state: $(cat "$OUT/state.err")"
}

mount | grep -q ' /sys/kernel/tracing ' || mount -t tracefs tracefs $TRACING
mkdir -p "$OUT"

if [ "${1:-all}" = late ]; then
	read_state
	check "a buffer that was emptied late says so" sh -c "jq -e '.trace.missing | test(\"trace_clock=global\")' $OUT/state.json"
	check "and still gives what came after" [ "$(ask '.trace.events | length')" -gt 4 ]
	verdict
	exit
fi

# ---- the board: a supplier that never comes, and who waits for it ----------------------------------

for name in core board camera display lane; do
	insmod "/lab-probe/orion_$name.ko" || fail "load $name"
done
for order in "add orion-mmu.0" "add orion-display.0 needs=orion-mmu.0" "add orion-camera.0 needs=orion-mmu.0 link=managed" \
	"add orion-lane.0" "add orion-codec.0"; do
	echo "$order" >$BOARD || fail "the board: $order"
done
sleep 1
# Reading what the tracer kept takes nothing away from it.
grep -v '^#' $TRACING/trace >/tmp/trace.before
read_state
grep -v '^#' $TRACING/trace >/tmp/trace.after
same "the trace buffer is as before" /tmp/trace.before /tmp/trace.after
check "nothing was unreadable" [ "$(ask '.unreadable | length')" = 0 ] || ask '.unreadable[]'
echo "read in $(ask .seconds) s: $(ask '.state.devices | length') devices, $(ask '.state.modules | length') modules"

# ---- state -------------------------------------------------------------------------------------------

cat /proc/cmdline >/tmp/shell
ask .state.cmdline >/tmp/gpuwatch
same "command line" /tmp/shell /tmp/gpuwatch

# Few processes: each one costs 10 ms in an emulated machine. Names may have blanks in them.
ls -ld /sys/bus/*/devices/* /sys/bus/*/devices/*/driver /sys/bus/*/devices/*/iommu_group \
	/sys/bus/*/drivers/*/module 2>/dev/null >/tmp/links
grep . /dev/null /sys/bus/*/devices/*/modalias 2>/dev/null >/tmp/aliases
ls -d /sys/module/*/initstate >/tmp/loaded
awk 'FILENAME == "/tmp/loaded" { split($0, part, "/"); loaded[part[4]]; next }
	FILENAME == "/tmp/aliases" { i = index($0, "/modalias:"); alias[substr($0, 1, i - 1)] = substr($0, i + 10); next }
	{
		i = index($0, "/sys/bus/"); k = index($0, " -> ")
		from = substr($0, i, k - i); to = substr($0, k + 4); last = to; sub(/.*\//, "", last)
		n = split(from, part, "/"); device = from; sub(/\/[^\/]*$/, "", device)
		if (part[5] == "drivers") module[part[4] "/" part[6]] = last
		else if (n == 6) { path[from] = to; bus[from] = part[4]; name[from] = part[6] }
		else if (part[7] == "driver") driver[device] = last
		else group[device] = last
	}
	END {
		for (d in path) {
			if (driver[d] group[d] alias[d] == "") continue
			m = module[bus[d] "/" driver[d]]
			if (!(m in loaded)) m = ""
			sub(/.*\/devices\//, "", path[d])
			print bus[d] "|" name[d] "|" driver[d] "|" alias[d] "|" (group[d] == "" ? -1 : group[d]) "|" m "|" path[d]
		}
	}' /tmp/loaded /tmp/aliases /tmp/links | sort >/tmp/shell
ask '.state.devices[] | [.bus, .name, .driver, .modalias, .iommu_group, .module, .path] | join("|")' | sort >/tmp/gpuwatch
check "there are devices" [ "$(wc -l </tmp/shell)" -gt 20 ]
check "some are driven by modules" grep -q '|orion-lane.0|.*|orion_lane|' /tmp/shell
same "devices" /tmp/shell /tmp/gpuwatch

sed 's/\t/|/' /sys/kernel/debug/devices_deferred >/tmp/shell
ask '.state.deferred[] | .device + "|" + .reason' >/tmp/gpuwatch
check "two devices are deferred" [ "$(grep -c '^orion-' /tmp/shell)" = 2 ]
same "deferred devices" /tmp/shell /tmp/gpuwatch

for link in /sys/class/devlink/*; do
	[ -e "$link" ] || continue
	name=${link##*/}
	echo "${name%%--*}|${name#*--}|$(cat "$link/status")|$(cat "$link/auto_remove_on")|$(cat "$link/runtime_pm")$(cat "$link/sync_state_only")"
done | sort >/tmp/shell
ask '.state.links[] | [.supplier, .consumer, .status, .auto_remove_on, ((.runtime_pm, .sync_state_only) |= if . then 1 else 0 end | "\(.runtime_pm)\(.sync_state_only)")] | join("|")' | sort >/tmp/gpuwatch
check "the camera's link is there" grep -q '^platform:orion-mmu.0|platform:orion-camera.0|dormant|' /tmp/shell
same "device links" /tmp/shell /tmp/gpuwatch

ls /sys/class/iommu >/tmp/shell
find /sys/kernel/iommu_groups -mindepth 1 -maxdepth 1 | wc -l >>/tmp/shell
ask '(.state.iommu.units | sort | .[]), .state.iommu.groups' >/tmp/gpuwatch
same "IOMMUs and groups" /tmp/shell /tmp/gpuwatch

check "no KFD" [ "$(ask '.state.kfd | "\(.class) \(.device_node)"')" = "false false" ]
check "the table's path" [ "$(ask '.state.paths["/dev/kfd"]')" = false ]

cut -d' ' -f1 /proc/modules | sort >/tmp/shell
ask '.state.modules[] | select(.state == "live") | .name' | sort >/tmp/gpuwatch
check "modules are loaded" grep -q '^orion_lane$' /tmp/shell
same "loaded modules" /tmp/shell /tmp/gpuwatch
# FILE.ko: FILE.ko..., of those that are in the state
release=$(uname -r)
ask '.state.modules[].name' | sort >/tmp/names
awk -F: 'function spell(path) { sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub(/-/, "_", path); return path }
	NR == FNR { known[$1]; next }
	spell($1) in known { n = split($2, list, " "); for (i = 1; i <= n; i++) print spell($1), spell(list[i]) }' \
	/tmp/names "/lib/modules/$release/modules.dep" | sort >/tmp/shell
ask '.state.modules[] | [.name, .depends[]] | .[0] + " " + .[1:][]' | sort >/tmp/gpuwatch
check "modules depend on others" grep -q '^orion_camera orion_core$' /tmp/shell
same "dependencies of modules" /tmp/shell /tmp/gpuwatch
check "a device without driver has candidates" [ "$(ask '.state.candidates["platform:orion-codec"] | join(" ")')" = orion_codec ]
check "so has the missing supplier" [ "$(ask '.state.candidates["platform:orion-mmu"] | join(" ")')" = orion_mmu ]
check "they are available" [ "$(ask '.state.modules[] | select(.name == "orion_mmu") | .state')" = available ]

# ---- initcalls: the kernel's table, and the order in which it really ran them ---------------------------

sed -n 's/.* \([0-9.]*\): initcall_start: func=\([^+ ]*\)+[^ ]*$/\1 \2/p' /tmp/trace.before >/tmp/traced
# The console's are run by another loop, before all others.
ask '(.initcalls | map(select(.level == "console")) + map(select(.level != "console")))[].function' >/tmp/gpuwatch
# An emulated clock may stand still for a while. What ran then is traced in the order of the processors, not of the calls:
# among equal times the trace is no witness.
# Two functions may have one name: the first that ran is the first of the table.
awk 'NR == FNR { rank[$1, ++listed[$1]] = NR; next }
	$1 != time { moment++; time = $1 }
	{ print moment, rank[$2, ++ran[$2]] + 0, $2 }' /tmp/gpuwatch /tmp/traced | sort -s -n -k1,1 -k2,2 | cut -d" " -f3 >/tmp/ran
check "most of them have a time of their own" [ "$(cut -d" " -f1 /tmp/traced | uniq | wc -l)" -gt $(($(wc -l </tmp/traced) / 2)) ]
check "there are hundreds of initcalls" [ "$(wc -l </tmp/ran)" -gt 500 ]
same "initcalls in the order in which they ran" /tmp/ran /tmp/gpuwatch
check "pci_iommu_init is a rootfs initcall" [ "$(ask '.initcalls[] | select(.function == "pci_iommu_init") | .level')" = rootfs ]

# ---- the trace ---------------------------------------------------------------------------------------------

grep 'initcall_start: \|initcall_finish: ' /tmp/trace.before | grep -vc 'func=0x\|0x[0-9a-f]* \[' >/tmp/shell
ask '[.trace.events[] | select(.type == "initcall-begin" or .type == "initcall-end")] | length' >/tmp/gpuwatch
same "traced initcalls" /tmp/shell /tmp/gpuwatch
check "the whole boot was traced" [ "$(ask .trace.missing)" = "" ] || ask .trace.missing
check "no line was not understood" [ "$(ask .trace.malformed)" = 0 ]
check "but no module, whose name may be another's by now" [ "$(ask '[.trace.events[] | select((.other // "") != "")] | length')" = 0 ]

# ---- the kernel log -------------------------------------------------------------------------------------------

check "the log from its first record" [ "$(ask .kmsg.first)" = 0 ]
check "to its last" [ "$(ask '.kmsg.records - .kmsg.last')" = 1 ]
# Without the limit for user space, and as messages that the slow console does not print.
echo on >/proc/sys/kernel/printk_devkmsg
line="<7>$(head -c 900 /dev/zero | tr '\0' x)"
i=0
while [ $i -lt 500 ]; do
	echo "$line"
	i=$((i + 1))
done >/dev/kmsg
read_state
check "a log that has wrapped shows it by its numbers" [ "$(ask '.kmsg.first > 0')" = true ]
check "and loses nothing more" [ "$(ask '.kmsg.last - .kmsg.first + 1 == .kmsg.records')" = true ]

# ---- without privileges ---------------------------------------------------------------------------------------

/usr/bin/setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --clear-groups state $TABLE >"$OUT/state.json" 2>"$OUT/state.err"
check "a nobody reads what it may" [ "$(ask '.state.devices | length')" -gt 20 ]
check "and is told the rest" sh -c "jq -e '.unreadable | any(test(\"devices_deferred: Permission denied\"))' $OUT/state.json"

echo "remove orion-display.0" >$BOARD
echo "remove orion-camera.0" >$BOARD
verdict
