#!/bin/sh
# Compiles the policy of the live attacks and lets them loose: tests/live/run.sh [ID-SUBSTRING]
set -eu
build=${BUILD:-build}
# Its warnings are meant (all of /proc is granted, for one): they are shown only when it fails.
"$build/writc" compile tests/live/live.writ -o "$build/live/live.wrt" 2>"$build/live/live.log" || {
	cat "$build/live/live.log" >&2
	exit 1
}
# Where not even the plain sandbox is enforced, nothing can be attacked. Doctor's reasons are the reason. (Of any
# other that is not, the driver says so and skips its rows.)
mkdir -p "$build/live/box"
box=$(cd "$build/live/box" && pwd)
"$build/writ" doctor -p "$build/live/live.wrt" --param "box=$box" --param "bin=$box" --param "ro=$box" \
	>"$build/live/doctor.log" 2>&1 || true
grep -q '^sandbox plain: enforced' "$build/live/doctor.log" || {
	cat "$build/live/doctor.log"
	echo "skip: this host can't enforce tests/live/live.writ (above), so no attack was tried"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}
exec tests/live/own_network.sh "$build/live/driver" "$build/writ" "$build/live/probe" "$build/live/live.wrt" "$@"
