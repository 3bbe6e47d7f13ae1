#!/bin/sh
# Prints what denied paths cost: an open, a file made and deleted, and a launch, in a tree of BENCH_FILES
# files, medians of BENCH_ROUNDS runs; and a program in Python that works with many files, BENCH_PAIRS
# runs. All ways take turns.
set -eu
build=${BUILD:-build}
rounds=${BENCH_ROUNDS:-9}
files=${BENCH_FILES:-100000}
pairs=${BENCH_PAIRS:-20}
work=$(mktemp -d /tmp/writ-files-XXXXXX)
trap 'rm -rf "$work"' EXIT
box=$work/box
bundle=$work/files.wrt
mkdir "$work/bin" "$box" "$box/py" "$box/tree"
cp "$build/bench/bench_files" tests/bench/files_work.py "$work/bin/"
"$build/writc" compile tests/bench/files.writ -o "$bundle"

in_box() {
	sandbox=$1
	shift
	if [ "$sandbox" = bare ]; then
		"$@"
	else
		"$build/writ" run -p "$bundle" --param "box=$box" --param "bin=$work/bin" --sandbox "$sandbox" --cwd "$box" -- "$@"
	fi
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

now_us() { date +%s%N | sed 's/...$//'; }

# Microseconds of a command in each place.
time_in() {
	name=$1
	shift
	for _ in $(seq "$rounds"); do
		for place in bare plain guarded; do
			begin=$(now_us)
			in_box "$place" "$@" >/dev/null
			echo $(($(now_us) - begin)) >>"$work/$name-$place"
		done
	done
}

row() {
	printf '%-44s' "$1"
	for place in bare plain guarded; do
		printf ' %12s' "$(cut -d ' ' -f "${3:-1}" "$work/$2-$place" | median)"
	done
	echo
}

for _ in $(seq "$rounds"); do
	for place in bare plain guarded; do
		in_box "$place" "$work/bin/bench_files" "$box" 20000 >>"$work/open-$place"
	done
done
time_in true /bin/true
(cd "$box/tree" && for d in $(seq $((files / 500))); do
	mkdir "$d"
	(cd "$d" && seq 500 | xargs touch)
done)
time_in full /bin/true

printf '%-44s %12s %12s %12s\n' "denied paths" "no sandbox" "no deny" "deny"
row "open and close, ns" open 1
row "make and delete a file, ns" open 2
row "launch of true, us" true
row "the same, $files files in the tree, us" full
[ -x /usr/bin/python3 ] || exit 0
echo
/usr/bin/python3 tests/bench/files_pairs.py "$pairs" "$build" "$bundle" "$work/bin" "$box/py"
