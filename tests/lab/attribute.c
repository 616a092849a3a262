// SPDX-License-Identifier: GPL-2.0
/*
 * attribute-cycle: a file of sysfs, procfs or debugfs is removed by who holds the mutex that the file's own function waits for;
 * the removal waits for the function to return. attribute-fine: the function needs nothing, and returns after `seconds`.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "lab.h"

enum attribute_variant {
	ATTRIBUTE_STORE,
	ATTRIBUTE_SHOW,
	ATTRIBUTE_DIRECTORY,
	ATTRIBUTE_PROC,
	ATTRIBUTE_DEBUGFS,
	ATTRIBUTE_LATE,
	ATTRIBUTE_LATE_PROC,
	ATTRIBUTE_LATE_DEBUGFS,
};

struct attribute_cycle {
	struct lab_instance *inst;
	struct kobject *directory; /* /sys/kernel/gpulab-ID */
	struct proc_dir_entry *proc; /* /proc/gpulab-ID */
	struct dentry *debugfs; /* /sys/kernel/debug/gpulab-ID */
	struct kobj_attribute file;
	struct lab_lock lock;
	atomic_t held; /* the lock, by the remover */
	struct lab_actor *user;
	struct completion taken;
	unsigned long end; /* jiffies */
};

static bool attribute_is_late(const struct attribute_cycle *cycle)
{
	return cycle->inst->variant->value >= ATTRIBUTE_LATE;
}

static bool attribute_is_in_proc(const struct attribute_cycle *cycle)
{
	return cycle->inst->variant->value == ATTRIBUTE_PROC || cycle->inst->variant->value == ATTRIBUTE_LATE_PROC;
}

static bool attribute_is_in_debugfs(const struct attribute_cycle *cycle)
{
	return cycle->inst->variant->value == ATTRIBUTE_DEBUGFS ||
	       cycle->inst->variant->value == ATTRIBUTE_LATE_DEBUGFS;
}

/* What all functions of the file do: as a driver's that changes the clocks under its lock. */
static noinline void use_device(struct attribute_cycle *cycle)
{
	lab_actor_blocks(cycle->user);
	if (attribute_is_late(cycle)) {
		while (!lab_stopping(cycle->inst) && time_before(jiffies, cycle->end))
			msleep(50);
		return;
	}
	lab_lock_contend(&cycle->lock);
	lab_lock_contend_done(&cycle->lock);
}

static ssize_t file_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	use_device(container_of(attr, struct attribute_cycle, file));
	return sysfs_emit(buf, "0\n");
}

static ssize_t file_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf, size_t count)
{
	use_device(container_of(attr, struct attribute_cycle, file));
	return count;
}

/* Files of procfs and debugfs are read into the memory of a process; to seek in them a kernel thread can do, too. */
static loff_t file_llseek(struct file *file, loff_t offset, int whence)
{
	use_device(file->private_data);
	return 0;
}

static int proc_file_open(struct inode *inode, struct file *file)
{
	file->private_data = pde_data(inode);
	return 0;
}

static const struct proc_ops proc_file_ops = { .proc_open = proc_file_open, .proc_lseek = file_llseek };
static const struct file_operations debugfs_file_ops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.llseek = file_llseek,
};

static bool attribute_seeks(const struct attribute_cycle *cycle)
{
	return attribute_is_in_proc(cycle) || attribute_is_in_debugfs(cycle);
}

static void attribute_path(const struct attribute_cycle *cycle, char *name, size_t size)
{
	snprintf(name, size,
		 attribute_is_in_proc(cycle)	  ? "/proc/gpulab-%u"
		 : attribute_is_in_debugfs(cycle) ? "/sys/kernel/debug/gpulab-%u"
						  : "/sys/kernel/gpulab-%u/clock",
		 cycle->inst->id);
}

/* As a process reads or writes it. */
static int user_thread(struct lab_actor *actor)
{
	struct attribute_cycle *cycle = actor->inst->priv;
	bool show = actor->inst->variant->value == ATTRIBUTE_SHOW;
	char name[64], text[8] = "1\n";
	struct file *file;
	loff_t pos = 0;

	if (!lab_thread_wait(actor->inst, &cycle->taken))
		return 0;
	attribute_path(cycle, name, sizeof(name));
	file = filp_open(name, show || attribute_seeks(cycle) ? O_RDONLY : O_WRONLY, 0);
	if (IS_ERR(file)) {
		pr_warn("gpulab: %s: %ld\n", name, PTR_ERR(file));
		return 0;
	}
	if (attribute_seeks(cycle))
		vfs_llseek(file, 0, SEEK_SET);
	else if (show)
		kernel_read(file, text, sizeof(text), &pos);
	else
		kernel_write(file, text, 2, &pos);
	filp_close(file, NULL);
	return 0;
}

static noinline void remove_files(struct attribute_cycle *cycle)
{
	if (attribute_is_in_proc(cycle)) {
		proc_remove(cycle->proc);
		cycle->proc = NULL;
	} else if (attribute_is_in_debugfs(cycle)) {
		debugfs_remove(cycle->debugfs);
		cycle->debugfs = NULL;
	} else if (cycle->inst->variant->value == ATTRIBUTE_DIRECTORY) {
		kobject_del(cycle->directory);
	} else {
		sysfs_remove_file(cycle->directory, &cycle->file.attr);
	}
}

static int remover_thread(struct lab_actor *actor)
{
	struct attribute_cycle *cycle = actor->inst->priv;

	lab_lock_hold(&cycle->lock);
	atomic_set(&cycle->held, 1);
	complete_all(&cycle->taken);
	if (lab_thread_wait(actor->inst, &cycle->user->blocking)) {
		lab_actor_wait_blocking(cycle->user); /* for its pause */
		lab_actor_blocks(actor);
		remove_files(cycle);
	}
	if (atomic_xchg(&cycle->held, 0))
		lab_lock_release(&cycle->lock);
	return 0;
}

static int attribute_victim_thread(struct lab_actor *actor)
{
	struct attribute_cycle *cycle = actor->inst->priv;

	lab_actor_blocks(actor);
	lab_lock_contend(&cycle->lock);
	lab_lock_contend_done(&cycle->lock);
	return 0;
}

static int attribute_create_in_sysfs(struct attribute_cycle *cycle, const char *name)
{
	sysfs_attr_init(&cycle->file.attr);
	cycle->file.attr.name = "clock";
	cycle->file.attr.mode = 0600;
	cycle->file.show = file_show;
	cycle->file.store = file_store;
	cycle->directory = kobject_create_and_add(name, kernel_kobj);
	return cycle->directory ? sysfs_create_file(cycle->directory, &cycle->file.attr) : -ENOMEM;
}

static int attribute_create(struct attribute_cycle *cycle)
{
	char name[LAB_NAME_LEN];

	snprintf(name, sizeof(name), "gpulab-%u", cycle->inst->id);
	if (attribute_is_in_proc(cycle)) {
		cycle->proc = proc_create_data(name, 0400, NULL, &proc_file_ops, cycle);
		return cycle->proc ? 0 : -ENOMEM;
	}
	if (attribute_is_in_debugfs(cycle)) {
		cycle->debugfs = debugfs_create_file(name, 0400, NULL, cycle, &debugfs_file_ops);
		return PTR_ERR_OR_ZERO(cycle->debugfs);
	}
	return attribute_create_in_sysfs(cycle, name);
}

static int attribute_start(struct lab_instance *inst)
{
	struct attribute_cycle *cycle = kzalloc(sizeof(*cycle), GFP_KERNEL);
	struct lab_actor *remover;
	int ret;

	if (!cycle)
		return -ENOMEM;
	inst->priv = cycle;
	cycle->inst = inst;
	lab_lock_init(&cycle->lock, LAB_MUTEX);
	init_completion(&cycle->taken);
	cycle->end = jiffies + inst->params.seconds * HZ;
	ret = attribute_create(cycle);
	if (ret)
		return ret;
	cycle->user = lab_actor_run(inst, "user", LAB_PARTICIPANT, "gpulab-user", user_thread);
	remover = cycle->user ? lab_actor_run(inst, "remover", LAB_PARTICIPANT, "gpulab-remov", remover_thread) : NULL;
	ret = remover ? lab_actor_wait_blocking(remover) : -ENOMEM;
	return ret ?: lab_victims_run(inst, attribute_victim_thread);
}

/* Releases the lock for the remover. */
static void attribute_release(struct lab_instance *inst)
{
	struct attribute_cycle *cycle = inst->priv;

	if (cycle && atomic_xchg(&cycle->held, 0))
		lab_lock_release_for_owner(&cycle->lock);
}

static void attribute_finish(struct lab_instance *inst)
{
	struct attribute_cycle *cycle = inst->priv;

	if (!cycle)
		return;
	if (cycle->directory)
		kobject_put(cycle->directory);
	proc_remove(cycle->proc);
	debugfs_remove(cycle->debugfs);
	lab_lock_fini(&cycle->lock);
	kfree(cycle);
}

static const struct lab_variant cycle_variants[] = { { "store", ATTRIBUTE_STORE },	   { "show", ATTRIBUTE_SHOW },
						     { "directory", ATTRIBUTE_DIRECTORY }, { "proc", ATTRIBUTE_PROC },
						     { "debugfs", ATTRIBUTE_DEBUGFS },	   { "" } };
static const struct lab_variant fine_variants[] = { { "late", ATTRIBUTE_LATE },
						    { "late-proc", ATTRIBUTE_LATE_PROC },
						    { "late-debugfs", ATTRIBUTE_LATE_DEBUGFS },
						    { "" } };

const struct lab_family lab_attribute_cycle_family = {
	.name = "attribute-cycle",
	.expected_class = "lock-cycle",
	.variants = cycle_variants,
	.start = attribute_start,
	.release = attribute_release,
	.finish = attribute_finish,
};

const struct lab_family lab_attribute_fine_family = {
	.name = "attribute-fine",
	.expected_class = "none",
	.variants = fine_variants,
	.start = attribute_start,
	.release = attribute_release,
	.finish = attribute_finish,
};
