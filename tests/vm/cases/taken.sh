#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A card whose memory is that of the frame buffer that the firmware left, one that is kept for a guest, one that KFD skips, and one whose driver
# fails; displays of whose parts one fails or lacks firmware: what gpuwatch makes of what a real kernel reports of them, on the machine and of
# its log alone. And of the same devices when all is well.
. /cases/lib.sh

# begin NAME: a daemon that has seen nothing yet; its reports go to a file of that name.
begin() {
	name=$1
	start_daemon --no-pin || exit 1
}
classes() {
	gpuwatch-cli probe-order --json >"$OUT/$name.json" 2>/dev/null
	jq -r '.reports[].class' "$OUT/$name.json"
}
reported() {
	classes | grep -qx "$1"
}
# said CLASS FIELD WORDS
said() {
	jq -r ".reports[] | select(.class == \"$1\") | $2" "$OUT/$name.json" | grep -q "$3"
}
# What the log of the boot alone gives: the same devices, of the same classes.
agrees() {
	# Which card KFD means by its identity, the log does not show.
	reports='[.reports[] | "\(.class) \(.probe_order.device)" | sub("1234:1111"; "'$card'")] | sort | join(", ")'
	dmesg -c >"$OUT/$name.log"
	gpuwatch-cli probe-order --json --from="$OUT/$name.log" >"$OUT/$name.log.json" 2>"$OUT/$name.log.error"
	live=$(jq -r "$reports" "$OUT/$name.json") log=$(jq -r "$reports" "$OUT/$name.log.json")
	[ "$live" = "$log" ] || {
		echo "live: $live"
		echo "log:  $log"
		false
	}
}
end() {
	check "the boot's log agrees" agrees
	gpuwatch-cli probe-order --record-evidence >/dev/null 2>&1
	stop_daemon
	rm -f /run/gpuwatch/boot.*
}

card=$(basename "$(grep -l 0x1234 /sys/bus/pci/devices/*/vendor | head -1 | xargs dirname)")
modprobe pci-stub || fail "pci-stub"
insmod /lab-probe/orion_core.ko || fail "orion_core"

# A free card first: nobody is in its way.
begin free
insmod /lab-probe/orion_screen.ko || fail "orion_screen"
insmod /lab-probe/orion_parts.ko parts=good,loaded || fail "orion_parts"
sleep 8
check "nothing is reported of a free card, and of displays that have their parts" [ -z "$(classes)" ]
end
rmmod orion_screen orion_parts

# The kernel counts a driver that does not want the card as none.
begin rejected
insmod /lab-probe/orion_screen.ko result=-19 || fail "orion_screen"
sleep 8
check "nothing is reported of a card that its driver does not want" [ -z "$(classes)" ]
end
rmmod orion_screen

begin failed
insmod /lab-probe/orion_screen.ko result=-5 || fail "orion_screen"
insmod /lab-probe/orion_parts.ko parts=broken,firmware,error,good || fail "orion_parts"
check "probe-failed" wait_until 30 reported probe-failed
check "it names the card" said probe-failed .probe_order.device "$card"
check "and the result" said probe-failed .summary "(-EIO)"
check "a part that fails" said silent-absence .summary "orion-drm.0.*could not bind orion-part.0"
check "a part without its firmware" said firmware-missing .summary "orion-drm.1.*orion/part.bin"
check "a display whose driver misses firmware" said firmware-missing .summary "orion-drm.2.*is without the firmware part.fw"
check "there is no other report" \
	[ "$(classes | sort | tr '\n' ' ')" = "firmware-missing firmware-missing probe-failed silent-absence " ]
end
rmmod orion_screen orion_parts

begin memory
insmod /lab-probe/orion_screen.ko framebuffer=1 kfd=1 || fail "orion_screen"
check "the kernel refused the memory" sh -c "dmesg | grep -q \"$card: BAR 0.*can't reserve\""
check "taken-by-other" wait_until 30 reported taken-by-other
check "it names the card" said taken-by-other .probe_order.device "$card"
check "it names whose the memory may be" said taken-by-other .root_cause.explanation simple-framebuffer
check "kfd-refused" reported kfd-refused
check "it names the card, too" said kfd-refused .probe_order.device "$card"
check "it has KFD's own reason" said kfd-refused .summary "PCI rejects atomics"
check "there is no other report" [ "$(classes | sort | tr '\n' ' ')" = "kfd-refused taken-by-other " ]
end

# The driver failed, and another one has the card since.
begin kept
rmmod orion_screen
insmod /lab-probe/orion_screen.ko framebuffer=1 || fail "orion_screen"
echo pci-stub >"/sys/bus/pci/devices/$card/driver_override"
echo "$card" >/sys/bus/pci/drivers/pci-stub/bind || fail "pci-stub takes the card"
check "taken-by-other, of a card that is kept" wait_until 30 reported taken-by-other
check "it names who has it" said taken-by-other .summary "pci-stub has the device"
# Live, the words about KFD are there still.
stop_daemon
verdict
