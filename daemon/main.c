/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatchd: puts the parts together, runs them, and ends them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "daemon/boot/observer.h"
#include "daemon/boot/record.h"
#include "daemon/boot/run.h"
#include "daemon/boot/worker.h"
#include "daemon/config.h"
#include "daemon/kernel/boot-programs.h"
#include "daemon/kernel/loader.h"
#include "daemon/kernel/objects.h"
#include "daemon/kernel/probe-table.h"
#include "daemon/kernel/unpin.h"
#include "daemon/memory.h"
#include "daemon/options.h"
#include "daemon/perf/opener.h"
#include "daemon/perf/perf.h"
#include "daemon/serve/bus-api.h"
#include "daemon/serve/bus.h"
#include "daemon/serve/journal.h"
#include "daemon/serve/on-deadlock.h"
#include "daemon/serve/output.h"
#include "daemon/serve/private-socket.h"
#include "daemon/serve/reports.h"
#include "daemon/serve/status.h"
#include "daemon/start-unit.h"
#include "daemon/trylocks.h"
#include "daemon/watch/scheduler.h"
#include "daemon/watch/watch.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/system/known-files.h"

#define EXIT_USAGE 2
#define SOCKET_PATIENCE_MSEC 10000 /* longer than a look on a machine that hardly gets on */

struct daemon {
	struct gw_options options;
	struct gw_config config;
	struct gw_status status;
	sd_event *event;
	struct gw_perf *perf;
	struct gw_memory memory;
	struct gw_private_socket *private_socket;
	struct gw_loader *loader;
	struct gw_reports *reports;
	struct gw_detected *detected;
	struct gw_journal *journal;
	struct gw_on_deadlock *on_deadlock;
	struct gw_output *output; /* with --standalone */
	struct gw_known *known;
	struct gw_watch *watch;
	struct gw_scheduler *scheduler;
	struct gw_boot_observer *boot;
	struct gw_bus_api *api;
	struct gw_bus *bus;
	char run_directory[256];
	bool unavailable; /* nothing can be watched on this system */
};

/* ---- configuration --------------------------------------------------------------------- */

static void daemon_on_bad_config(enum gw_config_severity severity, const char *message, void *userdata)
{
	gw_log(severity == GW_CONFIG_ERROR ? LOG_ERR : LOG_WARNING, "%s", message);
}

static int daemon_load_config(const struct gw_options *options, struct gw_config *config)
{
	bool as_root = options->unpin || options->start_unit;
	int r;

	/* What is below /run/gpuwatch is the daemon's user's. */
	r = options->config ? gw_config_load_file(config, options->config, daemon_on_bad_config, NULL)
			    : gw_config_load(config, as_root ? gw_config_lasting_directories : gw_config_directories,
					     daemon_on_bad_config, NULL);
	if (r < 0)
		return r;
	if (options->no_pin)
		config->pin_directory[0] = '\0';
	else if (options->pin_directory && strlen(options->pin_directory) < sizeof(config->pin_directory))
		strcpy(config->pin_directory, options->pin_directory);
	else if (options->pin_directory) {
		log_error("--pin-directory=: the name is too long");
		return -ENAMETOOLONG;
	}
	return 0;
}

/* Of what is resolved, daemon->reports keeps the documents: the analysis needs none, and they take several times as much there. */
static struct gw_policy daemon_policy(const struct gw_config *config)
{
	return (struct gw_policy){
		.min_wait_ns = config->min_wait_ns,
		.stall_ns = config->stall_ns,
		.keep_resolved = 0,
	};
}

static struct gw_pace daemon_pace(const struct gw_config *config)
{
	return (struct gw_pace){
		.min_wait_ns = config->min_wait_ns,
		.interval_ns = config->interval_ns > 0 ? config->interval_ns : config->min_wait_ns / 5 * 2,
	};
}

/* ---- reports --------------------------------------------------------------------------------- */

static void daemon_notify_status(const struct daemon *daemon, const char *ready)
{
	size_t active = gw_reports_active(daemon->reports);

	sd_notifyf(false, "%sSTATUS=Watching; %zu active report%s.", ready, active, active == 1 ? "" : "s");
}

static void daemon_on_report(const struct gw_reported *report, enum gw_news news, void *userdata)
{
	const struct daemon *daemon = userdata;

	if (daemon->output && daemon->config.standalone_json)
		gw_output_line(daemon->output, report->json);
	daemon_notify_status(daemon, "");
}

/* What could not be attached, once at start and again when a module brought something new that failed. */
static void daemon_report_degraded(struct daemon *daemon)
{
	const struct gw_probe_info *probes;
	size_t count = gw_loader_probes(daemon->loader, &probes), failed = 0;
	const struct gw_probe_info *first = NULL;
	_cleanup_free_ char *json = NULL, *message = NULL;
	json_t *value;

	for (size_t i = 0; i < count; i++)
		if (probes[i].state == GW_PROBE_FAILED && failed++ == 0)
			first = &probes[i];
	if (failed == 0)
		return;
	if (asprintf(&message, "%zu of %zu probes could not be attached, among them %s: %s", failed, count,
		     first->target, first->why) < 0)
		message = NULL;
	value = gw_status_probes(daemon->loader, daemon->boot, true);
	json = value ? json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	json_decref(value);
	if (!json || !message || gw_journal_degraded(daemon->journal, message, json) <= 0)
		log_warning("%s", message ? message : "Some probes could not be attached");
}

/* ---- events ------------------------------------------------------------------------------------ */

static void daemon_on_looked(void *userdata)
{
	struct daemon *daemon = userdata;

	gw_bus_api_looked(daemon->api);
	if (gw_reports_active(daemon->reports) == 0)
		gw_memory_follow(&daemon->memory);
}

static void daemon_on_boot_answered(const struct gw_boot_answer *answer, void *userdata)
{
	struct daemon *daemon = userdata;

	gw_bus_api_boot_answered(daemon->api, answer);
}

static int daemon_on_modules(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct daemon *daemon = userdata;
	int r;

	r = gw_loader_follow_modules(daemon->loader);
	if (r < 0)
		log_warning("Following kernel modules failed: %s", strerror(-r));
	gw_memory_give_back(&daemon->memory); /* the kernel's types may have been read */
	if (r <= 0)
		return 0;
	log_info("A kernel module came or went: probes have changed.");
	daemon_report_degraded(daemon);
	gw_scheduler_request_full(daemon->scheduler);
	return 0;
}

/* Takes effect while it runs; all but the place of the pins. */
static int daemon_apply_config(struct daemon *daemon, const struct gw_config *config)
{
	struct gw_policy new_policy = daemon_policy(config);
	struct gw_pace new_pace = daemon_pace(config);
	char pins[sizeof(config->pin_directory)];

	if (strcmp(config->pin_directory, daemon->config.pin_directory) != 0)
		log_warning("[Pins] Directory= takes effect when gpuwatchd is restarted.");
	memcpy(pins, daemon->config.pin_directory, sizeof(pins));
	daemon->config = *config;
	memcpy(daemon->config.pin_directory, pins, sizeof(pins));
	gw_watch_set_policy(daemon->watch, &new_policy, config->recording_bytes);
	gw_scheduler_set_pace(daemon->scheduler, &new_pace);
	gw_reports_set_keep_resolved(daemon->reports, config->keep_resolved);
	gw_on_deadlock_set(daemon->on_deadlock, config->on_deadlock, config->on_deadlock_ns);
	return gw_boot_observer_reload(daemon->boot);
}

static int daemon_on_reload(sd_event_source *source, const struct signalfd_siginfo *signal, void *userdata)
{
	struct daemon *daemon = userdata;
	struct gw_config config;
	int r;

	sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   (unsigned long long)(gw_now_mono_ns() / GW_NSEC_PER_USEC));
	r = daemon_load_config(&daemon->options, &config);
	if (r >= 0)
		r = daemon_apply_config(daemon, &config);
	if (r < 0)
		log_error("Reloading failed, going on with the configuration from before.");
	else
		log_info("Configuration reloaded.");
	sd_notify(false, "READY=1");
	return 0;
}

static int daemon_add_signals(struct daemon *daemon)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD); /* as sd_event_add_child() wants it */
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	r = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
	return r < 0 ? r : sd_event_add_signal(daemon->event, NULL, SIGHUP, daemon_on_reload, daemon);
}

/* ---- start, run, stop ------------------------------------------------------------------------------ */

/* Trying again does not help where there is no BTF, the namespace is the wrong one, or a capability is missing. */
static bool daemon_may_try_again(int error)
{
	return error == -ENOMEM || error == -EAGAIN || error == -EINTR || error == -EIO || error == -EBUSY;
}

static int daemon_attach(struct daemon *daemon)
{
	const char *pins = daemon->config.pin_directory;
	struct gw_loader_options options = {
		.pin_directory = pins[0] ? pins : NULL,
		.btf_path = daemon->options.btf,
		.gpu_modules = daemon->config.gpu_modules,
		.perf = daemon->perf,
	};
	char message[512];
	int r;

	r = gw_loader_new(&daemon->loader, &options, message, sizeof(message));
	if (r < 0)
		log_error("%s", message);
	daemon->unavailable = r < 0 && !daemon_may_try_again(r);
	return r;
}

static int daemon_add_boot_observer(struct daemon *daemon)
{
	const char *pins = daemon->config.pin_directory;
	struct gw_boot_observer_options options = {
		.pin_directory = pins[0] ? pins : NULL,
		.btf_path = daemon->options.btf,
		.run_directory = daemon->run_directory,
		.state_directory = getenv("STATE_DIRECTORY"), /* systemd's: StateDirectory= of the unit */
		.perf = daemon->perf,
		.loader = daemon->loader,
		.reports = daemon->reports,
	};
	int r;

	r = gw_boot_observer_new(&daemon->boot, daemon->event, &options, daemon_on_boot_answered, daemon);
	daemon->status.boot = daemon->boot;
	return r;
}

/* What lasts until the next boot lies beside the private socket. */
static void daemon_find_run_directory(struct daemon *daemon)
{
	const char *socket = daemon->options.private_socket, *slash = strrchr(socket, '/');

	snprintf(daemon->run_directory, sizeof(daemon->run_directory), "%.*s", slash ? (int)(slash - socket) : 1,
		 slash ? socket : ".");
}

static int daemon_add_journal(struct daemon *daemon)
{
	char key[sizeof(daemon->run_directory) + sizeof("/journal.key")];
	struct gw_mask mask;
	int r;

	snprintf(key, sizeof(key), "%s/journal.key", daemon->run_directory);
	r = gw_mask_load(&mask, key);
	if (r < 0)
		log_warning("Keeping %s failed, what stands for an address in the journal changes with each start: %s",
			    key, strerror(-r));
	return gw_journal_new(&daemon->journal, daemon->event, GW_JOURNAL_SOCKET, &mask);
}

static int daemon_add_on_deadlock(struct daemon *daemon)
{
	int r = gw_on_deadlock_new(&daemon->on_deadlock, daemon->event, daemon->reports, GW_START_UNIT_SOCKET);

	if (r >= 0)
		gw_on_deadlock_set(daemon->on_deadlock, daemon->config.on_deadlock, daemon->config.on_deadlock_ns);
	return r;
}

/* The report store, and who has reports from it, in the order in which they get them. */
static int daemon_add_reports(struct daemon *daemon)
{
	int r = gw_reports_new(&daemon->reports, daemon->config.keep_resolved);

	daemon->status.reports = daemon->reports;
	if (r >= 0)
		r = daemon_add_journal(daemon);
	if (r >= 0 && daemon->options.standalone)
		r = gw_output_new(&daemon->output, daemon->event, STDOUT_FILENO);
	if (r >= 0)
		r = gw_journal_follow(daemon->journal, daemon->reports);
	if (r >= 0)
		r = gw_detected_new(&daemon->detected, daemon->reports);
	daemon->status.detected = daemon->detected;
	if (r >= 0)
		r = daemon_add_on_deadlock(daemon);
	return r < 0 ? r : gw_reports_subscribe(daemon->reports, daemon_on_report, daemon);
}

static int daemon_add_bus_api(struct daemon *daemon)
{
	struct gw_bus_api_parts parts = {
		.watch = daemon->watch,
		.scheduler = daemon->scheduler,
		.boot = daemon->boot,
		.reports = daemon->reports,
		.status = &daemon->status,
	};

	return gw_bus_api_new(&daemon->api, daemon->event, &parts);
}

static int daemon_follow_modules(struct daemon *daemon)
{
	int fd = gw_loader_module_fd(daemon->loader);

	return fd < 0 ? 0 : sd_event_add_io(daemon->event, NULL, fd, EPOLLIN, daemon_on_modules, daemon);
}

static void daemon_on_bad_known(const char *message, void *userdata)
{
	(void)userdata;
	log_warning("%s", message);
}

/* Everything between the loader and the outside; what fails here is out of memory or a bug. */
static int daemon_add_parts(struct daemon *daemon)
{
	struct gw_policy new_policy = daemon_policy(&daemon->config);
	struct gw_pace new_pace = daemon_pace(&daemon->config);
	int r;

	daemon_find_run_directory(daemon);
	r = daemon_add_reports(daemon);
	if (r >= 0)
		r = gw_known_load(&daemon->known, daemon_on_bad_known, NULL);
	if (r >= 0)
		r = gw_watch_new(&daemon->watch, daemon->loader, daemon->reports, daemon->known, &new_policy,
				 daemon->config.recording_bytes);
	if (r >= 0)
		r = gw_scheduler_new(&daemon->scheduler, daemon->event, daemon->watch, &new_pace, daemon_on_looked,
				     daemon);
	if (r >= 0)
		r = daemon_add_boot_observer(daemon);
	if (r >= 0)
		r = daemon_add_bus_api(daemon);
	if (r >= 0)
		r = gw_private_socket_serve(daemon->private_socket, daemon->event, daemon->api, &daemon->memory);
	if (r >= 0 && !daemon->options.standalone)
		r = gw_bus_new(&daemon->bus, daemon->event, daemon->api);
	if (r >= 0)
		r = daemon_follow_modules(daemon);
	if (r < 0)
		log_error("Starting failed: %s", strerror(-r));
	return r;
}

static void daemon_lock_memory(struct daemon *daemon)
{
	daemon->status.memory_error = -gw_memory_lock(&daemon->memory, daemon->config.recording_bytes);
	if (daemon->status.memory_error)
		log_warning("Memory cannot be locked (%s): gpuwatchd itself may get stuck when memory is short.",
			    strerror(daemon->status.memory_error));
}

static int daemon_start(struct daemon *daemon)
{
	char message[512];
	int r;

	r = sd_event_default(&daemon->event);
	if (r >= 0)
		r = daemon_add_signals(daemon);
	if (r < 0) {
		log_error("The event loop cannot be set up: %s", strerror(-r));
		return r;
	}
	r = gw_private_socket_new(&daemon->private_socket, daemon->options.private_socket, SOCKET_PATIENCE_MSEC,
				  message, sizeof(message));
	if (r < 0) {
		log_error("%s", message);
		return r;
	}
	r = gw_perf_new(&daemon->perf, GW_PERF_SOCKET);
	if (r >= 0)
		r = daemon_attach(daemon);
	if (r < 0)
		return r;
	r = daemon_add_parts(daemon);
	if (r >= 0)
		daemon_lock_memory(daemon);
	return r;
}

/* The loop, counting how often it wakes up. */
static int daemon_run(struct daemon *daemon)
{
	int r = 0;

	while (r >= 0 && sd_event_get_state(daemon->event) != SD_EVENT_FINISHED) {
		r = sd_event_prepare(daemon->event);
		if (r == 0) {
			r = sd_event_wait(daemon->event, UINT64_MAX);
			gw_status_woke(&daemon->status);
		}
		daemon->status.on_system_bus = gw_bus_has_name(daemon->bus);
		daemon->status.journal_lost = gw_journal_lost(daemon->journal);
		if (r > 0)
			r = sd_event_dispatch(daemon->event);
	}
	if (r < 0)
		log_error("The event loop failed: %s", strerror(-r));
	return r;
}

static void daemon_stop(struct daemon *daemon)
{
	gw_bus_free(daemon->bus);
	gw_private_socket_free(daemon->private_socket);
	gw_bus_api_free(daemon->api);
	gw_boot_observer_free(daemon->boot);
	gw_scheduler_free(daemon->scheduler);
	gw_watch_free(daemon->watch);
	gw_known_free(daemon->known);
	gw_journal_free(daemon->journal);
	gw_output_free(daemon->output);
	gw_reports_free(daemon->reports);
	gw_detected_free(daemon->detected);
	gw_on_deadlock_free(daemon->on_deadlock);
	gw_loader_free(daemon->loader);
	gw_perf_free(daemon->perf);
	sd_event_unref(daemon->event);
}

static int daemon_serve(struct daemon *daemon)
{
	int r;

	r = daemon_start(daemon);
	if (r < 0)
		return r;
	gw_objects_unlock_embedded();
	daemon_report_degraded(daemon);
	r = sd_event_set_watchdog(daemon->event, true);
	if (r < 0)
		log_warning("The watchdog cannot be served: %s", strerror(-r));
	daemon_notify_status(daemon, "READY=1\n");
	r = daemon_run(daemon);
	sd_notify(false, "STOPPING=1");
	if (r >= 0 && daemon->config.pin_directory[0] && !daemon->options.keep_pins) {
		gw_loader_unpin(daemon->loader);
		gw_boot_observer_unpin(daemon->boot);
	}
	return r;
}

static int daemon_unpin_directory(const char *directory)
{
	int r = gw_unpin(directory);

	if (r < 0)
		log_error("Removing the pins in %s failed: %s", directory,
			  r == -ENOTSUP ? "not on a bpffs" : strerror(-r));
	return r;
}

static int daemon_unpin(const struct daemon *daemon)
{
	char boot[300];
	int r, s;

	if (!daemon->config.pin_directory[0])
		return 0;
	r = daemon_unpin_directory(daemon->config.pin_directory);
	s = gw_boot_programs_directory(daemon->config.pin_directory, boot, sizeof(boot));
	if (s >= 0)
		s = daemon_unpin_directory(boot);
	return r < 0 ? r : s;
}

/* Needs no configuration: in the initramfs there is none. */
static int daemon_record_boot(const struct gw_options *options)
{
	struct gw_perf *perf = NULL;
	char directory[300];
	int r;

	r = gw_boot_programs_directory(options->pin_directory ? options->pin_directory : GW_CONFIG_PIN_DIRECTORY,
				       directory, sizeof(directory));
	if (r < 0) {
		log_error("--pin-directory=: the name is too long");
		return r;
	}
	r = gw_perf_new(&perf, GW_PERF_SOCKET);
	if (r >= 0)
		r = gw_boot_record(directory, options->btf, perf);
	gw_perf_free(perf);
	return r;
}

static bool daemon_may_open(const struct gw_perf_event *event)
{
	/* Where in the kernel a breakpoint is, is the daemon's word: it can but count who comes along there. */
	if (event->kind == GW_PERF_BREAKPOINT)
		return gw_trylocks_name(event->function);
	return event->kind == GW_PERF_CLOCK || gw_probe_table_names(event->function);
}

/* Must answer when memory is short, as the daemon must. */
static int daemon_open_perf_events(void)
{
	int r;

	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		log_warning("Memory cannot be locked: %s", strerror(errno));
	r = gw_perf_serve(STDIN_FILENO, daemon_may_open);
	if (r < 0)
		log_error("Standard input cannot be served as a socket: %s", strerror(-r));
	return r;
}

static int daemon_start_unit(const struct gw_config *config)
{
	if (config->on_deadlock[0])
		return gw_start_unit_serve(STDIN_FILENO, config->on_deadlock);
	log_error("OnDeadlock= is not set below /etc or /usr/lib: nothing is started.");
	return -ENOENT;
}

int main(int argc, char **argv)
{
	struct daemon daemon = { 0 };
	int r;

	gw_log_open();
	r = gw_options_parse(&daemon.options, argc, argv);
	if (r <= 0)
		return r < 0 ? EXIT_USAGE : EXIT_SUCCESS;
	if (daemon.options.record_boot)
		return daemon_record_boot(&daemon.options) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (daemon.options.boot_job)
		return gw_worker_main(daemon.options.boot_job, gw_boot_run);
	if (daemon.options.open_perf_events)
		return daemon_open_perf_events() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (daemon_load_config(&daemon.options, &daemon.config) < 0)
		return EX_CONFIG;
	if (daemon.options.unpin)
		return daemon_unpin(&daemon) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (daemon.options.start_unit)
		return daemon_start_unit(&daemon.config) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	signal(SIGPIPE, SIG_IGN);
	gw_memory_begin();
	gw_status_init(&daemon.status);
	daemon.status.pin_directory = daemon.config.pin_directory;
	daemon.status.standalone = daemon.options.standalone;
	r = daemon_serve(&daemon);
	daemon_stop(&daemon);
	return r >= 0 ? EXIT_SUCCESS : daemon.unavailable ? EX_UNAVAILABLE : EXIT_FAILURE;
}
