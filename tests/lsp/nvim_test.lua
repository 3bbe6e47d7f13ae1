-- A session with Neovim's own client (0.7 or newer). WRITC is the program.
local function finish(text, status)
  io.stdout:write(text .. "\n")
  vim.cmd(status == 0 and "qall!" or "cquit!")
end

vim.api.nvim_buf_set_name(0, vim.fn.tempname() .. ".writ")
vim.api.nvim_buf_set_lines(0, 0, -1, false, { "policy p;", "role a extends b { }" })
local id = vim.lsp.start_client({ name = "writ", cmd = { vim.env.WRITC, "lsp" }, root_dir = vim.fn.getcwd() })
vim.lsp.buf_attach_client(0, id)
local function has_error()
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    if diagnostic.lnum == 1 and diagnostic.col == 15 then return true end
  end
  return false
end
if not vim.wait(10000, has_error, 50) then finish("FAIL  Neovim: no diagnostics", 1) end
vim.api.nvim_buf_set_lines(0, 1, 2, false, { "role b { }", "role a extends b { }" })
if not vim.wait(10000, function() return not has_error() end, 50) then finish("FAIL  Neovim: diagnostics stay", 1) end
local position = { textDocument = vim.lsp.util.make_text_document_params(), position = { line = 2, character = 15 } }
local answer = vim.lsp.buf_request_sync(0, "textDocument/definition", position, 10000)
local found = answer and answer[id] and answer[id].result and answer[id].result[1]
if not found or found.range.start.line ~= 1 then finish("FAIL  Neovim: definition", 1) end
finish("ok    Neovim", 0)
