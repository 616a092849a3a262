/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deferred-forever: devices that still wait, by what the whole chain of them
 * waits for; and deferral-timeout: devices that stopped waiting when the
 * driver core's patience was over, and failed or came up without.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/boot/rules/finding.h"

/* Waits that are shorter are part of a boot: modules are still being loaded. */
#define LONG_WAIT_NS 20000000000ULL
/* From then on nothing can be expected to come by itself. */
#define CERTAIN_WAIT_NS 120000000000ULL
#define CHAIN_MAX 16
/* drivers/base/dd.c: of a kernel with modules, unless the command line says otherwise */
#define DEFAULT_TIMEOUT_S 10

/* ---- what a device waits for ------------------------------------------------------------------------ */

static bool bound_at(const struct gw_boot_model *model, uint32_t device, uint64_t at)
{
	const struct gw_boot_device *it = &model->devices[device];

	return at == GW_BOOT_UNKNOWN ? it->bound : gw_boot_bound_at(model, it, at);
}

/* A supplier that is no device is there when its module is. */
static bool missing_without_device(const struct gw_boot_model *model, const struct gw_boot_need *need, uint64_t at)
{
	const struct gw_boot_pair *pair = gw_boot_pair_of(model, need->entry);

	if (!pair)
		return true;
	if (pair->supplier_init != GW_BOOT_NOTHING)
		return at != GW_BOOT_UNKNOWN && model->inits[pair->supplier_init].end_ns > at;
	return pair->supplier_module != GW_BOOT_NOTHING &&
	       model->modules[pair->supplier_module].state == GW_BOOT_MODULE_AVAILABLE;
}

/* What the kernel itself said that it waits for is the best answer, then links, firmware and the table. */
static int rank(const struct gw_boot_need *need)
{
	return need->origin == GW_BOOT_BY_WAIT ? -1 : (int)need->origin;
}

/* The need of the device that was not met at that moment (GW_BOOT_UNKNOWN: now), or NULL. */
static const struct gw_boot_need *unmet(const struct gw_boot_model *model, const struct gw_boot_device *device,
					uint64_t at)
{
	const struct gw_boot_need *best = NULL;

	for (uint32_t i = 0; i < device->n_needs; i++) {
		const struct gw_boot_need *need = &model->needs[device->first_need + i];
		bool missing = need->supplier != GW_BOOT_NOTHING ? !bound_at(model, need->supplier, at)
								 : missing_without_device(model, need, at);

		if (missing && (!best || rank(need) < rank(best)))
			best = need;
	}
	return best;
}

/* The need at the end of the chain of suppliers that wait themselves. NULL: not known what for. */
static const struct gw_boot_need *root_need(const struct gw_boot_model *model, uint32_t device, uint64_t at)
{
	const struct gw_boot_need *need = unmet(model, &model->devices[device], at), *next;

	for (int i = 0; need && need->supplier != GW_BOOT_NOTHING && i < CHAIN_MAX; i++) {
		const struct gw_boot_device *supplier = &model->devices[need->supplier];

		/* One that waits no more has failed, and does not come up when what it needed does. */
		if (!supplier->deferred && (at == GW_BOOT_UNKNOWN || !supplier->retries))
			break;
		next = unmet(model, &model->devices[need->supplier], at);
		if (!next)
			break;
		need = next;
	}
	return need;
}

/* ---- groups ------------------------------------------------------------------------------------------ */

/* One report per cause: devices that wait for the same thing. */
struct waiter {
	uint32_t device;
	uint64_t since_ns; /* the first stands for all, and stays the first when others follow */
	uint32_t cause;	   /* name of what is missing, or of the device itself if that is not known */
	bool failed;	   /* those that came up without it have another story */
	const struct gw_boot_need *need;
};

static int compare_waiters(const void *a, const void *b)
{
	const struct waiter *x = a, *y = b;

	if (x->cause != y->cause)
		return x->cause < y->cause ? -1 : 1;
	if (x->failed != y->failed)
		return x->failed ? 1 : -1;
	if (x->since_ns != y->since_ns)
		return x->since_ns < y->since_ns ? -1 : 1;
	return x->device < y->device ? -1 : x->device > y->device;
}

static bool same_fate(const struct waiter *a, const struct waiter *b)
{
	return a->cause == b->cause && a->failed == b->failed;
}

static int set_group(struct gw_boot_finding *finding, const struct waiter *waiters, size_t count)
{
	finding->group = calloc(count, sizeof(*finding->group));
	if (!finding->group)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		finding->group[i] = waiters[i].device;
	finding->n_group = count;
	return 0;
}

typedef int (*report_group)(struct gw_boot_model *model, const struct waiter *waiters, size_t count);

static int report_groups(struct gw_boot_model *model, struct waiter *waiters, size_t count, report_group report)
{
	int r = 0;

	qsort(waiters, count, sizeof(*waiters), compare_waiters);
	for (size_t from = 0, to; from < count && r == 0; from = to) {
		for (to = from; to < count && same_fate(&waiters[from], &waiters[to]); to++)
			;
		r = report(model, &waiters[from], to - from);
	}
	return r;
}

static void sum_group(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	finding->retries = finding->lost_ns = 0;
	for (size_t i = 0; i < finding->n_group; i++) {
		const struct gw_boot_device *device = &model->devices[finding->group[i]];
		uint64_t until = device->waiting ? model->now_ns : device->wait_to_ns;

		finding->retries += device->retries;
		if (until > device->wait_from_ns && until - device->wait_from_ns > finding->lost_ns)
			finding->lost_ns = until - device->wait_from_ns;
	}
}

/* ---- words about a missing supplier --------------------------------------------------------------------- */

/* The driver that is missing: of the supplier's device, or of the table's party. */
static uint32_t missing_module(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	const struct gw_boot_pair *pair = gw_boot_pair_of(model, finding->entry);
	uint32_t found = GW_BOOT_NOTHING;

	if (finding->supplier != GW_BOOT_NOTHING)
		found = gw_boot_candidate(model, finding->supplier);
	return found == GW_BOOT_NOTHING && pair ? pair->supplier_module : found;
}

static const struct gw_boot_attempt *last_attempt(const struct gw_boot_model *model, uint32_t device)
{
	const struct gw_boot_device *it = device == GW_BOOT_NOTHING ? NULL : &model->devices[device];

	return it && it->n_attempts ? &model->attempts[it->first_attempt + it->n_attempts - 1] : NULL;
}

/* Why the supplier is not there, and what to do. */
static void say_missing(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	const char *supplier = gw_boot_text(model, finding->supplier_name);
	const struct gw_boot_attempt *last = last_attempt(model, finding->supplier);
	uint32_t index = missing_module(model, finding);
	const struct gw_boot_module *module = index == GW_BOOT_NOTHING ? NULL : &model->modules[index];
	const char *name = module ? gw_boot_text(model, module->name) : "";
	struct gw_text *why = &finding->explanation, *advice = &finding->advice;

	if (last && last->ended && last->result < 0) {
		gw_text_add(&finding->summary, ", whose probe ended with ");
		gw_boot_add_result(&finding->summary, last->result);
		gw_text_add(why, " The last probe of %s, at ", supplier);
		gw_boot_say_time(why, last->end_ns);
		gw_text_add(why, ", ended with ");
		gw_boot_add_result(why, last->result);
		gw_text_add(why, ".");
		gw_text_add(
			advice,
			"Look in the kernel log for why %s fails; when that is repaired, bind it again and what waits for it follows by itself.",
			supplier);
		return;
	}
	if (module)
		finding->supplier_module = module->name;
	if (module && module->blacklisted) {
		gw_text_add(&finding->summary, ": module %s is blacklisted", name);
		gw_text_add(
			advice,
			"Take %s off the blacklist (modprobe.blacklist= on the kernel command line, or /etc/modprobe.d), or blacklist what needs it as well.",
			name);
	} else if (module && module->state == GW_BOOT_MODULE_AVAILABLE) {
		gw_text_add(&finding->summary, ": module %s is not loaded", name);
		gw_text_add(
			advice,
			"Load its driver: modprobe %s. To have it at each boot, put %s into /etc/modules-load.d/gpuwatch.conf, and into the initramfs if the consumer is in it.",
			name, name);
	} else if (module) {
		gw_text_add(&finding->summary, ", which %s has not taken", name);
		gw_text_add(advice,
			    "Its driver's module %s is loaded but has not bound it: look in the kernel log for why.",
			    name);
	} else if (finding->supplier != GW_BOOT_NOTHING) {
		gw_text_add(&finding->summary, ", for which there is no driver");
		gw_text_add(
			advice,
			"No module of this kernel claims %s: install or build its driver, or boot with fw_devlink=permissive if the consumer can do without.",
			supplier);
	} else {
		gw_text_add(&finding->summary, ", which does not exist");
		gw_text_add(
			advice,
			"There is no device of that name: it is disabled in the firmware's description, or what would create it has no driver. If the consumer can do without, boot with fw_devlink=permissive.");
	}
}

/* ---- who gave up -------------------------------------------------------------------------------------------- */

/* An attempt that settled the matter, one way or the other. */
static bool is_settled(const struct gw_boot_attempt *attempt)
{
	return attempt->ended && !gw_boot_attempt_deferred(attempt);
}

/* The first attempt after the wait was given up, if it ended with something else than another deferral; or NULL. */
static const struct gw_boot_attempt *first_after(const struct gw_boot_model *model, const struct gw_boot_device *device,
						 uint64_t time_ns)
{
	for (uint32_t i = 0; i < device->n_attempts; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];

		if (is_settled(attempt) && attempt->end_ns >= time_ns)
			return attempt;
	}
	return NULL;
}

/*
 * The attempt during which the kernel said that it ignores what is missing. The log's clock may differ a little from
 * that of the probes: the nearest.
 */
static const struct gw_boot_attempt *told_in(const struct gw_boot_model *model, const struct gw_boot_device *device)
{
	const struct gw_boot_attempt *nearest = NULL;
	uint64_t said = device->ignored_ns, least = 0;

	for (uint32_t i = 0; i < device->n_attempts; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];
		uint64_t begin = attempt->begin_ns == GW_BOOT_UNKNOWN ? attempt->end_ns : attempt->begin_ns, distance;

		if (!is_settled(attempt))
			continue;
		distance = said < begin ? begin - said : said > attempt->end_ns ? said - attempt->end_ns : 0;
		if (!nearest || distance < least) {
			nearest = attempt;
			least = distance;
		}
	}
	return nearest;
}

static bool was_deferred_before(const struct gw_boot_model *model, const struct gw_boot_device *device,
				const struct gw_boot_attempt *attempt)
{
	const struct gw_boot_attempt *first = &model->attempts[device->first_attempt];

	return attempt > first && gw_boot_attempt_deferred(attempt - 1);
}

/* The attempt that was let go by the timeout, or may have been; NULL: none. */
static const struct gw_boot_attempt *let_go(const struct gw_boot_model *model, const struct gw_boot_device *device)
{
	const struct gw_boot_attempt *attempt = NULL;

	/* Also of a device that came so late that it was never deferred. */
	if (device->ignored_ns != GW_BOOT_UNKNOWN)
		return told_in(model, device);
	if (device->retries && model->timeout_ns != GW_BOOT_UNKNOWN)
		attempt = first_after(model, device, model->timeout_ns);
	/* The expiry may not have been recorded; its error is seldom another one's. */
	if (!attempt && device->retries && !device->bound) {
		attempt = &model->attempts[device->first_attempt + device->n_attempts - 1];
		attempt = attempt->result == -ETIMEDOUT ? attempt : NULL;
	}
	return attempt && was_deferred_before(model, device, attempt) ? attempt : NULL;
}

/* The attempt by which the device went on without what it had waited for; NULL: it did not. */
static const struct gw_boot_attempt *gave_up(const struct gw_boot_model *model, const struct gw_boot_device *device,
					     const struct gw_boot_need **need)
{
	const struct gw_boot_attempt *attempt = let_go(model, device);

	*need = NULL;
	if (!attempt || attempt->until_ns != GW_BOOT_UNKNOWN || (attempt->result != 0 && device->bound))
		return NULL;
	*need = unmet(model, device, attempt->end_ns);
	if (attempt->result == 0)
		return *need || device->ignored_ns != GW_BOOT_UNKNOWN ? attempt : NULL;
	return attempt->result == -ETIMEDOUT || attempt->result == -ENODEV ? attempt : NULL;
}

/* ---- deferred-forever ----------------------------------------------------------------------------------- */

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

static void tell_forever(struct gw_boot_model *model, struct gw_boot_finding *finding, const struct gw_boot_need *need)
{
	const struct gw_boot_device *device = &model->devices[finding->consumer];

	gw_boot_say_device(&finding->summary, model, finding->consumer);
	gw_boot_say_group(&finding->summary, finding);
	gw_text_add(&finding->summary, finding->resolved_ns ? " waited" : finding->n_group > 1 ? " wait" : " waits");
	if (need)
		gw_text_add(&finding->summary, " for %s", gw_boot_text(model, need->supplier_name));
	else
		gw_text_add(&finding->summary, finding->resolved_ns ? " long to be probed" : " in vain to be probed");
	gw_text_add(&finding->explanation, "%s was deferred (-EPROBE_DEFER) %" PRIu32 " time%s",
		    gw_boot_text(model, finding->device), device->retries, device->retries == 1 ? "" : "s");
	if (device->first_deferred_ns != GW_BOOT_UNKNOWN) {
		gw_text_add(&finding->explanation, ", first at ");
		gw_boot_say_time(&finding->explanation, device->first_deferred_ns);
	}
	gw_text_add(&finding->explanation, finding->resolved_ns ? ", and then bound." : ", and is still on the list.");
	if (device->reason && !need)
		gw_text_add(&finding->explanation, " The kernel's reason: %s.", gw_boot_text(model, device->reason));
	gw_boot_say_origin(&finding->explanation, finding);
}

/* Resolved: the same, in the past. */
static void advise_resolved(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	uint32_t module = finding->supplier == GW_BOOT_NOTHING ? 0 : model->devices[finding->supplier].module;

	finding->supplier_module = module;
	if (module)
		gw_text_add(
			&finding->advice,
			"Nothing is to be done now. To have it earlier at the next boot, put %s into /etc/modules-load.d/gpuwatch.conf, and into the initramfs if the consumer is in it.",
			gw_boot_text(model, module));
	else
		gw_text_add(&finding->advice, "Nothing is to be done now; look at why the supplier came so late.");
}

static bool resolved(const struct gw_boot_model *model, const struct waiter *waiters, size_t count, uint64_t *ret_ns)
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
	bool listed = json_is_array(json_object_get(model->boot->state, "deferred"));
	bool long_ago = finding->lost_ns >= CERTAIN_WAIT_NS || finding->known_ns == model->timeout_ns;

	return listed && long_ago ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE;
}

static int report_forever(struct gw_boot_model *model, const struct waiter *waiters, size_t count)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(model, GW_CLASS_DEFERRED_FOREVER);
	const struct gw_boot_device *device = &model->devices[waiters[0].device];
	uint64_t resolved_ns;

	if (!finding || set_group(finding, waiters, count) < 0)
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, waiters[0].device);
	if (waiters[0].need)
		gw_boot_finding_need(model, finding, waiters[0].need);
	sum_group(model, finding);
	finding->formed_ns = device->wait_from_ns;
	finding->known_ns = forever_since(model, device);
	finding->has_result = true;
	finding->result = -GW_EPROBE_DEFER;
	finding->begin_ns = device->first_deferred_ns;
	if (resolved(model, waiters, count, &resolved_ns)) {
		finding->resolved_ns = resolved_ns;
		finding->end_ns = resolved_ns;
	}
	finding->confidence = forever_confidence(model, finding);
	finding->effect = GW_BOOT_LOST;
	tell_forever(model, finding, waiters[0].need);
	if (finding->resolved_ns)
		advise_resolved(model, finding);
	else if (waiters[0].need)
		say_missing(model, finding);
	else
		gw_text_add(
			&finding->advice,
			"Nothing says what it waits for. Boot with dyndbg=\"file drivers/base/* +p\" and look in the kernel log for lines about %s.",
			gw_boot_text(model, finding->device));
	return 0;
}

int gw_boot_rule_forever(struct gw_boot_model *model)
{
	struct waiter *waiters = calloc(model->n_devices + 1, sizeof(*waiters));
	size_t count = 0;
	int r;

	if (!waiters)
		return -ENOMEM;
	for (uint32_t i = 0; i < model->n_devices; i++) {
		const struct gw_boot_device *device = &model->devices[i];
		struct waiter *waiter = &waiters[count];
		uint64_t since = forever_since(model, device);
		const struct gw_boot_need *need;

		if (since == GW_BOOT_UNKNOWN || (!device->deferred && gave_up(model, device, &need)))
			continue;
		waiter->device = i;
		waiter->since_ns = device->wait_from_ns;
		/* Of a wait that is over: what was missing when it had become too long. */
		waiter->need = root_need(model, i, device->deferred ? GW_BOOT_UNKNOWN : since);
		waiter->cause = waiter->need ? waiter->need->supplier_name : device->name;
		count++;
	}
	r = report_groups(model, waiters, count, report_forever);
	free(waiters);
	return r;
}

/* ---- deferral-timeout ------------------------------------------------------------------------------------ */

static int timeout_seconds(const struct gw_boot_model *model)
{
	const char *cmdline = json_string_value(json_object_get(model->boot->state, "cmdline"));
	const char *given = cmdline ? strstr(cmdline, "deferred_probe_timeout=") : NULL;

	return given ? atoi(given + strlen("deferred_probe_timeout=")) : DEFAULT_TIMEOUT_S;
}

/* When the supplier was there after all; GW_BOOT_UNKNOWN = never. */
static uint64_t came_at(const struct gw_boot_model *model, const struct gw_boot_finding *finding, uint64_t after_ns)
{
	const struct gw_boot_attempt *bound = NULL;

	if (finding->supplier != GW_BOOT_NOTHING)
		bound = gw_boot_next_bound(model, &model->devices[finding->supplier], after_ns);
	return bound ? bound->end_ns : GW_BOOT_UNKNOWN;
}

static void advise_timeout(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	uint64_t came = finding->supplier_ready_ns, expired = finding->begin_ns, seconds = came / GW_NSEC_PER_SEC;
	struct gw_text *advice = &finding->advice;

	/* When it is not known when it expired, it counts from the beginning of the boot on. */
	if (model->timeout_ns != GW_BOOT_UNKNOWN) {
		expired = model->timeout_ns;
		seconds = (uint64_t)(timeout_seconds(model) > 0 ? timeout_seconds(model) : 0) +
			  (came - expired) / GW_NSEC_PER_SEC;
	}
	if (came != GW_BOOT_UNKNOWN && came > expired) {
		gw_text_add(advice, "Boot with deferred_probe_timeout=%" PRIu64 ": the supplier came ", seconds + 6);
		gw_text_add_age(advice, came - expired);
		gw_text_add(advice,
			    " too late. Better, have its driver loaded earlier: in the initramfs, or built in.");
		return;
	}
	say_missing(model, finding);
	gw_text_add(advice, " deferred_probe_timeout=-1 on the kernel command line lets consumers wait for ever.");
}

static void tell_timeout(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			 const struct gw_boot_need *need)
{
	const struct gw_boot_device *device = &model->devices[finding->consumer];

	gw_boot_say_device(&finding->summary, model, finding->consumer);
	gw_boot_say_group(&finding->summary, finding);
	if (finding->result == 0) {
		gw_text_add(&finding->summary, " came up without ");
	} else {
		gw_text_add(&finding->summary, " failed (");
		gw_boot_add_result(&finding->summary, finding->result);
		gw_text_add(&finding->summary, ") for want of ");
	}
	gw_text_add(&finding->summary, "%s after the deferred-probe timeout",
		    need ? gw_boot_text(model, need->supplier_name) : "its supplier");
	if (device->retries) {
		gw_text_add(&finding->explanation, "%s was deferred %" PRIu32 " time%s from ",
			    gw_boot_text(model, finding->device), device->retries, device->retries == 1 ? "" : "s");
		gw_boot_say_time(&finding->explanation, device->first_deferred_ns);
		gw_text_add(&finding->explanation, " on.");
	} else {
		gw_text_add(&finding->explanation,
			    "When %s was probed, the kernel did not wait for suppliers any more.",
			    gw_boot_text(model, finding->device));
	}
	if (model->timeout_ns != GW_BOOT_UNKNOWN) {
		gw_text_add(&finding->explanation, " The timeout expired at ");
		gw_boot_say_time(&finding->explanation, model->timeout_ns);
		gw_text_add(&finding->explanation, ".");
	}
	gw_text_add(&finding->explanation, " The probe that ended at ");
	gw_boot_say_time(&finding->explanation, finding->end_ns);
	gw_text_add(&finding->explanation, " returned ");
	gw_boot_add_result(&finding->explanation, finding->result);
	gw_text_add(&finding->explanation, ".");
	if (finding->supplier_ready_ns != GW_BOOT_UNKNOWN) {
		gw_text_add(&finding->explanation, " %s bound at ", gw_boot_text(model, finding->supplier_name));
		gw_boot_say_time(&finding->explanation, finding->supplier_ready_ns);
		gw_text_add(&finding->explanation, ", when nobody waited any more.");
	}
	gw_boot_say_origin(&finding->explanation, finding);
}

static int report_timeout(struct gw_boot_model *model, const struct waiter *waiters, size_t count)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(model, GW_CLASS_DEFERRAL_TIMEOUT);
	const struct gw_boot_device *device = &model->devices[waiters[0].device];
	const struct gw_boot_need *need;
	const struct gw_boot_attempt *attempt = gave_up(model, device, &need);

	if (!finding || set_group(finding, waiters, count) < 0)
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, waiters[0].device);
	if (need)
		gw_boot_finding_need(model, finding, need);
	sum_group(model, finding);
	gw_boot_finding_attempt(finding, attempt);
	finding->lost_ns = gw_boot_waited(device, attempt->end_ns);
	finding->formed_ns = finding->known_ns = attempt->end_ns;
	finding->supplier_ready_ns = came_at(model, finding, attempt->end_ns);
	finding->effect = GW_BOOT_LOST;
	if (device->ignored_ns == GW_BOOT_UNKNOWN &&
	    (model->timeout_ns == GW_BOOT_UNKNOWN || finding->origin == GW_BOOT_BY_TABLE))
		finding->confidence = GW_CONFIDENCE_PROBABLE;
	tell_timeout(model, finding, need);
	if (need)
		advise_timeout(model, finding);
	else
		gw_text_add(
			&finding->advice,
			"Have the driver of what it needs loaded earlier: in the initramfs, or built in. deferred_probe_timeout=%d on the kernel command line gives it more time.",
			timeout_seconds(model) > 0 ? timeout_seconds(model) * 3 : 30);
	return 0;
}

int gw_boot_rule_timeout(struct gw_boot_model *model)
{
	struct waiter *waiters = calloc(model->n_devices + 1, sizeof(*waiters));
	size_t count = 0;
	int r;

	if (!waiters)
		return -ENOMEM;
	for (uint32_t i = 0; i < model->n_devices; i++) {
		const struct gw_boot_device *device = &model->devices[i];
		const struct gw_boot_need *need;
		const struct gw_boot_attempt *attempt = gave_up(model, device, &need);

		if (!attempt)
			continue;
		waiters[count++] = (struct waiter){
			.device = i,
			.since_ns = attempt->end_ns,
			.failed = attempt->result != 0,
			.cause = need ? need->supplier_name : device->name,
			.need = need,
		};
	}
	r = report_groups(model, waiters, count, report_timeout);
	free(waiters);
	return r;
}
