/* SPDX-License-Identifier: GPL-2.0-or-later */
/* amdgpu_debugfs_fence_info_show() and radeon_debugfs_fence_info_show() print them. */
#include "lib/log-text/ring.h"

#include <string.h>

#include "lib/log-text/lines/scan.h"

static bool ring_heading(const char *text, struct gw_log_ring_text *ret)
{
	size_t length = 0;

	if (!gw_scan_word(&text, "--- ring ") || !gw_scan_number(&text, &ret->number))
		return false;
	ret->line = GW_LOG_RING_HEADING;
	if (gw_scan_word(&text, " (")) {
		length = strcspn(text, ")");
		if (length >= sizeof(ret->name) || text[length] != ')')
			return false;
		memcpy(ret->name, text, length);
		text += length + 1;
	}
	ret->name[length] = '\0';
	return strncmp(text, " ---", 4) == 0;
}

static bool ring_seqno(const char *text, const char *words, uint64_t *ret)
{
	if (!gw_scan_word(&text, words) || *text != ' ')
		return false;
	gw_scan_spaces(&text);
	return gw_scan_word(&text, "0x") && gw_scan_hex(&text, ret) && *text == '\0';
}

bool gw_log_ring_parse(const char *text, struct gw_log_ring_text *ret)
{
	if (ring_seqno(text, "Last signaled fence", &ret->seqno))
		ret->line = GW_LOG_RING_SIGNALLED;
	else if (ring_seqno(text, "Last emitted", &ret->seqno))
		ret->line = GW_LOG_RING_EMITTED;
	else
		return ring_heading(text, ret);
	return true;
}
