#!/bin/sh
# Writes what editors and shells are given, made from the language's own tables. Arguments: the program
# writc, and the directory to write completions/ and editors/ into.
set -eu
here=$(dirname "$0")
mkdir -p "$2/completions"
"$1" completion bash >"$2/completions/writc.bash"
"$1" completion zsh >"$2/completions/_writc"
"$1" completion fish >"$2/completions/writc.fish"
python3 "$here/editors.py" "$2/editors"
echo "$2/completions $2/editors"
