/*
 * writ-alert: posts one alert to a webhook. It is for writ audit alerts to execute.
 *
 * On standard input comes one JSON object: url, timeout_ms (of one try), retries, body (the text
 * to post, itself JSON) and ca (a file of certificates to trust instead of the system's, or null).
 * It goes out over https or http and to nothing else; certificates are verified, and a redirect is
 * a failure: what is posted is for the host that the file of alerts names. Failures of the network
 * and answers 429 and 5xx are tried again, after 1 s, 2 s, 4 s, ... at most 30 s. Exit status: 0
 * delivered, 1 not, 2 the input is not as above. No message has the URL, which is a secret.
 */
#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DELIVERED = 0, FAILED = 1, BAD_INPUT = 2 };

#define MAX_REQUEST   65536
#define MAX_TIMEOUT   60000
#define MAX_RETRIES   10
#define MAX_BACKOFF_S 30
#define MAX_ANSWER    65536

struct request {
	const char *url;
	const char *ca;
	const char *body;
	long timeout_ms;
	long retries;
};

/* An answer is of no interest; one without an end is a failure. */
static size_t discard(char *data, size_t size, size_t n, void *context)
{
	size_t *total = context;

	(void)data;
	*total += size * n;
	return *total > MAX_ANSWER ? 0 : size * n;
}

static bool is_http(const char *url)
{
	return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

static bool read_request(const json_t *json, struct request *request)
{
	json_int_t timeout_ms = json_integer_value(json_object_get(json, "timeout_ms"));
	json_int_t retries = json_integer_value(json_object_get(json, "retries"));

	request->url = json_string_value(json_object_get(json, "url"));
	request->body = json_string_value(json_object_get(json, "body"));
	request->ca = json_string_value(json_object_get(json, "ca"));
	if (!request->url || !request->body || !is_http(request->url))
		return false;
	if (timeout_ms < 1 || timeout_ms > MAX_TIMEOUT || retries < 0 || retries > MAX_RETRIES)
		return false;
	request->timeout_ms = (long)timeout_ms;
	request->retries = (long)retries;
	return true;
}

static bool set_options(CURL *curl, const struct request *request, struct curl_slist *headers)
{
	const struct {
		CURLoption option;
		const char *text;
	} texts[] = {
		{CURLOPT_URL, request->url},
		{CURLOPT_POSTFIELDS, request->body},
		{CURLOPT_USERAGENT, "writ-alert/" WRIT_VERSION},
		{CURLOPT_CAINFO, request->ca},
#if LIBCURL_VERSION_NUM >= 0x075500
		{CURLOPT_PROTOCOLS_STR, "http,https"},
#endif
	};
	const struct {
		CURLoption option;
		long number;
	} numbers[] = {
#if LIBCURL_VERSION_NUM < 0x075500
		{CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS},
#endif
		{CURLOPT_POST, 1},
		{CURLOPT_TIMEOUT_MS, request->timeout_ms},
		{CURLOPT_FOLLOWLOCATION, 0},
		{CURLOPT_SSL_VERIFYPEER, 1},
		{CURLOPT_SSL_VERIFYHOST, 2},
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
	};
	bool good = true;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].text)
			good &= curl_easy_setopt(curl, texts[i].option, texts[i].text) == CURLE_OK;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		good &= curl_easy_setopt(curl, numbers[i].option, numbers[i].number) == CURLE_OK;
	good &= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
	good &= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard) == CURLE_OK;
	return good;
}

/* One try. *again: it may help to try it once more. */
static int post(CURL *curl, bool *again)
{
	size_t total = 0;
	long status = 0;
	CURLcode code;

	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &total);
	code = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK) {
		(void)fprintf(stderr, "writ-alert: the webhook can't be reached: %s\n",
			      curl_easy_strerror(code));
		/* A certificate that is not good now will not be good in a moment. */
		*again = code != CURLE_PEER_FAILED_VERIFICATION &&
			 code != CURLE_SSL_CACERT_BADFILE && code != CURLE_URL_MALFORMAT;
		return FAILED;
	}
	if (status >= 200 && status < 300)
		return DELIVERED;
	(void)fprintf(stderr, "writ-alert: the webhook answers %ld%s\n", status,
		      status >= 300 && status < 400 ? ", and redirects are not followed" : "");
	*again = status == 429 || status >= 500;
	return FAILED;
}

static int post_with_retries(const struct request *request)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	CURL *curl = curl_easy_init();
	time_t backoff_s = 1;
	bool again = true;
	int rc = FAILED;

	if (!headers || !curl || !set_options(curl, request, headers)) {
		(void)fputs("writ-alert: libcurl does not take what is asked of it\n", stderr);
		goto out;
	}
	rc = post(curl, &again);
	for (long i = 0; rc != DELIVERED && again && i < request->retries; i++) {
		(void)nanosleep(&(struct timespec){.tv_sec = backoff_s}, NULL);
		backoff_s = backoff_s * 2 > MAX_BACKOFF_S ? MAX_BACKOFF_S : backoff_s * 2;
		rc = post(curl, &again);
	}
out:
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return rc;
}

int main(void)
{
	static char input[MAX_REQUEST];
	size_t len = fread(input, 1, sizeof(input), stdin);
	json_t *json = NULL;
	struct request request;
	int rc = BAD_INPUT;

	if (len < sizeof(input))
		json = json_loadb(input, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json || !read_request(json, &request))
		(void)fputs("writ-alert: it is for writ audit alerts to execute\n", stderr);
	else if (curl_global_init(CURL_GLOBAL_DEFAULT))
		rc = FAILED;
	else
		rc = post_with_retries(&request);
	json_decref(json);
	return rc;
}
