/*
 * What a policy demands of the audit log: whether a decision waits for its record, and what is done
 * when records come faster than they can be written. It is said in one place, so that no import
 * takes back what another demands.
 */
#include "sema/pass.h"

static const enum ir_audit_full fulls[] = {
	[AST_AUDIT_BLOCK] = IR_AUDIT_BLOCK,
	[AST_AUDIT_DENY] = IR_AUDIT_DENY,
	[AST_AUDIT_DROP] = IR_AUDIT_DROP,
};

/* The two things that can be stated. */
struct stated {
	const struct ast_audit_prop *required;
	const struct ast_audit_prop *full;
};

static void state(struct sema *sema, struct stated *stated, const struct ast_audit_prop *prop)
{
	const struct ast_audit_prop **first = prop->is_required ? &stated->required : &stated->full;
	struct diag *diag;

	if (!*first) {
		*first = prop;
		return;
	}
	diag = diag_report(sema->diags, DIAG_E0109, prop->span, "'%s' is stated twice",
			   prop->is_required ? "required" : "full");
	diag_note(sema->diags, diag, (*first)->span, "first stated here");
}

static void lower(struct sema *sema, const struct ast_audit *audit)
{
	struct stated stated = {NULL, NULL};
	struct ir_audit *out = &sema->ir->audit;
	struct diag *diag;

	for (size_t i = 0; i < audit->props.n; i++)
		state(sema, &stated, &audit->props.items[i]);
	out->required = stated.required != NULL;
	out->full = stated.full ? fulls[stated.full->full] : IR_AUDIT_BLOCK;
	out->origin = sema_origin(sema, audit->span);
	if (!out->required || out->full != IR_AUDIT_DROP)
		return;
	diag = diag_report(sema->diags, DIAG_E0227, stated.full->span,
			   "a record that a decision waits for can't be dropped");
	diag_note(sema->diags, diag, stated.required->span, "decisions wait for their records");
}

void sema_audit(struct sema *sema)
{
	const struct ast_audit *audits = sema->ast->audits.items;

	for (size_t i = 0; i < sema->ast->audits.n; i++) {
		struct diag *diag;

		lower(sema, &audits[i]);
		if (i == 0)
			continue;
		diag = diag_report(sema->diags, DIAG_E0101, audits[i].span,
				   "'audit' is declared twice");
		diag_note(sema->diags, diag, audits[0].span, "first declared here");
	}
}
