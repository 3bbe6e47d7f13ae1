#!/bin/sh
# docs/attacks.md and the tests it speaks of:
#  - an attack that is said to be stopped names a test, and not only one that shows it open;
#  - every test that is named exists: rows of tests/live/*.def, or SUITE/TEST of tests/unit;
#  - every attack of tests/live/*.def is named;
#  - no attack has two rows; and every one of the list of attacks has one, where that list is there (ATTACKS).
# Prints what is wrong, or one line.
set -eu
cd "$(dirname "$0")/../.."
page=docs/attacks.md
list=${ATTACKS:-../shared/attacks.tsv}
groups='fs-path|proc-mem|exec|syscall|resource|ipc|net|env|tty|toctou|persist|artifact|args'
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0

wrong() {
	echo "FAIL  $page: $*" >&2
	bad=1
}

# ---- what there is ----

# Rows that wait for what stops them are no tests yet.
rows=$(find tests/live -name '*.def')
# The fork bomb is the driver's own: it has no control.
{
	# shellcheck disable=SC2086
	grep -ohE '^(ATTACK|RESIDUAL|HIDES|WORKS|TOOL)\("[^"]+"' $rows | sed 's/.*("//; s/"$//'
	echo rs-forkbomb
} | sort >"$tmp/live"
# shellcheck disable=SC2086
grep -ohE '^(ATTACK|RESIDUAL|HIDES)\("[^"]+"' $rows | sed 's/.*("//; s/"$//' | sort >"$tmp/attacks"
uniq -d "$tmp/live" >"$tmp/twice"
while read -r id; do wrong "two tests are called $id"; done <"$tmp/twice"
grep -ohE '^Test\([a-z0-9_]+, [a-z0-9_]+' tests/unit/*.c | sed 's/^Test(//; s/, /\//' | sort >"$tmp/unit"

# ---- what is said of it ----

# Rows with an id as "id<TAB>status<TAB>tests", others as "-<TAB>status<TAB>tests".
awk -F ' *[|] *' '
	/^\| [A-Z][A-Z]-[0-9][0-9] / { print $2 "\t" $4 "\t" $5 }
	!/^\| [A-Z][A-Z]-[0-9][0-9] / && NF == 5 && $2 !~ /^(attack|-+)$/ { print "-\t" $3 "\t" $4 }' $page >"$tmp/rows"
cut -f 1 "$tmp/rows" | grep -v '^-' | sort >"$tmp/ids"
uniq -d "$tmp/ids" >"$tmp/twice"
while read -r id; do wrong "$id has two rows"; done <"$tmp/twice"
tab=$(printf '\t')
while IFS="$tab" read -r id status tests; do
	case $status in
	stopped:* | open:* | outside:*) ;;
	*) wrong "$id: '$status' is neither stopped nor open nor outside" ;;
	esac
	proof=
	for test in $(echo "$tests" | tr -d '`,'); do
		case $test in
		*/*) known=$tmp/unit ;;
		*) known=$tmp/live ;;
		esac
		grep -qxF "$test" "$known" || wrong "$id: there is no test $test"
		case $test in
		rd-*) ;;
		*) proof=1 ;;
		esac
	done
	case $status in
	stopped:*) [ -n "$proof" ] || wrong "$id is said to be stopped, and no test shows it" ;;
	esac
done <"$tmp/rows"
cut -f 3 "$tmp/rows" | tr -d '`' | tr ',' '\n' | tr -d ' ' | sort -u >"$tmp/named"
comm -23 "$tmp/attacks" "$tmp/named" >"$tmp/unnamed"
while read -r id; do wrong "the test $id is not named"; done <"$tmp/unnamed"

# ---- what there should be ----

if [ -r "$list" ]; then
	awk -F '\t' -v groups="^($groups)\$" '$2 ~ groups { print $1 }' "$list" | sort >"$tmp/wanted"
	comm -23 "$tmp/wanted" "$tmp/ids" >"$tmp/missing"
	while read -r id; do wrong "$id has no row"; done <"$tmp/missing"
else
	echo "skip: there is no list of attacks at $list to compare the rows with"
fi
[ "$bad" -eq 0 ] && echo "attacks: $(wc -l <"$tmp/ids") rows, $(wc -l <"$tmp/attacks") live tests"
exit "$bad"
