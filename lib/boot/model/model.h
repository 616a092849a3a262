/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot as the evidence of all sources together shows it: devices with the
 * attempts to probe them, initcalls and modules, and who needs whom.
 *
 * Everything refers to everything else by index, as arrays grow while they are
 * filled; names are numbers of the evidence's names.
 */
#ifndef GPUWATCH_LIB_BOOT_MODEL_MODEL_H
#define GPUWATCH_LIB_BOOT_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/boot/evidence/evidence.h"

#define GW_BOOT_UNKNOWN UINT64_MAX /* of a time */
#define GW_BOOT_NOTHING UINT32_MAX /* of an index */

/* One call of a driver's probe for a device, as far as it was seen. */
struct gw_boot_attempt {
	uint64_t begin_ns, end_ns; /* GW_BOOT_UNKNOWN = not seen */
	/*
	 * When its consumers could be probed, GW_BOOT_UNKNOWN = at its end as far as known: driver_bound() makes a
	 * supplier available and has deferred devices tried again before really_probe() returns.
	 */
	uint64_t ready_ns;
	uint64_t until_ns;	 /* of a successful one: bound until then; GW_BOOT_UNKNOWN = still, as far as known */
	uint32_t device, driver; /* driver: name, 0 = not known */
	uint32_t pid;		 /* 0 = not known */
	uint32_t note;		 /* the kernel log's line before it failed, 0 = none */
	int32_t result;
	bool ended;	 /* result is known */
	bool measured;	 /* its end came with a duration */
	bool until_seen; /* by an UNBIND; otherwise the driver must have been gone when the next attempt began */
	uint8_t sources; /* 1 << enum gw_boot_source */
};

static inline bool gw_boot_attempt_bound(const struct gw_boot_attempt *attempt)
{
	return attempt->ended && attempt->result == 0;
}

static inline bool gw_boot_attempt_deferred(const struct gw_boot_attempt *attempt)
{
	return attempt->ended && attempt->result == -EPROBE_DEFER;
}

struct gw_boot_device {
	uint32_t name, bus;
	uint32_t driver;     /* bound now, or the last one that tried; 0 = none known */
	uint32_t module;     /* of that driver, 0 = built in or not known */
	const json_t *state; /* entry of the state's devices, or NULL */
	bool bound;	     /* now */
	bool known_now;	     /* bound is what the state says, not what the last attempt leads to */
	bool deferred;	     /* now */
	bool bound_before;   /* it was unbound before it was seen to bind: since when it had been bound is not known */
	bool waiting;	     /* the last wait below is not over */
	uint32_t first_attempt, n_attempts; /* in order of time */
	uint32_t first_need, n_needs;	    /* as the consumer */
	uint32_t retries;		    /* attempts that ended with -EPROBE_DEFER */
	uint64_t first_deferred_ns;	    /* GW_BOOT_UNKNOWN = never */
	uint64_t wait_from_ns, wait_to_ns;  /* the wait that lasts, or else the longest: from a deferral to the bind */
	uint64_t futile_ns;		    /* spent in these attempts */
	uint32_t reason;		    /* the last that the kernel gave for a deferral */
	uint32_t awaited;		    /* name of the supplier that the driver core last waited for */
	uint32_t awaited_node;		    /* if it was called by a node of the firmware: its path, 0 = it was not */
	uint32_t awaited_device;	    /* that device, or GW_BOOT_NOTHING */
	bool awaited_guessed;		    /* no record names it: see model/awaited.c */
	uint64_t pending_ns;		    /* when the kernel said that it was still deferred at the timeout */
	uint64_t ignored_ns;		    /* when it was told that the dependency is ignored; GW_BOOT_UNKNOWN */
	bool assumed_none;		    /* and that as no driver was assumed for it, without any waiting */
	uint32_t next_of_name;		    /* a device of the same name on another bus */
};

/* A built-in initcall that was run, or the loading of a module. */
struct gw_boot_init {
	uint64_t begin_ns, end_ns;
	uint32_t function; /* 0 = not known */
	uint32_t module;   /* the loaded module; of a built-in initcall 0 */
	uint32_t pid;
	int32_t result;
	bool ended;
	bool again; /* the same one was run again later */
	uint8_t sources;
	uint32_t builtin; /* index in the evidence's builtins, or GW_BOOT_NOTHING */
};

/* Where it is known from that a consumer needs a supplier; the first is the strongest. */
enum gw_boot_origin {
	GW_BOOT_BY_LINK,
	GW_BOOT_BY_FIRMWARE,
	GW_BOOT_BY_TABLE,
	GW_BOOT_BY_SOFTDEP,
	GW_BOOT_BY_WAIT, /* the driver core said that it waits for it */
};

struct gw_boot_need {
	uint32_t consumer; /* device */
	uint32_t supplier; /* device, or GW_BOOT_NOTHING: known by name only */
	uint32_t supplier_name;
	enum gw_boot_origin origin;
	bool ordered; /* the consumer must not be probed before: false for links that the consumer made itself, cycles
		       */
	uint64_t created_ns;		   /* of a link, GW_BOOT_UNKNOWN = not seen */
	const char *property;		   /* of firmware, or NULL */
	const char *node;		   /* what it names, or NULL */
	const struct gw_dependency *entry; /* of the table, or NULL */
};

/* What is known of a module from the state. */
enum gw_boot_module_state {
	GW_BOOT_MODULE_UNKNOWN,
	GW_BOOT_MODULE_AVAILABLE, /* a file, not loaded */
	GW_BOOT_MODULE_LOADED,
	GW_BOOT_MODULE_BUILTIN,
};

struct gw_boot_module {
	uint32_t name; /* with _ */
	enum gw_boot_module_state state;
	bool blacklisted;
	const json_t *json;
};

/* One entry of the table, with those on this machine that it is about. */
struct gw_boot_pair {
	const struct gw_dependency *entry;
	uint32_t *consumers, *suppliers; /* devices */
	size_t n_consumers, n_suppliers;
	uint32_t consumer_init, supplier_init;	     /* the first of the consumer, the last that made the supplier */
	uint32_t consumer_builtin, supplier_builtin; /* index in the evidence's builtins */
	uint32_t consumer_module, supplier_module;   /* index in modules of one that is there or could be */
};

struct gw_boot_model {
	struct gw_boot_evidence *evidence;
	struct gw_boot_fact *facts; /* times on CLOCK_MONOTONIC as far as known, in order of time */
	size_t n_facts;
	struct gw_boot_device *devices;
	size_t n_devices, allocated_devices;
	struct gw_boot_map device_of; /* (name, bus) */
	struct gw_boot_map first_of;  /* (name, 0): heads the list of next_of_name */
	uint32_t *fact_device;	      /* per fact */
	uint64_t *fact_ready;	      /* per PROBE_END of a success: when its consumers could be probed */
	struct gw_boot_attempt *attempts;
	size_t n_attempts, allocated_attempts;
	struct gw_boot_init *inits; /* in order of time */
	size_t n_inits, allocated_inits;
	struct gw_boot_need *needs; /* grouped by consumer */
	size_t n_needs, allocated_needs;
	struct gw_boot_module *modules;
	size_t n_modules;
	struct gw_boot_map module_of; /* (name, 0) */
	struct gw_boot_pair *pairs;
	size_t n_pairs;

	uint64_t now_ns;	    /* of the last that is known */
	uint32_t root_awaited;	    /* the root file system's device that the kernel still waits for, 0 = none */
	uint64_t timeout_ns;	    /* when the deferred-probe timeout expired, GW_BOOT_UNKNOWN = not seen */
	uint64_t seen_from_ns;	    /* probes before that were not recorded; 0 = all were */
	uint64_t initcalls_from_ns; /* the same for initcalls; GW_BOOT_UNKNOWN = none were */
	bool clock_jumped;
	bool aligned;	       /* the kernel log's clock was brought onto the other one, or there is only one */
	uint64_t kmsg_missing; /* records that are missing between the first and the last */
	uint64_t kmsg_gap_from_ns, kmsg_gap_to_ns; /* around all gaps */
	uint64_t kmsg_first, kmsg_first_ns;	   /* the first record that was still there */
	uint64_t begun_only, ended_only;	   /* attempts and initcalls without the other half */
};

void gw_boot_model_free(struct gw_boot_model *model);

/* Of two stretches of time, up to GW_BOOT_TIME_MAX. */
static inline uint64_t gw_boot_time_sum(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns + b_ns < GW_BOOT_TIME_MAX ? a_ns + b_ns : GW_BOOT_TIME_MAX;
}

static inline const char *gw_boot_text(const struct gw_boot_model *model, uint32_t name)
{
	return gw_boot_names_text(&model->evidence->names, name);
}

static inline const char *gw_boot_device_name(const struct gw_boot_model *model, uint32_t device)
{
	return gw_boot_text(model, model->devices[device].name);
}

#endif
