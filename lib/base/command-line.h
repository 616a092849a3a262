/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel command line, by the kernel's own rules (next_arg() in
 * lib/cmdline.c, parse_args() in kernel/params.c):
 *
 * - Blanks separate parameters, except between double quotes.
 * - A parameter is NAME or NAME=VALUE. Quotes around it, or around its value, are no part of it.
 * - In names - and _ are the same. Those of what is built in as of modules have the module's in front: "radeon.runpm".
 * - "--" ends them: what follows is for init.
 * - They are handled one after the other: most settings are what the last one says that can be understood.
 *
 * Pure. A command line may be NULL: no parameters.
 */
#ifndef GPUWATCH_LIB_BASE_COMMAND_LINE_H
#define GPUWATCH_LIB_BASE_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Points into the command line; not terminated. */
struct gw_parameter {
	const char *name, *value; /* value NULL = there is no "=" */
	size_t name_length, value_length;
};

/* Takes the next parameter off *@line. Returns false when there is none. */
bool gw_command_line_next(const char **line, struct gw_parameter *ret);

bool gw_parameter_is(const struct gw_parameter *parameter, const char *name);

/* kstrtobool(): y, t, 1, on; n, f, 0, off. Returns false, and leaves @ret alone, if it has no such value. */
bool gw_parameter_bool(const struct gw_parameter *parameter, bool *ret);

/* kstrtoint() of a decimal number. Returns false, and leaves @ret alone, if it has no such value. */
bool gw_parameter_int(const struct gw_parameter *parameter, int *ret);

/* Takes the next item, as commas separate them, off the parameter's value. Returns false when there is none. */
bool gw_parameter_next_item(struct gw_parameter *parameter, const char **ret, size_t *length);

/* The last parameter of that name. Returns false if there is none. */
bool gw_command_line_find(const char *line, const char *name, struct gw_parameter *ret);

/* Its value, cut to fit and terminated; "" = there is none. */
void gw_command_line_text(const char *line, const char *name, char *ret, size_t size);

/* The last of that name with a number for a value, or @standard. */
int gw_command_line_int(const char *line, const char *name, int standard);

/* A switch, module_param(..., bool): the last of that name that has such a value, or none, which means yes; or false. */
bool gw_command_line_switch(const char *line, const char *name);

#endif
