#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Drives the drivers of a patched kernel with all of its trace events on, and counts the events.
#
# usage: kernel-events.sh 6.1|7.2
#
# The machine has an AMD IOMMU, an emulated RV100, QEMU's PCI test device and its shared memory.
#
# Leaves in /out: events, all of the systems' events, SYSTEM NAME per line; counts, STAGE SYSTEM NAME COUNT per line.
. /cases/lib.sh

TRACING=/sys/kernel/tracing
SERIES=$1
SYSTEMS="amdgpu amdkfd dma_fence driver_core drm gpu_scheduler radeon"
case $SERIES in
	6.1) SYSTEMS="$SYSTEMS amd_iommu_v2" ;;
	*) SYSTEMS="$SYSTEMS amd_iommu drm_gpusvm iommu mmu_notifier ttm" ;;
esac

list_events() {
	for system in $SYSTEMS; do
		[ -d "$TRACING/events/$system" ] || continue
		for event in "$TRACING/events/$system"/*/; do
			event=${event%/}
			echo "$system ${event##*/}"
		done
	done
}

start_tracing() {
	echo 16384 >$TRACING/buffer_size_kb
	for system in $SYSTEMS; do
		[ -d "$TRACING/events/$system" ] || continue
		echo 1 >"$TRACING/events/$system/enable" || fail "the events of $system can be switched on"
	done
	echo >$TRACING/trace
}

# A line of the buffer is COMM-PID [CPU] FLAGS TIME: EVENT: FIELDS; a comm may hold blanks, but no ": ".
count_events() {
	awk -v stage="$1" -v list="$OUT/events" '
		BEGIN { while ((getline line <list) > 0) { split(line, f, " "); system_of[f[2]] = f[1] } }
		/^#/ { next }
		{
			n = split($0, part, ": ")
			if (n > 1 && part[2] in system_of)
				count[part[2]]++
		}
		END { for (name in count) print stage, system_of[name], name, count[name] }' $TRACING/trace >>"$OUT/counts"
}

lost_events() {
	awk '/^(overrun|dropped events):/ { n += $NF } END { print n + 0 }' $TRACING/per_cpu/cpu*/stats
}

# stage NAME CMD...: runs it and counts the events that it brings.
stage() {
	stage_name=$1
	shift
	echo >$TRACING/trace
	check "$stage_name" "$@"
	count_events "$stage_name"
	check "$stage_name: no event was lost" [ "$(lost_events)" -eq 0 ]
}

# Takes a driver from a device and gives it back.
rebind() {
	echo "$2" >"/sys/bus/pci/drivers/$1/unbind" && echo "$2" >"/sys/bus/pci/drivers/$1/bind"
}

# The last device stays deferred; the kernel gives up after deferred_probe_timeout.
driver_core() {
	echo driver-core >/sys/kernel/debug/gwdrive || return
	wait_until 90 given_up
}

given_up() {
	dmesg | grep -q "gwdrive-consumer.3: deferred probe pending"
}

address_of() {
	for device in "/sys/bus/pci/drivers/$1"/0000:*; do
		echo "${device##*/}"
	done
}

run_stages() {
	radeon=$(address_of radeon)
	stage module insmod /kernel/gwdrive.ko
	stage driver-core driver_core
	stage fences sh -c 'echo fences >/sys/kernel/debug/gwdrive'
	stage sched sh -c 'echo sched >/sys/kernel/debug/gwdrive'
	stage hazards hazards
	stage sw-sync drive sw-sync
	stage vgem drive vgem
	stage vkms drive vkms
	[ "$SERIES" = 6.1 ] || stage syncobj drive syncobj
	[ "$SERIES" = 6.1 ] || stage kunit kunit
	stage radeon drive radeon
	stage iommu iommu
	if [ -c /dev/kfd ]; then
		stage amdgpu drive amdgpu
		# Without a GPU in its topology it can be opened in 6.1 only.
		[ "$SERIES" = 6.1 ] || stage kfd-gpu-add sh -c 'echo "kfd-device add" >/sys/kernel/debug/gwdrive'
		# One of them opens it. They leave all events off.
		check selftests selftests
		start_tracing
		stage kfd drive kfd
		stage kfd-memory drive kfd-memory
		stage kfd-gpu drive kfd-gpu
		sleep 1
		stage kfd-gpu-remove sh -c 'echo "kfd-device remove" >/sys/kernel/debug/gwdrive'
	fi
	stage radeon-rebind rebind radeon "$radeon"
	[ "$SERIES" != 6.1 ] || stage amdgpu-defer defer_amdgpu
	[ ! -c /dev/kfd ] || stage amdgpu-probe probe_amdgpu
}

# Each rule once inside of a section, and none outside.
hazards() {
	echo "hazards outside" >/sys/kernel/debug/gwdrive || return
	! grep -q " dma_fence_hazard: " $TRACING/trace || return
	echo "hazards inside" >/sys/kernel/debug/gwdrive || return
	for rule in wait mmap_lock dma_resv reclaim; do
		[ "$(grep -c " dma_fence_hazard: .*rule=$rule " $TRACING/trace)" -ge 1 ] || return
	done
}

# unit_tests GLOB MODULE: those suites and tests of a module, or suite.test, that a pattern names.
unit_tests() {
	printf %s "$1" >/sys/module/kunit/parameters/filter_glob && modprobe "$2" && rmmod "$2"
}

# The kernel's own tests, which 6.1 does not have for what its series touches; without those that make events by the 100,000.
kunit() {
	modprobe kunit || return
	unit_tests "drm_sched_basic*" drm_sched_tests || return
	unit_tests "dma-buf-*.test_[!fw]*" dmabuf_kunit || return
	unit_tests "*" platform_device_test || return
	unit_tests "*" root_device_test || return
	dmesg | grep "^\[[ .0-9]*\] *\(not \)\?ok [0-9]" >"$OUT/kunit"
	! grep "not ok" "$OUT/kunit" && [ "$(grep -c "\] ok" "$OUT/kunit")" -ge 10 ]
}

iommu() {
	if [ "$SERIES" = 6.1 ]; then drive iommu; else echo iommu >/sys/kernel/debug/gwdrive; fi
}

# The selftests that the series adds: each must have passed, and none been left out.
selftests() {
	(cd /selftests && ./ftracetest -l "$OUT/selftests" test.d/gpu) >"$OUT/selftests.log"
	set -- /selftests/test.d/gpu/*.tc
	[ "$(grep -c "\[PASS\]$" "$OUT/selftests.log")" -eq $# ] || { cat "$OUT/selftests.log"; return 1; }
}

deferred() {
	grep -q "^$1.*$2" /sys/kernel/debug/devices_deferred
}

# An APU that is found before amd_iommu_v2_init(), with QEMU's shared memory in its place (20016 is Raven): it is deferred.
defer_amdgpu() {
	device=$(cd /sys/bus/pci/devices && grep -l 0x1110 ./*/device | cut -d/ -f2)
	echo "iommu early" >/sys/kernel/debug/gwdrive || return
	echo "1af4 1110 ffffffff ffffffff 0 0 20016" >/sys/bus/pci/drivers/amdgpu/new_id
	deferred "$device" "IOMMUv2 is not initialised yet" || return
	# The module has checked that it is not deferred later; what becomes of an APU without registers is not asked.
	echo "1af4 1110" >/sys/bus/pci/drivers/amdgpu/remove_id
	echo "iommu late" >/sys/kernel/debug/gwdrive
}

# QEMU's shared memory in the place of registers: amdgpu takes it for a Southern Islands card (3 is Oland), which has no
# BIOS, and gives up.
probe_amdgpu() {
	echo "1af4 1110 ffffffff ffffffff 0 0 3" >/sys/bus/pci/drivers/amdgpu/new_id
	dmesg | grep -q "amdgpu 0000:.*: Fatal error during GPU init"
}

# A module in kernels whose own drivers do not use it.
modprobe gpu_sched
: >"$OUT/counts"
list_events >"$OUT/events"
start_tracing
run_stages
verdict
