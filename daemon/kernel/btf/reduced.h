/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types of the kernel that BPF objects use, and no others. libbpf goes through all types it is given once for each type that an
 * object uses: through a few hundred instead of a hundred thousand.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_BTF_REDUCED_H
#define GPUWATCH_DAEMON_KERNEL_BTF_REDUCED_H

#include <bpf/btf.h>
#include <stddef.h>

/*
 * gw_btf_reduce - what relocation needs of a kernel's types
 * @full: all types
 * @users: types of the objects that are to be relocated, @count of them
 * @ret: to be freed by btf__free(). Has each type of @full whose name (what follows "___" left out) is that of a type of @users,
 *	and all that it is made of. Pointers in it point to void.
 *
 * Returns 0, or -errno.
 */
int gw_btf_reduce(const struct btf *full, const struct btf *const *users, size_t count, struct btf **ret);

#endif
