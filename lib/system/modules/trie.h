/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an index that depmod wrote (modules.dep.bin and the like) can be read: libkmod follows its offsets wherever they
 * lead, and a damaged one, or one that somebody made for that, would crash whoever asks for a module.
 */
#ifndef GPUWATCH_LIB_SYSTEM_MODULES_TRIE_H
#define GPUWATCH_LIB_SYSTEM_MODULES_TRIE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * All nodes lie within the file, each behind its children, and the tree is no bigger than the file. Also true of what is no
 * index: that libkmod refuses itself, as the empty files that depmod leaves.
 */
bool gw_trie_is_sound(const char *data, size_t size);

#endif
