/*
 * libseccomp's own regression tables: policies as calls of its library, and the verdict that it is
 * tested to give on each of thousands of system calls.
 *
 * Every policy is made into an IR, compiled, and the filter run on every row. The tables are not
 * part of the project; where they are not found the test says so and is skipped. A row that has no
 * counterpart here is counted under the reason, never dropped in silence. Three things take another
 * thing's place: a call without a name that a rule is about (a name that the policy leaves alone),
 * a default that refuses (EPERM, or ENOSYS for what has no name), and the verdicts that policies
 * can't ask for (each an errno of its own).
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <glob.h>
#include <jansson.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/seccomp.h"
#include "support/ir_maker.h"
#include "verify/bpf_run.h"
#include "verify/verify_bpf.h"

#define TABLES       "../shared/oracles/libseccomp"
#define ROWS         5373u
#define MAX_CONTEXTS 4
#define MAX_STANDINS 64

/* SCMP_ARCH_* are AUDIT_ARCH_*, but for these. */
#define NATIVE 0u
#define X32    0x4000003eu

#define STANDIN_FIRST 334u /* rseq: numbers are downwards from here */

/* Errors that no table uses, for verdicts that policies can't ask for. */
#define STANDIN_ERRNO0 4000u
#define STANDIN_TRAP   4001u
#define STANDIN_TRACE  4002u

enum outcome {
	COMPARED,
	I386,
	X32_CALLS,
	NAMELESS,
	TAKEN_BACK,
	NO_POLICY,
	N_OUTCOMES,
};

static const char *const outcomes[N_OUTCOMES] = {
	[COMPARED] = "compared",
	[I386] = "calls of i386, which no filter of ours lets through",
	[X32_CALLS] = "calls of x32 and of number -1, which no filter of ours lets through",
	[NAMELESS] = "calls without a name, let through by default: ours are ENOSYS",
	[TAKEN_BACK] = "rules of transactions, of which the record does not tell the outcome",
	[NO_POLICY] = "a table without a policy",
};

/*
 * libseccomp gives each of these to the narrower of two comparisons of an argument, whatever their
 * order; here the first of the rules that refuse decides. Of read's the narrower were added last.
 */
#define NARROW_LAST "/43-sim-a2_order."

/* The rules of the transactions that were rejected are in the record like the others. */
#define TRANSACTIONS "/61-sim-transactions."

static bool was_taken_back(const char *path, uint32_t number)
{
	return strstr(path, TRANSACTIONS) &&
	       (number == 1105 || number == 1110 || (number >= 1201 && number <= 1210));
}

/* A policy as far as it is about one architecture. */
struct context {
	char id[32];
	uint32_t action; /* of what no rule is about */
	bool i386, x32;
	bool has_rules;
	bool has[ARCH__COUNT];
	struct ir_sandbox sandboxes[ARCH__COUNT];
	struct bpf_program programs[ARCH__COUNT];
};

struct table {
	struct context contexts[MAX_CONTEXTS];
	size_t n_contexts;
	struct context *last;
	bool narrow_last;           /* rules about read(2), see NARROW_LAST */
	int standins[MAX_STANDINS]; /* the number that has none, of which the index is the name's */
	size_t n_standins;
};

struct row {
	uint32_t arch, number;
	uint64_t args[6];
	char verdict[32];
};

/* ---- a policy ---- */

/* jansson has no integers above INT64_MAX, so every number is made a text first. */
static json_t *read_line(const char *line)
{
	char quoted[8192];
	size_t n = 0;
	bool in_number = false;

	for (; *line; line++) {
		bool number = strchr("-0123456789", *line) &&
			      (in_number || line[-1] == ':'); /* a line begins with a brace */

		cr_assert_lt(n, sizeof(quoted) - 3);
		if (number != in_number)
			quoted[n++] = '"';
		in_number = number;
		quoted[n++] = *line;
	}
	return json_loadb(quoted, n, 0, NULL);
}

static uint64_t number_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return !text          ? 0
	       : *text == '-' ? (uint64_t)strtoll(text, NULL, 10)
			      : strtoull(text, NULL, 10);
}

static struct context *context_of(struct table *table, const char *id)
{
	for (size_t i = 0; i < table->n_contexts; i++) {
		if (strcmp(table->contexts[i].id, id) == 0)
			return &table->contexts[i];
	}
	cr_assert_lt(table->n_contexts, (size_t)MAX_CONTEXTS);
	snprintf(table->contexts[table->n_contexts].id, sizeof(table->contexts[0].id), "%s", id);
	return &table->contexts[table->n_contexts++];
}

static void set_arch(struct context *context, uint32_t arch, bool on)
{
	if (arch == AUDIT_ARCH_I386)
		context->i386 = on;
	else if (arch == X32)
		context->x32 = on;
	for (unsigned a = 0; a < ARCH__COUNT; a++) {
		if (arch != (arch == NATIVE ? NATIVE : arch_info((enum arch)a)->audit_arch) ||
		    (arch == NATIVE && a != ARCH_X86_64) || context->has[a] == on)
			continue;
		context->has[a] = on;
		context->sandboxes[a] = (struct ir_sandbox){0};
	}
}

/* What takes the place of a number without a name: the last names of the old numbers. */
static struct str standin(struct table *table, int number)
{
	size_t i = 0;

	while (i < table->n_standins && table->standins[i] != number)
		i++;
	cr_assert_lt(i, (size_t)MAX_STANDINS);
	table->standins[i] = number;
	if (i == table->n_standins)
		table->n_standins++;
	return syscall_name(ARCH_X86_64, STANDIN_FIRST - (uint32_t)i);
}

static void set_verdict(struct ir_call *call, uint32_t action)
{
	call->verdict = IR_CALL_ERRNO;
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		call->verdict = IR_CALL_ALLOW;
		break;
	case SECCOMP_RET_LOG:
		call->verdict = IR_CALL_LOG;
		break;
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_KILL_PROCESS:
		call->verdict = IR_CALL_KILL;
		break;
	case SECCOMP_RET_TRAP:
		call->error = STANDIN_TRAP;
		break;
	case SECCOMP_RET_TRACE:
		call->error = STANDIN_TRACE;
		break;
	default:
		call->error = action & SECCOMP_RET_DATA ? (uint16_t)action : STANDIN_ERRNO0;
	}
}

static struct call_cond read_cond(const json_t *arg)
{
	static const enum cond_op ops[] = {COND_EQ, COND_NE, COND_LT, COND_LE,
					   COND_EQ, COND_GE, COND_GT, COND_MASKED_EQ};
	uint64_t cmp = number_of(arg, "cmp");
	uint64_t a = number_of(arg, "a");
	uint64_t b = number_of(arg, "b");

	cr_assert(cmp >= 1 && cmp <= 7);
	return (struct call_cond){
		.arg = (uint8_t)number_of(arg, "arg"),
		.is_64 = true,
		.op = ops[cmp],
		.mask = cmp == 7 ? a : 0,
		.value = cmp == 7 ? a & b : a, /* libseccomp cuts it, too */
	};
}

static int strictness(enum ir_call_verdict verdict)
{
	return verdict == IR_CALL_KILL ? 0 : verdict == IR_CALL_ERRNO ? 1 : 2;
}

static int call_cmp(const struct ir_call *a, const struct ir_call *b)
{
	int order = str_cmp(a->name, b->name);

	return order ? order : strictness(a->verdict) - strictness(b->verdict);
}

/* Into its place: behind its equals, or before them. */
static void insert(struct ir_sandbox *sandbox, struct ir_call call, bool before)
{
	struct ir_call *items;
	size_t at;

	vec_push(maker_arena(), &sandbox->calls);
	items = sandbox->calls.items;
	for (at = sandbox->calls.n - 1; at > 0; at--) {
		int order = call_cmp(&items[at - 1], &call);

		if (order < 0 || (order == 0 && !before))
			break;
		items[at] = items[at - 1];
	}
	items[at] = call;
}

static void add_rule(struct table *table, struct context *context, const json_t *op)
{
	const json_t *args = json_object_get(op, "args");
	int number = (int)number_of(op, "nr");
	struct str name = str_from(json_string_value(json_object_get(op, "name")));
	struct call_cond *conds = arena_alloc(maker_arena(),
					      json_array_size(args) * sizeof(*conds));
	struct ir_call call = {.conds = conds, .n_conds = (uint32_t)json_array_size(args)};

	if (number_of(op, "rc") || number < 0)
		return; /* not taken, or about no call of a 64-bit architecture */
	call.name = name.len ? str_copy(maker_arena(), name.ptr, name.len) : standin(table, number);
	context->has_rules = true;
	set_verdict(&call, (uint32_t)number_of(op, "action"));
	for (size_t i = 0; i < call.n_conds; i++)
		conds[i] = read_cond(json_array_get(args, i));
	for (unsigned a = 0; a < ARCH__COUNT; a++) {
		if (context->has[a] && syscall_number(call.name, (enum arch)a) >= 0)
			insert(&context->sandboxes[a], call,
			       table->narrow_last && str_eq_cstr(call.name, "read"));
	}
}

static void merge(struct context *to, const struct context *from)
{
	to->i386 |= from->i386;
	to->x32 |= from->x32;
	for (unsigned a = 0; a < ARCH__COUNT; a++) {
		if (!from->has[a])
			continue;
		to->has[a] = true;
		to->sandboxes[a] = from->sandboxes[a];
	}
}

static void read_op(struct table *table, const json_t *op)
{
	const char *what = json_string_value(json_object_get(op, "op"));
	const char *id =
		json_string_value(json_object_get(op, strcmp(what, "merge") == 0 ? "dst" : "ctx"));
	struct context *context = context_of(table, id);
	uint32_t arch = (uint32_t)number_of(op, "arch");

	table->last = context;
	if (strcmp(what, "init") == 0 || strcmp(what, "reset") == 0) {
		char keep[sizeof(context->id)];

		memcpy(keep, context->id, sizeof(keep));
		*context = (struct context){.action = (uint32_t)number_of(op, "action")};
		memcpy(context->id, keep, sizeof(keep));
		set_arch(context, NATIVE, true);
	} else if (strcmp(what, "arch_add") == 0) {
		set_arch(context, arch, true);
	} else if (strcmp(what, "arch_remove") == 0) {
		if (!context->has_rules) /* else it is tidying up, behind the verdicts */
			set_arch(context, arch, false);
	} else if (strcmp(what, "merge") == 0) {
		merge(context, context_of(table, json_string_value(json_object_get(op, "src"))));
	} else if (strncmp(what, "seccomp_rule_add", 16) == 0) {
		add_rule(table, context, op);
	} else {
		cr_assert_str_eq(what, "attr"); /* how libseccomp lays its filter out */
	}
}

static bool default_permits(const struct context *context)
{
	return context->action == SECCOMP_RET_ALLOW || context->action == SECCOMP_RET_LOG;
}

static void compile(struct context *context, enum arch arch)
{
	struct ir_sandbox *sandbox = &context->sandboxes[arch];
	struct bpf_program *program = &context->programs[arch];
	struct str wrong;

	for (uint32_t nr = 0; default_permits(context) && nr < syscall_limit(arch); nr++) {
		struct ir_call call = {.name = syscall_name(arch, nr)};

		set_verdict(&call, context->action);
		if (call.name.ptr)
			insert(sandbox, call, false);
	}
	cr_assert_eq(seccomp_assemble(maker_arena(), sandbox, arch, program), 0);
	wrong = verify_filter(maker_arena(), sandbox, arch, program->insns, program->n);
	cr_assert_eq(wrong.len, 0, "%.*s", STR_ARG(wrong));
}

static void read_policy(struct table *table, const char *path)
{
	char line[4096];
	FILE *in = fopen(path, "r");

	cr_assert_not_null(in, "%s", path);
	table->narrow_last = strstr(path, NARROW_LAST);
	while (fgets(line, sizeof(line), in)) {
		json_t *op = read_line(line);

		cr_assert_not_null(op, "%s: %s", path, line);
		read_op(table, op);
		json_decref(op);
	}
	fclose(in);
	for (unsigned a = 0; a < ARCH__COUNT; a++) {
		if (table->last->has[a])
			compile(table->last, (enum arch)a);
	}
}

/* ---- a row ---- */

/* The verdict's name in the tables. */
static const char *action_name(uint32_t action)
{
	static char text[32];

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
		return "KILL_PROCESS";
	case SECCOMP_RET_KILL_THREAD:
		return "KILL_THREAD";
	case SECCOMP_RET_ALLOW:
		return "ALLOW";
	case SECCOMP_RET_LOG:
		return "LOG";
	}
	snprintf(text, sizeof(text), "ERRNO(%u)", action & SECCOMP_RET_DATA);
	return text;
}

/* What our filter must answer where theirs answers the row's verdict by a rule. */
static uint32_t rule_verdict(const char *verdict)
{
	unsigned error;

	if (strncmp(verdict, "KILL", 4) == 0)
		return SECCOMP_RET_KILL_PROCESS;
	if (strcmp(verdict, "ALLOW") == 0)
		return SECCOMP_RET_ALLOW;
	if (strcmp(verdict, "LOG") == 0)
		return SECCOMP_RET_LOG;
	if (strncmp(verdict, "TRAP", 4) == 0)
		return SECCOMP_RET_ERRNO | STANDIN_TRAP;
	if (strncmp(verdict, "TRACE", 5) == 0)
		return SECCOMP_RET_ERRNO | STANDIN_TRACE;
	cr_assert_eq(sscanf(verdict, "ERRNO(%u)", &error), 1, "%s", verdict);
	return SECCOMP_RET_ERRNO | (error ? error : STANDIN_ERRNO0);
}

/* The program that a row is put to; an architecture's that the policy does not have: any. */
static int arch_of(const struct context *context, const struct row *row)
{
	int any = -1;

	for (int a = ARCH__COUNT - 1; a >= 0; a--) {
		if (!context->has[a])
			continue;
		if (arch_info((enum arch)a)->audit_arch == row->arch)
			return a;
		any = a;
	}
	return any;
}

/* The number, or that of the call which stands in for it. */
static uint32_t number_here(const struct table *table, uint32_t number)
{
	for (size_t i = 0; i < table->n_standins; i++) {
		if ((uint32_t)table->standins[i] == number)
			return STANDIN_FIRST - (uint32_t)i;
	}
	return number;
}

static enum outcome judge_row(const struct table *table, struct row row, uint32_t *got,
			      uint32_t *want)
{
	const struct context *context = table->last;
	int a = arch_of(context, &row);
	bool by_default = strcmp(row.verdict, action_name(context->action)) == 0;
	struct seccomp_data data = {.arch = row.arch};
	bool nameless;

	if (row.arch == AUDIT_ARCH_I386 && context->i386)
		return I386;
	if (row.arch == AUDIT_ARCH_X86_64 &&
	    (row.number == UINT32_MAX || (row.number >= 0x40000000 && context->x32)))
		return X32_CALLS;
	cr_assert_geq(a, 0);
	row.number = number_here(table, row.number);
	data.nr = (int)row.number;
	memcpy(data.args, row.args, sizeof(row.args));
	*got = bpf_run(context->programs[a].insns, &data, NULL);
	*want = rule_verdict(row.verdict);
	nameless = !syscall_name((enum arch)a, row.number).ptr;
	if (row.arch != arch_info((enum arch)a)->audit_arch ||
	    (a == ARCH_X86_64 && row.number >= 0x40000000)) {
		*want = SECCOMP_RET_KILL_PROCESS; /* of another ABI, in both */
		cr_expect_str_eq(row.verdict, "KILL_THREAD");
	} else if (nameless && by_default && default_permits(context)) {
		return NAMELESS;
	} else if (by_default && !default_permits(context)) {
		*want = SECCOMP_RET_ERRNO | (nameless ? ENOSYS : EPERM);
	}
	return COMPARED;
}

static bool read_row(const char *line, struct row *row)
{
	long long number;
	unsigned long long a[6];

	if (sscanf(line, "%x %lld %llx %llx %llx %llx %llx %llx %31s", &row->arch, &number, &a[0],
		   &a[1], &a[2], &a[3], &a[4], &a[5], row->verdict) != 9)
		return false;
	row->number = (uint32_t)number;
	for (unsigned i = 0; i < 6; i++)
		row->args[i] = a[i];
	return true;
}

static void judge_table(const char *path, unsigned counts[N_OUTCOMES])
{
	struct table *table = calloc(1, sizeof(*table));
	char policy[512], line[512];
	FILE *in = fopen(path, "r");
	bool has_policy;

	cr_assert(table && in);
	snprintf(policy, sizeof(policy), "%.*s.policy.jsonl",
		 (int)(strlen(path) - strlen(".expect.tsv")), path);
	has_policy = access(policy, R_OK) == 0;
	if (has_policy)
		read_policy(table, policy);
	while (fgets(line, sizeof(line), in)) {
		struct row row;
		uint32_t got = 0, want = 0;
		enum outcome outcome = NO_POLICY;

		cr_assert(read_row(line, &row), "%s: %s", path, line);
		if (was_taken_back(path, row.number))
			outcome = TAKEN_BACK;
		else if (has_policy)
			outcome = judge_row(table, row, &got, &want);
		counts[outcome]++;
		if (outcome == COMPARED)
			cr_expect_eq(got, want, "%s: %s: got %#x, want %#x", path, line, got, want);
	}
	fclose(in);
	free(table);
}

Test(oracle_tables, libseccomps_tables_agree)
{
	unsigned counts[N_OUTCOMES] = {0}, rows = 0;
	glob_t found;

	if (glob(TABLES "/*.expect.tsv", 0, NULL, &found))
		cr_skip_test("no " TABLES ": libseccomp's regression tables are not here");
	for (size_t i = 0; i < found.gl_pathc; i++)
		judge_table(found.gl_pathv[i], counts);
	globfree(&found);
	for (unsigned i = 0; i < N_OUTCOMES; i++) {
		fprintf(stderr, "libseccomp's tables: %4u rows: %s\n", counts[i], outcomes[i]);
		rows += counts[i];
	}
	cr_expect_eq(rows, ROWS);
	cr_expect_geq(counts[COMPARED], 4400u);
}
