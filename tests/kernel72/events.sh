#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# In the guest: takes the patched modules instead of the stock ones, switches on the events that the series adds to them,
# drives them, and leaves in /out: events, SYSTEM NAME per event that is there; counts, NAME COUNT per event that fired.
set -e
TRACING=/sys/kernel/tracing
OUT=/out

watch() {
	for system; do
		for event in "$TRACING/events/$system"/*/; do
			event=${event%/}
			echo "$system ${event##*/}" >>$OUT/events
		done
		echo 1 >"$TRACING/events/$system/enable"
	done
}

count() {
	sed -n '/^#/d; s/^.*[0-9]\.[0-9]*: \([a-z0-9_]*\): .*/\1/p' $TRACING/trace | sort | uniq -c |
		awk '{ print $2, $1 }' >>$OUT/counts
	echo >$TRACING/trace
}

# The display that is unbound, bound again, and pulled out.
drive_radeon() {
	device=$(basename "$(echo /sys/bus/pci/drivers/radeon/0000:*)")
	echo "$device" >/sys/bus/pci/drivers/radeon/unbind
	echo "$device" >/sys/bus/pci/drivers/radeon/bind
	echo 1 >"/sys/bus/pci/devices/$device/remove"
	[ ! -e "/sys/bus/pci/devices/$device" ]
}

grep -q " $TRACING " /proc/mounts || mount -t tracefs none $TRACING
mkdir -p $OUT
# modprobe finds the patched modules first.
modprobe gpu_sched
watch drm gpu_scheduler
modprobe gwdrive72
count
modprobe vgem
modprobe radeon
watch radeon
drive_radeon
count
if grep -q "/amdgpu.ko:" "/lib/modules/$(uname -r)/modules.dep"; then
	modprobe amdgpu
	watch amdgpu amdkfd
	[ -c /dev/kfd ]
	count
fi
