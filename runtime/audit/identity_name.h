/*
 * What names of users and roles may be, in a store as in a policy.
 */
#ifndef WRIT_AUDIT_IDENTITY_NAME_H
#define WRIT_AUDIT_IDENTITY_NAME_H

#include <stddef.h>

#define IDENTITY_MAX_NAME 255 /* bytes of a user's or role's name: as in a bundle */

/* Why these len bytes can't be a user's name, or a role's: a phrase, "is empty"; NULL: they can. */
const char *identity_bad_user(const char *name, size_t len);
const char *identity_bad_role(const char *name, size_t len);

#endif
