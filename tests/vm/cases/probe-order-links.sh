# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by probe-order.sh: suppliers and consumers whose relation device links state. Each step has devices of its own.

# permutation BASE MODULE MODULE MODULE: who defers, or is deferred by the core, is healthy in any order.
permutation() {
	step "order-$2-$3-$4"
	board "add orion-mmu.$1"
	board "add orion-display.$1 needs=orion-mmu.$1"
	board "add orion-display.$(($1 + 1)) needs=orion-mmu.$1 link=managed"
	board "add orion-display.$(($1 + 2)) needs=orion-mmu.$1 link=firmware"
	board "add orion-camera.$1 needs=orion-mmu.$1 link=managed"
	board "add orion-camera.$(($1 + 1)) needs=orion-mmu.$1 link=firmware"
	load "$2"
	load "$3"
	load "$4"
	settle
	look
	board "remove orion-camera.$1 count=2"
	board "remove orion-display.$1 count=3"
	board "remove orion-mmu.$1"
	unload display camera mmu
}

# The supplier's driver is not loaded: as a file that could be, then not at all.
missing_driver() {
	load display
	load camera
	step missing-driver
	board add orion-mmu.120
	board add orion-display.120 needs=orion-mmu.120 link=managed
	settle
	expect deferred-forever orion-display.120 supplier=orion-mmu.120 module=orion_mmu advice=modprobe
	look 30
	check "the module that was named provides it" modprobe orion_mmu
	settle
	look_again late-driver "deferred-forever orion-display.120 supplier=orion-mmu.120 state=resolved"
	unload mmu

	step missing-file
	mv "$MODULES/orion_mmu.ko" /tmp/
	/usr/bin/depmod
	board add orion-mmu.125
	board add orion-display.125 needs=orion-mmu.125 link=managed
	settle
	expect deferred-forever orion-display.125 supplier=orion-mmu.125 module=
	look 30
	mv /tmp/orion_mmu.ko "$MODULES/"
	/usr/bin/depmod
	load mmu
	settle
	look_again late-file "deferred-forever orion-display.125 supplier=orion-mmu.125 state=resolved"
}

# Firmware names a supplier that is no device, as a disabled node would be.
missing_device() {
	step missing-device
	board add orion-camera.130 needs=orion-mmu.130 link=firmware
	settle
	expect deferred-forever orion-camera.130 supplier=orion-mmu.130
	look 30
	board add orion-mmu.130
	settle
	look_again late-device "deferred-forever orion-camera.130 supplier=orion-mmu.130 state=resolved"
}

# The first of a chain fails; it is the root of all.
failing_supplier() {
	step failing-supplier
	mmu_parameter result -110
	board add orion-mmu.141
	board add orion-mmu.140 needs=orion-mmu.141 link=managed
	board add orion-display.140 needs=orion-mmu.140 link=managed
	settle
	expect deferred-forever orion-display.140 supplier=orion-mmu.141 result=-ETIMEDOUT
	look 30
	mmu_parameter result 0
	echo orion-mmu.141 >/sys/bus/platform/drivers/orion-mmu/bind
	settle
	look_again late-success "deferred-forever orion-display.140 state=resolved"
}

# Each lane that comes up makes the core try all 50 displays again.
storm() {
	step storm
	load lane
	board add orion-mmu.200 needs=orion-mmu.201
	board add orion-display.200 needs=orion-mmu.200 link=stateless count=50
	i=0
	while [ $i -lt 24 ]; do
		board add orion-lane.$i bare
		usleep 80000
		i=$((i + 1))
	done
	settle
	board add orion-mmu.201
	settle
	expect deferral-storm orion-display.200 devices=50 retries=1000
	look
}

# A supplier that probes on a worker, and one that goes and comes again.
healthy() {
	unload mmu
	step healthy-async
	board add orion-mmu.300
	board add orion-display.300 needs=orion-mmu.300 link=stateless
	load mmu async=1 probe_ms=300
	usleep 100000
	board add orion-display.301 needs=orion-mmu.300 link=managed
	settle
	settle
	look
	step healthy-again
	board remove orion-display.300 count=2
	board remove orion-mmu.300
	board add orion-display.300
	board add orion-display.301
	sleep 1
	board add orion-mmu.300
	settle
	settle
	look
}

start_board
start_daemon --no-pin || exit 1
permutation 0 mmu display camera
permutation 10 mmu camera display
permutation 20 display mmu camera
permutation 30 display camera mmu
permutation 40 camera mmu display
permutation 50 camera display mmu
missing_driver
missing_device
failing_supplier
storm
healthy
finish
