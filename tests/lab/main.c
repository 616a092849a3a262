// SPDX-License-Identifier: GPL-2.0
/*
 * The lab's control: debugfs files that start and stop instances and tell the truth about them.
 */
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "lab.h"

/* One a line, sorted: they are added by many hands. */
/* clang-format off */
static const struct lab_family *const lab_families[] = {
	&lab_busy_holder_family,
	&lab_busy_late_family,
	&lab_driver_sleep_family,
	&lab_drm_section_family,
	&lab_entity_family,
	&lab_entity_fini_family,
	&lab_eviction_family,
	&lab_fault_family,
	&lab_fence_lock_family,
	&lab_flip_family,
	&lab_hazard_family,
	&lab_healthy_family,
	&lab_kswapd_family,
	&lab_kswapd_healthy_family,
	&lab_late_entity_family,
	&lab_late_recovery_family,
	&lab_late_reset_family,
	&lab_leaked_family,
	&lab_leaked_section_family,
	&lab_lock_cycle_family,
	&lab_lock_order_family,
	&lab_notifier_family,
	&lab_orphaned_family,
	&lab_own_queue_family,
	&lab_page_lock_cycle_family,
	&lab_page_lock_family,
#if defined(CONFIG_DEVICE_PRIVATE) && defined(LAB_HAVE_FOLIO_FREE)
	&lab_device_page_family,
	&lab_device_page_fine_family,
#endif
#ifdef CONFIG_IOMMU_SVA
	&lab_pager_family,
	&lab_pager_fine_family,
#endif
	&lab_percpu_family,
	&lab_percpu_fine_family,
	&lab_polling_work_family,
	&lab_polling_work_fine_family,
	&lab_pool_family,
	&lab_pool_fine_family,
	&lab_process_cycle_family,
	&lab_queue_family,
	&lab_queue_fine_family,
	&lab_random_family,
	&lab_readers_family,
	&lab_readers_fine_family,
	&lab_reclaim_family,
	&lab_reclaim_late_family,
	&lab_recovery_family,
	&lab_reset_cycle_family,
	&lab_retried_family,
	&lab_retried_fine_family,
	&lab_retry_loop_family,
	&lab_attribute_cycle_family,
	&lab_attribute_fine_family,
	&lab_trylock_cycle_family,
	&lab_trylock_behind_family,
	&lab_trylock_fine_family,
	&lab_runtime_pm_cycle_family,
	&lab_runtime_pm_family,
	&lab_sched_family,
	&lab_semaphore_cycle_family,
	&lab_semaphore_healthy_family,
	&lab_semaphore_leak_family,
	&lab_silent_family,
	&lab_own_reset_family,
	&lab_own_reset_fine_family,
	&lab_stopped_family,
	&lab_teardown_family,
	&lab_threaded_irq_family,
	&lab_threaded_irq_fine_family,
	&lab_irq_off_family,
	&lab_irq_off_fine_family,
	&lab_timed_family,
	&lab_timed_fine_family,
	&lab_trust_family,
	&lab_unplug_family,
	&lab_virtqueue_family,
	&lab_workqueue_family,
	&lab_workqueue_fine_family,
};
/* clang-format on */

static DEFINE_MUTEX(lab_control); /* one start or stop at a time; taken before the next one */
static DEFINE_MUTEX(lab_instances_lock);
static LIST_HEAD(lab_instances);
static unsigned int lab_next_id = 1;
static struct dentry *lab_debugfs;

/* ---- the truth ---- */

void lab_truth_fence(struct lab_instance *inst, const char *relation, struct dma_fence *fence, const char *driver,
		     const char *timeline)
{
	struct lab_fence_truth *truth;

	if (WARN_ON(inst->num_fences == LAB_MAX_FENCES))
		return;
	truth = &inst->fences[inst->num_fences];
	truth->relation = relation;
	truth->context = fence->context;
	truth->seqno = fence->seqno;
	strscpy(truth->driver, driver, sizeof(truth->driver));
	strscpy(truth->timeline, timeline, sizeof(truth->timeline));
	smp_store_release(&inst->num_fences, inst->num_fences + 1);
}

void lab_truth_lab_fence(struct lab_instance *inst, struct dma_fence *fence)
{
	lab_truth_fence(inst, "signal", fence, LAB_DRIVER_NAME, lab_fence_timeline(fence));
}

void lab_truth_lock_at(struct lab_instance *inst, const char *type, const void *address)
{
	inst->lock_address = address;
	smp_store_release(&inst->lock_type, type);
}

void lab_truth_lock(struct lab_instance *inst, const struct lab_lock *lock)
{
	inst->lock_structure = lab_lock_structure(lock);
	lab_truth_lock_at(inst, lab_lock_type_name(lock), lab_lock_address(lock));
}

u64 lab_formed_ns(struct lab_instance *inst)
{
	struct lab_actor *actor;
	u64 formed = READ_ONCE(inst->formed_ns);
	u64 last = 0;

	if (formed)
		return formed;
	spin_lock(&inst->actors_lock);
	list_for_each_entry(actor, &inst->actors, node) {
		u64 since = READ_ONCE(actor->since_ns);

		if (actor->part != LAB_PARTICIPANT)
			continue;
		if (!since) {
			last = 0;
			break;
		}
		last = max(last, since);
	}
	spin_unlock(&inst->actors_lock);
	return last;
}

static void show_actor(struct seq_file *seq, const struct lab_actor *actor)
{
	seq_printf(seq,
		   "{\"pid\":%d,\"tgid\":%d,\"comm\":\"%s\",\"role\":\"%s\",\"state\":\"%s\",\"since_mono_ns\":%llu}",
		   actor->pid, actor->tgid, actor->comm, actor->role, actor->state, actor->since_ns);
}

/* Participants and roots with all details; victims as bare pids under "victims" and with details under another key. */
static void show_actors(struct seq_file *seq, struct lab_instance *inst, const char *key, bool victims, bool bare)
{
	struct lab_actor *actor;
	const char *comma = "";

	seq_printf(seq, ",\"%s\":[", key);
	spin_lock(&inst->actors_lock);
	list_for_each_entry(actor, &inst->actors, node) {
		if (actor->part == LAB_HELPER || (actor->part == LAB_VICTIM) != victims || !actor->pid)
			continue;
		seq_puts(seq, comma);
		if (bare)
			seq_printf(seq, "%d", actor->pid);
		else
			show_actor(seq, actor);
		comma = ",";
	}
	spin_unlock(&inst->actors_lock);
	seq_puts(seq, "]");
}

static void show_fence(struct seq_file *seq, const struct lab_fence_truth *truth)
{
	seq_printf(seq, "{\"context\":%llu,\"seqno\":%llu,\"driver\":\"%s\",\"timeline\":\"%s\",\"relation\":\"%s\"}",
		   truth->context, truth->seqno, truth->driver, truth->timeline, truth->relation);
}

static void show_instance(struct seq_file *seq, struct lab_instance *inst)
{
	unsigned int i, fences = smp_load_acquire(&inst->num_fences);

	seq_printf(seq, "{\"scenario\":\"%s\",\"variant\":\"%s\",\"id\":%u,\"class\":\"%s\",\"formed_mono_ns\":%llu",
		   inst->family->name, inst->variant->name, inst->id, inst->family->expected_class,
		   lab_formed_ns(inst));
	show_actors(seq, inst, "participants", false, false);
	show_actors(seq, inst, "victims", true, true);
	show_actors(seq, inst, "victim_tasks", true, false);
	if (fences) {
		seq_puts(seq, ",\"fence\":");
		show_fence(seq, &inst->fences[0]);
		seq_puts(seq, ",\"fences\":[");
		for (i = 0; i < fences; i++) {
			seq_puts(seq, i ? "," : "");
			show_fence(seq, &inst->fences[i]);
		}
		seq_puts(seq, "]");
	}
	if (smp_load_acquire(&inst->lock_type))
		seq_printf(seq,
			   ",\"lock\":{\"address\":\"0x%px\",\"type\":\"%s\",\"structure\":\"%s\",\"taken_in\":\"%s\"}",
			   inst->lock_address, inst->lock_type, inst->lock_structure ?: "", inst->lock_taken_in ?: "");
	if (inst->family->show)
		inst->family->show(inst, seq);
	seq_puts(seq, "}\n");
}

static int truth_show(struct seq_file *seq, void *unused)
{
	struct lab_instance *inst;

	mutex_lock(&lab_instances_lock);
	list_for_each_entry(inst, &lab_instances, node)
		show_instance(seq, inst);
	mutex_unlock(&lab_instances_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(truth);

/* What "start" takes, a line each; a scenario's only variant needs no name. */
static int scenarios_show(struct seq_file *seq, void *unused)
{
	const struct lab_variant *variant;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lab_families); i++)
		for (variant = lab_families[i]->variants; variant->name[0]; variant++)
			if (lab_families[i]->variants[1].name[0])
				seq_printf(seq, "%s/%s\n", lab_families[i]->name, variant->name);
			else
				seq_printf(seq, "%s\n", lab_families[i]->name);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(scenarios);

/* ---- start and stop ---- */

static int parse_param(struct lab_params *params, char *word)
{
	static const struct {
		const char *key;
		size_t offset;
	} keys[] = {
		{ "warmup", offsetof(struct lab_params, warmup) },
		{ "victims", offsetof(struct lab_params, victims) },
		{ "stagger_ms", offsetof(struct lab_params, stagger_ms) },
		{ "seconds", offsetof(struct lab_params, seconds) },
		{ "threads", offsetof(struct lab_params, threads) },
		{ "keep_task", offsetof(struct lab_params, keep_task) },
		{ "seed", offsetof(struct lab_params, seed) },
	};
	char *value = strchr(word, '=');
	unsigned int i;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(word, keys[i].key))
			return kstrtouint(value, 0, (unsigned int *)((char *)params + keys[i].offset));
	return -EINVAL;
}

static const struct lab_variant *find_variant(const struct lab_family *family, const char *name)
{
	const struct lab_variant *variant;

	if (!name)
		return &family->variants[0];
	for (variant = family->variants; variant->name[0]; variant++)
		if (!strcmp(variant->name, name))
			return variant;
	return NULL;
}

/* "SCENARIO[/VARIANT] [key=value...]" */
static int parse_command(struct lab_instance *inst, char *command)
{
	char *rest = strim(command);
	char *name = strsep(&rest, " \t\n");
	char *variant = strchr(name, '/');
	unsigned int i;
	char *word;

	if (variant)
		*variant++ = '\0';
	for (i = 0; i < ARRAY_SIZE(lab_families); i++)
		if (!strcmp(lab_families[i]->name, name))
			inst->family = lab_families[i];
	if (inst->family)
		inst->variant = find_variant(inst->family, variant);
	if (!inst->variant) {
		pr_err("gpulab: no such scenario: %s%s%s\n", name, variant ? "/" : "", variant ?: "");
		return -EINVAL;
	}
	while ((word = strsep(&rest, " \t\n"))) {
		if (!*word)
			continue;
		if (parse_param(&inst->params, word)) {
			pr_err("gpulab: not a known key=number: %s\n", word);
			return -EINVAL;
		}
	}
	return 0;
}

static struct lab_instance *instance_create(const char *command, struct lab_client *client)
{
	struct lab_instance *inst;
	char *copy;
	int ret;

	inst = kzalloc(sizeof(*inst), GFP_KERNEL);
	copy = kstrdup(command, GFP_KERNEL);
	if (!inst || !copy) {
		ret = -ENOMEM;
		goto fail;
	}
	spin_lock_init(&inst->actors_lock);
	INIT_LIST_HEAD(&inst->actors);
	init_completion(&inst->stop);
	inst->params = (struct lab_params){
		.warmup = 8,
		.victims = 1,
		.stagger_ms = 30,
		.seconds = 60,
		.threads = 4,
		.keep_task = 1,
	};
	ret = parse_command(inst, copy);
	if (ret)
		goto fail;
	if (inst->variant->needs_process && !client) {
		pr_err("gpulab: %s/%s needs a process: run labuser\n", inst->family->name, inst->variant->name);
		ret = -EINVAL;
		goto fail;
	}
	inst->id = lab_next_id++;
	kfree(copy);
	return inst;
fail:
	kfree(copy);
	kfree(inst);
	return ERR_PTR(ret);
}

static void instance_free(struct lab_instance *inst)
{
	struct lab_actor *actor, *next;

	list_for_each_entry_safe(actor, next, &inst->actors, node) {
		if (actor->task)
			put_task_struct(actor->task);
		kfree(actor);
	}
	kfree(inst);
}

static void instance_release(struct lab_instance *inst)
{
	WRITE_ONCE(inst->stopping, true);
	complete_all(&inst->stop);
	if (inst->family->release)
		inst->family->release(inst);
}

static void instance_finish(struct lab_instance *inst)
{
	struct lab_client *client = inst->client;
	struct lab_actor *actor;

	if (client) {
		mutex_lock(&client->lock);
		client->inst = NULL;
		mutex_unlock(&client->lock);
	}
	/* Nothing is appended any more: the scenario has started and its process is cut off. */
	list_for_each_entry(actor, &inst->actors, node)
		lab_actor_join(actor);
	if (inst->family->finish)
		inst->family->finish(inst);
	if (client) {
		/* So that rmmod works when stop has returned; a process that does not go is its starter's problem. */
		wait_for_completion_timeout(&client->closed, 5 * HZ);
		lab_client_put(client);
	}
	instance_free(inst);
}

int lab_start(const char *command, struct lab_client *client, const struct gpulab_start *request)
{
	struct lab_instance *inst;
	int ret;

	ret = mutex_lock_interruptible(&lab_control);
	if (ret)
		return ret;
	inst = instance_create(command, client);
	if (IS_ERR(inst)) {
		ret = PTR_ERR(inst);
		goto out;
	}
	if (client) {
		inst->request = *request;
		mutex_lock(&client->lock);
		ret = client->inst ? -EBUSY : 0;
		if (!ret) {
			client->inst = inst;
			kref_get(&client->ref);
			inst->client = client;
		}
		mutex_unlock(&client->lock);
		if (ret) {
			instance_free(inst);
			goto out;
		}
	}
	mutex_lock(&lab_instances_lock);
	list_add_tail(&inst->node, &lab_instances);
	mutex_unlock(&lab_instances_lock);
	ret = inst->family->start(inst);
	if (ret) {
		pr_err("gpulab: %s/%s did not start: %d\n", inst->family->name, inst->variant->name, ret);
		mutex_lock(&lab_instances_lock);
		list_del(&inst->node);
		mutex_unlock(&lab_instances_lock);
		/* Its process is still in the ioctl. */
		if (client)
			complete_all(&client->closed);
		instance_release(inst);
		instance_finish(inst);
	} else {
		ret = inst->params.victims;
	}
out:
	mutex_unlock(&lab_control);
	return ret;
}

static bool stop_matches(const struct lab_instance *inst, const char *name)
{
	size_t len = strlen(inst->family->name);

	if (!strcmp(name, "all") || !strcmp(name, inst->family->name))
		return true;
	return !strncmp(name, inst->family->name, len) && name[len] == '/' &&
	       !strcmp(name + len + 1, inst->variant->name);
}

/* Break every loop before waiting for anybody: one instance's threads may wait behind another's. */
static int stop_locked(const char *name, struct lab_client *client)
{
	struct lab_instance *inst, *next;
	LIST_HEAD(stopped);

	mutex_lock(&lab_instances_lock);
	list_for_each_entry_safe(inst, next, &lab_instances, node)
		if (client ? inst->client == client : stop_matches(inst, name))
			list_move_tail(&inst->node, &stopped);
	mutex_unlock(&lab_instances_lock);
	if (list_empty(&stopped))
		return -ENOENT;
	list_for_each_entry(inst, &stopped, node)
		instance_release(inst);
	list_for_each_entry_safe(inst, next, &stopped, node) {
		list_del(&inst->node);
		instance_finish(inst);
	}
	return 0;
}

int lab_stop(const char *name)
{
	int ret;

	mutex_lock(&lab_control);
	ret = stop_locked(name, NULL);
	mutex_unlock(&lab_control);
	return !strcmp(name, "all") ? 0 : ret;
}

void lab_stop_client(struct lab_client *client)
{
	mutex_lock(&lab_control);
	stop_locked(NULL, client);
	mutex_unlock(&lab_control);
}

/* ---- debugfs ---- */

static char *copy_command(const char __user *buf, size_t count)
{
	char *command;

	if (count >= GPULAB_COMMAND_MAX)
		return ERR_PTR(-E2BIG);
	command = memdup_user_nul(buf, count);
	if (!IS_ERR(command))
		strim(command);
	return command;
}

static ssize_t start_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	char *command = copy_command(buf, count);
	int ret;

	if (IS_ERR(command))
		return PTR_ERR(command);
	ret = lab_start(command, NULL, NULL);
	kfree(command);
	return ret < 0 ? ret : count;
}

static ssize_t stop_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	char *name = copy_command(buf, count);
	int ret;

	if (IS_ERR(name))
		return PTR_ERR(name);
	ret = lab_stop(strim(name));
	kfree(name);
	return ret < 0 ? ret : count;
}

static const struct file_operations start_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = start_write,
};

void lab_reset(bool unbind)
{
	struct lab_instance *inst;

	mutex_lock(&lab_instances_lock);
	list_for_each_entry(inst, &lab_instances, node)
		if (unbind && inst->family->unbind)
			inst->family->unbind(inst);
		else if (inst->family->reset)
			inst->family->reset(inst);
	mutex_unlock(&lab_instances_lock);
}

static ssize_t reset_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	lab_reset(false);
	return count;
}

static const struct file_operations reset_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = reset_write,
};

static const struct file_operations stop_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = stop_write,
};

static int bench_show(struct seq_file *seq, void *unused)
{
	lab_bench_show(seq);
	return 0;
}

static int bench_open(struct inode *inode, struct file *file)
{
	return single_open(file, bench_show, NULL);
}

static ssize_t bench_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	unsigned long fences;
	int ret = kstrtoul_from_user(buf, count, 0, &fences);

	if (!ret)
		ret = lab_bench_run(fences);
	return ret ?: count;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.read = seq_read,
	.write = bench_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init lab_init(void)
{
	int ret;

	ret = lab_drm_init();
	if (ret)
		return ret;
	ret = lab_client_init();
	if (ret) {
		lab_drm_fini();
		return ret;
	}
	ret = lab_power_init();
	if (ret) {
		lab_client_fini();
		lab_drm_fini();
		return ret;
	}
	lab_debugfs = debugfs_create_dir("gpulab", NULL);
	debugfs_create_file("start", 0200, lab_debugfs, NULL, &start_fops);
	debugfs_create_file("stop", 0200, lab_debugfs, NULL, &stop_fops);
	debugfs_create_file("reset", 0200, lab_debugfs, NULL, &reset_fops);
	debugfs_create_file("truth", 0400, lab_debugfs, NULL, &truth_fops);
	debugfs_create_file("scenarios", 0400, lab_debugfs, NULL, &scenarios_fops);
	debugfs_create_file("bench", 0600, lab_debugfs, NULL, &bench_fops);
	return 0;
}

static void __exit lab_exit(void)
{
	debugfs_remove(lab_debugfs);
	lab_stop("all");
	lab_power_fini();
	lab_client_fini();
	lab_drm_fini();
	rcu_barrier();
}

module_init(lab_init);
module_exit(lab_exit);

MODULE_DESCRIPTION("gpuwatch test lab: real GPU deadlocks on demand");
MODULE_AUTHOR("gpuwatch maintainers");
MODULE_LICENSE("GPL");
