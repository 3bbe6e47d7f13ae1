#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tables/syscalls.h"

Test(tables, numbers_are_the_kernels)
{
	cr_assert_eq(syscall_number(STR("read"), ARCH_X86_64), 0);
	cr_assert_eq(syscall_number(STR("clone3"), ARCH_X86_64), 435);
	cr_assert_eq(syscall_number(STR("read"), ARCH_AARCH64), 63);
	cr_assert_eq(syscall_number(STR("open"), ARCH_AARCH64), -1);
	cr_assert_eq(syscall_number(STR("read"), ARCH_RISCV64), 63);
	cr_assert_eq(syscall_number(STR("renameat"), ARCH_RISCV64), -1);
	cr_assert_eq(syscall_number(STR("riscv_flush_icache"), ARCH_RISCV64), 259);
	cr_assert_eq(syscall_number(STR("nonsense"), ARCH_X86_64), -1);
	cr_assert_eq(syscall_number(STR(""), ARCH_X86_64), -1);
}

Test(tables, names_and_numbers_agree_both_ways)
{
	for (unsigned a = 0; a < ARCH__COUNT; a++) {
		for (uint32_t i = 0; i < syscall_limit((enum arch)a); i++) {
			struct str name = syscall_name((enum arch)a, i);

			if (!name.ptr)
				continue;
			cr_assert_eq(syscall_number(name, (enum arch)a), (int)i, "%s", name.ptr);
			cr_assert(syscall_exists(name), "%s", name.ptr);
		}
		cr_assert_null(syscall_name((enum arch)a, syscall_limit((enum arch)a)).ptr);
		cr_assert_null(syscall_name((enum arch)a, UINT32_MAX).ptr);
	}
}

/* A newer libseccomp knows it, and the same source must give the same bytes beside both. */
Test(tables, a_call_that_is_newer_than_the_table_does_not_exist)
{
	cr_assert_not(syscall_exists(STR("riscv_hwprobe")));
	cr_assert_eq(syscall_number(STR("riscv_hwprobe"), ARCH_RISCV64), -1);
	cr_assert_null(syscall_name(ARCH_RISCV64, 258).ptr);
}

Test(tables, a_call_of_another_architecture_exists)
{
	cr_assert(syscall_exists(STR("socketcall")));
	cr_assert_eq(syscall_number(STR("socketcall"), ARCH_X86_64), -1);
	cr_assert_not(syscall_exists(STR("sokcet")));
	cr_assert_not(syscall_exists((struct str){"read\0x", 6}));
}

Test(tables, a_misspelt_call_is_suggested)
{
	cr_assert(str_eq_cstr(syscall_suggest(STR("opnat")), "openat"));
	cr_assert(str_eq_cstr(syscall_suggest(STR("getradnom")), "getrandom"));
	cr_assert_null(syscall_suggest(STR("completely_different")).ptr);
}

Test(tables, architectures_are_found_by_name)
{
	enum arch arch = ARCH_X86_64;

	cr_assert(arch_find(STR("aarch64"), &arch));
	cr_assert_eq(arch, ARCH_AARCH64);
	cr_assert_not(arch_find(STR("aarch6"), &arch));
	cr_assert_not(arch_find(STR(""), &arch));
}

Test(tables, every_group_member_is_a_call_with_sane_conditions)
{
	const struct call_group *group;

	for (uint32_t g = 0; (group = group_at(g)) != NULL; g++) {
		cr_assert_eq(group_find(str_from(group->name)), group, "%s twice", group->name);
		cr_assert_eq(group->name[0], '@');
		cr_assert_gt(group->n_calls, 0u);
		for (uint32_t i = 0; i < group->n_calls; i++) {
			const struct group_call *call = &group->calls[i];

			cr_assert(syscall_exists(str_from(call->name)), "%s in %s", call->name,
				  group->name);
			cr_assert_leq(call->n_conds, CALL_MAX_CONDS);
			for (unsigned c = 0; c < call->n_conds; c++)
				cr_assert_lt(call->conds[c].arg, 6);
		}
	}
}

static bool in_group(const char *name, const char *call)
{
	const struct call_group *group = group_find(str_from(name));

	for (uint32_t i = 0; group && i < group->n_calls; i++) {
		if (str_eq_cstr(str_from(call), group->calls[i].name))
			return true;
	}
	return false;
}

static bool in_some_group(const char *call)
{
	const struct call_group *group;

	for (uint32_t g = 0; (group = group_at(g)) != NULL; g++) {
		if (in_group(group->name, call))
			return true;
	}
	return false;
}

Test(tables, every_known_call_is_in_a_group)
{
	for (unsigned a = 0; a < ARCH__COUNT; a++) {
		for (uint32_t i = 0; i < syscall_limit((enum arch)a); i++) {
			struct str name = syscall_name((enum arch)a, i);

			if (name.ptr)
				cr_expect(in_some_group(name.ptr), "%s", name.ptr);
		}
	}
}

/* How many calls a header has; each must be in a group. */
static unsigned calls_of_header(const char *preprocess)
{
	FILE *macros = popen(preprocess, "r");
	char line[512], name[64];
	unsigned n = 0;

	cr_assert_not_null(macros);
	while (fgets(line, sizeof(line), macros)) {
		if (sscanf(line, "#define __NR_%63[a-z0-9_] %*s", name) != 1 ||
		    strcmp(name, "syscalls") == 0 || strcmp(name, "arch_specific_syscall") == 0)
			continue;
		cr_expect(in_some_group(name), "%s", name);
		n++;
	}
	cr_assert_eq(pclose(macros), 0);
	return n;
}

/* The headers may be newer than libseccomp's table. */
Test(tables, every_call_of_the_headers_is_in_a_group)
{
	cr_expect_gt(calls_of_header("echo '#include <sys/syscall.h>' | ${CC:-cc} -E -dM -"), 300u);
}

/* The list that aarch64 and all newer architectures share, with all that one may add. */
Test(tables, every_call_of_the_generic_list_is_in_a_group)
{
	cr_expect_gt(calls_of_header("echo '#include <asm-generic/unistd.h>' | ${CC:-cc} -E -dM "
				     "-D__BITS_PER_LONG=64 -D__ARCH_WANT_RENAMEAT "
				     "-D__ARCH_WANT_NEW_STAT -D__ARCH_WANT_SET_GET_RLIMIT "
				     "-D__ARCH_WANT_TIME32_SYSCALLS -D__ARCH_WANT_SYS_CLONE3 "
				     "-D__ARCH_WANT_MEMFD_SECRET -"),
		     300u);
}

/*
 * Let through by @default in one harmless form: the real and the saved id stay (posix_spawn, make).
 */
static bool is_limited(const char *call)
{
	const struct call_group *group = group_find(STR("@default"));
	bool limited = strcmp(call, "setresuid") == 0 || strcmp(call, "setresgid") == 0;

	for (uint32_t i = 0; limited && i < group->n_calls; i++) {
		if (strcmp(call, group->calls[i].name) == 0)
			limited = group->calls[i].n_conds == 2;
	}
	return limited;
}

/* Groups of what no tool needs: none of their members may be in @default. */
Test(tables, default_holds_nothing_dangerous)
{
	static const char *const never[] = {"@debug",  "@mount",      "@namespace",
					    "@module", "@io-uring",   "@keyring",
					    "@clock",  "@privileged", "@obsolete"};
	static const char *const also[] = {"socket",      "connect",  "bind",     "listen",
					   "accept",      "accept4",  "setsid",   "setpgid",
					   "clone3",      "execveat", "setxattr", "setuid",
					   "setgroups",   "setreuid", "setfsuid", "capset",
					   "chown",       "fchownat", "truncate", "openat2",
					   "memfd_secret"};

	for (size_t g = 0; g < sizeof(never) / sizeof(never[0]); g++) {
		const struct call_group *group = group_find(str_from(never[g]));

		cr_assert_not_null(group, "%s", never[g]);
		for (uint32_t i = 0; i < group->n_calls; i++)
			cr_assert(is_limited(group->calls[i].name) ||
					  !in_group("@default", group->calls[i].name),
				  "%s", group->calls[i].name);
	}
	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		cr_assert_not(in_group("@default", also[i]), "%s", also[i]);
}

Test(tables, error_numbers_have_names)
{
	cr_assert_eq(errno_value(STR("EPERM")), EPERM);
	cr_assert_eq(errno_value(STR("EWOULDBLOCK")), EAGAIN);
	cr_assert_eq(errno_value(STR("EFOO")), -1);
	cr_assert_str_eq(errno_name(EAGAIN), "EAGAIN");
	cr_assert_str_eq(errno_name(ENOSYS), "ENOSYS");
	cr_assert_null(errno_name(0));
	cr_assert_null(errno_name(4096));
}
