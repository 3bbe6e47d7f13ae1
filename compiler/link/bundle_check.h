/*
 * Does a bundle enforce what it lists? The runtime decides by a table, and tells the kernel filters
 * and rights, that the compiler has made of the rules; it never looks at the rules themselves. Who
 * reads a bundle reads the rules. Only a compiler can tell that the two belong together.
 */
#ifndef WRIT_LINK_BUNDLE_CHECK_H
#define WRIT_LINK_BUNDLE_CHECK_H

#include <stdbool.h>

#include "link/bundle_read.h"

/*
 * policy: what bundle_ir has read from the image. True when this compiler makes the image's
 * decision table and Landlock rights of the policy, and its filters mean what the rules say.
 */
__attribute__((warn_unused_result)) bool bundle_is_honest(struct arena *arena,
							  const struct bundle_image *image,
							  const struct ir_policy *policy);

#endif
