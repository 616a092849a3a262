/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What drivers need that nothing else states: the table in
 * /usr/share/gpuwatch/dependencies.conf, to which files in
 * /etc/gpuwatch/dependencies.d add. Each entry names its source.
 *
 * Pure: whoever reads the files gives their text.
 */
#ifndef GPUWATCH_LIB_BOOT_TABLE_DEPENDENCIES_H
#define GPUWATCH_LIB_BOOT_TABLE_DEPENDENCIES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A party: any of its names is it. Patterns are fnmatch(3)'s; lists are
 * NULL-terminated and may be NULL.
 */
struct gw_party {
	const char *name; /* for people: "AMD IOMMUv2" */
	char **initcalls; /* functions: "amd_iommu_v2_init" */
	char **modules;	  /* "iommu_v2"; - and _ are the same */
	char **drivers;	  /* as in /sys/bus/BUS/drivers */
	char **devices;	  /* modalias patterns: "pci:v00001002d*" */
};

/* What is missing when it went wrong: the feature that a consumer silently comes up without. */
struct gw_feature {
	const char *name; /* "KFD" */
	const char *path; /* that exists when the feature is there: "/dev/kfd"; NULL = none */
	bool iommu_group; /* each device of the consumer has an IOMMU group when it is there */
};

struct gw_dependency {
	const char *id; /* its section: "radeon-kfd" */
	struct gw_party consumer, supplier;
	struct gw_feature feature; /* name NULL = none known */
	const char *why;	   /* one sentence */
	const char *source;	   /* kernel file, commit or document */
	const char *kernels;	   /* "2.6.39-6.6": versions that it is true for; NULL = all */
	bool optional;		   /* consumer works without the supplier present at all */
};

struct gw_depends;

typedef void (*gw_depends_complain)(const char *message, void *userdata);

int gw_depends_new(struct gw_depends **ret);
void gw_depends_free(struct gw_depends *depends);

/*
 * gw_depends_parse - add a file's entries; one of the same id replaces the earlier one, an empty section removes it
 * @name: of the file, for messages; @text: @size bytes
 * @complain: called with one line (file, line number, what, what to write instead) per error; may be NULL
 *
 * Entries with errors are left out, the rest counts. Returns the number of errors, or -ENOMEM.
 */
int gw_depends_parse(struct gw_depends *depends, const char *name, const char *text, size_t size,
		     gw_depends_complain complain, void *userdata);

/* All entries in order; valid until the next parse. */
size_t gw_depends_list(const struct gw_depends *depends, const struct gw_dependency **ret);

/* Whether a party has the name in that list (NULL: no). */
bool gw_party_has(char *const *patterns, const char *name);
bool gw_party_has_module(const struct gw_party *party, const char *module);

/* Whether an entry is true for a kernel, as uname -r prints it. */
bool gw_dependency_for_kernel(const struct gw_dependency *dependency, const char *release);

#endif
