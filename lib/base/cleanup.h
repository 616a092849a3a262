/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes that free a local variable when it goes out of scope, so that early return is safe. */
#ifndef GPUWATCH_LIB_BASE_CLEANUP_H
#define GPUWATCH_LIB_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* @f gets a pointer to the variable, whatever the variable holds by then: initialise it at its declaration. */
#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_free_ _cleanup_(gw_cleanup_free)
#define _cleanup_close_ _cleanup_(gw_cleanup_close) /* a file descriptor, none if negative */
#define _cleanup_fclose_ _cleanup_(gw_cleanup_fclose)
#define _cleanup_closedir_ _cleanup_(gw_cleanup_closedir)
#define _cleanup_json_ _cleanup_(json_decrefp) /* json_t *, of whoever includes jansson.h */

/* Argument @a is a printf() format, its values begin at argument @b (0: they are a va_list). */
#define _printf_(a, b) __attribute__((format(printf, a, b)))

static inline void gw_cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void gw_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void gw_cleanup_fclose(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

static inline void gw_cleanup_closedir(DIR **stream)
{
	if (*stream)
		closedir(*stream);
}

/* Gives up ownership: returns the file descriptor and leaves -1 behind. */
static inline int gw_steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

/* The same for pointers: returns the pointer and leaves NULL behind. */
#define gw_steal(pointer)                                                                                              \
	({                                                                                                             \
		__typeof__(pointer) *_where = &(pointer);                                                              \
		__typeof__(pointer) _stolen = *_where;                                                                 \
		*_where = NULL;                                                                                        \
		_stolen;                                                                                               \
	})

#endif
