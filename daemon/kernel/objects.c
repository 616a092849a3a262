/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF objects inside this binary. An object is loaded when the first of
 * its programs is needed; objects share maps of the same name, and those may
 * come from pins.
 */
#include "daemon/kernel/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/abi/shared.h"
#include "bpf/fault.skel.h"
#include "bpf/names.skel.h"
#include "bpf/patched/iopf.skel.h"
#include "bpf/patched/kfd.skel.h"
#include "bpf/patched/signalling.skel.h"
#include "bpf/watch.skel.h"
#include "daemon/kernel/capabilities.h"
#include "lib/base/hash.h"

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
#define MAPS_MAX 32
#define REFUSED_MAX 16

static const struct embedded {
	const char *name;
	const void *(*bytes)(size_t *size);
} embedded[] = {
	{ "watch", watch_bpf__elf_bytes }, { "names", names_bpf__elf_bytes },
	{ "fault", fault_bpf__elf_bytes }, { "signalling", signalling_bpf__elf_bytes },
	{ "kfd", kfd_bpf__elf_bytes },	   { "iopf", iopf_bpf__elf_bytes },
};

struct shared_map {
	char name[16]; /* BPF_OBJ_NAME_LEN */
	int fd;
};

/* A program that the kernel did not take, and what libbpf said about it. */
struct refused {
	char program[64];
	char why[160];
	int error;
};

struct object {
	struct bpf_object *object; /* NULL: not loaded yet, or failed */
	int error;		   /* of loading it */
	char why[160];
};

struct gw_objects {
	const char *btf_path;
	struct object list[ELEMENTS(embedded)];
	struct shared_map maps[MAPS_MAX];
	size_t map_count;
	struct refused refused[REFUSED_MAX];
	size_t refused_count;
};

/*
 * libbpf says which program the kernel refused, and why, in its log only, and
 * gives the callback no argument of ours: so the last complaint of a load is
 * kept here, per thread.
 */
static _Thread_local struct {
	char program[64];
	char line[160];
} complaint;

static int listen_to_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char line[1024], program[64];
	const char *text;

	if (level != LIBBPF_WARN)
		return 0;
	if (getenv("GPUWATCH_LIBBPF_LOG")) {
		va_list again;

		va_copy(again, arguments);
		vfprintf(stderr, format, again);
		va_end(again);
	}
	vsnprintf(line, sizeof(line), format, arguments);
	if (sscanf(line, "libbpf: prog '%63[^']'", program) == 1 && !complaint.program[0]) {
		memcpy(complaint.program, program, sizeof(program));
		text = strstr(line, "': ");
		snprintf(complaint.line, sizeof(complaint.line), "%.*s", (int)sizeof(complaint.line) - 1,
			 text ? text + 3 : line);
		complaint.line[strcspn(complaint.line, "\n")] = '\0';
	} else if (!complaint.line[0] && strncmp(line, "libbpf: ", 8) == 0) {
		snprintf(complaint.line, sizeof(complaint.line), "%.*s", (int)sizeof(complaint.line) - 1, line + 8);
		complaint.line[strcspn(complaint.line, "\n")] = '\0';
	}
	return 0;
}

int gw_objects_new(struct gw_objects **ret, const char *btf_path)
{
	struct gw_objects *objects = calloc(1, sizeof(*objects));

	if (!objects)
		return -ENOMEM;
	objects->btf_path = btf_path;
	libbpf_set_print(listen_to_libbpf);
	*ret = objects;
	return 0;
}

void gw_objects_free(struct gw_objects *objects)
{
	size_t i;

	if (!objects)
		return;
	for (i = 0; i < ELEMENTS(embedded); i++)
		bpf_object__close(objects->list[i].object);
	for (i = 0; i < objects->map_count; i++)
		close(objects->maps[i].fd);
	free(objects);
}

uint64_t gw_objects_hash(void)
{
	uint64_t hash = GW_HASH_START ^ GW_LAYOUT_VERSION;
	size_t i, size;

	for (i = 0; i < ELEMENTS(embedded); i++) {
		const void *bytes = embedded[i].bytes(&size);

		hash = gw_hash_bytes(hash, bytes, size);
	}
	return hash;
}

/* ---- maps ------------------------------------------------------------------------ */

static struct shared_map *find_map(const struct gw_objects *objects, const char *name)
{
	size_t i;

	for (i = 0; i < objects->map_count; i++) {
		if (strcmp(objects->maps[i].name, name) == 0)
			return (struct shared_map *)&objects->maps[i];
	}
	return NULL;
}

int gw_objects_adopt_map(struct gw_objects *objects, const char *name, int fd)
{
	struct shared_map *map = &objects->maps[objects->map_count];

	if (objects->map_count == MAPS_MAX || strlen(name) >= sizeof(map->name))
		return -E2BIG;
	map->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (map->fd < 0)
		return -errno;
	strcpy(map->name, name);
	objects->map_count++;
	return 0;
}

int gw_objects_map(const struct gw_objects *objects, const char *name)
{
	const struct shared_map *map = find_map(objects, name);

	return map ? map->fd : -ENOENT;
}

int gw_objects_each_map(const struct gw_objects *objects, int (*visit)(const char *name, int fd, void *userdata),
			void *userdata)
{
	size_t i;
	int r;

	for (i = 0; i < objects->map_count; i++) {
		r = visit(objects->maps[i].name, objects->maps[i].fd, userdata);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Constants of one object (".rodata" and the like): the maps that are not shared have its name in theirs. */
static bool is_shared(const char *name)
{
	return !strchr(name, '.') || strcmp(name, GW_CONTROL_SECTION) == 0 || strcmp(name, GW_TIMELINES_MAP) == 0;
}

static int share_maps(struct gw_objects *objects, struct bpf_object *object)
{
	struct bpf_map *map;
	int r;

	bpf_object__for_each_map(map, object)
	{
		const struct shared_map *known = find_map(objects, bpf_map__name(map));

		if (!known)
			continue;
		r = bpf_map__reuse_fd(map, known->fd);
		if (r < 0)
			return r;
	}
	return 0;
}

static int collect_maps(struct gw_objects *objects, struct bpf_object *object)
{
	struct bpf_map *map;
	int r;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);

		if (!is_shared(name) || find_map(objects, name))
			continue;
		r = gw_objects_adopt_map(objects, name, bpf_map__fd(map));
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- programs ---------------------------------------------------------------------- */

static struct refused *find_refused(const struct gw_objects *objects, const char *program)
{
	size_t i;

	for (i = 0; i < objects->refused_count; i++) {
		if (strcmp(objects->refused[i].program, program) == 0)
			return (struct refused *)&objects->refused[i];
	}
	return NULL;
}

/*
 * After a failed load: notes the program that was to blame. Returns whether
 * another try without it makes sense.
 */
static bool refuse(struct gw_objects *objects, int error)
{
	struct refused *refused = &objects->refused[objects->refused_count];
	/* libbpf also looks in modules' BTF, and then says -EPERM instead of -ESRCH if it may not. */
	bool absent = strstr(complaint.line, "failed to find kernel BTF type ID") != NULL;

	if (!complaint.program[0] || objects->refused_count == REFUSED_MAX || error == -ENOMEM ||
	    (error == -EPERM && !absent) || find_refused(objects, complaint.program))
		return false;
	snprintf(refused->program, sizeof(refused->program), "%s", complaint.program);
	snprintf(refused->why, sizeof(refused->why), "%s", complaint.line);
	refused->error = absent ? -ENOENT : error;
	objects->refused_count++;
	return true;
}

/* Why there is no such program: the target in its section's name, if it has one. */
static int absent(const struct bpf_program *program, const char *name, char *why, size_t size)
{
	const char *target = program ? strchr(bpf_program__section_name(program), '/') : NULL;

	snprintf(why, size, "this kernel has no %s", target ? target + 1 : name);
	return -ENOENT;
}

/*
 * What this kernel's BTF does not have, libbpf also looks for in that of all
 * modules. That needs CAP_SYS_ADMIN and is fatal without, even when missing is
 * all right (weak symbols, flavors). But it tries only once per object: so make
 * it try, where failing does no harm.
 */
static void forget_modules(struct bpf_object *object)
{
	struct bpf_program *program = bpf_object__next_program(object, NULL);

	if (program && !gw_has_capability(CAP_SYS_ADMIN))
		bpf_program__set_attach_target(program, 0, "gpuwatch: no such function");
	memset(&complaint, 0, sizeof(complaint));
}

/* One attempt, without the programs that are known not to load. */
static int try_load(struct gw_objects *objects, const struct embedded *source, struct bpf_object **ret)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = source->name, .btf_custom_path = objects->btf_path);
	struct bpf_object *object;
	struct bpf_program *program;
	const void *bytes;
	size_t size;
	int r;

	bytes = source->bytes(&size);
	object = bpf_object__open_mem(bytes, size, &options);
	if (!object)
		return -errno;
	bpf_object__for_each_program(program, object)
	{
		if (find_refused(objects, bpf_program__name(program)))
			bpf_program__set_autoload(program, false);
	}
	forget_modules(object);
	r = share_maps(objects, object);
	if (r >= 0)
		r = bpf_object__load(object);
	if (r >= 0)
		r = collect_maps(objects, object);
	if (r < 0) {
		bpf_object__close(object);
		return r;
	}
	*ret = object;
	return 0;
}

static int load(struct gw_objects *objects, size_t i)
{
	struct object *entry = &objects->list[i];
	int r;

	if (entry->object || entry->error)
		return entry->error;
	do
		r = try_load(objects, &embedded[i], &entry->object);
	while (r < 0 && refuse(objects, r));
	if (r < 0) {
		entry->error = r;
		snprintf(entry->why, sizeof(entry->why), "%s", complaint.line[0] ? complaint.line : strerror(-r));
	}
	return r;
}

int gw_objects_program(struct gw_objects *objects, const char *object, const char *name, struct bpf_program **ret,
		       char *why, size_t size)
{
	const struct refused *refused;
	struct bpf_program *program;
	size_t i;
	int r;

	for (i = 0; i < ELEMENTS(embedded) && strcmp(embedded[i].name, object) != 0; i++)
		;
	if (i == ELEMENTS(embedded)) {
		snprintf(why, size, "there is no object %s", object);
		return -EINVAL;
	}
	r = load(objects, i);
	if (r < 0) {
		snprintf(why, size, "%s", objects->list[i].why);
		return r;
	}
	program = bpf_object__find_program_by_name(objects->list[i].object, name);
	refused = find_refused(objects, name);
	if (!program || (refused && refused->error == -ENOENT))
		return absent(program, name, why, size);
	if (refused) {
		snprintf(why, size, "%s", refused->why);
		return refused->error;
	}
	*ret = program;
	return 0;
}
