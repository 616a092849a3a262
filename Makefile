# SPDX-License-Identifier: GPL-2.0-or-later
# Builds, installs and tests gpuwatch. `make help` lists the targets.

VERSION := 0.1.0

# Standard GNU directory variables; override on the command line.
PREFIX ?= /usr/local
prefix ?= $(PREFIX)
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
sbindir ?= $(exec_prefix)/sbin
libdir ?= $(exec_prefix)/lib
datarootdir ?= $(prefix)/share
datadir ?= $(datarootdir)
mandir ?= $(datarootdir)/man
docdir ?= $(datarootdir)/doc/gpuwatch
sysconfdir ?= /etc
# systemd, D-Bus and the journal look in fixed places, whatever the prefix.
unitdir ?= /usr/lib/systemd/system
sysusersdir ?= /usr/lib/sysusers.d
tmpfilesdir ?= /usr/lib/tmpfiles.d
catalogdir ?= /usr/lib/systemd/catalog
dbuspolicydir ?= /usr/share/dbus-1/system.d
dbusservicesdir ?= /usr/share/dbus-1/system-services

CC ?= cc
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
INSTALL ?= install
B := build

# Packagers set CFLAGS; the project's own strictness is WERROR=1 (the default in `make check`).
CFLAGS ?= -O2 -g
WERROR ?=
GW_CFLAGS = -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes -Wno-unused-parameter \
	    $(if $(WERROR),-Werror) -DGW_VERSION='"$(VERSION)"' -I$(B) -I.
GW_DEPFLAGS = -MMD -MP
DAEMON_PKGS := libbpf libsystemd jansson zlib
CLI_PKGS := libsystemd jansson smartcols zlib
CORE_PKGS := jansson zlib
pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1))
pkg_libs = $(shell $(PKG_CONFIG) --libs $(1))

BPF_SRC := $(wildcard bpf/*.bpf.c)
BPF_SKEL := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.skel.h)
CORE_SRC := $(wildcard daemon/core/*.c)
DAEMON_SRC := $(wildcard daemon/*.c)
CLI_SRC := $(wildcard cli/*.c)
UNIT_SRC := $(wildcard tests/unit/test-*.c)
CORE_OBJ := $(CORE_SRC:%.c=$(B)/%.o)
DAEMON_OBJ := $(DAEMON_SRC:%.c=$(B)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(B)/%.o)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)

BPF_ARCH := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror) \
	      -D__TARGET_ARCH_$(BPF_ARCH) -I. -idirafter /usr/include/$(shell $(CC) -print-multiarch)

.PHONY: all deps
all: $(B)/gpuwatchd $(B)/gpuwatch-cli

## deps: install every package that building and testing need (Debian 12)
deps:
	./setup.sh

# ---- BPF objects, embedded into the daemon as skeletons ----------------------

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@
	$(LLVM_STRIP) -g $@

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $(subst -,_,$*)_bpf >$@.tmp
	mv $@.tmp $@

# ---- programs ----------------------------------------------------------------

$(B)/daemon/core/%.o: daemon/core/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(GW_CFLAGS) $(call pkg_cflags,$(CORE_PKGS)) $(CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

$(B)/daemon/%.o: daemon/%.c | $(BPF_SKEL)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(GW_CFLAGS) $(call pkg_cflags,$(DAEMON_PKGS)) $(CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

$(B)/cli/%.o: cli/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(GW_CFLAGS) $(call pkg_cflags,$(CLI_PKGS)) $(CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

$(B)/gpuwatchd: $(DAEMON_OBJ) $(CORE_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(DAEMON_PKGS)) -o $@

$(B)/gpuwatch-cli: $(CLI_OBJ) $(CORE_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(CLI_PKGS)) -o $@

# ---- unit tests, always under ASan and UBSan -----------------------------------

SAN_CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SAN_CORE_OBJ := $(CORE_SRC:%.c=$(B)/san/%.o)
# The daemon's modules that parse or decide without I/O, and are tested so.
SAN_EDGE_OBJ := $(patsubst %.c,$(B)/san/%.o,$(wildcard daemon/config.c daemon/kallsyms.c))

$(B)/san/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(GW_CFLAGS) -Werror $(call pkg_cflags,$(DAEMON_PKGS)) $(SAN_CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

$(B)/unit/%: tests/unit/%.c $(SAN_CORE_OBJ) $(SAN_EDGE_OBJ)
	@mkdir -p $(@D)
	$(CC) $(GW_CFLAGS) -Werror $(call pkg_cflags,$(DAEMON_PKGS) cmocka) $(SAN_CFLAGS) $(GW_DEPFLAGS) \
		$< $(SAN_CORE_OBJ) $(SAN_EDGE_OBJ) $(call pkg_libs,$(DAEMON_PKGS) cmocka) -o $@

.PHONY: check-unit
## check-unit: the unit tests alone
check-unit: $(UNIT_BIN)
	@for t in $(UNIT_BIN); do echo "== $$t"; $$t || exit 1; done

.PHONY: clean help
## clean: remove everything that was built here (caches stay)
clean:
	rm -rf $(B)

## help: list the targets
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.SECONDARY:
