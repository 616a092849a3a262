/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs of boot.bpf.c write into their ring buffer: drivers being
 * probed, deferred and loaded. Rare things, so each is an event of its own.
 *
 * Programs, maps and the ring buffer are pinned by whoever starts recording
 * first (the initramfs, a unit early in boot, or the daemon), and read by the
 * daemon; nothing has to live through switch-root.
 */
#ifndef GPUWATCH_BPF_ABI_BOOT_RECORDS_H
#define GPUWATCH_BPF_ABI_BOOT_RECORDS_H

#include <linux/types.h>

#define GW_BOOT_LAYOUT_VERSION 1
#define GW_BOOT_NAME_SIZE 64 /* of devices, drivers, modules, functions; cut to fit */
#define GW_BOOT_RING_BYTES (4 << 20)

enum gw_boot_event_type {
	GW_BOOT_NONE = 0,
	/* subject = function, other = module or "" (from kmsg and trace events only) */
	GW_BOOT_INITCALL_BEGIN,
	GW_BOOT_INITCALL_END, /* result */
	/* subject = device, other = driver */
	GW_BOOT_PROBE_BEGIN,   /* really_probe() entered */
	GW_BOOT_PROBE_END,     /* result: what the driver's probe returned, duration_ns where known */
	GW_BOOT_DEFER,	       /* put on the deferred list; other = "" */
	GW_BOOT_DEFER_REASON,  /* other = the reason's text as the kernel gives it */
	GW_BOOT_UNDEFER,       /* taken off the deferred list because it has bound */
	GW_BOOT_DEFER_RETRY,   /* its turn in a run of the deferred list (our patches only) */
	GW_BOOT_DEFER_TRIGGER, /* all deferred devices are to be tried again; subject "" */
	GW_BOOT_DEFER_EXTEND,  /* the timeout begins anew; result: seconds, 0 = not known */
	GW_BOOT_DEFER_TIMEOUT, /* the deferred-probe timeout has expired; subject "" */
	GW_BOOT_SUPPLIER_WAIT, /* probe put off: a device link's supplier has not bound; other = supplier or "" */
	GW_BOOT_LINK_ADD,      /* subject = consumer, other = supplier, flags = DL_FLAG_* */
	GW_BOOT_UNBIND,	       /* driver removed from device */
	/* subject = module */
	GW_BOOT_MODULE_BEGIN,	/* its init function begins */
	GW_BOOT_MODULE_END,	/* result, 0 = live */
	GW_BOOT_MODULE_FREE,	/* removed again */
	GW_BOOT_MODULE_REQUEST, /* the kernel asks user space for a module: subject = what it asks for */
	GW_BOOT_SYMBOL_REQUEST, /* symbol_request(): subject = symbol */
	/* subject = device */
	GW_BOOT_IOMMU_PROBE, /* result of iommu_probe_device() */
	GW_BOOT_IOMMU_GROUP, /* added to a group: result = its number */
	GW_BOOT_OF_XLATE,    /* an IOMMU was named for it by firmware: other = IOMMU device or "", result */
	/* From the kernel log only. subject = device */
	GW_BOOT_FIRMWARE_MISSING, /* a file of firmware could not be loaded: other = its name, result */
	GW_BOOT_COMPONENT_BIND,	  /* a part of an aggregate device: other = the part, result */
	GW_BOOT_AGGREGATE_BIND,	  /* of the aggregate device itself: other = driver, result */
	GW_BOOT_RESOURCE_BUSY,	  /* a BAR that is somebody else's: other = the kernel's words */
	GW_BOOT_DRM_MINOR,	  /* has become a DRM device: other = driver, result = minor */
	GW_BOOT_KFD_SKIPPED,	  /* subject = "VENDOR:DEVICE", other = why */
	GW_BOOT_SYMBOL_MISSING,	  /* subject = module, other = symbol */
	GW_BOOT_ROOT_WAIT,	  /* the root file system's device is not there: other = it; subject "" */
	GW_BOOT_ROOT_MOUNTED,	  /* a file system with firmware and modules is there; subject "" */
	GW_BOOT_GIVEN_UP,	  /* its driver reports that it does not come up: subject = device, other = driver */
	GW_BOOT_NOT_PROBED,	  /* subject = driver: so many devices of its own (result) are another driver's */
	GW_BOOT_FIRMWARE_ERROR,	  /* its driver reports as an error that it did not get a file: other = its name */
	GW_BOOT_FIRMWARE_LOADED,  /* its driver got a file after all: other = its name without a directory */
	GW_BOOT_EVENT_TYPES
};

#define GW_BOOT_F_CUT (1u << 0)	    /* a name did not fit */
#define GW_BOOT_F_NO_WAIT (1u << 1) /* MODULE_REQUEST: does not wait for user space */
#define GW_BOOT_F_ASYNC (1u << 2)   /* PROBE_BEGIN: on an async worker */
#define GW_BOOT_F_GUEST (1u << 3)   /* RESOURCE_BUSY: for a guest, of a device that is bound already */
#define GW_BOOT_F_ENGINES (1u << 4) /* GIVEN_UP: the device comes up, but its driver does not use its engines */
#define GW_BOOT_F_UNTIMED (1u << 5) /* of a text: the line has no time in front; not kept */

struct gw_boot_record {
	__u64 sequence; /* counts up from 0 over all CPUs: a gap is a loss */
	__u64 time_ns;	/* CLOCK_MONOTONIC */
	__u64 object;	/* struct device, struct module or 0: ties events of one subject together */
	__u64 flags;	/* GW_BOOT_F_*; LINK_ADD: DL_FLAG_* of kernel-constants.h */
	__u32 type;	/* enum gw_boot_event_type */
	__u32 pid;	/* thread that did it */
	__s32 result;	/* by type; negative errno where it is one */
	__u32 reserved;
	char comm[16];
	char subject[GW_BOOT_NAME_SIZE];
	char other[GW_BOOT_NAME_SIZE];
	char bus[16]; /* device events: dev_bus_name(), "" = none */
};

/* Addresses of variables and functions of the kernel that the programs look for; 0 = it has none. Set by user space. */
struct gw_boot_symbols {
	__u64 pending_list;    /* deferred_probe_pending_list */
	__u64 timeout_work;    /* deferred_probe_timeout_work */
	__u64 timeout_seconds; /* driver_deferred_probe_timeout */
	__u64 async_run_entry_fn;
	__u64 of_fwnode_ops;
};
#define GW_BOOT_SYMBOLS_SECTION ".rodata.symbols"

/* Counters in the programs' memory, mapped by user space. */
struct gw_boot_counters {
	__u64 sequence;	  /* of the next record; written by all CPUs */
	__u64 dropped;	  /* records that did not fit the ring buffer */
	__u64 started_ns; /* CLOCK_MONOTONIC when recording began, by user space */
};

#endif
