/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The C library knows the errors that user space may see; the rest is from include/linux/errno.h. */
#include "lib/boot/evidence/error-names.h"

#include <inttypes.h>
#include <string.h>

#include "bpf/abi/kernel-constants.h"

static const char *error_kernel_name(int32_t number)
{
	switch (number) {
	case 512:
		return "ERESTARTSYS";
	case 513:
		return "ERESTARTNOINTR";
	case 514:
		return "ERESTARTNOHAND";
	case 515:
		return "ENOIOCTLCMD";
	case 516:
		return "ERESTART_RESTARTBLOCK";
	case EPROBE_DEFER:
		return "EPROBE_DEFER";
	case 518:
		return "EOPENSTALE";
	case 519:
		return "ENOPARAM";
	case 521:
		return "EBADHANDLE";
	case 522:
		return "ENOTSYNC";
	case 523:
		return "EBADCOOKIE";
	case 524:
		return "ENOTSUPP";
	case 525:
		return "ETOOSMALL";
	case 526:
		return "ESERVERFAULT";
	case 527:
		return "EBADTYPE";
	case 528:
		return "EJUKEBOX";
	case 529:
		return "EIOCBQUEUED";
	case 530:
		return "ERECALLCONFLICT";
	default:
		return NULL;
	}
}

void gw_boot_write_result(struct gw_text *text, int32_t result)
{
	const char *name = NULL;

	if (result < 0 && result > INT32_MIN)
		name = error_kernel_name(-result) ?: strerrorname_np(-result);
	if (name)
		gw_text_add(text, "-%s", name);
	else
		gw_text_add(text, "%" PRId32, result);
}
