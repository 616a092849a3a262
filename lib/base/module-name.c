/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of kernel modules. */
#include "lib/base/module-name.h"

bool gw_module_name(char *ret, size_t size, const char *name, size_t length)
{
	bool brackets = false;
	size_t i;

	for (i = 0; i < length && i + 1 < size; i++) {
		brackets = name[i] == '[' || (brackets && name[i] != ']');
		ret[i] = name[i] == '-' && !brackets ? '_' : name[i];
	}
	ret[i] = '\0';
	return i == length;
}
