/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF objects inside this binary. An object is loaded when the first of
 * its programs is needed; objects share maps of the same name, and those may
 * come from pins.
 */
#include "daemon/kernel/objects.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/abi/boot-records.h"
#include "bpf/abi/shared.h"
#include "bpf/boot.skel.h"
#include "bpf/patched/iopf.skel.h"
#include "bpf/patched/kfd.skel.h"
#include "bpf/patched/signalling.skel.h"
#include "bpf/watch.skel.h"
#include "bpf/watch/fault.skel.h"
#include "bpf/watch/sample.skel.h"
#include "daemon/kernel/btf/handlers.h"
#include "daemon/kernel/btf/reduced.h"
#include "daemon/kernel/capabilities.h"
#include "daemon/memory.h"
#include "lib/base/hash.h"

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

static const struct embedded {
	const char *name;
	enum gw_object_set set;
	const void *(*bytes)(size_t *size);
} embedded[] = {
	{ "watch", GW_OBJECTS_WATCH, watch_bpf__elf_bytes },
	{ "fault", GW_OBJECTS_WATCH, fault_bpf__elf_bytes },
	{ "sample", GW_OBJECTS_WATCH, sample_bpf__elf_bytes },
	{ "signalling", GW_OBJECTS_WATCH, signalling_bpf__elf_bytes },
	{ "kfd", GW_OBJECTS_WATCH, kfd_bpf__elf_bytes },
	{ "iopf", GW_OBJECTS_WATCH, iopf_bpf__elf_bytes },
	{ "boot", GW_OBJECTS_BOOT, boot_bpf__elf_bytes },
};

struct shared_map {
	char name[BPF_OBJ_NAME_LEN];
	int fd;
};

struct object {
	struct bpf_object *object; /* NULL: not open */
	bool loaded;
	int error; /* why it cannot be loaded, -errno */
	char *why;
};

struct gw_objects {
	char *btf_path; /* for relocation, NULL = the running kernel's */
	int types;	/* the file that it names, negative: another one's */
	struct object list[ELEMENTS(embedded)];
	struct shared_map *maps;
	size_t map_count;
	struct {
		const char *section; /* NULL: none */
		const void *values;
		size_t size;
	} constants;
};

/*
 * libbpf says which program the kernel refused, and why, in its log only, and
 * gives the callback no argument of ours: so the first complaint of a load is
 * kept here, per thread.
 */
static _Thread_local struct {
	char program[64];
	char line[1024];
} complaint;

static void objects_set_complaint(const char *text)
{
	snprintf(complaint.line, sizeof(complaint.line), "%s", text);
	complaint.line[strcspn(complaint.line, "\n")] = '\0';
}

static int objects_on_print(enum libbpf_print_level level, const char *format, va_list arguments)
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
		objects_set_complaint(text ? text + 3 : line);
	} else if (!complaint.line[0] && strncmp(line, "libbpf: ", 8) == 0) {
		objects_set_complaint(line + 8);
	}
	return 0;
}

bool gw_objects_has(enum gw_object_set set, const char *object)
{
	for (size_t i = 0; i < ELEMENTS(embedded); i++)
		if (embedded[i].set == set && strcmp(embedded[i].name, object) == 0)
			return true;
	return false;
}

uint64_t gw_objects_hash(enum gw_object_set set)
{
	uint64_t hash = GW_HASH_START;
	size_t size;

	for (size_t i = 0; i < ELEMENTS(embedded); i++) {
		const void *bytes = embedded[i].bytes(&size);

		if (embedded[i].set == set)
			hash = gw_hash_bytes(hash, bytes, size);
	}
	return hash;
}

int gw_objects_new(struct gw_objects **ret, const char *btf_path)
{
	struct gw_objects *objects = calloc(1, sizeof(*objects));
	int r;

	if (!objects)
		return -ENOMEM;
	objects->types = -1;
	libbpf_set_print(objects_on_print);
	r = gw_handlers_register();
	if (r >= 0 && btf_path && !(objects->btf_path = strdup(btf_path)))
		r = -ENOMEM;
	if (r < 0) {
		free(objects);
		return r;
	}
	*ret = objects;
	return 0;
}

void gw_objects_free(struct gw_objects *objects)
{
	if (!objects)
		return;
	for (size_t i = 0; i < ELEMENTS(embedded); i++) {
		bpf_object__close(objects->list[i].object);
		free(objects->list[i].why);
	}
	for (size_t i = 0; i < objects->map_count; i++)
		close(objects->maps[i].fd);
	free(objects->maps);
	if (objects->types >= 0)
		close(objects->types);
	free(objects->btf_path);
	free(objects);
}

void gw_objects_set_constants(struct gw_objects *objects, const char *section, const void *values, size_t size)
{
	objects->constants.section = section;
	objects->constants.values = values;
	objects->constants.size = size;
}

/* ---- maps ------------------------------------------------------------------------ */

static const struct shared_map *objects_find_map(const struct gw_objects *objects, const char *name)
{
	for (size_t i = 0; i < objects->map_count; i++)
		if (strcmp(objects->maps[i].name, name) == 0)
			return &objects->maps[i];
	return NULL;
}

int gw_objects_adopt_map(struct gw_objects *objects, const char *name, int fd)
{
	struct shared_map map, *maps;

	if (strlen(name) >= sizeof(map.name))
		return -ENAMETOOLONG;
	strcpy(map.name, name);
	maps = reallocarray(objects->maps, objects->map_count + 1, sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	objects->maps = maps;
	map.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (map.fd < 0)
		return -errno;
	objects->maps[objects->map_count++] = map;
	return 0;
}

int gw_objects_map(const struct gw_objects *objects, const char *name, size_t value_size)
{
	const struct shared_map *map = objects_find_map(objects, name);
	int size;

	if (!map)
		return -ENOENT;
	size = gw_map_value_size(map->fd);
	if (size < 0)
		return size;
	return (size_t)size == value_size ? map->fd : -EPROTO;
}

int gw_map_value_size(int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? -errno : (int)info.value_size;
}

int gw_objects_each_map(const struct gw_objects *objects, int (*visit)(const char *name, int fd, void *userdata),
			void *userdata)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < objects->map_count; i++)
		r = visit(objects->maps[i].name, objects->maps[i].fd, userdata);
	return r < 0 ? r : 0;
}

/* Constants of one object (".rodata" and the like): the maps that are not shared have its name in theirs. */
static bool objects_is_shared(const char *name)
{
	return !strchr(name, '.') || strcmp(name, GW_CONTROL_SECTION) == 0 || strcmp(name, GW_TIMELINES_MAP) == 0;
}

static int objects_share_maps(const struct gw_objects *objects, struct bpf_object *object)
{
	struct bpf_map *map;
	int r;

	bpf_object__for_each_map(map, object)
	{
		const struct shared_map *known = objects_find_map(objects, bpf_map__name(map));

		if (!known)
			continue;
		r = bpf_map__reuse_fd(map, known->fd);
		if (r < 0)
			return r;
	}
	return 0;
}

static int objects_collect_maps(struct gw_objects *objects, const struct bpf_object *object)
{
	struct bpf_map *map;
	int r;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);

		if (!objects_is_shared(name) || objects_find_map(objects, name))
			continue;
		r = gw_objects_adopt_map(objects, name, bpf_map__fd(map));
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- opening ----------------------------------------------------------------------- */

/* Returns ELEMENTS(embedded) if there is none of that name. */
static size_t objects_index(const char *name)
{
	size_t i = 0;

	while (i < ELEMENTS(embedded) && strcmp(embedded[i].name, name) != 0)
		i++;
	return i;
}

static void objects_close(struct object *entry)
{
	bpf_object__close(entry->object);
	entry->object = NULL;
	entry->loaded = false;
}

static struct bpf_object *objects_open_embedded(struct gw_objects *objects, size_t i)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = embedded[i].name,
		    .btf_custom_path = objects->btf_path);
	size_t size;
	const void *bytes = embedded[i].bytes(&size);

	return bpf_object__open_mem(bytes, size, &options);
}

/* ---- types ------------------------------------------------------------------------- */

static int objects_reduce(const struct btf *kernel, struct btf **ret)
{
	struct bpf_object *opened[ELEMENTS(embedded)] = { NULL };
	const struct btf *users[ELEMENTS(embedded)];
	size_t count = 0, size;
	int r = 0;

	for (size_t i = 0; i < ELEMENTS(embedded); i++) {
		const void *bytes = embedded[i].bytes(&size);

		opened[i] = bpf_object__open_mem(bytes, size, NULL);
		if (opened[i] && bpf_object__btf(opened[i]))
			users[count++] = bpf_object__btf(opened[i]);
		else
			r = -ENOMEM;
	}
	if (r >= 0)
		r = gw_btf_reduce(kernel, users, count, ret);
	for (size_t i = 0; i < ELEMENTS(embedded); i++)
		bpf_object__close(opened[i]);
	return r;
}

static int objects_write_types(struct gw_objects *objects, const struct btf *types)
{
	uint32_t size;
	const void *data = btf__raw_data(types, &size);
	char *path = NULL;
	int fd = memfd_create("types", MFD_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (!data || write(fd, data, size) != (ssize_t)size || asprintf(&path, "/proc/self/fd/%d", fd) < 0)
		r = -ENOMEM;
	if (r < 0) {
		close(fd);
		return r;
	}
	free(objects->btf_path);
	objects->btf_path = path;
	objects->types = fd;
	return 0;
}

int gw_objects_use_types(struct gw_objects *objects, const struct gw_types *kernel)
{
	struct btf *types;
	int r;

	if (objects->types >= 0)
		return 0;
	r = objects_reduce(gw_types_all(kernel), &types);
	if (r < 0)
		return r;
	r = objects_write_types(objects, types);
	btf__free(types);
	return r;
}

/* ---- loading ----------------------------------------------------------------------- */

static struct gw_refusal objects_refusal(const struct object *entry)
{
	return (struct gw_refusal){ .why = entry->why ? entry->why : strerror(-entry->error), .error = entry->error };
}

/* Remembers that there is no use in another try. */
static int objects_fail(struct object *entry, int error, struct gw_refusal *refusal)
{
	objects_close(entry);
	free(entry->why);
	entry->error = error;
	entry->why = complaint.line[0] ? strdup(complaint.line) : NULL;
	*refusal = objects_refusal(entry);
	return error;
}

/*
 * What this kernel's BTF does not have, libbpf also looks for in that of all
 * modules. That needs CAP_SYS_ADMIN and is fatal without, even when missing is
 * all right (weak symbols, flavors). But it tries only once per object: so make
 * it try, where failing does no harm.
 */
static void objects_forget_modules(struct bpf_object *object)
{
	struct bpf_program *program = bpf_object__next_program(object, NULL);

	/* A program for perf events needs no types of the kernel at all. */
	if (program && bpf_program__type(program) != BPF_PROG_TYPE_PERF_EVENT && !gw_has_capability(CAP_SYS_ADMIN))
		bpf_program__set_attach_target(program, 0, "gpuwatch: no such function");
	memset(&complaint, 0, sizeof(complaint));
}

/*
 * What data sections begin with has gone into their maps. libbpf keeps its copy, which is as large, until the object is closed,
 * and then unmaps it: its pages go now.
 */
static void objects_forget_images(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		size_t size;
		void *image = (void *)bpf_map__initial_value(map, &size);

		if (image && bpf_map__is_internal(map))
			mmap(image, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	}
}

static int objects_give_constants(const struct gw_objects *objects, struct bpf_object *object)
{
	const char *section = objects->constants.section;
	struct bpf_map *map = section ? bpf_object__find_map_by_name(object, section) : NULL;

	return map ? bpf_map__set_initial_value(map, objects->constants.values, objects->constants.size) : 0;
}

int gw_objects_open(struct gw_objects *objects, const char *object, struct bpf_object **ret, struct gw_refusal *refusal)
{
	const size_t i = objects_index(object);
	struct object *entry = &objects->list[i];

	if (i == ELEMENTS(embedded)) {
		*refusal = (struct gw_refusal){ .why = "there is no such object", .error = -EINVAL };
		return -EINVAL;
	}
	if (entry->error) {
		*refusal = objects_refusal(entry);
		return entry->error;
	}
	memset(&complaint, 0, sizeof(complaint));
	if (!entry->object)
		entry->object = objects_open_embedded(objects, i);
	if (!entry->object)
		return objects_fail(entry, -errno, refusal);
	*ret = entry->object;
	return entry->loaded;
}

static int objects_load_programs(struct bpf_object *object, const struct gw_types *types)
{
	int r;

	gw_handlers_use(types);
	r = bpf_object__load(object);
	gw_handlers_use(NULL);
	return r;
}

int gw_objects_load(struct gw_objects *objects, const char *object, const struct gw_types *types,
		    struct gw_refusal *refusal)
{
	struct object *entry = &objects->list[objects_index(object)];
	bool absent;
	int r;

	objects_forget_modules(entry->object);
	r = objects_give_constants(objects, entry->object);
	if (r >= 0)
		r = objects_share_maps(objects, entry->object);
	if (r >= 0)
		r = objects_load_programs(entry->object, types);
	if (r >= 0)
		r = objects_collect_maps(objects, entry->object);
	entry->loaded = r >= 0;
	if (r >= 0) {
		objects_forget_images(entry->object);
		return 0;
	}
	absent = r == -ESRCH;
	if (!complaint.program[0] || r == -ENOMEM || r == -EPERM)
		return objects_fail(entry, r, refusal);
	objects_close(entry);
	*refusal = (struct gw_refusal){ complaint.program, complaint.line, absent ? -ENOENT : r };
	return r;
}

void gw_objects_unlock_embedded(void)
{
	for (size_t i = 0; i < ELEMENTS(embedded); i++) {
		size_t size;
		const void *bytes = embedded[i].bytes(&size);

		gw_memory_unlock_constants(bytes, size);
	}
}

void gw_objects_trim(struct gw_objects *objects)
{
	for (size_t i = 0; i < ELEMENTS(embedded); i++)
		if (!objects->list[i].loaded)
			objects_close(&objects->list[i]);
}
