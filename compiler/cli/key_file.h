/*
 * Files of keys, for the verbs that make and use them.
 */
#ifndef WRIT_CLI_KEY_FILE_H
#define WRIT_CLI_KEY_FILE_H

#include "link/sign.h"

/*
 * Reads a secret key, which nobody but its owner may be able to read. CLI_OK, or CLI_INPUT when it
 * was reported why not. The caller wipes *out (key_file_wipe).
 */
__attribute__((warn_unused_result)) int key_file_load(const char *path, struct secret_key *out);

void key_file_wipe(struct secret_key *key);

#endif
