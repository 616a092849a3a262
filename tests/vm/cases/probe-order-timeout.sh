# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by probe-order.sh, booted with a short deferred_probe_timeout: the supplier comes when nobody waits any more.

# The kernel lists what is still deferred when the time is up.
expired() {
	dmesg | grep -q 'orion-display.0: deferred probe pending'
}

install_table
start_board
load codec strict=10
load camera
load display
start_fresh_daemon
step expiry
# Each driver that is registered makes the time begin anew.
load video
board add orion-mmu.0
board add orion-codec.0 needs=orion-mmu.0
board add orion-camera.0 needs=orion-mmu.0 link=firmware
board add orion-display.0 needs=orion-mmu.0 link=managed
# One that fails for want of its supplier is a supplier itself.
board add orion-codec.10 needs=orion-mmu.0
board add orion-display.10 needs=orion-codec.10 link=managed
check "all of them wait" [ "$(wc -l </sys/kernel/debug/devices_deferred)" -eq 5 ]
check "the time runs out" wait_until 30 expired
settle
check "only the displays still wait" [ "$(grep -c '^orion-display' /sys/kernel/debug/devices_deferred)" -eq 2 ]
expect deferral-timeout orion-codec.0 supplier=orion-mmu.0 driver=orion-codec
expect deferral-timeout orion-camera.0 supplier=orion-mmu.0 driver=orion-camera
expect deferral-timeout orion-codec.10 supplier=orion-mmu.0 driver=orion-codec result=-ETIMEDOUT
expect deferred-forever orion-display.0 supplier=orion-mmu.0 module=orion_mmu
expect deferred-forever orion-display.10 supplier=orion-codec.10 result=-ETIMEDOUT
look
load mmu
settle
look_again too-late "deferral-timeout orion-codec.0 supplier=orion-mmu.0 driver=orion-codec" \
	"deferral-timeout orion-camera.0 supplier=orion-mmu.0 driver=orion-camera" \
	"deferral-timeout orion-codec.10 supplier=orion-mmu.0 driver=orion-codec" \
	"deferred-forever orion-display.10 supplier=orion-codec.10" \
	"deferred-forever orion-display.0 state=resolved"
echo orion-codec.10 >/sys/bus/platform/drivers/orion-codec/bind
settle
check "nothing is deferred any more" [ ! -s /sys/kernel/debug/devices_deferred ]
look_again put-right "deferral-timeout orion-codec.0 supplier=orion-mmu.0 driver=orion-codec" \
	"deferral-timeout orion-camera.0 supplier=orion-mmu.0 driver=orion-camera" \
	"deferred-forever orion-display.10 state=resolved"
finish
