/*
 * Public keys, as sign.c needs them.
 */
#ifndef WRIT_AUDIT_KEYS_H
#define WRIT_AUDIT_KEYS_H

#include <sodium.h>

#include "runtime/writ_sign.h"

struct public_key {
	unsigned char bytes[crypto_sign_PUBLICKEYBYTES];
	char id[WRIT_KEY_ID_SIZE];
};

struct writ_keys {
	struct public_key keys[WRIT_MAX_KEYS];
	size_t n;
};

#endif
