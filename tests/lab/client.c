// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/gpulab: scenarios in which a user process takes part.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "lab.h"

static void client_free(struct kref *ref)
{
	kfree(container_of(ref, struct lab_client, ref));
}

void lab_client_put(struct lab_client *client)
{
	kref_put(&client->ref, client_free);
}

static int client_open(struct inode *inode, struct file *file)
{
	struct lab_client *client = kzalloc(sizeof(*client), GFP_KERNEL);

	if (!client)
		return -ENOMEM;
	kref_init(&client->ref);
	mutex_init(&client->lock);
	init_completion(&client->closed);
	file->private_data = client;
	return 0;
}

static int client_release(struct inode *inode, struct file *file)
{
	struct lab_client *client = file->private_data;

	complete_all(&client->closed);
	lab_stop_client(client);
	lab_client_put(client);
	return 0;
}

static long ioctl_start(struct lab_client *client, void __user *arg)
{
	struct gpulab_start request;
	int ret;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	request.command[sizeof(request.command) - 1] = '\0';
	ret = lab_start(request.command, client, &request);
	if (ret < 0)
		return ret;
	request.victims = ret;
	return copy_to_user(arg, &request, sizeof(request)) ? -EFAULT : 0;
}

static long ioctl_wait_formed(struct lab_client *client)
{
	unsigned int stagger_ms = 0;

	for (;;) {
		long ret = -ENOENT;

		mutex_lock(&client->lock);
		if (client->inst) {
			ret = lab_formed_ns(client->inst) ? 0 : -EAGAIN;
			stagger_ms = client->inst->params.stagger_ms;
		}
		mutex_unlock(&client->lock);
		if (!ret) {
			msleep(stagger_ms);
			return 0;
		}
		if (ret != -EAGAIN)
			return ret;
		if (msleep_interruptible(10))
			return -EINTR;
	}
}

static long ioctl_wait_stopped(struct lab_client *client)
{
	bool stopped;

	do {
		mutex_lock(&client->lock);
		stopped = !client->inst || lab_stopping(client->inst);
		mutex_unlock(&client->lock);
		if (!stopped && msleep_interruptible(50))
			return -EINTR;
	} while (!stopped);
	return 0;
}

static long ioctl_victim(struct lab_client *client)
{
	struct lab_actor *victim;
	long ret = -ENOENT;

	mutex_lock(&client->lock);
	if (client->inst && !lab_stopping(client->inst)) {
		victim = lab_actor_add(client->inst, "victim", LAB_VICTIM);
		ret = victim ? 0 : -ENOMEM;
		if (victim) {
			lab_actor_adopt(victim);
			lab_actor_blocks(victim);
		}
	}
	mutex_unlock(&client->lock);
	return ret;
}

static long ioctl_unlock(struct lab_client *client)
{
	long ret = -ENOENT;

	mutex_lock(&client->lock);
	if (client->inst)
		ret = client->inst->family->unlock ? client->inst->family->unlock(client->inst) : -EINVAL;
	mutex_unlock(&client->lock);
	return ret;
}

static long ioctl_enter(struct lab_client *client)
{
	struct lab_instance *inst;

	mutex_lock(&client->lock);
	inst = client->inst;
	mutex_unlock(&client->lock);
	if (!inst)
		return -ENOENT;
	return inst->family->enter ? inst->family->enter(inst) : -EINVAL;
}

static long ioctl_signal(struct lab_client *client, unsigned int count)
{
	long ret = -ENOENT;

	mutex_lock(&client->lock);
	if (client->inst)
		ret = lab_trust_signal(client->inst, count);
	mutex_unlock(&client->lock);
	return ret;
}

static long client_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct lab_client *client = file->private_data;

	switch (cmd) {
	case GPULAB_IOC_START:
		return ioctl_start(client, (void __user *)arg);
	case GPULAB_IOC_WAIT_FORMED:
		return ioctl_wait_formed(client);
	case GPULAB_IOC_VICTIM:
		return ioctl_victim(client);
	case GPULAB_IOC_UNLOCK:
		return ioctl_unlock(client);
	case GPULAB_IOC_WAIT_STOPPED:
		return ioctl_wait_stopped(client);
	case GPULAB_IOC_ENTER:
		return ioctl_enter(client);
	case GPULAB_IOC_SIGNAL:
		return ioctl_signal(client, arg);
	default:
		return -ENOTTY;
	}
}

/* As memory of a device, which has to be moved first: there is nothing to map in the end. */
static vm_fault_t client_fault(struct vm_fault *vmf)
{
	struct lab_client *client = vmf->vma->vm_file->private_data;
	struct lab_instance *inst;

	mutex_lock(&client->lock);
	inst = client->inst;
	mutex_unlock(&client->lock);
	if (inst && inst->family->fault)
		inst->family->fault(inst);
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct client_vm_ops = {
	.fault = client_fault,
};

static int client_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &client_vm_ops;
	return 0;
}

static const struct file_operations client_fops = {
	.owner = THIS_MODULE,
	.open = client_open,
	.release = client_release,
	.unlocked_ioctl = client_ioctl,
	.mmap = client_mmap,
};

static struct miscdevice client_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "gpulab",
	.fops = &client_fops,
	.mode = 0600,
};

int lab_client_init(void)
{
	return misc_register(&client_device);
}

void lab_client_fini(void)
{
	misc_deregister(&client_device);
}
