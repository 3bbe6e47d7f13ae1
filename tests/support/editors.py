#!/usr/bin/env python3
"""Makes the editors' files from the tables of the language: keywords, groups, limits, words.

Argument: the directory to write into (generated/editors). Same tables, same bytes.
"""

import json
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
OUT = sys.argv[1]

TYPES = "path host port int size duration string url bool paths hosts syscalls tools".split()
UNITS = "second minute hour day".split()
# Words that change what is permitted are shown apart from those that give structure.
EFFECTS = "allow deny ask kill".split()
OPERATORS = "and or not in under matches present".split()


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as text:
        return text.read()


def write(path, text):
    path = os.path.join(OUT, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def write_json(path, value):
    write(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def keywords():
    """Words by place: DECL, SECTION, WORD."""
    found = {"DECL": [], "SECTION": [], "WORD": []}
    for word, place in re.findall(r'^KEYWORD\(\w+, "(\w+)", (\w+)\)', read("grammar/keywords.def"), re.M):
        found[place].append(word)
    assert all(found.values())
    return found


def limits():
    return re.findall(r'^LIMIT\(\w+, "(\w+)"', read("runtime/limits.def"), re.M)


KEYWORDS = keywords()
PLAIN = [w for w in KEYWORDS["WORD"] if w not in EFFECTS + OPERATORS]
CLASSES = re.findall(r'\{"(\w+)", AST_CLASS_', read("compiler/front/words.c"))

# ---- Vim --------------------------------------------------------------------------------------------------


def vim_keywords(group, words):
    return "syn keyword %s %s\n" % (group, " ".join(words))


def vim():
    write("vim/ftdetect/writ.vim", 'autocmd BufNewFile,BufRead *.writ setfiletype writ\n')
    write(
        "vim/ftplugin/writ.vim",
        'if exists("b:did_ftplugin")\n  finish\nendif\nlet b:did_ftplugin = 1\n\n'
        "setlocal comments=:# commentstring=#\\ %s\n"
        "setlocal expandtab shiftwidth=2 softtabstop=2 textwidth=100 formatoptions-=t\n"
        "setlocal iskeyword=@,48-57,_,-\n"
        'if executable("writc")\n  setlocal formatprg=writc\\ fmt\\ -\nendif\n\n'
        'let b:undo_ftplugin = "setlocal comments< commentstring< expandtab< shiftwidth< softtabstop<"\n'
        '  \\ . " textwidth< formatoptions< iskeyword< formatprg<"\n',
    )
    write(
        "vim/syntax/writ.vim",
        '" Made by tests/support/editors.py from the tables of the language.\n'
        'if exists("b:current_syntax")\n  finish\nendif\n\n'
        "syn case match\n"
        + vim_keywords("writDeclaration", KEYWORDS["DECL"])
        + vim_keywords("writSection", KEYWORDS["SECTION"])
        + vim_keywords("writEffect", EFFECTS)
        + vim_keywords("writOperator", OPERATORS)
        + vim_keywords("writKeyword", PLAIN)
        + vim_keywords("writType", TYPES)
        + vim_keywords("writUnit", UNITS)
        + vim_keywords("writLimit", limits())
        + r"""syn match writConstant "\<[A-Z][A-Z0-9_]\{2,}\>"
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
""",
    )


# ---- VS Code ----------------------------------------------------------------------------------------------


def words(list_):
    # "-", "." and "*" are letters of names.
    return r"(?<![\w.*-])(?:%s)(?![\w.*-])" % "|".join(list_)


def textmate():
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "Writ",
        "scopeName": "source.writ",
        "fileTypes": ["writ"],
        "patterns": [
            {"name": "comment.line.number-sign.writ", "match": "#.*$"},
            {
                "name": "string.quoted.double.writ",
                "begin": '"',
                "end": '"|$',
                "patterns": [
                    {"name": "constant.character.escape.writ", "match": r'\\(?:["\\nt]|x[0-9A-Fa-f]{2})'},
                    {"name": "invalid.illegal.escape.writ", "match": r"\\."},
                    {"name": "variable.other.parameter.writ", "match": r"\$\{[A-Za-z_]\w*\}"},
                ],
            },
            {
                "match": r"^\s*(%s)\s+([\w.*-]+)" % "|".join(w for w in KEYWORDS["DECL"] if w in ("param", "policy", "role", "sandbox", "set", "tool")),
                "captures": {"1": {"name": "keyword.declaration.writ"}, "2": {"name": "entity.name.type.writ"}},
            },
            {"name": "keyword.declaration.writ", "match": words(KEYWORDS["DECL"])},
            {"name": "storage.type.section.writ", "match": words(KEYWORDS["SECTION"])},
            {"name": "keyword.control.writ", "match": words(EFFECTS)},
            {"name": "keyword.operator.word.writ", "match": words(OPERATORS)},
            {"name": "keyword.other.writ", "match": words(PLAIN)},
            {"name": "support.type.writ", "match": words(TYPES + UNITS + [c for c in CLASSES if c not in PLAIN])},
            {"name": "support.variable.limit.writ", "match": words(limits())},
            {"name": "support.function.group.writ", "match": r"@[A-Za-z_][\w-]*"},
            {"name": "constant.numeric.writ", "match": r"(?<![\w.*-])(?:0x[0-9A-Fa-f]+|0o[0-7]+|\d+(?:ms|[smh]|(?:[KMGT]i|[kMGT])?B)?)(?![\w.*-])"},
            {"name": "constant.other.writ", "match": r"(?<![\w.*-])[A-Z][A-Z0-9_]{2,}(?![\w.*-])"},
            {"name": "keyword.operator.writ", "match": r"==|!=|<=|>=|[<>&|=]"},
        ],
    }


EXTENSION = """\
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
"""


def vscode(version):
    write_json("vscode/syntaxes/writ.tmLanguage.json", textmate())
    write_json(
        "vscode/language-configuration.json",
        {
            "comments": {"lineComment": "#"},
            "brackets": [["{", "}"], ["(", ")"]],
            "autoClosingPairs": [
                {"open": "{", "close": "}"},
                {"open": "(", "close": ")"},
                {"open": '"', "close": '"', "notIn": ["string", "comment"]},
            ],
            "surroundingPairs": [["{", "}"], ["(", ")"], ['"', '"']],
            "wordPattern": r"@?[A-Za-z0-9_.*-]+",
            "indentationRules": {"increaseIndentPattern": r"^[^#\"]*\{[^}]*$", "decreaseIndentPattern": r"^\s*\}"},
        },
    )
    write_json(
        "vscode/package.json",
        {
            "name": "writ",
            "displayName": "Writ",
            "description": "Security policies for AI-agent tools",
            "version": version,
            "publisher": "writ",
            "license": "Apache-2.0",
            "engines": {"vscode": "^1.75.0"},
            "categories": ["Programming Languages", "Linters", "Formatters"],
            "main": "./extension.js",
            "activationEvents": ["onLanguage:yaml"],
            "contributes": {
                "languages": [
                    {"id": "writ", "aliases": ["Writ"], "extensions": [".writ"], "configuration": "./language-configuration.json"}
                ],
                "grammars": [{"language": "writ", "scopeName": "source.writ", "path": "./syntaxes/writ.tmLanguage.json"}],
                "configuration": {
                    "title": "Writ",
                    "properties": {"writ.path": {"type": "string", "default": "writc", "description": "The writc program."}},
                },
            },
            "dependencies": {"vscode-languageclient": "^8.1.0"},
        },
    )
    write("vscode/extension.js", EXTENSION)


vim()
vscode(re.search(r"^VERSION\s*:=\s*(\S+)", read("Makefile"), re.M).group(1))
