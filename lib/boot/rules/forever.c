/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deferred-forever: devices that still wait, by what the whole chain of them waits for. */
#include "lib/boot/rules/forever.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/boot/model/devices.h"
#include "lib/boot/rules/timeout.h"
#include "lib/boot/rules/waiting.h"
#include "lib/boot/rules/words.h"

/* Waits that are shorter are part of a boot: modules are still being loaded. */
#define LONG_WAIT_NS (20 * GW_NSEC_PER_SEC)
/* Devices whose reasons are written out. */
#define REASONS_MAX 8
/* From then on nothing can be expected to come by itself. */
#define CERTAIN_WAIT_NS (120 * GW_NSEC_PER_SEC)

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
	if (still && device->pending_ns != GW_BOOT_UNKNOWN)
		return device->pending_ns;
	return to - from >= LONG_WAIT_NS ? from + LONG_WAIT_NS : GW_BOOT_UNKNOWN;
}

static void forever_write_history(struct gw_text *text, const struct gw_boot_model *model,
				  const struct gw_boot_device *device, uint64_t resolved_ns)
{
	const char *name = gw_boot_text(model, device->name);

	if (!device->retries && device->pending_ns != GW_BOOT_UNKNOWN) {
		gw_text_add(text, "The kernel listed %s as still deferred at ", name);
		gw_boot_write_time(text, device->pending_ns);
		gw_text_add(text, ".");
		return;
	}
	gw_text_add(text, "%s was deferred (-EPROBE_DEFER) %" PRIu32 " time%s", name, device->retries,
		    device->retries == 1 ? "" : "s");
	if (device->first_deferred_ns != GW_BOOT_UNKNOWN) {
		gw_text_add(text, ", first at ");
		gw_boot_write_time(text, device->first_deferred_ns);
	}
	gw_text_add(text, resolved_ns ? ", and then bound." : ", and is still on the list.");
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
	forever_write_history(&finding->explanation, model, device, finding->resolved_ns);
	if (device->reason && !need)
		gw_text_add(&finding->explanation, " The kernel's reason: %s.", gw_boot_text(model, device->reason));
	gw_boot_write_origin(&finding->explanation, finding);
	if (finding->n_group > 1 && !finding->resolved_ns) {
		gw_text_add(&finding->explanation, " Those that wait: ");
		gw_boot_write_devices(&finding->explanation, model, finding->group, finding->n_group);
		gw_text_add(&finding->explanation, ".");
	}
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

/* "a, b and c wait for each other", with those behind them. */
static void forever_write_circle(const struct gw_boot_model *model, struct gw_boot_finding *finding,
				 const uint32_t *circle, size_t count)
{
	struct gw_text *why = &finding->explanation;

	gw_boot_write_devices(&finding->summary, model, circle, count);
	gw_text_add(&finding->summary, " wait for each other");
	for (size_t i = 0; i < count; i++) {
		const struct gw_boot_device *device = &model->devices[circle[i]];
		const char *name = gw_boot_text(model, device->name);
		const char *supplier = gw_boot_device_name(model, circle[(i + 1) % count]);

		gw_text_add(why, "%s%s waits for %s", i ? " " : "", name, supplier);
		if (device->awaited_guessed)
			gw_text_add(why, ", as far as this log shows: its driver reports \"%s\"",
				    gw_boot_text(model, device->reason));
		else if (device->awaited_node)
			gw_text_add(why, " (node %s)", gw_boot_text(model, device->awaited_node));
		gw_text_add(why, ".");
		if (device->awaited_guessed)
			finding->confidence = GW_CONFIDENCE_HINT;
	}
	if (finding->n_group > count) {
		gw_text_add(why, " All that wait, for them or behind them: ");
		gw_boot_write_devices(why, model, finding->group, finding->n_group);
		gw_text_add(why, ".");
	}
	gw_text_add(
		&finding->advice,
		"None of them can be first. One of these dependencies must not be waited for: a driver that creates its children before it needs them, or a property that fw_devlink is to ignore (fw_devlink=permissive shows whether that ends it). Report it to the developers with this log.");
}

/* Returns whether they wait for each other, and writes that; or -ENOMEM. */
static int forever_is_circle(const struct gw_boot_model *model, struct gw_boot_finding *finding, uint32_t device)
{
	uint32_t *circle;
	ssize_t count = finding->resolved_ns ? 0 : gw_boot_wait_circle(model, device, &circle);

	if (count <= 0)
		return (int)count;
	gw_boot_finding_consumer(model, finding, circle[0]);
	gw_boot_finding_need(model, finding, gw_boot_wait_unmet(model, &model->devices[circle[0]], GW_BOOT_UNKNOWN));
	forever_write_circle(model, finding, circle, (size_t)count);
	free(circle);
	return 1;
}

static void forever_advise_unnamed(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	gw_boot_write_root_wait(&finding->explanation, model);
	gw_text_add(
		&finding->advice,
		"No record shows what it waits for. Boot with dyndbg=\"file drivers/base/* +p\" and search the kernel log for lines about %s.",
		gw_boot_text(model, finding->device));
}

static void forever_describe(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			     const struct gw_boot_need *need)
{
	forever_write(model, finding, need);
	if (finding->resolved_ns)
		forever_advise_resolved(model, finding);
	else if (need)
		gw_boot_write_missing(model, finding);
	else
		forever_advise_unnamed(model, finding);
}

/* "0000:01:00.0" */
static bool forever_is_pci_name(const char *name)
{
	return strlen(name) == 12 && name[4] == ':' && name[7] == ':' && name[10] == '.' &&
	       strspn(name, "0123456789abcdef:.") == 12;
}

/* Whether a PCI device works that is none of these. */
static bool forever_other_pci_works(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	for (size_t i = 0; i < model->n_facts; i++) {
		const struct gw_boot_fact *fact = &model->facts[i];
		bool up = fact->type == GW_BOOT_DRM_MINOR || (fact->type == GW_BOOT_PROBE_END && fact->result == 0);
		bool among = false;

		if (!up || !forever_is_pci_name(gw_boot_text(model, fact->subject)))
			continue;
		for (size_t k = 0; k < finding->n_group; k++)
			among |= model->devices[finding->group[k]].name == fact->subject;
		if (!among)
			return true;
	}
	return false;
}

/*
 * PCI bridges pass on what is behind them without any driver. The state shows which devices are bridges. A log shows only
 * that no driver has tried them, and that another PCI device works all the same.
 */
static bool forever_is_of_bridges(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	bool shown = true;

	for (size_t i = 0; i < finding->n_group; i++) {
		const struct gw_boot_device *device = &model->devices[finding->group[i]];
		const char *modalias = gw_boot_device_text(device, "modalias");

		if (*modalias ? fnmatch("pci:*bc06sc*", modalias, 0) != 0
			      : !forever_is_pci_name(gw_boot_text(model, device->name)) || device->n_attempts > 0)
			return false;
		shown &= *modalias != '\0';
	}
	return shown || forever_other_pci_works(model, finding);
}

static void forever_write_bridges(struct gw_boot_finding *finding)
{
	finding->confidence = GW_CONFIDENCE_HINT;
	gw_text_add(
		&finding->explanation,
		" As far as it is known they are bridges, which pass on what is behind them without a driver: no loss is known.");
}

static int forever_report(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			  const struct gw_boot_waiter *waiters, size_t count)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_DEFERRED_FOREVER);
	const struct gw_boot_device *device = &model->devices[waiters[0].device];
	uint64_t resolved_ns;
	int r;

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
	finding->effect = forever_is_of_bridges(model, finding) ? GW_BOOT_FRAGILE : GW_BOOT_LOST;
	r = forever_is_circle(model, finding, waiters[0].device);
	if (r == 0)
		forever_describe(model, finding, waiters[0].need);
	if (finding->effect == GW_BOOT_FRAGILE)
		forever_write_bridges(finding);
	return r < 0 ? r : 0;
}

/* ---- whom each of them waits for ------------------------------------------------------------------------ */

/* All of a boot's. */
struct forever {
	const struct gw_boot_model *model;
	struct gw_boot_findings *findings;
	struct gw_boot_waiter *waiters;
	size_t count;
	uint32_t *behind, *unnamed; /* devices that wait for what a timeout took away; for what no record names */
	size_t n_behind, n_unnamed;
	struct gw_boot_map causes; /* by name: how many of the waiters it is the cause of */
};

static int forever_find_cause(const struct gw_boot_model *model, struct gw_boot_waiter *waiter, uint64_t since)
{
	const struct gw_boot_device *device = &model->devices[waiter->device];
	uint32_t *circle = NULL;
	ssize_t count = device->deferred ? gw_boot_wait_circle(model, waiter->device, &circle) : 0;

	/* Of a wait that is over: what was missing when it had become too long. */
	waiter->need = gw_boot_wait_root(model, waiter->device, device->deferred ? GW_BOOT_UNKNOWN : since);
	waiter->cause = waiter->need ? waiter->need->supplier_name : device->name;
	if (count > 0)
		waiter->cause = model->devices[circle[0]].name;
	free(circle);
	return count < 0 ? (int)count : 0;
}

static uint32_t forever_caused(const struct forever *all, uint32_t name)
{
	uint32_t count = gw_boot_map_get(&all->causes, name);

	return count == GW_BOOT_NOT_FOUND ? 0 : count;
}

static int forever_count_cause(struct forever *all, uint32_t name)
{
	return gw_boot_map_set(&all->causes, name, forever_caused(all, name) + 1);
}

static int forever_collect(struct forever *all)
{
	const struct gw_boot_model *model = all->model;

	for (uint32_t i = 0; i < model->n_devices; i++) {
		const struct gw_boot_device *device = &model->devices[i];
		struct gw_boot_waiter *waiter = &all->waiters[all->count];
		uint64_t since = forever_since(model, device);
		const struct gw_boot_need *need;

		if (since == GW_BOOT_UNKNOWN || (!device->deferred && gw_boot_timeout_released(model, device, &need)))
			continue;
		waiter->device = i;
		waiter->since_ns = device->wait_from_ns;
		if (forever_find_cause(model, waiter, since) < 0 || forever_count_cause(all, waiter->cause) < 0)
			return -ENOMEM;
		all->count++;
	}
	return 0;
}

/* Whether it waits for a device that a timeout let go without what that one needed, which no record names. */
static bool forever_is_behind_timeout(const struct forever *all, const struct gw_boot_waiter *waiter)
{
	for (size_t i = 0; i < all->findings->count; i++) {
		const struct gw_boot_finding *finding = &all->findings->items[i];

		for (size_t k = 0;
		     finding->class == GW_CLASS_DEFERRAL_TIMEOUT && !finding->related && k < finding->n_group; k++)
			if (waiter->need && waiter->need->supplier == finding->group[k])
				return true;
	}
	return false;
}

/* Whether it is known neither what it waits for nor that anybody waits for it. */
static bool forever_is_unnamed(const struct forever *all, const struct gw_boot_waiter *waiter)
{
	const struct gw_boot_device *device = &all->model->devices[waiter->device];

	/* On the machine itself a driver's own words are worth a report. */
	if (waiter->need || !device->deferred || (device->reason && !all->model->evidence->log.given))
		return false;
	return forever_caused(all, device->name) == (waiter->cause == device->name);
}

/* The only active finding of that class, or NULL; @count: how many there are. */
static struct gw_boot_finding *forever_only_finding(struct gw_boot_findings *findings, enum gw_class class,
						    size_t *count)
{
	struct gw_boot_finding *only = NULL;

	*count = 0;
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->items[i].class != class || findings->items[i].resolved_ns)
			continue;
		(*count)++;
		only = &findings->items[i];
	}
	return *count == 1 ? only : NULL;
}

/* What is to blame for all that wait in vain, if that is one thing; what waits still comes before what gave up. */
static struct gw_boot_finding *forever_only_cause(struct gw_boot_findings *findings)
{
	size_t waiting, gave_up;
	struct gw_boot_finding *wait = forever_only_finding(findings, GW_CLASS_DEFERRED_FOREVER, &waiting);
	struct gw_boot_finding *timeout = forever_only_finding(findings, GW_CLASS_DEFERRAL_TIMEOUT, &gave_up);

	return waiting ? wait : timeout;
}

/* Of those of no named cause, the ones whose drivers gave a reason; they leave the list. */
static void forever_write_reasons(struct forever *all, struct gw_boot_finding *finding)
{
	size_t kept = 0, shown = 0;

	for (size_t i = 0; i < all->n_unnamed; i++) {
		const struct gw_boot_device *device = &all->model->devices[all->unnamed[i]];

		if (!device->reason || shown == REASONS_MAX) {
			all->unnamed[kept++] = all->unnamed[i];
			continue;
		}
		gw_text_add(&finding->explanation, "%s %s (%s)",
			    shown++ ? "," : " Deferred as well, perhaps behind the same:",
			    gw_boot_device_name(all->model, all->unnamed[i]), gw_boot_text(all->model, device->reason));
	}
	if (shown)
		gw_text_add(&finding->explanation, ".");
	all->n_unnamed = kept;
}

static void forever_write_behind(struct forever *all, struct gw_boot_finding *finding)
{
	if (all->n_behind) {
		gw_text_add(&finding->explanation, " Still waiting for them: ");
		gw_boot_write_devices(&finding->explanation, all->model, all->behind, all->n_behind);
		gw_text_add(&finding->explanation, ".");
	}
	forever_write_reasons(all, finding);
	if (all->n_unnamed) {
		gw_text_add(&finding->explanation,
			    " Deferred as well, perhaps for the same reason, which no record names: ");
		gw_boot_write_devices(&finding->explanation, all->model, all->unnamed, all->n_unnamed);
		gw_text_add(&finding->explanation, ".");
	}
}

/* Those of no named cause: with the only cause that there is, or one report of their own. */
static int forever_report_rest(struct forever *all, struct gw_boot_waiter *rest)
{
	struct gw_boot_finding *only = forever_only_cause(all->findings);
	size_t count = 0;

	if (only || all->n_unnamed + all->n_behind == 0) {
		if (only)
			forever_write_behind(all, only);
		return 0;
	}
	for (size_t i = 0; i < all->n_unnamed; i++)
		rest[count++] =
			(struct gw_boot_waiter){ .device = all->unnamed[i],
						 .since_ns = all->model->devices[all->unnamed[i]].wait_from_ns };
	return count ? gw_boot_waiters_report(all->model, all->findings, rest, count, forever_report) : 0;
}

static int forever_judge(struct forever *all, struct gw_boot_waiter *rest)
{
	size_t kept = 0;
	int r = forever_collect(all);

	for (size_t i = 0; i < all->count && r == 0; i++) {
		if (forever_is_behind_timeout(all, &all->waiters[i]))
			all->behind[all->n_behind++] = all->waiters[i].device;
		else if (forever_is_unnamed(all, &all->waiters[i]))
			all->unnamed[all->n_unnamed++] = all->waiters[i].device;
		else
			rest[kept++] = all->waiters[i];
	}
	r = r ?: gw_boot_waiters_report(all->model, all->findings, rest, kept, forever_report);
	return r ?: forever_report_rest(all, rest);
}

int gw_boot_rule_forever(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	struct forever all = {
		.model = model,
		.findings = findings,
		.waiters = calloc(model->n_devices + 1, sizeof(*all.waiters)),
		.behind = calloc(model->n_devices + 1, sizeof(*all.behind)),
		.unnamed = calloc(model->n_devices + 1, sizeof(*all.unnamed)),
	};
	struct gw_boot_waiter *rest = calloc(model->n_devices + 1, sizeof(*rest));
	int r = all.waiters && all.behind && all.unnamed && rest ? forever_judge(&all, rest) : -ENOMEM;

	gw_boot_map_deinit(&all.causes);
	free(all.waiters);
	free(all.behind);
	free(all.unnamed);
	free(rest);
	return r;
}
