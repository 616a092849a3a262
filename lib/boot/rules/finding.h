/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rule finds wrong about the boot, before it becomes a report. */
#ifndef GPUWATCH_LIB_BOOT_RULES_FINDING_H
#define GPUWATCH_LIB_BOOT_RULES_FINDING_H

#include "lib/base/text.h"
#include "lib/boot/model/model.h"
#include "lib/report/report.h"

enum gw_boot_effect {
	GW_BOOT_LOST,	 /* a device or a feature is missing, or came up wrong */
	GW_BOOT_FRAGILE, /* went well, but nothing holds it so */
	GW_BOOT_SLOW,	 /* time was lost, nothing else */
};

const char *gw_boot_effect_name(enum gw_boot_effect effect);

struct gw_boot_finding {
	enum gw_class class;
	enum gw_confidence confidence;
	enum gw_boot_effect effect;
	uint64_t resolved_ns; /* the consumer was probed again, well; 0 = it was not */

	/* Devices, where they are known; names in any case. */
	uint32_t consumer, supplier;	       /* or GW_BOOT_NOTHING */
	uint32_t consumer_init, supplier_init; /* or GW_BOOT_NOTHING */
	uint32_t device, driver, bus, module;
	uint32_t supplier_name, supplier_driver, supplier_module;
	enum gw_boot_origin origin;
	bool related; /* there is a supplier at all, and origin is valid */
	const struct gw_dependency *entry;
	const char *feature;	     /* "" = none known */
	const char *property, *node; /* of firmware, or NULL */

	uint64_t begin_ns, end_ns, supplier_begin_ns, supplier_ready_ns; /* or GW_BOOT_UNKNOWN */
	bool has_result;
	int32_t result;
	uint64_t retries, lost_ns;
	uint64_t formed_ns, known_ns; /* when it went wrong, and when that could be known */
	uint32_t *group;	      /* devices that share this fate, the consumer first; NULL = it alone */
	size_t n_group;

	struct gw_text summary, explanation, advice;
	char id[32]; /* of its report, "" = it has none; set where reports are made */
};

/* All zero bytes are none. */
struct gw_boot_findings {
	struct gw_boot_finding *items;
	size_t count, allocated;
};

void gw_boot_findings_deinit(struct gw_boot_findings *findings);

/* A new finding of that class about nothing yet, or NULL when out of memory. Earlier ones may move. */
struct gw_boot_finding *gw_boot_finding_add(struct gw_boot_findings *findings, enum gw_class class);

/* Fill in the names and the numbers of a consumer or a supplier that is a device. */
void gw_boot_finding_consumer(const struct gw_boot_model *model, struct gw_boot_finding *finding, uint32_t device);
void gw_boot_finding_supplier(const struct gw_boot_model *model, struct gw_boot_finding *finding, uint32_t device);

/* What is known from where: also the supplier. */
void gw_boot_finding_need(const struct gw_boot_model *model, struct gw_boot_finding *finding,
			  const struct gw_boot_need *need);

/* The attempt that the finding is about. */
void gw_boot_finding_attempt(struct gw_boot_finding *finding, const struct gw_boot_attempt *attempt);

/* The devices that share its fate, the consumer first. Copied. Returns 0 or -ENOMEM. */
int gw_boot_finding_group(struct gw_boot_finding *finding, const uint32_t *devices, size_t count);

/* When a device was waiting: from its first deferral to @until; 0 if it never was deferred. */
uint64_t gw_boot_waited(const struct gw_boot_device *device, uint64_t until_ns);

/* How sure a statement about the order of two moments can be. */
enum gw_confidence gw_boot_order_confidence(const struct gw_boot_model *model, uint8_t sources_a, uint8_t sources_b);

/*
 * The name of the finding's feature if it is missing, or if something was lost and nothing shows that the feature is there;
 * "" otherwise.
 */
const char *gw_boot_finding_feature(const struct gw_boot_model *model, const struct gw_boot_finding *finding);

#endif
