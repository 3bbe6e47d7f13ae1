/* Making, describing and removing the world of an attack. See world.h. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUID_OTHER 65534 /* whom the set-user-ID copy belongs to, unless that is who runs it */

static const char *const thing_names[THING__COUNT] = {
	[THING_BIN] = "bin",           [THING_BOX] = "box",
	[THING_OUT] = "out",           [THING_RO] = "ro",
	[THING_STREAM] = "stream",     [THING_DGRAM] = "dgram",
	[THING_ABSTRACT] = "abstract", [THING_VICTIM] = "victim",
	[THING_PORT] = "port",         [THING_LISTED] = "listed",
	[THING_UDP] = "udp",           [THING_ADDRESS] = "address",
	[THING_SERVED] = "served",     [THING_COMMON] = "common",
	[THING_WORLD] = "world",       [THING_ECHO] = "echo",
	[THING_TLS] = "tls",
};

/* A path under the root, in one of a few static buffers that take turns. */
__attribute__((format(printf, 2, 3))) static const char *at(const struct world *world,
							    const char *format, ...)
{
	static char paths[4][WORLD_TEXT];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	size_t len = (size_t)snprintf(path, WORLD_TEXT, "%s/", world->root);
	va_list list;

	va_start(list, format);
	vsnprintf(path + len, WORLD_TEXT - len, format, list);
	va_end(list);
	return path;
}

static int copy_file(const char *from, const char *to, mode_t mode)
{
	char room[1 << 16];
	ssize_t n = -1;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	while (in >= 0 && out >= 0 && (n = read(in, room, sizeof(room))) > 0)
		if (write(out, room, (size_t)n) != n)
			break;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return n ? -1 : 0;
}

static int put_file(const char *path, const char *text, mode_t mode)
{
	size_t len = strlen(text);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, len);
	close(fd);
	return n == (ssize_t)len ? 0 : -1;
}

/* A program with another owner's rights, and a script whose interpreter is not granted. */
static int make_traps(struct world *world, uid_t uid, const char *probe)
{
	char text[WORLD_TEXT];
	uid_t other = uid == SUID_OTHER ? 0 : SUID_OTHER;

	snprintf(text, sizeof(text), "#!%s/out/tool ok\n", world->root);
	if (put_file(at(world, "bin/script"), text, 0755) ||
	    copy_file(probe, at(world, "bin/suid"), 0755) ||
	    copy_file(probe, at(world, "bin/probe-evil"), 0755))
		return -1;
	world->has_suid = geteuid() == 0 && !chown(at(world, "bin/suid"), other, (gid_t)-1) &&
			  !chmod(at(world, "bin/suid"), 04755);
	return 0;
}

/* And what it executes to be its own doctor: see runtime/cli/helper.c. */
static int copy_writ(const struct world *world, const char *writ)
{
	char doctor[WORLD_TEXT];

	if (snprintf(doctor, sizeof(doctor), "%s-doctor", writ) >= (int)sizeof(doctor) ||
	    copy_file(writ, at(world, "bin/writ"), 0755))
		return -1;
	return copy_file(doctor, at(world, "bin/writ-doctor"), 0755);
}

int world_new(struct world *world, uid_t uid, const char *probe, const char *writ,
	      const char *bundle)
{
	static const char *const dirs[] = {"bin", "box", "out", "ro"};
	const char *tmp = getenv("TMPDIR");

	memset(world, 0, sizeof(*world));
	world->victim_stdin = -1;
	world->victim_stdout = -1;
	if (snprintf(world->root, sizeof(world->root), "%s/writ-live.XXXXXX",
		     tmp ? tmp : "/var/tmp") >= (int)sizeof(world->root) ||
	    !mkdtemp(world->root) || chmod(world->root, 0755))
		return -1;
	for (int i = 0; i < 4; i++) {
		snprintf(world->things[THING_BIN + i], WORLD_TEXT, "%s/%s", world->root, dirs[i]);
		if (mkdir(world->things[THING_BIN + i], 0755))
			return -1;
	}
	snprintf(world->things[THING_WORLD], WORLD_TEXT, "%s", world->root);
	snprintf(world->things[THING_COMMON], WORLD_TEXT, "/tmp/writ-live-%d", (int)getpid());
	snprintf(world->things[THING_STREAM], WORLD_TEXT, "%s/stream", world->root);
	snprintf(world->things[THING_DGRAM], WORLD_TEXT, "%s/dgram", world->root);
	snprintf(world->things[THING_ABSTRACT], WORLD_TEXT, "@writ-live-%d", (int)getpid());
	if (copy_file(probe, at(world, "bin/probe"), 0755) || copy_writ(world, writ) ||
	    copy_file(bundle, at(world, "live.wrt"), 0644) ||
	    put_file(world->things[THING_COMMON], "", 0644) || make_traps(world, uid, probe))
		return -1;
	for (int i = THING_BOX; i <= THING_RO; i++)
		if (chown(world->things[i], uid, (gid_t)-1))
			return -1;
	return chown(world->root, uid, (gid_t)-1);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level > 0 ? remove(path) : 0;
}

static int empty_dir(const char *path)
{
	return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int fill_out(const struct world *world)
{
	if (empty_dir(world->things[THING_OUT]) || mkdir(at(world, "out/dir"), 0755) ||
	    put_file(at(world, "out/secret"), "secret of the owner\n", 0600) ||
	    put_file(at(world, "out/dir/secret"), "secret too\n", 0600))
		return -1;
	return copy_file(at(world, "bin/probe"), at(world, "out/tool"), 0755);
}

static int fill_ro(const struct world *world)
{
	if (empty_dir(world->things[THING_RO]) ||
	    put_file(at(world, "ro/file"), "read only\n", 0644))
		return -1;
	/* A program that needs the dynamic loader, where the host has one. */
	if (!access("/bin/true", R_OK) && copy_file("/bin/true", at(world, "ro/dynamic"), 0644))
		return -1;
	return copy_file(at(world, "bin/probe"), at(world, "ro/tool"), 0755);
}

/* What a policy may deny inside the write root. */
static int fill_denied(const struct world *world)
{
	if (mkdir(at(world, "box/proj"), 0755) || mkdir(at(world, "box/.git"), 0755) ||
	    mkdir(at(world, "box/.git/hooks"), 0755))
		return -1;
	return put_file(at(world, "box/proj/.env"), "secret of a project\n", 0600) ||
			       put_file(at(world, "box/proj/main"), "main\n", 0644)
		       ? -1
		       : 0;
}

int world_reset(struct world *world)
{
	/* Not all of the user's making: an attack may have left a mode that lets nobody in. */
	(void)chmod(world->things[THING_OUT], 0755);
	(void)chmod(world->things[THING_RO], 0755);
	if (empty_dir(world->things[THING_BOX]) || put_file(at(world, "box/own"), "own\n", 0644) ||
	    mkdir(at(world, "box/dir"), 0755) || fill_denied(world))
		return -1;
	return fill_out(world) || fill_ro(world) ? -1 : 0;
}

#define ANSWER_MS 1000

/* A byte there and back: neither a dead nor a stopped process answers, nor one about to die. */
bool world_victim_lives(const struct world *world)
{
	struct pollfd answer = {.fd = world->victim_stdout, .events = POLLIN};
	char byte = '?';

	if (world->victim <= 0 || write(world->victim_stdin, &byte, 1) != 1)
		return false;
	return poll(&answer, 1, ANSWER_MS) == 1 && read(world->victim_stdout, &byte, 1) == 1;
}

void world_end(struct world *world)
{
	if (world->victim > 0) {
		kill(world->victim, SIGKILL);
		waitpid(world->victim, NULL, 0);
	}
	if (world->victim_stdin >= 0)
		close(world->victim_stdin);
	if (world->victim_stdout >= 0)
		close(world->victim_stdout);
	world->victim = 0;
	world->victim_stdin = -1;
	world->victim_stdout = -1;
}

static void victim_exec(const struct world *world, int in, int out)
{
	char *argv[] = {"probe",
			"victim",
			strdup(world->things[THING_STREAM]),
			strdup(world->things[THING_DGRAM]),
			strdup(world->things[THING_ABSTRACT]),
			strdup(at(world, "out/heard")),
			NULL};
	char *env[] = {"VICTIM_KEY=secret", NULL};

	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execve(at(world, "bin/probe"), argv, env);
	_exit(127);
}

/* What the victim tells on its first line. */
static int victim_meet(struct world *world)
{
	unsigned port, listed, udp, echo, tls;
	char line[WORLD_TEXT];
	char address[32];
	size_t used = 0;

	while (used + 1 < sizeof(line) && read(world->victim_stdout, line + used, 1) == 1)
		if (line[used++] == '\n')
			break;
	line[used] = '\0';
	if (sscanf(line, "%u %u %u %u %u %31s", &port, &listed, &udp, &echo, &tls, address) != 6)
		return -1;
	snprintf(world->things[THING_PORT], WORLD_TEXT, "%u", port);
	snprintf(world->things[THING_LISTED], WORLD_TEXT, "%u", listed);
	snprintf(world->things[THING_UDP], WORLD_TEXT, "%u", udp);
	snprintf(world->things[THING_ECHO], WORLD_TEXT, "%u", echo);
	/* A port all the same, as one is bound to a parameter. */
	snprintf(world->things[THING_TLS], WORLD_TEXT, "%u", tls ? tls : 1);
	world->has_network = tls != 0;
	/* Most likely nobody's, and below the range that the kernel gives out itself. */
	snprintf(world->things[THING_SERVED], WORLD_TEXT, "%u", 20000 + (unsigned)getpid() % 10000);
	snprintf(world->things[THING_ADDRESS], WORLD_TEXT, "%s", address);
	snprintf(world->things[THING_VICTIM], WORLD_TEXT, "%d", (int)world->victim);
	return 0;
}

int world_victim(struct world *world)
{
	int in[2], out[2];
	pid_t child;

	if (world_victim_lives(world))
		return 0;
	world_end(world);
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return -1;
	child = fork();
	if (child == 0)
		victim_exec(world, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	if (child < 0)
		return -1;
	world->victim = child; /* by the parent only: the world may be in shared memory */
	world->victim_stdin = in[1];
	world->victim_stdout = out[0];
	return victim_meet(world);
}

void world_free(struct world *world)
{
	(void)unlink(world->things[THING_COMMON]);
	if (world->root[0] && !empty_dir(world->root))
		(void)rmdir(world->root);
	world->root[0] = '\0';
}

static FILE *snapshot_file;
static const char *snapshot_skip;

/* FNV-1a, by words: most of a run on a slow machine is spent here. */
static uint64_t hash_file(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325u;
	uint64_t room[1 << 13];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return 0;
	while ((n = read(fd, room, sizeof(room))) > 0) {
		size_t n_words = ((size_t)n + sizeof(*room) - 1) / sizeof(*room);

		memset((char *)room + n, 0, n_words * sizeof(*room) - (size_t)n);
		for (size_t i = 0; i < n_words; i++)
			hash = (hash ^ room[i]) * 0x100000001b3u;
	}
	close(fd);
	return hash;
}

static int describe(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	bool is_file = S_ISREG(st->st_mode);

	(void)type;
	(void)ftw;
	if (!strncmp(path, snapshot_skip, strlen(snapshot_skip)))
		return 0;
	/* The times of the root change with its sockets, which the victim makes. */
	fprintf(snapshot_file,
		"%s mode %o owner %u links %u size %lld hash %llx mtime %lld.%09ld\n", path,
		st->st_mode, st->st_uid, (unsigned)st->st_nlink,
		is_file ? (long long)st->st_size : 0,
		is_file ? (unsigned long long)hash_file(path) : 0,
		ftw->level ? (long long)st->st_mtim.tv_sec : 0,
		ftw->level ? st->st_mtim.tv_nsec : 0);
	return 0;
}

char *world_snapshot(const struct world *world)
{
	char *text = NULL;
	size_t size;

	snapshot_file = open_memstream(&text, &size);
	snapshot_skip = world->things[THING_BOX];
	if (!snapshot_file)
		return NULL;
	if (nftw(world->root, describe, 16, FTW_PHYS | FTW_MOUNT))
		fprintf(snapshot_file, "(unreadable)\n");
	return fclose(snapshot_file) ? NULL : text;
}

static const char *thing_value(const struct world *world, const char *name, size_t len)
{
	for (int i = 0; i < THING__COUNT; i++)
		if (strlen(thing_names[i]) == len && !memcmp(thing_names[i], name, len))
			return world->things[i];
	return NULL;
}

bool world_expand(const struct world *world, const char *text, char *out, size_t size)
{
	size_t used = 0;

	while (*text) {
		size_t len = *text == '{' ? strcspn(text, "}") : 0;
		const char *value = len ? thing_value(world, text + 1, len - 1) : NULL;
		size_t n = value ? strlen(value) : 1;

		if (used + n + 1 > size)
			return false;
		memcpy(out + used, value ? value : text, n);
		used += n;
		text += value ? len + 1 : 1;
	}
	out[used] = '\0';
	return true;
}
