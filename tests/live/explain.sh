#!/bin/sh
# The live attacks under `writ run --explain`, which must not change how one ends: explain.sh
# [ID-SUBSTRING]. An ordinary user has to be able to reach the build directory.
set -eu
build=${BUILD:-build}
bundle=$build/live/explain.wrt
"$build/writc" compile tests/live/live.writ -o "$bundle" 2>/dev/null
# What this host can't enforce without --explain says nothing about it.
mkdir -p "$build/live/box"
box=$(cd "$build/live/box" && pwd)
"$build/writ" doctor -p "$bundle" --param "box=$box" --param "bin=$box" --param "ro=$box" >/dev/null 2>&1 || {
	echo "skip: this host can't enforce tests/live/live.writ: see tests/live/run.sh"
	exit 0
}
# Asked beside whoever stands in for writ.
cp "$build/writ-doctor" "$build/live/explained-doctor"
exec tests/live/own_network.sh "$build/live/driver" "$build/live/explained" "$build/live/probe" "$bundle" "$@"
