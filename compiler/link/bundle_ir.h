/*
 * From a bundle back to the IR: what the compiler wrote down, for tools that are given a bundle
 * instead of a source (show, diff, explain, query).
 *
 * The bundle must have passed writ_verify. The result equals the IR the bundle was made from, as
 * ir_print shows it, but for what a bundle does not keep: the places of what is not a rule, and all
 * places when it was compiled without.
 */
#ifndef WRIT_LINK_BUNDLE_IR_H
#define WRIT_LINK_BUNDLE_IR_H

#include "base/arena.h"
#include "ir/ir.h"
#include "link/bundle_read.h"

/* NULL for a bundle with a condition that the compiler does not write so. */
struct ir_policy *bundle_ir(struct arena *arena, const struct bundle_image *image);

#endif
