#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The order of virtio-iommu's driver and radeon's in one boot of a kernel of our own that has no IOMMUv2 any more, on a machine
# whose card is behind a virtio-iommu: by the kernel's own account and events, and what gpuwatch says about it.
#
# usage: boots-deferred.sh shipped|reversed|patched
#
# shipped:  as Linux 7.2 is: the GPUs' drivers come after that of the IOMMU by the order of linking alone
# reversed: linked the other way round: they come first, and the card is deferred until its IOMMU is there
# patched:  they are late initcalls, one level after the IOMMU's
#
# The kernel was started with initcall_debug trace_event=initcall:*,driver_core:* trace_clock=global.
. /cases/lib.sh

TRACING=/sys/kernel/tracing

# In which order the kernel called them, by initcall_debug.
called() {
	dmesg | sed -nE 's/.*calling  (pci_iommu_init|virtio_iommu_drv_init|radeon_module_init|amdgpu_init)\+.*/\1/p' | tr '\n' ' '
}

# The level of an initcall, by its symbol: 6 device, 7 late, rootfs; see __define_initcall() of linux/init.h.
level() {
	sed -nE "s/.* __initcall__kmod_.*_$1(.|rootfs)\$/\1/p" /kernel/System.map
}

has_log() {
	dmesg | grep -q "$1"
}

# card EVENT [FIELDS]: how often the kernel traced it for the card.
card() {
	grep -c " $1: .*dev=$CARD.*${2:-}" /tmp/trace
}

check_machine() {
	check "the card is behind the virtio-iommu" [ -e "/sys/bus/pci/devices/$CARD/iommu_group" ]
	check "radeon drives it" has_log "Initialized radeon .* on minor"
	check "AMD's and Intel's IOMMUs cannot come too late" [ "$(level pci_iommu_init)" = rootfs ]
	# What these drivers made of the machine: the same in all three boots.
	{
		ls /sys/kernel/iommu_groups/*/devices /sys/class/iommu
		ls -d /sys/bus/pci/drivers/*/0000:*
		cat /sys/class/kfd/kfd/topology/nodes/*/properties /sys/class/kfd/kfd/topology/system_properties
	} >"$OUT/machine" 2>&1
}

# order FUNCTIONS LEVELS: as the kernel called them; virtio-iommu's, radeon's, amdgpu's.
order() {
	check "the kernel called them in this order: $1" [ "$(called)" = "pci_iommu_init $1 " ]
	check "at levels $2" [ "$(level virtio_iommu_drv_init)$(level radeon_module_init)$(level amdgpu_init)" = "$2" ]
}

# deferred COUNT: the card was deferred so often, and probed once more.
deferred() {
	check "the card was deferred $1 times" [ "$(card driver_deferred_probe_add)" -eq "$1" ]
	check "and its probe begun once more" [ "$(card driver_probe_begin drv=radeon)" -eq $(($1 + 1)) ]
}

settled() {
	gpuwatch-cli probe-order --json >"$OUT/probe-order.json"
	jq -e '.summary.initcalls > 100' "$OUT/probe-order.json" >/dev/null
}

mount | grep -q ' /sys/kernel/tracing ' || mount -t tracefs tracefs $TRACING
echo 0 >$TRACING/tracing_on
cat $TRACING/trace >/tmp/trace
CARD=$(cd /sys/bus/pci/drivers/radeon && echo 0000:*)
check_machine
case $1 in
	shipped) order "virtio_iommu_drv_init radeon_module_init amdgpu_init" 666; deferred 0 ;;
	reversed) order "radeon_module_init amdgpu_init virtio_iommu_drv_init" 666; deferred 1 ;;
	patched) order "virtio_iommu_drv_init radeon_module_init amdgpu_init" 677; deferred 0 ;;
esac
START_SECONDS=120
start_daemon --no-pin || exit 1
check "gpuwatch has the boot" wait_until 30 settled
gpuwatch-cli probe-order >"$OUT/probe-order.txt"
check "the evidence of this boot can be saved" gpuwatch-cli probe-order --save="$OUT/boot.jsonl"
check "gpuwatch has all deferrals of the card" [ "$(jq -r --arg card "$CARD" '.event? // empty |
	select(.type == "defer" and .subject == $card) | 1' "$OUT/boot.jsonl" | wc -l)" -eq "$(card driver_deferred_probe_add)" ]
check "and reports no loss" [ "$(jq '[.reports[] | select(.class != "initcall-order")] | length' "$OUT/probe-order.json")" -eq 0 ]
stop_daemon
verdict
