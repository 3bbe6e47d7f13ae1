/*
 * What a sandbox demands of a launch as a whole: strict execution, and the user to be.
 *
 * Both only take away, so a sandbox has what its parents demand. A child's own user replaces
 * theirs; parents that name two are an error, for neither would be what both policies say.
 */
#include "sema/pass.h"

static bool check_user(struct sema *sema, const struct ast_text *text, struct str name)
{
	sema_check_name_length(sema, name, text->span);
	if (name.len == 0) {
		diag_report(sema->diags, DIAG_E0215, text->span, "a user's name can't be empty");
		return false;
	}
	for (size_t i = 0; i < name.len; i++) {
		unsigned char byte = (unsigned char)name.ptr[i];

		if (byte > 0x20 && byte != 0x7f && byte != ':')
			continue;
		diag_report(sema->diags, DIAG_E0215, text->span,
			    "the name of a user of the host has no blanks, colons or control "
			    "characters");
		return false;
	}
	return true;
}

static void report_two(struct sema *sema, struct span second, struct span first, const char *what)
{
	struct diag *diag = diag_report(sema->diags, DIAG_E0119, second, "%s", what);

	diag_note(sema->diags, diag, first, "the other is here");
}

static void demands_own(struct sema *sema, struct sema_box *box)
{
	box->strict_exec = box->ast->strict_exec.file != SPAN_NO_FILE;
	for (size_t i = 0; i < box->ast->users.n; i++) {
		const struct ast_text *text = &box->ast->users.items[i];
		struct str name;

		if (!sema_plain_text(sema, text, "a user's name", &name) ||
		    !check_user(sema, text, name))
			continue;
		if (box->user.len)
			report_two(sema, text->span, box->user_span,
				   "a sandbox has one user, and this is the second");
		box->user = name;
		box->user_span = text->span;
		box->user_own = true;
	}
}

static void demands_inherit(struct sema *sema, struct sema_box *box, const struct sema_box *parent)
{
	box->strict_exec |= parent->strict_exec;
	if (box->user_own || parent->user.len == 0)
		return;
	if (box->user.len && !str_eq(box->user, parent->user))
		report_two(sema, parent->user_span, box->user_span,
			   "two parents of a sandbox name different users");
	box->user = parent->user;
	box->user_span = parent->user_span;
}

static void demands_settle(struct sema *sema, struct sema_box *box)
{
	(void)sema;
	(void)box;
}

const struct sema_section sema_demands = {demands_own, demands_inherit, demands_settle};
