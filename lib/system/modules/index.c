/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a directory of modules says about them, by libkmod. */
#include "lib/system/modules/index.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <libkmod.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/base/files.h"
#include "lib/base/json.h"
#include "lib/base/module-name.h"
#include "lib/system/modules/trie.h"

#define NAME_SIZE 64 /* MODULE_NAME_LEN is 56 on 64-bit machines */
#define CANDIDATES_MAX 4096
#define INDEX_FILE_MAX (64 << 20) /* the biggest one of Debian has 2 MiB */

struct gw_module_index {
	struct kmod_ctx *kmod;
	json_t *asked;	     /* {NAME: its object, null where there is no such module} */
	json_t *blacklisted; /* {NAME: true} */
	json_t *softdeps;    /* [[PATTERN, "pre: a b post: c"]] */
	json_t *known;	     /* {ALIAS: [names]} */
	int loaded;	     /* directory of loaded modules, -1 = not known */
};

/* libkmod would print to stderr what is an answer here: that a file is not there. */
static void index_keep_quiet(void *data, int priority, const char *file, int line, const char *function,
			     const char *format, va_list arguments)
{
}

static void index_spell(char ret[NAME_SIZE], const char *name)
{
	gw_module_name(ret, NAME_SIZE, name, strlen(name));
}

/* ---- opening ------------------------------------------------------------------------------------ */

static int index_read_blacklist(struct gw_module_index *index)
{
	struct kmod_config_iter *iter = kmod_config_get_blacklists(index->kmod);
	char name[NAME_SIZE];
	int r = 0;

	while (iter && r == 0 && kmod_config_iter_next(iter)) {
		index_spell(name, kmod_config_iter_get_key(iter));
		if (json_object_set_new_nocheck(index->blacklisted, name, json_true()) < 0)
			r = -ENOMEM;
	}
	if (iter)
		kmod_config_iter_free_iter(iter);
	return r;
}

/* All of them: kmod_module_get_softdeps() only takes a module's first line, and drops what is built in. */
static int index_read_softdeps(struct gw_module_index *index)
{
	struct kmod_config_iter *iter = kmod_config_get_softdeps(index->kmod);
	char name[NAME_SIZE];
	int r = 0;

	while (iter && r == 0 && kmod_config_iter_next(iter)) {
		index_spell(name, kmod_config_iter_get_key(iter));
		if (json_array_append_new(index->softdeps, json_pack("[o, o]", gw_json_text(name),
								     gw_json_text(kmod_config_iter_get_value(iter)))) <
		    0)
			r = -ENOMEM;
	}
	if (iter)
		kmod_config_iter_free_iter(iter);
	return r;
}

static int index_open_kmod(struct gw_module_index *index, const char *directory, bool running)
{
	const char *const none[] = { NULL };

	/* The modprobe.d of this machine says nothing about another machine's modules. */
	index->kmod = kmod_new(directory, running ? NULL : none);
	if (!index->kmod)
		return -ENOMEM;
	kmod_set_log_fn(index->kmod, index_keep_quiet, NULL);
	kmod_load_resources(index->kmod);
	return 0;
}

/* libkmod trusts what it reads: the indexes that it opens, and that are there. */
static int index_check_files(const char *directory)
{
	static const char *const names[] = { "modules.dep.bin", "modules.alias.bin", "modules.symbols.bin",
					     "modules.builtin.bin", "modules.builtin.alias.bin" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		_cleanup_free_ char *data = NULL;
		char path[PATH_MAX + 32];
		size_t size;
		int r;

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		r = gw_file_whole(AT_FDCWD, path, INDEX_FILE_MAX, &data, &size);
		if (r < 0 && !(r == -ENOENT && i > 0))
			return r;
		if (r == 0 && !gw_trie_is_sound(data, size))
			return -EBADMSG;
	}
	return 0;
}

static int index_open(struct gw_module_index *index, const char *directory)
{
	char own[PATH_MAX];
	struct utsname host;
	int r;

	index->asked = json_object();
	index->blacklisted = json_object();
	index->softdeps = json_array();
	index->known = json_object();
	if (!index->asked || !index->blacklisted || !index->softdeps || !index->known || uname(&host) < 0)
		return -ENOMEM;
	snprintf(own, sizeof(own), "/lib/modules/%s", host.release);
	r = index_check_files(directory);
	r = r ?: index_open_kmod(index, directory, strcmp(directory, own) == 0);
	r = r ?: index_read_blacklist(index);
	return r ?: index_read_softdeps(index);
}

int gw_module_index_open(struct gw_module_index **ret, const char *directory, int loaded)
{
	struct gw_module_index *index = calloc(1, sizeof(*index));
	int r = -ENOMEM;

	if (index) {
		index->loaded = -1;
		r = index_open(index, directory);
	}
	if (r < 0) {
		gw_module_index_close(index);
		return r;
	}
	index->loaded = loaded;
	*ret = index;
	return 0;
}

void gw_module_index_close(struct gw_module_index *index)
{
	if (!index)
		return;
	if (index->kmod)
		kmod_unref(index->kmod);
	json_decref(index->asked);
	json_decref(index->blacklisted);
	json_decref(index->softdeps);
	json_decref(index->known);
	if (index->loaded >= 0)
		close(index->loaded);
	free(index);
}

/* ---- a module -------------------------------------------------------------------------------------- */

static int index_add_name(json_t *names, const char *name)
{
	const json_t *known;
	size_t i;

	json_array_foreach(names, i, known)
		if (strcmp(json_string_value(known), name) == 0)
			return 0;
	return json_array_append_new(names, gw_json_text(name)) < 0 ? -ENOMEM : 0;
}

/* The modules of a list, as an array of names, each once. */
static json_t *index_names(struct kmod_list *list)
{
	json_t *names = json_array();
	struct kmod_list *item;

	if (!names)
		return NULL;
	kmod_list_foreach(item, list)
	{
		struct kmod_module *module = kmod_module_get_module(item);
		int r = index_add_name(names, kmod_module_get_name(module));

		kmod_module_unref(module);
		if (r < 0) {
			json_decref(names);
			return NULL;
		}
	}
	return names;
}

/* index_names() of a list that is given up. */
static json_t *index_take_names(struct kmod_list *list)
{
	json_t *names = index_names(list);

	kmod_module_unref_list(list);
	return names;
}

static const char *index_module_state(const struct gw_module_index *index, struct kmod_module *module, char *ret,
				      size_t size)
{
	char path[NAME_SIZE + 16];

	snprintf(path, sizeof(path), "%.63s/initstate", kmod_module_get_name(module));
	if (index->loaded >= 0 && gw_file_text(index->loaded, path, ret, size) > 0)
		return ret;
	if (kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN)
		return "builtin";
	return kmod_module_get_path(module) ? "available" : NULL;
}

/* "pre: a b post: c" */
static int index_take_softdep(const char *value, json_t *pre, json_t *post)
{
	_cleanup_free_ char *text = strdup(value);
	json_t *names = NULL;
	char *save = NULL;
	int r = text ? 0 : -ENOMEM;

	for (char *word = text ? strtok_r(text, " \t", &save) : NULL; word && r == 0;
	     word = strtok_r(NULL, " \t", &save)) {
		char name[NAME_SIZE];

		if (strcmp(word, "pre:") == 0) {
			names = pre;
		} else if (strcmp(word, "post:") == 0) {
			names = post;
		} else if (names) {
			index_spell(name, word);
			r = index_add_name(names, name);
		}
	}
	return r;
}

static int index_add_softdeps(const struct gw_module_index *index, const char *name, json_t *object)
{
	json_t *pre = json_object_get(object, "softdep_pre"), *post = json_object_get(object, "softdep_post");
	json_t *softdep;
	size_t i;

	json_array_foreach(index->softdeps, i, softdep) {
		const char *pattern = json_string_value(json_array_get(softdep, 0));

		if (fnmatch(pattern, name, 0) == 0 &&
		    index_take_softdep(json_string_value(json_array_get(softdep, 1)), pre, post) < 0)
			return -ENOMEM;
	}
	return 0;
}

static json_t *index_module_json(const struct gw_module_index *index, struct kmod_module *module, const char *state)
{
	const char *name = kmod_module_get_name(module);
	json_t *object;

	object = json_pack("{s:o, s:o, s:o, s:[], s:[]}", "name", gw_json_text(name), "state", gw_json_text(state),
			   "depends", index_take_names(kmod_module_get_dependencies(module)), "softdep_pre",
			   "softdep_post");
	if (!object || index_add_softdeps(index, name, object) < 0 ||
	    (json_object_get(index->blacklisted, name) &&
	     json_object_set_new(object, "blacklisted", json_true()) < 0)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int index_add_module(struct gw_module_index *index, struct kmod_module *module);

/* All that must be loaded first; their own dependencies are among them. */
static int index_add_dependencies(struct gw_module_index *index, struct kmod_module *module)
{
	struct kmod_list *list = kmod_module_get_dependencies(module), *item;
	int r = 0;

	kmod_list_foreach(item, list)
	{
		struct kmod_module *dependency = kmod_module_get_module(item);

		r = r ?: index_add_module(index, dependency);
		kmod_module_unref(dependency);
	}
	kmod_module_unref_list(list);
	return r;
}

static int index_add_module(struct gw_module_index *index, struct kmod_module *module)
{
	const char *name = kmod_module_get_name(module), *state;
	char text[32];
	json_t *object;

	if (json_object_get(index->asked, name))
		return 0;
	state = index_module_state(index, module, text, sizeof(text));
	object = state ? index_module_json(index, module, state) : json_null();
	if (json_object_set_new_nocheck(index->asked, name, object) < 0)
		return -ENOMEM;
	return state ? index_add_dependencies(index, module) : 0;
}

int gw_module_index_add(struct gw_module_index *index, const char *name)
{
	struct kmod_module *module;
	char spelled[NAME_SIZE];
	int r;

	if (!*name || strlen(name) >= sizeof(spelled) || strchr(name, '/'))
		return 0;
	index_spell(spelled, name);
	if (json_object_get(index->asked, spelled))
		return 0;
	r = kmod_module_new_from_name(index->kmod, spelled, &module);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = index_add_module(index, module);
	kmod_module_unref(module);
	return r;
}

static int index_add_party(struct gw_module_index *index, const struct gw_party *party)
{
	int r = 0;

	for (char **name = party->modules; name && *name && r == 0; name++)
		if (!strpbrk(*name, "*?["))
			r = gw_module_index_add(index, *name);
	return r;
}

int gw_module_index_add_table(struct gw_module_index *index, const struct gw_depends *depends)
{
	const struct gw_dependency *entries = NULL;
	size_t count = gw_depends_list(depends, &entries);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		r = index_add_party(index, &entries[i].consumer);
		r = r ?: index_add_party(index, &entries[i].supplier);
	}
	return r;
}

/* ---- aliases --------------------------------------------------------------------------------------------- */

static json_t *index_candidates(struct gw_module_index *index, const char *alias)
{
	struct kmod_list *list = NULL, *item;

	if (kmod_module_new_from_lookup(index->kmod, alias, &list) < 0)
		return json_array();
	kmod_list_foreach(item, list)
	{
		struct kmod_module *module = kmod_module_get_module(item);
		int r = index_add_module(index, module);

		kmod_module_unref(module);
		if (r < 0) {
			kmod_module_unref_list(list);
			return NULL;
		}
	}
	return index_take_names(list);
}

json_t *gw_module_index_candidates(struct gw_module_index *index, const char *alias)
{
	json_t *names = json_object_get(index->known, alias);

	if (names)
		return json_incref(names);
	if (json_object_size(index->known) >= CANDIDATES_MAX)
		return json_array();
	names = index_candidates(index, alias);
	if (!names || json_object_set_nocheck(index->known, alias, names) < 0) {
		json_decref(names);
		return NULL;
	}
	return names;
}

/* ---- all of it ---------------------------------------------------------------------------------------------- */

static int index_compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *gw_module_index_json(struct gw_module_index *index)
{
	size_t room = json_object_size(index->asked), count = 0;
	_cleanup_free_ const char **names = calloc(room + 1, sizeof(*names));
	json_t *modules = json_array(), *module;
	bool failed = !names || !modules;
	const char *name;

	if (failed)
		goto out;

	json_object_foreach(index->asked, name, module)
		if (json_is_object(module))
			names[count++] = name;
	qsort(names, count, sizeof(*names), index_compare_names);
	for (size_t i = 0; i < count && !failed; i++)
		failed = json_array_append(modules, json_object_get(index->asked, names[i])) < 0;
out:
	return gw_json_unless(modules, failed);
}
