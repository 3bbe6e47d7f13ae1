#!/bin/sh
# `make test`: everything a contributor must pass, in order of how fast it fails. BUILD is the build
# directory. Prints one closing line; exits non-zero at the first part that fails.
set -eu
BUILD=${BUILD:-build}

part() {
	printf '\n== %s\n' "$1"
}

part "build, warnings are errors"
make --no-print-directory -j2 DEVELOPER=1 all
part "unit, golden, bad-policy and format tests"
make --no-print-directory -j2 DEVELOPER=1 unit
part "the same under AddressSanitizer and UndefinedBehaviorSanitizer"
make --no-print-directory -j2 DEVELOPER=1 SAN=1 "$BUILD/san/unit-tests" "$BUILD/san/writc" "$BUILD/san/writ-host"
make --no-print-directory -j2 DEVELOPER=1 SAN=1 unit
part "the documentation's programs and commands"
tests/support/docs.sh
part "attacks, each with its control"
make --no-print-directory -j2 DEVELOPER=1 live
printf '\nAll tests passed.\n'
