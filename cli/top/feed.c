/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread that asks, and a place where it leaves the answers. */
#include "cli/top/feed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/lib/json-field.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"

#define PERIOD_SEC 1
#define LIMIT_USEC (2 * GW_USEC_PER_SEC)

struct top_feed {
	struct gw_client_target target;
	pthread_mutex_t lock; /* of @fresh and @is_fresh */
	struct top_documents fresh;
	bool is_fresh;
	int wake_fd;
};

void top_documents_clear(struct top_documents *documents)
{
	json_decref(documents->status);
	json_decref(documents->reports);
	json_decref(documents->waits);
	json_decref(documents->timelines);
	*documents = (struct top_documents){ NULL };
}

static int feed_call_all(struct gw_client *client, struct top_documents *documents)
{
	int r = gw_client_call(client, &documents->status, "GetStatus", "");

	if (r == GW_CLIENT_OK)
		r = gw_client_call(client, &documents->reports, "ListReports", "sb", "", 0);
	if (r == GW_CLIENT_OK)
		r = gw_client_call(client, &documents->waits, "ListWaits", "");
	if (r == GW_CLIENT_OK)
		r = gw_client_call(client, &documents->timelines, "ListTimelines", "");
	return r;
}

/* All or nothing: half of them would look as if the rest were over. */
static void feed_fetch(const struct top_feed *feed, struct top_documents *documents)
{
	_cleanup_client_ struct gw_client client;
	int r = gw_client_open(&client, &feed->target);

	if (r == GW_CLIENT_OK)
		r = feed_call_all(&client, documents);
	if (r != GW_CLIENT_OK) {
		top_documents_clear(documents);
		snprintf(documents->message, sizeof(documents->message), "%s", client.outcome.message);
		return;
	}
	json_clean(documents->status);
	json_clean(documents->reports);
	json_clean(documents->waits);
	json_clean(documents->timelines);
	documents->taken_ns = gw_now_mono_ns();
}

static void *feed_run(void *userdata)
{
	struct top_feed *feed = userdata;

	for (;;) {
		struct top_documents documents = { NULL };

		feed_fetch(feed, &documents);
		pthread_mutex_lock(&feed->lock);
		top_documents_clear(&feed->fresh);
		feed->fresh = documents;
		feed->is_fresh = true;
		pthread_mutex_unlock(&feed->lock);
		eventfd_write(feed->wake_fd, 1);
		nanosleep(&(struct timespec){ .tv_sec = PERIOD_SEC }, NULL);
	}
	return NULL;
}

struct top_feed *top_feed_new(const struct gw_client_target *target)
{
	struct top_feed *feed = calloc(1, sizeof(*feed));
	pthread_t thread;

	if (!feed)
		return NULL;
	feed->target = *target;
	feed->target.limit_usec = LIMIT_USEC;
	feed->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&feed->lock, NULL);
	if (feed->wake_fd >= 0 && pthread_create(&thread, NULL, feed_run, feed) == 0) {
		pthread_detach(thread);
		return feed;
	}
	if (feed->wake_fd >= 0)
		close(feed->wake_fd);
	free(feed);
	return NULL;
}

int top_feed_fd(const struct top_feed *feed)
{
	return feed->wake_fd;
}

bool top_feed_take(struct top_feed *feed, struct top_documents *documents)
{
	struct top_documents fresh;
	eventfd_t count;
	bool is_fresh;

	eventfd_read(feed->wake_fd, &count);
	pthread_mutex_lock(&feed->lock);
	is_fresh = feed->is_fresh;
	fresh = feed->fresh;
	feed->fresh = (struct top_documents){ NULL };
	feed->is_fresh = false;
	pthread_mutex_unlock(&feed->lock);
	if (!is_fresh)
		return false;
	if (fresh.status) {
		top_documents_clear(documents);
		*documents = fresh;
	} else {
		snprintf(documents->message, sizeof(documents->message), "%s", fresh.message);
	}
	return true;
}
