# Writ: one non-recursive makefile; everything built goes to build/ (make BUILD=dir to change).
#
# `make help` lists the targets. `make demo` and `make test` install what is missing (Debian packages)
# before they build; every other target expects it to be there (`make deps`).

BUILD      ?= build
PREFIX     ?= /usr/local
DESTDIR    ?=
VERSION    := 0.1.0

CC         := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
MUSL_CC    ?= musl-gcc
STRIP      ?= strip
FLEX       ?= flex
BISON      ?= bison
CLANG      ?= clang-14
CLANG_TIDY ?= clang-tidy
CLANG_FORMAT ?= clang-format

# ---- flags -------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wundef -Wvla -Wformat=2 -Wcast-qual -Wnull-dereference -Wswitch-enum
HARDEN   := -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2
LINK_HARDEN := -Wl,-z,relro,-z,now
# As writ, its helpers load nothing: whoever calls them may have set LD_PRELOAD for others.
HELPER_LINK := -static-pie
OPT      ?= -O2
CFLAGS   ?= $(OPT) -g
STD      := -std=c11 -D_GNU_SOURCE -DWRIT_VERSION='"$(VERSION)"'
ifeq ($(DEVELOPER),1)
WARNINGS += -Werror
endif
ifeq ($(SAN),1)
BUILD    := $(BUILD)/san
CFLAGS   := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
HARDEN   := -fstack-protector-strong
HELPER_LINK := -pie
endif
ifeq ($(COV),1)
BUILD    := $(BUILD)/cov
CFLAGS   := -O0 -g --coverage
HARDEN   :=
HELPER_LINK := -pie
endif

COMPILER_FLAGS = $(STD) $(CFLAGS) $(HARDEN) -fPIE $(WARNINGS) -Icompiler -I. -I$(GEN) -MMD -MP
RUNTIME_FLAGS  = $(STD) $(CFLAGS) $(HARDEN) -fPIC -fvisibility=hidden -DWRIT_BUILDING $(WARNINGS) -I. -MMD -MP
# Small, as less of it has to be read and mapped at each start; what is a loop over all bytes stays fast.
# Nothing unwinds in it; debuggers have their own tables in writ.debug. A static program has one address,
# so that tables of pointers are constants like others, and constants stand behind the code. Optimized as a
# whole, which makes it smaller again.
MUSL_OPT       = -Oz -fmerge-all-constants
MUSL_FLAGS     = $(STD) $(MUSL_OPT) -flto=auto -g -fno-asynchronous-unwind-tables -fno-unwind-tables $(HARDEN) -fno-pie \
	-fvisibility=hidden -DWRIT_BUILDING -ffunction-sections -fdata-sections $(WARNINGS) -Iruntime/static -I. -MMD -MP
# Nothing in a static program of musl's makes its relocations read-only, so no page is kept for them; what is
# written stands right behind the code in the file.
MUSL_LINK      = $(MUSL_FLAGS) -static -no-pie -Wl,-z,norelro,-z,common-page-size=64,-z,noseparate-code,--gc-sections
TEST_FLAGS     = $(STD) $(CFLAGS) -fPIE -Wall -Wextra -Wshadow -Wstrict-prototypes -Wundef -Wvla -Wformat=2 \
	$(if $(filter 1,$(DEVELOPER)),-Werror) -Icompiler -I. -I$(GEN) -Itests -MMD -MP
COMPILER_LIBS  := -lseccomp -lsodium -ljansson -lyaml
AUDIT_LIBS     := -lsqlite3 -lsodium -ljansson
ALERT_LIBS     := -lcurl -ljansson

# One short line a step; V=1 shows the commands.
ifeq ($(V),1)
Q :=
say =
else ifneq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
Q := @
say =
else
Q := @
say = @printf '  %-8s %s\n' '$(1)' '$(2)'
endif

# ---- files -------------------------------------------------------------------------------------------

GEN          := $(BUILD)/gen
COMPILER_SRC := $(wildcard compiler/*.c compiler/*/*.c)
RUNTIME_SRC  := $(wildcard runtime/*.c runtime/monitor/*.c)
# libwrit-audit, and writ-audit, which is that library behind writ's verbs.
AUDIT_SRC    := $(wildcard runtime/audit/*.c)
AUDIT_CLI_SRC := $(wildcard runtime/audit/cli/*.c)
PUBLIC       := $(patsubst %,runtime/%.h,writ writ_info writ_net writ_files writ_monitor writ_audit writ_identity writ_metrics writ_sign writ_args writ_reload)
# What of it writc takes to check a signature.
SIGN_SRC     := $(addprefix runtime/audit/,fail.c keys.c sign.c)
CLI_SRC      := $(wildcard runtime/cli/*.c)
STATIC_SRC   := $(wildcard runtime/static/*.c)
# Programs that writ executes: writ-learn of the files in runtime/learn/, writ-doctor of those in runtime/prove/.
HELPERS      := learn doctor
PROVE_SRC    := $(wildcard runtime/prove/*.c)
HELPER_SRC   := $(wildcard runtime/learn/*.c) $(PROVE_SRC)
UNIT_SRC     := $(wildcard tests/unit/*.c)
SUPPORT_SRC  := $(wildcard tests/support/*.c)
# writ-alert, the only one that has to do with libcurl: writ audit alerts executes it.
ALERT_SRC    := $(wildcard runtime/alert/*.c)
BENCH_SRC    := $(wildcard tests/bench/*.c)
FUZZ_SRC     := $(wildcard tests/fuzz/*.c)
LIVE_FILES   := $(wildcard tests/live/*.[ch] tests/live/*.def)
PROBE_FILES  := $(wildcard tests/live/probe/*.[ch] tests/live/probe/*.def)
POLICIES     := $(patsubst policies/%/policy.writ,%,$(wildcard policies/*/policy.writ))

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
COMPILER_OBJ := $(call obj,$(COMPILER_SRC)) $(BUILD)/obj/gen/policy.tab.o $(BUILD)/obj/gen/policy.lex.o
RUNTIME_OBJ  := $(call obj,$(RUNTIME_SRC))
CLI_OBJ      := $(call obj,$(CLI_SRC))
AUDIT_OBJ    := $(call obj,$(AUDIT_SRC))
AUDIT_CLI_OBJ := $(call obj,$(AUDIT_CLI_SRC))
ALERT_OBJ    := $(call obj,$(ALERT_SRC))
HELPER_OBJ   := $(call obj,$(HELPER_SRC))
HELPER_BIN   := $(patsubst %,$(BUILD)/writ-%,$(HELPERS))
PROVE_OBJ    := $(call obj,$(PROVE_SRC))
UNIT_OBJ     := $(call obj,$(UNIT_SRC) $(SUPPORT_SRC) runtime/static/format.c runtime/static/passwd.c) $(filter-out %/main.o %/doctor.o %/report_text.o %/report_json.o,$(PROVE_OBJ))
MUSL_OBJ     := $(patsubst %.c,$(BUILD)/musl/%.o,$(RUNTIME_SRC) $(CLI_SRC))
# What the static writ has of libc in its own form: no builtins to the compiler, which would find them in themselves.
MUSL_STATIC  := $(patsubst %.c,$(BUILD)/musl/%.o,$(STATIC_SRC))
MUSL_PROVE   := $(patsubst %.c,$(BUILD)/musl/%.o,$(PROVE_SRC))
BENCH_BIN    := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(BENCH_SRC))
FUZZ_BIN     := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))
LIVE_BIN     := $(BUILD)/live/driver $(BUILD)/live/probe
EXPLAIN_BIN  := $(BUILD)/live/explained
BUNDLES      := $(patsubst %,$(BUILD)/policies/%.wrt,$(POLICIES))
LIB_OBJ      := $(filter-out %/cli/main.o,$(COMPILER_OBJ)) $(RUNTIME_OBJ) $(call obj,$(SIGN_SRC))

all: $(BUILD)/writc $(BUILD)/writ $(HELPER_BIN) $(BUILD)/writ-audit $(BUILD)/writ-alert $(BUILD)/libwrit.a $(BUILD)/libwrit.so \
	$(BUILD)/libwrit-audit.a $(BUILD)/libwrit-audit.so $(BUNDLES)

help:
	@echo "make demo      install what is missing, build, and show a policy at work (about a minute)"
	@echo "make test      install what is missing, then everything a contributor must pass"
	@echo "make deps      only install what is missing (Debian packages; make demo and make test do)"
	@echo "make           build/writc, build/writ and its helpers, build/libwrit.a, build/libwrit.so, example bundles"
	@echo "make check     static checks: warnings, clang-tidy, format, layers, symbols, sizes, generated/"
	@echo "make unit      unit tests only          make live      attack tests only"
	@echo "make test-kernels  the attack tests on other kernels, in virtual machines (half an hour)"
	@echo "make live-explain  the attack tests under writ run --explain, which must change nothing"
	@echo "make stress    many launches at once, in a row, and with the runtime killed"
	@echo "make faults    launches with every system call made to fail"
	@echo "make network   clients and servers beside a sandbox's network section (NETWORK=PARTS-OF-NAMES)"
	@echo "make lsp       the language server, with editors' clients where they are installed"
	@echo "make fuzz      fuzz every parser (FUZZ_SECONDS=60 each)"
	@echo "make tsan      what threads share, under ThreadSanitizer"
	@echo "make bench     benchmark tables         make coverage  line coverage of the tests"
	@echo "make generate  refresh generated/       make update-golden  refresh tests/golden"
	@echo "make install   PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)      make clean"
	@echo "With DEVELOPER=1 warnings are errors, SAN=1 builds with sanitizers, V=1 shows the commands."

# ---- generated code ----------------------------------------------------------------------------------

$(GEN)/policy.tab.c $(GEN)/policy.tab.h &: grammar/policy.y
	@mkdir -p $(GEN)
	$(call say,BISON,$<)
	$(Q)$(BISON) -Wall -Werror -o $(GEN)/policy.tab.c --defines=$(GEN)/policy.tab.h $<
$(GEN)/policy.lex.c: grammar/policy.l
	@mkdir -p $(GEN)
	$(call say,FLEX,$<)
	$(Q)$(FLEX) -o $@ $<
$(BUILD)/obj/gen/policy.lex.o: $(GEN)/policy.lex.c $(GEN)/policy.tab.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMPILER_FLAGS) -Wno-null-dereference -c -o $@ $<
# The examples that writc explain-code shows are the tests' own.
$(GEN)/examples.inc: tests/support/examples.sh $(wildcard tests/lint/*.writ tests/bad/*.writ tests/bad/*.yaml tests/bad/*.json)
	@mkdir -p $(GEN)
	$(call say,GEN,$@)
	$(Q)tests/support/examples.sh > $@
$(BUILD)/obj/compiler/cli/explain_code.o: $(GEN)/examples.inc
$(BUILD)/obj/gen/policy.tab.o: $(GEN)/policy.tab.c $(GEN)/policy.tab.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMPILER_FLAGS) -c -o $@ $<
$(call obj,$(wildcard compiler/front/*.c)): | $(GEN)/policy.tab.h
# What writ-learn and writ-doctor know of system calls is what the compiler's tables say.
TABLES_OBJ := $(call obj,$(wildcard compiler/tables/*.c compiler/base/*.c))
$(GEN)/learn-calls: compiler/tables/gen/learn_calls.c $(TABLES_OBJ)
	@mkdir -p $(GEN)
	$(call say,LINK,$@)
	$(Q)$(CC) $(COMPILER_FLAGS) -o $@ $^ -lseccomp
# A cross build takes what it has to execute from another: NATIVE is that one's directory.
NATIVE ?= $(BUILD)
$(GEN)/learn_calls.inc: $(NATIVE)/gen/learn-calls
	@mkdir -p $(GEN)
	$(call say,GEN,$@)
	$(Q)$< > $@
$(BUILD)/obj/runtime/learn/calls.o: $(GEN)/learn_calls.inc

# ---- objects and programs ----------------------------------------------------------------------------

$(BUILD)/obj/compiler/%.o: compiler/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(COMPILER_FLAGS) -c -o $@ $<
$(BUILD)/obj/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(RUNTIME_FLAGS) -c -o $@ $<
$(HELPER_OBJ): RUNTIME_FLAGS += -I$(GEN)
$(BUILD)/obj/tests/%.o: tests/%.c | $(GEN)/policy.tab.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TEST_FLAGS) -DBUILD_DIR='"$(BUILD)"' -c -o $@ $<
$(BUILD)/musl/runtime/sha256_native.o: MUSL_OPT = -O2
$(MUSL_STATIC): MUSL_FLAGS += -fno-builtin -fno-lto
$(BUILD)/musl/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(MUSL_CC) $(MUSL_FLAGS) -c -o $@ $<

# writc has the library check what it reads and writes.
$(BUILD)/writc: $(COMPILER_OBJ) $(RUNTIME_OBJ) $(call obj,$(SIGN_SRC))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -pie $(LINK_HARDEN) -o $@ $^ $(COMPILER_LIBS)
# One object, so that what is hidden between our files is hidden from programs that link it too.
$(BUILD)/libwrit.a: $(RUNTIME_OBJ)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(CC) -nostdlib -r -o $(BUILD)/libwrit.o $^ && objcopy --localize-hidden $(BUILD)/libwrit.o
	$(Q)$(AR) rcs $@ $(BUILD)/libwrit.o
$(BUILD)/libwrit.so: $(RUNTIME_OBJ) runtime/libwrit.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -shared $(LINK_HARDEN) -Wl,--version-script=runtime/libwrit.map -Wl,-soname,libwrit.so.0 \
		-Wl,-z,defs -o $@ $(RUNTIME_OBJ)
# It sees libwrit as any program does: by its public headers.
$(BUILD)/libwrit-audit.a: $(AUDIT_OBJ)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(CC) -nostdlib -r -o $(BUILD)/libwrit-audit.o $^ && objcopy --localize-hidden $(BUILD)/libwrit-audit.o
	$(Q)$(AR) rcs $@ $(BUILD)/libwrit-audit.o
$(BUILD)/libwrit-audit.so: $(AUDIT_OBJ) $(BUILD)/libwrit.so
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -shared $(LINK_HARDEN) -Wl,-soname,libwrit-audit.so.0 -Wl,-z,defs -o $@ $^ $(AUDIT_LIBS)
# Static as the other helpers; SQLite's dlopen, which nobody calls, is what the linker would warn of.
$(BUILD)/writ-audit: $(AUDIT_CLI_OBJ) $(filter-out %/cli/main.o %/cli/stateless.o,$(CLI_OBJ)) $(AUDIT_OBJ) $(RUNTIME_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(HELPER_LINK) $(LINK_HARDEN) -Wl,--no-warnings -o $@ $^ $(AUDIT_LIBS) -lm
# Not static, as a static libcurl would be of one TLS library's version for good.
$(BUILD)/writ-alert: $(ALERT_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -pie $(LINK_HARDEN) -o $@ $^ $(ALERT_LIBS)
# The shipped runtime is static musl: a glibc start alone costs more than the whole sandbox.
$(BUILD)/writ: $(MUSL_OBJ) $(MUSL_STATIC)
	$(call say,LINK,$@)
	$(Q)$(MUSL_CC) $(MUSL_LINK) -o $@.debug $^
	$(Q)$(STRIP) -R .comment -R .eh_frame -o $@ $@.debug
# What `writ doctor` executes. The prober is in it: a program without libc, so that what it does in
# a sandbox is what it is told to and nothing else.
$(BUILD)/prober: runtime/prober/prober.c runtime/prober/probe.h runtime/raw.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(STD) -Os -ffreestanding -fno-stack-protector -fno-pie -static -nostdlib \
		-fno-asynchronous-unwind-tables $(WARNINGS) -I. -Wl,-z,noexecstack -Wl,--build-id=none -s -o $@ $<
$(PROVE_OBJ): RUNTIME_FLAGS += -DPROBER_FILE='"$(BUILD)/prober"'
$(MUSL_PROVE): MUSL_FLAGS += -I$(GEN) -DPROBER_FILE='"$(BUILD)/prober"'
$(BUILD)/obj/runtime/prove/launch.o $(BUILD)/musl/runtime/prove/launch.o: $(BUILD)/prober
$(BUILD)/obj/runtime/prove/rules.o $(BUILD)/musl/runtime/prove/rules.o: $(GEN)/learn_calls.inc
$(BUILD)/writ-doctor: $(MUSL_PROVE) $(filter-out %/cli/main.o,$(MUSL_OBJ))
	$(call say,LINK,$@)
	$(Q)$(MUSL_CC) $(MUSL_LINK) -o $@.debug $^
	$(Q)$(STRIP) -R .comment -o $@ $@.debug
# The same program against the host's libc, for sanitizers and coverage.
$(BUILD)/writ-host: $(CLI_OBJ) $(RUNTIME_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -pie $(LINK_HARDEN) -o $@ $^
$(BUILD)/writ-learn: $(call obj,$(wildcard runtime/learn/*.c))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(HELPER_LINK) $(LINK_HARDEN) -o $@ $^
$(BUILD)/policies/%.wrt: policies/%/policy.writ $(BUILD)/writc
	@mkdir -p $(@D)
	$(call say,WRITC,$@)
	$(Q)$(BUILD)/writc compile $< -o $@
$(BUNDLES): $(wildcard policies/*/*.writ)

# ---- tests -------------------------------------------------------------------------------------------

deps:
	@tests/support/install-deps.sh build test

demo:
	@tests/support/install-deps.sh build
	@echo "Building..."
	@$(MAKE) --no-print-directory -j2 -s all $(BUILD)/bench/bench_launch $(BUILD)/bench/bench_check
	@BUILD=$(BUILD) tests/live/demo.sh

test:
	@tests/support/install-deps.sh build test
	@BUILD=$(BUILD) tests/support/test.sh

# Each test is a start of it: with one address it has half a million relocations less to make.
$(BUILD)/unit-tests: $(UNIT_OBJ) $(LIB_OBJ) $(AUDIT_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -no-pie -o $@ $^ $(COMPILER_LIBS) $(AUDIT_LIBS) -lcriterion -lresolv
# Many of the tests wait, for limits and for processes to end: more of them than there are processors.
UNIT_JOBS := $(shell echo $$(($$(nproc) * 3 / 2)))
unit: $(BUILD)/unit-tests $(BUILD)/writ $(HELPER_BIN) $(BUILD)/writ-audit $(BUILD)/writ-alert $(BUNDLES)
	$(Q)ASAN_OPTIONS=detect_leaks=0 $(BUILD)/unit-tests --jobs $(UNIT_JOBS) $(UNIT_ARGS)

# The driver of the attacks, and the attacker: static, so that a sandbox need grant it nothing but itself,
# and both run where there is nothing else (test-kernels).
LIVE_FLAGS = $(STD) -O2 -g -Wall -Wextra -Wshadow $(if $(filter 1,$(DEVELOPER)),-Werror)
$(BUILD)/live/driver: $(LIVE_FILES) tests/live/probe/probe.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(LIVE_FLAGS) -static -o $@ $(filter tests/live/%.c,$^)
$(BUILD)/live/probe: $(PROBE_FILES)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(LIVE_FLAGS) -static -pthread -o $@ $(filter %.c,$^)
# Stands in for writ, and explains.
$(EXPLAIN_BIN): tests/live/explained/writ.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(LIVE_FLAGS) -static -DREAL='"$(abspath $(BUILD)/writ)"' -o $@ $<
live: all $(LIVE_BIN)
	@BUILD=$(BUILD) tests/live/run.sh
# Programs that connect, as they are installed; NETWORK=SUBSTRING... for some.
network: all
	@BUILD=$(BUILD) tests/network/run.sh $(NETWORK)
# All of them again, watched by writ run --explain; LIVE=ID-SUBSTRING for some.
live-explain: all $(LIVE_BIN) $(EXPLAIN_BIN)
	@BUILD=$(BUILD) tests/live/explain.sh $(LIVE)

# The same attacks on the kernels of Debian's releases, in virtual machines; minutes for each kernel, so for a night.
# KERNELS is what run.sh is told: --offline, --update, names of kernels; KERNEL_ROWS chooses attacks.
test-kernels:
	@tests/support/install-deps.sh build kernels
	@$(MAKE) --no-print-directory -s all $(LIVE_BIN)
	@$(MAKE) --no-print-directory -s BUILD=$(BUILD)/arm64 NATIVE=$(BUILD) CC=aarch64-linux-gnu-gcc \
		MUSL_CC=aarch64-linux-gnu-gcc STRIP=aarch64-linux-gnu-strip \
		$(patsubst $(BUILD)/%,$(BUILD)/arm64/%,$(BUILD)/writ $(HELPER_BIN) $(LIVE_BIN))
	@tests/kernels/fetch_test.sh
	@BUILD=$(BUILD) tests/kernels/run.sh $(KERNELS)
# Many launches, and whether they leave anything: STRESS="AT_ONCE LAUNCHES KILLS".
$(BUILD)/stress/stress $(BUILD)/stress/kills: $(BUILD)/stress/%: tests/stress/%.c tests/stress/remains.c tests/stress/remains.h \
		$(BUILD)/libwrit.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(STD) -O2 -g -Wall -Wextra -Wshadow $(if $(filter 1,$(DEVELOPER)),-Werror) -I. -o $@ $< tests/stress/remains.c $(BUILD)/libwrit.a
$(BUILD)/stress/tree: tests/stress/tree.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(LIVE_FLAGS) -static -pthread -o $@ $<
stress: all $(patsubst %,$(BUILD)/stress/%,stress kills tree)
	@BUILD=$(BUILD) tests/stress/run.sh

# Every system call of a launch made to fail: FAULTS=short fails each but once; FAULTS_IN names sandboxes.
FAULT_FILES := $(wildcard tests/faults/*.[ch])
$(BUILD)/faults/faults: $(FAULT_FILES)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(LIVE_FLAGS) -o $@ $(filter-out %/prober.c %/waiter.c,$(filter %.c,$^)) -lseccomp
$(BUILD)/faults/prober: tests/faults/prober.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(LIVE_FLAGS) -static -o $@ $<
# Static musl, as writ is: what a glibc does when its own start fails is not asked.
$(BUILD)/faults/waiter: tests/faults/waiter.c $(filter-out %/cli/main.o,$(MUSL_OBJ))
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(MUSL_CC) $(MUSL_FLAGS) -static -o $@ $^
faults: all $(patsubst %,$(BUILD)/faults/%,faults prober waiter)
	@BUILD=$(BUILD) tests/faults/run.sh

# The language server, as editors talk to it.
lsp: $(BUILD)/writc
	@BUILD=$(BUILD) tests/lsp/run.sh

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libwrit.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(STD) -O2 -g -Wall -Wextra -I. -Itests -DBUILD_DIR='"$(BUILD)"' -MMD -MP -o $@ $< $(BUILD)/libwrit.a
$(BUILD)/bench/bench_audit $(BUILD)/bench/bench_whole: $(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libwrit-audit.a $(BUILD)/libwrit.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(STD) -O2 -g -Wall -Wextra -I. -Itests/bench -MMD -MP -o $@ $< $(BUILD)/libwrit-audit.a $(BUILD)/libwrit.a $(AUDIT_LIBS)
# The only one that calls the compiler's parts.
$(BUILD)/bench/bench_filters: tests/bench/bench_filters.c $(LIB_OBJ)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(STD) -O2 -g -Wall -Wextra -Icompiler -I. -Itests/bench -MMD -MP -o $@ $< $(LIB_OBJ) $(COMPILER_LIBS)
# The insides of the monitor.
$(BUILD)/bench/bench_rate: tests/bench/bench_rate.c $(RUNTIME_OBJ)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(STD) -O2 -g -Wall -Wextra -I. -Itests/bench -MMD -MP -o $@ $< $(RUNTIME_OBJ) -pthread
# What they measure, or open, is made by the insides of libwrit-audit.
$(BUILD)/bench/bench_identity $(BUILD)/bench/bench_mask: $(BUILD)/bench/%: tests/bench/%.c $(RUNTIME_OBJ) $(AUDIT_OBJ)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(STD) -O2 -g -Wall -Wextra -I. -Itests/bench -MMD -MP -o $@ $< $(RUNTIME_OBJ) $(AUDIT_OBJ) $(AUDIT_LIBS) -pthread
bench: all $(BENCH_BIN) $(BUILD)/stress/tree
	@BUILD=$(BUILD) tests/bench/run.sh

# Programs with threads, with ThreadSanitizer, which takes everything compiled anew.
TSAN_BIN := $(patsubst tests/tsan/%.c,$(BUILD)/tsan/%,$(wildcard tests/tsan/*.c))
TSAN_OBJ := $(patsubst %.c,$(BUILD)/tsan-obj/%.o,$(RUNTIME_SRC) $(AUDIT_SRC))
TSAN_CC = $(CC) $(STD) -O1 -g -fsanitize=thread -Wall -Wextra -I. -DWRIT_BUILDING -DBUILD_DIR='"$(BUILD)"' -MMD -MP
$(BUILD)/tsan-obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(TSAN_CC) -c -o $@ $<
$(BUILD)/tsan/%: tests/tsan/%.c $(TSAN_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(TSAN_CC) -o $@ $^ $(AUDIT_LIBS)
.SECONDARY: $(TSAN_OBJ)
tsan: $(TSAN_BIN) $(BUNDLES)
	@BUILD=$(BUILD) tests/support/tsan.sh $(TSAN_BIN)

update-golden: $(BUILD)/unit-tests
	WRIT_UPDATE_GOLDEN=1 $(BUILD)/unit-tests --jobs 1 --filter 'golden/*'

FUZZ_SECONDS ?= 60
# Everything is compiled once, with the fuzzer's counters, and linked to each fuzzer.
FUZZ_SAN := address,undefined
FUZZ_CC = $(CLANG) $(STD) -O1 -g -w -Icompiler -I. -I$(GEN) -Itests -fno-sanitize-recover=all -MMD -MP
FUZZ_SUPPORT := tests/support/differential.c tests/support/gen_policy.c
FUZZ_OBJ := $(patsubst %.c,$(BUILD)/fuzz-obj/%.o,$(FUZZ_SUPPORT) $(filter-out compiler/cli/main.c,$(COMPILER_SRC)) $(RUNTIME_SRC) $(AUDIT_SRC)) \
	$(BUILD)/fuzz-obj/gen/policy.tab.o $(BUILD)/fuzz-obj/gen/policy.lex.o
$(BUILD)/fuzz-obj/gen/%.o: $(GEN)/%.c $(GEN)/policy.tab.h
	@mkdir -p $(@D)
	$(call say,CLANG,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) -c -o $@ $<
$(BUILD)/fuzz-obj/%.o: %.c | $(GEN)/policy.tab.h $(GEN)/examples.inc
	@mkdir -p $(@D)
	$(call say,CLANG,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) -c -o $@ $<
$(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SAN) -o $@ $< $(FUZZ_OBJ) $(COMPILER_LIBS) $(AUDIT_LIBS)
.SECONDARY: $(FUZZ_OBJ)
fuzz: $(FUZZ_BIN) $(BUNDLES)
	@BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh $(notdir $(FUZZ_BIN))

coverage:
	@tests/support/install-deps.sh build test
	@BUILD=$(BUILD) tests/support/coverage.sh

# ---- static checks -----------------------------------------------------------------------------------

check:
	@tests/support/install-deps.sh build test
	@BUILD=$(BUILD) tests/support/check.sh

# What check.sh hands to clang-tidy.
tidy-sources:
	@echo $(COMPILER_SRC) $(RUNTIME_SRC) $(AUDIT_SRC) $(AUDIT_CLI_SRC) $(ALERT_SRC) $(CLI_SRC) $(HELPER_SRC) $(STATIC_SRC) runtime/prober/prober.c
public-headers:
	@echo $(PUBLIC)
layers: $(COMPILER_OBJ) $(CLI_OBJ) $(AUDIT_CLI_OBJ) $(HELPER_OBJ) $(BUILD)/libwrit.a $(BUILD)/libwrit.so $(BUILD)/libwrit-audit.so
	@BUILD=$(BUILD) tests/support/layers.sh

generate: $(BUILD)/writc
	@mkdir -p generated
	@set -e; for p in $(POLICIES); do \
		$(BUILD)/writc compile policies/$$p/policy.writ -o generated/$$p.wrt; \
		$(BUILD)/writc show generated/$$p.wrt > generated/$$p.txt; echo "generated/$$p.wrt"; done
	@tests/support/editors.sh $(BUILD)/writc generated

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 755 $(BUILD)/writc $(BUILD)/writ $(DESTDIR)$(PREFIX)/bin
	install -d $(DESTDIR)$(PREFIX)/libexec/writ
	install -m 755 $(HELPER_BIN) $(BUILD)/writ-audit $(BUILD)/writ-alert $(DESTDIR)$(PREFIX)/libexec/writ
	install -m 644 $(BUILD)/libwrit.a $(BUILD)/libwrit-audit.a $(DESTDIR)$(PREFIX)/lib
	for l in libwrit libwrit-audit; do install -m 755 $(BUILD)/$$l.so $(DESTDIR)$(PREFIX)/lib/$$l.so.0 && \
		ln -sf $$l.so.0 $(DESTDIR)$(PREFIX)/lib/$$l.so || exit 1; done
	install -m 644 $(PUBLIC) $(DESTDIR)$(PREFIX)/include
	printf 'prefix=%s\n\nName: writ\nDescription: Policy enforcement for AI-agent tools\nVersion: %s\nCflags: -I%s\nLibs: -L%s -lwrit\n' \
		'$(PREFIX)' '$(VERSION)' '$${prefix}/include' '$${prefix}/lib' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/writ.pc
	printf 'prefix=%s\n\nName: writ-audit\nDescription: Audit log, identities and signatures for Writ\nVersion: %s\nRequires: writ\nRequires.private: %s\nLibs: -L%s -lwrit-audit\n' \
		'$(PREFIX)' '$(VERSION)' 'sqlite3, libsodium, jansson' '$${prefix}/lib' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/writ-audit.pc
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 644 generated/completions/writc.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/writc
	ln -sf writc $(DESTDIR)$(PREFIX)/share/bash-completion/completions/writ
	install -m 644 generated/completions/_writc $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 644 generated/completions/writc.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	ln -sf writc.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/writ.fish
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 docs/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -d $(DESTDIR)$(PREFIX)/share/doc/writ/docs
	install -m 644 docs/*.md $(DESTDIR)$(PREFIX)/share/doc/writ/docs
	install -m 644 README.md SECURITY.md CONTRIBUTING.md CHANGELOG.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/writ
	cp -R docs/examples $(DESTDIR)$(PREFIX)/share/doc/writ/docs/
	install -d $(DESTDIR)$(PREFIX)/share/doc/writ/generated
	cp -R generated/editors $(DESTDIR)$(PREFIX)/share/doc/writ/generated/
	for p in $(POLICIES); do install -d $(DESTDIR)$(PREFIX)/share/doc/writ/policies/$$p && \
		install -m 644 policies/$$p/* $(DESTDIR)$(PREFIX)/share/doc/writ/policies/$$p || exit 1; done

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)

.PHONY: all help deps demo test unit live network live-explain stress faults test-kernels lsp bench tsan update-golden fuzz coverage check tidy-sources public-headers layers \
	generate install clean
.DELETE_ON_ERROR:
