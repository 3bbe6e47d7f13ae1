/*
 * The prober: does the steps of its script, and tells what came of each (runtime/prober/probe.h).
 *
 * Freestanding: no libc, no start-up code, so that it makes no call but those of the script and
 * what carries its answers away. It is small, static, at a fixed address, and needs no file, no
 * memory beyond its own and no thread-local storage.
 */
#include "runtime/prober/probe.h"

#include <stddef.h>
#include <sys/syscall.h>

#include "runtime/raw.h"

#define PAGE_BYTES     4096
#define PAUSE_NS       1000000
#define BURN_ROUNDS    1000000
#define SIGCHLD_NUMBER 17
#define STDOUT_NUMBER  1
#define ERROR_EBADF    9
#define ERROR_ENOSYS   38
#define MAX_ERRNO      4095
#define X32_BIT        0x40000000

/* In .data whatever it holds: the caller finds and fills it in the file. */
__attribute__((section(".data"))) struct probe_script probe_script = {.magic = PROBE_MAGIC,
								      .end = 0,
								      .told = PROBE_NONE};

static int64_t answers[PROBE_MAX_STEPS];

struct timespec_abi {
	int64_t seconds;
	int64_t ns;
};

/* Some tenths of a millisecond of the processor's. */
static void burn(void)
{
	for (int i = 0; i < BURN_ROUNDS; i++)
		__asm__ volatile("");
}

/* The filter may have no sleep. */
static void rest(void)
{
	struct timespec_abi pause = {0, PAUSE_NS};

	if (RAW(SYS_nanosleep, &pause, NULL) < 0)
		burn();
}

static void resolve_args(const struct probe_step *step, long args[PROBE_ARGS])
{
	for (unsigned i = 0; i < PROBE_ARGS; i++) {
		args[i] = step->args[i];
		if (step->from_blob & 1u << i)
			args[i] = (long)(probe_script.blob + step->args[i]);
		if (step->from_results & 1u << i)
			args[i] = answers[step->args[i]];
	}
}

static int64_t call_as(const struct probe_step *step, int64_t number)
{
	long a[PROBE_ARGS];

	resolve_args(step, a);
	return raw_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int64_t make_call(const struct probe_step *step)
{
	return call_as(step, step->number);
}

#if defined(__x86_64__)
static int64_t make_compat_call(const struct probe_step *step)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"((int)step->number), "b"((int)step->args[0]), "c"((int)step->args[1]),
			   "d"((int)step->args[2])
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}
#else
static int64_t make_compat_call(const struct probe_step *step)
{
	(void)step;
	return -ERROR_ENOSYS;
}
#endif

static int64_t open_and_close(const struct probe_step *step)
{
	int64_t fd = make_call(step);

	if (fd >= 0)
		(void)RAW(SYS_close, fd, 0);
	return fd;
}

static int64_t repeat(const struct probe_step *step)
{
	int64_t n = 0;

	while (n < step->most && make_call(step) >= 0)
		n++;
	return n;
}

static int64_t make_child(const struct probe_step *step)
{
	int64_t pid = make_call(step);

	if (pid == 0)
		(void)RAW(SYS_exit_group, 0, 0);
	return pid;
}

__attribute__((noreturn)) static void stay(void)
{
	for (;;)
		rest();
}

static int64_t make_children(const struct probe_step *step)
{
	int64_t n = 0;

	for (; n < step->most; n++) {
		long pid = RAW(SYS_clone, SIGCHLD_NUMBER, 0, 0, 0, 0);

		if (pid < 0)
			break;
		if (pid == 0)
			stay();
	}
	return n;
}

static int64_t touch_memory(const struct probe_step *step)
{
	volatile char *memory;
	int64_t n = 0;

	for (; n < step->most; n++) {
		long at = make_call(step);

		if (at < 0 && at >= -MAX_ERRNO)
			break;
		__builtin_memcpy(&memory, &at, sizeof(memory));
		for (int64_t page = 0; page < step->args[1]; page += PAGE_BYTES)
			memory[page] = 1;
	}
	return n;
}

static int is_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

/* The strings of a list end with an empty one. */
static int is_listed(const char *list, const char *text)
{
	for (; *list; list += length(list) + 1) {
		if (is_equal(list, text))
			return 1;
	}
	return 0;
}

static int64_t compare_env(const struct probe_step *step, char *const *envp)
{
	const char *list = probe_script.blob + step->args[0];
	int64_t n_wrong = 0;
	int64_t n_listed = 0;

	for (; *envp; envp++) {
		if (is_listed(list, *envp))
			n_listed++;
		else
			n_wrong++;
	}
	for (; *list; list += length(list) + 1)
		n_listed--;
	return n_wrong + (n_listed < 0 ? -n_listed : n_listed);
}

static int64_t count_descriptors(const struct probe_step *step)
{
	int64_t n = 0;

	for (int64_t fd = STDOUT_NUMBER + 2; fd <= step->args[0]; fd++)
		n += RAW(step->number, fd, 0) != -ERROR_EBADF;
	return n;
}

static int64_t load_word(const struct probe_step *step)
{
	return *(const volatile int64_t *)(const void *)(probe_script.blob + step->args[0]);
}

static int64_t do_step(const struct probe_step *step, char *const *envp)
{
	switch ((enum probe_op)step->op) {
	case PROBE_CALL:
		return make_call(step);
	case PROBE_OPEN:
		return open_and_close(step);
	case PROBE_COMPAT:
		return make_compat_call(step);
	case PROBE_ARCH_FLAGGED:
		return call_as(step, step->number | X32_BIT);
	case PROBE_REPEAT:
		return repeat(step);
	case PROBE_CHILD:
		return make_child(step);
	case PROBE_CHILDREN:
		return make_children(step);
	case PROBE_TOUCH:
		return touch_memory(step);
	case PROBE_ENV:
		return compare_env(step, envp);
	case PROBE_DESCRIPTORS:
		return count_descriptors(step);
	case PROBE_LOAD:
		return load_word(step);
	case PROBE_SPIN:
		for (int64_t i = 0; i < step->most; i++)
			burn();
		return 0;
	case PROBE_WAIT:
		for (int64_t i = 0; !probe_script.go && (!step->most || i < step->most); i++)
			rest();
		return 0;
	case PROBE__OPS:
		break;
	}
	return -ERROR_ENOSYS;
}

static void tell(uint32_t index)
{
	struct probe_answer answer = {.step = index, .value = answers[index]};

	(void)RAW(SYS_write, STDOUT_NUMBER, &answer, sizeof(answer));
}

static int is_count(const struct probe_step *step)
{
	return step->op == PROBE_ENV || step->op == PROBE_DESCRIPTORS;
}

static int exit_status(void)
{
	int64_t value = probe_script.told == PROBE_NONE ? 0 : answers[probe_script.told];

	if (value == PROBE_NOT_DONE)
		return PROBE_NO_TELL;
	if (value > 0 && is_count(&probe_script.steps[probe_script.told]))
		return PROBE_SOME;
	return value < 0 && value >= -MAX_ERRNO ? (int)(-value & PROBE_NO_TELL) : 0;
}

static void do_script(char *const *envp)
{
	for (uint32_t i = probe_script.first; i < probe_script.end; i++) {
		const struct probe_step *step = &probe_script.steps[i];

		answers[i] = step->needs && answers[step->needs - 1] < 0 ? PROBE_NOT_DONE
									 : do_step(step, envp);
		if (probe_script.told == PROBE_NONE)
			tell(i);
	}
}

/* stack: argc, the arguments, NULL, the environment, NULL (System V ABI). */
__attribute__((noreturn, used)) static void probe_main(long *stack)
{
	do_script((char *const *)(stack + stack[0] + 2));
	(void)RAW(SYS_exit_group, exit_status(), 0);
	for (;;)
		__builtin_trap();
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n"
	"\tcall probe_main\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tbl probe_main\n");
#else
__asm__(".globl _start\n_start:\n\tmv a0, sp\n\tcall probe_main\n");
#endif
