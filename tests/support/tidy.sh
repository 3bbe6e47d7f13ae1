#!/bin/sh
# clang-tidy on one source file, skipped when neither it nor what it includes changed since it passed.
set -eu
BUILD=${BUILD:-build}
stamp=$BUILD/tidy/$(echo "$1" | tr '/' '_').ok
dep=$BUILD/obj/${1%.c}.d
if [ -f "$stamp" ] && [ -f "$dep" ]; then
	changed=$(tr -d '\\' <"$dep" | tr ' ' '\n' | grep -E '\.(c|h|def)$' | while read -r f; do
		[ "$f" -nt "$stamp" ] && echo "$f"
	done || true)
	[ -n "$changed" ] || [ .clang-tidy -nt "$stamp" ] || exit 0
fi
case $1 in
compiler/*) include="-Icompiler -I. -I$BUILD/gen" ;;
*) include="-I. -I$BUILD/gen -DWRIT_BUILDING -DPROBER_FILE=\"$BUILD/prober\"" ;;
esac
# shellcheck disable=SC2086
clang-tidy --quiet "$1" -- -std=c11 -D_GNU_SOURCE -DWRIT_VERSION='"check"' $include 2>/dev/null
: >"$stamp"
