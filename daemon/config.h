/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: gpuwatchd.conf and its drop-ins, see gpuwatchd.conf(5).
 *
 * gw_config_parse() is pure and knows the language; gw_config_load() only finds
 * the files and reads them. Depends on nothing else of the daemon.
 */
#ifndef GPUWATCH_DAEMON_CONFIG_H
#define GPUWATCH_DAEMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/units.h"

#define GW_CONFIG_PIN_DIRECTORY "/sys/fs/bpf/gpuwatch"

struct gw_config {
	uint64_t min_wait_ns;	 /* [Watch] MinWaitSec= */
	uint64_t stall_ns;	 /* [Watch] StallSec= */
	uint64_t interval_ns;	 /* [Watch] SnapshotIntervalSec=, 0 = two fifths of min_wait_ns */
	size_t keep_resolved;	 /* [Reports] KeepResolved=, reports */
	size_t recording_bytes;	 /* [Recording] BufferSize= */
	bool standalone_json;	 /* [Export] StandaloneJSON= */
	char pin_directory[256]; /* [Pins] Directory=, "" = do not pin */
	char gpu_modules[256];	 /* [Watch] GPUModules=, patterns separated by spaces */
	char on_deadlock[256];	 /* [Reports] OnDeadlock=, a template unit "NAME@.service", "" = none */
	uint64_t on_deadlock_ns; /* [Reports] OnDeadlockIntervalSec=, between two starts of it */
};

/* Modules that drive GPUs without DRM, or with one of their own. */
#define GW_CONFIG_GPU_MODULES "nvidia* amdkfd amdkcl amdttm amd_sched* mali* pvrsrvkm msm_kgsl habanalabs"

#define GW_CONFIG_DEFAULT                                                                                              \
	((struct gw_config){                                                                                           \
		.min_wait_ns = 500 * GW_NSEC_PER_MSEC,                                                                 \
		.stall_ns = 10 * GW_NSEC_PER_SEC,                                                                      \
		.keep_resolved = 128,                                                                                  \
		.recording_bytes = 1 << 20,                                                                            \
		.standalone_json = true,                                                                               \
		.pin_directory = GW_CONFIG_PIN_DIRECTORY,                                                              \
		.gpu_modules = GW_CONFIG_GPU_MODULES,                                                                  \
		.on_deadlock_ns = 60 * GW_NSEC_PER_SEC,                                                                \
	})

enum gw_config_severity {
	GW_CONFIG_WARNING, /* the line is ignored */
	GW_CONFIG_ERROR,   /* the configuration must not be used */
};

/* Told of each bad line: @message is one complete line, "FILE:LINE: what is wrong", valid during the call. */
typedef void (*gw_config_complain)(enum gw_config_severity severity, const char *message, void *userdata);

/*
 * gw_config_parse - apply one file's text
 * @config: values that the text does not mention stay as they are
 * @file: its name, for messages
 * @text, @size: need not end with a NUL
 *
 * Goes on after a bad line so that all of them are told at once. Returns 0, or
 * -EINVAL if any complaint was an error.
 */
int gw_config_parse(struct gw_config *config, const char *file, const char *text, size_t size,
		    gw_config_complain complain, void *userdata);

/* Checks what only the whole configuration can show. Returns 0 or -EINVAL, having complained. */
int gw_config_check(const struct gw_config *config, gw_config_complain complain, void *userdata);

/*
 * gw_config_load - the defaults, then the files of this machine
 * @directories: "/etc", "/run", "/usr/lib" and a NULL, or what a test puts
 *	there; an earlier one goes before a later one
 *
 * The main file is the first gpuwatch/gpuwatchd.conf found. The drop-ins are
 * gpuwatch/gpuwatchd.conf.d/ *.conf of all directories, sorted by name; of
 * those with the same name only the first directory's is read, so that an
 * empty file or a link to /dev/null masks it.
 *
 * Returns 0, -EINVAL for bad contents, or -errno if a file that exists cannot
 * be read; having complained in both cases.
 */
int gw_config_load(struct gw_config *config, const char *const *directories, gw_config_complain complain,
		   void *userdata);

/* The defaults, then this one file (no drop-ins); here it is an error if the file does not exist. */
int gw_config_load_file(struct gw_config *config, const char *file, gw_config_complain complain, void *userdata);

extern const char *const gw_config_directories[];

/* Those of them in which root alone can write. */
extern const char *const gw_config_lasting_directories[];

#endif
