/*
 * Records of what can't be enforced yet, or is kept for tools only, checked as all others are.
 *
 * writ_verify accepts the sample; each row changes one field of it.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/bundle_maker.h"

static const char text[] =
	"param p : port = 8080;\n"
	"tool http_get { class read; arg token : string secret; arg url : url; }\n"
	"tool git_* { class write; sandbox s; arg remote : string; }\n"
	"sandbox s {\n"
	"  filesystem { read \"/usr\"; deny \"/usr/**/x\", \"~/.ssh\"; scratch \"/tmp\" 1MiB; }\n"
	"  network {\n"
	"    connect \"api.example.org:443\", \"*.example.org:${p}\", \"10.0.0.0/8:5432\";\n"
	"    unix \"/run/x.sock\";\n"
	"    deny \"169.254.0.0/16\";\n"
	"  }\n"
	"  syscalls { allow @default, bpf(cmd == 3), personality log; deny mount errno EACCES;\n"
	"    deny kcmp(type == 2) notify; }\n"
	"}\n"
	"sandbox t { syscalls { allow @default; } }\n"
	"role a { allow http_get, git_*; }\n"
	"role b extends a { deny git_push; }\n"
	"role c { allow read_file; }\n"
	"user \"u\" : a, b;\n"
	"user \"v\" : c;\n"
	"conflict session a, c;\n"
	"redact \"sk-[a-z]+\";\n";

#define EXPECT_REFUSED(section, type, ...)                                                         \
	do {                                                                                       \
		struct test_bundle bundle = bundle_make(text);                                     \
		struct writ_error error = {.code = 0};                                             \
		uint32_t count = 0;                                                                \
		struct writ_fmt_##type *record = bundle_section(&bundle, WRIT_SECTION_##section,   \
								sizeof(*record), &count);          \
                                                                                                   \
		cr_assert_gt(count, 0u, #section " is empty");                                     \
		__VA_ARGS__;                                                                       \
		bundle_seal(&bundle);                                                              \
		cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT,       \
			     #section ": " #__VA_ARGS__ ": %s", error.text);                       \
	} while (0)

Test(verify, what_can_not_be_enforced_is_no_damage)
{
	struct test_bundle bundle = bundle_make(text);
	struct writ_error error = {.code = 0};

	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), 0, "%s", error.text);
}

/* The record of a kind, which the order of endpoints does not tell. */
static struct writ_fmt_endpoint *find_kind(struct writ_fmt_endpoint *records, uint32_t count,
					   uint32_t kind)
{
	for (uint32_t i = 0; i < count; i++) {
		if (records[i].kind == kind)
			return &records[i];
	}
	cr_assert_fail("no endpoint of kind %u", kind);
	return NULL;
}

#define KIND(kind) find_kind(record, count, WRIT_HOST_##kind)

Test(verify, endpoints_are_checked)
{
	EXPECT_REFUSED(ENDPOINTS, endpoint, record->flags |= 32);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NET)->flags |= WRIT_ENDPOINT_SNI);
	EXPECT_REFUSED(ENDPOINTS, endpoint,
		       KIND(NAME)->flags |= WRIT_ENDPOINT_SNI | WRIT_ENDPOINT_UDP);
	EXPECT_REFUSED(ENDPOINTS, endpoint,
		       KIND(NAME)->flags = WRIT_ENDPOINT_SNI | WRIT_ENDPOINT_DENY);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NAME)->flags = WRIT_ENDPOINT_SNI);
	EXPECT_REFUSED(ENDPOINTS, endpoint, record->flags = 0);
	EXPECT_REFUSED(ENDPOINTS, endpoint, record->flags = WRIT_ENDPOINT_UDP);
	EXPECT_REFUSED(ENDPOINTS, endpoint,
		       record->flags = WRIT_ENDPOINT_DENY | WRIT_ENDPOINT_CONNECT);
	EXPECT_REFUSED(ENDPOINTS, endpoint, record->kind = 4);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NAME)->name.count = 0);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NAME)->name.first = UINT32_MAX);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NAME)->kind = WRIT_HOST_ANY);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NAME)->address[0] = 1);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NAME)->prefix = 1);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NET)->prefix = 129);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NET)->address[15] = 1);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NET)->name.count = 1);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NAME)->first = 0);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NAME)->first = 444);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(NAME)->param = 0);
	EXPECT_REFUSED(ENDPOINTS, endpoint, KIND(SUFFIX)->param = 1);
	EXPECT_REFUSED(ENDPOINTS, endpoint, record->reserved = 1);
}

Test(verify, places_are_checked)
{
	EXPECT_REFUSED(DENIES, place, record->size_bytes = 1);
	EXPECT_REFUSED(DENIES, place, record->text.count = 0);
	EXPECT_REFUSED(DENIES, place, record->text.first = UINT32_MAX);
	EXPECT_REFUSED(SCRATCHES, place, record->size_bytes = 0);
	EXPECT_REFUSED(SCRATCHES, place, record->size_bytes = UINT64_MAX);
	EXPECT_REFUSED(SCRATCHES, place, record->text.count = UINT32_MAX);
	EXPECT_REFUSED(UNIX_SOCKETS, place, record->size_bytes = 1);
	EXPECT_REFUSED(UNIX_SOCKETS, place, record->text.count = 0);
	EXPECT_REFUSED(SANDBOXES, sandbox, record->denies.count = 3);
	EXPECT_REFUSED(SANDBOXES, sandbox, record->scratches.first = 1);
	EXPECT_REFUSED(SANDBOXES, sandbox, record->unix_sockets.first = UINT32_MAX);
	EXPECT_REFUSED(SANDBOXES, sandbox, record->endpoints.count = UINT32_MAX);
}

/* Each record is one sandbox's own. */
Test(verify, ranges_that_overlap_or_leave_records_out_are_refused)
{
	EXPECT_REFUSED(SANDBOXES, sandbox, record->denies.count = 1);
	EXPECT_REFUSED(SANDBOXES, sandbox, record->paths.count--);
	EXPECT_REFUSED(SANDBOXES, sandbox, record->unix_sockets = (struct writ_fmt_range){0, 0});
	EXPECT_REFUSED(SANDBOXES, sandbox, record->env.first = 1);
	EXPECT_REFUSED(SANDBOXES, sandbox, record[1].landlock = record[0].landlock);
	EXPECT_REFUSED(SANDBOXES, sandbox, record[1].filters = record[0].filters);
}

Test(verify, system_calls_are_checked)
{
	EXPECT_REFUSED(CALLS, call, record->name.len = 0);
	EXPECT_REFUSED(CALLS, call, record->name.len = 256);
	EXPECT_REFUSED(CALLS, call, record->name.len--);
	EXPECT_REFUSED(CALLS, call, record->name.len++);
	EXPECT_REFUSED(CALLS, call, record->name.offset = UINT32_MAX);
	EXPECT_REFUSED(CALLS, call, record[count - 1].name.len = 0);
	EXPECT_REFUSED(CALLS, call, record[count - 1].name.offset = UINT32_MAX);
	EXPECT_REFUSED(CALLS, call, record[1].name = record[0].name; record[1].name.len++);
	EXPECT_REFUSED(CALLS, call, record->name = record[-1].name); /* of another section */
	EXPECT_REFUSED(CALLS, call, record->verdict = WRIT_CALL_NOTIFY + 1; record->error = 0);
	EXPECT_REFUSED(CALLS, call, record->verdict = WRIT_CALL_ALLOW; record->error = 1);
	EXPECT_REFUSED(CALLS, call, record->verdict = WRIT_CALL_ERRNO; record->error = 0);
	EXPECT_REFUSED(CALLS, call, record->verdict = WRIT_CALL_ERRNO; record->error = 4096);
	EXPECT_REFUSED(CALLS, call, record->guard = 2);
	EXPECT_REFUSED(CALLS, call, record->conds.count = 65);
	EXPECT_REFUSED(CALLS, call, record->conds.first = UINT32_MAX);
	EXPECT_REFUSED(CALLS, call, struct writ_fmt_call was = record[0];
		       record[0] = record[count - 1]; record[count - 1] = was);
	EXPECT_REFUSED(CALLS, call, record[count - 1].name = record[0].name);
	EXPECT_REFUSED(CALL_CONDS, call_cond, record->arg = 6);
	EXPECT_REFUSED(CALL_CONDS, call_cond, record->op = 8);
	EXPECT_REFUSED(CALL_CONDS, call_cond, record->is_64 = 2);
	EXPECT_REFUSED(CALL_CONDS, call_cond, record->is_64 = 0; record->value = UINT64_MAX);
	EXPECT_REFUSED(CALL_CONDS, call_cond, record->op = 0; record->mask = 1);
}

/* What a bundle of two sandboxes, the second of which has a rule less, can say wrong of its lists.
 */
struct lists {
	struct test_bundle bundle;
	struct writ_fmt_sandbox *boxes;
	uint16_t *indices;
	uint32_t n_indices, n_calls;
};

static struct lists make_lists(void)
{
	struct lists lists = {
		.bundle = bundle_make("sandbox a { syscalls { allow read, write, close; } }\n"
				      "sandbox b { syscalls { allow read, write; } }\n"
				      "sandbox c extends a { limits { wall 1s; } }\n")};

	lists.boxes = bundle_section(&lists.bundle, WRIT_SECTION_SANDBOXES, sizeof(*lists.boxes),
				     NULL);
	lists.indices = bundle_section(&lists.bundle, WRIT_SECTION_CALL_LISTS,
				       sizeof(*lists.indices), &lists.n_indices);
	(void)bundle_section(&lists.bundle, WRIT_SECTION_CALLS, sizeof(struct writ_fmt_call),
			     &lists.n_calls);
	return lists;
}

static void expect_lists_refused(struct lists *lists, const char *what)
{
	struct writ_error error = {.code = 0};

	bundle_seal(&lists->bundle);
	cr_expect_eq(writ_verify(lists->bundle.bytes, lists->bundle.size, &error), -WRIT_E_FORMAT,
		     "%s", what);
	cr_expect(strstr(error.text, what), "%s instead of %s", error.text, what);
	free(lists->bundle.bytes);
}

#define EXPECT_LISTS_REFUSED(what, ...)                                                            \
	do {                                                                                       \
		struct lists lists = make_lists();                                                 \
		struct writ_fmt_sandbox *boxes = lists.boxes;                                      \
		uint16_t *indices = lists.indices;                                                 \
                                                                                                   \
		(void)boxes;                                                                       \
		(void)indices;                                                                     \
		__VA_ARGS__;                                                                       \
		expect_lists_refused(&lists, what);                                                \
	} while (0)

Test(verify, lists_of_system_calls_are_checked)
{
	struct lists good = make_lists();
	struct writ_error error = {.code = 0};

	cr_assert_eq(writ_verify(good.bundle.bytes, good.bundle.size, &error), 0, "%s", error.text);
	cr_assert_eq(good.boxes[2].calls.first, 0u);
	cr_assert_eq(good.n_indices, good.boxes[0].calls.count + good.boxes[1].calls.count);
	EXPECT_LISTS_REFUSED("call_lists[1]: there is no such rule",
			     indices[1] = (uint16_t)lists.n_calls);
	EXPECT_LISTS_REFUSED("call_lists[0]: there is no such rule", indices[0] = UINT16_MAX);
	EXPECT_LISTS_REFUSED("call_lists[1]: the indices do not ascend", indices[1] = indices[0]);
	EXPECT_LISTS_REFUSED("call_lists[1]: the indices do not ascend", uint16_t was = indices[0];
			     indices[0] = indices[1]; indices[1] = was);
	EXPECT_LISTS_REFUSED("sandboxes[0]: its system calls", boxes[0].calls.first = 1);
	EXPECT_LISTS_REFUSED("sandboxes[0]: its system calls", boxes[0].calls.count = UINT32_MAX);
	EXPECT_LISTS_REFUSED("sandboxes[0]: its system calls",
			     boxes[0].calls.count = lists.n_indices + 1);
	EXPECT_LISTS_REFUSED("sandboxes[0]: its system calls", boxes[0].calls.count = 0;
			     boxes[0].calls.first = 1);
	EXPECT_LISTS_REFUSED("sandboxes[1]: its system calls", boxes[1].calls.first--);
	EXPECT_LISTS_REFUSED("sandboxes[1]: its system calls", boxes[1].calls.first++);
	EXPECT_LISTS_REFUSED("sandboxes[1]: its system calls", boxes[1].calls.first = UINT32_MAX);
	EXPECT_LISTS_REFUSED("sandboxes[2]: its system calls", boxes[2].calls.count--);
	EXPECT_LISTS_REFUSED("sandboxes[2]: its system calls", boxes[2].calls.first = 1;
			     boxes[2].calls.count--);
}

/* b, whose list is the last one, has the last rule so many times more. */
static struct lists make_long_list(uint32_t more)
{
	struct lists lists = make_lists();
	const struct writ_fmt_call *calls = bundle_section(&lists.bundle, WRIT_SECTION_CALLS,
							   sizeof(*calls), NULL);
	struct writ_fmt_call *copies = calloc(more, sizeof(*copies));
	uint16_t *indices = calloc(more, sizeof(*indices));

	for (uint32_t i = 0; i < more; i++) {
		copies[i] = calls[lists.n_calls - 1];
		indices[i] = (uint16_t)(lists.n_calls + i);
	}
	lists.boxes[1].calls.count += more;
	bundle_append(&lists.bundle, WRIT_SECTION_CALLS, copies, sizeof(*copies), more);
	bundle_append(&lists.bundle, WRIT_SECTION_CALL_LISTS, indices, sizeof(*indices), more);
	free(copies);
	free(indices);
	return lists;
}

Test(verify, lists_are_as_long_as_a_sandbox_may_have_rules)
{
	struct lists few = make_lists(), many;
	const uint32_t most = WRIT_MAX_GRANTS - few.boxes[1].calls.count;
	const uint32_t counts[] = {1023 - few.n_calls, 1024 - few.n_calls, 1025 - few.n_calls,
				   2048 - few.n_calls, most};
	struct writ_error error = {.code = 0};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		many = make_long_list(counts[i]);
		bundle_seal(&many.bundle);
		cr_expect_eq(writ_verify(many.bundle.bytes, many.bundle.size, &error), 0, "%u: %s",
			     counts[i], error.text);
		free(many.bundle.bytes);
	}
	many = make_long_list(most + 1);
	expect_lists_refused(&many, "sandboxes[1]: its system calls");
}

/* What carries no meaning is not there: the last index, one behind it, a rule. */
Test(verify, system_calls_in_no_list_are_refused)
{
	static const uint16_t index = 0;
	struct lists longer = make_lists(), unlisted = make_lists();
	struct writ_fmt_call call;
	const struct writ_fmt_call *calls;

	EXPECT_LISTS_REFUSED("nothing refers to it", boxes[1].calls.count--);
	EXPECT_LISTS_REFUSED("nothing refers to it", boxes[1].calls = boxes[0].calls);
	bundle_append(&longer.bundle, WRIT_SECTION_CALL_LISTS, &index, sizeof(index), 1);
	expect_lists_refused(&longer, "nothing refers to it");
	calls = bundle_section(&unlisted.bundle, WRIT_SECTION_CALLS, sizeof(*calls), NULL);
	call = calls[unlisted.n_calls - 1];
	bundle_append(&unlisted.bundle, WRIT_SECTION_CALLS, &call, sizeof(call), 1);
	expect_lists_refused(&unlisted, "nothing refers to it");
}

/* As many as an index can tell of, and one more. */
Test(verify, too_many_system_calls_are_refused)
{
	static struct writ_fmt_call calls[WRIT_MAX_ALL + 1];
	struct lists lists = make_lists();

	bundle_append(&lists.bundle, WRIT_SECTION_CALLS, calls, sizeof(*calls),
		      WRIT_MAX_ALL + 1 - lists.n_calls);
	expect_lists_refused(&lists, "calls[65537]: too many");
	lists = make_lists();
	bundle_append(&lists.bundle, WRIT_SECTION_CALLS, calls, sizeof(*calls),
		      WRIT_MAX_ALL - lists.n_calls);
	expect_lists_refused(&lists, "nothing refers to it");
}

/* Before their lists, as it is asked of each which of those before has the same one. */
Test(verify, too_many_sandboxes_are_refused_at_once)
{
	static struct writ_fmt_sandbox boxes[WRIT_MAX_SANDBOXES];
	struct lists lists = make_lists();

	lists.boxes[0].calls.first = 1;
	bundle_append(&lists.bundle, WRIT_SECTION_SANDBOXES, boxes, sizeof(*boxes),
		      WRIT_MAX_SANDBOXES - 2);
	expect_lists_refused(&lists, "sandboxes[4097]: too many");
}

Test(verify, tools_are_checked)
{
	EXPECT_REFUSED(TOOLS, tool, record->name.len = 0);
	EXPECT_REFUSED(TOOLS, tool, record[1].name = record[0].name);
	EXPECT_REFUSED(TOOLS, tool, record->class = 5);
	EXPECT_REFUSED(TOOLS, tool, record->sandbox = 2);
	EXPECT_REFUSED(TOOLS, tool, record->flags = 2);
	EXPECT_REFUSED(TOOLS, tool, record->reserved = 1);
	EXPECT_REFUSED(TOOLS, tool, record->args.count = 65);
	EXPECT_REFUSED(TOOLS, tool, record->args.first = UINT32_MAX);
	EXPECT_REFUSED(ARGS, arg, record->kind = 0);
	EXPECT_REFUSED(ARGS, arg, record->kind = 7);
	EXPECT_REFUSED(ARGS, arg, record->secret = 2);
	EXPECT_REFUSED(ARGS, arg, record->name.len = 0);
	EXPECT_REFUSED(ARGS, arg, struct writ_fmt_arg was = record[count - 2];
		       record[count - 2] = record[count - 1]; record[count - 1] = was);
	EXPECT_REFUSED(REDACTS, redact, record->pattern.len = 0);
}

Test(verify, subjects_are_checked)
{
	EXPECT_REFUSED(ROLE_INFO, role_info, record->rules.count++);
	EXPECT_REFUSED(ROLE_INFO, role_info, record->rules.first++);
	EXPECT_REFUSED(ROLE_INFO, role_info, record->parents.first = 1);
	EXPECT_REFUSED(ROLE_INFO, role_info, record[1].rules = record[0].rules);
	EXPECT_REFUSED(USER_INFO, user_info, record->roles.count = 1);
	EXPECT_REFUSED(USER_INFO, user_info, record->roles.first = 0);
	EXPECT_REFUSED(CONFLICTS, conflict, record->session = 2);
	EXPECT_REFUSED(CONFLICTS, conflict, record->reserved = 1);
	EXPECT_REFUSED(CONFLICTS, conflict, record->roles.count = 1);
	EXPECT_REFUSED(CONFLICTS, conflict, record->roles.count = 0; record->roles.first = 0);
}

/* Roles come last in INDICES: the conflict's two, and before them those of the users. */
Test(verify, indices_are_checked)
{
	struct test_bundle bundle = bundle_make(text);
	uint32_t count;
	uint32_t *indices = bundle_section(&bundle, WRIT_SECTION_INDICES, sizeof(*indices), &count);
	static const uint32_t extra = 0;
	struct writ_error error;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t was = indices[i];

		indices[i] = 1000;
		bundle_seal(&bundle);
		cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT, "%u",
			     i);
		indices[i] = was;
	}
	indices[count - 1] = indices[count - 2];
	bundle_seal(&bundle);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT);
	bundle = bundle_make(text);
	bundle_append(&bundle, WRIT_SECTION_INDICES, &extra, sizeof(extra), 1);
	bundle_seal(&bundle);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "nothing refers to it"), "%s", error.text);
}

/* setsid that is only logged happens all the same. */
Test(verify, a_filter_that_logs_what_it_must_refuse_is_refused)
{
	struct test_bundle bundle = bundle_make("sandbox s { syscalls { allow @default; } }\n");
	uint32_t count, changed = 0;
	struct writ_fmt_insn *insns = bundle_section(&bundle, WRIT_SECTION_INSNS, sizeof(*insns),
						     &count);
	struct writ_error error;

	for (uint32_t i = 0; i < count; i++) {
		if (insns[i].code != 6 || insns[i].k != 0x50001)
			continue;
		insns[i].k = 0x7ffc0000;
		changed++;
	}
	cr_assert_gt(changed, 0u);
	bundle_seal(&bundle);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "a filter allows"), "%s", error.text);
}

/* Whoever runs in such a sandbox could listen to its own notifications, and let itself pass. */
Test(verify, a_filter_that_asks_a_supervisor_whom_no_rule_names_is_refused)
{
	struct test_bundle bundle =
		bundle_make("sandbox s { syscalls { allow @default; deny uname notify; } }\n");
	struct writ_error error;
	uint32_t count, changed = 0;
	struct writ_fmt_call *calls = bundle_section(&bundle, WRIT_SECTION_CALLS, sizeof(*calls),
						     &count);

	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), 0);
	for (uint32_t i = 0; i < count; i++) {
		if (calls[i].verdict != WRIT_CALL_NOTIFY)
			continue;
		calls[i].verdict = WRIT_CALL_KILL;
		changed++;
	}
	cr_assert_gt(changed, 0u);
	bundle_seal(&bundle);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "asks a supervisor"), "%s", error.text);
}

/* Two that are alike share rules and filters; what each of them needs these for is its own. */
static void expect_shared_filters_refused(uint32_t index, const char *part)
{
	struct test_bundle bundle = bundle_make("sandbox a { syscalls { allow @default; } }\n"
						"sandbox b { syscalls { allow @default; } }\n");
	struct writ_error error;
	uint32_t count;
	struct writ_fmt_sandbox *boxes = bundle_section(&bundle, WRIT_SECTION_SANDBOXES,
							sizeof(*boxes), &count);

	cr_assert_eq(count, 2u);
	cr_assert_eq(boxes[0].calls.first, boxes[1].calls.first, "they don't share their rules");
	cr_assert_neq(boxes[index].plan, 0u);
	boxes[index].plan = 0;
	bundle_seal(&bundle);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT, "%u", index);
	cr_expect(strstr(error.text, part), "%s", error.text);
}

Test(verify, filters_that_sandboxes_share_are_judged_by_what_each_demands)
{
	expect_shared_filters_refused(0, "sandboxes[0]: a filter allows processes");
	expect_shared_filters_refused(1, "sandboxes[1]: a filter allows processes");
}

#define MANY_PARAMS ((64u << 20) / WRIT_MAX_TEXT) /* of the longest default */

/* All with one long default, which stands in the bundle once. */
static int verify_params(uint32_t n, struct writ_error *error)
{
	static struct writ_fmt_param params[MANY_PARAMS + 1];
	static char names[MANY_PARAMS + 1][8], fallback[WRIT_MAX_TEXT + 1];
	struct test_bundle bundle = bundle_make("role r { allow x; }\n");
	uint32_t first, at;

	for (uint32_t i = 0; i < n; i++)
		(void)snprintf(names[i], sizeof(names[i]), "p%06u", i % 1000000);
	memset(fallback, 'a', WRIT_MAX_TEXT);
	first = bundle_append(&bundle, WRIT_SECTION_STRINGS, names, 1, n * sizeof(names[0]));
	at = bundle_append(&bundle, WRIT_SECTION_STRINGS, fallback, 1, sizeof(fallback));
	for (uint32_t i = 0; i < n; i++)
		params[i] = (struct writ_fmt_param){
			{first + i * (uint32_t)sizeof(names[0]), 7},
			WRIT_PARAM_STRING,
			1,
			{at, WRIT_MAX_TEXT},
		};
	bundle_append(&bundle, WRIT_SECTION_PARAMS, params, sizeof(*params), n);
	bundle_seal(&bundle);
	return writ_verify(bundle.bytes, bundle.size, error);
}

Test(verify, defaults_of_parameters_are_bounded_together)
{
	struct writ_error error;

	cr_expect_eq(verify_params(MANY_PARAMS, &error), 0, "%s", error.text);
	cr_expect_eq(verify_params(MANY_PARAMS + 1, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "too long together"), "%s", error.text);
}

/* A launch that is a process group and no more may not be left. */
Test(verify, who_makes_sessions_has_a_pid_namespace)
{
	struct test_bundle bundle =
		bundle_make("sandbox s { syscalls { allow execve, exit_group, setsid; } }\n");
	uint32_t count = 0;
	struct writ_fmt_sandbox *boxes = bundle_section(&bundle, WRIT_SECTION_SANDBOXES,
							sizeof(*boxes), &count);
	struct writ_error error;

	cr_assert_eq(boxes[0].plan, (uint32_t)(WRIT_PLAN_KEEPER | WRIT_PLAN_PID_NS));
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), 0, "%s", error.text);
	boxes[0].plan = WRIT_PLAN_KEEPER;
	bundle_seal(&bundle);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, "a filter allows setsid"), "%s", error.text);
}

static void expect_peers_refused(struct test_bundle *bundle, const char *part)
{
	struct writ_error error;

	bundle_seal(bundle);
	cr_expect_eq(writ_verify(bundle->bytes, bundle->size, &error), -WRIT_E_FORMAT);
	cr_expect(strstr(error.text, part), "%s", error.text);
}

/* As the plan says, and as the filter does: who listens to a filter that does not ask? */
Test(verify, listed_peers_have_a_net_gate)
{
	struct test_bundle bundle = bundle_make(
		"sandbox a { network { connect \"10.0.0.1:1\"; } }\n"
		"sandbox b { network { connect \"*:1\"; } }\n"
		"sandbox c { network { unix \"/run/x\"; } }\n");
	uint32_t count = 0;
	struct writ_fmt_sandbox *boxes = bundle_section(&bundle, WRIT_SECTION_SANDBOXES,
							sizeof(*boxes), &count);
	struct writ_fmt_sandbox a, c;
	struct writ_error error;

	cr_assert_eq(count, 3u);
	cr_expect_eq(writ_verify(bundle.bytes, bundle.size, &error), 0, "%s", error.text);
	a = boxes[0];
	c = boxes[2];
	boxes[0].plan &= ~(uint32_t)WRIT_PLAN_NETWORK;
	expect_peers_refused(&bundle, "the plan is not one that holds together");
	boxes[0] = a;
	boxes[2].plan &= ~(uint32_t)WRIT_PLAN_NETWORK;
	expect_peers_refused(&bundle, "the plan is not one that holds together");
	boxes[2] = c;
	boxes[1].plan |= WRIT_PLAN_NETWORK;
	expect_peers_refused(&bundle, "the plan is not one that holds together");
	boxes[1].plan &= ~(uint32_t)WRIT_PLAN_NETWORK;
	boxes[0].filters = boxes[1].filters;
	expect_peers_refused(&bundle, "a filter lets ");
	boxes[0] = a;
	boxes[1].filters = c.filters;
	expect_peers_refused(&bundle, "a filter ");
}
