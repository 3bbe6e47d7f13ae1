/*
 * See world.h. It stands in /var/tmp, which no sandbox has covered, in a directory of a new name,
 * and is removed by the names it consists of.
 */
#include "world.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static void name(char *out, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out, WORLD_PATH_BYTES, format, args);
	va_end(args);
	if (n < 0 || n >= WORLD_PATH_BYTES)
		exit(1);
}

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	perror(what);
	exit(1);
}

static void copy_program(const char *from, const char *to)
{
	int in = open(from, O_RDONLY);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);
	ssize_t n = 1;

	must(in, from);
	must(out, to);
	while (n > 0)
		n = sendfile(out, in, NULL, 1 << 20);
	must((int)n, to);
	close(in);
	close(out);
}

/* Until this process ends; beside others that do the same. */
static void take_datagrams(void)
{
	const int on = 1;
	const struct sockaddr_in here = {.sin_family = AF_INET,
					 .sin_port = htons(DATAGRAM_PORT),
					 .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
	must(bind(fd, (const struct sockaddr *)&here, sizeof(here)), "bind");
}

void world_make(struct world *world, const char *prober)
{
	char copy[WORLD_PATH_BYTES];
	char link[WORLD_PATH_BYTES];

	name(world->top, "/var/tmp/writ-faults-XXXXXX");
	must(mkdtemp(world->top) ? 0 : -1, world->top);
	name(world->box, "%.100s/box", world->top);
	name(world->bin, "%.100s/bin", world->top);
	name(world->trap, "%.100s/trap", world->top);
	name(world->room, "%.100s/room", world->top);
	name(world->outside, "%.100s/outside", world->top);
	name(world->prober, "%.100s/prober", world->bin);
	name(world->secret, "%.100s/secret", world->outside);
	name(world->facts, "%.100s/facts", world->box);
	name(world->p_box, "box=%.100s", world->box);
	name(world->p_bin, "bin=%.100s", world->bin);
	name(world->p_trap, "trap=%.100s", world->trap);
	name(world->p_room, "room=%.100s", world->room);
	must(mkdir(world->box, 0755), world->box);
	must(mkdir(world->bin, 0755), world->bin);
	must(mkdir(world->trap, 0755), world->trap);
	must(mkdir(world->room, 0755), world->room);
	must(mkdir(world->outside, 0755), world->outside);
	copy_program(prober, world->prober);
	name(copy, "%.100s/prober", world->outside);
	copy_program(prober, copy);
	name(link, "%.100s/link", world->trap);
	must(symlink(world->outside, link), link);
	take_datagrams();
}

void world_remove(const struct world *world)
{
	static const char *const names[] = {
		"box/facts", "trap/link", "bin/prober", "outside/prober", "outside/secret", "box",
		"trap",      "room",      "bin",        "outside",
	};
	char path[WORLD_PATH_BYTES];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		name(path, "%.64s/%s", world->top, names[i]);
		(void)remove(path);
	}
	(void)rmdir(world->top);
}

void world_reset(const struct world *world)
{
	int fd;

	(void)unlink(world->facts);
	fd = open(world->secret, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd, world->secret);
	must(write(fd, "secret\n", 7) == 7 ? 0 : -1, world->secret);
	close(fd);
}

void world_read_facts(const struct world *world, char *text, size_t size)
{
	int fd = open(world->facts, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}
