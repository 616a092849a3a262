/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pins: names of maps and links in a BPF file system, which keep them alive
 * when the daemon ends. They lie in one directory per build,
 * PIN_DIRECTORY/HASH, so that an upgrade never takes over what it does not
 * understand.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_PINS_H
#define GPUWATCH_DAEMON_KERNEL_PINS_H

#include <bpf/libbpf.h>
#include <stdint.h>

struct gw_pins;

/*
 * gw_pins_new - prepare the directory
 * @message, @size: on failure one line for people
 *
 * Returns 0 or -errno; without pins everything else works.
 */
int gw_pins_new(struct gw_pins **ret, const char *directory, uint64_t hash, char *message, size_t size);
void gw_pins_free(struct gw_pins *pins);

/* A pinned link: owned by the caller, NULL if there is none. Disconnect it before destroying to keep the pin's. */
struct bpf_link *gw_pins_open_link(struct gw_pins *pins, const char *name);

/* Pins a link in place of one of that name. Returns 0 or -errno. */
int gw_pins_put_link(struct gw_pins *pins, const char *name, struct bpf_link *link);

/* File descriptor of a pinned map, owned by the caller, or -errno. */
int gw_pins_open_map(struct gw_pins *pins, const char *name);
int gw_pins_put_map(struct gw_pins *pins, const char *name, int fd);

/* Calls @visit with the name of every pinned map. */
int gw_pins_each_map(struct gw_pins *pins, int (*visit)(const char *name, void *userdata), void *userdata);

/*
 * gw_pins_each_build - find whose pins there are
 * @directory: as for gw_pins_new(); none at all are no error
 *
 * Calls @visit with the hash of each build, until it returns something else
 * than 0. Returns that, 0, or -errno.
 */
int gw_pins_each_build(const char *directory, int (*visit)(uint64_t hash, void *userdata), void *userdata);

/* Removes the pins of links named NAME or NAME@... */
void gw_pins_drop_link(struct gw_pins *pins, const char *name);

/* Removes what other builds left. Their programs end with it. */
void gw_pins_drop_others(struct gw_pins *pins);

/* Removes all of this build's pins, and the directory. Returns 0 or -errno. */
int gw_pins_drop_all(struct gw_pins *pins);

#endif
