#!/bin/sh
# Compiles the policy of the live attacks and lets them loose: tests/live/run.sh [ID-SUBSTRING]
set -eu
build=${BUILD:-build}
# Its warnings are meant (all of /proc is granted, for one): they are shown only when it fails.
"$build/writc" compile tests/live/live.writ -o "$build/live/live.wrt" 2>"$build/live/live.log" || {
	cat "$build/live/live.log" >&2
	exit 1
}
exec "$build/live/driver" "$build/writ" "$build/live/probe" "$build/live/live.wrt" "$@"
