/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel as the programs see it: only the members that they use, moved to
 * where the running kernel has them by CO-RE relocation. This is the one place
 * that knows differences between kernel versions: a type that changed has a
 * flavor (libbpf ignores everything from "___" on), with what changed it.
 *
 * Types that live in modules are not here: without CAP_SYS_ADMIN a module's
 * BTF cannot be opened for relocation. Their offsets come from user space, see
 * struct gw_layout in shared.h.
 */
#ifndef GPUWATCH_BPF_LIB_KERNEL_H
#define GPUWATCH_BPF_LIB_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>

/* Makes bpf_tracing.h use the kernel's own names of the registers. */
#define __VMLINUX_H__
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/abi/kernel-constants.h"

typedef __u8 u8;
typedef __s8 s8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define LONG_MAX __LONG_MAX__

#undef container_of
#define container_of(address, type, member) ((type *)((char *)(address)-bpf_core_field_offset(type, member)))

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

struct thread_struct {
	unsigned long sp;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
	u64 pstate;
};

struct pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
	u64 pstate;
	s32 syscallno;
};

struct cpu_context {
	unsigned long sp;
};

struct thread_struct {
	struct cpu_context cpu_context;
};
#else
#error "say here how this architecture saves registers"
#endif

/* ---- tasks ---------------------------------------------------------------- */

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct sched_entity {
	u64 exec_start;
	u64 sum_exec_runtime;
};

struct mutex;

/* arm64 keeps preempt_count here. */
struct thread_info {
	u32 cpu;
	int preempt_count;
};

/* clock is sched_clock(); clock_task leaves out the time of interrupts and that which a hypervisor took. */
struct rq {
	struct task_struct *curr;
	u64 clock;
	u64 clock_task;
};

/* The kernel's sigset_t: a struct without a name. */
struct signal_set {
	unsigned long sig[1];
};

struct sigpending {
	struct signal_set signal;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	struct sched_entity se;
	struct mm_struct *mm;
	int exit_state;
	int pid;
	int tgid;
	void *worker_private;
	u64 utime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	u64 start_time;
	char comm[16];
	struct css_set *cgroups;
	struct sigpending pending;
	struct signal_set blocked;
	struct signal_struct *signal;
	struct thread_struct thread;
};

/* 7.2 made on_cpu an u8. */
struct task_struct___on_cpu_int {
	int on_cpu;
};

struct task_struct___on_cpu_u8 {
	u8 on_cpu;
};

/* 6.15, commit e711faaafbe5 ("hung_task: replace blocker_mutex with encoded blocker"). */
struct task_struct___blocker {
	unsigned long blocker;
};

/* Proxy execution, 6.17: the mutex that a task is blocked on, without that option, too. */
struct task_struct___blocked_on {
	struct mutex *blocked_on;
};

struct kthread {
	int (*threadfn)(void *);
	void *data;
};

struct hlist_node {
	struct hlist_node **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

struct timer_list {
	struct hlist_node entry;
	unsigned long expires; /* in jiffies */
	void (*function)(struct timer_list *timer);
};

/* A wheel of a CPU: the buckets, and one bit for each that has timers. */
struct timer_base {
	unsigned long pending_map[9];
	struct hlist_head vectors[576];
};

/* On the stack of a task in schedule_timeout(), unless the timeout is infinite. */
struct process_timer {
	struct timer_list timer;
	struct task_struct *task;
};

/* Begins with the root of its tree, up to 7.0 as a timerqueue_head. */
struct timerqueue_linked_head {
	struct rb_root_linked {
	} rb_root;
};

struct hrtimer_clock_base {
	int clockid;
	struct timerqueue_linked_head active;
};

struct hrtimer_cpu_base {
	struct hrtimer_clock_base clock_base[8];
};

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

/* Begins with its node. */
struct hrtimer {
	s64 _softexpires; /* in ns of the clock of its base */
	void *function;
	struct hrtimer_clock_base *base;
	u8 state; /* 0 = not queued */
};

/* 7.1 has this in the place of state. */
struct hrtimer___queued {
	bool is_queued;
};

/* The same in schedule_hrtimeout(). */
struct hrtimer_sleeper {
	struct hrtimer timer;
	struct task_struct *task;
};

/* A POSIX timer. The member that links it is one of a list_head up to 6.11, and then of a hlist_head: both begin with the next one. */
struct k_itimer {
	struct list_head list;
	int it_clock;
	int it_sigev_notify;
	union {
		struct {
			struct hrtimer timer;
		} real;
	} it;
};

struct posix_cputimers {
	unsigned int timers_active;
};

/* Of a process. */
struct signal_struct {
	int nr_threads;
	struct list_head posix_timers;
	struct hrtimer real_timer;
	struct posix_cputimers posix_cputimers;
	struct sigpending shared_pending;
};

struct bpf_iter_meta;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

/*
 * Per-CPU preempt_count on x86: a variable of its own up to 6.1 and again since
 * 6.15 (commit 46e8fff6d45f); from 6.2 (64701838bf05) to 6.14 in struct pcpu_hot.
 */
struct pcpu_hot {
	int preempt_count;
};

/* include/linux/preempt.h */
#define SOFTIRQ_OFFSET 0x100 /* set while a softirq is served, not while they are merely disabled */
#define HARDIRQ_NMI_MASK 0xff0000

/* ---- fences --------------------------------------------------------------- */

/* 7.0 put other flags before SIGNALED: values are relocated, too. */
enum dma_fence_flag_bits {
	DMA_FENCE_FLAG_SIGNALED_BIT,
	DMA_FENCE_FLAG_ENABLE_SIGNAL_BIT = 2,
};

struct dma_fence;

struct dma_fence_ops {
	const char *(*get_driver_name)(struct dma_fence *);
	const char *(*get_timeline_name)(struct dma_fence *);
	bool (*signaled)(struct dma_fence *);
};

/* On 7.x ops becomes NULL when a fence without ->wait and ->release is signalled. */
struct dma_fence {
	const struct dma_fence_ops *ops;
	u64 context;
	u64 seqno;
	unsigned long flags;
	int error;
	struct list_head cb_list;
};

struct dma_fence_cb {
	struct list_head node;
};

struct dma_fence_array {
	struct dma_fence base;
	unsigned int num_fences;
	atomic_t num_pending;
	struct dma_fence **fences;
};

struct dma_fence_chain {
	struct dma_fence base;
	struct dma_fence *prev;
	u64 prev_seqno;
	struct dma_fence *fence;
};

struct dma_resv_list {
	u32 num_fences;
	struct dma_fence *table[0];
};

struct dma_resv {
	struct dma_resv_list *fences;
};

struct dma_buf {
	struct dma_resv *resv;
};

struct sync_file {
	struct dma_fence *fence;
};

struct file {
	void *private_data;
};

struct poll_table_struct;

struct poll_wqueues {
	struct task_struct *polling_task;
	int inline_index;
};

/* ---- locks ---------------------------------------------------------------- */

typedef struct {
	s64 counter;
} atomic_long_t;

struct mutex {
	atomic_long_t owner;
};

struct rw_semaphore {
	atomic_long_t count;
	atomic_long_t owner;
};

struct rcuwait {
	struct task_struct *task;
};

struct percpu_rw_semaphore {
	unsigned int *read_count; /* of each CPU */
	struct rcuwait writer;
};

struct rt_mutex_base {
	struct task_struct *owner;
};

/* PREEMPT_RT: what an rwsem is, and what its contention events name (kernel/locking/rwbase_rt.c). */
struct rwbase_rt {
	atomic_t readers;
	struct rt_mutex_base rtmutex;
};

#define RWBASE_WRITER_BIAS (1 << 30)  /* of readers: held for writing */
#define RWBASE_READER_BIAS (1U << 31) /* no writer waits */

struct semaphore {
	unsigned int count;
};

/* 6.16, commit 194a9b9e843b ("hung_task: show the blocker task if the task is hung on semaphore"), with its option. */
struct semaphore___last_holder {
	unsigned long last_holder;
};

#define LOCK_OWNER_FLAGS 7UL /* low bits of a mutex' or rwsem's owner */
#define RWSEM_WRITER_LOCKED 1UL
#define RWSEM_READER_SHIFT 8

/* ---- memory ----------------------------------------------------------------- */

struct mmu_notifier_range {
	struct mm_struct *mm;
};

struct mmu_interval_notifier {
	struct mm_struct *mm;
};

/* ---- work queues ------------------------------------------------------------ */

struct work_struct {
	atomic_long_t data;
	struct list_head entry;
	void (*func)(struct work_struct *work);
};

struct kthread_worker {
	struct list_head work_list;
	struct list_head delayed_work_list;
	struct task_struct *task;
	struct kthread_work *current_work;
};

struct kthread_work {
	void (*func)(struct kthread_work *work);
	struct kthread_worker *worker;
};

struct kthread_delayed_work {
	struct kthread_work work;
	struct timer_list timer;
};

struct delayed_work {
	struct work_struct work;
	struct timer_list timer;
};

struct clocksource {
	u32 mult;
	u32 shift;
};

struct worker_pool {
	int cpu; /* of an unbound one -1 */
	int node;
	struct list_head worklist;
	int nr_workers;
	int nr_idle;
	struct worker *manager;
};

struct workqueue_struct {
	struct list_head pwqs;
	char name[24]; /* 32 since 6.9: what is read is what fits both */
	unsigned int flags;
	struct worker *rescuer;
};

struct pool_workqueue {
	struct worker_pool *pool;
	struct workqueue_struct *wq;
	int nr_active;
	struct list_head inactive_works;
	struct list_head pwqs_node;
};

/* Moved to the work queue by 6.9, commit 5797b1c18919 ("workqueue: Implement system-wide nr_active enforcement"). */
struct pool_workqueue___max_active {
	int max_active;
};

struct wq_node_nr_active {
	int max;
	atomic_t nr;
};

/* That commit also counts an unbound queue's active items per node, the last entry being for items of no node. */
struct workqueue_struct___max_active {
	int max_active;
	struct wq_node_nr_active *node_nr_active[0];
};

struct worker {
	struct work_struct *current_work;
	void (*current_func)(struct work_struct *work);
	struct pool_workqueue *current_pwq;
	struct task_struct *task;
};

#define WQ_UNBOUND 0x2 /* workqueue_struct.flags */

/* include/linux/workqueue.h: the low bits of work->data; one bit more of flags with DEBUG_OBJECTS_WORK */
#define WORK_STRUCT_PENDING 0x1UL
#define WORK_STRUCT_INACTIVE 0x2UL
#define WORK_STRUCT_PWQ 0x4UL
#define WORK_STRUCT_PWQ_FLAGS 0xffUL

/* ---- devices and drivers ------------------------------------------------------ */

struct kobject {
	const char *name;
};

struct bus_type {
	const char *name;
};

struct class
{
	const char *name;
};

struct module {
	char name[56]; /* MODULE_NAME_LEN */
};

struct klist {
	struct list_head k_list;
};

struct driver_private {
	struct klist klist_devices;
};

struct device_driver {
	const char *name;
	struct module *owner;
	struct driver_private *p;
};

struct device_private {
	struct list_head deferred_probe;
	char *deferred_probe_reason;
};

struct dev_links_info {
	struct list_head suppliers;
};

struct fwnode_operations;

struct fwnode_handle {
	const struct fwnode_operations *ops;
	struct device *dev;
	struct list_head suppliers;
};

struct fwnode_link {
	struct fwnode_handle *supplier;
	struct list_head c_hook;
};

/* Kernels without CONFIG_OF have it, too. */
struct device_node {
	const char *full_name;
	struct fwnode_handle fwnode;
};

struct of_phandle_args {
	struct device_node *np;
};

enum rpm_status {
	RPM_INVALID = -1, /* the others are in kernel-constants.h */
};

struct dev_pm_info {
	enum rpm_status runtime_status;
};

struct device {
	struct kobject kobj;
	struct dev_pm_info power;
	struct device_private *p;
	const char *init_name;
	const struct bus_type *bus;
	const struct class *class;
	struct device_driver *driver;
	struct fwnode_handle *fwnode;
	struct dev_links_info links;
};

/* include/linux/device.h */
enum device_link_state {
	DL_STATE_AVAILABLE = 1,
};

struct device_link {
	struct device *supplier;
	struct device *consumer;
	struct list_head c_node;
	enum device_link_state status;
	u32 flags;
};

/* ---- page requests of devices ---------------------------------------------------- */

struct iommu_fault_page_request {
	u32 flags;
	u32 pasid;
	u64 addr;
};

/* Up to 6.8 the request is in a union. */
struct iommu_fault {
	struct iommu_fault_page_request prm;
};

struct iopf_fault {
	struct iommu_fault fault;
};

struct iommu_domain {
	unsigned int type;
	struct mm_struct *mm; /* of a domain of that type only */
};

struct iommu_attach_handle {
	struct iommu_domain *domain;
};

struct iommu_fault_param {
	struct device *dev;
};

struct iopf_group {
	struct iopf_fault last_fault;
	struct work_struct work;
	struct iommu_attach_handle *attach_handle;
	struct iommu_fault_param *fault_param;
};

/* Up to 6.8; 6.9 put fault_param in its place, and 6.11 added attach_handle. */
struct iopf_group___dev {
	struct device *dev;
};

/* drivers/iommu/amd/iommu_v2.c, until it went in 6.7; only where it is built in. */
struct pci_dev {
	struct device dev;
};

struct device_state {
	struct pci_dev *pdev;
};

struct fault {
	struct work_struct work;
	struct device_state *dev_state;
	struct mm_struct *mm;
	u64 address;
	u32 pasid;
};

/* With CONFIG_MEMCG. */
struct mm_struct___owner {
	struct task_struct *owner;
};

#pragma clang attribute pop

#define IOMMU_FAULT_PAGE_REQUEST_PASID_VALID 0x1 /* iommu_fault_page_request.flags */
#define IOMMU_DOMAIN_SVA 0x10			 /* iommu_domain.type */

extern struct pcpu_hot pcpu_hot __ksym __weak;
extern int __preempt_count __ksym __weak;
extern const struct rq runqueues __ksym __weak;
extern const struct timer_base timer_bases[2] __ksym __weak; /* how many of them: struct gw_layout */
extern const struct hrtimer_cpu_base hrtimer_bases __ksym __weak;

static __always_inline bool fence_flag(unsigned long flags, int bit)
{
	return flags & (1UL << bit);
}

#define FENCE_SIGNALED bpf_core_enum_value(enum dma_fence_flag_bits, DMA_FENCE_FLAG_SIGNALED_BIT)
#define FENCE_ENABLED bpf_core_enum_value(enum dma_fence_flag_bits, DMA_FENCE_FLAG_ENABLE_SIGNAL_BIT)

#endif
