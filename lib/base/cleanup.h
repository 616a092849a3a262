/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes that free a local variable when it goes out of scope, so that early return is safe. */
#ifndef GPUWATCH_LIB_BASE_CLEANUP_H
#define GPUWATCH_LIB_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_free_ _cleanup_(gw_cleanup_free)
#define _cleanup_close_ _cleanup_(gw_cleanup_close)
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
