/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that wait: what for, and who waits for the same. */
#include "lib/boot/rules/waiting.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/boot/evidence/error-names.h"
#include "lib/boot/model/attempts.h"
#include "lib/boot/model/modules.h"
#include "lib/boot/model/pairs.h"
#include "lib/boot/rules/words.h"

#define CHAIN_MAX 16
/* A circle that is further away, or larger, is no firmware's. */
#define CIRCLE_STEPS_MAX 64

/* ---- what a device waits for ------------------------------------------------------------------------ */

static bool wait_bound_at(const struct gw_boot_model *model, uint32_t device, uint64_t at)
{
	const struct gw_boot_device *it = &model->devices[device];

	return at == GW_BOOT_UNKNOWN ? it->bound : gw_boot_attempts_bound_at(model, it, at);
}

/* A supplier that is no device is there when its module is. */
static bool wait_missing_without_device(const struct gw_boot_model *model, const struct gw_boot_need *need, uint64_t at)
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
static int wait_rank(const struct gw_boot_need *need)
{
	return need->origin == GW_BOOT_BY_WAIT ? -1 : (int)need->origin;
}

const struct gw_boot_need *gw_boot_wait_unmet(const struct gw_boot_model *model, const struct gw_boot_device *device,
					      uint64_t at)
{
	const struct gw_boot_need *best = NULL;

	for (uint32_t i = 0; i < device->n_needs; i++) {
		const struct gw_boot_need *need = &model->needs[device->first_need + i];
		bool missing = need->supplier != GW_BOOT_NOTHING ? !wait_bound_at(model, need->supplier, at)
								 : wait_missing_without_device(model, need, at);

		if (missing && (!best || wait_rank(need) < wait_rank(best)))
			best = need;
	}
	return best;
}

const struct gw_boot_need *gw_boot_wait_root(const struct gw_boot_model *model, uint32_t device, uint64_t at)
{
	const struct gw_boot_need *need = gw_boot_wait_unmet(model, &model->devices[device], at), *next;

	for (int i = 0; need && need->supplier != GW_BOOT_NOTHING && i < CHAIN_MAX; i++) {
		const struct gw_boot_device *supplier = &model->devices[need->supplier];

		/* One that waits no more has failed, and does not come up when what it needed does. */
		if (!supplier->deferred && (at == GW_BOOT_UNKNOWN || !supplier->retries))
			break;
		next = gw_boot_wait_unmet(model, &model->devices[need->supplier], at);
		if (!next)
			break;
		need = next;
	}
	return need;
}

/* The next in the chain: what the supplier of @device waits for itself. GW_BOOT_NOTHING: the chain ends. */
static uint32_t wait_next(const struct gw_boot_model *model, uint32_t device)
{
	const struct gw_boot_need *need = gw_boot_wait_unmet(model, &model->devices[device], GW_BOOT_UNKNOWN);
	bool goes_on = need && need->supplier != GW_BOOT_NOTHING && model->devices[need->supplier].deferred;

	return goes_on ? need->supplier : GW_BOOT_NOTHING;
}

ssize_t gw_boot_wait_circle(const struct gw_boot_model *model, uint32_t device, uint32_t **ret)
{
	uint32_t slow = device, fast = device, at, lowest;
	ssize_t count = 0;
	int steps = 0;

	*ret = NULL;
	/* Two walkers, one of them twice as fast, meet on a circle. */
	do {
		slow = wait_next(model, slow);
		fast = wait_next(model, fast);
		fast = fast == GW_BOOT_NOTHING ? fast : wait_next(model, fast);
		if (fast == GW_BOOT_NOTHING || ++steps > CIRCLE_STEPS_MAX)
			return 0;
	} while (slow != fast);
	lowest = at = slow;
	do {
		at = wait_next(model, at);
		lowest = at < lowest ? at : lowest;
		count++;
	} while (at != slow);
	*ret = calloc((size_t)count, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	at = lowest;
	for (ssize_t i = 0; i < count; i++, at = wait_next(model, at))
		(*ret)[i] = at;
	return count;
}

/* ---- groups ------------------------------------------------------------------------------------------ */

/* One report per cause: devices that wait for the same thing. */
static int waiters_compare(const void *a, const void *b)
{
	const struct gw_boot_waiter *x = a, *y = b;

	if (x->cause != y->cause)
		return x->cause < y->cause ? -1 : 1;
	if (x->failed != y->failed)
		return x->failed ? 1 : -1;
	if (x->since_ns != y->since_ns)
		return x->since_ns < y->since_ns ? -1 : 1;
	return x->device < y->device ? -1 : x->device > y->device;
}

static bool waiters_same_fate(const struct gw_boot_waiter *a, const struct gw_boot_waiter *b)
{
	return a->cause == b->cause && a->failed == b->failed;
}

int gw_boot_waiters_report(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			   struct gw_boot_waiter *waiters, size_t count, gw_boot_waiters_rule rule)
{
	int r = 0;

	qsort(waiters, count, sizeof(*waiters), waiters_compare);
	for (size_t from = 0, to; from < count && r == 0; from = to) {
		for (to = from; to < count && waiters_same_fate(&waiters[from], &waiters[to]); to++)
			;
		r = rule(model, findings, &waiters[from], to - from);
	}
	return r;
}

static void waiters_sum(const struct gw_boot_model *model, struct gw_boot_finding *finding)
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

int gw_boot_waiters_fill(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			 const struct gw_boot_waiter *waiters, size_t count)
{
	finding->group = calloc(count, sizeof(*finding->group));
	if (!finding->group)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		finding->group[i] = waiters[i].device;
	finding->n_group = count;
	gw_boot_finding_consumer(model, finding, waiters[0].device);
	waiters_sum(model, finding);
	return 0;
}

/* ---- words about a missing supplier --------------------------------------------------------------------- */

/* The driver that is missing: of the supplier's device, or of the table's party. */
static uint32_t wait_missing_module(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	const struct gw_boot_pair *pair = gw_boot_pair_of(model, finding->entry);
	uint32_t found = GW_BOOT_NOTHING;

	if (finding->supplier != GW_BOOT_NOTHING)
		found = gw_boot_module_candidate(model, finding->supplier);
	return found == GW_BOOT_NOTHING && pair ? pair->supplier_module : found;
}

/* Without the state, or of a node that never has a device of its own, it is not known what is missing. */
static void wait_write_not_shown(const struct gw_boot_model *model, struct gw_boot_finding *finding,
				 const char *supplier)
{
	if (*supplier == '/')
		gw_text_add(
			&finding->explanation,
			" That is a node of the firmware: its device, or the one that it lies in, is not bound to a driver.");
	else
		gw_text_add(&finding->explanation, " The records do not show why %s is not there.", supplier);
	gw_text_add(
		&finding->advice,
		"Find out why %s has no driver: this kernel has none for it (its configuration symbol is off), its module is not loaded in time, or its probe fails. Search the kernel log for lines about it, and have its driver in the initramfs or built in.",
		supplier);
	gw_boot_write_root_wait(&finding->explanation, model);
	if (model->evidence->log.given)
		gw_text_add(&finding->advice, " On the machine itself, gpuwatch-cli probe-order shows which.");
}

/* What the supplier's own driver gives as the reason why it waits, or NULL. What the driver core gives leads to another supplier. */
static const char *wait_own_reason(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	const struct gw_boot_device *device =
		finding->supplier == GW_BOOT_NOTHING ? NULL : &model->devices[finding->supplier];

	return device && device->deferred && device->reason && !device->awaited ? gw_boot_text(model, device->reason)
										: NULL;
}

static void wait_write_own_reason(const struct gw_boot_model *model, struct gw_boot_finding *finding,
				  const char *supplier, const char *reason)
{
	gw_text_add(&finding->summary, ", which waits itself");
	gw_text_add(&finding->explanation, " %s is deferred, too; the kernel's reason: %s.", supplier, reason);
	gw_boot_write_root_wait(&finding->explanation, model);
	gw_text_add(
		&finding->advice,
		"Find what %s lacks by that reason, and search the kernel log for lines about it: what waits for %s follows by itself.",
		supplier, supplier);
}

void gw_boot_write_missing(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	const char *reason = wait_own_reason(model, finding);
	const char *supplier = gw_boot_text(model, finding->supplier_name);
	const struct gw_boot_attempt *last = finding->supplier == GW_BOOT_NOTHING
						     ? NULL
						     : gw_boot_attempts_last(model, &model->devices[finding->supplier]);
	uint32_t index = wait_missing_module(model, finding);
	const struct gw_boot_module *module = index == GW_BOOT_NOTHING ? NULL : &model->modules[index];
	const char *name = module ? gw_boot_text(model, module->name) : "";
	struct gw_text *why = &finding->explanation, *advice = &finding->advice;

	if (reason && (!last || gw_boot_attempt_deferred(last))) {
		wait_write_own_reason(model, finding, supplier, reason);
		return;
	}
	if (last && last->ended && last->result < 0) {
		gw_text_add(&finding->summary, ", whose probe ended with ");
		gw_boot_write_result(&finding->summary, last->result);
		gw_text_add(why, " The last probe of %s, at ", supplier);
		gw_boot_write_time(why, last->end_ns);
		gw_text_add(why, ", ended with ");
		gw_boot_write_result(why, last->result);
		gw_text_add(why, ".");
		gw_boot_write_note(why, model, last);
		gw_text_add(
			advice,
			"Search the kernel log for why %s fails; when that is repaired, bind it again and what waits for it follows by itself.",
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
		gw_text_add(
			advice,
			"Its driver's module %s is loaded but has not bound it: search the kernel log for the reason.",
			name);
	} else if (!model->evidence->state || *supplier == '/') {
		wait_write_not_shown(model, finding, supplier);
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
