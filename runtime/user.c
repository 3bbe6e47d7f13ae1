/*
 * See user.h. In: a name, or a number in decimal. Out: the user's number and primary group; a
 * number that no entry has is its own group's, too. Who is not listed by name is nobody.
 */
#include "runtime/user.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "runtime/error.h"
#include "runtime/value.h"

#define PASSWD_BUFFER 4096
#define MAX_ID        (UINT32_MAX - 1) /* the last stands for "as it is": setresuid(2) */

/* 0, 1 when there is no such user, or an errno. */
static int look_up(const char *name, struct privilege_user *user)
{
	char buffer[PASSWD_BUFFER];
	struct passwd entry;
	struct passwd *found = NULL;
	uint64_t number = 0;
	bool is_number = value_uint(name, MAX_ID, &number);
	int rc = is_number ? getpwuid_r((uid_t)number, &entry, buffer, sizeof(buffer), &found)
			   : getpwnam_r(name, &entry, buffer, sizeof(buffer), &found);

	if (found) {
		user->uid = found->pw_uid;
		user->gid = found->pw_gid;
		return 0;
	}
	user->uid = (uid_t)number;
	user->gid = (gid_t)number;
	return is_number ? 0 : rc ? rc : -1;
}

/* Root without them is no more than who owns many files. */
static int check_capabilities(const struct writ_sandbox *sandbox, struct writ_error *error)
{
	if (privilege_holds(CAPABILITY_SETUID) && privilege_holds(CAPABILITY_SETGID))
		return 0;
	return error_set(error, WRIT_E_HOST,
			 "sandbox '%.100s' can't be enforced here: becoming its user takes "
			 "CAP_SETUID and CAP_SETGID",
			 sandbox->name);
}

int user_prepare(struct writ_sandbox *sandbox, const struct sandbox_source *source)
{
	struct writ_fmt_str text = source->record->user;
	struct privilege_user user = {.is_set = true};
	const char *name;
	int rc;

	if (!text.len)
		return 0;
	name = image_str(&source->policy->image, text);
	rc = look_up(name, &user);
	if (rc)
		return error_sys(source->error, WRIT_E_HOST, rc > 0 ? rc : 0,
				 "sandbox '%.100s' can't be enforced on this host: it has no user "
				 "'%.200s'",
				 sandbox->name, name);
	if (geteuid() == 0 && getuid() == 0) {
		sandbox->user = user;
		return check_capabilities(sandbox, source->error);
	}
	if (getuid() == user.uid && geteuid() == user.uid)
		return 0;
	return error_set(
		source->error, WRIT_E_HOST,
		"sandbox '%.100s' is for user '%.200s': launch it as that user, or as root",
		sandbox->name, name);
}
