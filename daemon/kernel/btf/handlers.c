/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handlers of sections: the number of the type goes into the load, and libbpf searches for none. */
#include "daemon/kernel/btf/handlers.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>

/* libbpf gives a handler one number of ours, when it is registered: per thread, like what it complains of (objects.c). */
static _Thread_local const struct gw_types *handlers_types;

static int handlers_prepare(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
	int id = handlers_types ? gw_types_target(handlers_types, bpf_program__section_name(program)) : -ENOENT;

	if (id <= 0)
		return -ESRCH;
	options->attach_btf_id = (uint32_t)id;
	return 0;
}

static int handlers_link(struct bpf_link *made, struct bpf_link **link)
{
	*link = made;
	return made ? 0 : -errno;
}

static int handlers_attach_trace(const struct bpf_program *program, long cookie, struct bpf_link **link)
{
	return handlers_link(bpf_program__attach_trace(program), link);
}

static int handlers_attach_iter(const struct bpf_program *program, long cookie, struct bpf_link **link)
{
	return handlers_link(bpf_program__attach_iter(program, NULL), link);
}

static const struct {
	const char *section;
	enum bpf_attach_type type;
	libbpf_prog_attach_fn_t attach;
} handlers[] = {
	{ "fentry/", BPF_TRACE_FENTRY, handlers_attach_trace },
	{ "fexit/", BPF_TRACE_FEXIT, handlers_attach_trace },
	{ "tp_btf/", BPF_TRACE_RAW_TP, handlers_attach_trace },
	{ "iter/", BPF_TRACE_ITER, handlers_attach_iter },
};

int gw_handlers_register(void)
{
	static bool registered;

	for (size_t i = 0; !registered && i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = handlers_prepare,
			    .prog_attach_fn = handlers[i].attach);
		int r = libbpf_register_prog_handler(handlers[i].section, BPF_PROG_TYPE_TRACING, handlers[i].type,
						     &options);

		if (r < 0)
			return r;
	}
	registered = true;
	return 0;
}

void gw_handlers_use(const struct gw_types *types)
{
	handlers_types = types;
}
