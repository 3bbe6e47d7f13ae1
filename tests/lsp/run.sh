#!/bin/sh
# The language server against a client of our own, and against editors' clients where they are installed:
# Node's vscode-jsonrpc, which VS Code uses, and Neovim. The syntax file is tried in Vim. What is not here
# is skipped, and said to be. BUILD is the build directory.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
writc=$(readlink -f "$BUILD/writc")
here=tests/lsp

python3 "$here/lsp_test.py" "$writc"
if command -v node >/dev/null 2>&1 && node -e 'require.resolve("vscode-jsonrpc/node")' 2>/dev/null; then
	node "$here/jsonrpc_test.js" "$writc"
else
	echo "skip  vscode-jsonrpc is not installed"
fi
if command -v nvim >/dev/null 2>&1; then
	WRITC=$writc nvim --headless --clean -u NONE -c "luafile $here/nvim_test.lua"
else
	echo "skip  Neovim is not installed"
fi
if command -v vim >/dev/null 2>&1; then
	"$here/vim_test.sh"
else
	echo "skip  Vim is not installed"
fi
