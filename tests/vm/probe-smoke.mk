# SPDX-License-Identifier: GPL-2.0-or-later
# The loader with a text dump around it, to be run in a guest: make -f tests/vm/probe-smoke.mk
include Makefile

SMOKE_OBJ := $(patsubst %,$(B)/daemon/%.o,kallsyms layout loader modules objects pins privilege probes reader tidy)

$(B)/probe-smoke: tests/vm/probe-smoke.c $(SMOKE_OBJ)
	$(CC) $(GW_CFLAGS) $(call pkg_cflags,libbpf) $(CFLAGS) $^ $(call pkg_libs,libbpf) -o $@

.DEFAULT_GOAL := $(B)/probe-smoke
