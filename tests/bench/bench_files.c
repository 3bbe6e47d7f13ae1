/*
 * What opening a file costs where this runs: bench_files DIRECTORY ROUNDS. Prints the nanoseconds
 * of an open and close of a file that is there, and of making and deleting one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000L

static long now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static int open_and_close(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : close(fd);
}

int main(int argc, char **argv)
{
	long rounds = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	long begin, opened, made;

	if (rounds < 1 || chdir(argv[1]) || open_and_close("there", O_WRONLY | O_CREAT)) {
		(void)fputs("usage: bench_files DIRECTORY ROUNDS\n", stderr);
		return 2;
	}
	begin = now_ns();
	for (long i = 0; i < rounds; i++) {
		if (open_and_close("there", O_RDONLY))
			return 1;
	}
	opened = now_ns();
	for (long i = 0; i < rounds; i++) {
		if (open_and_close("made", O_WRONLY | O_CREAT | O_EXCL) || unlink("made"))
			return 1;
	}
	made = now_ns();
	printf("%ld %ld\n", (opened - begin) / rounds, (made - opened) / rounds);
	return 0;
}
