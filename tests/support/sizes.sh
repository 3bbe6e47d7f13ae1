#!/bin/sh
# House sizes: functions of at most 70 lines, files of at most 600, in compiler/, runtime/, grammar/ and tests/.
set -eu
files=$(find compiler runtime grammar tests -name "*.[chly]" | sort)
# shellcheck disable=SC2086
awk '
FNR == 1 { if (prev != "" && lines > 600) { print prev ": " lines " lines, 600 allowed"; bad = 1 } start = 0 }
{ prev = FILENAME; lines = FNR }
/^\{$/ { start = FNR; head = last }
/^\}$/ && start {
	if (FNR - start + 2 > 70) { print FILENAME ":" start ": function of " FNR - start + 2 " lines, 70 allowed: " head; bad = 1 }
	start = 0
}
{ if ($0 != "") last = $0 }
END { if (lines > 600) { print prev ": " lines " lines, 600 allowed"; bad = 1 } exit bad }
' $files && echo "sizes: ok"
