/*
 * Attacks by system call: any call with any arguments, the calling conventions that evade filters,
 * and the few calls whose arguments need more than a number or a string.
 */
#include "probe.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since 6.6, where the headers are older; every architecture numbers it alike. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static const struct {
	const char *name;
	long number;
} calls[] = {
#define CALL(name) {#name, SYS_##name},
#include "calls.def"
#undef CALL
};

static long call_number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].number;
	return probe_number(name);
}

#define CALL_ARGS   6
#define CALL_BUFFER 4096

/*
 * An argument: "/x" and ":x" are strings (the latter without its colon), "@" is a zeroed buffer,
 * "@N" one that begins with the int N, anything else a number.
 */
static long call_arg(const char *text, char *buffer)
{
	if (*text == '/')
		return (long)(intptr_t)text;
	if (*text == ':')
		return (long)(intptr_t)(text + 1);
	if (*text != '@')
		return probe_number(text);
	if (text[1]) {
		int first = (int)probe_number(text + 1);

		memcpy(buffer, &first, sizeof(first));
	}
	return (long)(intptr_t)buffer;
}

/* NAME ARG...: one raw system call. */
static int run_call(char **args)
{
	static char buffers[CALL_ARGS][CALL_BUFFER];
	long a[CALL_ARGS] = {0};

	for (int i = 0; i < CALL_ARGS && args[1 + i]; i++)
		a[i] = call_arg(args[1 + i], buffers[i]);
	return probe_result(syscall(call_number(args[0]), a[0], a[1], a[2], a[3], a[4], a[5]));
}

/* FILE NAME ARG...: the call's first argument is the file, opened for reading. */
static int run_fd_call(char **args)
{
	char *words[2 + CALL_ARGS] = {args[1]};
	char number[16];
	int fd = open(args[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return PROBE_SETUP;
	snprintf(number, sizeof(number), "%d", fd);
	words[1] = number;
	for (int i = 2; i < 1 + CALL_ARGS && args[i]; i++)
		words[i] = args[i];
	return run_call(words);
}

#if defined(__x86_64__)
#define X32_BIT 0x40000000L

/* Surviving is success: what the kernel answers depends on its configuration. */
static int run_x32(char **args)
{
	(void)args;
	(void)syscall(X32_BIT | SYS_getpid);
	return PROBE_SUCCEEDED;
}

/* getpid by the 32-bit gate: number 20 there, writev in the 64-bit table. */
static int run_int80(char **args)
{
	long rc;

	(void)args;
	__asm__ volatile("int $0x80" : "=a"(rc) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
	return rc == getpid() ? PROBE_SUCCEEDED : PROBE_NOT_SO;
}
#else
static int run_x32(char **args)
{
	(void)args;
	return ENOSYS;
}

static int run_int80(char **args)
{
	(void)args;
	return ENOSYS;
}
#endif

static int run_bpf(char **args)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY,
			       .key_size = 4,
			       .value_size = 4,
			       .max_entries = 1};

	(void)args;
	return probe_result(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int run_perf(char **args)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_TASK_CLOCK,
				       .exclude_kernel = 1};

	(void)args;
	return probe_result(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

/* A key in a keyring of this process's own, so that nothing stays behind. */
static int run_add_key(char **args)
{
	(void)args;
	return probe_result(syscall(SYS_add_key, "user", "writ-probe", "x", 1, -2));
}

const struct probe probes_sys[] = {
	{"call", 1, run_call},       {"fd-call", 2, run_fd_call},
	{"x32", 0, run_x32},         {"int80", 0, run_int80},
	{"bpf", 0, run_bpf},         {"perf", 0, run_perf},
	{"add-key", 0, run_add_key}, {NULL, 0, NULL},
};
