#include <criterion/criterion.h>

#include <linux/audit.h>
#include <string.h>

#include "link/bundle_read.h"
#include "link/name_index.h"
#include "runtime/hash.h"
#include "runtime/writ.h"
#include "support/ir_maker.h"
#include "support/policy.h"

static const struct bundle_options both = {.archs = {true, true}};

static struct diag_list *diags_new(void)
{
	static struct sources sources;
	struct diag_list *diags = arena_new(maker_arena(), struct diag_list);

	sources.arena = maker_arena();
	diag_init(diags, maker_arena(), &sources);
	return diags;
}

static struct bytes build(const struct ir_policy *policy)
{
	struct diag_list *diags = diags_new();
	struct bytes bytes = {0};

	cr_assert_eq(bundle_build(maker_arena(), diags, policy, &both, &bytes), 0, "%s",
		     diags->items.n ? diags->items.items[0].message.ptr : "");
	cr_assert_eq(diags->errors, 0u);
	return bytes;
}

static void add_sandbox(struct ir_policy *policy)
{
	static const char *const refused[] = {"setsid", "setpgid", "socket",
					      "sendto", "sendmsg", "sendmmsg"};
	struct ir_sandbox *sandbox = vec_push(maker_arena(), &policy->sandboxes);

	sandbox->name = STR("box");
	maker_path(sandbox, "/usr", WRIT_PATH_READ | WRIT_PATH_EXECUTE);
	maker_group(sandbox, "@default");
	/* What sema adds to every sandbox, more strictly: writ loads nothing without it. */
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		maker_refuse(sandbox, refused[i], 1);
	vec_add(maker_arena(), &sandbox->ports,
		((struct ir_port){.rights = WRIT_PORT_CONNECT,
				  .first = 8000,
				  .last = 8010,
				  .param = IR_NONE}));
	vec_add(maker_arena(), &sandbox->ports, ((struct ir_port){.rights = WRIT_PORT_BIND}));
	sandbox->limit_set[WRIT_LIMIT_WALL] = true;
	sandbox->limits[WRIT_LIMIT_WALL] = 2500;
	vec_add(maker_arena(), &sandbox->env, ((struct ir_env){WRIT_ENV_PASS, STR("PATH"), {0}}));
	vec_add(maker_arena(), &sandbox->env, ((struct ir_env){WRIT_ENV_SET, STR("X"), {0}}));
}

static void add_rule(struct ir_policy *policy, uint32_t role, enum writ_verdict_id verdict,
		     const char *pattern)
{
	vec_add(maker_arena(), &policy->roles.items[role].rules, (uint32_t)policy->rules.n);
	vec_add(maker_arena(), &policy->rules,
		((struct ir_rule){.verdict = verdict,
				  .pattern = str_from(pattern),
				  .role = role,
				  .origin = {STR("p.writ"), 4, 2},
				  .sandbox = IR_NONE}));
}

/* Two roles, three users, tools with and without wildcards, one sandbox. */
static struct ir_policy *sample(void)
{
	struct ir_policy *policy = arena_new(maker_arena(), struct ir_policy);
	static uint32_t roles[] = {0, 1};

	policy->name = STR("sample");
	policy->version = 3;
	vec_add(maker_arena(), &policy->params,
		((struct ir_param){STR("port"), WRIT_PARAM_PORT, true, STR("443")}));
	add_sandbox(policy);
	vec_add(maker_arena(), &policy->tools, maker_tool("git_*", WRIT_CLASS_WRITE, 0));
	vec_add(maker_arena(), &policy->tools, maker_tool("git_push", WRIT_CLASS_ADMIN, IR_NONE));
	vec_add(maker_arena(), &policy->tools, maker_tool("read", WRIT_CLASS_READ, 0));
	vec_add(maker_arena(), &policy->roles, ((struct ir_role){.name = STR("admin")}));
	vec_add(maker_arena(), &policy->roles, ((struct ir_role){.name = STR("guest")}));
	add_rule(policy, 0, WRIT_VERDICT_DENY, "*_secret");
	add_rule(policy, 1, WRIT_VERDICT_ASK, "git_push");
	add_rule(policy, 0, WRIT_VERDICT_ALLOW, "*");
	add_rule(policy, 1, WRIT_VERDICT_ALLOW, "git_*");
	add_rule(policy, 1, WRIT_VERDICT_ALLOW, "read");
	vec_add(maker_arena(), &policy->users, ((struct ir_user){STR("ann"), {&roles[0], 1, 1}}));
	vec_add(maker_arena(), &policy->users, ((struct ir_user){STR("bob"), {&roles[1], 1, 1}}));
	vec_add(maker_arena(), &policy->users, ((struct ir_user){STR("cyn"), {roles, 2, 2}}));
	return policy;
}

Test(bundle, equal_policies_give_equal_bytes)
{
	struct bytes a = build(sample()), b = build(sample());

	cr_assert_eq(a.len, b.len);
	cr_assert_eq(memcmp(a.ptr, b.ptr, a.len), 0);
}

Test(bundle, what_is_written_reads_back)
{
	struct bundle_image image;
	const struct writ_fmt_sandbox *box;

	bundle_read(build(sample()), &image);
	cr_assert(str_eq_cstr(bundle_str(&image, BUNDLE_AT(&image, POLICY, policy, 0)->name),
			      "sample"));
	cr_assert_eq(BUNDLE_AT(&image, POLICY, policy, 0)->version, 3u);
	cr_assert_eq(BUNDLE_AT(&image, POLICY, policy, 0)->n_deny, 1u);
	cr_assert_eq(BUNDLE_AT(&image, POLICY, policy, 0)->n_ask, 1u);
	box = BUNDLE_AT(&image, SANDBOXES, sandbox, 0);
	cr_assert_eq(box->paths.count, 5u);
	cr_assert_eq(box->filters.count, 2u);
	cr_assert_eq(BUNDLE_AT(&image, FILTERS, filter, 0)->audit_arch, AUDIT_ARCH_X86_64);
	cr_assert_eq(BUNDLE_AT(&image, LIMITS, limit, box->limits.first)->value, 2500u);
	cr_assert_eq(BUNDLE_AT(&image, PORTS, port, box->ports.first)->last, 8010u);
	cr_assert_eq(BUNDLE_AT(&image, PORTS, port, box->ports.first + 1)->param, 0u);
	cr_assert_eq(box->env.count, 2u);
	cr_assert_eq(BUNDLE_N(&image, ROLES), 2u);
	cr_assert_eq(BUNDLE_N(&image, RULES), 5u);
}

Test(bundle, sandboxes_with_equal_filters_share_them)
{
	struct ir_policy *policy = sample();
	struct bundle_image image;

	add_sandbox(policy);
	policy->sandboxes.items[1].name = STR("box2");
	bundle_read(build(policy), &image);
	cr_assert_eq(BUNDLE_N(&image, FILTERS), 4u);
	cr_assert_eq(BUNDLE_AT(&image, FILTERS, filter, 0)->insns.first,
		     BUNDLE_AT(&image, FILTERS, filter, 2)->insns.first);
}

Test(bundle, the_runtime_decides_like_the_rules)
{
	static const char *const tools[] = {"read",     "git_push", "git_log", "git_secret",
					    "a_secret", "write",    "git_",    "Read"};
	static const uint32_t both_roles[] = {0, 1};
	struct ir_policy *policy = sample();
	struct bytes bytes = build(policy);
	struct writ_policy *open;
	struct writ_error error;

	cr_assert_eq(writ_open_memory(bytes.ptr, bytes.len, NULL, &open, &error), 0, "%s",
		     error.text);
	for (size_t t = 0; t < sizeof(tools) / sizeof(tools[0]); t++) {
		for (uint32_t u = 0; u < 3; u++) {
			struct writ_request request = {.user = policy->users.items[u].name.ptr,
						       .tool = tools[t]};
			struct writ_decision decision;
			uint32_t rule;
			enum writ_verdict_id want =
				ir_decide(policy, u == 2 ? both_roles : &both_roles[u],
					  u == 2 ? 2 : 1, str_from(tools[t]), &rule);

			cr_expect_eq((int)writ_check(open, &request, &decision), (int)want, "%s %s",
				     request.user, tools[t]);
			cr_expect_eq(decision.rule, rule, "%s %s", request.user, tools[t]);
		}
	}
	writ_close(open);
}

Test(bundle, names_hash_as_in_the_runtime)
{
	uint64_t random = 9;

	cr_assert_eq(name_hash(STR("")), hash_name("", 0));
	for (size_t len = 1; len < 64; len++) {
		char name[64];

		for (size_t i = 0; i < len; i++)
			name[i] = (char)maker_random(&random);
		cr_assert_eq(name_hash((struct str){name, len}), hash_name(name, len), "%zu", len);
	}
}

Test(bundle, an_index_finds_every_name_soon)
{
	struct str names[3000];
	struct name_index index;

	for (unsigned i = 0; i < 3000; i++)
		names[i] = str_printf(maker_arena(), "role_%u", i);
	cr_assert_eq(name_index_build(maker_arena(), names, 3000, &index), 0);
	cr_assert_geq(index.n, 6000u);
	for (unsigned i = 0; i < 3000; i++) {
		size_t at = name_hash(names[i]) & (index.n - 1), probes = 0;

		while (index.slots[at].id != i && probes++ < WRIT_MAX_PROBES)
			at = (at + 1) & (index.n - 1);
		cr_assert_lt(probes, WRIT_MAX_PROBES);
	}
	cr_assert_eq(name_index_build(maker_arena(), NULL, 0, &index), 0);
	cr_assert_eq(index.n, 1u);
	cr_assert_eq(index.slots[0].id, WRIT_NONE);
}

/* Names of one hash: what the beginning is XORed with makes it 0, and nothing of the end is left.
 */
static struct str colliding_name(unsigned i)
{
	uint64_t seed = WRIT_HASH_SEED;
	char text[25];

	memcpy(text, &seed, sizeof(seed));
	snprintf(text + sizeof(seed), sizeof(text) - sizeof(seed), "between_%08u", i);
	return str_copy(maker_arena(), text, sizeof(text) - 1);
}

Test(bundle, names_made_to_collide_are_an_error)
{
	struct ir_policy *policy = sample();
	struct diag_list *diags = diags_new();
	struct bytes bytes;

	cr_assert_eq(name_hash(colliding_name(1)), name_hash(colliding_name(69)));
	policy->roles.n = 0;
	policy->rules.n = 0;
	policy->users.n = 0;
	for (unsigned i = 0; i < 70; i++)
		vec_add(maker_arena(), &policy->roles,
			((struct ir_role){.name = colliding_name(i)}));
	cr_assert_eq(bundle_build(maker_arena(), diags, policy, &both, &bytes), -1);
	cr_assert_eq(diags->items.items[0].code, DIAG_E0404);
}

Test(bundle, wildcards_that_multiply_are_an_error, .timeout = 120)
{
	struct ir_policy *policy = sample();
	struct diag_list *diags = diags_new();
	struct bytes bytes;

	for (char c = 'a'; c <= 't'; c++)
		add_rule(policy, 0, WRIT_VERDICT_ALLOW, str_printf(maker_arena(), "*%c*", c).ptr);
	cr_assert_eq(bundle_build(maker_arena(), diags, policy, &both, &bytes), -1);
	cr_assert_eq(diags->items.items[0].code, DIAG_E0402);
}

Test(bundle, a_filter_too_long_is_an_error)
{
	struct ir_policy *policy = sample();
	struct ir_sandbox *sandbox = &policy->sandboxes.items[0];
	struct diag_list *diags = diags_new();
	struct bytes bytes;

	sandbox->calls.n = 0;
	for (uint32_t i = 0; i < 5000; i++) {
		struct call_cond *cond = arena_new(maker_arena(), struct call_cond);

		*cond = (struct call_cond){.arg = 1, .op = COND_EQ, .value = 3 * i};
		vec_add(maker_arena(), &sandbox->calls,
			((struct ir_call){.name = STR("bpf"), .conds = cond, .n_conds = 1}));
	}
	cr_assert_eq(bundle_build(maker_arena(), diags, policy, &both, &bytes), -1);
	cr_assert_eq(diags->items.items[0].code, DIAG_E0401);
	cr_assert_eq(diags->items.items[0].notes.n, 1u);
	cr_assert_not_null(strstr(diags->items.items[0].notes.items[0].text.ptr, "'bpf'"));
}

static enum diag_code build_error(const struct ir_policy *policy)
{
	struct diag_list *diags = diags_new();
	struct bytes bytes;

	cr_assert_eq(bundle_build(maker_arena(), diags, policy, &both, &bytes), -1);
	return diags->items.items[0].code;
}

static void fill_paths(struct ir_sandbox *sandbox, size_t n)
{
	while (sandbox->paths.n < n)
		maker_path(sandbox, "/usr", WRIT_PATH_READ);
}

/* With the four ELF interpreters, which /usr being executable brings. */
Test(bundle, a_sandbox_with_too_many_grants_is_an_error)
{
	struct ir_policy *policy = sample();
	struct ir_sandbox *sandbox = &policy->sandboxes.items[0];
	struct bytes bytes;
	struct writ_error error;

	fill_paths(sandbox, WRIT_MAX_GRANTS - 4);
	bytes = build(policy);
	cr_expect_eq(writ_verify(bytes.ptr, bytes.len, &error), 0, "%s", error.text);
	fill_paths(sandbox, WRIT_MAX_GRANTS - 3);
	cr_expect_eq(build_error(policy), DIAG_E0405);
	sandbox->paths.n = 1;
	for (uint32_t i = 0; i <= WRIT_MAX_GRANTS; i++)
		vec_add(maker_arena(), &sandbox->env,
			((struct ir_env){WRIT_ENV_PASS, STR("PATH"), {0}}));
	cr_expect_eq(build_error(policy), DIAG_E0405);
}

/* Texts that are equal are written once; each list has its own limit. */
Test(bundle, a_sandbox_with_too_many_places_is_an_error)
{
	for (int list = 0; list < 4; list++) {
		struct ir_policy *policy = sample();
		struct ir_sandbox *sandbox = &policy->sandboxes.items[0];
		struct ir_text text = sandbox->paths.items[0].text;

		for (uint32_t i = 0; i <= WRIT_MAX_GRANTS; i++) {
			if (list == 0)
				vec_push(maker_arena(), &sandbox->denies)->text = text;
			if (list == 1)
				vec_add(maker_arena(), &sandbox->scratches,
					((struct ir_scratch){.text = text, .size_bytes = 1}));
			if (list == 2)
				vec_push(maker_arena(), &sandbox->unix_sockets)->text = text;
			if (list == 3)
				vec_add(maker_arena(), &sandbox->endpoints,
					((struct ir_endpoint){.rights = IR_ENDPOINT_DENY,
							      .last = UINT16_MAX,
							      .param = IR_NONE}));
		}
		cr_expect_eq(build_error(policy), DIAG_E0405, "list %d", list);
		sandbox->denies.n -= list == 0;
		sandbox->scratches.n -= list == 1;
		sandbox->unix_sockets.n -= list == 2;
		sandbox->endpoints.n -= list == 3;
		(void)build(policy);
	}
}

/* However many conditions one filter's instruction can stand for. */
Test(bundle, a_sandbox_with_too_many_call_rules_is_an_error)
{
	struct ir_policy *policy = sample();
	struct ir_sandbox *sandbox = &policy->sandboxes.items[0];
	struct ir_call call = sandbox->calls.items[sandbox->calls.n - 1];

	while (sandbox->calls.n < WRIT_MAX_GRANTS)
		vec_add(maker_arena(), &sandbox->calls, call);
	(void)build(policy);
	vec_add(maker_arena(), &sandbox->calls, call);
	cr_expect_eq(build_error(policy), DIAG_E0405);
}

Test(bundle, equal_texts_and_endpoints_are_written_once)
{
	const struct ir_policy *policy = policy_ir(
		"set h : hosts { \"a.org:443\", \"b.org:443\" };\n"
		"role r { allow a where url in h; allow b where url in h; deny c where p under "
		"\"/x\"; }\n"
		"role s { deny d where p under \"/x\"; }\n");
	struct bundle_image image;

	bundle_read(build(policy), &image);
	cr_expect_eq(BUNDLE_N(&image, ENDPOINTS), 2u);
	cr_expect_eq(BUNDLE_N(&image, PARTS), 3u);
}

/* Their system call rules, as their filters. */
Test(bundle, sandboxes_with_equal_calls_share_them)
{
	struct ir_policy *policy = sample();
	struct bundle_image image;

	add_sandbox(policy);
	policy->sandboxes.items[1].name = STR("box2");
	bundle_read(build(policy), &image);
	cr_expect_eq(BUNDLE_AT(&image, SANDBOXES, sandbox, 0)->calls.first,
		     BUNDLE_AT(&image, SANDBOXES, sandbox, 1)->calls.first);
	cr_expect_eq(BUNDLE_AT(&image, SANDBOXES, sandbox, 1)->calls.count,
		     policy->sandboxes.items[1].calls.n);
}

/* How often a call's rules are in CALLS. */
static uint32_t count_calls(const struct bundle_image *image, const char *name)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < BUNDLE_N(image, CALLS); i++)
		count += str_eq_cstr(bundle_str(image, BUNDLE_AT(image, CALLS, call, i)->name),
				     name);
	return count;
}

/* The sandboxes' rules are there, in the order of the policy. */
static void expect_calls(const struct bundle_image *image, const struct ir_policy *policy)
{
	for (uint32_t s = 0; s < policy->sandboxes.n; s++) {
		const struct ir_sandbox *sandbox = &policy->sandboxes.items[s];
		const struct writ_fmt_sandbox *record = BUNDLE_AT(image, SANDBOXES, sandbox, s);

		cr_assert_eq(record->calls.count, sandbox->calls.n);
		for (uint32_t i = 0; i < record->calls.count; i++) {
			const struct writ_fmt_call *call = bundle_call(image, record, i);

			cr_expect(str_eq(bundle_str(image, call->name),
					 sandbox->calls.items[i].name));
			cr_expect_eq(call->conds.count, sandbox->calls.items[i].n_conds);
			cr_expect_eq(call->error, sandbox->calls.items[i].error);
			cr_expect_eq((bool)call->guard, sandbox->calls.items[i].guard);
		}
	}
}

/* The lists name them, and equal lists are one. */
Test(bundle, rules_that_sandboxes_share_are_written_once)
{
	const struct ir_policy *policy = policy_ir(
		"sandbox a { syscalls { allow @default; } }\n"
		"sandbox b extends a { syscalls { deny uname errno EACCES; } }\n"
		"sandbox c extends a { limits { wall 1s; } }\n"
		"sandbox d { syscalls { allow uname, read; } }\n");
	size_t n_all = policy->sandboxes.items[1].calls.n;
	struct bundle_image image;

	bundle_read(build(policy), &image);
	expect_calls(&image, policy);
	cr_expect_eq(BUNDLE_N(&image, CALLS), n_all);
	cr_expect_eq(BUNDLE_N(&image, CALL_LISTS), n_all + policy->sandboxes.items[0].calls.n +
							   policy->sandboxes.items[3].calls.n);
	cr_expect_eq(count_calls(&image, "uname"), 2u);
	cr_expect_eq(count_calls(&image, "read"), 1u);
}

/*
 * An errno that a policy names comes before one that it does not, even if that is the smaller one:
 * then the rules stand in an order that serves both sandboxes, or one of them twice.
 */
Test(bundle, rules_that_sandboxes_have_in_different_orders_keep_them)
{
	static const struct {
		const char *sandboxes[3];
		uint32_t n_calls; /* of kcmp */
	} rows[] = {
		{{"deny kcmp errno EACCES; deny kcmp;", "deny kcmp;", "deny kcmp errno EACCES;"},
		 2},
		{{"deny kcmp(type == 2) errno EACCES; deny kcmp(type == 1);",
		  "deny kcmp(type == 1);",
		  "deny kcmp(type == 1) errno EPERM; deny kcmp(type == 2) errno EACCES;"},
		 3},
		{{"deny kcmp errno EPERM; deny kcmp;", "deny kcmp;", ""}, 2},
		{{"deny kcmp kill; deny kcmp errno EPERM;", "deny kcmp errno EACCES;",
		  "allow kcmp log; deny kcmp;"},
		 4},
		{{"deny kcmp(type == 1) kill; deny kcmp(type == 2) kill;",
		  "deny kcmp(type == 1) kill;", "deny kcmp(type == 2) kill;"},
		 2},
		{{"deny kcmp(type == 1) kill; deny kcmp(pid1 == 1) kill;",
		  "deny kcmp(type == 1) kill;", "deny kcmp(pid1 == 1) kill;"},
		 2},
		{{"deny kcmp(type == 1) kill; deny kcmp(type != 1) kill;",
		  "deny kcmp(type == 1) kill;", "deny kcmp(type != 1) kill;"},
		 2},
		{{"deny kcmp(type & 3 == 1) kill; deny kcmp(type & 7 == 1) kill;",
		  "deny kcmp(type & 3 == 1) kill;", "deny kcmp(type & 7 == 1) kill;"},
		 2},
		{{"deny kcmp(type == 1) kill; deny kcmp(type == 1, pid1 == 1) kill;",
		  "deny kcmp(type == 1) kill;", "deny kcmp(type == 1, pid1 == 1) kill;"},
		 2},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const *boxes = rows[i].sandboxes;
		const struct ir_policy *policy =
			policy_ir(str_printf(maker_arena(),
					     "sandbox a { syscalls { %s allow read; } }\n"
					     "sandbox b { syscalls { %s allow read; } }\n"
					     "sandbox c { syscalls { %s allow read; } }\n",
					     boxes[0], boxes[1], boxes[2])
					  .ptr);
		struct bundle_image image;

		bundle_read(build(policy), &image);
		expect_calls(&image, policy);
		cr_expect_eq(count_calls(&image, "kcmp"), rows[i].n_calls, "row %zu", i);
		cr_expect_eq(count_calls(&image, "read"), 1u);
	}
}

/* Beside one that decides all calls, the others make no instructions. */
static void add_many_calls(struct ir_policy *policy, unsigned number, uint32_t n)
{
	struct ir_sandbox *sandbox = vec_push(maker_arena(), &policy->sandboxes);

	*sandbox = (struct ir_sandbox){.name = str_printf(maker_arena(), "s%02u", number)};
	maker_call(sandbox, "read", IR_CALL_KILL, NULL, 0);
	for (uint32_t i = 1; i < n; i++) {
		struct call_cond *cond = arena_new(maker_arena(), struct call_cond);

		*cond = (struct call_cond){.op = COND_EQ, .value = number * WRIT_MAX_GRANTS + i};
		maker_call(sandbox, "read", IR_CALL_ALLOW, cond, 1);
	}
}

/* As many as an index can tell of, and one more: all but the first have one in common with it. */
Test(bundle, too_many_different_call_rules_are_an_error, .timeout = 120)
{
	const unsigned n = WRIT_MAX_ALL / WRIT_MAX_GRANTS;
	struct ir_policy *policy = sample();
	struct bundle_image image;

	policy->sandboxes.n = 0;
	for (unsigned i = 0; i < n; i++)
		add_many_calls(policy, i, WRIT_MAX_GRANTS);
	add_many_calls(policy, n, n);
	bundle_read(build(policy), &image);
	cr_expect_eq(BUNDLE_N(&image, CALLS), WRIT_MAX_ALL);
	policy->sandboxes.n--;
	add_many_calls(policy, n, n + 1);
	cr_expect_eq(build_error(policy), DIAG_E0405);
}

Test(bundle, sandboxes_with_too_many_grants_together_are_an_error)
{
	struct ir_policy *policy = sample();

	policy->sandboxes.n = 0;
	for (unsigned i = 0; i < WRIT_MAX_ALL / WRIT_MAX_GRANTS + 1; i++) {
		struct ir_sandbox *sandbox = vec_push(maker_arena(), &policy->sandboxes);

		*sandbox = (struct ir_sandbox){.name = str_printf(maker_arena(), "s%02u", i)};
		maker_call(sandbox, "read", IR_CALL_ALLOW, NULL, 0);
		fill_paths(sandbox, WRIT_MAX_GRANTS);
	}
	cr_expect_eq(build_error(policy), DIAG_E0405);
	policy->sandboxes.n--;
	(void)build(policy);
}

Test(bundle, a_bundle_too_large_is_an_error)
{
	struct ir_policy *policy = sample();
	struct diag_list *diags = diags_new();
	struct bytes bytes;

	for (unsigned i = 0; i < 9000; i++) {
		vec_add(maker_arena(), &policy->roles,
			((struct ir_role){.name = str_printf(maker_arena(), "r%05u", i)}));
		vec_add(maker_arena(), &policy->tools,
			((struct ir_tool){.name = str_printf(maker_arena(), "t%05u", i)}));
	}
	cr_assert_eq(bundle_build(maker_arena(), diags, policy, &both, &bytes), -1);
	cr_assert_eq(diags->items.items[0].code, DIAG_E0403);
}

/* Four tools, each allowed by any of 17 roles: more users of one role for each than numbers. */
Test(bundle, too_many_different_users_are_an_error)
{
	struct ir_policy *policy = arena_new(maker_arena(), struct ir_policy);
	struct diag_list *diags = diags_new();
	struct bytes bytes;

	policy->name = STR("users");
	for (uint32_t i = 0; i < 4; i++)
		vec_add(maker_arena(), &policy->tools,
			maker_tool(str_printf(maker_arena(), "t%u", i).ptr, WRIT_CLASS_READ,
				   IR_NONE));
	for (uint32_t i = 0; i < 4 * 17; i++) {
		vec_add(maker_arena(), &policy->roles,
			((struct ir_role){.name = str_printf(maker_arena(), "r%02u", i)}));
		add_rule(policy, i, WRIT_VERDICT_ALLOW, policy->tools.items[i / 17].name.ptr);
	}
	for (uint32_t i = 0; i < 17 * 17 * 17 * 17; i++) {
		struct ir_user *user = vec_push(maker_arena(), &policy->users);

		user->name = str_printf(maker_arena(), "u%06u", i);
		for (uint32_t n = i, group = 0; group < 4; n /= 17, group++)
			vec_add(maker_arena(), &user->roles, group * 17 + n % 17);
	}
	cr_assert_eq(bundle_build(maker_arena(), diags, policy, &both, &bytes), -1);
	cr_assert_eq(diags->items.items[0].code, DIAG_E0403);
	cr_expect_not_null(strstr(diags->items.items[0].message.ptr, "different blocks"));
}
