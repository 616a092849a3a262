/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader: opens the BPF objects, attaches every probe that this kernel
 * has, follows modules as they come and go, pins what must outlive the
 * daemon, and reads snapshots.
 */
#include "daemon/kernel/loader.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/abi/shared.h"
#include "daemon/kernel/btf/layout.h"
#include "daemon/kernel/capabilities.h"
#include "daemon/kernel/objects.h"
#include "daemon/kernel/pins.h"
#include "daemon/kernel/probes.h"
#include "daemon/kernel/reader.h"
#include "daemon/sampler.h"
#include "daemon/trylocks.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/system/kallsyms.h"
#include "lib/system/modules/events.h"

/* A row that is no probe: what else people should know. */
struct remark {
	char why[512]; /* room for the name of a pin directory, which is 255 bytes at most */
};

/* Cards come and go, and nobody reports that to the daemon: what it has read of them is good for so long. */
#define GPUS_STALE_NS (10 * GW_NSEC_PER_SEC)

#define REMARKS 3
#define TIMELINES_SIZE (sizeof(struct gw_timeline) * GW_TIMELINE_SLOTS)

struct gw_loader {
	char *btf_path; /* NULL = the running kernel's */
	char *gpu_patterns;
	struct gw_perf *perf; /* not owned */
	struct gw_objects *objects;
	struct gw_pins *pins;
	bool unpin; /* when it is freed */
	struct gw_probes *probes;
	struct gw_kallsyms *kallsyms;
	struct gw_gpu_modules gpu_modules;
	struct gw_gpus gpus;
	uint64_t gpus_read_ns; /* CLOCK_MONOTONIC; 0 = never */
	struct gw_reader *reader;
	struct gw_sampler *sampler;   /* NULL: this kernel does not let us */
	struct gw_trylocks *trylocks; /* likewise */
	struct ring_buffer *events;
	struct gw_control *control;
	const struct gw_timeline *timelines;
	int module_fd;
	int events_received;
	bool saw_hazard;
	bool symbols_stale;	  /* modules came or went since kallsyms was read */
	uint64_t excess;	  /* of active_waits, as the last snapshot saw it */
	unsigned int excess_seen; /* snapshots before that saw the same */
	struct gw_host_record host;
	struct remark unpinned, hidden, unsampled;
	struct gw_probe_info *rows; /* room for the probes and REMARKS */
	size_t row_count;
};

/* ---- setting up -------------------------------------------------------------------- */

static void loader_describe_host(struct gw_loader *loader, const struct gw_types *types)
{
	struct gw_host_record *host = &loader->host;
	struct utsname name;
	int offset;

	host->header.type = GW_RECORD_HOST;
	host->header.size = sizeof(*host);
	host->layout_version = GW_LAYOUT_VERSION;
	offset = gw_layout_offset(types, "mm_struct", "mmap_lock");
	host->mmap_lock_offset = offset < 0 ? 0 : offset;
	uname(&name);
	snprintf(host->release, sizeof(host->release), "%.63s", name.release);
	snprintf(host->machine, sizeof(host->machine), "%.15s", name.machine);
	gw_file_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", host->boot_id, sizeof(host->boot_id));
}

static int loader_adopt_map(const char *name, void *userdata)
{
	struct gw_loader *loader = userdata;
	_cleanup_close_ int fd = gw_pins_open_map(loader->pins, name);

	return fd < 0 ? 0 : gw_objects_adopt_map(loader->objects, name, fd);
}

static int loader_pin_map(const char *name, int fd, void *userdata)
{
	struct gw_loader *loader = userdata;

	return gw_pins_put_map(loader->pins, name, fd);
}

static void loader_open_pins(struct gw_loader *loader, const char *directory)
{
	int r;

	if (!directory)
		return;
	r = gw_pins_new(&loader->pins, directory, gw_objects_hash(GW_OBJECTS_WATCH) ^ GW_LAYOUT_VERSION,
			loader->unpinned.why, sizeof(loader->unpinned.why));
	if (r >= 0)
		gw_pins_each_map(loader->pins, loader_adopt_map, loader);
}

/* Without them the core has its own table of names, and what built-in functions call. */
static void loader_read_modules(struct gw_loader *loader)
{
	struct gw_gpu_modules modules;

	if (gw_gpu_modules_read(&modules, loader->gpu_patterns) < 0)
		return;
	gw_gpu_modules_deinit(&loader->gpu_modules);
	loader->gpu_modules = modules;
}

static int loader_read_symbols(struct gw_loader *loader)
{
	struct gw_kallsyms *table;
	int r = gw_kallsyms_read(&table, NULL, GW_KALLSYMS_LIVE);

	if (r < 0)
		return r;
	gw_kallsyms_free(loader->kallsyms);
	loader->kallsyms = table;
	loader->symbols_stale = false;
	loader_read_modules(loader);
	loader->hidden.why[0] = '\0';
	if (gw_kallsyms_hidden(table))
		snprintf(loader->hidden.why, sizeof(loader->hidden.why),
			 "the kernel hides its addresses: CAP_SYSLOG is missing, or kernel.kptr_restrict is 2");
	return 0;
}

static int loader_update_probes(struct gw_loader *loader, const struct gw_types *types)
{
	struct gw_probe_context context = { loader->objects, loader->perf, loader->pins, loader->kallsyms, types };

	return gw_probes_update(loader->probes, &context);
}

/* Tells the programs what they cannot find out themselves. */
static void loader_update_layout(struct gw_loader *loader, const struct gw_types *types)
{
	struct gw_layout layout;
	struct gw_symbols symbols;
	struct gw_symbol symbol;

	gw_layout_read(&layout, types);
	gw_layout_fault_queues(loader->control->fault_queues, types, loader->kallsyms);
	gw_layout_symbols(&symbols, loader->kallsyms);
	loader->control->layout = layout;
	loader->control->symbols = symbols;
	loader->host.unplug_srcu = gw_kallsyms_find(loader->kallsyms, "drm_unplug_srcu", &symbol) ? symbol.address : 0;
}

static int loader_map_section(struct gw_loader *loader, const char *name, size_t size, int protection, void **ret)
{
	int fd = gw_objects_map(loader->objects, name, size);
	void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, size, protection, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return fd < 0 ? fd : -errno;
	*ret = memory;
	return 0;
}

static int loader_map_memory(struct gw_loader *loader)
{
	int r;

	r = loader_map_section(loader, GW_CONTROL_SECTION, sizeof(*loader->control), PROT_READ | PROT_WRITE,
			       (void **)&loader->control);
	if (r >= 0)
		r = loader_map_section(loader, GW_TIMELINES_MAP, TIMELINES_SIZE, PROT_READ,
				       (void **)&loader->timelines);
	if (r < 0)
		return r;
	if (!loader->control->attached_ns)
		loader->control->attached_ns = gw_now_mono_ns();
	loader->host.attached_ns = loader->control->attached_ns;
	return 0;
}

static int loader_on_event(void *userdata, void *data, size_t size)
{
	struct gw_loader *loader = userdata;
	const struct gw_event *event = data;

	if (size >= sizeof(*event) && event->type == GW_EVENT_WAKE)
		loader->events_received++;
	else if (size >= sizeof(*event) && event->type == GW_EVENT_HAZARD)
		loader->saw_hazard = true;
	return 0;
}

/* A map that is not there is a negative number: what it would give is left out. */
static int loader_open_reader(struct gw_loader *loader)
{
	const struct gw_objects *objects = loader->objects;
	struct gw_reader_source source = {
		.control = loader->control,
		.timelines = loader->timelines,
		.wanted = gw_objects_map(objects, "wanted", sizeof(uint8_t)),
		.evicted = gw_objects_map(objects, "evicted", sizeof(struct gw_timeline)),
		.drivers = gw_objects_map(objects, "drivers", sizeof(struct gw_timeline)),
		.names = gw_objects_map(objects, "names", sizeof(struct gw_fence_names)),
		.getters = gw_objects_map(objects, "getters", sizeof(struct gw_getter)),
		.hazards = gw_objects_map(objects, "hazards", sizeof(struct gw_hazard)),
		.sections = gw_objects_map(objects, "left_sections", sizeof(struct gw_section)),
		.kallsyms = &loader->kallsyms,
		.sampler = loader->sampler,
		.gpu_modules = &loader->gpu_modules,
		.gpus = &loader->gpus,
	};
	int events = gw_objects_map(objects, "events", 0);

	if (events < 0)
		return events;
	loader->events = ring_buffer__new(events, loader_on_event, loader, NULL);
	return loader->events ? gw_reader_new(&loader->reader, &source) : -errno;
}

/* Loaded now, so that nothing has to be loaded once a machine hangs. */
static int loader_load_sampler(struct gw_loader *loader)
{
	struct gw_refusal refusal;
	struct bpf_object *object;
	int r = gw_objects_open(loader->objects, "sample", &object, &refusal);

	if (r == 0)
		r = gw_objects_load(loader->objects, "sample", NULL, &refusal);
	if (r < 0)
		return r;
	r = gw_sampler_new(&loader->sampler, loader->perf,
			   bpf_program__fd(bpf_object__find_program_by_name(object, "sample_stack")),
			   gw_objects_map(loader->objects, "samples", sizeof(struct gw_samples)));
	return r
		       ?: gw_trylocks_new(&loader->trylocks, object,
					  gw_objects_map(loader->objects, "tries", sizeof(struct gw_tries)));
}

static void loader_open_sampler(struct gw_loader *loader)
{
	int r = loader_load_sampler(loader);

	if (r < 0)
		snprintf(loader->unsampled.why, sizeof(loader->unsampled.why), "the program cannot be loaded: %s",
			 strerror(-r));
}

static void loader_add_remark(struct gw_loader *loader, const char *name, const char *target, const char *lost,
			      const struct remark *remark)
{
	if (remark->why[0])
		loader->rows[loader->row_count++] = (struct gw_probe_info){
			.name = name,
			.target = target,
			.module = "",
			.lost = lost,
			.patch = "",
			.state = GW_PROBE_FAILED,
			.why = remark->why,
		};
}

static int loader_make_rows(struct gw_loader *loader)
{
	const struct gw_probe_info *rows;

	loader->rows = calloc(gw_probes_rows(loader->probes, &rows) + REMARKS, sizeof(*rows));
	return loader->rows ? 0 : -ENOMEM;
}

static void loader_update_rows(struct gw_loader *loader)
{
	const struct gw_probe_info *rows;

	loader->row_count = gw_probes_rows(loader->probes, &rows);
	memcpy(loader->rows, rows, loader->row_count * sizeof(*rows));
	loader_add_remark(loader, "pins", "bpffs", "what was recorded, when the daemon ends", &loader->unpinned);
	loader_add_remark(loader, "symbols", "/proc/kallsyms", "function names, kinds of fences, functions of modules",
			  &loader->hidden);
	loader_add_remark(loader, "sample", "perf_event/cpu-clock", "the function that a busy task spins in",
			  &loader->unsampled);
}

static int loader_start(struct gw_loader *loader, const struct gw_loader_options *options, char *message, size_t size)
{
	struct gw_types *types;
	const char *why;
	int r;

	r = gw_types_open(&types, loader->btf_path, message, size);
	if (r < 0)
		return r;
	loader_describe_host(loader, types);
	loader_open_pins(loader, options->pin_directory);
	gw_objects_use_types(loader->objects, types);
	loader_update_probes(loader, types);
	r = gw_probes_missing(loader->probes, &why);
	if (r < 0) {
		gw_types_free(types);
		return gw_bpf_refused(r, why, message, size);
	}
	r = loader_map_memory(loader);
	loader_open_sampler(loader);
	if (r >= 0)
		r = loader_open_reader(loader);
	if (r >= 0)
		loader_update_layout(loader, types);
	gw_types_free(types);
	if (r < 0)
		snprintf(message, size, "cannot set up the BPF maps: %s", strerror(-r));
	return r;
}

/* Those of objects that were loaded since the last call, too. */
static void loader_pin_maps(struct gw_loader *loader)
{
	int r = loader->pins ? gw_objects_each_map(loader->objects, loader_pin_map, loader) : 0;

	if (r < 0)
		snprintf(loader->unpinned.why, sizeof(loader->unpinned.why), "maps cannot be pinned: %s", strerror(-r));
}

/* Pins of maps, and the end of what older builds left: after everything is attached, so that nothing is missed. */
static void loader_finish_pins(struct gw_loader *loader)
{
	loader_pin_maps(loader);
	if (loader->pins)
		gw_pins_drop_others(loader->pins);
}

int gw_loader_new(struct gw_loader **ret, const struct gw_loader_options *options, char *message, size_t size)
{
	struct gw_loader *loader;
	int r = -ENOMEM;

	if (!gw_in_initial_pid_namespace()) {
		snprintf(
			message, size,
			"this PID namespace shows a part of the machine's tasks only: start gpuwatchd in the initial one (in a container: with the host's PID namespace)");
		return -EXDEV;
	}
	loader = calloc(1, sizeof(*loader));
	if (loader) {
		loader->module_fd = -1;
		loader->perf = options->perf;
		loader->btf_path = options->btf_path ? strdup(options->btf_path) : NULL;
		loader->gpu_patterns = strdup(options->gpu_modules ? options->gpu_modules : "");
		if (loader->gpu_patterns && (loader->btf_path || !options->btf_path))
			r = gw_objects_new(&loader->objects, loader->btf_path);
	}
	if (r >= 0)
		r = gw_probes_new(&loader->probes, GW_OBJECTS_WATCH);
	if (r >= 0)
		r = loader_make_rows(loader);
	if (r >= 0)
		r = loader_read_symbols(loader);
	if (r >= 0)
		r = loader->module_fd = gw_module_events_open();
	if (r < 0) {
		snprintf(message, size, "cannot start: %s", strerror(-r));
		goto failed;
	}
	r = loader_start(loader, options, message, size);
	if (r < 0)
		goto failed;
	loader_finish_pins(loader);
	loader_update_rows(loader);
	*ret = loader;
	return 0;

failed:
	gw_loader_free(loader);
	return r;
}

void gw_loader_free(struct gw_loader *loader)
{
	if (!loader)
		return;
	gw_reader_free(loader->reader);
	gw_sampler_free(loader->sampler);
	gw_trylocks_free(loader->trylocks);
	ring_buffer__free(loader->events);
	if (loader->control)
		munmap(loader->control, sizeof(struct gw_control));
	if (loader->timelines)
		munmap((void *)loader->timelines, TIMELINES_SIZE);
	free(loader->rows);
	gw_probes_free(loader->probes);
	gw_objects_free(loader->objects);
	if (loader->unpin && loader->pins)
		gw_pins_drop_all(loader->pins);
	gw_pins_free(loader->pins);
	gw_kallsyms_free(loader->kallsyms);
	if (loader->module_fd >= 0)
		close(loader->module_fd);
	gw_gpu_modules_deinit(&loader->gpu_modules);
	free(loader->btf_path);
	free(loader->gpu_patterns);
	free(loader);
}

void gw_loader_unpin(struct gw_loader *loader)
{
	loader->unpin = true;
}

size_t gw_loader_probes(const struct gw_loader *loader, const struct gw_probe_info **ret)
{
	*ret = loader->rows;
	return loader->row_count;
}

/* ---- events ------------------------------------------------------------------------- */

int gw_loader_wake_fd(const struct gw_loader *loader)
{
	return ring_buffer__epoll_fd(loader->events);
}

int gw_loader_drain(struct gw_loader *loader)
{
	int r;

	loader->events_received = 0;
	r = ring_buffer__consume(loader->events);
	return r < 0 ? r : loader->events_received;
}

bool gw_loader_saw_hazard(struct gw_loader *loader)
{
	bool saw = loader->saw_hazard;

	loader->saw_hazard = false;
	return saw;
}

int gw_loader_module_fd(const struct gw_loader *loader)
{
	return loader->module_fd;
}

/* Everything that depends on modules, anew. */
static int loader_refresh(struct gw_loader *loader)
{
	char message[256];
	struct gw_types *types;
	int r, changed;

	r = loader_read_symbols(loader);
	if (r < 0)
		return r;
	r = gw_types_open(&types, loader->btf_path, message, sizeof(message));
	if (r < 0)
		return r;
	/* Offsets first: programs that attach now use them. */
	loader_update_layout(loader, types);
	changed = loader_update_probes(loader, types);
	gw_types_free(types);
	loader_pin_maps(loader);
	loader_update_rows(loader);
	return changed > 0;
}

int gw_loader_follow_modules(struct gw_loader *loader)
{
	bool concerned = false;
	char name[64];
	int r;

	while ((r = gw_module_events_next(loader->module_fd, name)) != 0) {
		if (r < 0 && r != -ENOBUFS)
			return r;
		concerned |= r == -ENOBUFS || gw_probes_want_module(loader->probes, name);
		loader->symbols_stale = true;
	}
	if (loader->symbols_stale)
		gw_reader_forget_code(loader->reader);
	return concerned ? loader_refresh(loader) : 0;
}

void gw_loader_arm(struct gw_loader *loader)
{
	__atomic_store_n(&loader->control->armed, 1, __ATOMIC_SEQ_CST);
}

bool gw_loader_pinned(const struct gw_loader *loader)
{
	return loader->pins && !loader->unpinned.why[0];
}

uint64_t gw_loader_active_waits(const struct gw_loader *loader)
{
	return __atomic_load_n(&loader->control->active_waits, __ATOMIC_SEQ_CST);
}

void gw_loader_counters(const struct gw_loader *loader, struct gw_loader_counters *ret)
{
	const struct gw_control *control = loader->control;

	ret->wakes = control->wakes;
	ret->missed_waits = control->missed_waits;
	ret->dropped_events = control->dropped_events;
	ret->evicted_timelines = control->evicted_timelines;
	ret->dropped_hazards = control->dropped_hazards;
}

int gw_loader_map(const struct gw_loader *loader, const char *name, size_t value_size)
{
	return gw_objects_map(loader->objects, name, value_size);
}

/* ---- snapshots ------------------------------------------------------------------------ */

/*
 * A task that ends with a wait whose end was missed leaves active_waits too
 * high, and the daemon would never sleep again. The walk over all tasks has
 * counted, too. As waits come and go meanwhile, a difference counts only when
 * it stays.
 */
static void loader_correct_waits(struct gw_loader *loader, uint64_t before)
{
	uint64_t after = gw_loader_active_waits(loader), standing = loader->control->standing_waits;
	uint64_t excess = before == after && after > standing ? after - standing : 0;

	if (excess != loader->excess || !excess) {
		loader->excess = excess;
		loader->excess_seen = 0;
	} else if (++loader->excess_seen >= 3) {
		__atomic_sub_fetch(&loader->control->active_waits, excess, __ATOMIC_SEQ_CST);
		loader->excess = 0;
	}
}

const struct gw_gpus *gw_loader_gpus(struct gw_loader *loader)
{
	uint64_t now_ns = gw_now_mono_ns();
	_cleanup_close_ int root = -1;

	if (loader->gpus_read_ns && now_ns - loader->gpus_read_ns < GPUS_STALE_NS)
		return &loader->gpus;
	root = gw_directory_open(AT_FDCWD, "/");
	gw_gpus_read(&loader->gpus, root);
	loader->gpus_read_ns = now_ns;
	return &loader->gpus;
}

int gw_loader_snapshot(struct gw_loader *loader, enum gw_sleepers sleepers, bool timelines, uint64_t min_wait_ns,
		       void **data, size_t *size)
{
	uint64_t active = gw_loader_active_waits(loader);
	int r;

	/* Modules may come by the hundred: their symbols are read when something is looked at. */
	if (loader->symbols_stale)
		loader_read_symbols(loader);
	/* A patrol that finds somebody is followed by a full look. */
	if (sleepers == GW_SLEEPERS_ALL || active > 0)
		gw_loader_gpus(loader);
	r = gw_reader_snapshot(loader->reader, gw_probes_iterator(loader->probes), sleepers, timelines, min_wait_ns,
			       data, size);
	if (r >= 0)
		loader_correct_waits(loader, active);
	return r;
}

void gw_loader_sample(struct gw_loader *loader, const struct gw_sampled_task *tasks, size_t count)
{
	if (loader->sampler)
		gw_sampler_follow(loader->sampler, tasks, count);
}

void gw_loader_follow_tries(struct gw_loader *loader, const struct gw_sampled_task *tasks, size_t count)
{
	if (loader->trylocks)
		gw_trylocks_follow(loader->trylocks, loader->kallsyms, tasks, count);
}

const struct gw_host_record *gw_loader_host(const struct gw_loader *loader)
{
	return &loader->host;
}

const struct gw_kallsyms *gw_loader_kallsyms(const struct gw_loader *loader)
{
	return loader->kallsyms;
}

bool gw_loader_symbol(const struct gw_loader *loader, uint64_t address, struct gw_symbol *ret)
{
	return loader->kallsyms && gw_kallsyms_at(loader->kallsyms, address, ret);
}
