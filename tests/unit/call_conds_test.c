/*
 * Conditions on system call arguments: what they mean, in the reference evaluation, in the filter
 * and in the kernel; and what is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <string.h>

#include <criterion/criterion.h>

#include "backend/seccomp.h"
#include "support/bundle_maker.h"
#include "support/ir_maker.h"
#include "support/policy.h"
#include "tables/syscall_args.h"
#include "verify/verify_bpf.h"

#define ALLOW SECCOMP_RET_ALLOW
#define LOG   SECCOMP_RET_LOG
#define ASKS  SECCOMP_RET_USER_NOTIF
#define KILL  SECCOMP_RET_KILL_PROCESS
#define FAILS (SECCOMP_RET_ERRNO | EPERM)
#define UPPER 0xdead000000000000u

struct verdict_case {
	const char *rules;
	const char *call;
	uint64_t args[3];
	uint32_t want;
};

static const struct verdict_case cases[] = {
	{"allow kcmp(type == 3)", "kcmp", {1, 1, 3}, ALLOW},
	{"allow kcmp(type == 3)", "kcmp", {1, 1, UPPER | 3}, ALLOW},
	{"allow kcmp(type == 3)", "kcmp", {1, 1, 4}, FAILS},
	{"allow kcmp(arg2 != KCMP_VM)", "kcmp", {1, 1, 1}, FAILS},
	{"allow kcmp(arg2 != KCMP_VM)", "kcmp", {1, 1, UPPER | 1}, FAILS},
	{"allow kcmp(arg2 != KCMP_VM)", "kcmp", {1, 1, 2}, ALLOW},
	{"allow kcmp(type in {1, 3}, pid1 in {7, 8})", "kcmp", {8, 0, 3}, ALLOW},
	{"allow kcmp(type in {1, 3}, pid1 in {7, 8})", "kcmp", {7, 0, 1}, ALLOW},
	{"allow kcmp(type in {1, 3}, pid1 in {7, 8})", "kcmp", {9, 0, 1}, FAILS},
	{"allow kcmp(type in {1, 3}, pid1 in {7, 8})", "kcmp", {7, 0, 2}, FAILS},
	/* Signed: below zero is less than anything. */
	{"allow setpriority(prio >= 5)", "setpriority", {0, 0, 5}, ALLOW},
	{"allow setpriority(prio >= 5)", "setpriority", {0, 0, 4}, FAILS},
	{"allow setpriority(prio >= 5)", "setpriority", {0, 0, (uint64_t)-20}, FAILS},
	{"allow setpriority(prio > 4)", "setpriority", {0, 0, 0xffffffec}, FAILS},
	{"allow setpriority(prio < 5)", "setpriority", {0, 0, 4}, ALLOW},
	{"allow setpriority(prio < 5)", "setpriority", {0, 0, 5}, FAILS},
	{"allow setpriority(prio < 5)", "setpriority", {0, 0, 0xffffffec}, ALLOW},
	{"allow setpriority(prio < 0)", "setpriority", {0, 0, 0}, FAILS},
	{"allow setpriority(prio < 0)", "setpriority", {0, 0, 0xffffffff}, ALLOW},
	{"allow setpriority(prio <= 0)", "setpriority", {0, 0, 0}, ALLOW},
	{"allow ptrace(request <= 2)", "ptrace", {UINT64_MAX, 0, 0}, ALLOW},
	{"allow ptrace(request <= 2)", "ptrace", {0x100000000, 0, 0}, FAILS},
	{"allow ptrace(request > 2)", "ptrace", {UINT64_MAX, 0, 0}, FAILS},
	{"allow ptrace(request > 2)", "ptrace", {0x100000000, 0, 0}, ALLOW},
	/* Cut to an int behind an entry point that takes a long. */
	{"allow ptrace; deny ptrace(pid == 7)", "ptrace", {0, UPPER | 7, 0}, FAILS},
	{"allow mbind; deny mbind(mode == MPOL_BIND)", "mbind", {0, 0, UPPER | 2}, FAILS},
	/* Unsigned: the same bits are much. */
	{"allow setuid(uid >= 1000)", "setuid", {0xffffffff, 0, 0}, ALLOW},
	{"allow setuid(uid >= 1000)", "setuid", {999, 0, 0}, FAILS},
	{"allow setuid(uid < 1000)", "setuid", {UPPER | 999, 0, 0}, ALLOW},
	{"allow mmap(length < 0x100000000)", "mmap", {0, 0xffffffff, 0}, ALLOW},
	{"allow mmap(length < 0x100000000)", "mmap", {0, 0x100000000, 0}, FAILS},
	/* A mode is 16 bits for the kernel, whatever the register has. */
	{"deny chmod(mode == 0o777); allow chmod", "chmod", {0, 0777, 0}, FAILS},
	{"deny chmod(mode == 0o777); allow chmod", "chmod", {0, 0x10000 | 0777, 0}, FAILS},
	{"deny chmod(mode == 0o777); allow chmod", "chmod", {0, 0755, 0}, ALLOW},
	{"allow chmod(mode != 0o777)", "chmod", {0, UPPER | 0x10000 | 0777, 0}, FAILS},
	{"allow chmod(mode & (S_ISUID | S_ISGID) == 0)", "chmod", {0, 0755, 0}, ALLOW},
	{"allow chmod(mode & (S_ISUID | S_ISGID) == 0)", "chmod", {0, 04755, 0}, FAILS},
	{"allow mprotect(prot & PROT_EXEC == 0)", "mprotect", {0, 0, 3}, ALLOW},
	{"allow mprotect(prot & PROT_EXEC == 0)", "mprotect", {0, 0, 7}, FAILS},
	{"allow clone(flags & (CLONE_NEWUSER | CLONE_NEWNS) == 0)", "clone", {17, 0, 0}, ALLOW},
	{"allow clone(flags & (CLONE_NEWUSER | CLONE_NEWNS) == 0)",
	 "clone",
	 {0x10000000, 0, 0},
	 FAILS},
	{"deny clone(flags == 17); allow clone", "clone", {UPPER | 17, 0, 0}, FAILS},
	/* Constants below zero are the bits that the kernel sees. */
	{"allow openat(dirfd == AT_FDCWD)", "openat", {(uint32_t)AT_FDCWD, 0, 0}, ALLOW},
	{"allow openat(dirfd == AT_FDCWD)", "openat", {3, 0, 0}, FAILS},
	{"allow ptrace(request == PTRACE_TRACEME)", "ptrace", {PTRACE_TRACEME, 0, 0}, ALLOW},
	/* Verdicts: kill, errno, notify, log, allow. */
	{"allow sync log", "sync", {0, 0, 0}, LOG},
	{"allow sync log; allow sync", "sync", {0, 0, 0}, LOG},
	{"allow sync log; deny sync", "sync", {0, 0, 0}, FAILS},
	{"allow kcmp; allow kcmp(type == 1) log; deny kcmp(type == 2) kill",
	 "kcmp",
	 {0, 0, 1},
	 LOG},
	{"allow kcmp; allow kcmp(type == 1) log; deny kcmp(type == 2) kill",
	 "kcmp",
	 {0, 0, 2},
	 KILL},
	{"allow kcmp; allow kcmp(type == 1) log; deny kcmp(type == 2) kill",
	 "kcmp",
	 {0, 0, 3},
	 ALLOW},
	{"allow @default; deny ioctl(request == TIOCSTI) kill", "ioctl", {0, 0x5412, 0}, KILL},
	{"allow sync notify; allow sync log; allow sync", "sync", {0, 0, 0}, ASKS},
	{"deny sync notify; allow sync", "sync", {0, 0, 0}, ASKS},
	{"allow sync notify; deny sync", "sync", {0, 0, 0}, FAILS},
	{"allow kcmp; deny kcmp(type == 1) notify", "kcmp", {0, 0, 1}, ASKS},
	{"allow kcmp; deny kcmp(type == 1) notify", "kcmp", {0, 0, 2}, ALLOW},
	/* With 'allow' under the group's conditions, with 'deny' under any. */
	{"allow @default notify", "fchmod", {3, 0644, 0}, ASKS},
	{"allow @default notify", "fchmod", {3, 04755, 0}, FAILS},
	{"deny @file-owner notify", "fchmod", {3, 04755, 0}, ASKS},
	{"allow socket notify", "socket", {AF_UNIX, 1, 0}, FAILS},
	/* What is granted by condition does not open the network. */
	{"allow socket(domain in {AF_UNIX, AF_INET})", "socket", {AF_UNIX, 1, 0}, FAILS},
};

static const struct ir_sandbox *box(const char *rules)
{
	char text[1024];

	snprintf(text, sizeof(text), "sandbox s { syscalls { %s; } }", rules);
	return policy_sandbox(text);
}

Test(call_conds, they_mean_what_they_say)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct verdict_case *c = &cases[i];

		cr_expect_eq(policy_verdict(box(c->rules), c->call, c->args[0], c->args[1],
					    c->args[2]),
			     c->want, "%s: %s(%#lx, %#lx, %#lx)", c->rules, c->call,
			     (unsigned long)c->args[0], (unsigned long)c->args[1],
			     (unsigned long)c->args[2]);
	}
}

Test(call_conds, filters_of_both_architectures_are_proved)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned arch = 0; arch < ARCH__COUNT; arch++) {
			const struct ir_sandbox *sandbox = box(cases[i].rules);
			struct bpf_program program = {0};
			struct str wrong;

			cr_assert_eq(seccomp_assemble(maker_arena(), sandbox, (enum arch)arch,
						      &program),
				     0);
			wrong = verify_filter(maker_arena(), sandbox, (enum arch)arch,
					      program.insns, program.n);
			cr_expect_eq(wrong.len, 0, "%s: %.*s", cases[i].rules, STR_ARG(wrong));
		}
	}
}

static void expect_code(const char *rules, enum diag_code code)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "set cs : syscalls { read, write }; sandbox s { syscalls { %s; } }", rules);
	policy_expect_error(text, code);
}

Test(call_conds, what_a_filter_cant_test_is_an_error)
{
	static const struct {
		const char *rules;
		enum diag_code code;
	} bad[] = {
		{"allow socket(domian == 1)", DIAG_E0130},
		{"allow socket(arg3 == 1)", DIAG_E0130},
		{"allow socket(arg6 == 1)", DIAG_E0130},
		{"allow socket(arg == 1)", DIAG_E0130},
		{"allow getpid(arg0 == 1)", DIAG_E0130},
		{"allow socket(domain == AF_INETT)", DIAG_E0131},
		{"allow socket(domain == af_inet)", DIAG_E0131},
		{"allow socket(domain in {AF_INET, AF_X})", DIAG_E0131},
		{"allow mprotect(prot & PROT_EXE == 0)", DIAG_E0131},
		{"deny afs_syscall(arg0 == 1)", DIAG_E0132},
		{"deny open(pathname == 0)", DIAG_E0249},
		{"deny open(arg0 == 0)", DIAG_E0249},
		{"deny clone(arg3 == 0)", DIAG_E0249},
		{"allow socket(domain == 0x100000000)", DIAG_E0250},
		{"allow socket(domain & 0x100000000 == 0)", DIAG_E0250},
		{"allow chmod(mode == 0x10000)", DIAG_E0250},
		{"allow setpriority(prio < 0x80000000)", DIAG_E0250},
		{"allow openat(flags & O_DIRECTORY == 0)", DIAG_E0251},
		{"allow mmap(flags & MAP_32BIT == 0)", DIAG_E0251},
		{"allow mprotect(prot & 0 == 0)", DIAG_E0252},
		{"allow mprotect(prot & 4 == 2)", DIAG_E0252},
		{"allow setuid(uid < 0)", DIAG_E0252},
		{"allow setuid(uid >= 0)", DIAG_E0252},
		{"allow setuid(uid <= 0xffffffff)", DIAG_E0252},
		{"allow setpriority(prio > 0x7fffffff)", DIAG_E0252},
		{"allow chmod(mode < 0o700)", DIAG_E0253},
		{"allow cs(fd == 1)", DIAG_E0254},
		{"deny ptrace log", DIAG_E0255},
		{"allow ptrace kill", DIAG_E0213},
		{"allow ptrace errno EPERM", DIAG_E0213},
		{"allow setsid(arg0 == 1)", DIAG_E0904},
		{"allow setsid notify", DIAG_E0904},
		{"deny io_uring_setup notify", DIAG_E0904},
		{"deny @session notify", DIAG_E0904},
		{"allow clone3(size == 1)", DIAG_E0904},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_code(bad[i].rules, bad[i].code);
}

Test(call_conds, equal_conditions_are_equal_rules)
{
	const char *one =
		policy_listing("sandbox s { syscalls { allow kcmp(type in {1, 2}, pid1 == 3); } }");
	const char *other = policy_listing(
		"sandbox s { syscalls { allow kcmp(arg0 == 3, type == 2, type == 2);\n"
		"  allow kcmp(type == KCMP_VM, pid1 == 3); } }");

	cr_expect_str_eq(one, other);
}

Test(call_conds, sets_stand_for_their_calls_and_groups)
{
	const struct ir_sandbox *sandbox = policy_sandbox(
		"set inner : syscalls { sync, @timer }; set cs : syscalls { inner, ptrace };\n"
		"sandbox s { syscalls { allow cs; deny ptrace; } }");

	cr_expect_eq(policy_verdict(sandbox, "sync", 0, 0, 0), ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "nanosleep", 0, 0, 0), ALLOW);
	cr_expect_eq(policy_verdict(sandbox, "ptrace", 0, 0, 0), FAILS);
	cr_expect_eq(policy_verdict(sandbox, "read", 0, 0, 0), FAILS);
}

Test(call_conds, broken_item_of_a_set_is_reported_once)
{
	const struct compilation *compilation = policy_check(
		"set cs : syscalls { raed, write, @nothing };\n"
		"sandbox s { syscalls { allow cs; } }\n"
		"sandbox t { syscalls { allow cs; deny cs; } }");

	cr_expect_eq(policy_count(compilation, DIAG_E0105), 1);
	cr_expect_eq(policy_count(compilation, DIAG_E0106), 1);
	cr_expect_eq(compilation->diags.errors, 2);
	cr_expect_eq(policy_count(policy_check("set cs : syscalls { raed };"), DIAG_E0105), 1);
}

Test(call_conds, misspelt_set_of_calls_is_suggested)
{
	const struct compilation *compilation = policy_check(
		"set net_calls : syscalls { bind };\n"
		"sandbox s { syscalls { allow net_cals; } }");

	cr_expect(str_eq_cstr(policy_diag(compilation, DIAG_E0105)->notes.items[0].text,
			      "did you mean 'net_calls'?"));
}

Test(call_conds, set_of_another_kind_is_said_to_be_one)
{
	const struct compilation *compilation = policy_check(
		"set hs : hosts { \"a.org:1\" };\n"
		"sandbox s { syscalls { allow hs; } }");

	cr_expect_eq(policy_count(compilation, DIAG_E0216), 1);
	cr_expect_eq(compilation->diags.errors, 1);
}

Test(call_conds, guards_are_told_from_what_is_stated)
{
	const struct ir_sandbox *sandbox = policy_sandbox(
		"sandbox s { network { connect \"*:1\"; }\n"
		"  syscalls { allow socket, sync; deny bind; } limits { cpus 1; } }");

	for (size_t i = 0; i < sandbox->calls.n; i++) {
		const struct ir_call *call = &sandbox->calls.items[i];
		bool stated = str_eq_cstr(call->name, "sync") || str_eq_cstr(call->name, "bind") ||
			      (str_eq_cstr(call->name, "socket") && call->verdict == IR_CALL_ALLOW);

		cr_expect_eq(call->guard, !stated, "%.*s", STR_ARG(call->name));
	}
}

static bool is_position(const char *name)
{
	return strncmp(name, "arg", 3) == 0 && name[3] >= '0' && name[3] <= '9' && !name[4];
}

Test(call_conds, table_of_arguments_is_sorted_and_whole)
{
	const struct call_args *call;

	for (uint32_t i = 0; (call = call_args_at(i)); i++) {
		cr_expect_eq(call_args_find(str_from(call->call)), call, "%s", call->call);
		cr_expect(syscall_exists(str_from(call->call)), "%s", call->call);
		for (uint32_t a = 0; a < call_args_count(call); a++) {
			cr_expect_eq(call_arg_position(call, str_from(call->args[a].names[0])),
				     (int)a, "%s: %s", call->call, call->args[a].names[0]);
			/* "arg1" is a position; as another one's name it would mislead. */
			cr_expect(!is_position(call->args[a].names[0]) ||
					  call->args[a].names[0][3] == '0' + (char)a,
				  "%s: %s", call->call, call->args[a].names[0]);
		}
	}
}

Test(call_conds, every_call_with_a_number_has_its_arguments)
{
	static const char *const gone[] = {
		"afs_syscall",     "create_module", "epoll_ctl_old", "epoll_wait_old",
		"get_kernel_syms", "getpmsg",       "nfsservctl",    "putpmsg",
		"query_module",    "security",      "tuxcall",       "vserver",
	};

	for (unsigned arch = 0; arch < ARCH__COUNT; arch++) {
		for (uint32_t number = 0; number < syscall_limit((enum arch)arch); number++) {
			struct str name = syscall_name((enum arch)arch, number);
			bool is_gone = !name.ptr;

			for (size_t i = 0; !is_gone && i < sizeof(gone) / sizeof(gone[0]); i++)
				is_gone = str_eq_cstr(name, gone[i]);
			cr_expect(is_gone || call_args_find(name), "%.*s", STR_ARG(name));
		}
	}
}

Test(call_conds, table_of_constants_is_sorted)
{
	const struct constant *constant;

	for (uint32_t i = 0; (constant = constant_at(i)); i++)
		cr_expect_eq(constant_find(str_from(constant->name)), constant, "%s",
			     constant->name);
	cr_expect_eq(constant_find(STR("AF_INET6"))->value, 10);
	cr_expect_eq(constant_find(STR("AT_FDCWD"))->value, -100);
	cr_expect_eq(constant_find(STR("CLONE_NEWUSER"))->value, 0x10000000);
	cr_expect_eq(constant_find(STR("TIOCSTI"))->value, 0x5412);
	cr_expect(constant_find(STR("O_NOFOLLOW"))->varies);
}

/* ---- in a launch ---- */

/* How a shell command ends in a sandbox with these rules beside @default. */
static struct writ_result run_with(const char *rules, const char *command)
{
	const char *const argv[] = {"sh", "-c", command, NULL};
	struct writ_launch launch = {.argv = argv, .stdio = {-1, -1, -1}};
	struct writ_result result = {.status = -1};
	struct writ_process *process = NULL;
	struct writ_error error = {.code = 0};
	struct writ_sandbox *sandbox;
	char text[1024];

	snprintf(text, sizeof(text),
		 "sandbox s { filesystem { read \"/usr\", \"/lib\", \"/lib64\", \"/bin\";\n"
		 "  write \"/dev/null\"; execute \"/usr/bin\", \"/bin\"; }\n"
		 "  syscalls { allow @default; %s; } }",
		 rules);
	sandbox = bundle_sandbox(text);
	cr_assert_eq(writ_spawn(sandbox, &launch, &process, &error), 0, "%s", error.text);
	cr_assert_eq(writ_wait(&process, &result, &error), 0, "%s", error.text);
	writ_sandbox_close(sandbox);
	return result;
}

static void expect_end(const char *rules, const char *command, enum writ_end end, int status)
{
	struct writ_result result = run_with(rules, command);

	cr_expect_eq(result.end, end, "%s: %s: end %d", rules, command, result.end);
	cr_expect_eq(result.status, status, "%s: %s: status %d", rules, command, result.status);
}

Test(call_conds, hold_in_a_launch)
{
	static const char usr1[] = "trap : USR1; kill -USR1 $$ 2>/dev/null && exit 3; exit 4";
	static const char usr2[] = "trap : USR2; kill -USR2 $$; exit 3";

	expect_end("allow sync", usr1, WRIT_EXITED, 3);
	expect_end("deny kill(sig == SIGUSR1) errno EACCES", usr1, WRIT_EXITED, 4);
	expect_end("deny kill(sig == SIGUSR2) errno EACCES", usr1, WRIT_EXITED, 3);
	expect_end("allow kill log", usr1, WRIT_EXITED, 3);
	expect_end("deny kill(sig == SIGUSR1) kill", usr2, WRIT_EXITED, 3);
	expect_end("deny kill(sig == SIGUSR2) kill", usr2, WRIT_SIGNALED, SIGSYS);
}
