/*
 * System call names and numbers, from libseccomp.
 *
 * libseccomp is asked once per architecture and process for the name of every number; the answers
 * are kept, so that names have static storage and a lookup is cheap. A call newer than TABLE_END is
 * unknown, whatever a newer libseccomp says of it: a policy can't name it, and filters answer it
 * with ENOSYS. So the same source gives the same bytes beside any libseccomp from 2.5.4 on.
 */
#include "tables/syscalls.h"

#include <assert.h>
#include <seccomp.h>
#include <string.h>

/* One past futex_requeue (Linux 6.7), on every architecture: new calls have had one number
 * since 5.1. */
#define TABLE_END 457u

/* How many edits a "did you mean" may be away. */
#define SUGGEST_DISTANCE 2u

static const uint32_t scmp_archs[ARCH__COUNT] = {
	[ARCH_X86_64] = SCMP_ARCH_X86_64,
	[ARCH_AARCH64] = SCMP_ARCH_AARCH64,
	[ARCH_RISCV64] = SCMP_ARCH_RISCV64,
};

/* A call of one architecture has a number below TABLE_END however new it is. */
static bool is_in_table(const char *name, int number)
{
	return number < (int)TABLE_END && strcmp(name, "riscv_hwprobe") != 0; /* Linux 6.4 */
}

struct call_names {
	bool filled;
	uint32_t limit;
	const char *names[TABLE_END]; /* NULL: no call */
};

static const struct call_names *call_names(enum arch arch)
{
	static struct call_names cache[ARCH__COUNT];
	struct call_names *calls = &cache[arch];

	if (calls->filled)
		return calls;
	for (uint32_t i = 0; i < TABLE_END; i++) {
		const char *name = seccomp_syscall_resolve_num_arch(scmp_archs[arch], (int)i);

		if (!name || !is_in_table(name, (int)i))
			continue;
		calls->names[i] = name;
		calls->limit = i + 1;
	}
	assert(calls->limit == TABLE_END); /* else this libseccomp is older than 2.5.4 */
	calls->filled = true;
	return calls;
}

/* A NUL-terminated copy for libseccomp; false when name is no possible name of a call. */
static bool call_cstr(struct str name, char buf[64])
{
	if (name.len == 0 || name.len >= 64 || memchr(name.ptr, '\0', name.len))
		return false;
	memcpy(buf, name.ptr, name.len);
	buf[name.len] = '\0';
	return true;
}

bool syscall_exists(struct str name)
{
	char buf[64];
	int number;

	/* For a name of other architectures only, libseccomp gives a negative pseudo number. */
	if (!call_cstr(name, buf))
		return false;
	number = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, buf);
	return number != __NR_SCMP_ERROR && is_in_table(buf, number);
}

int syscall_number(struct str name, enum arch arch)
{
	char buf[64];
	int number;

	if (!call_cstr(name, buf))
		return -1;
	number = seccomp_syscall_resolve_name_arch(scmp_archs[arch], buf);
	return number >= 0 && is_in_table(buf, number) ? number : -1;
}

struct str syscall_name(enum arch arch, uint32_t number)
{
	const char *name = number < TABLE_END ? call_names(arch)->names[number] : NULL;

	return name ? str_from(name) : (struct str){NULL, 0};
}

uint32_t syscall_limit(enum arch arch)
{
	return call_names(arch)->limit;
}

struct str syscall_suggest(struct str name)
{
	struct str best = {NULL, 0};
	unsigned best_distance = SUGGEST_DISTANCE + 1;

	for (unsigned arch = 0; arch < ARCH__COUNT; arch++) {
		const struct call_names *calls = call_names((enum arch)arch);

		for (uint32_t i = 0; i < calls->limit; i++) {
			struct str known = calls->names[i] ? str_from(calls->names[i]) : STR("");
			unsigned distance = str_distance(name, known, SUGGEST_DISTANCE);

			if (distance >= best_distance)
				continue;
			best = known;
			best_distance = distance;
		}
	}
	return best;
}

const char *call_confined(struct str name)
{
	static const struct {
		const char *name;
		const char *why;
	} confined[] = {
		{"setsid", "a process could leave its launch and outlive it"},
		{"setpgid", "a process could leave its launch and outlive it"},
		{"io_uring_setup", "the kernel would make calls that no filter sees"},
		{"io_uring_enter", "the kernel would make calls that no filter sees"},
		{"io_uring_register", "the kernel would make calls that no filter sees"},
		{"clone3",
		 "its flags are in memory, where no filter sees them; 'clone' does the same"},
	};

	for (size_t i = 0; i < sizeof(confined) / sizeof(confined[0]); i++) {
		if (str_eq_cstr(name, confined[i].name))
			return confined[i].why;
	}
	return NULL;
}
