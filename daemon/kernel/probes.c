/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: attaches the programs of the table (probe-table.h) to what this
 * kernel has, or adopts what an earlier process attached; follows modules;
 * knows the state of each.
 */
#include "daemon/kernel/probes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/capabilities.h"
#include "daemon/kernel/probe-table.h"
#include "lib/base/cleanup.h"
#include "lib/system/modules/events.h"

#define ALTERNATIVES 2 /* programs, otherwise */

struct reason {
	int error; /* -ENOENT: this kernel has no such thing; another -errno: it refused; 0: none */
	char *why; /* one line, NULL = none */
};

struct probe {
	const struct gw_probe_definition *definition;
	unsigned int alternative; /* of its programs; ALTERNATIVES: none is left */
	struct reason unusable;	  /* why an alternative was passed over */
	struct bpf_link *links[GW_PROBE_PROGRAMS];
	uint64_t address; /* of the module's function that it is attached to */
	enum gw_probe_state state;
	struct reason reason; /* of the state */
};

struct gw_probes {
	struct probe *list;
	struct gw_probe_info *rows;
	size_t count;
};

static void reason_clear(struct reason *reason)
{
	free(reason->why);
	*reason = (struct reason){ 0 };
}

_printf_(3, 0) static void reason_format(struct reason *reason, int error, const char *format, va_list arguments)
{
	char *why;

	if (vasprintf(&why, format, arguments) < 0)
		why = NULL;
	reason_clear(reason);
	*reason = (struct reason){ error, why };
}

_printf_(3, 4) static void reason_set(struct reason *reason, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	reason_format(reason, error, format, arguments);
	va_end(arguments);
}

static const char *reason_text(const struct reason *reason)
{
	return reason->why ? reason->why : "";
}

int gw_probes_new(struct gw_probes **ret, enum gw_object_set set)
{
	size_t count;
	const struct gw_probe_definition *table = gw_probe_table(&count);
	struct gw_probes *probes = calloc(1, sizeof(*probes));

	if (probes) {
		probes->list = calloc(count, sizeof(*probes->list));
		probes->rows = calloc(count, sizeof(*probes->rows));
	}
	if (!probes || !probes->list || !probes->rows) {
		gw_probes_free(probes);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		if (gw_objects_has(set, table[i].object))
			probes->list[probes->count++] =
				(struct probe){ .definition = &table[i], .state = GW_PROBE_WAITING };
	*ret = probes;
	return 0;
}

static bool probe_is_attached(const struct probe *probe)
{
	return probe->state == GW_PROBE_ATTACHED || probe->state == GW_PROBE_ADOPTED;
}

static void probe_detach(struct probe *probe)
{
	for (size_t i = 0; i < GW_PROBE_PROGRAMS; i++) {
		bpf_link__destroy(probe->links[i]);
		probe->links[i] = NULL;
	}
}

void gw_probes_free(struct gw_probes *probes)
{
	if (!probes)
		return;
	for (size_t i = 0; i < probes->count; i++) {
		probe_detach(&probes->list[i]);
		reason_clear(&probes->list[i].unusable);
		reason_clear(&probes->list[i].reason);
	}
	free(probes->list);
	free(probes->rows);
	free(probes);
}

static const struct probe *probes_find(const struct gw_probes *probes, const char *name)
{
	for (size_t i = 0; i < probes->count; i++)
		if (strcmp(probes->list[i].definition->name, name) == 0)
			return &probes->list[i];
	return NULL;
}

/* -ENOENT: this kernel has no such thing. */
_printf_(3, 4) static int probe_fail(struct probe *probe, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	reason_format(&probe->reason, error, format, arguments);
	va_end(arguments);
	probe->state = error == -ENOENT ? GW_PROBE_ABSENT : GW_PROBE_FAILED;
	return error;
}

/* ---- pins --------------------------------------------------------------------------- */

/*
 * The pin of a link: probes may share a program, so it is named after the
 * probe. A module that was loaded anew has its functions elsewhere: then the
 * pinned link is a dead one, and its name does not fit.
 */
static void probe_pin_name(const struct probe *probe, size_t i, char *name, size_t size)
{
	if (probe->address)
		snprintf(name, size, "%s_%zu@%" PRIx64, probe->definition->name, i, probe->address);
	else
		snprintf(name, size, "%s_%zu", probe->definition->name, i);
}

static void probe_drop_pins(const struct probe *probe, struct gw_pins *pins)
{
	char name[64];

	for (size_t i = 0; pins && i < GW_PROBE_PROGRAMS; i++) {
		snprintf(name, sizeof(name), "%s_%zu", probe->definition->name, i);
		gw_pins_drop_link(pins, name);
	}
}

/* Opens the links of an alternative that an earlier process left, if they are there and no more than these. */
static bool probe_adopt_programs(struct probe *probe, const char *const *programs, struct gw_pins *pins)
{
	char name[96];

	for (size_t i = 0; i < GW_PROBE_PROGRAMS; i++) {
		probe_pin_name(probe, i, name, sizeof(name));
		probe->links[i] = gw_pins_open_link(pins, name);
		if (!probe->links[i] != !programs[i]) {
			probe_detach(probe);
			return false;
		}
	}
	return programs[0] != NULL;
}

static bool probe_adopt(struct probe *probe, struct gw_pins *pins)
{
	const struct gw_probe_definition *definition = probe->definition;

	if (!pins || (!probe_adopt_programs(probe, definition->programs, pins) &&
		      !probe_adopt_programs(probe, definition->otherwise, pins)))
		return false;
	probe->state = GW_PROBE_ADOPTED;
	return true;
}

/* ---- which programs ------------------------------------------------------------------- */

/* NULL: there are none for this kernel. */
static const char *const *probe_programs(const struct probe *probe)
{
	const struct gw_probe_definition *definition = probe->definition;
	const char *const *programs = probe->alternative ? definition->otherwise : definition->programs;

	return probe->alternative < ALTERNATIVES && programs[0] ? programs : NULL;
}

static bool program_is(const struct bpf_program *program, const char *hook)
{
	return strncmp(bpf_program__section_name(program), hook, strlen(hook)) == 0;
}

static bool program_is_kprobe(const struct bpf_program *program)
{
	return program_is(program, "kprobe/") || program_is(program, "kretprobe/");
}

static const char *program_target(const struct bpf_program *program)
{
	return strchr(bpf_program__section_name(program), '/') + 1;
}

/* The function or, if the compiler split one of the kernel's own, what it really does. */
static bool probe_find_function(const struct probe *probe, const char *function, const struct gw_kallsyms *kallsyms,
				struct gw_symbol *ret)
{
	char part[128];

	snprintf(part, sizeof(part), "%s.part.0", function);
	return (!probe->definition->module && gw_kallsyms_find(kallsyms, part, ret)) ||
	       gw_kallsyms_find(kallsyms, function, ret);
}

static bool probe_has_target(const struct probe *probe, const struct bpf_program *program,
			     const struct gw_probe_context *context)
{
	const int type = gw_types_target(context->types, bpf_program__section_name(program));
	const char *target = program_target(program);
	struct gw_symbol symbol;
	char name[128];

	if (type != 0)
		return type > 0;
	if (program_is(program, "raw_tp/")) {
		snprintf(name, sizeof(name), "__traceiter_%s", target);
		return gw_kallsyms_find(context->kallsyms, name, &symbol);
	}
	/* A module's function comes and goes; anything else is found out when it is attached. */
	return probe->definition->module || !program_is_kprobe(program) ||
	       probe_find_function(probe, target, context->kallsyms, &symbol);
}

/* What the present alternative attaches to and this kernel does not have, NULL = nothing. */
static const char *probe_missing_target(const struct probe *probe, const struct bpf_object *object,
					const struct gw_probe_context *context)
{
	const char *const *programs = probe_programs(probe);

	for (size_t i = 0; programs && i < GW_PROBE_PROGRAMS && programs[i]; i++) {
		const struct bpf_program *program = bpf_object__find_program_by_name(object, programs[i]);

		if (!program)
			return programs[i];
		/* Of an object that is loaded, what was left out is not there any more. */
		if (!bpf_program__autoload(program) || !probe_has_target(probe, program, context))
			return program_target(program);
	}
	return NULL;
}

/* Goes on to the first alternative that this kernel has something for. */
static void probe_choose(struct probe *probe, const struct bpf_object *object, const struct gw_probe_context *context)
{
	const struct gw_probe_definition *definition = probe->definition;
	const char *missing;

	while ((missing = probe_missing_target(probe, object, context))) {
		probe->alternative++;
		if (!probe->unusable.error)
			reason_set(&probe->unusable, -ENOENT, "this kernel has no %s",
				   definition->otherwise[0] ? definition->target : missing);
	}
}

static bool probe_uses(const struct probe *probe, const char *object, const char *program)
{
	const char *const *programs = probe_programs(probe);

	for (size_t i = 0; programs && i < GW_PROBE_PROGRAMS && programs[i]; i++)
		if (strcmp(programs[i], program) == 0)
			return strcmp(probe->definition->object, object) == 0;
	return false;
}

static bool probes_use(const struct gw_probes *probes, const char *object, const char *program)
{
	for (size_t i = 0; i < probes->count; i++)
		if (probe_uses(&probes->list[i], object, program))
			return true;
	return false;
}

/* Nothing is loaded of an object that is open but what its probes use on this kernel. */
static void probes_choose(struct gw_probes *probes, const char *name, struct bpf_object *object,
			  const struct gw_probe_context *context)
{
	struct bpf_program *program;

	for (size_t i = 0; i < probes->count; i++)
		if (strcmp(probes->list[i].definition->object, name) == 0)
			probe_choose(&probes->list[i], object, context);
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, probes_use(probes, name, bpf_program__name(program)));
}

/* Passes over all that uses a program which the kernel refused. Returns whether that makes a difference. */
static bool probes_refuse(struct gw_probes *probes, const char *object, const struct gw_refusal *refusal)
{
	bool any = false;

	for (size_t i = 0; refusal->program && i < probes->count; i++) {
		struct probe *probe = &probes->list[i];

		if (!probe_uses(probe, object, refusal->program))
			continue;
		any = true;
		probe->alternative++;
		if (refusal->error == -ENOENT)
			reason_set(&probe->unusable, -ENOENT, "this kernel has no %s", probe->definition->target);
		else
			reason_set(&probe->unusable, refusal->error, "%s", refusal->why);
	}
	return any;
}

/* Loads a probe's object, without the programs that the kernel has nothing for or refuses. Returns 0 or -errno. */
static int probe_load(struct probe *probe, struct gw_probes *probes, const struct gw_probe_context *context,
		      struct bpf_object **ret)
{
	const char *object = probe->definition->object;
	struct gw_refusal refusal;
	int r;

	do {
		r = gw_objects_open(context->objects, object, ret, &refusal);
		if (r < 0)
			return probe_fail(probe, r, "%s", refusal.why);
		if (r == 0)
			probes_choose(probes, object, *ret, context);
		else
			probe_choose(probe, *ret, context);
		if (!probe_programs(probe))
			return probe_fail(probe, probe->unusable.error, "%s", reason_text(&probe->unusable));
		if (r == 0)
			r = gw_objects_load(context->objects, object, context->types, &refusal);
	} while (r < 0 && probes_refuse(probes, object, &refusal));
	return r < 0 ? probe_fail(probe, r, "%s", refusal.why) : 0;
}

/* ---- attaching ------------------------------------------------------------------------- */

static struct bpf_link *probe_link_kprobe(const struct bpf_program *program, const char *function, struct gw_perf *perf)
{
	struct gw_perf_event event = {
		.kind = program_is(program, "kretprobe/") ? GW_PERF_KRETPROBE : GW_PERF_KPROBE,
	};
	struct bpf_link *link;
	int fd;

	snprintf(event.function, sizeof(event.function), "%s", function);
	fd = gw_perf_open(perf, &event);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	link = bpf_program__attach_perf_event(program, fd); /* owns it, then */
	if (!link)
		close(fd);
	return link;
}

static struct bpf_link *probe_link(const struct probe *probe, const struct bpf_program *program,
				   const struct gw_probe_context *context)
{
	struct gw_symbol symbol;

	if (!program_is_kprobe(program))
		return bpf_program__attach(program);
	if (!probe_find_function(probe, program_target(program), context->kallsyms, &symbol)) {
		errno = ENOENT;
		return NULL;
	}
	return probe_link_kprobe(program, symbol.name, context->perf);
}

static int probe_refuse_link(struct probe *probe, int error, const struct bpf_program *program)
{
	const char *reason =
		error == -EACCES && gw_perf_restricted()
			? "kernel.perf_event_paranoid is above 2, that needs CAP_SYS_ADMIN or gpuwatch-perf.socket"
			: strerror(-error);

	/* Some targets are looked up by name when they are attached, not before. */
	if (error == -ENOENT && (program_is_kprobe(program) || program_is(program, "raw_tp/")))
		return probe_fail(probe, -ENOENT, "this kernel has no %s", program_target(program));
	return probe_fail(probe, error == -ENOENT ? -ENXIO : error, "cannot attach %s: %s", bpf_program__name(program),
			  reason);
}

static int probe_attach_program(struct probe *probe, size_t i, const struct bpf_program *program,
				const struct gw_probe_context *context)
{
	char name[96];
	int r;

	probe->links[i] = probe_link(probe, program, context);
	if (!probe->links[i])
		return probe_refuse_link(probe, -errno, program);
	if (!context->pins)
		return 0;
	probe_pin_name(probe, i, name, sizeof(name));
	r = gw_pins_put_link(context->pins, name, probe->links[i]);
	if (r < 0)
		reason_set(&probe->reason, 0, "attached, but cannot be pinned: %s", strerror(-r));
	return 0;
}

/* The end first: nothing may begin whose end is not seen. */
static void probe_attach(struct probe *probe, struct gw_probes *probes, const struct gw_probe_context *context)
{
	const char *const *programs;
	struct bpf_object *object;
	int r = 0;

	reason_clear(&probe->reason);
	if (probe_adopt(probe, context->pins) || probe_load(probe, probes, context, &object) < 0)
		return;
	programs = probe_programs(probe);
	for (size_t i = GW_PROBE_PROGRAMS; r >= 0 && i-- > 0;)
		if (programs[i])
			r = probe_attach_program(probe, i, bpf_object__find_program_by_name(object, programs[i]),
						 context);
	if (r >= 0) {
		probe->state = GW_PROBE_ATTACHED;
		return;
	}
	probe_detach(probe);
	probe_drop_pins(probe, context->pins);
}

/* The module is not there (any more), or is but has no such function. */
static void probe_leave(struct probe *probe, const struct gw_probe_context *context)
{
	const struct gw_probe_definition *definition = probe->definition;

	probe_detach(probe);
	probe_drop_pins(probe, context->pins);
	probe->address = 0;
	reason_clear(&probe->reason);
	probe->state = GW_PROBE_WAITING;
	/* Another build of the module may have what this one lacked. */
	if (probe->unusable.error == -ENOENT) {
		probe->alternative = 0;
		reason_clear(&probe->unusable);
	}
	if (definition->function && gw_module_loaded(definition->module)) {
		probe->state = GW_PROBE_ABSENT;
		reason_set(&probe->reason, -ENOENT, "%s has no function %s here", definition->module,
			   definition->function);
	}
}

/* ---- updates ------------------------------------------------------------------------------ */

static void probe_update_function(struct probe *probe, struct gw_probes *probes, const struct gw_probe_context *context)
{
	struct gw_symbol symbol;

	if (!gw_kallsyms_find(context->kallsyms, probe->definition->function, &symbol)) {
		probe_leave(probe, context);
		return;
	}
	if (probe_is_attached(probe) && probe->address == symbol.address)
		return;
	if (probe_is_attached(probe))
		probe_leave(probe, context);
	probe->address = symbol.address;
	probe_attach(probe, probes, context);
}

/*
 * Trace events of a module hold it, unlike kprobes: only kernels with our
 * patches have such events, and who built one wants to see them.
 */
static void probe_update_events(struct probe *probe, struct gw_probes *probes, const struct gw_probe_context *context)
{
	if (!gw_module_loaded(probe->definition->module))
		probe_leave(probe, context);
	else if (probe->state == GW_PROBE_WAITING)
		probe_attach(probe, probes, context);
}

/* Attaching what sees nothing would cost something and give nothing. */
static bool probe_lacks_needed(struct probe *probe, const struct gw_probes *probes)
{
	const char *needs = probe->definition->needs;

	if (!needs || probe_is_attached(probes_find(probes, needs)))
		return false;
	probe_fail(probe, -ENOENT, "needs %s", needs);
	return true;
}

static void probe_update(struct probe *probe, struct gw_probes *probes, const struct gw_probe_context *context)
{
	if (probe->definition->function)
		probe_update_function(probe, probes, context);
	else if (probe->definition->module)
		probe_update_events(probe, probes, context);
	else if (probe->state == GW_PROBE_WAITING && !probe_lacks_needed(probe, probes))
		probe_attach(probe, probes, context);
}

int gw_probes_update(struct gw_probes *probes, const struct gw_probe_context *context)
{
	int changed = 0;

	for (size_t i = 0; i < probes->count; i++) {
		enum gw_probe_state before = probes->list[i].state;

		probe_update(&probes->list[i], probes, context);
		changed += probes->list[i].state != before;
	}
	gw_objects_trim(context->objects);
	return changed;
}

void gw_probes_adopt(struct gw_probes *probes, struct gw_pins *pins, const char *why)
{
	for (size_t i = 0; i < probes->count; i++)
		if (!probe_adopt(&probes->list[i], pins))
			probe_fail(&probes->list[i], -ENOENT, "%s", why);
}

/* ---- what there is --------------------------------------------------------------------------- */

size_t gw_probes_rows(const struct gw_probes *probes, const struct gw_probe_info **ret)
{
	for (size_t i = 0; i < probes->count; i++) {
		const struct probe *probe = &probes->list[i];
		const struct gw_probe_definition *definition = probe->definition;

		probes->rows[i] = (struct gw_probe_info){
			.name = definition->name,
			.target = definition->target,
			.module = definition->module ? definition->module : "",
			.lost = definition->lost,
			.patch = definition->patch ? definition->patch : "",
			.state = probe->state,
			.error = probe->state == GW_PROBE_FAILED ? -probe->reason.error : 0,
			.why = reason_text(&probe->reason),
		};
	}
	*ret = probes->rows;
	return probes->count;
}

int gw_probes_missing(const struct gw_probes *probes, const char **why)
{
	const struct probe *missing = NULL;
	bool any = false;

	for (size_t i = 0; i < probes->count; i++) {
		const struct probe *probe = &probes->list[i];

		if (probe_is_attached(probe))
			any = true;
		else if (!missing || (probe->definition->required && !missing->definition->required))
			missing = probe;
	}
	if (!missing || (any && !missing->definition->required))
		return 0;
	*why = reason_text(&missing->reason);
	return missing->reason.error ? missing->reason.error : -ENOENT;
}

int gw_probes_iterator(const struct gw_probes *probes)
{
	return bpf_link__fd(probes_find(probes, "snapshot")->links[0]);
}

bool gw_probes_want_module(const struct gw_probes *probes, const char *module)
{
	for (size_t i = 0; i < probes->count; i++)
		if (probes->list[i].definition->module && strcmp(probes->list[i].definition->module, module) == 0)
			return true;
	return false;
}
