/*
 * The list of diagnostics: what passes report into and printers read from.
 *
 * A report is a code, a span and a message; notes hang on it. Invariant: the counts are of
 * everything reported, the list of at most DIAG_MAX_ERRORS and DIAG_MAX_WARNINGS, so that a file of
 * garbage costs bounded memory and still counts as wrong.
 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>

static const struct diag_info diag_infos[DIAG__COUNT + 1] = {
#define DIAG(code, severity, title, explanation) {#code, severity, title, explanation},
#include "base/diag.def"
#undef DIAG
	{0},
};

void diag_init(struct diag_list *list, struct arena *arena, struct sources *sources)
{
	*list = (struct diag_list){.arena = arena, .sources = sources};
}

const struct diag_info *diag_info(enum diag_code code)
{
	return &diag_infos[code];
}

__attribute__((format(printf, 2, 0))) static struct str message_format(struct arena *arena,
								       const char *format,
								       va_list args)
{
	va_list again;
	char *ptr;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		abort();
	ptr = arena_alloc(arena, (size_t)len + 1);
	vsnprintf(ptr, (size_t)len + 1, format, args);
	return (struct str){ptr, (size_t)len};
}

/* Counts a report and says whether there is room to keep it. */
static bool diag_count(struct diag_list *list, enum diag_severity severity)
{
	if (severity == DIAG_ERROR)
		return list->errors++ < DIAG_MAX_ERRORS;
	return list->warnings++ < DIAG_MAX_WARNINGS;
}

struct diag *diag_report(struct diag_list *list, enum diag_code code, struct span span,
			 const char *format, ...)
{
	enum diag_severity severity = diag_infos[code].severity;
	struct diag *diag = &list->overflow;
	va_list args;

	if (!diag_count(list, severity))
		return diag;
	diag = vec_push(list->arena, &list->items);
	*diag = (struct diag){.code = code, .severity = severity};
	diag->span = source_map(list->sources, span);
	va_start(args, format);
	diag->message = message_format(list->arena, format, args);
	va_end(args);
	return diag;
}

void diag_note(struct diag_list *list, struct diag *diag, struct span span, const char *format, ...)
{
	struct diag_note *note;
	va_list args;

	if (diag == &list->overflow)
		return;
	note = vec_push(list->arena, &diag->notes);
	note->span = source_map(list->sources, span);
	va_start(args, format);
	note->text = message_format(list->arena, format, args);
	va_end(args);
}

void diag_help(struct diag_list *list, struct diag *diag, const char *format, ...)
{
	struct diag_note *note;
	va_list args;

	if (diag == &list->overflow)
		return;
	note = vec_push(list->arena, &diag->notes);
	note->is_help = true;
	note->span = SPAN_NONE;
	va_start(args, format);
	note->text = message_format(list->arena, format, args);
	va_end(args);
}

static bool diag_before(const struct diag *a, const struct diag *b)
{
	if (a->span.file != b->span.file)
		return a->span.file < b->span.file;
	return a->span.begin < b->span.begin;
}

/* Insertion sort: it is stable, and the list is short by its limits. */
void diag_sort(struct diag_list *list)
{
	struct diag *items = list->items.items;

	for (size_t i = 1; i < list->items.n; i++) {
		struct diag moving = items[i];
		size_t to = i;

		for (; to > 0 && diag_before(&moving, &items[to - 1]); to--)
			items[to] = items[to - 1];
		items[to] = moving;
	}
}

void diag_promote_warnings(struct diag_list *list)
{
	for (size_t i = 0; i < list->items.n; i++)
		list->items.items[i].severity = DIAG_ERROR;
	list->errors += list->warnings;
	list->warnings = 0;
}
