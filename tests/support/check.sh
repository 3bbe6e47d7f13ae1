#!/bin/sh
# `make check`: the static half. Each part says "ok" or what is wrong; all parts run.
set -u
BUILD=${BUILD:-build}
fail=0

run() {
	what=$1
	shift
	if ! "$@"; then
		echo "check: $what failed" >&2
		fail=1
	fi
}

formatted() {
	# shellcheck disable=SC2046
	clang-format --dry-run -Werror $(find compiler runtime tests -name '*.[ch]') && echo "format: ok"
}

tidy() {
	# A file that has not changed since it passed is not looked at again.
	mkdir -p "$BUILD/tidy"
	make --no-print-directory tidy-sources BUILD="$BUILD" | tr ' ' '\n' |
		xargs -P 2 -I{} tests/support/tidy.sh {} && echo "clang-tidy: ok"
}

generated() {
	for policy in policies/*/policy.writ; do
		name=$(basename "$(dirname "$policy")")
		"$BUILD/writc" compile "$policy" -o "$BUILD/generated.wrt" &&
			"$BUILD/writc" show "$BUILD/generated.wrt" >"$BUILD/generated.txt" &&
			cmp "$BUILD/generated.wrt" "generated/$name.wrt" &&
			cmp "$BUILD/generated.txt" "generated/$name.txt" || {
			echo "generated/$name.* is stale: run 'make generate' and commit the result" >&2
			return 1
		}
	done
	rm -rf "$BUILD/editors" && mkdir -p "$BUILD/editors" &&
		tests/support/editors.sh "$BUILD/writc" "$BUILD/editors" >/dev/null &&
		diff -r "$BUILD/editors/editors" generated/editors &&
		diff -r "$BUILD/editors/completions" generated/completions || {
		echo "generated/editors or generated/completions is stale: run 'make generate' and commit the result" >&2
		return 1
	}
	echo "generated: ok"
}

small() {
	size=$(wc -c <"$BUILD/writ")
	[ "$size" -lt 204800 ] || { echo "build/writ is $size bytes, 204800 allowed" >&2; return 1; }
	! readelf -d "$BUILD/writ" 2>/dev/null | grep -q NEEDED || { echo "build/writ is not static" >&2; return 1; }
	echo "size: build/writ is static, $size bytes"
}

markers() {
	! grep -rnE '\b(TODO|FIXME|XXX|HACK)\b' compiler runtime grammar tests Makefile \
		--include='*.[chly]' --include='*.def' --include=Makefile && echo "markers: ok"
}

run "build with warnings as errors" make --no-print-directory -j2 DEVELOPER=1 all "$BUILD/writ-host"
run "clang's warnings" make --no-print-directory -j2 DEVELOPER=1 CC="clang-14" BUILD="$BUILD/clang" \
	"$BUILD/clang/writc" "$BUILD/clang/libwrit.a" "$BUILD/clang/writ-host" "$BUILD/clang/writ-audit" "$BUILD/clang/writ-alert"
run format formatted
run sizes tests/support/sizes.sh
run layers make --no-print-directory DEVELOPER=1 layers
run generated generated
run "size of writ" small
run markers markers
run clang-tidy tidy
[ $fail -eq 0 ] && echo "All checks passed."
exit $fail
