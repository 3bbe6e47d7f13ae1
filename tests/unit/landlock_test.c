#include <criterion/criterion.h>

#include "backend/landlock.h"
#include "backend/landlock_abi.h"
#include "support/ir_maker.h"
#include "support/policy.h"
#include "support/proof.h"

static const bool all_archs[ARCH__COUNT] = {true, true};

static struct landlock_plan lower(const struct ir_sandbox *sandbox)
{
	struct landlock_plan plan = {0};

	landlock_lower(maker_arena(), sandbox, all_archs, &plan);
	return plan;
}

/* What a kernel with this ABI lacks: of the last variant that is not newer. */
static uint32_t lacking(const struct ir_sandbox *sandbox, uint32_t abi)
{
	struct landlock_plan plan = lower(sandbox);
	uint32_t bits = 0;

	for (size_t i = 0; i < plan.variants.n && plan.variants.items[i].abi <= abi; i++)
		bits = plan.variants.items[i].lacking;
	return bits;
}

Test(landlock, rights_become_access_bits)
{
	struct ir_sandbox sandbox = {0};
	struct landlock_plan plan;

	maker_path(&sandbox, "/r", WRIT_PATH_READ);
	maker_path(&sandbox, "/w", WRIT_PATH_WRITE);
	plan = lower(&sandbox);
	cr_assert_eq(plan.paths.n, 2u);
	cr_assert_eq(plan.paths.items[0].access, 0xcu);
	cr_assert_eq(plan.paths.items[1].access,
		     0x7fffu & ~(unsigned)(LL_FS_EXECUTE | LL_FS_MAKE_CHAR | LL_FS_MAKE_BLOCK));
	sandbox.paths.items[0].rights = WRIT_PATH_EXECUTE;
	plan = lower(&sandbox);
	cr_assert_eq(plan.paths.items[0].access, (unsigned)(LL_FS_EXECUTE | LL_FS_READ_FILE));
}

Test(landlock, interpreters_come_with_the_first_execute_grant)
{
	struct ir_sandbox sandbox = {0};
	struct landlock_plan plan;

	maker_path(&sandbox, "/lib", WRIT_PATH_READ);
	cr_assert_eq(lower(&sandbox).paths.n, 1u);
	maker_path(&sandbox, "/bin/true", WRIT_PATH_EXECUTE);
	plan = lower(&sandbox);
	cr_assert_eq(plan.paths.n, 2u + 4u);
	for (size_t i = 2; i < plan.paths.n; i++) {
		cr_assert_null(plan.paths.items[i].path);
		cr_assert_eq(plan.paths.items[i].rights, WRIT_PATH_EXECUTE | WRIT_PATH_IMPLIED);
		cr_assert_eq(plan.paths.items[i].access,
			     (unsigned)(LL_FS_EXECUTE | LL_FS_READ_FILE));
	}
	maker_path(&sandbox, "/lib64/ld-linux-x86-64.so.2", WRIT_PATH_READ);
	plan = lower(&sandbox);
	cr_assert_eq(plan.paths.n, 3u + 3u);
	cr_assert_eq(plan.paths.items[2].access & LL_FS_EXECUTE, (unsigned)LL_FS_EXECUTE);
}

Test(landlock, denied_interpreters_do_not_come)
{
	static const struct {
		const char *deny;
		size_t n; /* of the four */
	} rows[] = {
		{"/srv/x", 4},   {"/lib64/ld-linux-x86-64.so.2", 3},
		{"/lib64", 3},   {"/lib/ld-*", 1},
		{"/**/ld-*", 0}, {"/lib/ld-linux-aarch64.so.1/x", 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text =
			str_printf(maker_arena(),
				   "sandbox s { filesystem { execute \"/bin/true\"; deny "
				   "\"%s\"; } }",
				   rows[i].deny)
				.ptr;
		struct proof_subject subject = proof_make(text);

		cr_expect_eq(lower(&policy_ir(text)->sandboxes.items[0]).paths.n, 1 + rows[i].n,
			     "%s", rows[i].deny);
		cr_expect_str_eq(proof_run(maker_arena(), &subject), "", "%s", rows[i].deny);
	}
}

Test(landlock, variants_ascend_and_handle_all_their_abi_has)
{
	static const struct {
		uint32_t abi;
		uint64_t fs, net, scope;
	} want[] = {{1, 0x1fff, 0, 0}, {2, 0x3fff, 0, 0}, {3, 0x7fff, 0, 0},
		    {4, 0x7fff, 3, 0}, {5, 0xffff, 3, 0}, {6, 0xffff, 3, 3}};
	struct ir_sandbox sandbox = {0};
	struct landlock_plan plan = lower(&sandbox);

	cr_assert_eq(plan.variants.n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < plan.variants.n; i++) {
		cr_assert_eq(plan.variants.items[i].abi, want[i].abi);
		cr_assert_eq(plan.variants.items[i].handled_fs, want[i].fs);
		cr_assert_eq(plan.variants.items[i].handled_net, want[i].net);
		cr_assert_eq(plan.variants.items[i].scoped, want[i].scope);
		cr_assert_eq(plan.variants.items[i].lacking, 0u);
	}
}

Test(landlock, truncate_is_lacking_where_the_filter_lets_it_through)
{
	struct ir_sandbox sandbox = {0}, loose = {0};

	maker_group(&sandbox, "@default");
	cr_assert_eq(lacking(&sandbox, 2) & WRIT_LACKS_TRUNCATE, 0u);
	maker_call(&sandbox, "truncate", IR_CALL_ALLOW, NULL, 0);
	cr_assert_neq(lacking(&sandbox, 2) & WRIT_LACKS_TRUNCATE, 0u);
	cr_assert_eq(lacking(&sandbox, 3) & WRIT_LACKS_TRUNCATE, 0u);
	sandbox.calls.items[sandbox.calls.n - 1].verdict = IR_CALL_NOTIFY;
	cr_assert_neq(lacking(&sandbox, 2) & WRIT_LACKS_TRUNCATE, 0u);
	sandbox.calls.items[sandbox.calls.n - 1].verdict = IR_CALL_ALLOW;
	maker_refuse(&sandbox, "truncate", 1);
	cr_assert_eq(lacking(&sandbox, 2) & WRIT_LACKS_TRUNCATE, 0u);
	/* An open that nothing keeps from O_RDONLY | O_TRUNC truncates too. */
	maker_call(&loose, "openat", IR_CALL_ALLOW, NULL, 0);
	cr_assert_neq(lacking(&loose, 2) & WRIT_LACKS_TRUNCATE, 0u);
	maker_call(&sandbox, "openat2", IR_CALL_ALLOW, NULL, 0);
	cr_assert_neq(lacking(&sandbox, 1) & WRIT_LACKS_TRUNCATE, 0u);
}

Test(landlock, what_is_logged_is_let_through)
{
	struct ir_sandbox sandbox = {0};

	maker_call(&sandbox, "truncate", IR_CALL_LOG, NULL, 0);
	maker_call(&sandbox, "kill", IR_CALL_ALLOW, NULL, 0);
	maker_call(&sandbox, "kill", IR_CALL_LOG, NULL, 0);
	cr_assert_eq(lacking(&sandbox, 2), (unsigned)(WRIT_LACKS_TRUNCATE | WRIT_LACKS_SIGNAL));
}

Test(landlock, signals_and_ports_are_lacking_where_they_matter)
{
	struct ir_sandbox sandbox = {0};

	cr_assert_eq(lacking(&sandbox, 1), 0u);
	maker_call(&sandbox, "kill", IR_CALL_ALLOW, NULL, 0);
	cr_assert_eq(lacking(&sandbox, 5), (unsigned)WRIT_LACKS_SIGNAL);
	cr_assert_eq(lacking(&sandbox, 6), 0u);
	vec_add(maker_arena(), &sandbox.ports,
		((struct ir_port){
			.rights = WRIT_PORT_CONNECT, .first = 443, .last = 443, .param = IR_NONE}));
	cr_assert_eq(lacking(&sandbox, 3), (unsigned)(WRIT_LACKS_SIGNAL | WRIT_LACKS_NET_PORT));
	cr_assert_eq(lacking(&sandbox, 4), (unsigned)WRIT_LACKS_SIGNAL);
}

Test(landlock, devices_are_told_from_harmless_ones)
{
	static const struct {
		const char *path;
		bool needs;
	} cases[] = {{"/dev/null", false}, {"/dev/null/", false}, {"/dev/urandom", false},
		     {"/dev/tty", true},   {"/dev", true},        {"/dev/", true},
		     {"/", true},          {"/dev/pts", true},    {"/device", false},
		     {"/usr", false},      {"/dev/nullx", true}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ir_sandbox sandbox = {0};

		maker_path(&sandbox, cases[i].path, WRIT_PATH_READ);
		cr_expect_eq(lacking(&sandbox, 4),
			     cases[i].needs ? (unsigned)WRIT_LACKS_IOCTL_DEV : 0u, "%s",
			     cases[i].path);
		cr_expect_eq(lacking(&sandbox, 5), 0u, "%s", cases[i].path);
	}
}
