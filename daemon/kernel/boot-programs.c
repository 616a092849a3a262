/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that record the boot (bpf/boot.bpf.c): their ring buffer and
 * counters, who has begun to record, and what other builds have recorded.
 */
#include "daemon/kernel/boot-programs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>

#include "daemon/kernel/btf/layout.h"
#include "daemon/kernel/capabilities.h"
#include "daemon/kernel/objects.h"
#include "daemon/kernel/pins.h"
#include "daemon/kernel/probes.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define EVENTS_MAP "boot_events" /* pinned last: where it is, all is there */
#define COUNTERS_MAP "boot_counters"
#define VERSION_SHIFT 48

struct gw_boot_programs {
	struct gw_pins *pins; /* NULL: not pinned */
	bool unpin;	      /* when they are freed */
	struct gw_objects *objects;
	struct gw_probes *probes;
	struct gw_boot_counters *counters;
	int ring;	   /* file descriptor, the objects' */
	gw_boot_take take; /* while reading */
	void *userdata;
	uint64_t taken;
	bool adopted;
};

/* What has to be equal for pins to be adopted; see the header for its digits. */
static uint64_t boot_hash(void)
{
	return (gw_objects_hash(GW_OBJECTS_BOOT) & ((1ULL << VERSION_SHIFT) - 1)) | (uint64_t)GW_BOOT_LAYOUT_VERSION
											    << VERSION_SHIFT;
}

static bool boot_is_readable(uint64_t hash)
{
	return hash >> VERSION_SHIFT == GW_BOOT_LAYOUT_VERSION;
}

/* ---- maps --------------------------------------------------------------------------- */

static int boot_adopt_map(struct gw_boot_programs *programs, const char *name)
{
	_cleanup_close_ int fd = gw_pins_open_map(programs->pins, name);

	return fd < 0 ? fd : gw_objects_adopt_map(programs->objects, name, fd);
}

/* Before the programs are loaded: they count from their first event on. */
static int boot_make_counters(struct gw_boot_programs *programs)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, COUNTERS_MAP, sizeof(uint32_t),
						sizeof(*programs->counters), 1, &options);

	return fd < 0 ? fd : gw_objects_adopt_map(programs->objects, COUNTERS_MAP, fd);
}

static int boot_map_counters(struct gw_boot_programs *programs)
{
	int fd = gw_objects_map(programs->objects, COUNTERS_MAP, sizeof(*programs->counters));
	void *memory;

	if (fd < 0)
		return fd;
	memory = mmap(NULL, sizeof(*programs->counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	programs->counters = memory;
	return 0;
}

static int boot_pin_map(struct gw_boot_programs *programs, const char *name, size_t value_size)
{
	int fd = gw_objects_map(programs->objects, name, value_size);

	return fd < 0 ? fd : gw_pins_put_map(programs->pins, name, fd);
}

static int boot_pin_maps(struct gw_boot_programs *programs)
{
	int r;

	if (!programs->pins)
		return 0;
	r = boot_pin_map(programs, COUNTERS_MAP, sizeof(*programs->counters));
	return r < 0 ? r : boot_pin_map(programs, EVENTS_MAP, 0);
}

/* ---- beginning to record ---------------------------------------------------------------- */

static int boot_attach(struct gw_boot_programs *programs, struct gw_perf *perf, const struct gw_types *types,
		       const struct gw_kallsyms *kallsyms, char *message, size_t size)
{
	const struct gw_probe_context context = { programs->objects, perf, programs->pins, kallsyms, types };
	struct gw_boot_symbols symbols;
	const char *why;
	int r;

	gw_layout_boot_symbols(&symbols, kallsyms);
	gw_objects_set_constants(programs->objects, GW_BOOT_SYMBOLS_SECTION, &symbols, sizeof(symbols));
	gw_objects_use_types(programs->objects, types);
	gw_probes_update(programs->probes, &context);
	r = gw_probes_missing(programs->probes, &why);
	return r < 0 ? gw_bpf_refused(r, why, message, size) : 0;
}

/* Reads what the kernel has, and attaches to that. */
static int boot_load(struct gw_boot_programs *programs, const struct gw_boot_programs_options *options, char *message,
		     size_t size)
{
	struct gw_kallsyms *own = NULL;
	struct gw_types *types;
	int r;

	r = gw_types_open(&types, options->btf_path, message, size);
	if (r < 0)
		return r;
	if (!options->kallsyms)
		r = gw_kallsyms_read(&own, NULL, GW_KALLSYMS_LIVE);
	if (r < 0)
		snprintf(message, size, "/proc/kallsyms cannot be read: %s", strerror(-r));
	else
		r = boot_attach(programs, options->perf, types, own ? own : options->kallsyms, message, size);
	gw_kallsyms_free(own);
	gw_types_free(types);
	return r;
}

static int boot_begin(struct gw_boot_programs *programs, const struct gw_boot_programs_options *options, char *message,
		      size_t size)
{
	int r = boot_make_counters(programs);

	if (r >= 0)
		r = boot_map_counters(programs);
	if (r < 0)
		return gw_bpf_refused(r, "a map cannot be made", message, size);
	programs->counters->started_ns = gw_now_mono_ns();
	programs->counters->sequence = options->first;
	r = boot_load(programs, options, message, size);
	if (r < 0)
		return r;
	r = boot_pin_maps(programs);
	if (r < 0)
		snprintf(message, size, "The maps of the boot cannot be pinned: %s", strerror(-r));
	return r;
}

/* ---- finding them again -------------------------------------------------------------------- */

/* One process at a time prepares a directory. Closing the file descriptor ends it. */
static int boot_lock_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
		close(fd);
		return -errno;
	}
	return fd < 0 ? -errno : fd;
}

/*
 * Which of the probes the one who attached could attach, and why not is not
 * worth reading the kernel's type information again, with all else that starts
 * now.
 */
static bool boot_adopt(struct gw_boot_programs *programs)
{
	if (boot_adopt_map(programs, EVENTS_MAP) < 0 || boot_adopt_map(programs, COUNTERS_MAP) < 0 ||
	    boot_map_counters(programs) < 0)
		return false;
	gw_probes_adopt(programs->probes, programs->pins,
			"not attached when recording began: this kernel does not have it, or refused");
	programs->adopted = true;
	return true;
}

/* Whether another build records, one that we can read. */
static int boot_visit_recording(uint64_t hash, void *userdata)
{
	_cleanup_close_ int fd = -1;
	const char *directory = userdata;
	struct gw_pins *pins;
	char message[256];

	if (hash == boot_hash() || !boot_is_readable(hash) ||
	    gw_pins_new(&pins, directory, hash, message, sizeof(message)) < 0)
		return 0;
	fd = gw_pins_open_map(pins, EVENTS_MAP);
	gw_pins_free(pins);
	return fd >= 0;
}

/* Returns 1 if it is left to whoever records already, else 0 or -errno. */
static int boot_open_pins(struct gw_boot_programs *programs, const struct gw_boot_programs_options *options, int *lock,
			  char *message, size_t size)
{
	int r;

	if (!options->directory)
		return 0;
	if (options->keep_others &&
	    gw_pins_each_build(options->directory, boot_visit_recording, (void *)options->directory) == 1)
		return 1;
	r = gw_pins_new(&programs->pins, options->directory, boot_hash(), message, size);
	if (r < 0)
		return r;
	*lock = boot_lock_directory(options->directory);
	if (boot_adopt(programs))
		return options->keep_others;
	/* Whoever began here did not come to the end. */
	gw_pins_drop_all(programs->pins);
	gw_pins_free(gw_steal(programs->pins));
	return gw_pins_new(&programs->pins, options->directory, boot_hash(), message, size);
}

/* ---- what other builds have recorded ---------------------------------------------------------- */

struct reading {
	const char *directory;
	gw_boot_take take;
	void *userdata;
	struct gw_boot_others *others;
};

static int boot_on_other_record(void *context, void *data, size_t size)
{
	struct reading *reading = context;

	return size < sizeof(struct gw_boot_record) ? 0 : reading->take(data, reading->userdata);
}

/*
 * Mapped while it is read only: it is as large as the record of a whole boot may be, twice (each page is mapped two times), and
 * all that is mapped is locked.
 */
static int boot_read_ring(int fd, ring_buffer_sample_fn take, void *context)
{
	struct ring_buffer *ring = ring_buffer__new(fd, take, context, NULL);
	int r;

	if (!ring)
		return -errno;
	r = ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return r < 0 ? r : 0;
}

/* Ends a build's programs, then reads what they left. */
static int boot_visit_other(uint64_t hash, void *userdata)
{
	struct reading *reading = userdata;
	struct gw_boot_counters counters;
	_cleanup_close_ int events = -1, numbers = -1;
	uint32_t zero = 0;
	struct gw_pins *pins;
	char message[256];
	int r;

	if (hash == boot_hash())
		return 0;
	r = gw_pins_new(&pins, reading->directory, hash, message, sizeof(message));
	if (r < 0)
		return r;
	events = gw_pins_open_map(pins, EVENTS_MAP);
	numbers = gw_pins_open_map(pins, COUNTERS_MAP);
	gw_pins_drop_all(pins);
	gw_pins_free(pins);
	if (!boot_is_readable(hash) || events < 0 || numbers < 0)
		return 0;
	r = boot_read_ring(events, boot_on_other_record, reading);
	if (r < 0 || gw_map_value_size(numbers) != sizeof(counters) ||
	    bpf_map_lookup_elem(numbers, &zero, &counters) < 0)
		return r;
	if (counters.sequence > reading->others->next)
		reading->others->next = counters.sequence;
	reading->others->dropped += counters.dropped;
	return 0;
}

int gw_boot_programs_read_others(const char *directory, struct gw_boot_others *others, gw_boot_take take,
				 void *userdata)
{
	struct reading reading = { directory, take, userdata, others };

	return gw_pins_each_build(directory, boot_visit_other, &reading);
}

/* ---- life ------------------------------------------------------------------------------------- */

static int boot_on_record(void *context, void *data, size_t size)
{
	struct gw_boot_programs *programs = context;

	if (size < sizeof(struct gw_boot_record))
		return 0;
	programs->taken++;
	return programs->take(data, programs->userdata);
}

static int boot_find_ring(struct gw_boot_programs *programs, char *message, size_t size)
{
	programs->ring = gw_objects_map(programs->objects, EVENTS_MAP, 0);
	if (programs->ring >= 0)
		return 0;
	snprintf(message, size, "The ring buffer of boot events is missing: %s", strerror(-programs->ring));
	return programs->ring;
}

static int boot_open(struct gw_boot_programs *programs, const struct gw_boot_programs_options *options, char *message,
		     size_t size)
{
	_cleanup_close_ int lock = -1;
	int r = boot_open_pins(programs, options, &lock, message, size);

	if (r == 0 && !programs->adopted)
		r = boot_begin(programs, options, message, size);
	if (r == 0)
		r = boot_find_ring(programs, message, size);
	if (r < 0 && programs->pins && !programs->adopted)
		gw_pins_drop_all(programs->pins);
	if (r == 0 && programs->pins)
		gw_pins_drop_others(programs->pins);
	return r;
}

int gw_boot_programs_open(struct gw_boot_programs **ret, const struct gw_boot_programs_options *options, char *message,
			  size_t size)
{
	struct gw_boot_programs *programs = calloc(1, sizeof(*programs));
	int r = programs ? gw_objects_new(&programs->objects, options->btf_path) : -ENOMEM;

	if (r >= 0)
		r = gw_probes_new(&programs->probes, GW_OBJECTS_BOOT);
	if (r >= 0)
		r = boot_open(programs, options, message, size);
	else
		snprintf(message, size, "no memory");
	if (r == 0)
		*ret = programs;
	else
		gw_boot_programs_free(programs);
	return r;
}

void gw_boot_programs_free(struct gw_boot_programs *programs)
{
	if (!programs)
		return;
	if (programs->counters)
		munmap(programs->counters, sizeof(*programs->counters));
	gw_probes_free(programs->probes);
	gw_objects_free(programs->objects);
	if (programs->unpin && programs->pins)
		gw_pins_drop_all(programs->pins);
	gw_pins_free(programs->pins);
	free(programs);
}

int gw_boot_programs_directory(const char *pin_directory, char *ret, size_t size)
{
	int length = snprintf(ret, size, "%s-boot", pin_directory);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

const struct gw_boot_counters *gw_boot_programs_counters(const struct gw_boot_programs *programs)
{
	return programs->counters;
}

int gw_boot_programs_fd(const struct gw_boot_programs *programs)
{
	return programs->ring;
}

int gw_boot_programs_read(struct gw_boot_programs *programs, gw_boot_take take, void *userdata)
{
	int r;

	programs->take = take;
	programs->userdata = userdata;
	programs->taken = 0;
	r = boot_read_ring(programs->ring, boot_on_record, programs);
	return r < 0 ? r : (int)programs->taken;
}

size_t gw_boot_programs_rows(const struct gw_boot_programs *programs, const struct gw_probe_info **ret)
{
	return gw_probes_rows(programs->probes, ret);
}

void gw_boot_programs_unpin(struct gw_boot_programs *programs)
{
	programs->unpin = true;
}
