/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that record the boot (bpf/boot.bpf.c): loaded, attached, pinned, found again. */
#include "daemon/kernel/boot-programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>

#include "bpf/boot.skel.h"
#include "daemon/kernel/capabilities.h"
#include "daemon/kernel/pins.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/system/kallsyms.h"

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
#define EVENTS_MAP "boot_events" /* pinned last: where it is, all is there */
#define COUNTERS_MAP "boot_counters"
#define WAYS_MAX 2
#define PROGRAMS_MAX 3
#define VERSION_SHIFT 48

/*
 * An event and the ways to see it, the best one first: the first whose
 * programs all have something on this kernel to attach to is taken. That is
 * named by a program's section.
 */
struct definition {
	const char *name;
	const char *target; /* for people */
	const char *lost;
	const char *patch; /* as in struct gw_probe_info */
	const char *ways[WAYS_MAX][PROGRAMS_MAX];
};

/* clang-format off */
static const struct definition definitions[] = {
	{ "boot_probe", "really_probe", "which driver was probed for which device, when, and with what result", "",
	  { { "traced_probe_end", "traced_probe_begin" }, { "probe_end", "probe_begin" } } },
	{ "boot_unbind", "device_release_driver_internal", "drivers that let go of a device", "", { { "unbind" } } },
	{ "boot_defer", "driver_deferred_probe_add", "when a probe was put off", "", { { "traced_defer" }, { "defer" } } },
	{ "boot_undefer", "driver_deferred_probe_del", "devices that another driver took off the deferred list", "",
	  { { "traced_undefer" }, { "undefer" } } },
	{ "boot_retry", "tp_btf/driver_deferred_probe_retry", "the order in which deferred devices are tried again",
	  "driver core: Trace deferred probing", { { "traced_retry" } } },
	{ "boot_defer_reason", "device_set_deferred_probe_reason", "why a probe was put off", "",
	  { { "traced_defer_reason" }, { "defer_reason" } } },
	{ "boot_defer_trigger", "driver_deferred_probe_trigger", "what made deferred devices be tried again", "",
	  { { "traced_defer_trigger" }, { "defer_trigger" } } },
	{ "boot_defer_extend", "deferred_probe_extend_timeout", "drivers that made the deferred-probe timeout begin anew",
	  "", { { "traced_defer_extend" }, { "defer_extend" } } },
	{ "boot_defer_timeout", "deferred_probe_timeout_work_func", "when the deferred-probe timeout expired", "",
	  { { "traced_defer_timeout" }, { "defer_timeout" } } },
	{ "boot_supplier_wait", "device_links_check_suppliers", "which supplier a device had to wait for", "",
	  { { "traced_supplier_wait", "traced_fwnode_wait" }, { "supplier_wait" } } },
	{ "boot_link", "device_link_add", "when device links were made", "", { { "link_add" } } },
	{ "boot_module", "do_init_module, tp_btf/module_free", "when modules were loaded and removed", "",
	  { { "module_end", "module_begin", "module_free" } } },
	{ "boot_module_request", "tp_btf/module_request", "modules that the kernel asked for", "",
	  { { "module_request" } } },
	{ "boot_symbol_request", "__symbol_get", "symbols that drivers asked other modules for", "",
	  { { "symbol_request" } } },
	{ "boot_iommu_probe", "__iommu_probe_device", "devices that an IOMMU took or refused", "",
	  { { "iommu_probe" }, { "iommu_probe_hotplug" } } },
	{ "boot_iommu_group", "tp_btf/add_device_to_group", "when a device got its IOMMU group", "", { { "iommu_group" } } },
	{ "boot_of_xlate", "of_iommu_xlate, iommu_fwspec_init", "which IOMMU the firmware named for a device", "",
	  { { "of_xlate" }, { "of_xlate_spec" } } },
};
/* clang-format on */

struct row {
	const char *const *way; /* of the definition; NULL: none fits this kernel */
	struct bpf_link *links[PROGRAMS_MAX];
	char why[160];
};

struct gw_boot_programs {
	struct gw_pins *pins; /* NULL: not pinned */
	struct bpf_object *object;
	struct gw_boot_counters *counters;
	struct ring_buffer *ring;
	gw_boot_take take; /* while reading */
	void *userdata;
	uint64_t taken;
	bool adopted;
	int counters_fd, events_fd;
	struct row rows[ELEMENTS(definitions)];
	struct gw_probe_info infos[ELEMENTS(definitions)];
};

/* What of the kernel is looked at to choose between ways. */
struct kernel {
	struct btf *btf;
	const struct gw_kallsyms *kallsyms;
	struct gw_kallsyms *own_kallsyms; /* NULL: somebody else's */
};

/* ---- ways ---------------------------------------------------------------------------- */

static bool has_tracepoint(const struct kernel *kernel, const char *name)
{
	char type[128];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return btf__find_by_name_kind(kernel->btf, type, BTF_KIND_TYPEDEF) > 0;
}

/* The function or, if the compiler split it, what it really does. */
static bool find_body(const struct kernel *kernel, const char *function, struct gw_symbol *ret)
{
	char part[128];

	snprintf(part, sizeof(part), "%s.part.0", function);
	return gw_kallsyms_find(kernel->kallsyms, part, ret) || gw_kallsyms_find(kernel->kallsyms, function, ret);
}

static bool has_target(const struct kernel *kernel, const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program), *target = strchr(section, '/') + 1;
	struct gw_symbol symbol;

	if (strncmp(section, "tp_btf/", 7) == 0)
		return has_tracepoint(kernel, target);
	if (strncmp(section, "kprobe/", 7) == 0)
		return find_body(kernel, target, &symbol);
	return btf__find_by_name_kind(kernel->btf, target, BTF_KIND_FUNC) > 0;
}

static bool way_fits(const struct kernel *kernel, const struct bpf_object *object, const char *const *way)
{
	for (size_t i = 0; i < PROGRAMS_MAX && way[i]; i++)
		if (!has_target(kernel, bpf_object__find_program_by_name(object, way[i])))
			return false;
	return way[0] != NULL;
}

static void choose_ways(struct gw_boot_programs *programs, const struct kernel *kernel, const struct bpf_object *object)
{
	for (size_t i = 0; i < ELEMENTS(definitions); i++) {
		struct row *row = &programs->rows[i];

		for (size_t j = 0; j < WAYS_MAX && !row->way; j++)
			if (way_fits(kernel, object, definitions[i].ways[j]))
				row->way = definitions[i].ways[j];
		if (!row->way)
			snprintf(row->why, sizeof(row->why), "this kernel has no %s", definitions[i].target);
	}
}

/* ---- loading ---------------------------------------------------------------------------- */

static struct bpf_object *open_object(const char *btf_path)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "boot", .btf_custom_path = btf_path);
	const void *bytes;
	size_t size;

	bytes = boot_bpf__elf_bytes(&size);
	return bpf_object__open_mem(bytes, size, &options);
}

/*
 * Types that this kernel does not have, libbpf also looks for in all modules'
 * BTF, which needs CAP_SYS_ADMIN and is fatal without. It tries only once: make
 * it try where failing does no harm.
 */
static void forget_modules(struct bpf_object *object)
{
	struct bpf_program *program = bpf_object__next_program(object, NULL);

	if (!gw_has_capability(CAP_SYS_ADMIN))
		bpf_program__set_attach_target(program, 0, "gpuwatch: no such function");
}

static bool is_in_way(const struct row *row, const char *program)
{
	for (size_t i = 0; row->way && i < PROGRAMS_MAX && row->way[i]; i++)
		if (strcmp(row->way[i], program) == 0)
			return true;
	return false;
}

static void select_programs(const struct gw_boot_programs *programs, struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		bool wanted = false;

		for (size_t i = 0; i < ELEMENTS(definitions); i++)
			wanted |= is_in_way(&programs->rows[i], bpf_program__name(program));
		bpf_program__set_autoload(program, wanted);
	}
}

static uint64_t address_of(const struct kernel *kernel, const char *name)
{
	struct gw_symbol symbol;

	return gw_kallsyms_find(kernel->kallsyms, name, &symbol) ? symbol.address : 0;
}

static int set_symbols(const struct kernel *kernel, struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, GW_BOOT_SYMBOLS_SECTION);
	const struct gw_boot_symbols symbols = {
		.pending_list = address_of(kernel, "deferred_probe_pending_list"),
		.timeout_work = address_of(kernel, "deferred_probe_timeout_work"),
		.timeout_seconds = address_of(kernel, "driver_deferred_probe_timeout"),
		.async_run_entry_fn = address_of(kernel, "async_run_entry_fn"),
		.of_fwnode_ops = address_of(kernel, "of_fwnode_ops"),
	};

	return map ? bpf_map__set_initial_value(map, &symbols, sizeof(symbols)) : -ENOENT;
}

/* Opens, selects and loads. Returns 0 or -errno. */
static int load(struct gw_boot_programs *programs, const struct kernel *kernel, const char *btf_path)
{
	int r;

	bpf_object__close(programs->object);
	programs->object = open_object(btf_path);
	if (!programs->object)
		return -errno;
	select_programs(programs, programs->object);
	forget_modules(programs->object);
	r = set_symbols(kernel, programs->object);
	if (r >= 0)
		r = bpf_object__load(programs->object);
	if (r < 0) {
		bpf_object__close(programs->object);
		programs->object = NULL;
	}
	return r;
}

/*
 * The kernel has refused the whole: which programs it takes is found out one
 * row at a time.
 */
static int load_what_goes(struct gw_boot_programs *programs, const struct kernel *kernel, const char *btf_path)
{
	const char *const *ways[ELEMENTS(definitions)];
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < ELEMENTS(definitions); i++) {
		ways[i] = programs->rows[i].way;
		programs->rows[i].way = NULL;
	}
	for (size_t i = 0; i < ELEMENTS(definitions); i++) {
		if (!ways[i])
			continue;
		programs->rows[i].way = ways[i];
		r = load(programs, kernel, btf_path);
		if (r < 0)
			snprintf(programs->rows[i].why, sizeof(programs->rows[i].why), "the kernel refused %s: %s",
				 ways[i][0], strerror(-r));
		else
			any = true;
		programs->rows[i].way = NULL;
		if (r < 0)
			ways[i] = NULL;
	}
	for (size_t i = 0; i < ELEMENTS(definitions); i++)
		programs->rows[i].way = ways[i];
	return any ? load(programs, kernel, btf_path) : r;
}

/* ---- attaching ------------------------------------------------------------------------------ */

static struct bpf_link *attach_program(const struct kernel *kernel, const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);
	struct gw_symbol symbol;

	if (strncmp(section, "kprobe/", 7) != 0)
		return bpf_program__attach(program);
	if (!find_body(kernel, section + 7, &symbol)) {
		errno = ENXIO;
		return NULL;
	}
	return bpf_program__attach_kprobe(program, false, symbol.name);
}

static void detach(struct row *row)
{
	for (size_t i = 0; i < PROGRAMS_MAX; i++) {
		bpf_link__destroy(row->links[i]);
		row->links[i] = NULL;
	}
}

static void pin_name(size_t row, size_t program, char *name, size_t size)
{
	snprintf(name, size, "%s_%zu", definitions[row].name, program);
}

static void attach_row(struct gw_boot_programs *programs, const struct kernel *kernel, size_t i)
{
	struct row *row = &programs->rows[i];
	char name[96];
	int r = 0;

	for (size_t j = 0; j < PROGRAMS_MAX && row->way[j]; j++) {
		row->links[j] = attach_program(kernel, bpf_object__find_program_by_name(programs->object, row->way[j]));
		if (!row->links[j])
			r = -errno;
		pin_name(i, j, name, sizeof(name));
		if (r >= 0 && programs->pins)
			r = gw_pins_put_link(programs->pins, name, row->links[j]);
		if (r < 0) {
			snprintf(row->why, sizeof(row->why), "cannot attach %s: %s", row->way[j], strerror(-r));
			detach(row);
			gw_pins_drop_link(programs->pins, name);
			return;
		}
	}
}

static int map_fd(const struct gw_boot_programs *programs, const char *name)
{
	return fcntl(bpf_object__find_map_fd_by_name(programs->object, name), F_DUPFD_CLOEXEC, 3);
}

static int map_counters(struct gw_boot_programs *programs)
{
	void *memory =
		mmap(NULL, sizeof(*programs->counters), PROT_READ | PROT_WRITE, MAP_SHARED, programs->counters_fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	programs->counters = memory;
	return 0;
}

static int pin_maps(struct gw_boot_programs *programs)
{
	int r;

	if (!programs->pins)
		return 0;
	r = gw_pins_put_map(programs->pins, COUNTERS_MAP, programs->counters_fd);
	return r < 0 ? r : gw_pins_put_map(programs->pins, EVENTS_MAP, programs->events_fd);
}

static int attach_all(struct gw_boot_programs *programs, const struct kernel *kernel, uint64_t first)
{
	int r;

	programs->counters_fd = map_fd(programs, COUNTERS_MAP);
	programs->events_fd = map_fd(programs, EVENTS_MAP);
	if (programs->counters_fd < 0 || programs->events_fd < 0)
		return -errno;
	r = map_counters(programs);
	if (r < 0)
		return r;
	programs->counters->started_ns = gw_now_mono_ns();
	programs->counters->sequence = first;
	for (size_t i = 0; i < ELEMENTS(definitions); i++)
		if (programs->rows[i].way)
			attach_row(programs, kernel, i);
	return pin_maps(programs);
}

/* ---- pins ----------------------------------------------------------------------------------- */

/* What has to be equal for pins to be adopted; see the header for its digits. */
static uint64_t build_hash(void)
{
	size_t size;
	const void *bytes = boot_bpf__elf_bytes(&size);
	uint64_t hash = gw_hash_bytes(GW_HASH_START, bytes, size);

	return (hash & ((1ULL << VERSION_SHIFT) - 1)) | (uint64_t)GW_BOOT_LAYOUT_VERSION << VERSION_SHIFT;
}

static bool adopt(struct gw_boot_programs *programs)
{
	programs->events_fd = gw_pins_open_map(programs->pins, EVENTS_MAP);
	if (programs->events_fd < 0)
		return false;
	programs->counters_fd = gw_pins_open_map(programs->pins, COUNTERS_MAP);
	if (programs->counters_fd < 0 || map_counters(programs) < 0)
		return false;
	programs->adopted = true;
	return true;
}

/*
 * Which of the rows the one who attached could attach, and why not is not worth
 * reading the kernel's type information again, with all else that starts now.
 */
static void look_at_links(struct gw_boot_programs *programs)
{
	char name[96];

	for (size_t i = 0; i < ELEMENTS(definitions); i++) {
		struct row *row = &programs->rows[i];

		for (size_t j = 0; j < PROGRAMS_MAX && definitions[i].ways[0][j]; j++) {
			pin_name(i, j, name, sizeof(name));
			row->links[j] = gw_pins_open_link(programs->pins, name);
			if (!libbpf_get_error(row->links[j]))
				continue;
			row->links[j] = NULL;
			break;
		}
		if (!row->links[0])
			snprintf(row->why, sizeof(row->why),
				 "not attached when recording began: this kernel does not have it, or refused");
	}
}

/* One process at a time prepares a directory. Closing the file descriptor ends it. */
static int lock_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
		close(fd);
		return -errno;
	}
	return fd < 0 ? -errno : fd;
}

/* ---- others' pins ------------------------------------------------------------------------------ */

typedef int (*visit_build)(const char *directory, uint64_t hash, void *userdata);

/* Calls @visit for the directory of each build but this one; stops when it returns something else than 0. */
static int each_other(const char *directory, visit_build visit, void *userdata)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	int r = 0;

	if (!stream)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && (entry = readdir(stream))) {
		char *end;
		uint64_t hash = strtoull(entry->d_name, &end, 16);

		if (end - entry->d_name == 16 && !*end && hash != build_hash())
			r = visit(directory, hash, userdata);
	}
	closedir(stream);
	return r;
}

/* Whether a build that we can read records. */
static int is_readable(const char *directory, uint64_t hash, void *userdata)
{
	struct gw_pins *pins;
	char message[256];
	int fd;

	if (hash >> VERSION_SHIFT != GW_BOOT_LAYOUT_VERSION ||
	    gw_pins_new(&pins, directory, hash, message, sizeof(message)) < 0)
		return 0;
	fd = gw_pins_open_map(pins, EVENTS_MAP);
	gw_pins_free(pins);
	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

struct reading {
	gw_boot_take take;
	void *userdata;
	struct gw_boot_others *others;
};

static int on_other_record(void *context, void *data, size_t size)
{
	struct reading *reading = context;

	return size < sizeof(struct gw_boot_record) ? 0 : reading->take(data, reading->userdata);
}

static int read_ring(int fd, struct reading *reading)
{
	struct ring_buffer *ring = ring_buffer__new(fd, on_other_record, reading, NULL);
	int r;

	if (!ring)
		return -errno;
	r = ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return r < 0 ? r : 0;
}

/* Ends a build's programs, then reads what they left. */
static int read_other(const char *directory, uint64_t hash, void *userdata)
{
	struct reading *reading = userdata;
	struct gw_boot_counters counters;
	_cleanup_close_ int events = -1, numbers = -1;
	uint32_t zero = 0;
	struct gw_pins *pins;
	char message[256];
	int r;

	r = gw_pins_new(&pins, directory, hash, message, sizeof(message));
	if (r < 0)
		return r;
	events = gw_pins_open_map(pins, EVENTS_MAP);
	numbers = gw_pins_open_map(pins, COUNTERS_MAP);
	gw_pins_drop_all(pins);
	gw_pins_free(pins);
	if (hash >> VERSION_SHIFT != GW_BOOT_LAYOUT_VERSION || events < 0 || numbers < 0)
		return 0;
	r = read_ring(events, reading);
	if (r < 0 || bpf_map_lookup_elem(numbers, &zero, &counters) < 0)
		return r;
	if (counters.sequence > reading->others->next)
		reading->others->next = counters.sequence;
	reading->others->dropped += counters.dropped;
	return 0;
}

int gw_boot_programs_read_others(const char *directory, struct gw_boot_others *others, gw_boot_take take,
				 void *userdata)
{
	struct reading reading = { .take = take, .userdata = userdata, .others = others };

	return each_other(directory, read_other, &reading);
}

/* ---- life ------------------------------------------------------------------------------------- */

static int open_kernel(struct kernel *kernel, const struct gw_boot_programs_options *options, char *message,
		       size_t size)
{
	int r;

	kernel->btf = options->btf_path ? btf__parse(options->btf_path, NULL) : btf__load_vmlinux_btf();
	if (!kernel->btf) {
		r = -errno;
		snprintf(message, size, "The kernel's type information (BTF) cannot be read: %s", strerror(-r));
		return r;
	}
	kernel->kallsyms = options->kallsyms;
	if (kernel->kallsyms)
		return 0;
	r = gw_kallsyms_read(&kernel->own_kallsyms, NULL);
	if (r < 0)
		snprintf(message, size, "/proc/kallsyms cannot be read: %s", strerror(-r));
	kernel->kallsyms = kernel->own_kallsyms;
	return r;
}

static void close_kernel(struct kernel *kernel)
{
	btf__free(kernel->btf);
	gw_kallsyms_free(kernel->own_kallsyms);
}

static int load_and_attach(struct gw_boot_programs *programs, const struct kernel *kernel,
			   const struct gw_boot_programs_options *options, char *message, size_t size)
{
	int r;

	r = load(programs, kernel, options->btf_path);
	if (r < 0)
		r = load_what_goes(programs, kernel, options->btf_path);
	if (r >= 0)
		r = attach_all(programs, kernel, options->first);
	if (r < 0)
		snprintf(message, size, "The programs that record the boot cannot be loaded: %s%s", strerror(-r),
			 r == -EPERM ? "; that needs root, or CAP_BPF and CAP_PERFMON, and no lockdown" : "");
	return r;
}

static int on_record(void *context, void *data, size_t size)
{
	struct gw_boot_programs *programs = context;

	if (size < sizeof(struct gw_boot_record))
		return 0;
	programs->taken++;
	return programs->take(data, programs->userdata);
}

/* Returns 1 if it is left to whoever records already, else 0 or -errno. */
static int open_pins(struct gw_boot_programs *programs, const struct gw_boot_programs_options *options, int *lock,
		     char *message, size_t size)
{
	int r;

	if (!options->directory)
		return 0;
	if (options->keep_others && each_other(options->directory, is_readable, NULL) == 1)
		return 1;
	r = gw_pins_new(&programs->pins, options->directory, build_hash(), message, size);
	if (r < 0)
		return r;
	*lock = lock_directory(options->directory);
	if (adopt(programs))
		return options->keep_others;
	/* Whoever began here did not come to the end. */
	gw_pins_drop_all(programs->pins);
	gw_pins_free(gw_steal(programs->pins));
	return gw_pins_new(&programs->pins, options->directory, build_hash(), message, size);
}

static int begin_recording(struct gw_boot_programs *programs, const struct gw_boot_programs_options *options,
			   char *message, size_t size)
{
	struct bpf_object *object = open_object(options->btf_path);
	struct kernel kernel = { 0 };
	int r;

	if (!object) {
		r = -errno;
		snprintf(message, size, "The programs that record the boot cannot be opened: %s", strerror(-r));
		return r;
	}
	r = open_kernel(&kernel, options, message, size);
	if (r >= 0) {
		choose_ways(programs, &kernel, object);
		r = load_and_attach(programs, &kernel, options, message, size);
	}
	bpf_object__close(object);
	close_kernel(&kernel);
	return r;
}

static int start(struct gw_boot_programs *programs, const struct gw_boot_programs_options *options, char *message,
		 size_t size)
{
	int r = 0;

	if (programs->adopted)
		look_at_links(programs);
	else
		r = begin_recording(programs, options, message, size);
	if (r < 0)
		return r;
	programs->ring = ring_buffer__new(programs->events_fd, on_record, programs, NULL);
	if (!programs->ring) {
		r = -errno;
		snprintf(message, size, "The ring buffer of boot events cannot be mapped: %s", strerror(-r));
	}
	return r;
}

int gw_boot_programs_open(struct gw_boot_programs **ret, const struct gw_boot_programs_options *options, char *message,
			  size_t size)
{
	struct gw_boot_programs *programs = calloc(1, sizeof(*programs));
	_cleanup_close_ int lock = -1;
	int r;

	if (!programs) {
		snprintf(message, size, "no memory");
		return -ENOMEM;
	}
	programs->events_fd = programs->counters_fd = -1;
	r = open_pins(programs, options, &lock, message, size);
	if (r == 0)
		r = start(programs, options, message, size);
	if (r != 0) {
		if (r < 0 && programs->pins && !programs->adopted)
			gw_pins_drop_all(programs->pins);
		gw_boot_programs_free(programs);
		return r;
	}
	if (programs->pins)
		gw_pins_drop_others(programs->pins);
	*ret = programs;
	return 0;
}

int gw_boot_programs_directory(const char *pin_directory, char *ret, size_t size)
{
	int length = snprintf(ret, size, "%s-boot", pin_directory);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

void gw_boot_programs_free(struct gw_boot_programs *programs)
{
	if (!programs)
		return;
	ring_buffer__free(programs->ring);
	if (programs->counters)
		munmap(programs->counters, sizeof(*programs->counters));
	for (size_t i = 0; i < ELEMENTS(definitions); i++)
		detach(&programs->rows[i]);
	bpf_object__close(programs->object);
	if (programs->events_fd >= 0)
		close(programs->events_fd);
	if (programs->counters_fd >= 0)
		close(programs->counters_fd);
	gw_pins_free(programs->pins);
	free(programs);
}

bool gw_boot_programs_adopted(const struct gw_boot_programs *programs)
{
	return programs->adopted;
}

const struct gw_boot_counters *gw_boot_programs_counters(const struct gw_boot_programs *programs)
{
	return programs->counters;
}

int gw_boot_programs_fd(const struct gw_boot_programs *programs)
{
	return ring_buffer__epoll_fd(programs->ring);
}

int gw_boot_programs_read(struct gw_boot_programs *programs, gw_boot_take take, void *userdata)
{
	int r;

	programs->take = take;
	programs->userdata = userdata;
	programs->taken = 0;
	r = ring_buffer__consume(programs->ring);
	return r < 0 ? r : (int)programs->taken;
}

size_t gw_boot_programs_rows(const struct gw_boot_programs *programs, const struct gw_probe_info **ret)
{
	struct gw_probe_info *infos = (struct gw_probe_info *)programs->infos;

	for (size_t i = 0; i < ELEMENTS(definitions); i++) {
		const struct row *row = &programs->rows[i];

		infos[i] = (struct gw_probe_info){
			.name = definitions[i].name,
			.target = definitions[i].target,
			.module = "",
			.lost = definitions[i].lost,
			.patch = definitions[i].patch,
			.state = row->links[0] ? (programs->adopted ? GW_PROBE_ADOPTED : GW_PROBE_ATTACHED)
				 : row->way    ? GW_PROBE_FAILED
					       : GW_PROBE_ABSENT,
			.why = row->why,
		};
	}
	*ret = infos;
	return ELEMENTS(definitions);
}

int gw_boot_programs_unpin(struct gw_boot_programs *programs)
{
	return programs->pins ? gw_pins_drop_all(programs->pins) : 0;
}
