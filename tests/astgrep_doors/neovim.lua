-- Waits until the open file has findings of both engines, takes the fix, undoes it; writes to OUT what it saw.
local function by_source()
  local seen = {}
  for _, each in ipairs(vim.diagnostic.get(0)) do
    local name = string.lower(each.source)
    seen[name] = { code = each.code, line = each.lnum + 1, column = each.col, message = each.message }
  end
  return seen
end

local function wait_for(count)
  local function enough() return vim.tbl_count(by_source()) == count end
  assert(vim.wait(60000, enough, 20), "expected findings of " .. count .. " engines, got " .. vim.inspect(by_source()))
  return by_source()
end

local function main()
  local shown = wait_for(2)
  vim.api.nvim_win_set_cursor(0, { shown["ast-grep"].line, shown["ast-grep"].column })
  vim.lsp.buf.code_action({ apply = true })
  wait_for(0)
  local fixed = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  vim.cmd("undo")
  wait_for(2)
  return { shown = shown, fixed = fixed }
end

local ok, result = pcall(main)
vim.fn.writefile({ vim.json.encode(ok and result or { failure = result }) }, vim.env.OUT)
vim.cmd("qall!")
