/*
 * What a sandbox denies, made ready once; and what a broker is given of it.
 */
#ifndef WRIT_RUNTIME_BROKER_PREPARE_H
#define WRIT_RUNTIME_BROKER_PREPARE_H

#include "runtime/broker.h"
#include "runtime/sandbox.h"

/* Fills sandbox->denies and has_broker. Errors: HOST, NOMEM, UNSUPPORTED. */
WRIT_MUST_CHECK int broker_prepare(struct writ_sandbox *sandbox,
				   const struct sandbox_source *source);

/*
 * Says that the sandbox can't be enforced here, as broker_available, or a try of the named call,
 * gave that reason: what of it needs it. Error: HOST.
 */
WRIT_MUST_CHECK int broker_refuse(const struct writ_sandbox *sandbox, int reason, const char *what,
				  const char *call, struct writ_error *error);

/*
 * An absolute path, in BROKER_PATH bytes, without the symbolic links that it goes through up to the
 * first wildcard. What is not there can't be a link, and stays as it is.
 */
void broker_follow_links(char *path);

/* What may be written where there are no mounts, for a broker of metadata. 0, or -ENOMEM. */
int broker_copy_trees(struct broker *broker, struct pool *pool, const struct namespaces *from);

#endif
