#include <criterion/criterion.h>

#include <string.h>

#include "runtime/kernel_abi.h"
#include "runtime/verify.h"

#define LD(k)                                                                                      \
	{                                                                                          \
		BPF_OP_LD_W_ABS, 0, 0, (k)                                                         \
	}
#define JEQ(k, jt, jf)                                                                             \
	{                                                                                          \
		BPF_OP_JEQ_K, (jt), (jf), (k)                                                      \
	}
#define RET(k)                                                                                     \
	{                                                                                          \
		BPF_OP_RET_K, 0, 0, (k)                                                            \
	}
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

Test(verify_bpf, filters_of_ours_are_good)
{
	const struct writ_fmt_insn insns[] = {
		LD(4),
		JEQ(KERNEL_AUDIT_ARCH, 1, 0),
		RET(SECCOMP_ACTION_KILL_PROCESS),
		LD(16),
		{BPF_OP_AND_K, 0, 0, 0xff},
		{BPF_OP_JSET_K, 0, 1, 3},
		{BPF_OP_JA, 0, 0, 1},
		RET(SECCOMP_ACTION_ALLOW),
		RET(SECCOMP_ACTION_ERRNO | 38),
	};

	cr_expect_null(verify_bpf(insns, COUNT(insns)));
}

Test(verify_bpf, everything_else_is_refused)
{
	static const struct writ_fmt_insn bad[][3] = {
		{LD(64), RET(SECCOMP_ACTION_ALLOW), RET(SECCOMP_ACTION_ALLOW)},
		{LD(2), RET(SECCOMP_ACTION_ALLOW), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), JEQ(1, 1, 0), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), JEQ(1, 0, 255), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {BPF_OP_JA, 0, 0, 1}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {BPF_OP_JA, 0, 0, UINT32_MAX}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(SECCOMP_ACTION_ALLOW), LD(0)},
		{LD(0), RET(SECCOMP_ACTION_LOG | 1), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(SECCOMP_ACTION_USER_NOTIF | 1), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(0x7ff00000 /* trace */), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(SECCOMP_ACTION_ERRNO), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(SECCOMP_ACTION_ERRNO | 4096), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), RET(SECCOMP_ACTION_ALLOW | 1), RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {0x02, 0, 0, 0}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {0x16, 0, 0, 0}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {BPF_OP_JA, 1, 0, 0}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {BPF_OP_JA, 0, 1, 0}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {BPF_OP_RET_K, 0, 1, SECCOMP_ACTION_ALLOW}, RET(SECCOMP_ACTION_ALLOW)},
		{LD(0), {BPF_OP_RET_K, 1, 0, SECCOMP_ACTION_ALLOW}, RET(SECCOMP_ACTION_ALLOW)},
		{JEQ(1, 0, 0), RET(SECCOMP_ACTION_ALLOW), RET(SECCOMP_ACTION_ALLOW)},
	};
	static struct writ_fmt_insn many[WRIT_MAX_INSNS + 1];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not_null(verify_bpf(bad[i], 3), "program %zu", i);
	for (size_t i = 0; i <= WRIT_MAX_INSNS; i++)
		many[i] = (struct writ_fmt_insn)RET(SECCOMP_ACTION_ALLOW);
	cr_expect_null(verify_bpf(many, WRIT_MAX_INSNS));
	cr_expect_not_null(verify_bpf(many, WRIT_MAX_INSNS + 1));
	cr_expect_not_null(verify_bpf(many, 0));
}

/* The smallest filters that a launch can rely on: everything is EPERM, but x32. */
#define NATIVE(arch, ...)                                                                          \
	{                                                                                          \
		LD(4), JEQ((arch), 1, 0), RET(SECCOMP_ACTION_KILL_PROCESS), LD(0), __VA_ARGS__     \
	}
#define X86_64    0xC000003Eu
#define AARCH64   0xC00000B7u
#define EPERM_RET RET(SECCOMP_ACTION_ERRNO | 1)
#define X32_DIES  {BPF_OP_JGE_K, 0, 1, 0x40000000}, RET(SECCOMP_ACTION_KILL_PROCESS)

static void expect_probes(uint32_t arch, const struct writ_fmt_insn *insns, uint32_t count,
			  const char *what)
{
	const char *wrong = verify_probes(arch, insns, count, VERIFY_NO_PID_NS);

	cr_assert_null(verify_bpf(insns, count));
	if (!what)
		cr_expect_null(wrong, "%s", wrong);
	else
		cr_expect(wrong && strstr(wrong, what), "%s: %s", what, wrong ? wrong : "accepted");
}

Test(verify_bpf, a_filter_begins_with_its_architecture)
{
	static const struct writ_fmt_insn good[] = NATIVE(AARCH64, EPERM_RET);
	static const struct writ_fmt_insn allow[] = {RET(SECCOMP_ACTION_ALLOW)};
	static const struct writ_fmt_insn late[] = {LD(0), LD(4), JEQ(AARCH64, 1, 0),
						    RET(SECCOMP_ACTION_KILL_PROCESS), EPERM_RET};
	static const struct writ_fmt_insn mild[] = {LD(4), JEQ(AARCH64, 1, 0), EPERM_RET,
						    EPERM_RET};

	expect_probes(AARCH64, good, COUNT(good), NULL);
	expect_probes(X86_64, good, COUNT(good), "architecture");
	expect_probes(0x40000028, good, COUNT(good), "architecture");
	expect_probes(AARCH64, allow, COUNT(allow), "architecture");
	expect_probes(AARCH64, late, COUNT(late), "architecture");
	expect_probes(AARCH64, mild, COUNT(mild), "architecture");
	cr_expect(verify_knows_arch(X86_64) && verify_knows_arch(AARCH64));
	cr_expect_not(verify_knows_arch(0x40000028));
}

/* Each call allowed alone, whatever else the filter refuses. */
Test(verify_bpf, what_a_launch_relies_on_is_refused)
{
	static const struct {
		uint32_t number;
		const char *what;
	} rows[] = {
		{112, "setsid"},         {109, "setpgid"},        {435, "clone3"},
		{425, "io_uring_setup"}, {426, "io_uring_enter"}, {427, "io_uring_register"},
		{0x3fffffff, "no call"}, {41, "sockets"},         {44, "Fast Open"},
		{46, "Fast Open"},       {307, "Fast Open"},      {0, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct writ_fmt_insn insns[] = NATIVE(X86_64, X32_DIES,
							    JEQ(rows[i].number, 0, 1),
							    RET(SECCOMP_ACTION_ALLOW), EPERM_RET);

		expect_probes(X86_64, insns, COUNT(insns), rows[i].what);
	}
}

Test(verify_bpf, x32_calls_are_killed)
{
	static const struct writ_fmt_insn refused[] = NATIVE(X86_64, EPERM_RET);
	static const struct writ_fmt_insn killed[] = NATIVE(X86_64, X32_DIES, EPERM_RET);

	expect_probes(X86_64, refused, COUNT(refused), "x32");
	expect_probes(X86_64, killed, COUNT(killed), NULL);
}

/* setsid has no arguments: one that is allowed with some of them is allowed. */
Test(verify_bpf, a_verdict_that_depends_on_arguments_may_allow)
{
	static const struct writ_fmt_insn insns[] = NATIVE(AARCH64, JEQ(157, 0, 3), LD(56),
							   JEQ(7, 0, 1), RET(SECCOMP_ACTION_ALLOW),
							   EPERM_RET);

	expect_probes(AARCH64, insns, COUNT(insns), "setsid");
}

/* socket(AF_INET, SOCK_STREAM, 0) and no other. */
Test(verify_bpf, sockets_are_for_who_has_a_port)
{
	static const struct writ_fmt_insn insns[] =
		NATIVE(AARCH64, JEQ(198, 0, 8), LD(16), JEQ(2, 0, 6), LD(24),
		       {BPF_OP_AND_K, 0, 0, 15}, JEQ(1, 0, 3), LD(32),
		       {BPF_OP_JSET_K, 1, 0, UINT32_MAX}, RET(SECCOMP_ACTION_ALLOW), EPERM_RET);

	expect_probes(AARCH64, insns, COUNT(insns), NULL);
	cr_expect_not_null(verify_probes(AARCH64, insns, COUNT(insns), VERIFY_NO_PORT));
}

/* What the first test has loaded may be compared again. */
Test(verify_bpf, what_follows_the_architecture_may_look_at_it)
{
	static const struct writ_fmt_insn allows[] = {
		LD(4),
		JEQ(AARCH64, 1, 0),
		RET(SECCOMP_ACTION_KILL_PROCESS),
		JEQ(AARCH64, 0, 1),
		RET(SECCOMP_ACTION_ALLOW),
		EPERM_RET,
	};
	static const struct writ_fmt_insn refuses[] = {
		LD(4),        JEQ(AARCH64, 1, 0),        RET(SECCOMP_ACTION_KILL_PROCESS),
		JEQ(0, 0, 1), RET(SECCOMP_ACTION_ALLOW), EPERM_RET,
	};

	static const struct writ_fmt_insn skips[] = {
		LD(4),
		JEQ(AARCH64, 2, 1),
		LD(0),
		RET(SECCOMP_ACTION_KILL_PROCESS),
		RET(SECCOMP_ACTION_ALLOW),
	};

	expect_probes(AARCH64, allows, COUNT(allows), "a filter allows");
	expect_probes(AARCH64, skips, COUNT(skips), "a filter allows");
	expect_probes(AARCH64, refuses, COUNT(refuses), NULL);
}

/* setsid is 157: found by each kind of instruction, and not by those beside it. */
Test(verify_bpf, numbers_are_found_as_the_kernel_finds_them)
{
	static const struct {
		uint16_t code;
		uint32_t k, after; /* what holds for after and not for k is allowed */
		bool found;
	} rows[] = {
		{BPF_OP_JGT_K, 157, 156, true},  {BPF_OP_JGT_K, 158, 157, false},
		{BPF_OP_JGT_K, 156, 155, false}, {BPF_OP_JGE_K, 158, 157, true},
		{BPF_OP_JGE_K, 159, 158, false}, {BPF_OP_JGE_K, 157, 156, false},
	};
	static const struct writ_fmt_insn masked[] = NATIVE(AARCH64, {BPF_OP_AND_K, 0, 0, 0x7f},
							    JEQ(157 & 0x7f, 0, 1),
							    RET(SECCOMP_ACTION_ALLOW), EPERM_RET);
	static const struct writ_fmt_insn tested[] =
		NATIVE(AARCH64, {BPF_OP_JSET_K, 0, 3, 1}, {BPF_OP_JSET_K, 2, 0, ~157u},
		       {BPF_OP_JSET_K, 0, 1, 0x80}, RET(SECCOMP_ACTION_ALLOW), EPERM_RET);
	static const struct writ_fmt_insn jumps[] = NATIVE(AARCH64, {BPF_OP_JA, 0, 0, 1}, EPERM_RET,
							   RET(SECCOMP_ACTION_ALLOW));

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct writ_fmt_insn insns[] = NATIVE(AARCH64,
							    {rows[i].code, 0, 2, rows[i].after},
							    {rows[i].code, 1, 0, rows[i].k},
							    RET(SECCOMP_ACTION_ALLOW), EPERM_RET);

		expect_probes(AARCH64, insns, COUNT(insns), rows[i].found ? "setsid" : NULL);
	}
	expect_probes(AARCH64, masked, COUNT(masked), "setsid");
	expect_probes(AARCH64, tested, COUNT(tested), "setsid");
	expect_probes(AARCH64, jumps, COUNT(jumps), "setsid");
}

/* Calls with just the arguments that matter. */
static const struct {
	uint32_t x86_64, aarch64, demand, args[4];
} limited[] = {
	{41, 198, VERIFY_NO_UNIX, {1, 1}},
	{41, 198, 0, {1, 2}},
	{41, 198, VERIFY_NO_UNIX, {1, 5}},
	{41, 198, 0, {16, 3}},
	{41, 198, 0, {16, 2}},
	{41, 198, 0, {17, 3, 0x300}},
	{41, 198, 0, {17, 2, 0x300}},
	{41, 198, 0, {38, 5}},
	{41, 198, 0, {40, 1}},
	{41, 198, VERIFY_NO_RESOLVER, {2, 2}},
	{41, 198, 0, {2, 3, 1}},
	{41, 198, 0, {2, 1, 262}},
	{41, 198, VERIFY_NO_RESOLVER, {10, 2}},
	{41, 198, 0, {10, 3, 58}},
	{41, 198, 0, {10, 1, 262}},
	{41, 198, VERIFY_NO_PORT, {2, 1}},
	{41, 198, VERIFY_NO_PORT, {10, 1, 6}},
	{41, 198, VERIFY_RESOLVER, {2, 2}},
	{41, 198, VERIFY_RESOLVER, {10, 2}},
	{44, 206, 0, {0, 0, 0, 0x20000000}},
	{46, 211, 0, {0, 0, 0x20000000}},
	{307, 269, 0, {0, 0, 0, 0x20000000}},
	{54, 208, VERIFY_GATE, {0, 0, 4}},
	{54, 208, VERIFY_GATE, {0, 41, 57}},
	{54, 208, VERIFY_GATE, {0, 41, 5}},
	{54, 208, VERIFY_GATE, {0, 41, 6}},
	{54, 208, VERIFY_GATE, {0, 1, 25}},
	{54, 208, VERIFY_GATE, {0, 1, 62}},
	{54, 208, VERIFY_GATE, {0, 6, 19}},
	{54, 208, VERIFY_GATE, {0, 6, 30}},
	{54, 208, VERIFY_GATE, {0, 6, 31}},
	{54, 208, VERIFY_RESOLVER, {0, 0, 64}},
	{54, 208, VERIFY_RESOLVER, {0, 41, 64}},
	{54, 208, VERIFY_RESOLVER, {0, 0, 1154}},
	{54, 208, VERIFY_RESOLVER, {0, 0, 17}},
	{54, 208, VERIFY_RESOLVER, {0, 41, 35}},
	{55, 209, VERIFY_RESOLVER, {0, 0, 64}},
	{55, 209, VERIFY_RESOLVER, {0, 41, 64}},
	{16, 29, VERIFY_RESOLVER, {0, 0x890b}},
	{16, 29, VERIFY_RESOLVER, {0, 0x8914}},
	{16, 29, VERIFY_RESOLVER, {0, 0x894c}},
	{9, 222, VERIFY_STRICT_EXEC, {0, 4096, 7, 2}},
	{9, 222, VERIFY_STRICT_EXEC, {0, 4096, 6, 1}},
	{9, 222, VERIFY_STRICT_EXEC, {0, 4096, 5, 0x22}},
	{10, 226, VERIFY_STRICT_EXEC, {0, 4096, 5}},
	{329, 288, VERIFY_STRICT_EXEC, {0, 4096, 4}},
	{319, 279, VERIFY_STRICT_EXEC, {0, 0}},
	{319, 279, VERIFY_STRICT_EXEC, {0, 8}},
	{30, 196, VERIFY_STRICT_EXEC, {0, 0, 0100000}},
	{135, 92, VERIFY_STRICT_EXEC, {0x400000}},
	{101, 117, VERIFY_STRICT_EXEC, {5}},
	{56, 220, VERIFY_NO_KEEPER, {17}},
	{57, 220, VERIFY_NO_KEEPER, {17}},
	{58, 220, VERIFY_NO_KEEPER, {17}},
};

/* In a filter that allows nothing else. */
Test(verify_bpf, each_limited_call_is_refused_where_it_matters)
{
	for (size_t i = 0; i < 2 * sizeof(limited) / sizeof(limited[0]); i++) {
		uint32_t arch = i % 2 ? AARCH64 : X86_64, demand = limited[i / 2].demand;
		const uint32_t *args = limited[i / 2].args;
		const struct writ_fmt_insn insns[] =
			NATIVE(arch, X32_DIES,
			       JEQ(i % 2 ? limited[i / 2].aarch64 : limited[i / 2].x86_64, 0, 9),
			       LD(16), JEQ(args[0], 0, 7), LD(24), JEQ(args[1], 0, 5), LD(32),
			       JEQ(args[2], 0, 3), LD(40), JEQ(args[3], 0, 1),
			       RET(SECCOMP_ACTION_ALLOW), EPERM_RET);

		cr_expect_not_null(verify_probes(arch, insns, COUNT(insns), demand), "row %zu",
				   i / 2);
		if (demand)
			cr_expect_null(verify_probes(arch, insns, COUNT(insns), 0), "row %zu",
				       i / 2);
	}
}

/* Those that a broker or a gate makes, each alone. */
Test(verify_bpf, each_call_of_a_broker_or_a_gate_is_its_own)
{
	static const struct {
		uint32_t demand, numbers[40];
	} rows[] = {
		{VERIFY_BROKER,
		 {2,   257, 437, 85, 76, 83,  258, 133, 259, 82,  264, 316, 86,  265, 88,
		  266, 87,  263, 84, 90, 268, 452, 132, 235, 261, 280, 95,  304, 165, 161}},
		{VERIFY_GATE, {42, 49, 50}},
	};

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		for (const uint32_t *number = rows[r].numbers; *number; number++) {
			const struct writ_fmt_insn insns[] =
				NATIVE(X86_64, X32_DIES, JEQ(*number, 0, 1),
				       RET(SECCOMP_ACTION_ALLOW), EPERM_RET);

			cr_expect_not_null(verify_probes(X86_64, insns, COUNT(insns),
							 rows[r].demand),
					   "%u", *number);
			cr_expect_null(verify_probes(X86_64, insns, COUNT(insns), 0), "%u",
				       *number);
		}
	}
}

/* Only where nothing keeps it, and each of them. */
Test(verify_bpf, metadata_is_kept_by_the_filter_or_by_something_else)
{
	static const uint32_t numbers[] = {90,  91,  268, 452, 92,  94,  93,  260, 132,
					   235, 261, 280, 188, 189, 190, 197, 198, 199};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct writ_fmt_insn insns[] = NATIVE(X86_64, X32_DIES, JEQ(numbers[i], 0, 1),
							    RET(SECCOMP_ACTION_USER_NOTIF),
							    EPERM_RET);
		const char *what = verify_probes(X86_64, insns, COUNT(insns), VERIFY_NO_READ_ONLY);

		cr_expect(what && strstr(what, "metadata"), "%u: %s", numbers[i], what);
		expect_probes(X86_64, insns, COUNT(insns), NULL);
	}
}

/* A broker or a gate may be asked, and not left out. */
Test(verify_bpf, who_stands_beside_is_asked)
{
	static const struct {
		uint32_t number, demand;
		const char *what;
	} rows[] = {
		{2, VERIFY_BROKER, "without asking the broker"},
		{161, VERIFY_BROKER, "without asking the broker"},
		{42, VERIFY_GATE, "without asking the net gate"},
		{50, VERIFY_GATE, "without asking the net gate"},
		{54, VERIFY_GATE, "packets go elsewhere"},
		{55, VERIFY_RESOLVER, "a network namespace"},
		{319, VERIFY_STRICT_EXEC, "memory become executable"},
		{58, VERIFY_NO_KEEPER, "nothing ends them"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct writ_fmt_insn lets[] = NATIVE(X86_64, X32_DIES,
							   JEQ(rows[i].number, 0, 1),
							   RET(SECCOMP_ACTION_LOG), EPERM_RET);
		const struct writ_fmt_insn asks[] =
			NATIVE(X86_64, X32_DIES, JEQ(rows[i].number, 0, 1),
			       RET(SECCOMP_ACTION_USER_NOTIF), EPERM_RET);
		const char *what = verify_probes(X86_64, lets, COUNT(lets), rows[i].demand);
		bool may_ask = i < 4;

		cr_expect(what && strstr(what, rows[i].what), "row %zu: %s", i, what);
		what = verify_probes(X86_64, asks, COUNT(asks), rows[i].demand);
		cr_expect_eq(!what, may_ask, "row %zu: %s", i, what);
	}
}
