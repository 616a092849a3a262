# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by probe-order.sh, booted with initcall_debug: a kernel log that has wrapped and that anybody writes to, a clock
# that jumps, ten thousand devices.

# CPU time of the daemon and of the processes in which it has looked, so far, in clock ticks.
daemon_ticks() {
	awk '{ print $14 + $15 + $16 + $17 }' "/proc/$daemon/stat"
}

# What one answer costs the daemon, in clock ticks: the smaller of two.
ticks_per_answer() {
	for _ in 1 2; do
		ticks_before=$(daemon_ticks)
		gpuwatch-cli probe-order --json >/tmp/answer 2>/dev/null
		echo $(($(daemon_ticks) - ticks_before))
	done | sort -n | head -n 1
}

resident_kib() {
	awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"
}

# The most memory that the process had which looks at the boot, of all that could be seen.
peak_kib() {
	while gpuwatch_boot=$(pidof gpuwatchd-boot); do
		awk '/^VmHWM/ { print $2 }' "/proc/$gpuwatch_boot/status"
		usleep 50000
	done 2>/dev/null | sort -n | tail -n 1
}

# The number of the first record that is still in the kernel log.
first_record() {
	dd if=/dev/kmsg bs=8192 count=1 2>/dev/null | sed -n '1s/^[0-9]*,\([0-9]*\),.*/\1/p'
}

# What user space writes is never the kernel's, whatever priority it claims.
forge() {
	for prefix in "" "<0>" "<6>" "<7>"; do
		for line in "probe of orion-display.400 returned -5 after 7 usecs" \
			"probe of orion-forged.77 returned -22 after 5 usecs" \
			"calling  orion_forged_init+0x0/0x10 [orion_forged] @ 1" \
			"initcall orion_forged_init+0x0/0x10 [orion_forged] returned 0 after 1 usecs" \
			"orion-display orion-forged.78: error -EPROBE_DEFER: wait for supplier orion-mmu.79" \
			"orion-codec orion-forged.80: deferred probe timeout, ignoring dependency" \
			"platform orion-forged.81: deferred probe pending"; do
			echo "$prefix$line" >/dev/kmsg
		done
	done
	for _ in $(seq 200); do
		head -c 900 /dev/urandom >/dev/kmsg
	done
}

# A true overlap while the clock jumps to and fro.
jump() {
	step clock
	load mmu async=1 probe_ms=1500
	load camera
	load display
	board add orion-mmu.400
	usleep 300000
	date -s "2037-01-01 00:00:00" >/dev/null
	board add orion-camera.400 needs=orion-mmu.400 link=stateless
	board add orion-display.400 needs=orion-mmu.400 link=stateless
	date -s "1999-12-31 23:59:59" >/dev/null
	sleep 2
	settle
	forge
	expect probe-overlap orion-camera.400 supplier=orion-mmu.400 driver=orion-camera
	look
	date -s "2026-06-01 12:00:00" >/dev/null
	look_again clock-again "probe-overlap orion-camera.400 supplier=orion-mmu.400 driver=orion-camera"
	check "nothing of what was forged is believed" [ "$(grep -c 'orion.forged' "$STEP/probe-order.json")" -eq 0 ]
	check "no forged result of a true device" jq -e '[.devices[] | select(.name == "orion-display.400")
		| .spans[] | select(.result == -5)] | length == 0' "$STEP/probe-order.json"
}

many() {
	step many
	load lane
	board add orion-lane.0 bare count=5000
	settle
	sleep 2
	few=$(ticks_per_answer)
	board add orion-lane.5000 bare count=5000
	settle
	sleep 2
	resident=$(resident_kib)
	lot=$(ticks_per_answer)
	gpuwatch-cli probe-order --json >/tmp/answer 2>/dev/null &
	until pidof gpuwatchd-boot >/dev/null; do :; done
	peak=$(peak_kib)
	wait $!
	echo "CPU time of an answer: $few ticks with 5000 devices, $lot with 10000; resident: $resident KiB, looking: $peak KiB"
	check "an answer has its price" [ "$few" -gt 0 ]
	check "twice the devices take less than three times as long" [ "$lot" -lt $((few * 3 + 10)) ]
	check "ten thousand devices take less than 64 MiB" [ "$resident" -lt 65536 ]
	check "and 256 MiB while they are looked at" [ "${peak:-262144}" -lt 262144 ]
	check "and the memory stays" [ "$(resident_kib)" -lt $((resident + 16384)) ]
	look 120
	check "gpuwatch still looks at what it did before" jq -e '[.reports[] | select(.class == "probe-overlap")] | length == 1' \
		"$STEP/probe-order.json"
	board remove orion-lane.0 bare count=10000
	sleep 5
}

# The daemon comes late: all it has is the kernel's log, whose clock is not quite the monotonic one.
late() {
	step kernel-log
	echo 100000000 >"$STEP/tolerance_ns"
	install_table
	load vault
	load camera
	load display
	board add orion-mmu.0
	board add orion-camera.0 needs=orion-mmu.0
	board add orion-display.0 needs=orion-mmu.0
	sleep 1
	load mmu
	settle
	start_fresh_daemon
	expect initcall-order orion_vault supplier=orion_mmu
	expect probed-before-supplier orion-camera.0 supplier=orion-mmu.0
	look
	stop_daemon
	unload vault camera display mmu board core
	remove_table
}

# More than the log holds, so that the boot is gone from it before anybody has read it.
chatter() {
	chatter_line=$(head -c 800 /dev/zero | tr '\0' x)
	for _ in $(seq 1200); do
		echo "<6>$chatter_line" >/dev/kmsg
	done
}

start_board
late
start_board
chatter
check "the kernel log has wrapped" [ "$(first_record)" -gt 0 ]
start_fresh_daemon
gpuwatch-cli probe-order --json >"$OUT/wrapped.json"
check "it is said that the report is incomplete" jq -e '.complete == false' "$OUT/wrapped.json"
check "and that the log's first records are gone" jq -e '[.missing[] | select(.part | test("log|kmsg"; "i"))] | length > 0' \
	"$OUT/wrapped.json"
jq -c '.missing[]' "$OUT/wrapped.json"
jump
many
finish
