/*
 * Metrics and masks under ThreadSanitizer: threads count and mask, others are answered over HTTP.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/audit/mask.h"
#include "runtime/writ_metrics.h"

#define COUNTERS 4
#define SCRAPERS 2
#define EVENTS   3000
#define SCRAPES  30

static struct writ_metrics *metrics;
static struct mask *mask;
static unsigned port;

static void *count(void *argument)
{
	struct writ_sink sink = writ_metrics_sink(metrics);
	char out[MASK_SIZE];

	for (int i = 0; i < EVENTS; i++) {
		struct writ_event event = {.kind = (enum writ_event_kind)(1 + i % 8),
					   .verdict = (enum writ_verdict)(i % 3),
					   .generation = (uint32_t)i};
		char text[64];
		int len = snprintf(text, sizeof(text), "token=t%d x %d", i, 7 * i);

		(void)!sink.record(sink.context, &event);
		writ_metrics_observe(metrics, WRIT_METRIC_CHECK, (uint64_t)i);
		(void)mask_text(mask, text, (size_t)len, out, sizeof(out));
	}
	return argument;
}

static void *scrape(void *argument)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\n\r\n";
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_addr = {htonl(INADDR_LOOPBACK)},
					    .sin_port = htons((uint16_t)port)};
	char answer[4096];

	for (int i = 0; i < SCRAPES; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)))
			return NULL;
		(void)!write(fd, request, sizeof(request) - 1);
		while (read(fd, answer, sizeof(answer)) > 0)
			;
		(void)close(fd);
	}
	return argument;
}

int main(void)
{
	static const unsigned char key[MASK_KEY_SIZE] = {1};
	struct writ_metrics_server *server;
	struct writ_error error;
	pthread_t threads[COUNTERS + SCRAPERS];
	int failed = 0;

	if (mask_new(NULL, key, &mask, &error) || writ_metrics_open(NULL, &metrics, &error) ||
	    writ_metrics_serve(metrics, "127.0.0.1:0", &server, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	port = writ_metrics_port(server);
	for (int i = 0; i < COUNTERS + SCRAPERS; i++)
		pthread_create(&threads[i], NULL, i < COUNTERS ? count : scrape, &port);
	for (int i = 0; i < COUNTERS + SCRAPERS; i++) {
		void *done = NULL;

		pthread_join(threads[i], &done);
		failed |= !done;
	}
	writ_metrics_stop(server);
	writ_metrics_close(metrics);
	mask_free(mask);
	return failed;
}
