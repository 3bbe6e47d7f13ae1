" Made by tests/support/editors.py from the tables of the language.
if exists("b:current_syntax")
  finish
endif

syn case match
syn keyword writDeclaration audit conflict import param policy redact role sandbox set test tool user
syn keyword writSection best_effort env filesystem limits network strict syscalls
syn keyword writEffect allow deny ask kill
syn keyword writOperator and or not in under matches present
syn keyword writKeyword arg bind burst class connect describe errno exec execute extends full log notify pass rate read required scratch secret session sni syscall unix using version where with write
syn keyword writType path host port int size duration string url bool paths hosts syscalls tools
syn keyword writUnit second minute hour day
syn keyword writLimit wall cpu memory processes files file_size output cpus
syn match writConstant "\<[A-Z][A-Z0-9_]\{2,}\>"
syn match writNumber "\<\(0x\x\+\|0o\o\+\|\d\+\(ms\|[smh]\|\([KMGT]i\|[kMGT]\)\?B\)\?\)\>"
syn match writGroup "@[A-Za-z_][A-Za-z0-9_-]*"
syn match writEscape contained "\\\(["\\nt]\|x\x\x\)"
syn match writBadEscape contained "\\[^"\\ntx]"
syn match writParam contained "\${[A-Za-z_][A-Za-z0-9_]*}"
syn region writString start=+"+ skip=+\\.+ end=+"+ oneline contains=writEscape,writBadEscape,writParam
syn match writComment "#.*$" contains=writAllow,@Spell
syn match writAllow contained "writ: allow \S\+"

hi def link writDeclaration Structure
hi def link writSection Type
hi def link writEffect Statement
hi def link writOperator Operator
hi def link writKeyword Keyword
hi def link writType Type
hi def link writUnit Type
hi def link writLimit Identifier
hi def link writConstant Constant
hi def link writNumber Number
hi def link writGroup PreProc
hi def link writEscape SpecialChar
hi def link writBadEscape Error
hi def link writParam Identifier
hi def link writString String
hi def link writComment Comment
hi def link writAllow SpecialComment

let b:current_syntax = "writ"
