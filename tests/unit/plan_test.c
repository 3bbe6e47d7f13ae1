/*
 * Plans: which mechanisms a sandbox gets for what it says, and that the prover works out the same.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "backend/seccomp.h"
#include "ir/ir_plan.h"
#include "link/bundle_read.h"
#include "support/ir_maker.h"
#include "support/policy.h"
#include "support/proof.h"
#include "tables/plan_calls.h"
#include "verify/bpf_run.h"
#include "verify/verify_bpf.h"

#define HEAD                                                                                       \
	"param work : path;\nparam other : path;\nparam port : port = 1;\n"                        \
	"tool t { class read; sandbox box; }\n"

static uint32_t plan_of(const char *sandbox)
{
	char text[8192];

	(void)snprintf(text, sizeof(text), HEAD "sandbox box { %s }\nrole r { allow t; }\n",
		       sandbox);
	return ir_plan(maker_arena(), &policy_ir(text)->sandboxes.items[0]);
}

static struct str names_of(uint32_t plan)
{
	struct str names = STR("");

#define PLAN(bit, id, name, doc)                                                                   \
	if (plan & WRIT_PLAN_##id)                                                                 \
		names = str_printf(maker_arena(), "%.*s %s", STR_ARG(names), #id);
	WRIT_PLANS(PLAN)
#undef PLAN
	return names;
}

#define NONE "syscalls { allow read; }"

static const struct {
	const char *sandbox;
	const char *plan; /* names, each behind a space */
} plans[] = {
	{NONE, ""},
	{NONE "filesystem { read \"/srv\"; write \"/var\"; execute \"/bin\"; }", ""},
	{"syscalls { allow fork; }", " KEEPER PID_NS"},
	{"syscalls { allow vfork; }", " KEEPER PID_NS"},
	{"syscalls { allow clone(flags & CLONE_THREAD == CLONE_THREAD); }", " KEEPER PID_NS"},
	{"syscalls { allow fork; deny fork; }", ""},
	{NONE "filesystem { scratch \"/tmp\" 1MiB; }", " KEEPER PID_NS MOUNT_NS"},
	{NONE "filesystem { read \"/proc\"; }", ""},
	{"syscalls { allow fork; } filesystem { read \"/proc\"; }", " KEEPER PID_NS MOUNT_NS PROC"},
	{"syscalls { allow fork; } filesystem { read \"/\"; }", " KEEPER PID_NS MOUNT_NS PROC"},
	{"syscalls { allow fork; } filesystem { read \"/proc/cpuinfo\"; }",
	 " KEEPER PID_NS MOUNT_NS PROC"},
	{"syscalls { allow fork; } filesystem { read \"/process\", \"/srv/proc\", \"${work}\"; }",
	 " KEEPER PID_NS"},
	{"syscalls { allow chmod; } filesystem { write \"/srv\"; }",
	 " KEEPER PID_NS MOUNT_NS READ_ONLY"},
	{"syscalls { allow ioctl(request == 0x40086602); } filesystem { write \"/srv\"; }",
	 " KEEPER PID_NS MOUNT_NS READ_ONLY"},
	{"syscalls { allow ioctl(request == 0x5401); } filesystem { write \"/srv\"; }", ""},
	{"syscalls { allow chmod; deny chmod; } filesystem { write \"/srv\"; }", ""},
	/* Denied patterns against granted trees. */
	{NONE "filesystem { read \"/srv\"; deny \"/srv/a\"; }", " KEEPER BROKER"},
	{NONE "filesystem { read \"/srv\"; deny \"/etc\"; }", ""},
	{NONE "filesystem { read \"/srv\"; deny \"/srvx\", \"/sr\"; }", ""},
	{NONE "filesystem { read \"/srv\"; deny \"/**/.env\"; }", " KEEPER BROKER"},
	{NONE "filesystem { read \"/srv\"; deny \"/etc/**/.env\"; }", ""},
	{NONE "filesystem { read \"/srv/a/b\"; deny \"/srv/*/b/c\"; }", " KEEPER BROKER"},
	{NONE "filesystem { read \"/srv/a/b\"; deny \"/srv/*/c/b\"; }", ""},
	{NONE "filesystem { read \"/srv/abc\"; deny \"/srv/a?c/d\"; }", " KEEPER BROKER"},
	{NONE "filesystem { read \"/srv/abc\"; deny \"/srv/b*/d\"; }", ""},
	{NONE "filesystem { read \"/srv\"; deny \"~/.ssh\"; }", " KEEPER BROKER"},
	/* Peers that are no TCP ports of any host. */
	{NONE "network { connect \"*:443\"; bind \"*:80-90\"; }", ""},
	{NONE "network { connect \"10.0.0.1:443\"; }", " KEEPER NETWORK"},
	{NONE "network { connect \"*:*\"; }", " KEEPER NETWORK"},
	{NONE "network { bind \"127.0.0.1:80\"; }", " KEEPER NETWORK"},
	{NONE "network { connect \"*:443\"; deny \"10.0.0.0/8\"; }", " KEEPER NETWORK"},
	{NONE "network { unix \"/run/x\"; }", " KEEPER NETWORK"},
	{NONE "network { connect \"a.example:443\"; }", " KEEPER NETWORK RESOLVER"},
	{NONE "network { connect \"*.a.example:443\"; }", " KEEPER NETWORK RESOLVER"},
	{NONE "network { connect \"udp://*:53\"; }", " KEEPER NETWORK RESOLVER"},
	{NONE "network { connect \"*:443\"; deny \"a.example\"; }", " KEEPER NETWORK"},
	{NONE "filesystem { read \"~/a\"; deny \"~/.ssh\"; }", ""},
	{NONE "filesystem { read \"~\"; deny \"~/.ssh\"; }", " KEEPER BROKER"},
	{NONE "filesystem { read \"${work}\"; deny \"${work}/.git\"; }", " KEEPER BROKER"},
	{NONE "filesystem { read \"${work}/a\"; deny \"${work}/b\"; }", ""},
	{NONE "filesystem { read \"${work}\"; deny \"${other}/.git\"; }", " KEEPER BROKER"},
	{NONE "filesystem { read \"/srv/a${port}\"; deny \"/srv/b/x\"; }", " KEEPER BROKER"},
	{NONE "filesystem { read \"/srv/b\"; deny \"/srv/${port}/x\"; }", " KEEPER BROKER"},
	{NONE "filesystem { scratch \"/tmp\" 1MiB; deny \"/tmp/x\"; }",
	 " KEEPER PID_NS MOUNT_NS BROKER"},
	{NONE "filesystem { execute \"/usr/bin\"; deny \"/usr/bin/sudo\"; }", " KEEPER BROKER"},
};

Test(plan, sandboxes_get_what_they_need_and_nothing_else)
{
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct str names = names_of(plan_of(plans[i].sandbox));

		cr_expect(str_eq_cstr(names, plans[i].plan), "%s: '%.*s', not '%s'",
			  plans[i].sandbox, STR_ARG(names), plans[i].plan);
	}
}

Test(plan, the_prover_says_the_same)
{
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		char text[8192];
		struct proof_subject subject;
		const char *wrong;

		(void)snprintf(text, sizeof(text), HEAD "sandbox box { %s }\nrole r { allow t; }\n",
			       plans[i].sandbox);
		subject = proof_make(text);
		wrong = proof_run(maker_arena(), &subject);
		cr_expect_str_eq(wrong, "", "%s: %s", plans[i].sandbox, wrong);
	}
}

/* Paths of few names, so that patterns often match, at all roots. */
static void put_path(char *out, size_t size, uint64_t *random, bool pattern)
{
	static const char *const roots[] = {"", "", "", "~", "${work}", "${other}"};
	static const char *const names[] = {"a", "b", "ab", "x${port}", "*", "**", "a*", "?b"};
	size_t n = maker_random(random) % 4 + 1, at;

	at = (size_t)snprintf(out, size, "%s", roots[maker_random(random) % 6]);
	for (size_t i = 0; i < n; i++) {
		size_t which = maker_random(random) % (pattern ? 8 : 4);

		at += (size_t)snprintf(out + at, size - at, "/%s", names[which]);
	}
}

Test(plan, the_prover_agrees_about_random_denials, .timeout = 240)
{
	uint64_t random = 5;
	unsigned brokers = 0;

	for (unsigned i = 0; i < 400; i++) {
		char grant[128], deny[128], more[128], text[1024];
		struct proof_subject subject;

		put_path(grant, sizeof(grant), &random, false);
		put_path(deny, sizeof(deny), &random, true);
		put_path(more, sizeof(more), &random, true);
		(void)snprintf(text, sizeof(text),
			       HEAD "sandbox box { " NONE " filesystem { read \"%s\"; "
				    "deny \"%s\", \"%s\"; } }\nrole r { allow t; }\n",
			       grant, deny, more);
		subject = proof_make(text);
		cr_assert_str_eq(proof_run(maker_arena(), &subject), "", "%s", text);
		brokers += (ir_plan(maker_arena(), &subject.policy->sandboxes.items[0]) &
			    WRIT_PLAN_BROKER) != 0;
		free(subject.bundle.bytes);
	}
	cr_expect(brokers > 50 && brokers < 380, "%u of 400 have a broker", brokers);
}

Test(plan, any_other_plan_is_told)
{
	struct proof_subject subject = proof_make(
		HEAD "sandbox box { syscalls { allow fork; } filesystem { read \"/srv\"; "
		     "deny \"/srv/x\"; } }\nrole r { allow t; }\n");
	struct writ_fmt_sandbox *box = bundle_section(&subject.bundle, WRIT_SECTION_SANDBOXES,
						      sizeof(*box), NULL);
	uint32_t right = box->plan;

	cr_assert_eq(right, (uint32_t)(WRIT_PLAN_KEEPER | WRIT_PLAN_PID_NS | WRIT_PLAN_BROKER));
	for (uint32_t plan = 0; plan <= WRIT_KNOWN_PLANS; plan++) {
		const char *wrong;

		box->plan = plan;
		wrong = proof_run(maker_arena(), &subject);
		cr_expect_eq(*wrong == '\0', plan == right, "plan %#x: %s", plan, wrong);
	}
}

/* The sandbox without the compiler's own refusals of a call, as a forged list of rules has it. */
static void expect_missed(const char *sandbox, const char *call)
{
	char text[8192];
	struct proof_subject subject;
	struct ir_sandbox *box;
	const char *wrong;
	size_t n = 0;

	(void)snprintf(text, sizeof(text), HEAD "sandbox box { %s }\nrole r { allow t; }\n",
		       sandbox);
	subject = proof_make(text);
	cr_assert_str_eq(proof_run(maker_arena(), &subject), "");
	box = &subject.policy->sandboxes.items[0];
	for (size_t i = 0; i < box->calls.n; i++) {
		const struct ir_call *rule = &box->calls.items[i];

		if (!rule->guard || !str_eq_cstr(rule->name, call))
			box->calls.items[n++] = *rule;
	}
	cr_assert_lt(n, box->calls.n, "%s: nothing refuses %s", sandbox, call);
	box->calls.n = n;
	wrong = proof_run(maker_arena(), &subject);
	cr_expect(strstr(wrong, call) || strstr(wrong, "the plan lacks"), "%s without %s: '%s'",
		  sandbox, call, wrong);
}

Test(plan, refusals_that_are_missing_are_told)
{
	static const char *const strict[] = {"memfd_create", "mmap",  "mprotect", "pkey_mprotect",
					     "personality",  "shmat", "ptrace"};
	static const char *const broker[] = {"open_by_handle_at", "mount",  "setxattr", "chroot",
					     "fchownat",          "unshare"};

	for (size_t i = 0; i < sizeof(strict) / sizeof(strict[0]); i++)
		expect_missed("strict exec; syscalls { allow @default, ptrace, shmat, personality; "
			      "allow memfd_create; }",
			      strict[i]);
	for (size_t i = 0; i < sizeof(broker) / sizeof(broker[0]); i++)
		expect_missed("filesystem { read \"/srv\"; deny \"/srv/x\"; } syscalls { allow "
			      "@default, open_by_handle_at, mount, setxattr, chroot, fchownat, "
			      "unshare; }",
			      broker[i]);
	expect_missed("network { connect \"10.0.0.1:1\"; }", "setsockopt");
	expect_missed("limits { processes 1; }", "fork");
	expect_missed("limits { processes 1; }", "vfork");
}

Test(plan, too_many_pairs_get_a_broker)
{
	struct ir_sandbox sandbox = {0};
	struct ir_part part = {.kind = IR_PART_LITERAL, .literal = STR("/elsewhere")};

	for (unsigned i = 0; i < 256; i++) {
		maker_path(&sandbox, "/srv", WRIT_PATH_READ);
		if (i < 64)
			vec_push(maker_arena(), &sandbox.denies)->text = (struct ir_text){&part, 1};
	}
	cr_expect_eq(ir_plan(maker_arena(), &sandbox), 0u);
	vec_push(maker_arena(), &sandbox.denies)->text = (struct ir_text){&part, 1};
	cr_expect_eq(ir_plan(maker_arena(), &sandbox),
		     (uint32_t)(WRIT_PLAN_KEEPER | WRIT_PLAN_BROKER));
}

/* What a broker's test above has of denied paths, of endpoints. */
Test(plan, any_other_plan_of_peers_is_told)
{
	struct proof_subject subject = proof_make(
		HEAD
		"sandbox box { syscalls { allow read; } network { connect \"10.0.0.1:1\"; } }\n"
		"role r { allow t; }\n");
	struct writ_fmt_sandbox *box = bundle_section(&subject.bundle, WRIT_SECTION_SANDBOXES,
						      sizeof(*box), NULL);
	uint32_t right = box->plan;

	cr_assert_eq(right, (uint32_t)(WRIT_PLAN_KEEPER | WRIT_PLAN_NETWORK));
	for (uint32_t plan = 0; plan <= WRIT_KNOWN_PLANS; plan++) {
		const char *wrong;

		box->plan = plan;
		wrong = proof_run(maker_arena(), &subject);
		cr_expect_eq(*wrong == '\0', plan == right, "plan %#x: %s", plan, wrong);
	}
}

static const struct ir_sandbox *box_of(const char *sandbox)
{
	char text[8192];

	(void)snprintf(text, sizeof(text), HEAD "sandbox box { %s }\nrole r { allow t; }\n",
		       sandbox);
	return &policy_ir(text)->sandboxes.items[0];
}

static bool permits(const char *sandbox, const char *call)
{
	return ir_permits(box_of(sandbox), str_from(call));
}

Test(plan, groups_bring_metadata_calls_only_where_files_are_written)
{
	static const char *const writing[] = {
		"filesystem { write \"/srv\"; }",        "filesystem { write \"${work}\"; }",
		"filesystem { write \"~\"; }",           "filesystem { write \"/dev/shm\"; }",
		"filesystem { scratch \"/tmp\" 1MiB; }", "filesystem { write \"/device\"; }",
	};
	static const char *const reading[] = {
		"",
		"filesystem { read \"/\"; }",
		"filesystem { write \"/dev\"; }",
		"filesystem { write \"/dev/null\", \"/dev/tty\"; execute \"/bin\"; }",
		/* What is denied as a whole is not granted. */
		"filesystem { write \"/srv\"; deny \"/srv\"; }",
		"filesystem { write \"/srv/x\"; deny \"/s*\"; }",
	};

	for (size_t i = 0; i < sizeof(writing) / sizeof(writing[0]); i++) {
		cr_expect(permits(writing[i], "chmod"), "%s", writing[i]);
		cr_expect(permits(writing[i], "utimensat"), "%s", writing[i]);
		cr_expect(plan_of(writing[i]) & WRIT_PLAN_READ_ONLY, "%s", writing[i]);
	}
	for (size_t i = 0; i < sizeof(reading) / sizeof(reading[0]); i++) {
		cr_expect_not(permits(reading[i], "chmod"), "%s", reading[i]);
		cr_expect_not(permits(reading[i], "utimensat"), "%s", reading[i]);
		cr_expect_not(plan_of(reading[i]) & WRIT_PLAN_READ_ONLY, "%s", reading[i]);
	}
	/* What is named stays, also where a group has it too. */
	cr_expect(permits("syscalls { allow @default, chmod; }", "chmod"));
	cr_expect_not(permits("syscalls { allow @default, chmod; }", "fchmod"));
	cr_expect(permits("syscalls { allow @default, utime; }", "utime"));
	cr_expect_eq(plan_of("syscalls { allow @default, utime; }") & WRIT_PLAN_READ_ONLY,
		     (uint32_t)WRIT_PLAN_READ_ONLY);
}

Test(plan, one_process_makes_none)
{
	static const char *const calls[] = {"clone", "fork", "vfork"};
	const char *alone = "limits { processes 1; }", *two = "limits { processes 2; }";

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		cr_expect_not(permits(alone, calls[i]), "%s", calls[i]);
		cr_expect(permits(two, calls[i]), "%s", calls[i]);
		cr_expect_eq(policy_verdict(box_of(alone), calls[i], 0, 0, 0), 0x50001u, "%s",
			     calls[i]);
	}
	cr_expect_eq(plan_of(alone), 0u);
	cr_expect_eq(plan_of(two), (uint32_t)(WRIT_PLAN_KEEPER | WRIT_PLAN_PID_NS));
}

/* What a program made for the sandbox says of a call whose arguments are all zero. */
static uint32_t filter_says(const struct ir_sandbox *sandbox, enum arch arch, const char *name)
{
	struct bpf_program program;
	struct seccomp_data data = {.nr = syscall_number(str_from(name), arch),
				    .arch = arch_info(arch)->audit_arch};

	cr_assert_eq(seccomp_assemble(maker_arena(), sandbox, arch, &program), 0);
	cr_assert_eq(prove_filter(maker_arena(), sandbox, arch, program.insns, program.n).result,
		     FILTER_PROVED);
	return bpf_run(program.insns, &data, NULL);
}

#define BROKERED "filesystem { read \"/srv\"; write \"/srv/w\"; deny \"/srv/**/.env\"; } "

Test(plan, a_broker_is_asked_about_what_names_files)
{
	static const char *const asked[] = {
		"openat", "mkdirat",  "mknodat",   "renameat2", "linkat",
		"umask",  "unlinkat", "symlinkat", "fchmodat",  "utimensat",
	};
	static const char *const refused[] = {
		"openat2", "truncate", "open_by_handle_at", "mount",  "setxattr",
		"chroot",  "fchownat", "move_mount",        "fsopen", "unshare",
	};
	static const char *const others[] = {"read", "fstat", "execve", "faccessat", "getdents64"};
	const struct ir_sandbox *box = box_of(BROKERED);

	for (unsigned arch = 0; arch < ARCH__COUNT; arch++) {
		for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
			cr_expect_eq(filter_says(box, (enum arch)arch, asked[i]), 0x7fc00000u, "%s",
				     asked[i]);
		for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
			cr_expect_eq(filter_says(box, (enum arch)arch, refused[i]), 0x50001u, "%s",
				     refused[i]);
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			cr_expect_eq(filter_says(box, (enum arch)arch, others[i]), 0x7fff0000u,
				     "%s", others[i]);
	}
}

Test(plan, the_policy_says_what_it_said_before)
{
	const struct ir_sandbox *box = box_of(BROKERED);

	cr_expect_eq(policy_verdict(box, "openat", 0, 0, 0), 0x7fff0000u);
	cr_expect_eq(policy_verdict(box, "openat", 0, 0, 01000), 0x50001u); /* O_TRUNC alone */
	cr_expect_eq(policy_verdict(box, "umask", 0, 0, 0), 0x7fff0000u);
}

Test(plan, a_broker_can_not_be_evaded_by_naming_calls)
{
	const char *box = BROKERED "syscalls { allow @default, open_by_handle_at, clone; "
				   "allow setxattr, openat2 log; allow chroot notify; }";

	cr_expect_eq(filter_says(box_of(box), ARCH_X86_64, "open_by_handle_at"), 0x50001u);
	cr_expect_eq(filter_says(box_of(box), ARCH_X86_64, "setxattr"), 0x50001u);
	cr_expect_eq(filter_says(box_of(box), ARCH_X86_64, "chroot"), 0x50001u);
	cr_expect_eq(filter_says(box_of(box), ARCH_X86_64, "openat2"), 0x7fc00000u);
	cr_expect_eq(policy_verdict(box_of(box), "clone", 0x20000, 0, 0), 0x50001u);
}

Test(plan, what_is_always_denied_is_not_granted)
{
	const struct ir_sandbox *box = box_of(
		"filesystem { read \"/srv/a\", \"/srv/b\", \"~/x\", \"${work}/y\"; "
		"deny \"/srv/a\", \"~\", \"${other}\"; }");

	cr_assert_eq(box->paths.n, 2u);
	cr_expect(str_eq_cstr(box->paths.items[0].text.parts[0].literal, "/srv/b"));
	cr_expect_eq(box->paths.items[1].text.parts[0].kind, IR_PART_PARAM);
}

Test(plan, tables_name_calls_that_exist)
{
	/* Newer than the library that knows the numbers. */
	static const char *const newer[] = {"setxattrat", "removexattrat", "file_setattr",
					    "open_tree_attr"};
	const char *name;

	for (uint32_t i = 0; (name = call_metadata_at(i)) || (name = call_evading_at(i)); i++) {
		bool is_newer = false;

		for (size_t k = 0; k < sizeof(newer) / sizeof(newer[0]); k++)
			is_newer |= strcmp(name, newer[k]) == 0;
		cr_expect(is_newer || syscall_exists(str_from(name)), "%s", name);
	}
}
