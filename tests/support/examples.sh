#!/bin/sh
# The cases of tests/lint and tests/bad as rows of C, for writc explain-code: one a policy,
#	EXAMPLE("W0101", true or false: it is the one without the finding, "its text")
# Left out is what is no plain text, or longer than a screenful.
set -eu
cd "$(dirname "$0")/../.."
LC_ALL=C
export LC_ALL

for file in tests/bad/*.writ tests/bad/*.yaml tests/bad/*.json tests/lint/*.writ; do
	[ "$(wc -c <"$file")" -lt 1000 ] || continue
	if tr -d '\n\t -~' <"$file" | grep -q .; then
		continue
	fi
	name=${file##*/}
	case $name in
	*.ok.writ) clean=true ;;
	*) clean=false ;;
	esac
	awk -v code="${name%%.*}" -v clean="$clean" '
		{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); gsub(/\t/, "\\t"); gsub(/\?/, "\\?"); text = text $0 "\\n\"\n\"" }
		END { print "EXAMPLE(\"" code "\", " clean ", \"" text "\")" }' "$file"
done
