#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs in a guest, as root, booted with deferred_probe_timeout=4: what the lab says that happens really does, by the
# kernel's own account (devices_deferred, sysfs, the log).
# Usage: selftest.sh [DIRECTORY OF THE MODULES]
set -u

dir=${1:-/lab-probe}
board=/sys/kernel/debug/orion/board
log=/sys/kernel/debug/orion/log
deferred=/sys/kernel/debug/devices_deferred
passed=0
failed=0

# check DESCRIPTION COMMAND...
check() {
	description=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $description"
	fi
}

equal() { [ "$1" = "$2" ] || { echo "  got '$1', expected '$2'"; false; }; }
not() { ! "$@"; }

load() {
	for name; do
		insmod "$dir/orion_$name.ko" || exit 1
	done
}
unload() {
	for name; do
		rmmod "orion_$name" || exit 1
	done
}
order() { echo "$*" >$board; }

bound() { [ -e "/sys/bus/platform/devices/$1/driver" ]; }
# is_deferred DEVICE REASON: the kernel keeps it on its list, and says why.
is_deferred() {
	grep -q "^$1	.*$2" $deferred && return
	echo "  no '$1 ... $2' in devices_deferred:"
	sed 's/^/    /' $deferred
	return 1
}
# results DEVICE RESULT: how often its probe function ended so.
results() { grep -c "\"probe-end\",\"subject\":\"$1\".*\"result\":$2}" $log; }
# mono EVENT SUBJECT: when it happened last, in ns.
mono() { sed -n "s/{\"mono_ns\":\([0-9]*\),.*\"event\":\"$1\",\"subject\":\"$2\".*/\1/p" $log | tail -n 1; }
said() { dmesg | grep -q "$1"; }
# The deferred list is worked through by a worker: it has come to rest when the log does not grow.
settle() {
	while :; do
		lines=$(wc -l <$log)
		usleep 300000
		[ "$(wc -l <$log)" != "$lines" ] || return
	done
}

# ---- the time that the driver core waits for drivers runs out ----

expiry() {
	order add orion-mmu.0
	order add orion-codec.0 needs=orion-mmu.0
	order add orion-camera.0 needs=orion-mmu.0 link=firmware
	order add orion-camera.1 needs=orion-mmu.0 link=managed
	order add orion-display.0 needs=orion-mmu.0
	load codec camera display
	check "expiry: the codec's driver defers" is_deferred orion-codec.0 "MMU not ready"
	check "expiry: the core waits for what firmware names" is_deferred orion-camera.0 "supplier orion-mmu.0 not ready"
	check "expiry: the link is there" equal \
		"$(cat /sys/class/devlink/platform:orion-mmu.0--platform:orion-camera.0/status)" dormant
	check "expiry: the camera's driver was not asked" equal "$(results orion-camera.0 '.*')" 0
	sleep 6
	check "expiry: the codec goes on without" bound orion-codec.0
	check "expiry: and the kernel says so" said "orion-codec.0: deferred probe timeout, ignoring dependency"
	check "expiry: what firmware named is forgotten" bound orion-camera.0
	check "expiry: a managed link is not" is_deferred orion-camera.1 "supplier orion-mmu.0 not ready"
	check "expiry: a driver that defers still does" is_deferred orion-display.0 "MMU orion-mmu.0 not ready"
	load mmu
	settle
	check "expiry: the supplier comes too late" [ "$(mono ready orion-mmu.0)" -gt "$(mono probe-end orion-codec.0)" ]
	check "expiry: but not for the others" bound orion-camera.1
	check "expiry: the display, too" bound orion-display.0
	clear_all codec camera display mmu
}

clear_all() {
	unload "$@"
	unload board
	load board
	echo >$log
	check "nothing is left" equal "$(ls -d /sys/bus/platform/devices/orion-* 2>/dev/null)$(cat $deferred)" ""
}

# ---- orders ----

# permutation MODULE MODULE MODULE
permutation() {
	order add orion-mmu.0
	order add orion-display.0 needs=orion-mmu.0
	order add orion-video.0 needs=orion-mmu.0
	load "$@"
	settle
	check "$*: the supplier is bound" bound orion-mmu.0
	check "$*: who defers comes up" bound orion-display.0
	check "$*: who tolerates comes up" bound orion-video.0
	case "$*" in
		*display*mmu*) check "$*: the display has deferred" [ "$(results orion-display.0 -517)" -gt 0 ] ;;
		*) check "$*: the display had no need to defer" equal "$(results orion-display.0 -517)" 0 ;;
	esac
	case "$*" in
		*video*mmu*) check "$*: a feature is missing" [ ! -e /dev/orion-protected0 ] ;;
		*) check "$*: no feature is missing" [ -e /dev/orion-protected0 ] ;;
	esac
	clear_all "$@"
}

overlap() {
	load camera video
	insmod "$dir/orion_mmu.ko" async=1 probe_ms=1500
	order add orion-mmu.0
	usleep 200000
	order add orion-camera.0 needs=orion-mmu.0 link=stateless
	order add orion-video.0 needs=orion-mmu.0 link=stateless
	for device in orion-camera.0 orion-video.0; do
		check "overlap: $device is up already" bound $device
	done
	check "overlap: the supplier is not ready" equal "$(mono ready orion-mmu.0)" ""
	sleep 2
	check "overlap: now it is" [ -n "$(mono ready orion-mmu.0)" ]
	for device in orion-camera.0 orion-video.0; do
		check "overlap: $device began later" [ "$(mono probe-begin $device)" -gt "$(mono probe-begin orion-mmu.0)" ]
		check "overlap: $device ended earlier" [ "$(mono probe-end $device)" -lt "$(mono probe-end orion-mmu.0)" ]
	done
	check "overlap: the link is there, and does not order" equal \
		"$(cat /sys/class/devlink/platform:orion-mmu.0--platform:orion-camera.0/status)" "not tracked"
	clear_all camera video mmu
}

never() {
	order place orion-mmu.7
	order add orion-camera.0 needs=orion-mmu.7 link=firmware
	order add orion-mmu.1
	order add orion-mmu.0 needs=orion-mmu.1
	order add orion-display.0 needs=orion-mmu.0
	insmod "$dir/orion_mmu.ko" result=-110
	load camera display
	settle
	check "never: a supplier that is no device" is_deferred orion-camera.0 "wait for supplier orion-mmu.7"
	check "never: sysfs says so, too" equal "$(cat /sys/bus/platform/devices/orion-camera.0/waiting_for_supplier)" 1
	check "never: a supplier that fails" said "orion-mmu.1.* failed with error -110"
	check "never: the first in the chain" is_deferred orion-mmu.0 "MMU orion-mmu.1 not ready"
	check "never: the second in the chain" is_deferred orion-display.0 "MMU orion-mmu.0 not ready"
	echo 0 >/sys/module/orion_mmu/parameters/result
	order remove orion-mmu.1
	order add orion-mmu.1
	settle
	check "never say never: the chain comes up" bound orion-display.0
	order add orion-mmu.7
	settle
	check "never say never: the late supplier" bound orion-camera.0
	clear_all camera display mmu
}

storm() {
	order add orion-display.0 needs=orion-mmu.0 count=50
	load display lane
	i=0
	while [ $i -lt 24 ]; do
		order add orion-lane.$i bare
		usleep 60000
		i=$((i + 1))
	done
	settle
	fewest=$(for i in $(seq 0 49); do results "orion-display.$i" -517; done | sort -n | head -n 1)
	check "storm: each of 50 devices has deferred at least 20 times" [ "$fewest" -ge 20 ]
	check "storm: all are on the list" equal "$(grep -c '^orion-display' $deferred)" 50
	load mmu
	order add orion-mmu.0
	settle
	check "storm: over" equal "$(cat $deferred)" ""
	clear_all display lane mmu
}

again() {
	load mmu display
	order add orion-mmu.0
	order add orion-display.0 needs=orion-mmu.0 link=managed
	check "again: up" bound orion-display.0
	order remove orion-mmu.0
	check "again: the consumer goes with its supplier" not bound orion-display.0
	order remove orion-display.0
	order add orion-display.0 needs=orion-mmu.0
	settle
	check "again: defers" is_deferred orion-display.0 "MMU orion-mmu.0 not ready"
	order add orion-mmu.0
	settle
	check "again: up again" bound orion-display.0
	clear_all display mmu
}

vault() {
	load vault
	check "vault: came too early" [ ! -e /dev/orion-vault ]
	order add orion-mmu.0
	load mmu
	check "vault: and that is final" [ ! -e /dev/orion-vault ]
	unload vault
	load vault
	check "vault: in the right order" [ -e /dev/orion-vault ]
	clear_all vault mmu
}

many() {
	load lane
	order add orion-lane.0 count=10000 bare
	check "many: all are bound" equal \
		"$(find /sys/bus/platform/drivers/orion-lane/ -name 'orion-lane.*' | wc -l)" 10000
	order remove orion-lane.0 count=10000
	clear_all lane
}

refused() {
	for wrong in "" "add" "add orion-mmu" "add orion-mmu.x" "add orion-mmu.0 speed=1" "add orion-mmu.0 link=loose" \
		"remove orion-mmu.0" "add orion-display.0 link=firmware" "paint orion-mmu.0"; do
		check "refused: '$wrong'" not sh -c "echo '$wrong' >$board 2>/dev/null"
	done
}

load core board
expiry
permutation mmu display video
permutation mmu video display
permutation display mmu video
permutation display video mmu
permutation video mmu display
permutation video display mmu
overlap
never
storm
again
vault
many
refused
unload board core
check "all modules are gone" equal "$(lsmod | grep -c orion)" 0
check "the kernel has nothing to complain about" equal \
	"$(dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|general protection')" ""
echo "$passed passed, $failed failed"
[ $failed = 0 ]
