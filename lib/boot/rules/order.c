/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probed-before-supplier and probe-overlap: a consumer whose probe ended well
 * without its supplier, or beside a supplier that was not ready. One that was
 * deferred and bound when the supplier was there did it right.
 */
#include "lib/boot/rules/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/boot/evidence/error-names.h"
#include "lib/boot/model/attempts.h"
#include "lib/boot/model/devices.h"
#include "lib/boot/model/features.h"
#include "lib/boot/rules/words.h"

/* The two attempts that are compared. */
struct meeting {
	const struct gw_boot_need *need;
	const struct gw_boot_device *consumer, *supplier;
	const struct gw_boot_attempt *attempt; /* of the consumer */
	const struct gw_boot_attempt *ready;   /* that made the supplier ready */
	uint64_t resolved_ns;		       /* the consumer was probed well later; 0 = was not */
};

/* Whether one probe ran within the other one's thread: a parent that makes its children, or one that asked for it. */
static bool order_nested(const struct gw_boot_attempt *outer, const struct gw_boot_attempt *inner)
{
	if (outer->begin_ns == GW_BOOT_UNKNOWN || inner->begin_ns == GW_BOOT_UNKNOWN ||
	    inner->begin_ns < outer->begin_ns || inner->end_ns > outer->end_ns)
		return false;
	/* Where threads are not known: a kernel that probes one after the other nests, too. */
	return !outer->pid || !inner->pid || outer->pid == inner->pid;
}

/* A directory of sysfs below the other one's. */
static bool order_is_child(const struct gw_boot_device *child, const struct gw_boot_device *parent)
{
	const char *path = gw_boot_device_text(parent, "path");
	size_t length = strlen(path);

	return length && strncmp(gw_boot_device_text(child, "path"), path, length) == 0 &&
	       gw_boot_device_text(child, "path")[length] == '/';
}

static bool order_begin_known(const struct gw_boot_attempt *attempt)
{
	return attempt->begin_ns != GW_BOOT_UNKNOWN;
}

/* A moment by which the attempt had certainly begun. */
static uint64_t order_started_by(const struct gw_boot_attempt *attempt)
{
	return order_begin_known(attempt) ? attempt->begin_ns : attempt->end_ns;
}

enum order {
	ORDER_GOOD, /* or not known */
	ORDER_BEFORE,
	ORDER_OVERLAP,
};

/* Without the moment at which the supplier was ready: how long before the end of its probe a consumer may find it so.
 */
#define BINDING_NS 50000000ULL

/* A consumer that had just been deferred, and bound when the supplier was about to be done: it was let go by that. */
static bool order_released_by(const struct gw_boot_model *model, const struct meeting *meeting,
			      const struct gw_boot_attempt *ready)
{
	const struct gw_boot_attempt *attempt = meeting->attempt;
	const struct gw_boot_attempt *first = &model->attempts[meeting->consumer->first_attempt];

	return ready->ready_ns == GW_BOOT_UNKNOWN && attempt > first && gw_boot_attempt_deferred(attempt - 1) &&
	       ready->begin_ns <= order_started_by(attempt) && order_started_by(attempt) + BINDING_NS >= ready->end_ns;
}

static enum order order_judge(const struct gw_boot_model *model, struct meeting *meeting)
{
	const struct gw_boot_attempt *attempt = meeting->attempt, *ready;

	if (gw_boot_attempts_bound_at(model, meeting->supplier, order_started_by(attempt)))
		return ORDER_GOOD;
	ready = gw_boot_attempts_next_bound(model, meeting->supplier, order_started_by(attempt));
	/* Bound now, but it is not known since when; or never bound, which is no question of order. */
	if (!ready)
		return ORDER_GOOD;
	if (meeting->supplier->bound_before && ready == gw_boot_attempts_next_bound(model, meeting->supplier, 0))
		return ORDER_GOOD;
	/* Gone again by then. */
	if (attempt->until_ns < ready->end_ns)
		return ORDER_GOOD;
	meeting->ready = ready;
	if (order_released_by(model, meeting, ready))
		return ORDER_GOOD;
	if (order_nested(ready, attempt) || order_nested(attempt, ready) ||
	    order_is_child(meeting->consumer, meeting->supplier) ||
	    order_is_child(meeting->supplier, meeting->consumer))
		return ORDER_GOOD;
	if (order_begin_known(ready) ? ready->begin_ns >= attempt->end_ns : ready->end_ns > attempt->end_ns)
		return ORDER_BEFORE;
	/* A probe that lasted from before the supplier's to after it may have waited for it. */
	if (ready->begin_ns >= order_started_by(attempt) && ready->end_ns <= attempt->end_ns)
		return ORDER_GOOD;
	return ORDER_OVERLAP;
}

/* Whether the consumer was waiting when the timeout expired and went on then: another rule's matter. */
static bool order_released_by_timeout(const struct gw_boot_model *model, const struct meeting *meeting)
{
	const struct gw_boot_attempt *last;

	if (meeting->consumer->ignored_ns != GW_BOOT_UNKNOWN)
		return true;
	if (model->timeout_ns == GW_BOOT_UNKNOWN || meeting->attempt->end_ns < model->timeout_ns)
		return false;
	if (meeting->consumer->pending_ns != GW_BOOT_UNKNOWN)
		return true;
	last = gw_boot_attempts_last_before(model, meeting->consumer, model->timeout_ns);
	return last && gw_boot_attempt_deferred(last);
}

/* ---- words -------------------------------------------------------------------------------------- */

static void order_write_attempt(struct gw_text *text, const struct gw_boot_attempt *attempt)
{
	if (order_begin_known(attempt)) {
		gw_text_add(text, " from ");
		gw_boot_write_time(text, attempt->begin_ns);
		gw_text_add(text, " to ");
	} else {
		gw_text_add(text, " until ");
	}
	gw_boot_write_time(text, attempt->end_ns);
}

static void order_write(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			const struct meeting *meeting)
{
	bool overlap = finding->class == GW_CLASS_PROBE_OVERLAP, missing;

	gw_boot_write_device(&finding->summary, model, finding->consumer);
	gw_boot_write_group(&finding->summary, finding);
	if (meeting->attempt->result != 0) {
		gw_text_add(&finding->summary, " failed (");
		gw_boot_write_result(&finding->summary, meeting->attempt->result);
		gw_text_add(&finding->summary, ")");
	} else {
		gw_text_add(&finding->summary, !overlap		      ? " bound"
					       : finding->n_group > 1 ? " were probed"
								      : " was probed");
	}
	gw_text_add(&finding->summary, overlap ? " while its supplier " : " before its supplier ");
	gw_boot_write_device(&finding->summary, model, finding->supplier);
	gw_text_add(&finding->summary, overlap ? " was still being probed" : " was there");
	missing = !finding->resolved_ns && gw_boot_feature_missing(model, finding->entry, finding->consumer);
	if (missing)
		gw_text_add(&finding->summary, ": %s is missing", finding->feature);

	gw_text_add(&finding->explanation, "%s was probed", gw_boot_text(model, finding->device));
	order_write_attempt(&finding->explanation, meeting->attempt);
	gw_text_add(&finding->explanation, " with result ");
	gw_boot_write_result(&finding->explanation, meeting->attempt->result);
	gw_text_add(&finding->explanation, "; %s", gw_boot_text(model, finding->supplier_name));
	order_write_attempt(&finding->explanation, meeting->ready);
	gw_text_add(&finding->explanation, ". It did not return -EPROBE_DEFER, so nothing made it wait.");
	gw_boot_write_origin(&finding->explanation, finding);
	if (finding->resolved_ns) {
		gw_text_add(&finding->explanation, " It was probed again at ");
		gw_boot_write_time(&finding->explanation, finding->resolved_ns);
		gw_text_add(&finding->explanation, ", with the supplier in place.");
	}
}

static void order_advise(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	const char *module = gw_boot_text(model, finding->module);
	const char *supplier = gw_boot_text(model, finding->supplier_module);
	struct gw_text *advice = &finding->advice;

	if (finding->origin == GW_BOOT_BY_FIRMWARE)
		gw_text_add(
			advice,
			"Boot with fw_devlink=on fw_devlink.strict=1: the driver core then keeps consumers back until all suppliers that the firmware names are bound. ");
	if (*module && *supplier && strcmp(module, supplier) != 0)
		gw_text_add(
			advice,
			"%s\"softdep %s pre: %s\" into /etc/modprobe.d/gpuwatch.conf, so that the supplier is loaded first%s. ",
			finding->origin == GW_BOOT_BY_FIRMWARE ? "Or put " : "Put ", module, supplier,
			finding->class == GW_CLASS_PROBE_OVERLAP
				? "; that its probe has ended by then holds only if it is probed synchronously (no driver_async_probe=)"
				: "");
	else if (*module && !*supplier)
		gw_text_add(
			advice,
			"The supplier is built in and the consumer a module: load %s later, or have its driver return -EPROBE_DEFER. ",
			module);
	else if (*supplier)
		gw_text_add(
			advice,
			"The consumer is built in and its supplier a module: build %s in, or the consumer's driver as a module. ",
			supplier);
	gw_text_add(
		advice,
		"For the driver's developers: the consumer's probe must return -EPROBE_DEFER, or make a device link, while its supplier is not bound.");
	if (!finding->resolved_ns && finding->bus && finding->driver)
		gw_text_add(
			advice,
			" To repair it now, if nothing uses the device: write %s to /sys/bus/%s/drivers/%s/unbind and then to bind.",
			gw_boot_text(model, finding->device), gw_boot_text(model, finding->bus),
			gw_boot_text(model, finding->driver));
}

/* ---- the rule ------------------------------------------------------------------------------------- */

static enum gw_confidence order_confidence(const struct gw_boot_model *model, const struct meeting *meeting)
{
	enum gw_confidence confidence =
		gw_boot_order_confidence(model, meeting->attempt->sources, meeting->ready->sources);

	/* What was before the evidence begins may have been another binding of the supplier. */
	if (meeting->need->origin == GW_BOOT_BY_TABLE && meeting->need->entry->optional)
		confidence = confidence < GW_CONFIDENCE_PROBABLE ? confidence : GW_CONFIDENCE_PROBABLE;
	if (model->seen_from_ns > 0 && model->seen_from_ns > order_started_by(meeting->attempt))
		return GW_CONFIDENCE_HINT;
	return confidence;
}

/* @devices: of many consumers of one supplier the first stands for all. */
static int order_report(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			const struct meeting *meeting, enum order order, const uint32_t *devices, size_t count)
{
	struct gw_boot_finding *finding = gw_boot_finding_add(
		findings, order == ORDER_OVERLAP ? GW_CLASS_PROBE_OVERLAP : GW_CLASS_PROBED_BEFORE_SUPPLIER);

	if (!finding || (count > 1 && gw_boot_finding_group(finding, devices, count) < 0))
		return -ENOMEM;
	gw_boot_finding_consumer(model, finding, meeting->need->consumer);
	gw_boot_finding_need(model, finding, meeting->need);
	gw_boot_finding_attempt(finding, meeting->attempt);
	finding->supplier_begin_ns = meeting->ready->begin_ns;
	finding->supplier_ready_ns = meeting->ready->end_ns;
	finding->supplier_driver = meeting->ready->driver ? meeting->ready->driver : finding->supplier_driver;
	finding->lost_ns = gw_boot_waited(meeting->consumer, meeting->attempt->begin_ns);
	finding->resolved_ns = meeting->resolved_ns;
	finding->confidence = order_confidence(model, meeting);
	finding->effect = GW_BOOT_LOST;
	finding->formed_ns = meeting->attempt->end_ns;
	finding->known_ns = meeting->ready->end_ns;
	order_write(model, finding, meeting);
	order_advise(model, finding);
	return 0;
}

/* The attempt that the consumer is to be judged by: what bound it, or what ended all hope. */
static const struct gw_boot_attempt *order_decisive(const struct gw_boot_model *model,
						    const struct gw_boot_device *device)
{
	const struct gw_boot_attempt *last;

	if (device->bound)
		return gw_boot_attempts_current(model, device);
	last = gw_boot_attempts_last(model, device);
	/* One that bound and was removed is not there to have lost anything. */
	if (!last || !last->ended || last->result == 0 || gw_boot_attempt_deferred(last) ||
	    gw_boot_attempt_rejected(last))
		return NULL;
	return last;
}

/* An earlier binding of a device that is well now: what went wrong and was repaired. */
static const struct gw_boot_attempt *order_repaired(const struct gw_boot_model *model,
						    const struct gw_boot_device *device,
						    const struct gw_boot_attempt *current)
{
	const struct gw_boot_attempt *first = gw_boot_attempts_next_bound(model, device, 0);

	return first && first != current && first->until_ns != GW_BOOT_UNKNOWN ? first : NULL;
}

/* What is wrong with a need: into @meeting, if it is anything. */
static enum order order_judge_need(const struct gw_boot_model *model, const struct gw_boot_need *need,
				   struct meeting *meeting)
{
	const struct gw_boot_attempt *attempt = order_decisive(model, &model->devices[need->consumer]);
	enum order order;

	*meeting = (struct meeting){
		.need = need,
		.consumer = &model->devices[need->consumer],
		.supplier = &model->devices[need->supplier],
		.attempt = attempt,
	};
	if (!attempt)
		return ORDER_GOOD;
	order = order_judge(model, meeting);
	if (order == ORDER_GOOD && attempt->result == 0) {
		meeting->attempt = order_repaired(model, meeting->consumer, attempt);
		meeting->resolved_ns = attempt->end_ns;
		order = meeting->attempt ? order_judge(model, meeting) : ORDER_GOOD;
	}
	return order != ORDER_GOOD && order_released_by_timeout(model, meeting) ? ORDER_GOOD : order;
}

/* Reports of one supplier and one class beyond which they become one. */
#define ALONE_MAX 16

struct wrong {
	uint32_t need;
	uint32_t supplier;
	enum order order;
	bool resolved;
};

static int order_compare_wrongs(const void *a, const void *b)
{
	const struct wrong *x = a, *y = b;

	if (x->supplier != y->supplier)
		return x->supplier < y->supplier ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->resolved != y->resolved)
		return x->resolved ? 1 : -1;
	return x->need < y->need ? -1 : x->need > y->need;
}

static bool order_same_group(const struct wrong *a, const struct wrong *b)
{
	return a->supplier == b->supplier && a->order == b->order && a->resolved == b->resolved;
}

static int order_report_group(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			      const struct wrong *wrongs, size_t count)
{
	uint32_t *devices = calloc(count, sizeof(*devices));
	struct meeting meeting;
	int r = devices ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && r == 0; i++)
		devices[i] = model->needs[wrongs[i].need].consumer;
	for (size_t i = 0; i < (count > ALONE_MAX ? 1 : count) && r == 0; i++) {
		order_judge_need(model, &model->needs[wrongs[i].need], &meeting);
		r = order_report(model, findings, &meeting, wrongs[i].order, devices, count > ALONE_MAX ? count : 1);
	}
	free(devices);
	return r;
}

static int order_report_all(const struct gw_boot_model *model, struct gw_boot_findings *findings, struct wrong *wrongs,
			    size_t count)
{
	int r = 0;

	qsort(wrongs, count, sizeof(*wrongs), order_compare_wrongs);
	for (size_t from = 0, to; from < count && r == 0; from = to) {
		for (to = from; to < count && order_same_group(&wrongs[from], &wrongs[to]); to++)
			;
		r = order_report_group(model, findings, &wrongs[from], to - from);
	}
	return r;
}

int gw_boot_rule_order(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	struct wrong *wrongs = calloc(model->n_needs + 1, sizeof(*wrongs));
	size_t count = 0;
	int r;

	if (!wrongs)
		return -ENOMEM;
	for (size_t i = 0; i < model->n_needs; i++) {
		const struct gw_boot_need *need = &model->needs[i];
		struct meeting meeting;
		enum order order;

		if (!need->ordered || need->origin == GW_BOOT_BY_WAIT || need->supplier == GW_BOOT_NOTHING)
			continue;
		order = order_judge_need(model, need, &meeting);
		if (order != ORDER_GOOD)
			wrongs[count++] =
				(struct wrong){ (uint32_t)i, need->supplier, order, meeting.resolved_ns != 0 };
	}
	r = order_report_all(model, findings, wrongs, count);
	free(wrongs);
	return r;
}
