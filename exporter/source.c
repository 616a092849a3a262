/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fetching and keeping the daemon's documents. */
#include "exporter/source.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "lib/report/mask.h"

#define FRESH_USEC GW_USEC_PER_SEC	       /* so long a document is given out again */
#define BOOT_FRESH_USEC (30 * GW_USEC_PER_SEC) /* the boot changes less, and costs more */
#define SILENCE_USEC GW_USEC_PER_SEC	       /* so long nobody asks a daemon again that did not answer */

struct kept {
	pthread_mutex_t lock; /* held while it is fetched: the others wait for the same answer */
	json_t *json;
	uint64_t fetched_usec; /* 0 = never */
};

struct gw_source {
	struct gw_client_target target;
	struct gw_mask mask;
	struct kept kept[GW_DOCUMENTS];
	pthread_mutex_t lock; /* of what follows */
	uint64_t silent_usec; /* when the daemon did not answer; 0 = it did */
	char message[GW_SOURCE_MESSAGE];
};

static uint64_t source_now_usec(void)
{
	return gw_now_mono_ns() / GW_NSEC_PER_USEC;
}

/* ---- a daemon that does not answer ------------------------------------------------------- */

static bool source_is_silent(struct gw_source *source, char *message)
{
	bool silent;

	pthread_mutex_lock(&source->lock);
	silent = source->silent_usec && source_now_usec() - source->silent_usec < SILENCE_USEC;
	if (silent)
		strcpy(message, source->message);
	pthread_mutex_unlock(&source->lock);
	return silent;
}

static void source_note_silence(struct gw_source *source, const char *message)
{
	pthread_mutex_lock(&source->lock);
	source->silent_usec = message ? source_now_usec() : 0;
	if (message)
		snprintf(source->message, sizeof(source->message), "%s", message);
	pthread_mutex_unlock(&source->lock);
}

/* ---- fetching ---------------------------------------------------------------------------------- */

static int source_call(struct gw_client *client, json_t **ret, enum gw_document document)
{
	switch (document) {
	case GW_DOCUMENT_STATUS:
		return gw_client_call(client, ret, "GetStatus", "");
	case GW_DOCUMENT_REPORTS:
		return gw_client_call(client, ret, "ListReports", "sb", "", 1);
	case GW_DOCUMENT_WAITS:
		return gw_client_call(client, ret, "ListWaits", "");
	case GW_DOCUMENT_FAULTS:
		return gw_client_call(client, ret, "ListFaults", "");
	default:
		return gw_client_call(client, ret, "GetProbeOrder", "");
	}
}

/* The same document without addresses of the kernel: whoever may ask us may not ask the daemon. */
static json_t *source_mask(const struct gw_source *source, const json_t *document)
{
	_cleanup_free_ char *text = json_dumps(document, JSON_COMPACT | JSON_ENSURE_ASCII);

	if (!text)
		return NULL;
	gw_mask_apply(&source->mask, text);
	return json_loads(text, 0, NULL);
}

static json_t *source_fetch(struct gw_source *source, enum gw_document document, uint64_t limit, char *message)
{
	struct gw_client_target target = source->target;
	_cleanup_client_ struct gw_client client;
	_cleanup_json_ json_t *answer = NULL;
	json_t *masked = NULL;
	int r;

	target.limit_usec = limit;
	r = gw_client_open(&client, &target);
	if (r == GW_CLIENT_OK)
		r = source_call(&client, &answer, document);
	if (r == GW_CLIENT_OK)
		masked = source_mask(source, answer);
	if (!masked)
		snprintf(message, GW_SOURCE_MESSAGE, "%s",
			 r == GW_CLIENT_OK ? "out of memory" : client.outcome.message);
	/* That the look at a boot takes long shows nothing about the daemon. */
	if (document != GW_DOCUMENT_PROBE_ORDER)
		source_note_silence(source, r == GW_CLIENT_UNREACHABLE ? message : NULL);
	return masked;
}

static uint64_t source_age(const struct kept *kept)
{
	return source_now_usec() - kept->fetched_usec;
}

static uint64_t source_fresh(enum gw_document document)
{
	return document == GW_DOCUMENT_PROBE_ORDER ? BOOT_FRESH_USEC : FRESH_USEC;
}

/* Its lock is held. */
static void source_renew(struct gw_source *source, enum gw_document document, uint64_t limit, char *message)
{
	struct kept *kept = &source->kept[document];

	json_decref(kept->json);
	kept->json = source_fetch(source, document, limit, message);
	kept->fetched_usec = source_now_usec();
}

json_t *gw_source_get(struct gw_source *source, enum gw_document document, char *message)
{
	uint64_t limit = document == GW_DOCUMENT_PROBE_ORDER ? GW_SOURCE_BOOT_LIMIT_USEC : GW_SOURCE_LIMIT_USEC;
	struct kept *kept = &source->kept[document];
	json_t *json = NULL;

	pthread_mutex_lock(&kept->lock);
	if (kept->json && source_age(kept) < source_fresh(document)) {
		json = json_incref(kept->json);
	} else if (!source_is_silent(source, message)) {
		source_renew(source, document, limit, message);
		json = json_incref(kept->json);
	}
	pthread_mutex_unlock(&kept->lock);
	return json;
}

json_t *gw_source_get_soon(struct gw_source *source, enum gw_document document)
{
	struct kept *kept = &source->kept[document];
	char message[GW_SOURCE_MESSAGE];
	json_t *json;

	if (pthread_mutex_trylock(&kept->lock) != 0)
		return NULL;
	/* What could not be had is not asked for again in the time that it would be kept. */
	if ((!kept->fetched_usec || source_age(kept) >= source_fresh(document)) && !source_is_silent(source, message))
		source_renew(source, document, GW_SOURCE_LIMIT_USEC, message);
	json = json_incref(kept->json);
	pthread_mutex_unlock(&kept->lock);
	return json;
}

/* ---- life ------------------------------------------------------------------------------------------ */

int gw_source_new(struct gw_source **ret, const struct gw_client_target *target)
{
	struct gw_source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	if (getrandom(&source->mask, sizeof(source->mask), 0) != sizeof(source->mask)) {
		free(source);
		return -EIO;
	}
	source->target = *target;
	pthread_mutex_init(&source->lock, NULL);
	for (size_t i = 0; i < GW_DOCUMENTS; i++)
		pthread_mutex_init(&source->kept[i].lock, NULL);
	*ret = source;
	return 0;
}

void gw_source_free(struct gw_source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < GW_DOCUMENTS; i++) {
		json_decref(source->kept[i].json);
		pthread_mutex_destroy(&source->kept[i].lock);
	}
	pthread_mutex_destroy(&source->lock);
	free(source);
}
