#!/bin/sh
# The syntax file in Vim: each word of a policy has the group it should.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cat >"$tmp/t.writ" <<-'END'
	policy p; # writ: allow W0201 why
	param w : path = "/x\n${w}";
	sandbox s { limits { wall 60s; } syscalls { allow @default; } }
	role r extends q { deny git_push where a == 0x1f; }
END
cat >"$tmp/t.vim" <<-'END'
	let wanted = [[1,1,'writDeclaration'],[1,11,'writComment'],[1,13,'writAllow'],[2,11,'writType'],
	\ [2,18,'writString'],[2,21,'writEscape'],[2,23,'writParam'],[3,13,'writSection'],[3,22,'writLimit'],
	\ [3,27,'writNumber'],[3,45,'writEffect'],[3,51,'writGroup'],[4,8,'writKeyword'],[4,20,'writEffect'],
	\ [4,25,''],[4,34,'writKeyword'],[4,45,'writNumber']]
	let failed = []
	for [line, col, group] in wanted
	  let found = synIDattr(synID(line, col, 0), 'name')
	  if found !=# group | call add(failed, printf('%d:%d is %s, not %s', line, col, found, group)) | endif
	endfor
	if &filetype !=# 'writ' | call add(failed, 'filetype is ' . &filetype) | endif
	if &commentstring !=# '# %s' | call add(failed, 'commentstring') | endif
	call writefile(failed, $RESULT)
	qall!
END
RESULT=$tmp/result vim -N -u NONE -i NONE -n -es --cmd "set runtimepath^=$PWD/generated/editors/vim" \
	--cmd 'filetype plugin on' --cmd 'syntax on' "$tmp/t.writ" -S "$tmp/t.vim" </dev/null >/dev/null 2>&1 || true
[ -f "$tmp/result" ] || { echo "FAIL  Vim did not run"; exit 1; }
[ ! -s "$tmp/result" ] || { sed 's/^/FAIL  Vim: /' "$tmp/result"; exit 1; }
echo "ok    Vim's syntax file"
