if exists("b:did_ftplugin")
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:# commentstring=#\ %s
setlocal expandtab shiftwidth=2 softtabstop=2 textwidth=100 formatoptions-=t
setlocal iskeyword=@,48-57,_,-
if executable("writc")
  setlocal formatprg=writc\ fmt\ -
endif

let b:undo_ftplugin = "setlocal comments< commentstring< expandtab< shiftwidth< softtabstop<"
  \ . " textwidth< formatoptions< iskeyword< formatprg<"
