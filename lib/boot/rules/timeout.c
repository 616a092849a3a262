/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deferral-timeout: devices that stopped waiting when the driver core's
 * patience was over, and failed or came up without what they need.
 */
#include "lib/boot/rules/timeout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/command-line.h"
#include "lib/base/units.h"
#include "lib/boot/evidence/error-names.h"
#include "lib/boot/model/attempts.h"
#include "lib/boot/model/cards.h"
#include "lib/boot/rules/waiting.h"
#include "lib/boot/rules/words.h"

/* drivers/base/dd.c: of a kernel with modules, unless the command line or its configuration says otherwise */
#define DEFAULT_TIMEOUT_S 10
/* Whoever has to give more time without knowing how much it is now. */
#define AMPLE_TIMEOUT_S 60

/* ---- who gave up -------------------------------------------------------------------------------------------- */

/* An attempt that settled the matter, one way or the other. */
static bool timeout_is_settled(const struct gw_boot_attempt *attempt)
{
	return attempt->ended && !gw_boot_attempt_deferred(attempt);
}

/* The first attempt after the wait was given up, if it ended with something else than another deferral; or NULL. */
static const struct gw_boot_attempt *timeout_first_after(const struct gw_boot_model *model,
							 const struct gw_boot_device *device, uint64_t time_ns)
{
	for (uint32_t i = 0; i < device->n_attempts; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];

		if (timeout_is_settled(attempt) && attempt->end_ns >= time_ns)
			return attempt;
	}
	return NULL;
}

/*
 * The attempt during which the kernel said that it ignores what is missing. The log's clock may differ a little from
 * that of the probes: the nearest.
 */
static const struct gw_boot_attempt *timeout_ignored_in(const struct gw_boot_model *model,
							const struct gw_boot_device *device)
{
	const struct gw_boot_attempt *nearest = NULL;
	uint64_t ignored = device->ignored_ns, least = 0;

	for (uint32_t i = 0; i < device->n_attempts; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];
		uint64_t begin = attempt->begin_ns == GW_BOOT_UNKNOWN ? attempt->end_ns : attempt->begin_ns, distance;

		if (!timeout_is_settled(attempt))
			continue;
		distance = ignored < begin	       ? begin - ignored
			   : ignored > attempt->end_ns ? ignored - attempt->end_ns
						       : 0;
		if (!nearest || distance < least) {
			nearest = attempt;
			least = distance;
		}
	}
	return nearest;
}

/* A log may end, or be cut, before it shows how that probe ended. */
static const struct gw_boot_attempt *timeout_open_ended(const struct gw_boot_model *model,
							const struct gw_boot_device *device)
{
	const struct gw_boot_attempt *last = gw_boot_attempts_last(model, device);

	return model->evidence->log.given && last && !last->ended ? last : NULL;
}

static bool timeout_was_deferred_before(const struct gw_boot_model *model, const struct gw_boot_device *device,
					const struct gw_boot_attempt *attempt)
{
	const struct gw_boot_attempt *first = &model->attempts[device->first_attempt];

	return attempt > first && gw_boot_attempt_deferred(attempt - 1);
}

/* The attempt that was let go by the timeout, or may have been; NULL: none. */
static const struct gw_boot_attempt *timeout_let_go(const struct gw_boot_model *model,
						    const struct gw_boot_device *device)
{
	const struct gw_boot_attempt *attempt = NULL;

	/* Also of a device that came so late that it was never deferred. */
	if (device->ignored_ns != GW_BOOT_UNKNOWN) {
		attempt = timeout_ignored_in(model, device);
		return attempt ? attempt : timeout_open_ended(model, device);
	}
	if (device->retries && model->timeout_ns != GW_BOOT_UNKNOWN)
		attempt = timeout_first_after(model, device, model->timeout_ns);
	/* The expiry may not have been recorded; its error is seldom another one's. */
	if (!attempt && device->retries && !device->bound) {
		attempt = &model->attempts[device->first_attempt + device->n_attempts - 1];
		attempt = attempt->result == -ETIMEDOUT ? attempt : NULL;
	}
	return attempt && timeout_was_deferred_before(model, device, attempt) ? attempt : NULL;
}

const struct gw_boot_attempt *gw_boot_timeout_released(const struct gw_boot_model *model,
						       const struct gw_boot_device *device,
						       const struct gw_boot_need **need)
{
	const struct gw_boot_attempt *attempt = timeout_let_go(model, device);

	*need = NULL;
	if (!attempt || attempt->until_ns != GW_BOOT_UNKNOWN || (attempt->result != 0 && device->bound))
		return NULL;
	*need = gw_boot_wait_unmet(model, device, attempt->ended ? attempt->end_ns : attempt->begin_ns);
	if (!attempt->ended)
		return attempt;
	if (attempt->result == 0)
		return *need || device->ignored_ns != GW_BOOT_UNKNOWN ? attempt : NULL;
	if (attempt->result == -ETIMEDOUT || attempt->result == -ENODEV)
		return attempt;
	/* Its driver, let go on without it, failed in its own way. */
	return *need || device->ignored_ns != GW_BOOT_UNKNOWN ? attempt : NULL;
}

/* The kernel reports a probe that fails at once. */
#define REPORTED_WITHIN_NS (100 * GW_NSEC_PER_MSEC)

/*
 * A log that goes on and shows no failure of it: the kernel took what was missing for optional. A GPU, a display or an IOMMU
 * is another matter, as it loses a feature by that.
 */
static bool timeout_went_on(const struct gw_boot_model *model, uint32_t device, const struct gw_boot_attempt *attempt)
{
	uint64_t lines = model->evidence->log.lines;

	if (attempt->ended || gw_boot_is_graphics(model, device))
		return false;
	/* Without times: the line behind it is about something else, or about how it gets on. */
	if (gw_boot_is_position(attempt->begin_ns))
		return GW_BOOT_POSITIONS + lines * GW_BOOT_POSITION_STEP >
		       attempt->begin_ns + GW_BOOT_POSITION_STEP / 2;
	return model->now_ns > attempt->begin_ns && model->now_ns - attempt->begin_ns >= REPORTED_WITHIN_NS;
}

static bool timeout_all_went_on(const struct gw_boot_model *model, const struct gw_boot_waiter *waiters, size_t count)
{
	const struct gw_boot_need *need;

	for (size_t i = 0; i < count; i++)
		if (!timeout_went_on(model, waiters[i].device,
				     gw_boot_timeout_released(model, &model->devices[waiters[i].device], &need)))
			return false;
	return true;
}

/* ---- the finding ------------------------------------------------------------------------------------------ */

/* How long this kernel waits: as it was seen to start the time anew, or as it was asked to; -1 = not known. */
static int timeout_seconds(const struct gw_boot_model *model)
{
	const char *line = gw_boot_evidence_command_line(model->evidence);

	for (size_t i = model->n_facts; i-- > 0;)
		if (model->facts[i].type == GW_BOOT_DEFER_EXTEND && model->facts[i].result > 0)
			return model->facts[i].result;
	return gw_command_line_int(line, "deferred_probe_timeout", line ? DEFAULT_TIMEOUT_S : -1);
}

/* When the supplier was there after all; GW_BOOT_UNKNOWN = never. */
static uint64_t timeout_supplier_came_at(const struct gw_boot_model *model, const struct gw_boot_finding *finding,
					 uint64_t after_ns)
{
	const struct gw_boot_attempt *bound = NULL;

	if (finding->supplier != GW_BOOT_NOTHING)
		bound = gw_boot_attempts_next_bound(model, &model->devices[finding->supplier], after_ns);
	return bound ? bound->end_ns : GW_BOOT_UNKNOWN;
}

static void timeout_advise(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	uint64_t came = finding->supplier_ready_ns, expired = finding->begin_ns, seconds = came / GW_NSEC_PER_SEC;
	struct gw_text *advice = &finding->advice;

	/* When it is not known when it expired, it counts from the beginning of the boot on. */
	if (model->timeout_ns != GW_BOOT_UNKNOWN && timeout_seconds(model) >= 0) {
		expired = model->timeout_ns;
		seconds = (uint64_t)timeout_seconds(model) + (came - expired) / GW_NSEC_PER_SEC;
	}
	if (came != GW_BOOT_UNKNOWN && came > expired) {
		gw_text_add(advice, "Boot with deferred_probe_timeout=%" PRIu64 ": the supplier came ", seconds + 6);
		gw_text_add_age(advice, came - expired);
		gw_text_add(advice,
			    " too late. Better, have its driver loaded earlier: in the initramfs, or built in.");
		return;
	}
	gw_boot_write_missing(model, finding);
	gw_text_add(advice, " deferred_probe_timeout=-1 on the kernel command line lets consumers wait for ever.");
}

static void timeout_write_expiry(const struct gw_boot_model *model, struct gw_boot_finding *finding,
				 const struct gw_boot_device *device)
{
	uint64_t expired = model->timeout_ns;

	if (device->ignored_ns < expired)
		expired = device->ignored_ns;
	if (expired == GW_BOOT_UNKNOWN)
		return;
	gw_text_add(&finding->explanation, " The timeout %s ",
		    device->ignored_ns == expired ? "had expired by" : "expired at");
	gw_boot_write_time(&finding->explanation, expired);
	if (timeout_seconds(model) < 0)
		gw_text_add(&finding->explanation, "; how long it is on this kernel is not in the log");
	gw_text_add(&finding->explanation, ".");
}

static void timeout_write_result(struct gw_boot_finding *finding)
{
	if (!finding->has_result) {
		gw_text_add(&finding->explanation, " How that probe ended is not in the log%s.",
			    finding->effect == GW_BOOT_SLOW ? ", which goes on and has no failure of it" : "");
		return;
	}
	gw_text_add(&finding->explanation, " The probe that ended at ");
	gw_boot_write_time(&finding->explanation, finding->end_ns);
	gw_text_add(&finding->explanation, " returned ");
	gw_boot_write_result(&finding->explanation, finding->result);
	gw_text_add(&finding->explanation, ".");
}

static void timeout_write(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			  const struct gw_boot_need *need)
{
	const struct gw_boot_device *device = &model->devices[finding->consumer];

	gw_boot_write_device(&finding->summary, model, finding->consumer);
	gw_boot_write_group(&finding->summary, finding);
	if (!finding->has_result) {
		gw_text_add(&finding->summary, " went on without ");
	} else if (finding->result == 0) {
		gw_text_add(&finding->summary, " came up without ");
	} else {
		gw_text_add(&finding->summary, " failed (");
		gw_boot_write_result(&finding->summary, finding->result);
		gw_text_add(&finding->summary, ") for want of ");
	}
	gw_text_add(&finding->summary, "%s after the deferred-probe timeout",
		    need ? gw_boot_text(model, need->supplier_name) : "suppliers that no record names");
	if (device->retries) {
		gw_text_add(&finding->explanation, "%s was deferred %" PRIu32 " time%s from ",
			    gw_boot_text(model, finding->device), device->retries, device->retries == 1 ? "" : "s");
		gw_boot_write_time(&finding->explanation, device->first_deferred_ns);
		gw_text_add(&finding->explanation, " on.");
	} else {
		gw_text_add(&finding->explanation,
			    "When %s was probed, the kernel did not wait for suppliers any more.",
			    gw_boot_text(model, finding->device));
	}
	timeout_write_expiry(model, finding, device);
	timeout_write_result(finding);
	if (finding->supplier_ready_ns != GW_BOOT_UNKNOWN) {
		gw_text_add(&finding->explanation, " %s bound at ", gw_boot_text(model, finding->supplier_name));
		gw_boot_write_time(&finding->explanation, finding->supplier_ready_ns);
		gw_text_add(&finding->explanation, ", when nobody waited any more.");
	}
	gw_boot_write_origin(&finding->explanation, finding);
	if (finding->n_group > 1) {
		gw_text_add(&finding->explanation, " All of them: ");
		gw_boot_write_devices(&finding->explanation, model, finding->group, finding->n_group);
		gw_text_add(&finding->explanation, ".");
	}
	if (!need) {
		gw_text_add(&finding->explanation, " No record names what was waited for.");
		gw_boot_write_root_wait(&finding->explanation, model);
	}
}

static int timeout_report(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			  const struct gw_boot_waiter *waiters, size_t count)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(findings, GW_CLASS_DEFERRAL_TIMEOUT);
	const struct gw_boot_device *device = &model->devices[waiters[0].device];
	const struct gw_boot_need *need;
	const struct gw_boot_attempt *attempt = gw_boot_timeout_released(model, device, &need);

	if (!finding || gw_boot_waiters_fill(model, finding, waiters, count) < 0)
		return -ENOMEM;
	if (need)
		gw_boot_finding_need(model, finding, need);
	gw_boot_finding_attempt(finding, attempt);
	finding->lost_ns = gw_boot_waited(device, attempt->end_ns);
	finding->formed_ns = finding->known_ns = attempt->ended ? attempt->end_ns : attempt->begin_ns;
	finding->supplier_ready_ns = timeout_supplier_came_at(model, finding, attempt->end_ns);
	finding->effect = timeout_all_went_on(model, waiters, count) ? GW_BOOT_SLOW : GW_BOOT_LOST;
	if (!attempt->ended)
		finding->confidence = GW_CONFIDENCE_HINT;
	else if (device->ignored_ns == GW_BOOT_UNKNOWN &&
		 (model->timeout_ns == GW_BOOT_UNKNOWN || finding->origin == GW_BOOT_BY_TABLE))
		finding->confidence = GW_CONFIDENCE_PROBABLE;
	timeout_write(model, finding, need);
	if (need)
		timeout_advise(model, finding);
	else
		gw_text_add(
			&finding->advice,
			"Have the driver of what they need loaded earlier: in the initramfs, or built in. deferred_probe_timeout=%lld on the kernel command line gives it more time.",
			timeout_seconds(model) > 0 ? timeout_seconds(model) * 3LL : AMPLE_TIMEOUT_S);
	return 0;
}

int gw_boot_rule_timeout(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	struct gw_boot_waiter *waiters = calloc(model->n_devices + 1, sizeof(*waiters));
	size_t count = 0;
	int r;

	if (!waiters)
		return -ENOMEM;
	for (uint32_t i = 0; i < model->n_devices; i++) {
		const struct gw_boot_device *device = &model->devices[i];
		const struct gw_boot_need *need;
		const struct gw_boot_attempt *attempt = gw_boot_timeout_released(model, device, &need);

		/* Nothing is known to be lost, and no time was. */
		if (!attempt || (device->assumed_none && timeout_went_on(model, i, attempt)))
			continue;
		waiters[count++] = (struct gw_boot_waiter){
			.device = i,
			/* One whose end the log does not show goes with those that failed, behind them; not so one that went on. */
			.since_ns = attempt->ended ? attempt->end_ns : GW_BOOT_UNKNOWN,
			.failed = attempt->ended ? attempt->result != 0 : !timeout_went_on(model, i, attempt),
			.cause = need ? need->supplier_name : GW_BOOT_NO_NAME,
			.need = need,
		};
	}
	r = gw_boot_waiters_report(model, findings, waiters, count, timeout_report);
	free(waiters);
	return r;
}
