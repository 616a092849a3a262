# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by probe-order.sh, booted with a short deferred_probe_timeout: the supplier comes when nobody waits any more.

# The kernel lists what is still deferred when the time is up.
expired() {
	dmesg | grep -q 'orion-display.0: deferred probe pending'
}

start_board
load codec
load camera
load display
start_daemon --no-pin || exit 1
step expiry
# Each driver that is registered makes the time begin anew.
load video
board add orion-mmu.0
board add orion-codec.0 needs=orion-mmu.0
board add orion-camera.0 needs=orion-mmu.0 link=firmware
board add orion-display.0 needs=orion-mmu.0 link=managed
check "all of them wait" [ "$(wc -l </sys/kernel/debug/devices_deferred)" -eq 3 ]
check "the time runs out" wait_until 30 expired
settle
check "only the display still waits" grep -q ^orion-display.0 /sys/kernel/debug/devices_deferred
expect deferral-timeout orion-codec.0 driver=orion-codec
expect deferral-timeout orion-camera.0 supplier=orion-mmu.0 driver=orion-camera
expect deferred-forever orion-display.0 supplier=orion-mmu.0 module=orion_mmu
look
load mmu
settle
look_again too-late "deferral-timeout orion-codec.0 driver=orion-codec state=active" \
	"deferral-timeout orion-camera.0 supplier=orion-mmu.0 driver=orion-camera state=active" \
	"deferred-forever orion-display.0 state=resolved"
finish
