/*
 * Conditions of rules, and values for tool arguments: shared by conditions.c, operands.c,
 * condition_text.c and tests.c. Private to sema/.
 */
#ifndef WRIT_SEMA_CONDITIONS_H
#define WRIT_SEMA_CONDITIONS_H

#include "sema/pass.h"

struct condition {
	struct sema *sema;
	struct str pattern; /* of the rule */
	const struct sema_args *args;
};

/* "an int" */
const char *sema_a_kind(enum writ_arg_kind kind);

/* conditions.c: a where clause for the tools of a pattern. */
const struct ir_where *sema_where(struct sema *sema, const struct ast_expr *expr,
				  struct str pattern);

/* Is a where clause the same for the tools of two patterns? */
bool sema_same_types(struct sema *sema, const struct ast_expr *expr, struct str a, struct str b);

/* operands.c: what a test compares with, checked and added to it. */
void sema_literal_operands(struct condition *in, const struct ast_expr *expr,
			   enum writ_arg_kind kind, struct ir_where *test);
void sema_set_operands(struct condition *in, const struct ast_expr *expr, enum writ_arg_kind kind,
		       struct ir_where *test);

/* Can a literal be the value of an argument of this type? A report when not. */
bool sema_check_literal_kind(struct sema *sema, const struct ast_literal *literal,
			     enum writ_arg_kind kind);

/*
 * condition_text.c: a condition in one spelling, whatever its layout, comments and redundant
 * parentheses; literals are as written.
 */
struct str sema_expr_text(struct sema *sema, const struct ast_expr *expr);

#endif
