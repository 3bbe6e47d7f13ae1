// A session through vscode-jsonrpc, the library VS Code's clients speak through. Argument: the program.
const { spawn } = require('child_process');
const rpc = require('vscode-jsonrpc/node');

const server = spawn(process.argv[2], ['lsp'], { stdio: ['pipe', 'pipe', 'inherit'] });
const connection = rpc.createMessageConnection(
  new rpc.StreamMessageReader(server.stdout), new rpc.StreamMessageWriter(server.stdin));
const uri = 'file:///nowhere/policy.writ';
const published = new Promise((resolve) => connection.onNotification('textDocument/publishDiagnostics', resolve));

function check(condition, what) {
  if (condition) return;
  console.log(`FAIL  vscode-jsonrpc: ${what}`);
  process.exit(1);
}

async function main() {
  connection.listen();
  const { capabilities } = await connection.sendRequest('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
  check(capabilities.hoverProvider && capabilities.positionEncoding === 'utf-16', 'capabilities');
  await connection.sendNotification('initialized', {});
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'writ', version: 1, text: 'policy p;\nrole a extends b { }\n' },
  });
  const { diagnostics } = await published;
  check(diagnostics.some((d) => d.range.start.line === 1 && d.range.start.character === 15), 'diagnostics');
  const hover = await connection.sendRequest('textDocument/hover', { textDocument: { uri }, position: { line: 1, character: 1 } });
  check(hover.contents.value.includes('role'), 'hover');
  await connection.sendRequest('no/such', {}).then(() => check(false, 'error'), (error) => check(error.code === -32601, 'error code'));
  await connection.sendRequest('shutdown');
  const ended = new Promise((resolve) => server.on('exit', resolve));
  await connection.sendNotification('exit');
  check((await ended) === 0, 'exit status');
  console.log('ok    vscode-jsonrpc');
  process.exit(0);
}

setTimeout(() => check(false, 'no answer in time'), 20000);
main().catch((error) => check(false, String(error)));
