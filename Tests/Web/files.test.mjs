// The house rules of the client's files.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const client = join(top, 'Sources/Web/client');

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

const all = files(client);
const scripts = all.filter((path) => path.endsWith('.js'));
const source = (path) => readFileSync(path, 'utf8');

test('every file is in the binary', () => {
  const list = source(join(top, 'Sources/Web/files.c'));
  for (const path of all) {
    const name = relative(client, path);
    assert.ok(list.includes(`#embed "client/${name}"`), `${name} has no #embed in files.c`);
    assert.ok(list.includes(`FILE_AT("/${name === 'index.html' ? '' : name}"`), `${name} has no row in files.c`);
  }
  assert.equal(list.split('#embed').length - 1, all.length, 'files.c names files that are not there');
});

test('nothing is read as markup, and no script stands anywhere but in files', () => {
  const banned = [
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser|createContextualFragment/,
    /\beval\(|new Function|javascript:|setTimeout\(\s*['"`]/, /https?:\/\/(?!www\.w3\.org\/2000\/svg|modern\.ircdocs)/,
  ];
  for (const path of scripts) {
    const text = source(path).replaceAll(String.raw`(https?:\/\/[^\s<>"'`, '').replaceAll("'http://www.w3.org", "'");
    for (const pattern of banned) assert.doesNotMatch(text, pattern, relative(top, path));
  }
  const page = source(join(client, 'index.html'));
  assert.doesNotMatch(page, /<style|style=|\son\w+=|<script(?![^>]*src=)/);
});

test('lines, functions and files stay short', () => {
  for (const path of [...scripts, ...files(join(top, 'Tests/Web'))]) {
    if (!/\.m?js$/.test(path) || path.endsWith('texts-table.js')) continue;
    const lines = source(path).split('\n');
    assert.ok(lines.length <= 500, `${relative(top, path)} has ${lines.length} lines`);
    lines.forEach((line, index) => assert.ok(line.length <= 140, `${relative(top, path)}:${index + 1} is ${line.length} long`));
    assert.match(lines[0], /^\/\/ /, `${relative(top, path)} does not say what it is for`);
  }
});

test('every text is there, in every language, and used', async () => {
  const { table } = await import(join(client, 'js/texts-table.js'));
  const { languages } = await import(join(client, 'js/texts.js'));
  const code = scripts.filter((path) => !path.endsWith('texts-table.js')).map(source).join('\n');
  const holes = (text) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort().join();
  for (const [key, row] of Object.entries(table)) {
    const isUsed = key.startsWith('refused') ? /`refused\$\{/ : new RegExp(`['"\`]${key.replace(/1$/, '')}['"\`]|name: '${key}'`);
    assert.equal(row.length, Object.keys(languages).length, key);
    for (const text of row) {
      assert.ok(text.trim() !== '', key);
      if (!key.endsWith('1')) assert.equal(holes(text), holes(row[0]), key);
    }
    assert.match(code, isUsed, `nobody uses ${key}`);
  }
  for (const [, key] of code.matchAll(/\bt\('(\w+)'/g)) assert.ok(key in table, `there is no text ${key}`);
});

test('every colour that is used is there', () => {
  const styles = all.filter((path) => path.endsWith('.css')).map(source).join('\n');
  const known = new Set([...styles.matchAll(/(--[\w-]+):/g)].map(([, name]) => name));
  for (const [, name] of styles.matchAll(/var\((--[\w-]+)/g)) assert.ok(known.has(name), `${name} is nowhere`);
});

test('a first visit loads little', () => {
  const bytes = all.reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
  assert.ok(bytes < 150 * 1024, `${bytes} bytes`);
});
