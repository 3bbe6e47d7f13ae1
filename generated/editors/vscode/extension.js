// Starts `writc lsp` for policies. The program must be in PATH, or be named by the setting writ.path.
const { workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

exports.activate = () => {
  const command = workspace.getConfiguration('writ').get('path') || 'writc';
  client = new LanguageClient('writ', 'Writ', { command, args: ['lsp'] }, {
    documentSelector: [{ language: 'writ' }, { language: 'yaml', pattern: '**/*policy.{yaml,yml}' }],
  });
  return client.start();
};

exports.deactivate = () => (client ? client.stop() : undefined);
