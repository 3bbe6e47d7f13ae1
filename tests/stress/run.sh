#!/bin/sh
# Launches that leave nothing: `make stress`. STRESS="AT_ONCE LAUNCHES KILLS" says how many.
set -eu
build=${BUILD:-build}
counts=${STRESS:-500 20000 1000}
"$build/writc" compile tests/stress/stress.writ -o "$build/stress/stress.wrt"

stress() {
	echo "sandbox '$1'$who"
	# shellcheck disable=SC2086
	$as "$build/stress/stress" "$build/writ" "$build/stress/stress.wrt" "$1" $counts
}

as=
who=
"$build/writ" doctor -p "$build/stress/stress.wrt" >"$build/stress/doctor.log" 2>&1 || {
	cat "$build/stress/doctor.log"
	echo "skip: this host can't enforce tests/stress/stress.writ (above)"
	exit 0
}
stress light
stress heavy
if [ "$(id -u)" -eq 0 ]; then
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	who=", as an ordinary user"
	if $as test -x "$build/writ" -a -r "$build/stress/stress.wrt" 2>/dev/null; then
		stress heavy
	else
		echo "skip: an ordinary user can't read $build"
	fi
fi
echo "Nothing was left."
