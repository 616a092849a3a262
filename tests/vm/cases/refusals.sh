#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a real kernel reports of a module that it refuses, and a card that is another one than in the boot before.
. /cases/lib.sh

# begin NAME: a daemon that has seen nothing yet; its reports go to a file of that name.
begin() {
	rm -f /run/gpuwatch/boot.*
	START_SECONDS=180
	start_daemon --no-pin || exit 1
	name=$1
}
# classes: of the reports that the daemon has now.
classes() {
	gpuwatch-cli probe-order --json >"$OUT/$name.json" 2>/dev/null
	jq -r '.reports[].class' "$OUT/$name.json"
}
reported() {
	classes | grep -qx "$1"
}
summary() {
	jq -r ".reports[] | select(.class == \"$1\") | .summary" "$OUT/$name.json"
}

STATE_DIRECTORY=/var/lib/gpuwatch
export STATE_DIRECTORY
mkdir -p "$STATE_DIRECTORY"
echo '[{"boot_id": "before", "cards": [{"minor": 0, "driver": "orion", "device": "0000:03:00.0"}]}]' >"$STATE_DIRECTORY/cards"

insmod /lab-probe/orion_vault.ko 2>/dev/null && fail "a module without the one that it needs is refused"
modprobe vgem || fail "vgem"

begin refused
check "symbols-missing" wait_until 30 reported symbols-missing
check "it names the module" [ "$(summary symbols-missing | grep -c 'Module orion_vault was not loaded')" = 1 ]
check "minor-order" wait_until 30 reported minor-order
check "it names both cards" \
	[ "$(summary minor-order | grep -c 'card0 is vgem.*was 0000:03:00.0 (driver orion) in the last boot')" = 1 ]
check "this boot's cards are kept" \
	[ "$(jq -r 'map(.cards[0].driver) | join(" ")' "$STATE_DIRECTORY/cards")" = "orion vgem" ]
stop_daemon

# The same after all: loaded, and the card as it was.
check "the module and what it needs" sh -c "insmod /lab-probe/orion_core.ko && insmod /lab-probe/orion_vault.ko"
sed -i "s/\"boot_id\":\"$(cat /proc/sys/kernel/random/boot_id)\"/\"boot_id\":\"before\"/" "$STATE_DIRECTORY/cards"
begin loaded
sleep 8
check "nothing is reported" [ -z "$(classes)" ]
stop_daemon
verdict
