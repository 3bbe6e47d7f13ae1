#!/bin/sh
# Programs with threads, built with ThreadSanitizer and run: `make tsan`. Each ends by itself within
# seconds; a data race is a report and a status that is not 0.
set -eu
BUILD=${BUILD:-build}
for program in "$@"; do
	name=$(basename "$program")
	TSAN_OPTIONS="halt_on_error=1 exitcode=66" timeout 60 "$program" >"$BUILD/tsan/$name.out" 2>&1 || {
		status=$?
		cat "$BUILD/tsan/$name.out" >&2
		echo "tsan: $name: status $status" >&2
		exit 1
	}
	echo "$name: ok"
done
