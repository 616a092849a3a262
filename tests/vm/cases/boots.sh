#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The order of the AMD IOMMU's and GPU's drivers in one boot of a kernel of our own, by the kernel's own account, and what
# gpuwatch says about it.
#
# usage: boots.sh shipped|reversed|patched
#
# shipped:  as Linux 6.1 is: the GPUs' drivers come after IOMMUv2 by the order of linking alone
# reversed: linked the other way round: they come first
# patched:  they are late initcalls, one level after IOMMUv2
. /cases/lib.sh

CONSUMER=amdgpu_init
SUPPLIER=amd_iommu_v2_init

# In which order the kernel called them, by initcall_debug.
called() {
	dmesg | sed -nE 's/.*calling  (pci_iommu_init|amd_iommu_v2_init|radeon_module_init|amdgpu_init)\+.*/\1/p' | tr '\n' ' '
}

# The level of an initcall, the last character of its symbol: 6 device, 7 late; see __define_initcall() of linux/init.h.
level() {
	sed -nE "s/.* __initcall__kmod_.*_$1(.)\$/\1/p" /kernel/System.map
}

# The moment at which the kernel log says that an initcall began or ended: at BEGIN|END FUNCTION, in seconds.
at() {
	case $1 in
	begin) dmesg | sed -nE "s/^\[ *([0-9.]+)\] calling  $2\+.*/\1/p" ;;
	end) dmesg | sed -nE "s/^\[ *([0-9.]+)\] initcall $2\+.* returned 0 after .*/\1/p" ;;
	esac
}

has_log() {
	dmesg | grep -q "$1"
}

# Each of the four works, in whatever order they came.
check_drivers() {
	check "IOMMUv1 is there" has_log "AMD-Vi: Extended features"
	check "IOMMUv2 is there" has_log "AMD-Vi: AMD IOMMUv2 loaded and initialized"
	check "radeon drives the card" has_log "Initialized radeon .* on minor"
	check "KFD is there" [ -c /dev/kfd ]
	check "KFD's topology has the CPUs" grep -qx "cpu_cores_count 2" /sys/class/kfd/kfd/topology/nodes/0/properties
	# What these drivers made of the machine: the same in all three boots, see boots-verify.
	{
		ls /sys/kernel/iommu_groups/*/devices /sys/class/iommu
		ls -d /sys/bus/pci/drivers/*/0000:*
		cat /sys/class/kfd/kfd/topology/nodes/*/properties /sys/class/kfd/kfd/topology/system_properties
	} >"$OUT/machine" 2>&1
}

# Reports about the pair.
about_pair() {
	jq -c --arg consumer $CONSUMER --arg supplier $SUPPLIER '[.reports[] | select(
		([.nodes[].name] | index($consumer)) and ([.nodes[].name] | index($supplier)))]' "$OUT/probe-order.json"
}

# pair FILTER: what is true of the only report about the pair.
pair() {
	about_pair | jq -e "length == 1 and (.[0] | $1)" >/dev/null
}

# Within a millisecond of what the kernel log says: field NAME, seconds.
same_time() {
	about_pair | jq -e --argjson true_s "$2" ".[0].probe_order.$1 / 1e9 - \$true_s | fabs < 0.001" >/dev/null
}

check_times() {
	check "it began when the kernel log says" same_time begin_ns "$(at begin $CONSUMER)"
	check "and ended" same_time end_ns "$(at end $CONSUMER)"
	check "what it needs began when the kernel log says" same_time supplier_begin_ns "$(at begin $SUPPLIER)"
	check "and was ready" same_time supplier_ready_ns "$(at end $SUPPLIER)"
}

check_shipped() {
	check "the kernel called IOMMUv2 first" \
		[ "$(called)" = "pci_iommu_init amd_iommu_v2_init radeon_module_init amdgpu_init " ]
	check "both are of one level" [ "$(level $SUPPLIER)$(level $CONSUMER)$(level radeon_module_init)" = 666 ]
	check "gpuwatch reports the order as fragile" pair '.class == "initcall-order" and .confidence == "proven" and
		.probe_order.effect == "fragile" and .probe_order.begin_ns >= .probe_order.supplier_ready_ns and
		(.summary | test("comes after .* only because of the order of linking"))'
	check_times
}

check_reversed() {
	check "the kernel called IOMMUv2 last" \
		[ "$(called)" = "pci_iommu_init radeon_module_init amdgpu_init amd_iommu_v2_init " ]
	check "both are of one level" [ "$(level $SUPPLIER)$(level $CONSUMER)$(level radeon_module_init)" = 666 ]
	check "gpuwatch reports that the order is wrong" pair '.class == "initcall-order" and .confidence == "proven" and
		.probe_order.begin_ns < .probe_order.supplier_begin_ns and
		(.summary | test("was initialised before .* which it needs"))'
	check_times
}

check_patched() {
	check "the kernel called IOMMUv2 first" \
		[ "$(called)" = "pci_iommu_init amd_iommu_v2_init radeon_module_init amdgpu_init " ]
	check "the GPUs' drivers are one level later" [ "$(level $SUPPLIER)$(level $CONSUMER)$(level radeon_module_init)" = 677 ]
	check "gpuwatch has nothing to say" [ "$(jq -c '[.reports[] | .class]' "$OUT/probe-order.json")" = "[]" ]
	check "but shows both" shown
}

# shellcheck disable=SC2016 # jq's variables
shown() {
	jq -e --arg consumer $CONSUMER --arg supplier $SUPPLIER '
		[.rows[] | tostring] | (any(contains($consumer)) and any(contains($supplier)))' "$OUT/probe-order.json" >/dev/null
}

settled() {
	gpuwatch-cli probe-order --json >"$OUT/probe-order.json"
	echo $? >"$OUT/code"
	# jq -e is content with nothing.
	[ -s "$OUT/probe-order.json" ] && jq -e '.summary.initcalls > 100' "$OUT/probe-order.json" >/dev/null
}

check_drivers
START_SECONDS=120
start_daemon --no-pin || exit 1
check "gpuwatch has the boot" wait_until 30 settled
"check_$1"
# No GPU of this machine needs IOMMUv2, so that nothing can be lost; see kernel-patches/README.md.
check "nothing was lost here" [ "$(cat "$OUT/code")" = 0 ]
gpuwatch-cli probe-order >"$OUT/probe-order.txt"
check "the evidence of this boot can be saved" gpuwatch-cli probe-order --save="$OUT/boot.jsonl"
stop_daemon
verdict
