#!/bin/sh
# Launches that leave nothing: `make stress`. STRESS="AT_ONCE LAUNCHES KILLS" says how many.
set -eu
build=${BUILD:-build}
counts=${STRESS:-500 20000 1000}
kills=${counts##* }
launches=${counts% *}
top=$(cd "$build" && pwd)/stress
"$build/writc" compile tests/stress/stress.writ -o "$top/stress.wrt"
mkdir -p "$top/room"
"$build/writc" compile tests/stress/kills.writ -o "$top/kills.wrt"

stress() {
	echo "sandbox '$1'$who"
	# shellcheck disable=SC2086
	$as "$top/stress" "$build/writ" "$top/stress.wrt" "$1" $launches
}
kills() {
	$as "$top/kills" "$build/writ" "$top/kills.wrt" "$1" "$top" "$kills"
}

as=
who=
{
	"$build/writ" doctor -p "$top/stress.wrt" && "$build/writ" doctor -p "$top/kills.wrt" --param bin="$top" --param room="$top/room"
} >"$top/doctor.log" 2>&1 || {
	cat "$top/doctor.log"
	echo "skip: this host can't enforce the policies of tests/stress (above)"
	exit 0
}
for sandbox in light heavy private denying gated; do
	stress $sandbox
done
for sandbox in light private denying gated; do
	kills $sandbox
done
if [ "$(id -u)" -eq 0 ]; then
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	who=", as an ordinary user"
	if $as test -x "$build/writ" -a -r "$top/stress.wrt" 2>/dev/null; then
		for sandbox in heavy private denying gated; do
			stress $sandbox
		done
		for sandbox in light private denying gated; do
			kills $sandbox
		done
	else
		echo "skip: an ordinary user can't read $build"
	fi
fi
echo "Nothing was left."
