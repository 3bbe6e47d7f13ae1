/*
 * The linker: from IR to the bytes of a bundle.
 *
 * Runs every back end, has verify/ check what they made, and lays the sections out as
 * runtime/writ_format.h says. The bytes depend on the IR and the options only: no clock, no
 * environment, no address. Writing them to a file is the caller's.
 */
#ifndef WRIT_LINK_BUNDLE_H
#define WRIT_LINK_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "ir/ir.h"
#include "tables/profile.h"

struct bytes {
	uint8_t *ptr;
	size_t len;
};

struct bundle_options {
	bool archs[ARCH__COUNT]; /* to make filters for; at least one */
	bool strip_places;       /* leave out where rules are written */
	const struct profile
		*profile;   /* of the calls that filters are laid out for; NULL: the built in */
	bool small_filters; /* the fewest instructions, however many are executed */
	bool limits_only;   /* report what exceeds a limit; make no bytes */
};

/*
 * 0, with *out in the arena (empty under limits_only); or -1 when the policy exceeds a limit, which
 * diags then says. A filter that is proved wrong is a bug of the compiler: bug_exit.
 */
__attribute__((warn_unused_result)) int bundle_build(struct arena *arena, struct diag_list *diags,
						     const struct ir_policy *policy,
						     const struct bundle_options *options,
						     struct bytes *out);

#endif
