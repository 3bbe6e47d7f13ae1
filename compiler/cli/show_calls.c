/*
 * The system call rules that a sandbox's filters were made from, and what of its files is not
 * Landlock's to keep, as `writc show` prints them.
 */
#include "cli/show.h"

#include <inttypes.h>

#include "tables/syscall_args.h"

static const char *const verdicts[] = {
	[WRIT_CALL_ALLOW] = "allow", [WRIT_CALL_LOG] = "log",       [WRIT_CALL_ERRNO] = "errno",
	[WRIT_CALL_KILL] = "kill",   [WRIT_CALL_NOTIFY] = "notify",
};

static const char *const cond_ops[] = {
	[COND_EQ] = "==", [COND_NE] = "!=", [COND_LT] = "<",         [COND_LE] = "<=",
	[COND_GT] = ">",  [COND_GE] = ">=", [COND_MASKED_EQ] = "==", [COND_MASKED_NE] = "!=",
};

/* The name that the call's argument has in a policy. */
static struct str arg_text(struct arena *arena, const struct call_args *call, uint32_t arg)
{
	if (call && arg < CALL_MAX_ARGS && call->args[arg].names[0])
		return str_from(call->args[arg].names[0]);
	return str_printf(arena, "arg%" PRIu32, arg);
}

static struct str cond_text(struct arena *arena, const struct call_args *call,
			    const struct writ_fmt_call_cond *cond)
{
	struct str mask = STR("");

	if (cond->op == COND_MASKED_EQ || cond->op == COND_MASKED_NE)
		mask = str_printf(arena, " & %#" PRIx64, cond->mask);
	return str_printf(arena, "%.*s%.*s %s %#" PRIx64, STR_ARG(arg_text(arena, call, cond->arg)),
			  STR_ARG(mask), cond_ops[cond->op], cond->value);
}

/* "socket(domain == 0x2, type & 0xf == 0x1)" */
static struct str call_text(const struct show *show, const struct writ_fmt_call *call)
{
	struct arena *arena = show->arena;
	struct str text = show_str(show, call->name);
	const struct call_args *args = call_args_find(text);

	for (uint32_t i = 0; i < call->conds.count; i++) {
		const struct writ_fmt_call_cond *cond = BUNDLE_AT(show->image, CALL_CONDS,
								  call_cond, call->conds.first + i);

		text = str_printf(arena, "%.*s%s%.*s", STR_ARG(text), i ? ", " : "(",
				  STR_ARG(cond_text(arena, args, cond)));
	}
	return call->conds.count ? str_printf(arena, "%.*s)", STR_ARG(text)) : text;
}

static struct str error_text(struct arena *arena, uint16_t error)
{
	const char *name = errno_name(error);

	return name ? str_from(name) : str_printf(arena, "%u", error);
}

void show_calls_text(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	fputs("  system calls (the strictest that holds decides; of the others: errno EPERM):\n",
	      show->out);
	for (uint32_t i = 0; i < sandbox->calls.count; i++) {
		const struct writ_fmt_call *call = bundle_call(show->image, sandbox, i);
		struct str verdict = str_from(verdicts[call->verdict]);

		if (call->verdict == WRIT_CALL_ERRNO)
			verdict = str_printf(show->arena, "errno %.*s",
					     STR_ARG(error_text(show->arena, call->error)));
		fprintf(show->out, "    %-20.*s %.*s%s\n", STR_ARG(verdict),
			STR_ARG(call_text(show, call)),
			call->guard ? "  (added by the compiler)" : "");
	}
	if (sandbox->calls.count == 0)
		fputs("    nothing\n", show->out);
}

json_t *show_calls_json(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < sandbox->calls.count; i++) {
		const struct writ_fmt_call *call = bundle_call(show->image, sandbox, i);
		struct str text = call_text(show, call);
		struct str error = error_text(show->arena, call->error);
		json_t *entry = json_pack("{s:s,s:o,s:s%,s:b}", "verdict", verdicts[call->verdict],
					  "call", show_json_str(show, call->name), "text", text.ptr,
					  text.len, "guard", call->guard != 0);

		if (call->verdict == WRIT_CALL_ERRNO)
			json_object_set_new(entry, "errno", json_stringn(error.ptr, error.len));
		json_array_append_new(array, entry);
	}
	return array;
}

void show_filesystem_text(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	fputs("  filesystem, beside Landlock:\n", show->out);
	for (uint32_t i = 0; i < sandbox->denies.count; i++) {
		const struct writ_fmt_place *place = BUNDLE_AT(show->image, DENIES, place,
							       sandbox->denies.first + i);

		fprintf(show->out, "    %-20s %.*s\n", "deny",
			STR_ARG(show_parts(show, place->text)));
	}
	for (uint32_t i = 0; i < sandbox->scratches.count; i++) {
		const struct writ_fmt_place *place = BUNDLE_AT(show->image, SCRATCHES, place,
							       sandbox->scratches.first + i);

		fprintf(show->out, "    %-20s %.*s %.*s\n", "scratch",
			STR_ARG(show_parts(show, place->text)),
			STR_ARG(show_size(show->arena, place->size_bytes)));
	}
	if (!sandbox->denies.count && !sandbox->scratches.count)
		fputs("    nothing\n", show->out);
}

json_t *show_filesystem_json(const struct show *show, const struct writ_fmt_sandbox *sandbox)
{
	json_t *denies = json_array(), *scratches = json_array();

	for (uint32_t i = 0; i < sandbox->denies.count; i++) {
		struct str path = show_parts(
			show,
			BUNDLE_AT(show->image, DENIES, place, sandbox->denies.first + i)->text);

		json_array_append_new(denies, json_stringn(path.ptr, path.len));
	}
	for (uint32_t i = 0; i < sandbox->scratches.count; i++) {
		const struct writ_fmt_place *place = BUNDLE_AT(show->image, SCRATCHES, place,
							       sandbox->scratches.first + i);
		struct str path = show_parts(show, place->text);

		json_array_append_new(scratches, json_pack("{s:s%,s:I}", "path", path.ptr, path.len,
							   "bytes", (json_int_t)place->size_bytes));
	}
	return json_pack("{s:o,s:o}", "deny", denies, "scratch", scratches);
}
