#!/bin/sh
# The documentation, tested. Everything is run against an installed copy, as a reader would.
#
# Fenced blocks of the Markdown files, by their info string:
#   writ [FILE]       a complete policy: no finding from lint, compiles, passes its own tests; kept as FILE
#                     for what follows, whereas a bundle is there only if the page says to compile it
#   writ-error CODE…  a policy that must give these codes; kept as error.writ
#   yaml FILE         a complete policy in YAML: compiles; kept as FILE
#   yaml-part FILE    a file that such a policy imports; kept as FILE
#   yaml-error CODE   a policy in YAML that must give these codes; kept as error.yaml
#   c FILE            a program: compiles without a warning; kept as FILE
#   ebnf              the grammar: it has every word of the language, and no other
#   console           commands behind "$ " (continued behind "> ") and exactly what they print
# Others are text. The blocks of one document share a directory and come in order. Beside that: manual
# pages render without a warning and name every verb and option of the programs' help, links lead
# somewhere, and the generated tables are up to date, and the table of limits is true.
#
# With --update it rewrites the generated tables instead. BUILD is the build directory. Prints a line a
# check and stops at the first that fails.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
docs="README.md SECURITY.md CONTRIBUTING.md CHANGELOG.md $(echo docs/*.md) $(echo policies/*/README.md)"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

ok() {
	echo "ok    $*"
}

fail() {
	echo "FAIL  $*" >&2
	exit 1
}

# ---- generated tables ----------------------------------------------------------------------------------

# What a .def file says, as its macros are defined in $1: one record a line, each begun by a backquote.
rows() {
	{
		printf '%s\n' "$1"
		sed 's/[[:space:]]END_GROUP//' "$2"
	} | ${CC:-cc} -E -P -xc - | tr '\n' ' ' | sed 's/" *"//g' | tr '`' '\n' | sed 's/ *$//' | sed '/^$/d'
}

table_groups() {
	rows '#define GROUP(id, name, doc) `G|name|doc
#define CALL(name) `C|name
#define CALL_IF(name, ...) `I|name
#define END_GROUP' compiler/tables/groups.def | awk -F'|' '
	function flush() { if (n) print "\n**`" group "`** " doc ".\n" list "." }
	{ gsub(/^ +| +$/, "", $2) }
	/^G/ { flush(); gsub(/"/, ""); gsub(/^ +| +$/, "", $2); group = $2; doc = $3; sub(/^ +/, "", doc); list = ""; n = 0; split("", seen); next }
	{ if ($2 in seen) next; seen[$2] = 1; mark = /^I/ ? "\\*" : ""; list = list (n++ ? ", " : "") "`" $2 "`" mark }
	END { flush() }' | tail -n +2 | fold -s -w 100 | sed 's/ *$//'
}

# Every call that a group lets through on conditions only has a row that says on which.
conditions() {
	calls=$(sed -n '/^<!-- begin: groups/,/^<!-- end: groups/p' docs/language.md |
		grep -oE '`[a-z0-9_]+`\\\*' | tr -d '`\\*' | sort -u)
	[ -n "$calls" ] || fail "docs/language.md: no call has a condition"
	for call in $calls; do
		grep -qE "^\|.*\`$call\`.*\|.*\|" docs/language.md ||
			fail "docs/language.md does not say when $call is allowed"
	done
	ok "docs/language.md: says on which conditions" $calls "are allowed"
}

table_diagnostics() {
	echo '| code | what | explanation |'
	echo '| --- | --- | --- |'
	rows '#define DIAG(code, severity, title, explanation) `code|title|explanation' compiler/base/diag.def |
		awk -F'|' '{ for (i = 1; i <= 3; i++) { gsub(/^ *"?|"? *$/, "", $i); gsub(/\\\\/, "\\", $i); gsub(/\\"/, "\"", $i) }
			gsub(/[*_<>]/, "\\\\&", $3); gsub(/[*_<>]/, "\\\\&", $2)
			print "| " $1 " | " $2 " | " $3 " |" }' | sort
}

# Replaces what stands between the markers of a table.
with_table() {
	awk -v name="$1" -v table="$tmp/table" '
	$0 == "<!-- begin: " name " -->" { print; while ((getline line < table) > 0) print line; skip = 1; next }
	$0 == "<!-- end: " name " -->" { skip = 0 }
	!skip' "$2"
}

tables() {
	for name in groups diagnostics; do
		"table_$name" >"$tmp/table"
		grep -q "^<!-- begin: $name -->" docs/language.md || fail "docs/language.md has no place for the table '$name'"
		with_table "$name" docs/language.md >"$tmp/new"
		if [ "$1" = update ]; then
			cat "$tmp/new" >docs/language.md
		else
			cmp -s "$tmp/new" docs/language.md ||
				fail "the table '$name' in docs/language.md is stale: run tests/support/docs.sh --update"
			ok "docs/language.md: the table '$name' is up to date"
		fi
	done
}

# ---- grammar and limits --------------------------------------------------------------------------------

# The grammar has every keyword, and no word that the compiler does not know.
grammar() {
	sed -n '/^```ebnf$/,/^```$/p' docs/language.md | grep -oE '"[a-z_]+"' | sort -u >"$tmp/words"
	[ -s "$tmp/words" ] || fail "docs/language.md has no grammar"
	for word in $(grep -oE '^KEYWORD\([A-Z_]+, "[a-z_]+"' grammar/keywords.def | grep -oE '"[a-z_]+"'); do
		grep -qxF "$word" "$tmp/words" || fail "docs/language.md: the grammar lacks $word"
	done
	while read -r word; do
		grep -qF "$word" grammar/*.def grammar/*.y compiler/front/*.[ch] compiler/sema/*.c ||
			fail "docs/language.md: the grammar has $word, the compiler has not"
	done <"$tmp/words"
	ok "docs/language.md: the grammar has the language's $(wc -l <"$tmp/words") words"
}

# The numbers of the table of limits are the source's, and every code of a limit is in it.
limits() {
	sed -n '/^## Limits of a policy/,/^## Diag/p' docs/language.md >"$tmp/limits"
	{
		printf '#include <stdio.h>\n'
		grep -rlE '#define [A-Z]+_MAX_' --include='*.h' compiler/front compiler/base compiler/sema \
			compiler/tables compiler/import compiler/verify runtime/writ.h runtime/writ_format.h | sort | sed 's|^compiler/||; s|.*|#include "&"|'
		printf 'int main(void)\n{\n'
		sed -nE 's/^\| [0-9]+.*\| `([A-Z_]+)` \|.*/	printf("%llu \1\\n", (unsigned long long)\1);/p' "$tmp/limits"
		printf '}\n'
	} >"$tmp/limits.c"
	${CC:-cc} -std=c11 -D_GNU_SOURCE -Icompiler -I. -o "$tmp/limits.bin" "$tmp/limits.c" >"$tmp/out" 2>&1 ||
		{ cat "$tmp/out" >&2; fail "docs/language.md: a name in the table of limits is not in the source"; }
	"$tmp/limits.bin" >"$tmp/numbers"
	[ "$(wc -l <"$tmp/numbers")" -gt 30 ] || fail "docs/language.md: the table of limits is not found"
	while read -r number name; do
		grep -qE "^\| $number( \([^)]*\))? \|.*\`$name\`" "$tmp/limits" ||
			fail "docs/language.md: $name is $number"
	done <"$tmp/numbers"
	for code in $(grep -oE '^DIAG\(E04[0-9]+' compiler/base/diag.def | cut -c 6-); do
		grep -qF "$code" "$tmp/limits" || fail "docs/language.md: the table of limits lacks $code"
	done
	ok "docs/language.md: $(wc -l <"$tmp/numbers") limits are as in the source"
}

# ---- blocks --------------------------------------------------------------------------------------------

# Writes each fenced block of a document to DIR/NNN.KIND, with what follows the kind in NNN.arg.
blocks() {
	awk -v dir="$2" '
	/^ *```/ && !inside {
		inside = 1; sub(/^ *```/, ""); kind = $1; arg = $0; line = FNR
		sub(/^[^ ]* */, "", arg)
		if (kind == "") kind = "text"
		file = sprintf("%s/%04d.%s", dir, ++n, kind)
		printf "" > file
		print arg > (dir "/" sprintf("%04d", n) ".arg"); close(dir "/" sprintf("%04d", n) ".arg")
		print line > (dir "/" sprintf("%04d", n) ".line"); close(dir "/" sprintf("%04d", n) ".line")
		next
	}
	/^ *```$/ { inside = 0; close(file); next }
	inside { print > file }
	END { if (inside) exit 1 }' "$1" || fail "$1: a block is not closed"
}

block_writ() {
	file=${3:-example.writ}
	mkdir -p "$work.checked"
	cp "$2" "$work/$file"
	(cd "$work" && writc lint -- "$file") >"$tmp/out" 2>&1 ||
		{ cat "$tmp/out" >&2; fail "$1: lint has findings"; }
	(cd "$work" && writc compile -o "$work.checked/${file%.writ}.wrt" -- "$file") >"$tmp/out" 2>&1 ||
		{ cat "$tmp/out" >&2; fail "$1: does not compile"; }
	if grep -q '^test ' "$work/$file"; then
		(cd "$work" && writc test -- "$file") >"$tmp/out" 2>&1 ||
			{ cat "$tmp/out" >&2; fail "$1: its tests fail"; }
	fi
	ok "$1: the policy is clean and compiles"
}

block_yaml() {
	mkdir -p "$work.checked"
	cp "$2" "$work/$3"
	(cd "$work" && writc compile -o "$work.checked/${3%.yaml}.wrt" -- "$3") >"$tmp/out" 2>&1 ||
		{ cat "$tmp/out" >&2; fail "$1: does not compile"; }
	ok "$1: the policy compiles"
}

# Arguments: place, block, codes, ending of the form it is in.
block_error() {
	cp "$2" "$work/error.$4"
	status=0
	(cd "$work" && writc lint "error.$4") >"$tmp/out" 2>&1 || status=$?
	case $3 in E*) want=3 ;; *) want=1 ;; esac
	[ $status -eq $want ] || { cat "$tmp/out" >&2; fail "$1: lint exits with $status, not $want"; }
	for code in $3; do
		grep -qF "[$code]" "$tmp/out" || { cat "$tmp/out" >&2; fail "$1: no $code"; }
	done
	ok "$1: the policy gives $3"
}

block_c() {
	cp "$2" "$work/$3"
	# shellcheck disable=SC2046
	(cd "$work" && ${CC:-cc} -std=c11 -Wall -Wextra -Werror -c -o "$3.o" "$3" $(pkg-config --cflags writ)) ||
		fail "$1: does not compile"
	ok "$1: the program compiles without a warning"
}

# Turns the commands into a script that prints them too; its output must be the block.
block_console() {
	awk '
	function run() { if (cmd != "") { print "cat <<\"END-OF-COMMAND\"\n" shown "\nEND-OF-COMMAND\n" cmd } cmd = "" }
	/^\$ / { run(); cmd = substr($0, 3); shown = $0; next }
	/^> / && cmd != "" { cmd = cmd "\n" substr($0, 3); shown = shown "\n" $0; next }
	END { run() }
	{ run() }' "$2" >"$tmp/script"
	[ -s "$tmp/script" ] || fail "$1: a console block without a command"
	(cd "$work" && sh "$tmp/script") >"$tmp/out" 2>&1 </dev/null || true
	diff -u "$2" "$tmp/out" >&2 || fail "$1: the commands print something else (+)"
	ok "$1: $(grep -c '^\$ ' "$2") commands print what the page says"
}

# A document's console blocks need a host that can enforce its policies. A policy that no host can
# enforce yet is shown being refused.
can_enforce() {
	for bundle in "$work".checked/*.wrt; do
		[ -e "$bundle" ] || continue
		for param in "--param workspace=$work" ""; do
			status=0
			# shellcheck disable=SC2086
			writ doctor -p "$bundle" $param >"$tmp/out" 2>&1 || status=$?
			[ $status -ne 4 ] || grep -q "^this version can't enforce" "$tmp/out" || return 1
		done
	done
}

document() {
	work=$tmp/pages/$1
	mkdir -p "$work" "$tmp/blocks/$1"
	blocks "$1" "$tmp/blocks/$1"
	# The page of an example stands beside it.
	case $1 in policies/*)
		mkdir -p "$work.checked"
		cp "${1%/*}"/*.writ "$work"
		(cd "$work" && writc compile -o "$work.checked/policy.wrt" policy.writ)
		;;
	esac
	for block in "$tmp/blocks/$1"/*; do
		number=${block%.*}
		[ -e "$block" ] || continue
		where="$1:$(cat "$number.line")"
		arg=$(cat "$number.arg")
		case $block in
		*.writ) block_writ "$where" "$block" "$arg" ;;
		*.writ-error) block_error "$where" "$block" "$arg" writ ;;
		*.yaml-error) block_error "$where" "$block" "$arg" yaml ;;
		*.yaml-part) cp "$block" "$work/$arg" ;;
		*.yaml) block_yaml "$where" "$block" "$arg" ;;
		*.c) block_c "$where" "$block" "$arg" ;;
		*.console)
			if can_enforce; then
				block_console "$where" "$block"
			else
				echo "skip  $where: this host can't enforce the policy: $(tail -1 "$tmp/out")"
			fi
			;;
		esac
	done
}

# ---- links ---------------------------------------------------------------------------------------------

# The anchors of a document's headings, as the usual Markdown renderers make them.
anchors() {
	awk '/^ *```/ { code = !code } !code && /^#+ / { sub(/^#+ /, ""); print tolower($0) }' "$1" |
		sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

links() {
	n=0
	for link in $(awk '/^ *```/ { code = !code } !code' "$1" | grep -oE '\]\([^)]+\)' | sed 's/^](//; s/)$//'); do
		case $link in http://* | https://* | mailto:*) continue ;; esac
		file=${link%%#*}
		target=$1
		[ -z "$file" ] || target=$(dirname "$1")/$file
		[ -e "$target" ] || fail "$1: the link $link leads nowhere"
		case $link in
		*#*) anchors "$target" | grep -qxF -- "${link#*#}" || fail "$1: $link: no such heading" ;;
		esac
		n=$((n + 1))
	done
	ok "$1: $n links"
}

# ---- manual pages --------------------------------------------------------------------------------------

page_renders() {
	LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$1" >"$tmp/page" 2>"$tmp/out" </dev/null ||
		{ cat "$tmp/out" >&2; fail "$1: does not render"; }
	[ ! -s "$tmp/out" ] || { cat "$tmp/out" >&2; fail "$1: warnings"; }
	if command -v mandoc >/dev/null 2>&1; then
		mandoc -Tlint -Wwarning "$1" >&2 || fail "$1: mandoc has warnings"
	fi
	ok "$1: renders without a warning"
}

# The example in the page of the language.
page_policy() {
	work=$tmp/pages
	awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0 } on' "$1" >"$tmp/page.writ"
	block_writ "$1" "$tmp/page.writ" page.writ
}

# Every word of the language is in its page.
page_has_words() {
	for word in $(grep -oE '^KEYWORD\([A-Z_]+, "[a-z_]+"' grammar/keywords.def | grep -oE '"[a-z_]+"' | tr -d '"'); do
		grep -E '^\.(It|Ic|Cm)' "$1" | grep -qwF "$word" || fail "$1 does not explain '$word'"
	done
	ok "$1: has every word of the language"
}

# Every verb that `PROGRAM --help` lists, and every option that a verb's help names, is in the page.
page_is_complete() {
	"$1" --help >"$tmp/help" || fail "$1 --help fails"
	verbs=$(awk '/^  [a-z]+  / { print $1 }' "$tmp/help" | sort -u)
	[ -n "$verbs" ] || fail "$1 --help lists no verbs"
	for verb in $verbs; do
		grep -qE "^\.It Cm $verb( |\$)" "$2" || fail "$2 does not explain the verb '$verb'"
		[ "$verb" != help ] || continue
		"$1" help "$verb" >"$tmp/help" || fail "$1 help $verb fails"
		for option in $(awk '/^  +-/ { sub(/^ +/, ""); sub(/  .*/, ""); gsub(/,/, "")
			for (i = 1; i <= NF; i++) if ($i ~ /^-/) print $i }' "$tmp/help" | sort -u); do
			case $option in --help | --version) continue ;; esac
			grep -qF "Fl ${option#-}" "$2" || fail "$2 does not have $1 $verb's option $option"
		done
	done
	ok "$2: names the verbs" $verbs "and their options"
}

# ---- the format ----------------------------------------------------------------------------------------

# A reader written from docs/format.md alone decides as the runtime does, on the README's policy.
format_holds() {
	bundle=$tmp/pages/README.md.checked/agent.wrt
	n=0
	for role in guest developer nobody; do
		for tool in read_file execute_python git_log git_push git_pushx git gitt_log x; do
			want=$(writ decide -p "$bundle" --param workspace=/ --role $role --tool $tool | head -1)
			got=$(tests/support/read_bundle.py "$bundle" $role $tool) ||
				fail "docs/format.md: its reader can't read a bundle"
			[ "$want" = "$got" ] ||
				fail "docs/format.md: its reader says $got to $role $tool, the runtime $want"
			n=$((n + 1))
		done
	done
	ok "docs/format.md: a reader written from it decides $n questions as the runtime does"
}

if [ "${1:-}" = --update ]; then
	tables update
	exit 0
fi

make --no-print-directory install "BUILD=$BUILD" "PREFIX=$tmp/usr" DESTDIR= >"$tmp/out" 2>&1 ||
	{ cat "$tmp/out" >&2; fail "make install"; }
PATH=$tmp/usr/bin:$PATH
export PATH PKG_CONFIG_PATH="$tmp/usr/lib/pkgconfig" LD_LIBRARY_PATH="$tmp/usr/lib"

tables check
conditions
grammar
limits
for doc in $docs; do
	links "$doc"
done
for doc in $docs; do
	document "$doc"
done
format_holds
for page in docs/man/*.[1-8]; do
	page_renders "$page"
done
page_policy docs/man/writ.5
page_has_words docs/man/writ.5
page_is_complete writc docs/man/writc.1
page_is_complete writ docs/man/writ.1
while read -r file; do
	cmp -s "docs/examples/embedding/$file" "$tmp/pages/docs/embedding.md/$file" ||
		fail "docs/examples/embedding/$file is not what docs/embedding.md shows"
done <<-FILES
	embed.c
	embed.writ
FILES
ok "docs/examples/embedding: as in docs/embedding.md"
echo "The documentation holds."
