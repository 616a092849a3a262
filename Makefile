# SPDX-License-Identifier: GPL-2.0-or-later
# Builds, installs and tests gpuwatch. `make help` lists the targets.

VERSION := 0.1.0

# Standard GNU directory variables; override on the command line.
PREFIX ?= /usr/local
prefix ?= $(PREFIX)
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
sbindir ?= $(exec_prefix)/sbin
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

CC ?= cc
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
INSTALL ?= install
B := build
SYSROOT :=
BPF_ARCH := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')

# CROSS=arm64 builds for that machine on this one, with Debian's libraries for it unpacked in the cache.
CROSS ?=
ifneq ($(CROSS),)
SYSROOT := $(shell tests/$(CROSS)/fetch-sysroot)
$(if $(SYSROOT),,$(error no libraries to build for $(CROSS) with))
B := build-$(CROSS)
CC := aarch64-linux-gnu-gcc --sysroot=$(SYSROOT)
PKG_CONFIG := env PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	      PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/aarch64-linux-gnu/pkgconfig:$(SYSROOT)/usr/share/pkgconfig pkg-config
BPF_ARCH := $(CROSS)
endif

# Packagers set CFLAGS; the project's own strictness is WERROR=1 (the default in `make check`).
CFLAGS ?= -O2 -g
WERROR ?=
GW_CFLAGS = -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes -Wno-unused-parameter \
	    $(if $(WERROR),-Werror) -DGW_VERSION='"$(VERSION)"' -I$(B) -I.
GW_DEPFLAGS = -MMD -MP
LIB_PKGS := jansson zlib libkmod libelf
DAEMON_PKGS := libbpf libsystemd liblz4 $(LIB_PKGS)
CLI_PKGS := libsystemd smartcols ncursesw $(LIB_PKGS)
EXPORTER_PKGS := libsystemd libmicrohttpd jansson
pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1))
pkg_libs = $(shell $(PKG_CONFIG) --libs $(1))

BPF_SRC := $(wildcard bpf/*.bpf.c bpf/*/*.bpf.c)
BPF_SKEL := $(BPF_SRC:%.bpf.c=$(B)/%.skel.h)
LIB_SRC := $(wildcard lib/*/*.c lib/*/*/*.c)
DAEMON_SRC := $(wildcard daemon/*.c daemon/*/*.c daemon/*/*/*.c)
CLI_SRC := $(filter-out cli/static/%,$(wildcard cli/*.c cli/*/*.c))
STATIC_SRC := $(wildcard cli/static/*.c)
EXPORTER_SRC := $(wildcard exporter/*.c)
UNIT_SRC := $(wildcard tests/unit/test-*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)

BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -ffile-prefix-map=$(CURDIR)=. -Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror) \
	      -D__TARGET_ARCH_$(BPF_ARCH) -I. -idirafter $(SYSROOT)/usr/include/$(shell $(CC) -print-multiarch)

.PHONY: all deps
## all: gpuwatchd, gpuwatch-cli and gpuwatch-exporter, into build; with CROSS=arm64 for that machine, into build-arm64
all: $(B)/gpuwatchd $(B)/gpuwatch-cli $(B)/gpuwatch-exporter

## deps: install every package that building and testing need (Debian 12)
deps:
	./setup.sh

# ---- BPF objects, embedded into the daemon as skeletons ----------------------

$(B)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) $(GW_DEPFLAGS) -c $< -o $@
	$(LLVM_STRIP) -g $@

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $(subst -,_,$(notdir $*))_bpf >$@.tmp
	mv $@.tmp $@

# ---- programs ----------------------------------------------------------------

# The path of installed data is in there: built anew when another one is asked for, of what is installed.
$(B)/datadir: FORCE
	@mkdir -p $(@D)
	@[ "$$(cat $@ 2>/dev/null)" = '$(datadir)' ] || echo '$(datadir)' >$@

WITH_DATADIR := $(foreach file,dependency-files known-files,$(addsuffix lib/system/$(file).o,$(B)/ $(B)/san/ $(B)/fuzz/))
$(B)/lib/system/dependency-files.o $(B)/lib/system/known-files.o: $(B)/datadir
$(WITH_DATADIR): GW_CFLAGS += -DGW_DATADIR='"$(datadir)"'

$(B)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(GW_CFLAGS) $(call pkg_cflags,$(LIB_PKGS)) $(CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

$(B)/daemon/%.o: daemon/%.c | $(BPF_SKEL)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(GW_CFLAGS) $(call pkg_cflags,$(DAEMON_PKGS)) $(CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

$(B)/cli/%.o: cli/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(GW_CFLAGS) $(call pkg_cflags,$(CLI_PKGS)) $(CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

$(B)/exporter/%.o: exporter/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(GW_CFLAGS) $(call pkg_cflags,$(EXPORTER_PKGS)) $(CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

# The pages of the classes of reports, as a table of names and texts.
CLASS_PAGES := $(wildcard docs/classes/*.md)
$(B)/class-pages.h: $(CLASS_PAGES)
	@mkdir -p $(@D)
	for page in $(CLASS_PAGES); do \
		printf '{ "%s",\n' "$$(basename $$page .md)" && \
		sed 's/[\\"]/\\&/g; s/.*/  "&\\n"/' $$page && echo '},' || exit; \
	done >$@.tmp
	mv $@.tmp $@

$(B)/cli/classes/classes.o $(B)/san/cli/classes/classes.o: $(B)/class-pages.h

# The script of the exporter's pages, as lines of a string.
$(B)/pages-script.h: exporter/pages.js
	@mkdir -p $(@D)
	sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< >$@

$(B)/exporter/pages.o $(B)/san/exporter/pages.o: $(B)/pages-script.h

# What the programs share; each links what it uses of it.
$(B)/libgpuwatch.a: $(LIB_SRC:%.c=$(B)/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/gpuwatchd: $(DAEMON_SRC:%.c=$(B)/%.o) $(B)/libgpuwatch.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(DAEMON_PKGS)) -o $@

$(B)/gpuwatch-cli: $(CLI_SRC:%.c=$(B)/%.o) $(B)/libgpuwatch.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(CLI_PKGS)) -o $@

# For machines without its libraries. Debian has no static ones of some of them: cli/static has what is linked in their place, so
# that nothing in the archives asks for them.
STATIC_PKGS := jansson zlib libelf
$(B)/libgpuwatch-cli.a: $(patsubst %.c,$(B)/%.o,$(filter-out cli/main.c,$(CLI_SRC)))
	@rm -f $@
	$(AR) qcs $@ $^

$(B)/gpuwatch-cli-static: $(STATIC_SRC:%.c=$(B)/%.o) $(B)/libgpuwatch-cli.a $(B)/libgpuwatch.a
	$(CC) $(CFLAGS) $(LDFLAGS) -static $^ $(call pkg_libs,--static $(STATIC_PKGS)) -o $@

.PHONY: static
## static: build/gpuwatch-cli-static: explain, replay, show, check and probe-order for machines without gpuwatch's libraries
static: $(B)/gpuwatch-cli-static
	@size -A $< | tail -n 2 | head -n 1

$(B)/gpuwatch-exporter: $(EXPORTER_SRC:%.c=$(B)/%.o) $(B)/libgpuwatch.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(EXPORTER_PKGS)) -lm -o $@

# ---- unit tests, always under ASan and UBSan -----------------------------------

SAN_CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# What is tested counts its operations, see tests/unit/operations.h; the tests do not.
SAN_COUNT := -fsanitize-coverage=trace-pc
# Everything but main() can be tested; a test links what it uses.
SAN_OBJ := $(patsubst %.c,$(B)/san/%.o,$(LIB_SRC) $(filter-out daemon/main.c exporter/main.c,$(DAEMON_SRC) $(EXPORTER_SRC)))

# Built anew with other flags.
$(B)/san/flags: FORCE
	@mkdir -p $(@D)
	@[ "$$(cat $@ 2>/dev/null)" = '$(SAN_CFLAGS) $(SAN_COUNT)' ] || echo '$(SAN_CFLAGS) $(SAN_COUNT)' >$@

$(B)/san/%.o: %.c $(B)/san/flags | $(BPF_SKEL)
	@mkdir -p $(@D)
	$(CC) $(GW_CFLAGS) -Werror $(call pkg_cflags,$(DAEMON_PKGS)) $(SAN_CFLAGS) $(SAN_COUNT) $(GW_DEPFLAGS) -c $< -o $@

$(B)/san/operations.o: tests/unit/operations.c $(B)/san/flags
	@mkdir -p $(@D)
	$(CC) $(GW_CFLAGS) -Werror $(SAN_CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

$(B)/san/libgpuwatch.a: $(SAN_OBJ) $(B)/san/operations.o
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/unit/%: tests/unit/%.c $(B)/san/libgpuwatch.a
	@mkdir -p $(@D)
	$(CC) $(GW_CFLAGS) -Werror $(call pkg_cflags,$(DAEMON_PKGS) cmocka) $(SAN_CFLAGS) $(GW_DEPFLAGS) \
		$< $(B)/san/libgpuwatch.a $(call pkg_libs,$(DAEMON_PKGS) cmocka) -o $@

.PHONY: check-unit
## check-unit: the unit tests alone
check-unit: $(UNIT_BIN)
	@tests/unit/run.sh $(abspath $(B))/unit/reports $(UNIT_BIN)

# ---- fuzzers, run by tests/fuzz/run ----------------------------------------------

FUZZ_SRC := $(wildcard tests/fuzz/fuzz-*.c)
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/fuzz/%)
FUZZ_CFLAGS := -O2 -g -Wno-format-zero-length -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

# The libraries, what is pure beside them, and what shows documents.
FUZZ_CLI := $(wildcard cli/lib/*.c cli/render/*.c cli/boot/*.c cli/svg/*.c)
FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz/%.o,$(LIB_SRC) $(FUZZ_CLI)) $(addprefix $(B)/fuzz/daemon/,kernel/getter.o serve/intake.o serve/reports.o config.o \
	boot/kept/kmsg-log.o boot/kept/log.o boot/kept/reported.o boot/request.o)

$(FUZZ_OBJ): $(B)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(CLANG) $(GW_CFLAGS) $(call pkg_cflags,$(CLI_PKGS)) $(FUZZ_CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

# Appended: two folders have a file of one name.
$(B)/fuzz/libgpuwatch.a: $(FUZZ_OBJ)
	@rm -f $@
	$(AR) qcs $@ $^

$(B)/fuzz/fuzz-%: tests/fuzz/fuzz-%.c $(B)/fuzz/libgpuwatch.a
	$(CLANG) $(GW_CFLAGS) $(call pkg_cflags,$(CLI_PKGS)) $(FUZZ_CFLAGS) $(GW_DEPFLAGS) \
		$< $(B)/fuzz/libgpuwatch.a $(call pkg_libs,$(CLI_PKGS)) -o $@

.PHONY: fuzz
## fuzz: all fuzzers, an hour together (FUZZ_SECONDS=N: each for so long)
FUZZ_SECONDS ?= $(shell echo $$((3600 / $(words $(FUZZ_SRC)))))
fuzz: deps
	@tests/fuzz/run $(FUZZ_SECONDS)

# ---- real kernels under QEMU ---------------------------------------------------

KERNELS := 6.1 6.12 7.2
KERNEL ?= 6.1
LAB := $(KERNELS:%=$(B)/lab/%/stamp) $(KERNELS:%=$(B)/lab-probe/%/stamp) $(B)/lab/6.1-patched/stamp $(B)/lab-probe/6.1-patched/stamp \
       $(B)/lab/6.12-rt/stamp \
       $(if $(EVERYWHERE),$(B)/lab/6.1-rt/stamp $(B)/lab/7.2-patched/stamp $(B)/lab-probe/7.2-patched/stamp)

# The lab modules and their user-space helper; build-module does nothing when nothing changed.
.PHONY: FORCE
$(B)/lab-probe/%/stamp: FORCE
	@mkdir -p $(@D)
	@tests/vm/build-module $* tests/lab-probe $(@D)
	@touch $@

$(B)/lab/%/stamp: FORCE
	@mkdir -p $(@D)
	@tests/vm/build-module $* tests/lab $(@D)
	@# One for all kernels, of which several may be at this at once.
	@flock tests/lab/Makefile $(MAKE) -s -C tests/lab labuser CC="$(CC)"
	@cp -u tests/lab/labuser $(@D)/
	@touch $@

# What tests/bench/run runs in guests.
BENCH := $(addprefix $(B)/bench/,empty scale boot explain native)

$(B)/bench/empty.bpf.o: tests/bench/empty.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@
	$(LLVM_STRIP) -g $@

$(B)/tests/bench/empty.skel.h: $(B)/bench/empty.bpf.o
	@mkdir -p $(@D)
	$(BPFTOOL) gen skeleton $< name empty_bpf >$@

$(B)/bench/empty: tests/bench/empty.c $(B)/tests/bench/empty.skel.h
	$(CC) $(GW_CFLAGS) $(CFLAGS) $< $(call pkg_libs,libbpf) -o $@

# The hot programs, compiled for this machine.
$(B)/bench/native: tests/bench/native.c
	@mkdir -p $(@D)
	$(CLANG) -O2 -Wall -Wextra -Wno-unused-parameter -Wno-unknown-attributes $(if $(WERROR),-Werror) -D__TARGET_ARCH_$(BPF_ARCH) \
		-Itests/bench/native -I. $(GW_DEPFLAGS) $< -o $@

# Looks at made-up machines, their boots and logs, with the libraries as they are shipped.
$(filter-out %/empty %/native,$(BENCH)): $(B)/bench/%: tests/bench/%.c $(B)/libgpuwatch.a
	@mkdir -p $(@D)
	$(CC) $(GW_CFLAGS) $(CFLAGS) $(call pkg_cflags,$(LIB_PKGS) cmocka) $(GW_DEPFLAGS) $^ $(call pkg_libs,$(LIB_PKGS) cmocka) -o $@

# Prints what the daemon reads of the system.
$(B)/state: $(B)/tests/state/state.o $(B)/libgpuwatch.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(call pkg_libs,$(LIB_PKGS)) -o $@

$(B)/tests/state/state.o: tests/state/state.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(GW_CFLAGS) $(call pkg_cflags,$(LIB_PKGS)) $(CFLAGS) $(GW_DEPFLAGS) -c $< -o $@

# Gives the deadlocks of recordings ways out.
$(B)/way-out: tests/fixtures/way-out.c $(B)/libgpuwatch.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(GW_CFLAGS) $(call pkg_cflags,$(LIB_PKGS)) $(CFLAGS) $(LDFLAGS) $(GW_DEPFLAGS) $^ $(call pkg_libs,$(LIB_PKGS)) -o $@

# A member of the group that wants to hurt the daemon.
$(B)/attack: tests/attack/attack.c
	@mkdir -p $(@D)
	$(CC) $(GW_CFLAGS) $(CFLAGS) $< $(call pkg_cflags,libsystemd) $(call pkg_libs,libsystemd) -o $@

GUEST_FILES := --bin $(B)/gpuwatchd --bin $(B)/gpuwatch-cli --bin $(B)/bench/empty --bin /usr/bin/jq \
	       --add tests/vm/cases:/cases --add $(B)/lab/$(KERNEL)/gpulab.ko:/lab/gpulab.ko \
	       --add $(B)/lab/$(KERNEL)/labuser:/usr/bin/labuser
CMD ?=

.PHONY: kernel kernel-events kernel-bench
## kernel: build a series' own bootable kernel (KERNEL=6.1|7.2, or 6.1-shipped and the like, see tests/vm/build-kernel)
kernel: deps
	@tests/vm/build-kernel $(if $(findstring -,$(KERNEL)),$(KERNEL),$(KERNEL)-patched)

## kernel-events: see the events of a series fire (KERNEL=6.1|7.2), and write its part of docs/kernel-events.md
kernel-events: deps
	@tests/kernel/run --write --kernel $(KERNEL) $(B)/check/kernel-events-$(KERNEL)

## kernel-bench: what the 6.1 series costs a fence, in instructions: off, on, with gpuwatch
kernel-bench: deps
	@$(MAKE) -s all $(B)/lab/6.1-plain/stamp $(B)/lab/6.1-patched/stamp
	@tests/kernel/bench $(B)

.PHONY: vm demo bench bench-check
## vm: boot KERNEL=6.1|6.12|7.2 (or 6.1-patched and the like) and run CMD='...' in it, or a shell
vm: deps
	@$(MAKE) -s all $(B)/bench/empty $(B)/lab/$(KERNEL)/stamp
	@tests/vm/run --kernel $(KERNEL) $(GUEST_FILES) $(VM_ARGS) $(if $(CMD),-- sh -c '$(CMD)',--shell)

## demo: see a real deadlock being reported on a real kernel (KERNEL=6.1|6.12|7.2)
demo: deps
	@echo "building gpuwatch"
	@$(MAKE) -s all $(B)/bench/empty
	@echo "building the lab module for Linux $(KERNEL)"
	@$(MAKE) -s $(B)/lab/$(KERNEL)/stamp
	@echo "booting Linux $(KERNEL)"
	@tests/vm/run --tty --kernel $(KERNEL) $(GUEST_FILES) -- /cases/demo.sh $(SCENARIO)

# The kernels of its part lockdep, which are built here, if it is run.
BENCH_LOCKDEP := $(if $(and $(filter 6.1,$(KERNELS)),$(findstring lockdep,$(or $(ONLY),$(if $(OWN),,lockdep)))),\
		   $(B)/lab/6.1-bare/stamp $(B)/lab/6.1-lockdep/stamp)

## bench: what gpuwatch costs, in instructions, beside what else one could run (OWN=1: alone; ONLY=PART: see tests/bench/run), on KERNELS (WRITE=1: into docs/performance.md)
bench: deps
	@$(MAKE) -s all $(BENCH) $(KERNELS:%=$(B)/lab/%/stamp) $(BENCH_LOCKDEP)
	@$(if $(OWN)$(ONLY),,./setup.sh --bench)
	@tests/bench/run $(B) $(if $(WRITE),--write) $(if $(OWN),--own) $(ONLY:%=--only=%) $(KERNELS)

## bench-check: the same without the others, on one kernel, against the figures that were kept (tests/bench/figures.json)
bench-check: deps
	@$(MAKE) -s all $(BENCH) $(B)/lab/6.12/stamp
	@tests/bench/run $(B) --check 6.12

## soak: random topologies of the lab on KERNELS, for SOAK="SECONDS [SEED [AT-ONCE]]" each (default ten minutes): what was missed, false or wrongly named
.PHONY: soak
soak: deps
	@$(MAKE) -s all $(B)/bench/empty $(KERNELS:%=$(B)/lab/%/stamp)
	@for kernel in $(KERNELS); do SOAK="$(or $(SOAK),600)" tests/vm/check $$kernel $(B) $(B)/soak/$$kernel soak || exit 1; done

.PHONY: check check-quick check-build lint kernel-check
## check: all tests, on the three kernels (EVERYWHERE=1: also those on all three for which one would do)
check: deps
	@$(MAKE) -s check-build
	@EVERYWHERE=$(EVERYWHERE) tests/parts $(B) >$(B)/parts && tests/run $(B)/check <$(B)/parts

## check-quick: what needs no guest, no root and no network: unit tests, command line, recordings, lint; before a patch is sent
check-quick:
	@$(MAKE) -s -j$(shell nproc) WERROR=1 all $(B)/way-out $(UNIT_BIN)
	@tests/parts --quick $(B) >$(B)/parts-quick && tests/run $(B)/check-quick <$(B)/parts-quick

# Everything the checks use, with warnings as errors; installed as a package would for the guest with systemd.
check-build:
	@echo "building gpuwatch, its unit tests, and the lab modules for $(KERNELS)"
	@$(MAKE) -s -j$(shell nproc) WERROR=1 all $(BENCH) $(B)/state $(B)/attack $(B)/way-out $(UNIT_BIN) $(FUZZ_BIN)
	@$(MAKE) -s $(LAB)
	@rm -rf $(B)/root
	@$(MAKE) -s install DESTDIR=$(abspath $(B))/root PREFIX=/usr

## lint: format and structure of the sources, shell scripts, man pages
lint:
	@tests/lint/run

## kernel-check: the patch series of kernel-patches/ apply, pass checkpatch, build commit by commit, and give sparse nothing new to say (about an hour; KERNEL_CHECK=--apply: no builds)
kernel-check:
	./setup.sh --kernel
	kernel-patches/check $(KERNEL_CHECK)

.PHONY: screens
## screens: try the exporter's pages in headless Chromium, and take the pictures of docs/screens
screens:
	@./setup.sh --screens
	@$(MAKE) -s all
	@tests/screens/run $(B)

.PHONY: deb rpm
## deb: the Debian packages, looked at by lintian, with their bills of materials, into build/deb (DEB=--twice: built twice, the same bytes)
deb:
	./setup.sh --packages
	@packaging/deb $(DEB) $(B)/deb

## rpm: the RPM packages, into build/rpm
rpm:
	@packaging/rpm $(B)/rpm

.PHONY: clean help
## clean: remove everything that was built here (caches stay)
clean:
	rm -rf $(B)

## help: list the targets
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

-include install.mk
-include $(shell find $(B) -name '*.d' -type f 2>/dev/null)
.SECONDARY:
