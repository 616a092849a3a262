// SPDX-License-Identifier: GPL-2.0
/*
 * attribute-cycle: a file of sysfs is removed by who holds the mutex that the file's own function waits for; the removal waits
 * for the function to return. attribute-fine: the function needs nothing, and returns after `seconds`.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "lab.h"

enum attribute_variant { ATTRIBUTE_STORE, ATTRIBUTE_SHOW, ATTRIBUTE_DIRECTORY, ATTRIBUTE_LATE };

struct attribute_cycle {
	struct lab_instance *inst;
	struct kobject *directory; /* /sys/kernel/gpulab-ID */
	struct kobj_attribute file;
	struct lab_lock lock;
	atomic_t held; /* the lock, by the remover */
	struct lab_actor *user;
	struct completion taken;
	unsigned long end; /* jiffies */
};

/* What both functions of the file do: as a driver's that changes the clocks under its lock. */
static noinline void use_device(struct attribute_cycle *cycle)
{
	lab_actor_blocks(cycle->user);
	if (cycle->inst->variant->value == ATTRIBUTE_LATE) {
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
	snprintf(name, sizeof(name), "/sys/kernel/gpulab-%u/clock", actor->inst->id);
	file = filp_open(name, show ? O_RDONLY : O_WRONLY, 0);
	if (IS_ERR(file)) {
		pr_warn("gpulab: %s: %ld\n", name, PTR_ERR(file));
		return 0;
	}
	if (show)
		kernel_read(file, text, sizeof(text), &pos);
	else
		kernel_write(file, text, 2, &pos);
	filp_close(file, NULL);
	return 0;
}

static noinline void remove_files(struct attribute_cycle *cycle)
{
	if (cycle->inst->variant->value == ATTRIBUTE_DIRECTORY)
		kobject_del(cycle->directory);
	else
		sysfs_remove_file(cycle->directory, &cycle->file.attr);
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

static int attribute_start(struct lab_instance *inst)
{
	struct attribute_cycle *cycle = kzalloc(sizeof(*cycle), GFP_KERNEL);
	struct lab_actor *remover;
	char name[LAB_NAME_LEN];
	int ret;

	if (!cycle)
		return -ENOMEM;
	inst->priv = cycle;
	cycle->inst = inst;
	lab_lock_init(&cycle->lock, LAB_MUTEX);
	init_completion(&cycle->taken);
	cycle->end = jiffies + inst->params.seconds * HZ;
	sysfs_attr_init(&cycle->file.attr);
	cycle->file.attr.name = "clock";
	cycle->file.attr.mode = 0600;
	cycle->file.show = file_show;
	cycle->file.store = file_store;
	snprintf(name, sizeof(name), "gpulab-%u", inst->id);
	cycle->directory = kobject_create_and_add(name, kernel_kobj);
	if (!cycle->directory)
		return -ENOMEM;
	ret = sysfs_create_file(cycle->directory, &cycle->file.attr);
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
	lab_lock_fini(&cycle->lock);
	kfree(cycle);
}

static const struct lab_variant cycle_variants[] = {
	{ "store", ATTRIBUTE_STORE }, { "show", ATTRIBUTE_SHOW }, { "directory", ATTRIBUTE_DIRECTORY }, { "" }
};
static const struct lab_variant fine_variants[] = { { "late", ATTRIBUTE_LATE }, { "" } };

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
