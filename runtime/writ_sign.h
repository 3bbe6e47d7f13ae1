/*
 * libwrit-audit: bundles that can be trusted. Signatures, the policy a bundle must be, and versions
 * that never go back.
 *
 *	struct writ_trust_options trusted = {.keys.list = getenv("WRIT_KEY"), .policy = "agent"};
 *	struct writ_trust *trust;
 *
 *	if (writ_trust_open(&trusted, &trust, &error))
 *		die(error.text);
 *	struct writ_monitor_options options = {.load = writ_trust_load, .load_context = trust};
 *	if (writ_monitor_open("policy.wrt", &options, &monitor, &error))
 *		...
 *
 * A signature is Ed25519 of every byte of the bundle and is checked before any of them is read.
 * Only keys that the caller names are trusted; what a bundle says of its key is a hint. Errors and
 * ownership are as in writ.h.
 */
#ifndef WRIT_SIGN_H
#define WRIT_SIGN_H

#include "writ.h"
#include "writ_monitor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- keys ---- */

#define WRIT_MAX_KEYS      64u
#define WRIT_KEY_ID_SIZE   17 /* of a key's id: 16 digits, and the NUL */
#define WRIT_KEY_DIRECTORY "/etc/writ/keys"

/*
 * Where public keys are: in files, as "writc keygen" writes them, a key a line. Of the three the
 * first that is given is used, and the others are not looked at.
 */
struct writ_key_sources {
	const char *const *files;
	size_t n_files;
	const char *list;      /* FILE[:FILE...], as in $WRIT_KEY; NULL or "": none */
	const char *directory; /* with *.pub files, all of them root's and writable by root alone;
				* NULL, or one that does not exist: none */
};

struct writ_keys; /* immutable; any thread */

/*
 * Reads keys: none where no source is given, and never none where one is. Errors: OPEN (a file or
 * directory can't be read), UNTRUSTED (it holds no such key, is damaged, or may be written by
 * others), NOMEM. The caller owns *out.
 */
WRIT_API WRIT_MUST_CHECK int writ_keys_open(const struct writ_key_sources *sources,
					    struct writ_keys **out, struct writ_error *error);
WRIT_API void writ_keys_close(struct writ_keys *keys); /* NULL is allowed */
WRIT_API size_t writ_keys_count(const struct writ_keys *keys);

/* The id of a key, in hexadecimal; NULL past the last. Valid until writ_keys_close. */
WRIT_API const char *writ_keys_id(const struct writ_keys *keys, size_t index);

/*
 * Is this a bundle that one of the keys has signed? *signer, which may be NULL, becomes the index
 * of that key. Nothing of the bytes has been looked at otherwise: they may still be no bundle.
 * Errors: UNTRUSTED (it says whether it is unsigned, signed by another key, or was changed),
 * FORMAT, NOMEM.
 */
WRIT_API WRIT_MUST_CHECK int writ_keys_check(const struct writ_keys *keys, const void *bytes,
					     size_t size, size_t *signer, struct writ_error *error);

/* ---- what is loaded ---- */

struct writ_trust_options {
	struct writ_key_sources keys; /* none: signatures are not asked for, nor versions kept */
	const char *policy;           /* the name that a bundle's policy must have; NULL: any */
	/*
	 * The directory in which the highest version of each policy is kept; made if it is missing,
	 * and refused if others may write it. NULL: /var/lib/writ for root, else
	 * $XDG_STATE_HOME/writ or $HOME/.local/state/writ. WRIT_STATE_PRIVATE: kept in memory, so
	 * that only reloads can't go back.
	 */
	const char *state;
	/*
	 * Not 0: an older version, or another bundle of the same version, is accepted, and is then
	 * the one that is remembered.
	 */
	int allow_rollback;
	/*
	 * Not 0: nothing is recorded where the policy is to be in force, so that one that demands
	 * an audit log is refused, and not remembered.
	 */
	int no_log;
};

struct writ_trust;

/* Errors: those of writ_keys_open; OPEN, UNTRUSTED, SYSTEM of the state directory. */
WRIT_API WRIT_MUST_CHECK int writ_trust_open(const struct writ_trust_options *options,
					     struct writ_trust **out, struct writ_error *error);

/*
 * The load of struct writ_monitor_options: context is a struct writ_trust. Reads the file once,
 * checks its signature, opens exactly those bytes, and then checks and records its version. From
 * one thread at a time. Errors: those of writ_open; UNTRUSTED; MONITOR (no_log);
 * SYSTEM (the version can't be kept).
 */
WRIT_API WRIT_MUST_CHECK int writ_trust_load(void *trust, const char *path,
					     const struct writ_options *options,
					     struct writ_policy **out, struct writ_error *error);

/* The id of the key that signed what was loaded last; NULL: nothing was, or no key is asked for. */
WRIT_API const char *writ_trust_key(const struct writ_trust *trust);

WRIT_API void writ_trust_close(struct writ_trust *trust); /* NULL is allowed */

#ifdef __cplusplus
}
#endif

#endif
