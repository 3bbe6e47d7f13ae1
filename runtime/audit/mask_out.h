/*
 * Text into a buffer that may be too small: escaped, whole or cut where that is told.
 */
#ifndef WRIT_AUDIT_MASK_OUT_H
#define WRIT_AUDIT_MASK_OUT_H

#include <stdbool.h>
#include <stddef.h>

/* "[cut: 18446744073709551615 arguments]" and its quotes. */
#define OUT_MARK ((size_t)48)

struct out {
	char *ptr;
	size_t at;
	size_t limit; /* nothing is put behind this */
	bool json;    /* as within quotes of JSON; else '"' and '\' stand for themselves */
	bool cut;     /* something did not fit; nothing is put any more */
};

/* All of it or nothing. */
void out_put(struct out *out, const char *bytes, size_t len);
void out_str(struct out *out, const char *text);

/*
 * Text of any bytes: what can't be shown is escaped, what is no UTF-8 is \xNN, and so is NUL.
 */
void out_text(struct out *out, const char *text, size_t len);

/* "[cut: N what]", for which the caller has kept OUT_MARK bytes before it lowered the limit. */
void out_mark(struct out *out, size_t n, const char *what);

#endif
