# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by probe-order.sh, booted with a short deferred_probe_timeout: the supplier comes when nobody waits any more.

# The kernel lists what is still deferred when the time is up.
expired() {
	dmesg | grep -q 'orion-display.0: deferred probe pending'
}

# Each driver that is registered makes the time begin anew.
hold_time() {
	while [ ! -e /tmp/go ]; do
		insmod /lab-probe/orion_lane.ko
		rmmod orion_lane
		sleep 3
	done
}

install_table
start_board
hold_time &
load codec strict=10
load camera
load display
start_fresh_daemon
step expiry
board add orion-mmu.0
board add orion-codec.0 needs=orion-mmu.0
board add orion-camera.0 needs=orion-mmu.0 link=firmware
board add orion-display.0 needs=orion-mmu.0 link=managed
# One that fails for want of its supplier is a supplier itself.
board add orion-codec.10 needs=orion-mmu.0
board add orion-camera.10 needs=orion-codec.10 link=managed
check "all of them wait" [ "$(wc -l </sys/kernel/debug/devices_deferred)" -eq 5 ]
touch /tmp/go
check "the time runs out" wait_until 30 expired
settle
check "only who has no other way still waits" [ "$(sed 's/\t.*//' /sys/kernel/debug/devices_deferred | sort | tr '\n' ' ')" = \
	"orion-camera.10 orion-display.0 " ]
expect deferral-timeout orion-codec.0 supplier=orion-mmu.0 driver=orion-codec
expect deferral-timeout orion-camera.0 supplier=orion-mmu.0 driver=orion-camera
expect deferral-timeout orion-codec.10 supplier=orion-mmu.0 driver=orion-codec result=-ETIMEDOUT
expect deferred-forever orion-display.0 supplier=orion-mmu.0 module=orion_mmu
expect deferred-forever orion-camera.10 supplier=orion-codec.10 result=-ETIMEDOUT
look
load mmu
settle
look_again too-late "deferral-timeout orion-codec.0 supplier=orion-mmu.0 driver=orion-codec" \
	"deferral-timeout orion-camera.0 supplier=orion-mmu.0 driver=orion-camera" \
	"deferral-timeout orion-codec.10 supplier=orion-mmu.0 driver=orion-codec" \
	"deferred-forever orion-camera.10 supplier=orion-codec.10" \
	"deferred-forever orion-display.0 state=resolved"
echo orion-codec.10 >/sys/bus/platform/drivers/orion-codec/bind
settle
check "nothing is deferred any more" [ ! -s /sys/kernel/debug/devices_deferred ]
look_again put-right "deferral-timeout orion-codec.0 supplier=orion-mmu.0 driver=orion-codec" \
	"deferral-timeout orion-camera.0 supplier=orion-mmu.0 driver=orion-camera" \
	"deferred-forever orion-camera.10 state=resolved"
finish
