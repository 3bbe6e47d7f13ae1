#!/bin/sh
# `make coverage`: line coverage of compiler/ and runtime/ by the unit tests. (The attacks run the
# shipped static program, which is not instrumented.)
set -eu
BUILD=${BUILD:-build}
make --no-print-directory -j2 COV=1 "$BUILD/cov/unit-tests" "$BUILD/cov/writc" "$BUILD/cov/writ-host"
make --no-print-directory COV=1 unit
gcovr --root . --object-directory "$BUILD/cov" --filter 'compiler/' --filter 'runtime/' \
	--exclude '.*policy\.(tab|lex)\.c' --exclude-unreachable-branches
