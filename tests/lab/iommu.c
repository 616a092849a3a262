// SPDX-License-Identifier: GPL-2.0
/*
 * A stand-in for an IOMMU that takes page requests: the requests of a device go to the kernel's own I/O page fault queue,
 * for a process's address space. Where the kernel lets a device share one (6.1, 7.2), its own handler serves them; Debian's 6.12
 * does not on x86, there a handler of ours does the same.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define LAB_HAVE_IOMMU_SVA_DOMAIN
#else
/* drivers/iommu/iommu-sva-lib.h */
struct iopf_queue;
int iommu_sva_alloc_pasid(struct mm_struct *mm, ioasid_t min, ioasid_t max);
int iommu_queue_iopf(struct iommu_fault *fault, void *cookie);
int iopf_queue_add_device(struct iopf_queue *queue, struct device *dev);
int iopf_queue_remove_device(struct iopf_queue *queue, struct device *dev);
int iopf_queue_flush_dev(struct device *dev);
struct iopf_queue *iopf_queue_alloc(const char *name);
void iopf_queue_free(struct iopf_queue *queue);
#endif

struct lab_pager {
	struct device *dev;
	struct mm_struct *mm;
	struct iommu_device iommu;
	struct iopf_queue *queue;
	struct iommu_group *group;
	bool in_group, in_queue, has_handler;
	u32 pasid;
	void (*answered)(void *data);
	void *data;
#ifdef LAB_HAVE_IOMMU_SVA_DOMAIN
	struct iommu_sva *sva;
	struct iommu_domain *domain; /* without sva */
	struct iommu_attach_handle handle;
#endif
};

static struct lab_pager *to_pager(struct device *dev)
{
	return container_of(dev->iommu->iommu_dev, struct lab_pager, iommu);
}

#ifdef LAB_HAVE_IOMMU_SVA_DOMAIN

static void page_response(struct device *dev, struct iopf_fault *fault, struct iommu_page_response *response)
{
	struct lab_pager *pager = to_pager(dev);

	pager->answered(pager->data);
}

/* 6.13 gave the operation the domain that it replaces, and made a blocked domain what takes one away. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
static int set_dev_pasid(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old)
#else
static int set_dev_pasid(struct iommu_domain *domain, struct device *dev, ioasid_t pasid)
#endif
{
	return 0;
}

static void domain_free(struct iommu_domain *domain)
{
	kfree(domain);
}

static const struct iommu_domain_ops domain_ops = {
	.set_dev_pasid = set_dev_pasid,
	.free = domain_free,
};

static struct iommu_domain *domain_alloc_sva(struct device *dev, struct mm_struct *mm)
{
	struct iommu_domain *domain = kzalloc(sizeof(*domain), GFP_KERNEL);

	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->ops = &domain_ops;
	return domain;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
static struct iommu_domain blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &domain_ops,
};
#else
static void remove_dev_pasid(struct device *dev, ioasid_t pasid, struct iommu_domain *domain)
{
}
#endif

static const struct iommu_ops pager_ops = {
	.page_response = page_response,
	.domain_alloc_sva = domain_alloc_sva,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	.blocked_domain = &blocked_domain,
#else
	.remove_dev_pasid = remove_dev_pasid,
#endif
	.default_domain_ops = &domain_ops,
	.owner = THIS_MODULE,
};

/* What iommu_sva_handle_iopf() does: a process that has ended has no memory that a page could be put into. */
static void handle_group(struct work_struct *work)
{
	struct iopf_group *group = container_of(work, struct iopf_group, work);
	struct mm_struct *mm = group->attach_handle->domain->mm;

	if (mmget_not_zero(mm)) {
		mmap_read_lock(mm);
		fixup_user_fault(mm, group->last_fault.fault.prm.addr, 0, NULL);
		mmap_read_unlock(mm);
		mmput(mm);
	}
	iopf_group_response(group, IOMMU_PAGE_RESP_SUCCESS);
	iopf_free_group(group);
}

static int queue_group(struct iopf_group *group)
{
	INIT_WORK(&group->work, handle_group);
	return queue_work(group->fault_param->queue->wq, &group->work) ? 0 : -EBUSY;
}

static int bind_domain(struct lab_pager *pager)
{
	struct iommu_domain *domain = domain_alloc_sva(pager->dev, pager->mm);
	int ret;

	if (IS_ERR(domain))
		return PTR_ERR(domain);
	domain->type = IOMMU_DOMAIN_SVA;
	domain->owner = &pager_ops;
	domain->mm = pager->mm;
	domain->iopf_handler = queue_group;
	pager->domain = domain;
	pager->handle.domain = domain;
	pager->pasid = iommu_alloc_global_pasid(pager->dev);
	ret = iommu_attach_device_pasid(domain, pager->dev, pager->pasid, &pager->handle);
	if (ret) {
		iommu_free_global_pasid(pager->pasid);
		kfree(domain);
		pager->domain = NULL;
	}
	return ret;
}

static int pager_bind(struct lab_pager *pager)
{
	struct iommu_sva *sva = iommu_sva_bind_device(pager->dev, pager->mm);

	if (IS_ERR(sva))
		return bind_domain(pager);
	pager->sva = sva;
	pager->pasid = iommu_sva_get_pasid(sva);
	return 0;
}

static void pager_unbind(struct lab_pager *pager)
{
	if (pager->sva)
		iommu_sva_unbind_device(pager->sva);
	if (!pager->domain)
		return;
	iommu_detach_device_pasid(pager->domain, pager->dev, pager->pasid);
	iommu_free_global_pasid(pager->pasid);
	kfree(pager->domain);
}

static int pager_report(struct lab_pager *pager, const struct iommu_fault_page_request *request)
{
	struct iopf_fault event = { .fault = { .type = IOMMU_FAULT_PAGE_REQ, .prm = *request } };

	return iommu_report_device_fault(pager->dev, &event);
}

#else

static int page_response(struct device *dev, struct iommu_fault_event *event, struct iommu_page_response *response)
{
	struct lab_pager *pager = to_pager(dev);

	pager->answered(pager->data);
	return 0;
}

static const struct iommu_domain_ops domain_ops = {};

static const struct iommu_ops pager_ops = {
	.page_response = page_response,
	.default_domain_ops = &domain_ops,
	.owner = THIS_MODULE,
};

static int pager_bind(struct lab_pager *pager)
{
	int ret = iommu_sva_alloc_pasid(pager->mm, 1, 0xffff);

	if (ret)
		return ret;
	pager->pasid = pager->mm->pasid;
	ret = iommu_register_device_fault_handler(pager->dev, iommu_queue_iopf, pager->dev);
	pager->has_handler = !ret;
	return ret;
}

static void pager_unbind(struct lab_pager *pager)
{
	if (pager->has_handler)
		iommu_unregister_device_fault_handler(pager->dev);
}

static int pager_report(struct lab_pager *pager, const struct iommu_fault_page_request *request)
{
	struct iommu_fault_event event = { .fault = { .type = IOMMU_FAULT_PAGE_REQ, .prm = *request } };

	return iommu_report_device_fault(pager->dev, &event);
}

#endif

/* As iommu_probe_device() does for a device behind a real one. */
static int pager_attach(struct lab_pager *pager)
{
	struct dev_iommu *param = kzalloc(sizeof(*param), GFP_KERNEL);
	int ret;

	if (!param)
		return -ENOMEM;
	mutex_init(&param->lock);
	pager->iommu.ops = &pager_ops;
	pager->iommu.max_pasids = 0x10000;
#ifdef LAB_HAVE_IOMMU_SVA_DOMAIN
	param->max_pasids = 0x10000;
#endif
	param->iommu_dev = &pager->iommu;
	pager->dev->iommu = param;
	pager->group = iommu_group_alloc();
	if (IS_ERR(pager->group)) {
		pager->group = NULL;
		return -ENOMEM;
	}
	ret = iommu_group_add_device(pager->group, pager->dev);
	pager->in_group = !ret;
	return ret;
}

static int pager_setup(struct lab_pager *pager)
{
	int ret = pager_attach(pager);

	if (ret)
		return ret;
	pager->queue = iopf_queue_alloc("gpulab");
	if (!pager->queue)
		return -ENOMEM;
	ret = iopf_queue_add_device(pager->queue, pager->dev);
	pager->in_queue = !ret;
	return ret ?: pager_bind(pager);
}

struct lab_pager *lab_pager_create(struct device *dev, struct mm_struct *mm, void (*answered)(void *data), void *data)
{
	struct lab_pager *pager = kzalloc(sizeof(*pager), GFP_KERNEL);
	int ret;

	if (!pager)
		return ERR_PTR(-ENOMEM);
	pager->dev = dev;
	pager->mm = mm;
	pager->answered = answered;
	pager->data = data;
	ret = pager_setup(pager);
	if (!ret)
		return pager;
	lab_pager_destroy(pager);
	return ERR_PTR(ret);
}

int lab_pager_request(struct lab_pager *pager, unsigned long address)
{
	const struct iommu_fault_page_request request = {
		.flags = IOMMU_FAULT_PAGE_REQUEST_PASID_VALID | IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
		.pasid = pager->pasid,
		.grpid = 1,
		.perm = IOMMU_FAULT_PERM_READ,
		.addr = address,
	};

	return pager_report(pager, &request);
}

void lab_pager_destroy(struct lab_pager *pager)
{
	struct dev_iommu *param = pager->dev->iommu;

	if (pager->in_queue)
		iopf_queue_flush_dev(pager->dev);
	pager_unbind(pager);
	if (pager->in_queue)
		iopf_queue_remove_device(pager->queue, pager->dev);
	if (pager->queue)
		iopf_queue_free(pager->queue);
	/* Before the group lets go of the device: what it would undo else has not been done by it. */
	pager->dev->iommu = NULL;
	kfree(param);
	if (pager->in_group)
		iommu_group_remove_device(pager->dev);
	if (pager->group)
		iommu_group_put(pager->group);
	kfree(pager);
}
