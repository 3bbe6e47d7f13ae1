/*
 * What a container's seccomp profile says of a call, read a second time and in another way: by
 * walking the JSON (jansson) for every question, straight from the OCI runtime specification and
 * Docker's setupSeccomp. Nothing of the importer is used.
 */
#ifndef WRIT_TESTS_OCI_READING_H
#define WRIT_TESTS_OCI_READING_H

#include <stdint.h>

#include <jansson.h>

struct oci_reading {
	const json_t *profile;
	const char *const *caps; /* NULL-terminated; itself NULL: all */
	const char *goarch;      /* "amd64" */
	unsigned kernel[2];
};

/*
 * A SECCOMP_RET_* value; killing a thread counts as killing the process. What several rules say of
 * one call must be the same: else the test that asks fails.
 */
uint32_t oci_reading_verdict(const struct oci_reading *reading, const char *call,
			     const uint64_t args[6]);

/* Does a rule that applies name the call and test this argument? */
int oci_reading_tests(const struct oci_reading *reading, const char *call, int arg);

#endif
