/*
 * System call rules: names and groups resolved, each call a rule of its own.
 *
 * "allow @group" is about its calls under the group's conditions, "deny @group" under any; with
 * "notify" too, for which a supervisor decides. The name of a set stands for its items. Some calls
 * can never be allowed, because what else confines a process would not hold any more: naming one is
 * an error, and a group that has one among others is allowed without it. A sandbox without a
 * syscalls section, its own or inherited, has @default.
 */
#include "sema/pass.h"

#include <errno.h>
#include <stdlib.h>

#include "tables/groups.h"

#define MAX_ERRNO 4095

static struct str near_set(const struct sema *sema, struct str name)
{
	struct str_nearest nearest = str_nearest(name);

	for (size_t i = 0; i < sema->ast->sets.n; i++) {
		if (sema->ast->sets.items[i].kind == AST_SET_SYSCALLS)
			str_nearest_offer(&nearest, sema->ast->sets.items[i].name.text);
	}
	return nearest.best;
}

static void unknown_call(struct sema *sema, const struct ast_name *name)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0105, name->span,
					"there is no system call '%.*s'", STR_ARG(name->text));
	struct str near = {NULL, 0};

	if (sema->diags->errors <= DIAG_MAX_ERRORS)
		near = syscall_suggest(name->text);
	if (!near.ptr)
		near = near_set(sema, name->text);
	if (near.ptr)
		diag_help(sema->diags, diag, "did you mean '%.*s'?", STR_ARG(near));
}

static void unknown_group(struct sema *sema, const struct ast_name *name)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0106, name->span,
					"there is no group of system calls '%.*s'",
					STR_ARG(name->text));
	struct str_nearest nearest = str_nearest(name->text);
	const struct call_group *group;

	for (uint32_t i = 0; (group = group_at(i)); i++)
		str_nearest_offer(&nearest, str_from(group->name));
	sema_nearest_help(sema, diag, &nearest);
}

static void unknown_errno(struct sema *sema, const struct ast_name *name)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0107, name->span,
					"there is no errno '%.*s'", STR_ARG(name->text));
	struct str_nearest nearest = str_nearest(name->text);

	for (int value = 1; value <= MAX_ERRNO; value++) {
		const char *known = errno_name(value);

		if (known)
			str_nearest_offer(&nearest, str_from(known));
	}
	sema_nearest_help(sema, diag, &nearest);
}

static bool check_action(struct sema *sema, const struct ast_call *stated)
{
	if (stated->allow &&
	    (stated->action == AST_CALL_ERRNO || stated->action == AST_CALL_KILL)) {
		diag_report(sema->diags, DIAG_E0213, stated->name.span,
			    "'allow' takes no errno and does not kill");
		return false;
	}
	if (stated->allow || stated->action != AST_CALL_LOG)
		return true;
	diag_help(sema->diags,
		  diag_report(sema->diags, DIAG_E0255, stated->name.span,
			      "what is denied is not logged"),
		  "'allow ... log' lets the call through and the kernel writes it down; 'deny ... "
		  "kill' is audited by the kernel as it is");
	return false;
}

/* By action; of a deny and of an allow. check_action has seen to it that each is possible. */
static const struct {
	enum ir_call_verdict of[2];
} verdicts[] = {
	[AST_CALL_DEFAULT] = {{IR_CALL_ERRNO, IR_CALL_ALLOW}},
	[AST_CALL_ERRNO] = {{IR_CALL_ERRNO, IR_CALL_ERRNO}},
	[AST_CALL_KILL] = {{IR_CALL_KILL, IR_CALL_KILL}},
	[AST_CALL_LOG] = {{IR_CALL_LOG, IR_CALL_LOG}},
	[AST_CALL_NOTIFY] = {{IR_CALL_NOTIFY, IR_CALL_NOTIFY}},
};

/* The verdict and errno that a statement gives to each call it names. */
static bool lower_action(struct sema *sema, const struct ast_call *stated, struct sema_call *out)
{
	int error = EPERM;

	if (!check_action(sema, stated))
		return false;
	if (stated->action == AST_CALL_ERRNO)
		error = errno_value(stated->errno_name.text);
	if (error < 1 || error > MAX_ERRNO) {
		unknown_errno(sema, &stated->errno_name);
		return false;
	}
	out->call.verdict = verdicts[stated->action].of[stated->allow];
	out->call.error = out->call.verdict == IR_CALL_ERRNO ? (uint16_t)error : 0;
	out->named_errno = stated->action == AST_CALL_ERRNO;
	return true;
}

static void not_allowable(struct sema *sema, const struct ast_name *name, const char *why)
{
	diag_report(sema->diags, DIAG_E0904, name->span, "allowing '%.*s' is not supported yet: %s",
		    STR_ARG(name->text), why);
}

static bool is_group(struct str name)
{
	return name.len && name.ptr[0] == '@';
}

bool sema_check_call(struct sema *sema, const struct ast_name *name)
{
	if (is_group(name->text)) {
		if (group_find(name->text))
			return true;
		unknown_group(sema, name);
	} else {
		if (syscall_exists(name->text))
			return true;
		unknown_call(sema, name);
	}
	return false;
}

/* May a call pass by this rule? A supervisor that is asked may let it. */
static bool may_pass(const struct sema_call *rule)
{
	return rule->call.verdict <= IR_CALL_NOTIFY;
}

/* On an architecture that policies can be compiled for. */
static bool exists_here(struct str name)
{
	for (int arch = 0; arch < ARCH__COUNT; arch++) {
		if (syscall_number(name, (enum arch)arch) >= 0)
			return true;
	}
	return false;
}

/* A session is harmless in a PID namespace, which its plan has then: who asks for it by name. */
static bool makes_sessions(const struct ast_call *stated, const struct sema_call *rule)
{
	return str_eq_cstr(stated->name.text, "setsid") && !stated->conds.n &&
	       rule->call.verdict != IR_CALL_NOTIFY;
}

static void lower_call(struct sema *sema, struct sema_box *box, const struct ast_call *stated,
		       struct sema_call rule)
{
	const char *why = may_pass(&rule) ? call_confined(stated->name.text) : NULL;

	if (why && !makes_sessions(stated, &rule)) {
		not_allowable(sema, &stated->name, why);
		return;
	}
	if (!exists_here(stated->name.text)) {
		diag_report(sema->diags, DIAG_E0258, stated->name.span,
			    "'%.*s' is a system call of other architectures only",
			    STR_ARG(stated->name.text));
		return;
	}
	rule.call.name = stated->name.text;
	if (stated->conds.n)
		sema_add_conditional(sema, box, stated, &rule);
	else
		vec_add(sema->arena, &box->calls, rule);
}

/* narrowed: each call under the group's conditions only. */
static uint32_t add_group(struct sema *sema, struct sema_box *box, const struct call_group *group,
			  struct sema_call rule, bool narrowed)
{
	uint32_t added = 0;

	rule.of_group = true;
	for (uint32_t i = 0; i < group->n_calls; i++) {
		rule.call.name = str_from(group->calls[i].name);
		if (may_pass(&rule) && call_confined(rule.call.name))
			continue;
		if (narrowed) {
			rule.call.conds = group->calls[i].conds;
			rule.call.n_conds = group->calls[i].n_conds;
		}
		vec_add(sema->arena, &box->calls, rule);
		added++;
	}
	return added;
}

static void lower_group(struct sema *sema, struct sema_box *box, const struct ast_call *stated,
			struct sema_call rule)
{
	const struct call_group *group = group_find(stated->name.text);

	if (!add_group(sema, box, group, rule, stated->allow))
		not_allowable(sema, &stated->name, call_confined(str_from(group->calls[0].name)));
}

/* A call or a group that is known to exist. */
static void lower_item(struct sema *sema, struct sema_box *box, const struct ast_call *stated,
		       struct sema_call rule)
{
	if (is_group(stated->name.text))
		lower_group(sema, box, stated, rule);
	else
		lower_call(sema, box, stated, rule);
}

static void lower_set(struct sema *sema, struct sema_box *box, const struct ast_call *stated,
		      struct sema_call rule)
{
	const struct sema_set *set = sema_set_find(sema, stated->name.text, AST_SET_SYSCALLS);

	if (stated->conds.n) {
		diag_report(sema->diags, DIAG_E0254, stated->span,
			    "'%.*s' is a set: conditions are for single system calls",
			    STR_ARG(stated->name.text));
		return;
	}
	for (size_t i = 0; i < set->items.n; i++) {
		struct ast_call item = *stated;

		/* What can't be allowed is reported where the set is named. */
		item.name.text = set->items.items[i]->name.text;
		if (sema_item_call(sema, set->items.items[i]))
			lower_item(sema, box, &item, rule);
	}
}

static void syscalls_own(struct sema *sema, struct sema_box *box)
{
	box->has_syscalls = box->ast->syscalls_span.file != SPAN_NO_FILE;
	sema_check_errnos(sema, box);
	for (size_t i = 0; i < box->ast->calls.n; i++) {
		const struct ast_call *stated = &box->ast->calls.items[i];
		struct sema_call rule = {0};

		if (!lower_action(sema, stated, &rule))
			continue;
		if (sema_set_find(sema, stated->name.text, AST_SET_SYSCALLS))
			lower_set(sema, box, stated, rule);
		else if (map_get(&sema->names[SEMA_SET].first, stated->name.text, NULL))
			sema_set(sema, &stated->name, AST_SET_SYSCALLS);
		else if (sema_check_call(sema, &stated->name))
			lower_item(sema, box, stated, rule);
	}
}

static void syscalls_inherit(struct sema *sema, struct sema_box *box, const struct sema_box *parent)
{
	box->has_syscalls |= parent->has_syscalls;
	for (size_t i = 0; i < parent->calls.n; i++)
		vec_add(sema->arena, &box->calls, parent->calls.items[i]);
}

static int number_cmp(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/*
 * By name; the strictest first; among refusals those whose errno the policy named, for they say
 * more than the EPERM that goes without saying.
 */
static int call_cmp(const struct sema_call *a, const struct sema_call *b)
{
	int order = str_cmp(a->call.name, b->call.name);

	if (!order)
		order = number_cmp(b->call.verdict, a->call.verdict);
	if (!order)
		order = number_cmp(b->named_errno, a->named_errno);
	if (!order)
		order = number_cmp(a->call.error, b->call.error);
	if (!order)
		order = number_cmp(a->call.n_conds, b->call.n_conds);
	for (uint32_t i = 0; !order && i < a->call.n_conds; i++)
		order = sema_cond_cmp(&a->call.conds[i], &b->call.conds[i]);
	return order;
}

/*
 * Of a rule that the policy states and the compiler makes too, the policy's comes first; of one
 * that it states by name and by group, that by name.
 */
static int stated_cmp(const void *left, const void *right)
{
	const struct sema_call *a = left, *b = right;
	int order = call_cmp(a, b);

	if (!order)
		order = number_cmp(a->call.guard, b->call.guard);
	return order ? order : number_cmp(a->of_group, b->of_group);
}

static void syscalls_settle(struct sema *sema, struct sema_box *box)
{
	struct sema_calls *calls = &box->calls;
	size_t n = 0;

	(void)sema;
	if (!calls->n)
		return;
	qsort(calls->items, calls->n, sizeof(*calls->items), stated_cmp);
	for (size_t i = 0; i < calls->n; i++) {
		if (!n || call_cmp(&calls->items[n - 1], &calls->items[i]))
			calls->items[n++] = calls->items[i];
	}
	calls->n = n;
}

const struct sema_section sema_syscalls = {syscalls_own, syscalls_inherit, syscalls_settle};

void sema_default_calls(struct sema *sema, struct sema_box *box)
{
	struct sema_call rule = {.call.verdict = IR_CALL_ALLOW};

	if (!box->has_syscalls)
		add_group(sema, box, group_find(STR("@default")), rule, true);
}
