// Lines and batches (Modern IRC, "Message Format"; IRCv3 message-tags, batch, draft/multiline).

import assert from 'node:assert/strict';
import test from 'node:test';
import { Batches } from '../../Sources/Web/client/js/protocol/batches.js';
import { addOffered, addSupport, registrationOf } from '../../Sources/Web/client/js/protocol/capabilities.js';
import { refusalIn } from '../../Sources/Web/client/js/protocol/errors.js';
import { escapeValue, formatLine, parseLine, pieces, unescapeValue } from '../../Sources/Web/client/js/protocol/line.js';

test('a line is taken apart', () => {
  const cases = [
    ['PING', { command: 'PING', params: [] }],
    ['ping x\r\n', { command: 'PING', params: ['x'] }],
    [':bob/beta!bob@beta PRIVMSG #plans :hello  all', { nick: 'bob/beta', command: 'PRIVMSG', params: ['#plans', 'hello  all'] }],
    ['@time=1;x=a\\:b\\sc;y :alpha 001 bob :', { tags: { time: '1', x: 'a;b c', y: '' }, nick: 'alpha', params: ['bob', ''] }],
    ['PRIVMSG a ::)', { params: ['a', ':)'] }],
    ['PRIVMSG  a   b', { params: ['a', 'b'] }],
    ['MODE #a +b :x', { params: ['#a', '+b', 'x'] }],
  ];
  for (const [text, expected] of cases) {
    const line = parseLine(text);
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(line[key], value, text);
  }
  for (const text of ['', '@a', ':a', '@a=b :c', '   ']) assert.equal(parseLine(text), null, text);
});

test('values of tags are escaped', () => {
  for (const text of ['a;b c\\d\r\n', '', '\\', 'plain', '👍']) assert.equal(unescapeValue(escapeValue(text)), text);
  assert.equal(unescapeValue('a\\'), 'a');
  assert.equal(unescapeValue('\\b'), 'b');
});

test('what is sent is one line', () => {
  assert.equal(formatLine('PRIVMSG', ['#a', 'hello']), 'PRIVMSG #a hello');
  assert.equal(formatLine('PRIVMSG', ['#a', 'hello all']), 'PRIVMSG #a :hello all');
  assert.equal(formatLine('PRIVMSG', ['#a', ':)']), 'PRIVMSG #a ::)');
  assert.equal(formatLine('TOPIC', ['#a', '']), 'TOPIC #a :');
  assert.equal(formatLine('PRIVMSG', ['#a', 'x\r\nQUIT\0']), 'PRIVMSG #a :x  QUIT ');
  assert.equal(formatLine('TAGMSG', ['#a'], { a: 'b c', d: '', e: undefined }), '@a=b\\sc;d TAGMSG #a');
  assert.throws(() => formatLine('KICK', ['#a b', 'c']), TypeError);
});

test('texts are cut between characters', () => {
  assert.deepEqual(pieces('abc', 2), ['ab', 'c']);
  assert.deepEqual(pieces('äö👍', 4), ['äö', '👍']);
  assert.deepEqual(pieces('', 4), ['']);
});

function batched(...lines) {
  const batches = new Batches();
  return lines.map((line) => batches.take(parseLine(line))).filter(Boolean);
}

test('lines of a batch come out together', () => {
  const [history] = batched(
    '@label=l1 :alpha BATCH +1 chathistory #a', '@batch=1;msgid=x :bob!b@c PRIVMSG #a :one',
    '@batch=1;msgid=y :bob!b@c BATCH +2 draft/multiline #a', '@batch=2 :bob!b@c PRIVMSG #a :two',
    '@batch=2 :bob!b@c PRIVMSG #a :', '@batch=2 :bob!b@c PRIVMSG #a :thr',
    '@batch=2;draft/multiline-concat :bob!b@c PRIVMSG #a :ee', ':bob!b@c BATCH -2', ':alpha BATCH -1');
  assert.equal(history.batch, 'chathistory');
  assert.equal(history.tags.label, 'l1');
  assert.deepEqual(history.items.map((item) => [item.tags.msgid, item.params[1]]), [['x', 'one'], ['y', 'two\n\nthree']]);
});

test('batches that are not whole do no harm', () => {
  assert.deepEqual(batched('BATCH -1', 'BATCH', 'BATCH +3 draft/multiline #a', 'BATCH -3'), []);
  const [line] = batched('@batch=9 :a!b@c PRIVMSG #a :x');
  assert.equal(line.params[1], 'x');
});

test('what the realm offers', () => {
  const offered = new Map();
  addOffered(offered, 'batch sasl=PLAIN,SCRAM-SHA-256 ');
  assert.equal(registrationOf(offered), 'closed');
  addOffered(offered, 'draft/account-registration=before-connect');
  assert.equal(registrationOf(offered), 'open');
  addOffered(offered, 'draft/account-registration=before-connect,email-required');
  assert.equal(registrationOf(offered), 'invite');
  const support = new Map();
  addSupport(support, ['NETWORK=Our\\x20Realm', 'SAFELIST']);
  assert.equal(support.get('NETWORK'), 'Our Realm');
  assert.equal(support.get('SAFELIST'), '');
});

test('refusals', () => {
  assert.deepEqual(refusalIn([parseLine(':a FAIL X CODE y :why')]), { code: 'CODE', text: 'why' });
  assert.deepEqual(refusalIn([parseLine(':a 482 me #a :no')]), { code: '482', text: 'no' });
  assert.equal(refusalIn([parseLine(':a 366 me #a :End'), { batch: 'x', items: [], tags: {} }]), null);
});
