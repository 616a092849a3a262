// SPDX-License-Identifier: GPL-2.0
/*
 * device-page: a processor faults on memory that is a device's, and the driver waits for a job of the device before it moves the
 * page back, with the page locked; who signals the job's fence needs that page. device-page-fine: the job is late.
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/ioport.h>
#include <linux/kthread.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define LAB_NEEDS_MEMORY
#include "lab.h"

#define DEVICE_BYTES (2UL << 20)

enum device_page_variant { DEVICE_PAGE_CYCLE, DEVICE_PAGE_LATE };

struct device_page {
	struct dev_pagemap pagemap;
	struct resource *region;
	bool mapped;
	struct page *content; /* what the device's memory has */
	struct mm_struct *mm;
	unsigned long address;
	struct lab_timeline timeline;
	struct dma_fence *job;
	struct lab_actor *fault;
	struct completion warm, go;
};

/* ---- the device's memory ---- */

static void device_page_free(struct folio *folio)
{
}

/* With the page locked. The first one to fault waits for the job. */
static vm_fault_t device_page_fault(struct vm_fault *vmf)
{
	struct device_page *device = container_of(page_pgmap(vmf->page), struct device_page, pagemap);
	unsigned long source = 0, target = 0;
	struct migrate_vma move = {
		.vma = vmf->vma,
		.start = vmf->address & PAGE_MASK,
		.end = (vmf->address & PAGE_MASK) + PAGE_SIZE,
		.src = &source,
		.dst = &target,
		.pgmap_owner = device,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
		.fault_page = vmf->page,
	};
	struct page *page;

	if (device->fault && current == device->fault->task)
		lab_actor_blocks(device->fault);
	dma_fence_wait(device->job, false);
	page = alloc_page(GFP_HIGHUSER_MOVABLE);
	if (!page)
		return VM_FAULT_OOM;
	if (migrate_vma_setup(&move)) {
		__free_page(page);
		return VM_FAULT_SIGBUS;
	}
	if (source & MIGRATE_PFN_MIGRATE) {
		lock_page(page);
		copy_highpage(page, device->content);
		target = migrate_pfn(page_to_pfn(page)) | (source & MIGRATE_PFN_WRITE);
	} else {
		__free_page(page);
	}
	migrate_vma_pages(&move);
	migrate_vma_finalize(&move);
	return 0;
}

static const struct dev_pagemap_ops device_page_ops = {
	.folio_free = device_page_free,
	.migrate_to_ram = device_page_fault,
};

static int device_page_map(struct device_page *device)
{
	void *memory;

	device->content = alloc_page(GFP_KERNEL);
	if (!device->content)
		return -ENOMEM;
	device->region = request_free_mem_region(&iomem_resource, DEVICE_BYTES, LAB_DRIVER_NAME);
	if (IS_ERR(device->region)) {
		int ret = PTR_ERR(device->region);

		device->region = NULL;
		return ret;
	}
	device->pagemap.type = MEMORY_DEVICE_PRIVATE;
	device->pagemap.range.start = device->region->start;
	device->pagemap.range.end = device->region->end;
	device->pagemap.nr_range = 1;
	device->pagemap.ops = &device_page_ops;
	device->pagemap.owner = device;
	memory = memremap_pages(&device->pagemap, numa_node_id());
	if (IS_ERR(memory))
		return PTR_ERR(memory);
	device->mapped = true;
	return 0;
}

/* Moves the process's page to the device. */
static int device_page_take(struct device_page *device)
{
	unsigned long source = 0, target = 0;
	struct migrate_vma move = {
		.start = device->address,
		.end = device->address + PAGE_SIZE,
		.src = &source,
		.dst = &target,
		.pgmap_owner = device,
		.flags = MIGRATE_VMA_SELECT_SYSTEM,
	};
	struct page *page = pfn_to_page(PHYS_PFN(device->pagemap.range.start));
	int ret = -EFAULT;

	mmap_read_lock(device->mm);
	move.vma = vma_lookup(device->mm, device->address);
	if (move.vma)
		ret = migrate_vma_setup(&move);
	if (!ret) {
		if (source & MIGRATE_PFN_MIGRATE) {
			zone_device_page_init(page, &device->pagemap, 0);
			copy_highpage(device->content, migrate_pfn_to_page(source));
			target = migrate_pfn(page_to_pfn(page)) | (source & MIGRATE_PFN_WRITE);
		}
		migrate_vma_pages(&move);
		if (!(source & MIGRATE_PFN_MIGRATE))
			ret = -EBUSY;
		migrate_vma_finalize(&move);
	}
	mmap_read_unlock(device->mm);
	return ret;
}

/* Has a processor fault on it, so that it is the process's again. */
static void device_page_give_back(struct device_page *device)
{
	struct page *page;

	if (!mmget_not_zero(device->mm))
		return;
	mmap_read_lock(device->mm);
	if (lab_get_user_page(device->mm, device->address, &page) == 1)
		put_page(page);
	mmap_read_unlock(device->mm);
	mmput(device->mm);
}

/* ---- the actors ---- */

/* A thread of the process that reads its memory. */
static int device_page_fault_thread(struct lab_actor *actor)
{
	struct device_page *device = actor->inst->priv;
	u8 byte;

	if (!mmget_not_zero(device->mm))
		return 0;
	kthread_use_mm(device->mm);
	if (copy_from_user(&byte, (void __user *)device->address, sizeof(byte)))
		pr_debug("the page cannot be read\n");
	kthread_unuse_mm(device->mm);
	mmput(device->mm);
	return 0;
}

/* Handles a fault of the device in the same page, before the job can end. */
static int device_page_signaller_thread(struct lab_actor *actor)
{
	struct device_page *device = actor->inst->priv;
	unsigned long end = jiffies + actor->inst->params.seconds * HZ;

	lab_timeline_warmup(&device->timeline, actor->inst->params.warmup);
	complete(&device->warm);
	if (!lab_thread_wait(actor->inst, &device->go))
		return 0;
	lab_actor_blocks(actor);
	if (actor->inst->variant->value == DEVICE_PAGE_LATE)
		while (!lab_stopping(actor->inst) && time_before(jiffies, end))
			msleep(50);
	else
		device_page_give_back(device);
	dma_fence_signal(device->job);
	return 0;
}

static int device_page_victim_thread(struct lab_actor *actor)
{
	struct device_page *device = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(device->job, false);
	return 0;
}

/* ---- the scenario ---- */

static int device_page_start(struct lab_instance *inst)
{
	struct device_page *device = kzalloc(sizeof(*device), GFP_KERNEL);
	struct lab_actor *signaller;
	int ret;

	if (!device)
		return -ENOMEM;
	inst->priv = device;
	init_completion(&device->warm);
	init_completion(&device->go);
	device->mm = current->mm;
	mmgrab(device->mm);
	device->address = inst->request.address;
	lab_timeline_init(&device->timeline, "copy", inst->id);
	signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", device_page_signaller_thread);
	ret = signaller ? lab_wait(&device->warm) : -ENOMEM;
	if (ret)
		return ret;
	device->job = lab_fence_create(&device->timeline);
	if (!device->job)
		return -ENOMEM;
	lab_truth_lab_fence(inst, device->job);
	ret = device_page_map(device) ?: device_page_take(device);
	if (ret)
		return ret;
	device->fault = lab_actor_run(inst, "fault", LAB_PARTICIPANT, "gpulab-fault", device_page_fault_thread);
	ret = device->fault ? lab_actor_wait_blocking(device->fault) : -ENOMEM;
	if (ret)
		return ret;
	complete(&device->go);
	return lab_actor_wait_blocking(signaller) ?: lab_victims_run(inst, device_page_victim_thread);
}

static void device_page_release(struct lab_instance *inst)
{
	struct device_page *device = inst->priv;

	if (device)
		lab_fence_cancel(device->job);
}

static void device_page_finish(struct lab_instance *inst)
{
	struct device_page *device = inst->priv;

	if (!device)
		return;
	if (device->mapped) {
		device_page_give_back(device);
		memunmap_pages(&device->pagemap);
	}
	if (device->region)
		release_mem_region(device->region->start, DEVICE_BYTES);
	if (device->content)
		__free_page(device->content);
	dma_fence_put(device->job);
	mmdrop(device->mm);
	kfree(device);
}

static const struct lab_variant device_page_variants[] = { { "cycle", DEVICE_PAGE_CYCLE, true }, { "" } };

const struct lab_family lab_device_page_family = {
	.name = "device-page",
	.expected_class = "page-lock-cycle",
	.variants = device_page_variants,
	.start = device_page_start,
	.release = device_page_release,
	.reset = device_page_release,
	.finish = device_page_finish,
};

static const struct lab_variant device_page_fine_variants[] = { { "late", DEVICE_PAGE_LATE, true }, { "" } };

const struct lab_family lab_device_page_fine_family = {
	.name = "device-page-fine",
	.expected_class = "none",
	.variants = device_page_fine_variants,
	.start = device_page_start,
	.release = device_page_release,
	.finish = device_page_finish,
};
