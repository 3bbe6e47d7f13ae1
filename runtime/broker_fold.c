/*
 * Directories can be asked to take names that differ by case for one (ext4 and others with the
 * casefold feature), and some file systems always do (vfat, ntfs, shares of other systems). There a
 * denied ".env" could be opened as ".ENV", and its name would read so.
 *
 * What folds is found out by trying: a name that is there is looked up with its letters in the
 * other case, and is found only where names fold. Of a name that is not there yet the directory's
 * flags tell; where they have none, on older kernels, tmpfs does not fold. This runs only for names
 * that differ from a denied one by case, or that are not ASCII, so it need not be fast.
 */
#include "runtime/broker_fold.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "runtime/kernel_abi.h"
#include "runtime/raw.h"

static int look_up(const char *path, struct statx_abi *out)
{
	return (int)RAW(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, KERNEL_STATX_INO, out);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Turns the case of the letters from at to the next slash. How many there are. */
static size_t turn_case(char *at)
{
	size_t n = 0;

	for (; *at && *at != '/'; at++) {
		if (is_letter(*at)) {
			*at = (char)(*at ^ 0x20);
			n++;
		}
	}
	return n;
}

enum folding { FOLDS, FOLDS_NOT, UNKNOWN };

/* Does the directory of name's last name, which begins at last, fold? */
static enum folding try_turned(char *name, char *last)
{
	struct statx_abi here = {.mask = 0}, turned = {.mask = 0};
	int rc;

	if (look_up(name, &here))
		return UNKNOWN;
	if (!turn_case(last))
		return UNKNOWN;
	rc = look_up(name, &turned);
	(void)turn_case(last);
	return rc == 0 && here.ino == turned.ino && here.dev_major == turned.dev_major &&
			       here.dev_minor == turned.dev_minor
		       ? FOLDS
		       : FOLDS_NOT;
}

/* It has flags since Linux 6.0, and can fold since 6.13. */
static bool is_tmpfs(long fd)
{
	struct statfs fs = {.f_type = 0};

	return RAW(SYS_fstatfs, fd, &fs) == 0 && fs.f_type == KERNEL_FS_TMPFS;
}

static bool has_fold_flag(const char *dir)
{
	long fd = RAW(SYS_openat, AT_FDCWD, *dir ? dir : "/",
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int flags = 0;
	bool folds;
	long rc;

	if (fd < 0)
		return true;
	rc = RAW(SYS_ioctl, fd, KERNEL_GETFLAGS, &flags);
	folds = rc < 0 || ((unsigned int)flags & KERNEL_FLAG_CASEFOLD);
	if (rc == -ENOTTY)
		folds = !is_tmpfs(fd);
	(void)RAW(SYS_close, fd);
	return folds;
}

bool broker_folds(char *name)
{
	enum folding folding = UNKNOWN;
	char *slash = name;
	bool folds;

	/* name + 1 to the next slash is the name looked at; what follows is cut off meanwhile. */
	for (char *at = name; *at == '/' && folding != FOLDS;) {
		char *end = at + 1 + strcspn(at + 1, "/");
		char after = *end;

		*end = '\0';
		folding = try_turned(name, at + 1);
		*end = after;
		slash = at;
		at = end;
	}
	if (folding != UNKNOWN)
		return folding == FOLDS;
	*slash = '\0';
	folds = has_fold_flag(name);
	*slash = '/';
	return folds;
}
