/*
 * The canonical form of a policy's text.
 *
 * Two laws: formatting twice gives what formatting once gives, and the tokens and comments that
 * come out are those that went in, in their order. Only white space is decided here:
 *   - two spaces a level, one statement a line, '{' on the line of what it belongs to;
 *   - a block stays on one line when it was written so, holds no other block and fits;
 *   - what does not fit in FMT_WIDTH columns is filled behind commas, 'and' and 'or', with 'where'
 *     on a line of its own; a set that does not fit has its items below it;
 *   - empty lines between statements stay, as one; between declarations of several lines there is
 *     one;
 *   - a comment stays behind what it stood behind, or on its own line above what it stood above.
 */
#ifndef WRIT_FRONT_FMT_H
#define WRIT_FRONT_FMT_H

#include <stdint.h>

#include "base/diag.h"

#define FMT_WIDTH 100u

/*
 * Formats a source file of diags->sources. 0 and *out in arena; or -1 when the text has syntax
 * errors, which are reported then. Imports are not followed, and a policy line is not required.
 */
__attribute__((warn_unused_result)) int fmt_source(struct arena *arena, struct diag_list *diags,
						   uint32_t file, struct str *out);

#endif
