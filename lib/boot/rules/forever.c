/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deferred-forever: devices that still wait, by what the whole chain of them waits for. */
#include "lib/boot/rules/forever.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/boot/rules/timeout.h"
#include "lib/boot/rules/waiting.h"
#include "lib/boot/rules/words.h"

/* Waits that are shorter are part of a boot: modules are still being loaded. */
#define LONG_WAIT_NS 20000000000ULL
/* From then on nothing can be expected to come by itself. */
#define CERTAIN_WAIT_NS 120000000000ULL

/* When it has waited long enough to be called so; GW_BOOT_UNKNOWN = not yet, or not at all. */
static uint64_t forever_since(const struct gw_boot_model *model, const struct gw_boot_device *device)
{
	bool still = device->deferred;
	uint64_t from = device->wait_from_ns, to = still ? model->now_ns : device->wait_to_ns;

	if (still && !device->waiting)
		from = model->seen_from_ns < model->now_ns ? model->seen_from_ns : 0; /* since before anybody looked */
	if (!still && (device->waiting || !device->bound || to <= from))
		return GW_BOOT_UNKNOWN;
	if (from <= model->timeout_ns && model->timeout_ns <= to)
		return model->timeout_ns;
	return to - from >= LONG_WAIT_NS ? from + LONG_WAIT_NS : GW_BOOT_UNKNOWN;
}

static void forever_write(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			  const struct gw_boot_need *need)
{
	const struct gw_boot_device *device = &model->devices[finding->consumer];

	gw_boot_write_device(&finding->summary, model, finding->consumer);
	gw_boot_write_group(&finding->summary, finding);
	gw_text_add(&finding->summary, finding->resolved_ns ? " waited" : finding->n_group > 1 ? " wait" : " waits");
	if (need)
		gw_text_add(&finding->summary, " for %s", gw_boot_text(model, need->supplier_name));
	else
		gw_text_add(&finding->summary, finding->resolved_ns ? " long to be probed" : " in vain to be probed");
	gw_text_add(&finding->explanation, "%s was deferred (-EPROBE_DEFER) %" PRIu32 " time%s",
		    gw_boot_text(model, finding->device), device->retries, device->retries == 1 ? "" : "s");
	if (device->first_deferred_ns != GW_BOOT_UNKNOWN) {
		gw_text_add(&finding->explanation, ", first at ");
		gw_boot_write_time(&finding->explanation, device->first_deferred_ns);
	}
	gw_text_add(&finding->explanation, finding->resolved_ns ? ", and then bound." : ", and is still on the list.");
	if (device->reason && !need)
		gw_text_add(&finding->explanation, " The kernel's reason: %s.", gw_boot_text(model, device->reason));
	gw_boot_write_origin(&finding->explanation, finding);
}

/* Resolved: the same, in the past. */
static void forever_advise_resolved(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	uint32_t module = finding->supplier == GW_BOOT_NOTHING ? 0 : model->devices[finding->supplier].module;

	finding->supplier_module = module;
	if (module)
		gw_text_add(
			&finding->advice,
			"No action is needed now. To have it earlier at the next boot, put %s into /etc/modules-load.d/gpuwatch.conf, and into the initramfs if the consumer is in it.",
			gw_boot_text(model, module));
	else
		gw_text_add(&finding->advice, "No action is needed now; find out why the supplier came so late.");
}

static bool forever_is_resolved(const struct gw_boot_model *model, const struct gw_boot_waiter *waiters, size_t count,
				uint64_t *ret_ns)
{
	*ret_ns = 0;
	for (size_t i = 0; i < count; i++) {
		const struct gw_boot_device *device = &model->devices[waiters[i].device];

		if (device->deferred)
			return false;
		if (device->wait_to_ns > *ret_ns)
			*ret_ns = device->wait_to_ns;
	}
	return true;
}

static enum gw_confidence forever_confidence(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	bool listed = json_is_array(json_object_get(model->evidence->state, "deferred"));
	bool long_ago = finding->lost_ns >= CERTAIN_WAIT_NS || finding->known_ns == model->timeout_ns;

	return listed && long_ago ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE;
}

static int forever_report(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			  const struct gw_boot_waiter *waiters, size_t count)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_DEFERRED_FOREVER);
	const struct gw_boot_device *device = &model->devices[waiters[0].device];
	uint64_t resolved_ns;

	if (!finding || gw_boot_waiters_fill(model, finding, waiters, count) < 0)
		return -ENOMEM;
	if (waiters[0].need)
		gw_boot_finding_need(model, finding, waiters[0].need);
	finding->formed_ns = device->wait_from_ns;
	finding->known_ns = forever_since(model, device);
	finding->has_result = true;
	finding->result = -EPROBE_DEFER;
	finding->begin_ns = device->first_deferred_ns;
	if (forever_is_resolved(model, waiters, count, &resolved_ns)) {
		finding->resolved_ns = resolved_ns;
		finding->end_ns = resolved_ns;
	}
	finding->confidence = forever_confidence(model, finding);
	finding->effect = GW_BOOT_LOST;
	forever_write(model, finding, waiters[0].need);
	if (finding->resolved_ns)
		forever_advise_resolved(model, finding);
	else if (waiters[0].need)
		gw_boot_write_missing(model, finding);
	else
		gw_text_add(
			&finding->advice,
			"No record shows what it waits for. Boot with dyndbg=\"file drivers/base/* +p\" and search the kernel log for lines about %s.",
			gw_boot_text(model, finding->device));
	return 0;
}

int gw_boot_rule_forever(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	struct gw_boot_waiter *waiters = calloc(model->n_devices + 1, sizeof(*waiters));
	size_t count = 0;
	int r;

	if (!waiters)
		return -ENOMEM;
	for (uint32_t i = 0; i < model->n_devices; i++) {
		const struct gw_boot_device *device = &model->devices[i];
		struct gw_boot_waiter *waiter = &waiters[count];
		uint64_t since = forever_since(model, device);
		const struct gw_boot_need *need;

		if (since == GW_BOOT_UNKNOWN || (!device->deferred && gw_boot_timeout_released(model, device, &need)))
			continue;
		waiter->device = i;
		waiter->since_ns = device->wait_from_ns;
		/* Of a wait that is over: what was missing when it had become too long. */
		waiter->need = gw_boot_wait_root(model, i, device->deferred ? GW_BOOT_UNKNOWN : since);
		waiter->cause = waiter->need ? waiter->need->supplier_name : device->name;
		count++;
	}
	r = gw_boot_waiters_report(model, findings, waiters, count, forever_report);
	free(waiters);
	return r;
}
