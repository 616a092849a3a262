// SPDX-License-Identifier: GPL-2.0
/*
 * The library that all drivers of the board depend on: which MMUs are ready, and the truth about who did what when.
 */
#include <linux/debugfs.h>
#include <linux/fwnode.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/property.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "orion.h"

#define LOG_LINES 16384

struct log_line {
	u64 mono_ns;
	int pid;
	int result;
	char event[16];
	char subject[32];
	char driver[32];
};

struct ready_mmu {
	struct list_head node;
	struct device *dev;
};

static LIST_HEAD(ready_mmus);
static DEFINE_MUTEX(ready_lock);
static struct log_line *log_lines;
static unsigned int log_used, log_dropped;
static DEFINE_SPINLOCK(log_lock);
static struct dentry *debugfs_dir;

/* ---- the log ---- */

void orion_log(const char *event, const char *subject, const char *driver, int result)
{
	struct log_line *line = NULL;
	u64 now = ktime_get_ns();

	spin_lock(&log_lock);
	if (log_used < LOG_LINES) {
		line = &log_lines[log_used++];
		line->mono_ns = now;
		line->pid = current->pid;
		line->result = result;
		strscpy(line->event, event, sizeof(line->event));
		strscpy(line->subject, subject, sizeof(line->subject));
		strscpy(line->driver, driver, sizeof(line->driver));
	} else {
		log_dropped++;
	}
	spin_unlock(&log_lock);
}
EXPORT_SYMBOL_GPL(orion_log);

static int log_show(struct seq_file *seq, void *unused)
{
	unsigned int i, used;

	spin_lock(&log_lock);
	used = log_used;
	spin_unlock(&log_lock);
	/* Lines are never changed once written, and only cleared by whoever reads them. */
	for (i = 0; i < used; i++)
		seq_printf(
			seq,
			"{\"mono_ns\":%llu,\"pid\":%d,\"event\":\"%s\",\"subject\":\"%s\",\"driver\":\"%s\",\"result\":%d}\n",
			log_lines[i].mono_ns, log_lines[i].pid, log_lines[i].event, log_lines[i].subject,
			log_lines[i].driver, log_lines[i].result);
	if (log_dropped)
		seq_printf(seq, "{\"dropped\":%u}\n", log_dropped);
	return 0;
}

static int log_open(struct inode *inode, struct file *file)
{
	return single_open(file, log_show, NULL);
}

/* Whatever is written clears it. */
static ssize_t log_write(struct file *file, const char __user *text, size_t size, loff_t *position)
{
	spin_lock(&log_lock);
	log_used = 0;
	log_dropped = 0;
	spin_unlock(&log_lock);
	return size;
}

static const struct file_operations log_fops = {
	.owner = THIS_MODULE,
	.open = log_open,
	.read = seq_read,
	.write = log_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---- MMUs ---- */

static void forget_mmu(void *data)
{
	struct ready_mmu *mmu = data;

	mutex_lock(&ready_lock);
	list_del(&mmu->node);
	mutex_unlock(&ready_lock);
	orion_log("unready", dev_name(mmu->dev), "", 0);
	kfree(mmu);
}

int devm_orion_mmu_register(struct device *dev)
{
	struct ready_mmu *mmu = kzalloc(sizeof(*mmu), GFP_KERNEL);

	if (!mmu)
		return -ENOMEM;
	mmu->dev = dev;
	mutex_lock(&ready_lock);
	list_add(&mmu->node, &ready_mmus);
	mutex_unlock(&ready_lock);
	orion_log("ready", dev_name(dev), "", 0);
	return devm_add_action_or_reset(dev, forget_mmu, mmu);
}
EXPORT_SYMBOL_GPL(devm_orion_mmu_register);

bool orion_any_mmu_ready(void)
{
	bool any;

	mutex_lock(&ready_lock);
	any = !list_empty(&ready_mmus);
	mutex_unlock(&ready_lock);
	return any;
}
EXPORT_SYMBOL_GPL(orion_any_mmu_ready);

static bool mmu_is_ready(const struct fwnode_handle *fwnode)
{
	struct ready_mmu *mmu;
	bool ready = false;

	mutex_lock(&ready_lock);
	list_for_each_entry(mmu, &ready_mmus, node) ready |= dev_fwnode(mmu->dev) == fwnode;
	mutex_unlock(&ready_lock);
	return ready;
}

int orion_mmu_ready(struct device *dev)
{
	struct fwnode_handle *fwnode = fwnode_find_reference(dev_fwnode(dev), ORION_MMUS, 0);
	int ready;

	if (IS_ERR(fwnode))
		return 1;
	ready = mmu_is_ready(fwnode);
	fwnode_handle_put(fwnode);
	return ready;
}
EXPORT_SYMBOL_GPL(orion_mmu_ready);

int orion_mmu_defer(struct device *dev)
{
	struct fwnode_handle *fwnode = fwnode_find_reference(dev_fwnode(dev), ORION_MMUS, 0);
	int r = 0;

	if (IS_ERR(fwnode))
		return 0;
	if (!mmu_is_ready(fwnode))
		r = dev_err_probe(dev, -EPROBE_DEFER, "MMU %s not ready\n", fwnode_get_name(fwnode));
	fwnode_handle_put(fwnode);
	return r;
}
EXPORT_SYMBOL_GPL(orion_mmu_defer);

/* ---- drivers ---- */

int orion_probe(struct platform_device *pdev, int (*probe)(struct device *dev))
{
	const char *driver = pdev->dev.driver->name;
	int r;

	orion_log("probe-begin", dev_name(&pdev->dev), driver, 0);
	r = probe(&pdev->dev);
	orion_log("probe-end", dev_name(&pdev->dev), driver, r);
	return r;
}
EXPORT_SYMBOL_GPL(orion_probe);

struct dentry *orion_debugfs(void)
{
	return debugfs_dir;
}
EXPORT_SYMBOL_GPL(orion_debugfs);

static int __init orion_core_init(void)
{
	log_lines = vzalloc(array_size(LOG_LINES, sizeof(*log_lines)));
	if (!log_lines)
		return -ENOMEM;
	debugfs_dir = debugfs_create_dir("orion", NULL);
	debugfs_create_file("log", 0600, debugfs_dir, NULL, &log_fops);
	return 0;
}
module_init(orion_core_init);

static void __exit orion_core_exit(void)
{
	debugfs_remove(debugfs_dir);
	vfree(log_lines);
}
module_exit(orion_core_exit);

MODULE_DESCRIPTION("Orion board: common code");
MODULE_LICENSE("GPL");
