// SPDX-License-Identifier: GPL-2.0
/*
 * runtime-pm-cycle: a runtime PM callback of a device waits for a task that waits for that device. runtime-pm: one that
 * merely takes its time.
 */
#include <linux/delay.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum power_variant { POWER_CANCEL, POWER_LOCK, POWER_SLOW };

struct power {
	struct lab_instance *inst;
	struct platform_device *device;
	struct lab_actor *callback, *user;
	struct completion entered, go; /* the callback runs, and may go on */
	struct mutex lock;
	atomic_t held;
	struct work_struct work;
	bool set_up;
};

/* ---- the device ---- */

/* The driver's housekeeping, which needs the device to be on. */
static void housekeeping_work(struct work_struct *work)
{
	struct power *power = container_of(work, struct power, work);

	lab_actor_adopt(power->user);
	lab_actor_blocks(power->user);
	pm_runtime_get_sync(&power->device->dev);
	pm_runtime_put_noidle(&power->device->dev);
}

/* Stops the housekeeping before the device goes off. */
static int power_suspend(struct device *dev)
{
	struct power *power = dev_get_drvdata(dev);

	if (!power || !power->set_up || power->inst->variant->value != POWER_CANCEL)
		return 0;
	queue_work(system_unbound_wq, &power->work);
	lab_actor_wait_blocking(power->user);
	lab_actor_blocks(power->callback);
	cancel_work_sync(&power->work);
	return 0;
}

static int power_resume(struct device *dev)
{
	struct power *power = dev_get_drvdata(dev);
	unsigned long end;

	if (!power || !power->set_up)
		return 0;
	complete_all(&power->entered);
	if (power->inst->variant->value == POWER_LOCK) {
		lab_wait(&power->go);
		lab_actor_blocks(power->callback);
		mutex_lock(&power->lock);
		mutex_unlock(&power->lock);
	} else if (power->inst->variant->value == POWER_SLOW) {
		end = jiffies + power->inst->params.seconds * HZ;
		while (!lab_stopping(power->inst) && time_before(jiffies, end))
			msleep(50);
	}
	return 0;
}

static int power_probe(struct platform_device *device)
{
	return 0;
}

static const struct dev_pm_ops power_ops = { SET_RUNTIME_PM_OPS(power_suspend, power_resume, NULL) };

static struct platform_driver power_driver = {
	.probe = power_probe,
	.driver = { .name = "gpulab-power", .pm = &power_ops },
};

int lab_power_init(void)
{
	return platform_driver_register(&power_driver);
}

void lab_power_fini(void)
{
	platform_driver_unregister(&power_driver);
}

/* ---- the tasks ---- */

static int suspend_thread(struct lab_actor *actor)
{
	struct power *power = actor->inst->priv;

	lab_wait(&power->go);
	pm_runtime_put_sync_suspend(&power->device->dev);
	return 0;
}

static int resume_thread(struct lab_actor *actor)
{
	struct power *power = actor->inst->priv;

	if (actor->inst->variant->value == POWER_SLOW)
		lab_actor_blocks(actor);
	pm_runtime_get_sync(&power->device->dev);
	pm_runtime_put_noidle(&power->device->dev);
	return 0;
}

/* Needs the device, and holds what its callback may need. */
static int user_thread(struct lab_actor *actor)
{
	struct power *power = actor->inst->priv;

	mutex_lock(&power->lock);
	atomic_set(&power->held, 1);
	lab_actor_blocks(actor);
	pm_runtime_get_sync(&power->device->dev);
	pm_runtime_put_noidle(&power->device->dev);
	if (atomic_xchg(&power->held, 0))
		mutex_unlock(&power->lock);
	return 0;
}

static int power_victim_thread(struct lab_actor *actor)
{
	struct power *power = actor->inst->priv;

	lab_actor_blocks(actor);
	pm_runtime_get_sync(&power->device->dev);
	pm_runtime_put_noidle(&power->device->dev);
	return 0;
}

/* ---- the scenario ---- */

/* A device that is on, and in use. */
static int power_create_device(struct power *power)
{
	struct platform_device *device = platform_device_register_simple("gpulab-power", PLATFORM_DEVID_AUTO, NULL, 0);

	if (IS_ERR(device))
		return PTR_ERR(device);
	power->device = device;
	platform_set_drvdata(device, power);
	pm_runtime_enable(&device->dev);
	return pm_runtime_resume_and_get(&device->dev);
}

/* The suspend callback's worker is an actor of its own; the thread that suspends runs the callback. */
static int power_start_suspend(struct lab_instance *inst, struct power *power)
{
	power->set_up = true;
	power->user = lab_actor_add(inst, "user", LAB_PARTICIPANT);
	power->callback = lab_actor_run(inst, "callback", LAB_PARTICIPANT, "gpulab-susp", suspend_thread);
	if (!power->user || !power->callback)
		return -ENOMEM;
	complete_all(&power->go);
	return lab_actor_wait_blocking(power->callback);
}

static int power_start_resume(struct lab_instance *inst, struct power *power)
{
	enum lab_part part = inst->variant->value == POWER_SLOW ? LAB_HELPER : LAB_PARTICIPANT;
	int ret;

	pm_runtime_put_sync_suspend(&power->device->dev);
	power->set_up = true;
	power->callback = lab_actor_run(inst, "callback", part, "gpulab-resu", resume_thread);
	ret = power->callback ? lab_wait(&power->entered) : -ENOMEM;
	if (ret)
		return ret;
	power->user = lab_actor_run(inst, "user", part, "gpulab-user", user_thread);
	ret = power->user ? lab_actor_wait_blocking(power->user) : -ENOMEM;
	complete_all(&power->go);
	return ret ?: lab_actor_wait_blocking(power->callback);
}

static int power_start(struct lab_instance *inst)
{
	struct power *power = kzalloc(sizeof(*power), GFP_KERNEL);
	int ret;

	if (!power)
		return -ENOMEM;
	inst->priv = power;
	power->inst = inst;
	mutex_init(&power->lock);
	init_completion(&power->entered);
	init_completion(&power->go);
	INIT_WORK(&power->work, housekeeping_work);
	ret = power_create_device(power);
	if (ret)
		return ret;
	if (inst->variant->value == POWER_CANCEL)
		ret = power_start_suspend(inst, power);
	else
		ret = power_start_resume(inst, power);
	return ret ?: lab_victims_run(inst, power_victim_thread);
}

/* What ends the wait for a callback: nothing in the kernel does it from outside. */
static void power_end_wait(struct device *dev)
{
	spin_lock_irq(&dev->power.lock);
	dev->power.runtime_status = RPM_ACTIVE;
	spin_unlock_irq(&dev->power.lock);
	wake_up_all(&dev->power.wait_queue);
}

static void power_release(struct lab_instance *inst)
{
	struct power *power = inst->priv;

	if (!power || !power->device)
		return;
	complete_all(&power->go);
	if (inst->variant->value == POWER_CANCEL)
		power_end_wait(&power->device->dev);
	else if (atomic_xchg(&power->held, 0))
		mutex_unlock(&power->lock);
}

static void power_finish(struct lab_instance *inst)
{
	struct power *power = inst->priv;

	if (!power)
		return;
	flush_work(&power->work);
	if (power->device) {
		pm_runtime_disable(&power->device->dev);
		platform_device_unregister(power->device);
	}
	kfree(power);
}

static void power_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct power *power = inst->priv;

	if (power && power->device)
		seq_printf(seq, ",\"device\":{\"name\":\"%s\",\"driver\":\"gpulab-power\"}",
			   dev_name(&power->device->dev));
}

static const struct lab_variant power_variants[] = { { "cancel", POWER_CANCEL }, { "lock", POWER_LOCK }, { "" } };

const struct lab_family lab_runtime_pm_cycle_family = {
	.name = "runtime-pm-cycle",
	.expected_class = "runtime-pm-cycle",
	.variants = power_variants,
	.start = power_start,
	.release = power_release,
	.finish = power_finish,
	.show = power_show,
};

static const struct lab_variant slow_power_variants[] = { { "slow-resume", POWER_SLOW }, { "" } };

const struct lab_family lab_runtime_pm_family = {
	.name = "runtime-pm",
	.expected_class = "none",
	.variants = slow_power_variants,
	.start = power_start,
	.release = power_release,
	.finish = power_finish,
	.show = power_show,
};
