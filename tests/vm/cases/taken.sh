#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A card whose memory is that of the frame buffer that the firmware left, a card that is kept for a guest, and one that KFD skips: what gpuwatch
# makes of what a real kernel reports of them. And of the same card when nobody is in its way.
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
end() {
	gpuwatch-cli probe-order --record-evidence >/dev/null 2>&1
	stop_daemon
	dmesg >"$OUT/$name.log"
	rm -f /run/gpuwatch/boot.*
}

card=$(basename "$(grep -l 0x1234 /sys/bus/pci/devices/*/vendor | head -1 | xargs dirname)")
modprobe pci-stub || fail "pci-stub"
insmod /lab-probe/orion_core.ko || fail "orion_core"

# A free card first: nobody is in its way.
begin free
insmod /lab-probe/orion_screen.ko || fail "orion_screen"
sleep 8
check "nothing is reported of a free card" [ -z "$(classes)" ]
end
rmmod orion_screen

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
dmesg -c >/dev/null
insmod /lab-probe/orion_screen.ko framebuffer=1 || fail "orion_screen"
echo pci-stub >"/sys/bus/pci/devices/$card/driver_override"
echo "$card" >/sys/bus/pci/drivers/pci-stub/bind || fail "pci-stub takes the card"
check "taken-by-other, of a card that is kept" wait_until 30 reported taken-by-other
check "it names who has it" said taken-by-other .summary "pci-stub has the device"
end
verdict
