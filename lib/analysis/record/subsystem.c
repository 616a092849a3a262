/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of modules, and of how functions of what is built in begin. */
#include "lib/analysis/record/subsystem.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct subsystem_row {
	const char *pattern; /* ends with '*': whatever begins so; begins with one: whatever ends so */
	enum gw_subsystem_kind kind;
	const char *name; /* NULL = the module's own */
	bool generic;
};

static const struct subsystem_row subsystem_modules[] = {
	{ "drm*", GW_SUBSYSTEM_GPU, "drm", true },
	{ "ttm", GW_SUBSYSTEM_GPU, "drm", true },
	{ "gpu_sched", GW_SUBSYSTEM_GPU, "drm", true },
	{ "amdgpu", GW_SUBSYSTEM_GPU, NULL, false },
	{ "amdkfd", GW_SUBSYSTEM_GPU, "amdgpu", false },
	{ "amdttm", GW_SUBSYSTEM_GPU, "amdgpu", false },
	{ "amd_sched", GW_SUBSYSTEM_GPU, "amdgpu", false },
	{ "amdkcl", GW_SUBSYSTEM_GPU, "amdgpu", false },
	{ "nvidia*", GW_SUBSYSTEM_GPU, "nvidia", false },
	{ "radeon", GW_SUBSYSTEM_GPU, NULL, false },
	{ "nouveau", GW_SUBSYSTEM_GPU, NULL, false },
	{ "i915", GW_SUBSYSTEM_GPU, NULL, false },
	{ "xe", GW_SUBSYSTEM_GPU, NULL, false },
	{ "msm", GW_SUBSYSTEM_GPU, NULL, false },
	{ "vc4", GW_SUBSYSTEM_GPU, NULL, false },
	{ "v3d", GW_SUBSYSTEM_GPU, NULL, false },
	{ "panfrost", GW_SUBSYSTEM_GPU, NULL, false },
	{ "panthor", GW_SUBSYSTEM_GPU, NULL, false },
	{ "lima", GW_SUBSYSTEM_GPU, NULL, false },
	{ "etnaviv", GW_SUBSYSTEM_GPU, NULL, false },
	{ "powervr", GW_SUBSYSTEM_GPU, NULL, false },
	{ "asahi", GW_SUBSYSTEM_GPU, NULL, false },
	{ "virtio_gpu", GW_SUBSYSTEM_GPU, NULL, false },
	{ "vmwgfx", GW_SUBSYSTEM_GPU, NULL, false },
	{ "qxl", GW_SUBSYSTEM_GPU, NULL, false },
	{ "bochs", GW_SUBSYSTEM_GPU, NULL, false },
	{ "ast", GW_SUBSYSTEM_GPU, NULL, false },
	{ "mgag200", GW_SUBSYSTEM_GPU, NULL, false },
	{ "vkms", GW_SUBSYSTEM_GPU, NULL, false },
	{ "vgem", GW_SUBSYSTEM_GPU, NULL, false },
	{ "*drm", GW_SUBSYSTEM_GPU, NULL, false },
	{ "gma500_gfx", GW_SUBSYSTEM_GPU, NULL, false },
	{ "habanalabs", GW_SUBSYSTEM_GPU, NULL, false },
	{ "intel_vpu", GW_SUBSYSTEM_GPU, NULL, false },
	{ "amdxdna", GW_SUBSYSTEM_GPU, NULL, false },
	{ "kvmgt", GW_SUBSYSTEM_GPU, "i915", false },
	{ "mali*", GW_SUBSYSTEM_GPU, "mali", false },
	{ "nvgpu", GW_SUBSYSTEM_GPU, NULL, false },
	{ "nvmap", GW_SUBSYSTEM_GPU, "nvgpu", false },
	{ "msm_kgsl", GW_SUBSYSTEM_GPU, "kgsl", false },
	{ "galcore", GW_SUBSYSTEM_GPU, NULL, false },
	{ "loongson", GW_SUBSYSTEM_GPU, NULL, false },
	{ "evdi", GW_SUBSYSTEM_GPU, NULL, false },
	{ "udl", GW_SUBSYSTEM_GPU, NULL, false },
	{ "gud", GW_SUBSYSTEM_GPU, NULL, false },
	{ "pvrsrvkm", GW_SUBSYSTEM_GPU, "powervr", false },
	{ "vboxvideo", GW_SUBSYSTEM_GPU, NULL, false },
	{ "nfs*", GW_SUBSYSTEM_NFS, "nfs", false },
	{ "sunrpc", GW_SUBSYSTEM_NFS, "nfs", false },
	{ "rpcrdma", GW_SUBSYSTEM_NFS, "nfs", false },
	{ "lockd", GW_SUBSYSTEM_NFS, "nfs", false },
	{ "cifs", GW_SUBSYSTEM_NFS, NULL, false },
	{ "9p*", GW_SUBSYSTEM_NFS, "9p", false },
	{ "ceph", GW_SUBSYSTEM_NFS, NULL, false },
	{ "libceph", GW_SUBSYSTEM_NFS, "ceph", false },
	{ "lustre", GW_SUBSYSTEM_NFS, NULL, false },
	{ "fuse", GW_SUBSYSTEM_FUSE, NULL, false },
	{ "ext4", GW_SUBSYSTEM_FILE_SYSTEM, NULL, false },
	{ "jbd2", GW_SUBSYSTEM_FILE_SYSTEM, "ext4", false },
	{ "xfs", GW_SUBSYSTEM_FILE_SYSTEM, NULL, false },
	{ "btrfs", GW_SUBSYSTEM_FILE_SYSTEM, NULL, false },
	{ "zfs", GW_SUBSYSTEM_FILE_SYSTEM, NULL, false },
	{ "spl", GW_SUBSYSTEM_FILE_SYSTEM, "zfs", false },
	{ "f2fs", GW_SUBSYSTEM_FILE_SYSTEM, NULL, false },
	{ "bcachefs", GW_SUBSYSTEM_FILE_SYSTEM, NULL, false },
	{ "overlay", GW_SUBSYSTEM_FILE_SYSTEM, NULL, false },
	{ "ocfs2*", GW_SUBSYSTEM_FILE_SYSTEM, "ocfs2", false },
	{ "gfs2", GW_SUBSYSTEM_FILE_SYSTEM, NULL, false },
	{ "nvme*", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "dm_*", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "md_mod", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "raid*", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "virtio_blk", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "loop", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "scsi_mod", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "libata", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "mpt3sas", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "megaraid_sas", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "nbd", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "rbd", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "drbd", GW_SUBSYSTEM_BLOCK, NULL, false },
	{ "mmc*", GW_SUBSYSTEM_BLOCK, "mmc", false },
	{ "usb*", GW_SUBSYSTEM_USB, NULL, false },
	{ "xhci*", GW_SUBSYSTEM_USB, NULL, false },
	{ "uas", GW_SUBSYSTEM_USB, NULL, false },
	{ "r8152", GW_SUBSYSTEM_USB, NULL, false },
	{ "cdc_*", GW_SUBSYSTEM_USB, NULL, false },
	{ "thunderbolt", GW_SUBSYSTEM_USB, NULL, false },
	{ "dwc2", GW_SUBSYSTEM_USB, NULL, false },
	{ "dwc3", GW_SUBSYSTEM_USB, NULL, false },
	{ "uvcvideo", GW_SUBSYSTEM_USB, NULL, false },
	{ "virtio_net", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "vhost_net", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "cfg80211", GW_SUBSYSTEM_NETWORK, "wifi", false },
	{ "mac80211", GW_SUBSYSTEM_NETWORK, "wifi", false },
	{ "iwlwifi", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "iwlmvm", GW_SUBSYSTEM_NETWORK, "iwlwifi", false },
	{ "ath9k*", GW_SUBSYSTEM_NETWORK, "ath9k", false },
	{ "ath10k*", GW_SUBSYSTEM_NETWORK, "ath10k", false },
	{ "ath11k*", GW_SUBSYSTEM_NETWORK, "ath11k", false },
	{ "ath12k*", GW_SUBSYSTEM_NETWORK, "ath12k", false },
	{ "mt76*", GW_SUBSYSTEM_NETWORK, "mt76", false },
	{ "rtw*", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "brcm*", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "igb", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "igc", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "ixgbe", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "i40e", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "ice", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "e1000*", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "r8169", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "mlx5_*", GW_SUBSYSTEM_NETWORK, "mlx5", false },
	{ "bnxt_en", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "tg3", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "bonding", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "8021q", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "wireguard", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "bluetooth", GW_SUBSYSTEM_NETWORK, NULL, false },
	{ "btusb", GW_SUBSYSTEM_NETWORK, "bluetooth", false },
};

/* Functions of what is built in; and, before the module is looked at, of the kernel itself. */
static const struct subsystem_row subsystem_functions[] = {
	{ "dma_fence*", GW_SUBSYSTEM_GPU, "drm", true },
	{ "dma_resv*", GW_SUBSYSTEM_GPU, "drm", true },
	{ "dma_buf*", GW_SUBSYSTEM_GPU, "drm", true },
	{ "sync_file*", GW_SUBSYSTEM_GPU, "drm", true },
	{ "sync_timeline*", GW_SUBSYSTEM_GPU, "sw_sync", true },
	{ "sw_sync*", GW_SUBSYSTEM_GPU, "sw_sync", true },
	{ "drm_*", GW_SUBSYSTEM_GPU, "drm", true },
	{ "ttm_*", GW_SUBSYSTEM_GPU, "drm", true },
	{ "amdgpu_*", GW_SUBSYSTEM_GPU, "amdgpu", false },
	{ "amdkfd_*", GW_SUBSYSTEM_GPU, "amdgpu", false },
	{ "kfd_*", GW_SUBSYSTEM_GPU, "amdgpu", false },
	{ "svm_range_*", GW_SUBSYSTEM_GPU, "amdgpu", false },
	{ "radeon_*", GW_SUBSYSTEM_GPU, "radeon", false },
	{ "i915_*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "intel_gt*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "intel_guc*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "intel_uc*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "intel_atomic*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "intel_engine*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "intel_context*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "intel_wedge*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "intel_display*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "__i915_*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "__intel_gt*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "intel_vgpu*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "intel_gvt*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "xe_*", GW_SUBSYSTEM_GPU, "xe", false },
	{ "nouveau_*", GW_SUBSYSTEM_GPU, "nouveau", false },
	{ "nv50_*", GW_SUBSYSTEM_GPU, "nouveau", false },
	{ "nvkm_*", GW_SUBSYSTEM_GPU, "nouveau", false },
	{ "virtio_gpu*", GW_SUBSYSTEM_GPU, "virtio_gpu", false },
	{ "vmw_*", GW_SUBSYSTEM_GPU, "vmwgfx", false },
	{ "qxl_*", GW_SUBSYSTEM_GPU, "qxl", false },
	{ "vkms_*", GW_SUBSYSTEM_GPU, "vkms", false },
	{ "vgem_*", GW_SUBSYSTEM_GPU, "vgem", false },
	{ "msm_gem*", GW_SUBSYSTEM_GPU, "msm", false },
	{ "msm_gpu*", GW_SUBSYSTEM_GPU, "msm", false },
	{ "msm_ioctl*", GW_SUBSYSTEM_GPU, "msm", false },
	{ "msm_atomic*", GW_SUBSYSTEM_GPU, "msm", false },
	{ "msm_job*", GW_SUBSYSTEM_GPU, "msm", false },
	{ "adreno_*", GW_SUBSYSTEM_GPU, "msm", false },
	{ "dpu_*", GW_SUBSYSTEM_GPU, "msm", false },
	{ "vc4_*", GW_SUBSYSTEM_GPU, "vc4", false },
	{ "v3d_*", GW_SUBSYSTEM_GPU, "v3d", false },
	{ "panfrost_*", GW_SUBSYSTEM_GPU, "panfrost", false },
	{ "panthor_*", GW_SUBSYSTEM_GPU, "panthor", false },
	{ "etnaviv_*", GW_SUBSYSTEM_GPU, "etnaviv", false },
	{ "lima_*", GW_SUBSYSTEM_GPU, "lima", false },
	{ "pvr_*", GW_SUBSYSTEM_GPU, "powervr", false },
	{ "host1x_*", GW_SUBSYSTEM_GPU, "tegra", false },
	{ "tegra_drm_*", GW_SUBSYSTEM_GPU, "tegra", false },
	{ "rockchip_drm_*", GW_SUBSYSTEM_GPU, "rockchip", false },
	{ "exynos_drm_*", GW_SUBSYSTEM_GPU, "exynos", false },
	{ "mtk_drm_*", GW_SUBSYSTEM_GPU, "mediatek", false },
	{ "mgag200_*", GW_SUBSYSTEM_GPU, "mgag200", false },
	{ "bochs_*", GW_SUBSYSTEM_GPU, "bochs", false },
	{ "a5xx_*", GW_SUBSYSTEM_GPU, "msm", false },
	{ "a6xx_*", GW_SUBSYSTEM_GPU, "msm", false },
	{ "mdp5_*", GW_SUBSYSTEM_GPU, "msm", false },
	{ "__intel_display*", GW_SUBSYSTEM_GPU, "i915", false },
	{ "nvkms_*", GW_SUBSYSTEM_GPU, "nvidia", false },
	{ "nvgpu_*", GW_SUBSYSTEM_GPU, "nvgpu", false },
	{ "gk20a_*", GW_SUBSYSTEM_GPU, "nvgpu", false },
	{ "kgsl_*", GW_SUBSYSTEM_GPU, "kgsl", false },
	{ "kbase_*", GW_SUBSYSTEM_GPU, "mali", false },
	{ "mali_*", GW_SUBSYSTEM_GPU, "mali", false },
	{ "nfs_*", GW_SUBSYSTEM_NFS, "nfs", false },
	{ "nfs4_*", GW_SUBSYSTEM_NFS, "nfs", false },
	{ "nfs3_*", GW_SUBSYSTEM_NFS, "nfs", false },
	{ "rpc_*", GW_SUBSYSTEM_NFS, "nfs", false },
	{ "nfsd*", GW_SUBSYSTEM_NFS, "nfs", false },
	{ "xprt_*", GW_SUBSYSTEM_NFS, "nfs", false },
	{ "cifs_*", GW_SUBSYSTEM_NFS, "cifs", false },
	{ "smb2_*", GW_SUBSYSTEM_NFS, "cifs", false },
	{ "ceph_*", GW_SUBSYSTEM_NFS, "ceph", false },
	{ "p9_*", GW_SUBSYSTEM_NFS, "9p", false },
	{ "v9fs_*", GW_SUBSYSTEM_NFS, "9p", false },
	{ "fuse_*", GW_SUBSYSTEM_FUSE, "fuse", false },
	{ "request_wait_answer", GW_SUBSYSTEM_FUSE, "fuse", false },
	{ "ext4_*", GW_SUBSYSTEM_FILE_SYSTEM, "ext4", false },
	{ "jbd2_*", GW_SUBSYSTEM_FILE_SYSTEM, "ext4", false },
	{ "jbd2__*", GW_SUBSYSTEM_FILE_SYSTEM, "ext4", false },
	{ "kjournald2", GW_SUBSYSTEM_FILE_SYSTEM, "ext4", false },
	{ "start_this_handle", GW_SUBSYSTEM_FILE_SYSTEM, "ext4", false },
	{ "xfs_*", GW_SUBSYSTEM_FILE_SYSTEM, "xfs", false },
	{ "xlog_*", GW_SUBSYSTEM_FILE_SYSTEM, "xfs", false },
	{ "btrfs_*", GW_SUBSYSTEM_FILE_SYSTEM, "btrfs", false },
	{ "wait_current_trans", GW_SUBSYSTEM_FILE_SYSTEM, "btrfs", false },
	{ "fanotify_*", GW_SUBSYSTEM_FILE_SYSTEM, "fanotify", false },
	{ "f2fs_*", GW_SUBSYSTEM_FILE_SYSTEM, "f2fs", false },
	{ "zfs_*", GW_SUBSYSTEM_FILE_SYSTEM, "zfs", false },
	{ "wb_wait_for_completion", GW_SUBSYSTEM_FILE_SYSTEM, "writeback", false },
	{ "exit_aio", GW_SUBSYSTEM_FILE_SYSTEM, "aio", false },
	{ "grab_super", GW_SUBSYSTEM_FILE_SYSTEM, "mount", false },
	{ "wb_writeback", GW_SUBSYSTEM_FILE_SYSTEM, "writeback", false },
	{ "fsnotify_*", GW_SUBSYSTEM_FILE_SYSTEM, "fsnotify", false },
	{ "freeze_super", GW_SUBSYSTEM_FILE_SYSTEM, "freeze", false },
	{ "__sb_start_write", GW_SUBSYSTEM_FILE_SYSTEM, "freeze", false },
	{ "mnt_want_write*", GW_SUBSYSTEM_FILE_SYSTEM, "freeze", false },
	{ "blk_*", GW_SUBSYSTEM_BLOCK, "block", false },
	{ "blkdev_*", GW_SUBSYSTEM_BLOCK, "block", false },
	{ "submit_bio*", GW_SUBSYSTEM_BLOCK, "block", false },
	{ "bio_*", GW_SUBSYSTEM_BLOCK, "block", false },
	{ "get_request_wait", GW_SUBSYSTEM_BLOCK, "block", false },
	{ "generic_make_request", GW_SUBSYSTEM_BLOCK, "block", false },
	{ "nvme_*", GW_SUBSYSTEM_BLOCK, "nvme", false },
	{ "scsi_*", GW_SUBSYSTEM_BLOCK, "scsi", false },
	{ "ata_*", GW_SUBSYSTEM_BLOCK, "ata", false },
	{ "md_*", GW_SUBSYSTEM_BLOCK, "md", false },
	{ "dm_table*", GW_SUBSYSTEM_BLOCK, "dm", false },
	{ "lo_ioctl", GW_SUBSYSTEM_BLOCK, "loop", false },
	{ "__loop_*", GW_SUBSYSTEM_BLOCK, "loop", false },
	{ "mmc_*", GW_SUBSYSTEM_BLOCK, "mmc", false },
	{ "__mmc_*", GW_SUBSYSTEM_BLOCK, "mmc", false },
	{ "nbd_*", GW_SUBSYSTEM_BLOCK, "nbd", false },
	{ "wbt_*", GW_SUBSYSTEM_BLOCK, "block", false },
	{ "rq_qos_wait", GW_SUBSYSTEM_BLOCK, "block", false },
	{ "kswapd*", GW_SUBSYSTEM_MEMORY, "reclaim", false },
	{ "balance_pgdat", GW_SUBSYSTEM_MEMORY, "reclaim", false },
	{ "shrink_*", GW_SUBSYSTEM_MEMORY, "reclaim", false },
	{ "do_shrink_slab", GW_SUBSYSTEM_MEMORY, "reclaim", false },
	{ "do_try_to_free_pages", GW_SUBSYSTEM_MEMORY, "reclaim", false },
	{ "try_to_free_pages", GW_SUBSYSTEM_MEMORY, "reclaim", false },
	{ "throttle_direct_reclaim", GW_SUBSYSTEM_MEMORY, "reclaim", false },
	{ "reclaim_throttle", GW_SUBSYSTEM_MEMORY, "reclaim", false },
	{ "mem_cgroup_*", GW_SUBSYSTEM_MEMORY, "memcg", false },
	{ "compact_*", GW_SUBSYSTEM_MEMORY, "compaction", false },
	{ "kcompactd*", GW_SUBSYSTEM_MEMORY, "compaction", false },
	{ "migrate_pages*", GW_SUBSYSTEM_MEMORY, "migration", false },
	{ "khugepaged*", GW_SUBSYSTEM_MEMORY, "khugepaged", false },
	{ "swap_readpage", GW_SUBSYSTEM_MEMORY, "swap", false },
	{ "swap_writepage", GW_SUBSYSTEM_MEMORY, "swap", false },
	{ "ksm_*", GW_SUBSYSTEM_MEMORY, "ksm", false },
	{ "__refrigerator", GW_SUBSYSTEM_FREEZER, "freezer", false },
	{ "usb_*", GW_SUBSYSTEM_USB, "usb", false },
	{ "xhci_*", GW_SUBSYSTEM_USB, "xhci", false },
	{ "hub_event", GW_SUBSYSTEM_USB, "usb", false },
	{ "rtl8152_*", GW_SUBSYSTEM_USB, "r8152", false },
	{ "rtnetlink_*", GW_SUBSYSTEM_NETWORK, "rtnetlink", false },
	{ "rtnl_*", GW_SUBSYSTEM_NETWORK, "rtnetlink", false },
	{ "__rtnl_*", GW_SUBSYSTEM_NETWORK, "rtnetlink", false },
	{ "netlink_*", GW_SUBSYSTEM_NETWORK, "netlink", false },
	{ "__netlink_*", GW_SUBSYSTEM_NETWORK, "netlink", false },
	{ "dev_ioctl", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "dev_ethtool", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "sock_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "__sock_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "inet_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "inet6_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "ip_mc_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "addrconf_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "mdiobus_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "linkwatch_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "napi_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "synchronize_net", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "copy_net_ns", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "cleanup_net", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "lock_sock*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "__lock_sock", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "tcp_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "nl80211_*", GW_SUBSYSTEM_NETWORK, "wifi", false },
	{ "net_*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "register_netdev*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "unregister_netdev*", GW_SUBSYSTEM_NETWORK, "network", false },
	{ "cfg80211_*", GW_SUBSYSTEM_NETWORK, "wifi", false },
	{ "ieee80211_*", GW_SUBSYSTEM_NETWORK, "wifi", false },
	{ "i2c_*", GW_SUBSYSTEM_BUS, "i2c", false },
	{ "__i2c_*", GW_SUBSYSTEM_BUS, "i2c", false },
	{ "lpi2c_*", GW_SUBSYSTEM_BUS, "i2c", false },
	{ "spi_*", GW_SUBSYSTEM_BUS, "spi", false },
	{ "clk_*", GW_SUBSYSTEM_BUS, "clock", false },
	{ "gpiod_*", GW_SUBSYSTEM_BUS, "gpio", false },
	{ "regulator_*", GW_SUBSYSTEM_BUS, "regulator", false },
	{ "pm_suspend*", GW_SUBSYSTEM_POWER, "suspend", false },
	{ "control_store", GW_SUBSYSTEM_POWER, "runtime PM", false },
	{ "autosuspend_delay_ms_store", GW_SUBSYSTEM_POWER, "runtime PM", false },
	{ "dpm_*", GW_SUBSYSTEM_POWER, "suspend", false },
	{ "acpi_*", GW_SUBSYSTEM_POWER, "acpi", false },
};

/* Most patterns differ in their first letter already: each frame of a stack is held against hundreds of them. */
static bool subsystem_fits(const char *pattern, const char *text)
{
	size_t length, text_length;

	if (pattern[0] != text[0] && pattern[0] != '*')
		return false;
	length = strlen(pattern);
	text_length = strlen(text);
	if (pattern[0] == '*')
		return text_length >= length && strcmp(text + text_length - length + 1, pattern + 1) == 0;
	if (pattern[length - 1] == '*')
		return strncmp(text, pattern, length - 1) == 0;
	return strcmp(pattern, text) == 0;
}

static struct gw_subsystem subsystem_find(const struct subsystem_row *rows, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (subsystem_fits(rows[i].pattern, text))
			return (struct gw_subsystem){ rows[i].kind, rows[i].name ? rows[i].name : text,
						      rows[i].generic };
	return (struct gw_subsystem){ GW_SUBSYSTEM_UNKNOWN, "", false };
}

struct gw_subsystem gw_subsystem_of(const char *function, const char *module)
{
	struct gw_subsystem found;

	if (!*module)
		return subsystem_find(subsystem_functions, COUNT(subsystem_functions), function);
	found = subsystem_find(subsystem_modules, COUNT(subsystem_modules), module);
	if (found.kind != GW_SUBSYSTEM_UNKNOWN)
		return found;
	found = subsystem_find(subsystem_functions, COUNT(subsystem_functions), function);
	/* A module that takes part in DRM without a name of that kind is seen by what it calls. */
	if (found.kind != GW_SUBSYSTEM_UNKNOWN && found.kind != GW_SUBSYSTEM_GPU) {
		found.name = module;
		return found;
	}
	return (struct gw_subsystem){ GW_SUBSYSTEM_OTHER, module, false };
}

struct gw_subsystem gw_subsystem_of_symbol(const struct gw_snapshot *snapshot, const struct gw_symbol_record *symbol)
{
	struct gw_subsystem found = gw_subsystem_of(symbol->name, symbol->module);

	if (found.kind == GW_SUBSYSTEM_OTHER && gw_snapshot_module_is_gpu(snapshot, symbol->module))
		return (struct gw_subsystem){ GW_SUBSYSTEM_GPU, symbol->module, false };
	return found;
}

/* The innermost function that shows it; but of a GPU rather the driver's than DRM's. */
struct gw_subsystem gw_subsystem_of_task(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	struct gw_subsystem found = { GW_SUBSYSTEM_UNKNOWN, "", false };

	for (uint32_t i = 0; !(task->flags & GW_TASK_F_ON_CPU) && i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);
		struct gw_subsystem frame = symbol ? gw_subsystem_of_symbol(snapshot, symbol) : found;

		if (found.kind == GW_SUBSYSTEM_UNKNOWN)
			found = frame;
		else if (found.kind == GW_SUBSYSTEM_GPU && found.generic && frame.kind == GW_SUBSYSTEM_GPU)
			found = frame;
	}
	return found;
}

static bool subsystem_has_word(const char *function, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(function, words[i]))
			return true;
	return false;
}

bool gw_subsystem_resets(const char *function)
{
	static const char *const words[] = { "reset",	 "recover",	 "timedout", "hang_detect", "set_wedged",
					     "wedge_me", "handle_error", "_tdr",     "hangcheck" };

	return subsystem_has_word(function, words, COUNT(words));
}

bool gw_subsystem_item_resets(const char *function)
{
	return gw_subsystem_resets(function) || strstr(function, "timeout");
}

const char *gw_subsystem_kind_name(enum gw_subsystem_kind kind)
{
	static const char *const names[GW_SUBSYSTEM_KINDS] = {
		[GW_SUBSYSTEM_UNKNOWN] = "unknown",
		[GW_SUBSYSTEM_GPU] = "gpu",
		[GW_SUBSYSTEM_NFS] = "network-file-system",
		[GW_SUBSYSTEM_FUSE] = "fuse",
		[GW_SUBSYSTEM_FILE_SYSTEM] = "file-system",
		[GW_SUBSYSTEM_BLOCK] = "block",
		[GW_SUBSYSTEM_MEMORY] = "memory",
		[GW_SUBSYSTEM_FREEZER] = "freezer",
		[GW_SUBSYSTEM_USB] = "usb",
		[GW_SUBSYSTEM_NETWORK] = "network",
		[GW_SUBSYSTEM_BUS] = "bus",
		[GW_SUBSYSTEM_POWER] = "power",
		[GW_SUBSYSTEM_OTHER] = "other",
	};

	return names[kind];
}
