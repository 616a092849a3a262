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

# Suppliers that do not come: one has a driver that is not loaded, one has none at all, and one is no device, as a disabled
# node of the firmware would be. All wait together.
missing() {
	load display
	load camera
	step missing
	board add orion-mmu.120
	board add orion-display.120 needs=orion-mmu.120 link=managed
	board add orion-isp.125
	board add orion-display.125 needs=orion-isp.125 link=managed
	board add orion-display.126 needs=orion-isp.125 link=managed
	board add orion-camera.130 needs=orion-mmu.130 link=firmware
	settle
	expect deferred-forever orion-display.120 supplier=orion-mmu.120 module=orion_mmu advice=modprobe
	expect deferred-forever orion-display.125 supplier=orion-isp.125 module=
	expect deferred-forever orion-display.126 supplier=orion-isp.125 module=
	expect deferred-forever orion-camera.130 supplier=orion-mmu.130 module=
	look 30
	check "the module that was named provides it" modprobe orion_mmu
	settle
	look_again late-driver "deferred-forever orion-display.120 supplier=orion-mmu.120 state=resolved" \
		"deferred-forever orion-display.125 supplier=orion-isp.125" \
		"deferred-forever orion-display.126 supplier=orion-isp.125" \
		"deferred-forever orion-camera.130 supplier=orion-mmu.130"
	board add orion-mmu.130
	settle
	look_again late-device "deferred-forever orion-display.120 supplier=orion-mmu.120 state=resolved" \
		"deferred-forever orion-display.125 supplier=orion-isp.125" \
		"deferred-forever orion-display.126 supplier=orion-isp.125" \
		"deferred-forever orion-camera.130 supplier=orion-mmu.130 state=resolved"
	board remove orion-display.125 count=2
	board remove orion-display.120
	board remove orion-camera.130
	unload mmu display camera
}

# Each lane that comes up makes the core try all 50 displays again.
storm() {
	load display
	load lane
	load mmu
	step storm
	board add orion-display.200 needs=orion-mmu.200 count=50
	i=0
	while [ $i -lt 24 ]; do
		board add orion-lane.$i bare
		usleep 80000
		i=$((i + 1))
	done
	settle
	board add orion-mmu.200
	settle
	expect deferral-storm orion-display.200 devices=50 retries=20
	look
	check "nothing is deferred any more" [ ! -s /sys/kernel/debug/devices_deferred ]
}

# A driver that fails without its firmware, and one that does without.
firmware() {
	load dsp
	step optional-firmware
	board add orion-dsp.400
	settle
	look
	board remove orion-dsp.400
	unload dsp
	load dsp needed=1
	step firmware
	board add orion-dsp.401
	settle
	expect firmware-missing orion-dsp.401 driver=orion-dsp advice=orion/dsp.bin
	look
	board remove orion-dsp.401
	unload dsp
}

# A supplier that probes on a worker, and one that goes and comes again.
healthy() {
	load display
	step healthy-async
	board add orion-mmu.300
	board add orion-display.300 needs=orion-mmu.300
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
	board remove orion-display.300 count=2
	board remove orion-mmu.300
	unload mmu display
}

start_board
start_fresh_daemon
permutation 0 mmu display camera
permutation 10 mmu camera display
permutation 20 display mmu camera
permutation 30 display camera mmu
permutation 40 camera mmu display
permutation 50 camera display mmu
healthy
missing
firmware
stop_daemon
start_fresh_daemon
storm
finish
