/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's documents, for many who ask at once. Each is fetched at most once in a while, within a limit of time, and
 * is given out without the kernel's addresses. May be used by several threads.
 */
#ifndef GPUWATCH_EXPORTER_SOURCE_H
#define GPUWATCH_EXPORTER_SOURCE_H

#include <jansson.h>

#include "lib/client/client.h"

enum gw_document {
	GW_DOCUMENT_STATUS,
	GW_DOCUMENT_REPORTS, /* those of all kinds, resolved ones, too */
	GW_DOCUMENT_WAITS,
	GW_DOCUMENT_FAULTS,
	GW_DOCUMENT_PROBE_ORDER,
	GW_DOCUMENTS
};

#define GW_SOURCE_MESSAGE 512 /* bytes of a message, with its end */

struct gw_source;

/* @target: its strings must outlive the source. Returns 0 or -errno. */
int gw_source_new(struct gw_source **ret, const struct gw_client_target *target);
void gw_source_free(struct gw_source *source);

/*
 * gw_source_get - a document as it is now, or was a moment ago
 * @message: on failure why, one line for people, of GW_SOURCE_MESSAGE bytes
 *
 * A daemon that does not answer costs a caller GW_SOURCE_LIMIT_USEC at most, and the next ones, for a while, nothing; the
 * probe order, which the daemon has to look at anew, GW_SOURCE_BOOT_LIMIT_USEC. Returns a new reference to what nobody may
 * change, or NULL.
 */
json_t *gw_source_get(struct gw_source *source, enum gw_document document, char *message);

/*
 * gw_source_get_soon - the same for who has more to give than this document, and must not wait for it
 *
 * Within GW_SOURCE_LIMIT_USEC whatever the document. NULL where somebody else waits for it, or it could not be had a moment
 * ago, too: a caller shows what it has, and may ask again.
 */
json_t *gw_source_get_soon(struct gw_source *source, enum gw_document document);

#define GW_SOURCE_LIMIT_USEC (2 * GW_USEC_PER_SEC)
#define GW_SOURCE_BOOT_LIMIT_USEC (20 * GW_USEC_PER_SEC)

#endif
