/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drivers coming up: probes, deferrals, modules, IOMMUs. Rare things, each an
 * event of its own in a ring buffer that is read whenever somebody comes to
 * read it. What the programs attach to is in daemon/kernel/probe-table.c: each is
 * optional, and some are there twice because kernels differ.
 */
#include "bpf/lib/device.h"

#include <asm-generic/errno-base.h>

#include "bpf/abi/boot-records.h"

#define SUPPLIERS_MAX 128 /* links of a device that are looked at */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, GW_BOOT_RING_BYTES);
} boot_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct gw_boot_counters);
} boot_counters SEC(".maps");

struct module_name {
	char text[sizeof(((struct module *)0)->name)];
};

/* Modules whose init function runs: the struct module is gone when it has failed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, u64);
	__type(value, struct module_name);
} boot_modules SEC(".maps");

SEC(GW_BOOT_SYMBOLS_SECTION) const volatile struct gw_boot_symbols symbols;

/* ---- records ------------------------------------------------------------------ */

/* NULL: no room, which is counted; the number it would have had is missing then. */
static __always_inline struct gw_boot_record *record_begin(u32 type, const void *object)
{
	u32 zero = 0;
	struct gw_boot_counters *counters = bpf_map_lookup_elem(&boot_counters, &zero);
	struct gw_boot_record *record;
	u64 sequence;

	if (!counters)
		return NULL;
	record = bpf_ringbuf_reserve(&boot_events, sizeof(*record), 0);
	sequence = __sync_fetch_and_add(&counters->sequence, 1);
	if (!record) {
		__sync_fetch_and_add(&counters->dropped, 1);
		return NULL;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->sequence = sequence;
	record->time_ns = bpf_ktime_get_ns();
	record->object = (u64)object;
	record->type = type;
	record->pid = (u32)bpf_get_current_pid_tgid();
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	return record;
}

static __always_inline void copy_name(struct gw_boot_record *record, char *to, const char *from)
{
	if (bpf_probe_read_kernel_str(to, GW_BOOT_NAME_SIZE, from) == GW_BOOT_NAME_SIZE)
		record->flags |= GW_BOOT_F_CUT;
}

/* dev_bus_name() */
static __always_inline const char *bus_of(struct device *device)
{
	const struct bus_type *bus = BPF_CORE_READ(device, bus);
	const struct class *class = BPF_CORE_READ(device, class);

	if (bus)
		return BPF_CORE_READ(bus, name);
	return class ? BPF_CORE_READ(class, name) : NULL;
}

static __always_inline struct gw_boot_record *record_begin_device(u32 type, struct device *device)
{
	struct gw_boot_record *record = record_begin(type, device);

	if (!record)
		return NULL;
	copy_name(record, record->subject, device_name(device));
	bpf_probe_read_kernel_str(record->bus, sizeof(record->bus), bus_of(device));
	return record;
}

/* ---- probes ----------------------------------------------------------------------- */

static __always_inline bool on_async_worker(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct kthread *kthread;
	struct worker *worker;

	if (!(BPF_CORE_READ(task, flags) & PF_WQ_WORKER) || !symbols.async_run_entry_fn)
		return false;
	kthread = BPF_CORE_READ(task, worker_private);
	worker = BPF_CORE_READ(kthread, data);
	return (u64)BPF_CORE_READ(worker, current_func) == symbols.async_run_entry_fn;
}

static __always_inline int probe_begins(struct device *device, struct device_driver *driver)
{
	struct gw_boot_record *record = record_begin_device(GW_BOOT_PROBE_BEGIN, device);

	if (!record)
		return 0;
	copy_name(record, record->other, BPF_CORE_READ(driver, name));
	if (on_async_worker())
		record->flags |= GW_BOOT_F_ASYNC;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* really_probe() gives what the driver's probe returned as a positive number. */
static __always_inline int probe_ends(struct device *device, struct device_driver *driver, int result)
{
	struct gw_boot_record *record = record_begin_device(GW_BOOT_PROBE_END, device);

	if (!record)
		return 0;
	copy_name(record, record->other, BPF_CORE_READ(driver, name));
	record->result = result > 0 ? -result : result;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("fentry/really_probe")
int BPF_PROG(probe_begin, struct device *device, struct device_driver *driver)
{
	return probe_begins(device, driver);
}

SEC("fexit/really_probe")
int BPF_PROG(probe_end, struct device *device, struct device_driver *driver, int result)
{
	return probe_ends(device, driver, result);
}

SEC("tp_btf/driver_probe_begin")
int BPF_PROG(traced_probe_begin, struct device *device, struct device_driver *driver)
{
	return probe_begins(device, driver);
}

SEC("tp_btf/driver_probe_end")
int BPF_PROG(traced_probe_end, struct device *device, struct device_driver *driver, int result)
{
	return probe_ends(device, driver, result);
}

/* Also called for devices that have no driver. */
SEC("fentry/device_release_driver_internal")
int BPF_PROG(unbind, struct device *device)
{
	struct device_driver *driver = BPF_CORE_READ(device, driver);
	struct gw_boot_record *record;

	if (!driver)
		return 0;
	record = record_begin_device(GW_BOOT_UNBIND, device);
	if (!record)
		return 0;
	copy_name(record, record->other, BPF_CORE_READ(driver, name));
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* ---- deferral ------------------------------------------------------------------------ */

static __always_inline int device_event(u32 type, struct device *device)
{
	struct gw_boot_record *record = record_begin_device(type, device);

	if (record)
		bpf_ringbuf_submit(record, 0);
	return 0;
}

static __always_inline int plain_event(u32 type, int result)
{
	struct gw_boot_record *record = record_begin(type, NULL);

	if (!record)
		return 0;
	record->result = result;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

static __always_inline bool on_deferred_list(struct device *device)
{
	struct device_private *private = BPF_CORE_READ(device, p);
	struct list_head *entry = &private->deferred_probe;

	return private && BPF_CORE_READ(entry, next) != entry;
}

/* A kprobe, as compilers keep the body of this function apart (".part.0"), where BTF cannot name it. */
SEC("kprobe/driver_deferred_probe_add")
int BPF_KPROBE(defer, struct device *device)
{
	return on_deferred_list(device) ? 0 : device_event(GW_BOOT_DEFER, device);
}

SEC("tp_btf/driver_deferred_probe_add")
int BPF_PROG(traced_defer, struct device *device)
{
	return device_event(GW_BOOT_DEFER, device);
}

/* Called for every device that binds or goes. */
SEC("fentry/driver_deferred_probe_del")
int BPF_PROG(undefer, struct device *device)
{
	return on_deferred_list(device) ? device_event(GW_BOOT_UNDEFER, device) : 0;
}

SEC("tp_btf/driver_deferred_probe_del")
int BPF_PROG(traced_undefer, struct device *device)
{
	return device_event(GW_BOOT_UNDEFER, device);
}

SEC("tp_btf/driver_deferred_probe_retry")
int BPF_PROG(traced_retry, struct device *device)
{
	return device_event(GW_BOOT_DEFER_RETRY, device);
}

static __always_inline int reason_given(struct device *device, const char *reason)
{
	struct gw_boot_record *record;

	if (!reason)
		return 0;
	record = record_begin_device(GW_BOOT_DEFER_REASON, device);
	if (!record)
		return 0;
	copy_name(record, record->other, reason);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("fexit/device_set_deferred_probe_reason")
int BPF_PROG(defer_reason, struct device *device)
{
	return reason_given(device, BPF_CORE_READ(device, p, deferred_probe_reason));
}

SEC("tp_btf/driver_deferred_probe_reason")
int BPF_PROG(traced_defer_reason, struct device *device, const char *reason)
{
	return reason_given(device, reason);
}

/* Called whenever a device binds: only when something is waiting for that it is an event. */
SEC("kprobe/driver_deferred_probe_trigger")
int BPF_KPROBE(defer_trigger)
{
	const struct list_head *pending = (const struct list_head *)symbols.pending_list;

	if (pending && BPF_CORE_READ(pending, next) == pending)
		return 0;
	return plain_event(GW_BOOT_DEFER_TRIGGER, 0);
}

SEC("tp_btf/driver_deferred_probe_trigger")
int BPF_PROG(traced_defer_trigger, unsigned int pending)
{
	return pending ? plain_event(GW_BOOT_DEFER_TRIGGER, 0) : 0;
}

/* Called for every driver that is registered; begins anew only a timeout that has not expired. */
SEC("fentry/deferred_probe_extend_timeout")
int BPF_PROG(defer_extend)
{
	const struct delayed_work *work = (const struct delayed_work *)symbols.timeout_work;
	int seconds = 0;

	if (work && !(BPF_CORE_READ(work, work.data.counter) & WORK_STRUCT_PENDING))
		return 0;
	if (symbols.timeout_seconds)
		bpf_probe_read_kernel(&seconds, sizeof(seconds), (const void *)symbols.timeout_seconds);
	return plain_event(GW_BOOT_DEFER_EXTEND, seconds);
}

SEC("tp_btf/driver_deferred_probe_timeout_extend")
int BPF_PROG(traced_defer_extend, int seconds)
{
	return plain_event(GW_BOOT_DEFER_EXTEND, seconds);
}

SEC("fentry/deferred_probe_timeout_work_func")
int BPF_PROG(defer_timeout)
{
	return plain_event(GW_BOOT_DEFER_TIMEOUT, 0);
}

SEC("tp_btf/driver_deferred_probe_timeout")
int BPF_PROG(traced_defer_timeout)
{
	return plain_event(GW_BOOT_DEFER_TIMEOUT, 0);
}

/* ---- suppliers ------------------------------------------------------------------------- */

/* A firmware node's name: of the device that was made from it, else its own. */
static __always_inline const char *fwnode_name(struct fwnode_handle *fwnode)
{
	struct device *device = BPF_CORE_READ(fwnode, dev);

	if (device)
		return device_name(device);
	if (symbols.of_fwnode_ops && (u64)BPF_CORE_READ(fwnode, ops) == symbols.of_fwnode_ops)
		return BPF_CORE_READ(container_of(fwnode, struct device_node, fwnode), full_name);
	return NULL;
}

/* The first supplier that has no device yet, as fwnode_links_check_suppliers() finds it. */
static __always_inline const char *missing_fwnode(struct device *device)
{
	struct fwnode_handle *fwnode = BPF_CORE_READ(device, fwnode);
	struct list_head *head = &fwnode->suppliers, *first;

	if (!fwnode)
		return NULL;
	first = BPF_CORE_READ(head, next);
	if (!first || first == head)
		return NULL;
	return fwnode_name(BPF_CORE_READ(container_of(first, struct fwnode_link, c_hook), supplier));
}

/* The first supplier that has not bound, as device_links_check_suppliers() finds it. */
static __always_inline const char *missing_supplier(struct device *device)
{
	struct list_head *head = &device->links.suppliers, *entry = BPF_CORE_READ(head, next);

	for (int i = 0; i < SUPPLIERS_MAX && entry && entry != head; i++) {
		struct device_link *link = container_of(entry, struct device_link, c_node);
		u32 flags = BPF_CORE_READ(link, flags);

		if ((flags & DL_FLAG_MANAGED) && !(flags & DL_FLAG_SYNC_STATE_ONLY) &&
		    BPF_CORE_READ(link, status) != DL_STATE_AVAILABLE)
			return device_name(BPF_CORE_READ(link, supplier));
		entry = BPF_CORE_READ(entry, next);
	}
	return NULL;
}

static __always_inline int supplier_waited_for(struct device *device, const char *supplier)
{
	struct gw_boot_record *record = record_begin_device(GW_BOOT_SUPPLIER_WAIT, device);

	if (!record)
		return 0;
	if (supplier)
		copy_name(record, record->other, supplier);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("fexit/device_links_check_suppliers")
int BPF_PROG(supplier_wait, struct device *device, int result)
{
	const char *supplier;

	if (result != -EPROBE_DEFER)
		return 0;
	supplier = missing_fwnode(device);
	return supplier_waited_for(device, supplier ? supplier : missing_supplier(device));
}

SEC("tp_btf/device_link_supplier_wait")
int BPF_PROG(traced_supplier_wait, struct device *device, struct device_link *link)
{
	return supplier_waited_for(device, device_name(BPF_CORE_READ(link, supplier)));
}

SEC("tp_btf/device_link_fwnode_wait")
int BPF_PROG(traced_fwnode_wait, struct device *device, const char *supplier)
{
	const char *name = missing_fwnode(device);

	/* The event has the node's path. */
	return supplier_waited_for(device, name ? name : supplier);
}

SEC("fexit/device_link_add")
int BPF_PROG(link_add, struct device *consumer, struct device *supplier, u32 flags, struct device_link *link)
{
	struct gw_boot_record *record;

	if (!link)
		return 0;
	record = record_begin_device(GW_BOOT_LINK_ADD, consumer);
	if (!record)
		return 0;
	copy_name(record, record->other, device_name(supplier));
	record->flags = BPF_CORE_READ(link, flags);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* ---- modules --------------------------------------------------------------------------- */

SEC("fentry/do_init_module")
int BPF_PROG(module_begin, struct module *module)
{
	struct gw_boot_record *record;
	struct module_name name = {};
	u64 key = (u64)module;

	bpf_probe_read_kernel_str(name.text, sizeof(name.text), &module->name);
	bpf_map_update_elem(&boot_modules, &key, &name, BPF_ANY);
	record = record_begin(GW_BOOT_MODULE_BEGIN, module);
	if (!record)
		return 0;
	copy_name(record, record->subject, name.text);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("fexit/do_init_module")
int BPF_PROG(module_end, struct module *module, int result)
{
	u64 key = (u64)module;
	struct module_name *name = bpf_map_lookup_elem(&boot_modules, &key);
	struct gw_boot_record *record;

	record = record_begin(GW_BOOT_MODULE_END, module);
	if (record) {
		if (name)
			copy_name(record, record->subject, name->text);
		record->result = result;
		bpf_ringbuf_submit(record, 0);
	}
	bpf_map_delete_elem(&boot_modules, &key);
	return 0;
}

SEC("tp_btf/module_free")
int BPF_PROG(module_free, struct module *module)
{
	struct gw_boot_record *record = record_begin(GW_BOOT_MODULE_FREE, module);

	if (!record)
		return 0;
	copy_name(record, record->subject, (const char *)&module->name);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("tp_btf/module_request")
int BPF_PROG(module_request, const char *name, bool wait)
{
	struct gw_boot_record *record = record_begin(GW_BOOT_MODULE_REQUEST, NULL);

	if (!record)
		return 0;
	copy_name(record, record->subject, name);
	if (!wait)
		record->flags |= GW_BOOT_F_NO_WAIT;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("fentry/__symbol_get")
int BPF_PROG(symbol_request, const char *symbol)
{
	struct gw_boot_record *record = record_begin(GW_BOOT_SYMBOL_REQUEST, NULL);

	if (!record)
		return 0;
	copy_name(record, record->subject, symbol);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* ---- IOMMU -------------------------------------------------------------------------------- */

/* -ENODEV says only that no IOMMU is there for the device, and says it for every device. */
static __always_inline int iommu_probed(struct device *device, int result)
{
	struct gw_boot_record *record;

	if (result == -ENODEV)
		return 0;
	record = record_begin_device(GW_BOOT_IOMMU_PROBE, device);
	if (!record)
		return 0;
	record->result = result;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("fexit/__iommu_probe_device")
int BPF_PROG(iommu_probe, struct device *device, void *groups, int result)
{
	return iommu_probed(device, result);
}

SEC("fexit/iommu_probe_device")
int BPF_PROG(iommu_probe_hotplug, struct device *device, int result)
{
	return iommu_probed(device, result);
}

SEC("tp_btf/add_device_to_group")
int BPF_PROG(iommu_group, int group, struct device *device)
{
	struct gw_boot_record *record = record_begin_device(GW_BOOT_IOMMU_GROUP, device);

	if (!record)
		return 0;
	record->result = group;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

static __always_inline int iommu_named(struct device *device, const char *name, int result)
{
	struct gw_boot_record *record = record_begin_device(GW_BOOT_OF_XLATE, device);

	if (!record)
		return 0;
	if (name)
		copy_name(record, record->other, name);
	record->result = result;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("fexit/of_iommu_xlate")
int BPF_PROG(of_xlate, struct device *device, struct of_phandle_args *iommu, int result)
{
	struct device_node *node = BPF_CORE_READ(iommu, np);

	return iommu_named(device, node ? fwnode_name(&node->fwnode) : NULL, result);
}

/* Where of_iommu_xlate() is part of its caller; called again for each further stream of the same IOMMU. */
SEC("fentry/iommu_fwspec_init")
int BPF_PROG(of_xlate_spec, struct device *device, struct fwnode_handle *iommu)
{
	return iommu_named(device, fwnode_name(iommu), 0);
}

char LICENSE[] SEC("license") = "GPL";
