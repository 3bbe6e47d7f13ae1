/*
 * Seccomp profiles of containers: Docker's and Podman's, and the "seccomp" object of the OCI
 * runtime specification (config-linux.md).
 *
 * In: JSON, and for whom the profile is read: capabilities, architectures, kernel. Out: the text of
 * a policy with one sandbox, "imported", whose filter decides every call of the compiler's table as
 * the profile does, or diagnostics. Where a sandbox must be stricter, a note says so. The reading
 * follows the specification, and Docker for what is Docker's (includes, excludes, archMap).
 */
#ifndef WRIT_IMPORT_OCI_H
#define WRIT_IMPORT_OCI_H

#include "base/diag.h"
#include "tables/syscalls.h"

struct oci_options {
	uint64_t caps; /* bit N: capability number N */
	bool archs[ARCH__COUNT];
	bool has_kernel;
	uint32_t kernel[2]; /* {6, 1}; without, what every kernel has that sandboxes need */
};

/* The capabilities that Docker gives a container, and all there are. */
uint64_t oci_docker_caps(void);
uint64_t oci_all_caps(void);

/* Sets the bit of "CAP_SYS_ADMIN" or "SYS_ADMIN"; false when there is no such capability. */
bool oci_find_cap(struct str name, uint64_t *caps);

/* "6.1", "4.8", also "6.1.0-13-amd64". */
bool oci_parse_kernel(struct str text, uint32_t kernel[2]);

VEC_TYPE(oci_notes, struct str);

/*
 * False when the profile can't be translated, which is reported. The text is a policy in need of
 * formatting (front/fmt.h); the notes stand in it as comments too.
 */
__attribute__((warn_unused_result)) bool oci_to_writ(struct diag_list *diags, uint32_t file,
						     const struct oci_options *options,
						     struct str *out, struct oci_notes *notes);

#endif
