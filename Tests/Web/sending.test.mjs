// Messages on their way: kept until the realm has them, sent again under the same name, shown once.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import test from 'node:test';
import { Sending, split } from '../../Sources/Web/client/js/client/sending.js';
import { parseLine } from '../../Sources/Web/client/js/protocol/line.js';
import { State } from '../../Sources/Web/client/js/state/state.js';

globalThis.crypto ??= webcrypto;

/** Storage as browsers have it. */
function storage() {
  const kept = new Map();
  return {
    get length() { return kept.size; },
    key: (index) => [...kept.keys()][index],
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

function stage(place = storage()) {
  const sent = [];
  const told = [];
  let label = 0;
  const state = new State();
  state.me = 'ann';
  const client = {
    account: 'ann', state, tell: (text) => told.push(text),
    connection: {
      isOnline: true, offered: new Map([['draft/multiline', 'max-bytes=4096,max-lines=3']]),
      nextLabel: () => { label += 1; return `l${label}`; },
      send: (command, params, tags = {}) => { sent.push({ command, params, tags }); return true; },
    },
  };
  return { client, state, sent, told, place, sending: new Sending(client, place), group: state.conversation('#plans') };
}

const echo = (text, id) => parseLine(`@msgid=${id};time=2026-11-23T12:00:00.000Z :ann!a@alpha PRIVMSG #plans :${text}`);

test('a message is kept until its echo', () => {
  const { sending, group, sent, place } = stage();
  sending.send(group, 'hello', 'm0');
  assert.deepEqual(sent[0].params, ['#plans', 'hello']);
  assert.equal(sent[0].tags['+reply'], 'm0');
  assert.equal(group.messages[0].state, 'sending');
  assert.equal(place.length, 1);
  assert.equal(sending.take(echo('hello', 'm1'), sent[0].tags.label), true);
  assert.deepEqual([group.messages[0].id, group.messages[0].state, place.length], ['m1', 'sent', 0]);
  assert.equal(sending.take(echo('hello', 'm2'), 'other'), false);
});

test('after a break, and after the page went away, it is sent under the same name', () => {
  const first = stage();
  first.sending.send(first.group, 'one');
  first.sending.send(first.group, 'two');
  first.sending.resend();
  assert.equal(first.sent[2].tags['moot/id'], first.sent[0].tags['moot/id']);
  assert.notEqual(first.sent[2].tags.label, first.sent[0].tags.label);
  const second = stage(first.place);
  second.sending.restore();
  assert.deepEqual(second.group.messages.map((message) => [message.text, message.state]), [['one', 'sending'], ['two', 'sending']]);
  second.sending.resend();
  assert.deepEqual(second.sent.map((line) => line.tags['moot/id']), [first.sent[0], first.sent[1]].map((line) => line.tags['moot/id']));
});

test('two tabs do not drop what the other keeps', () => {
  const first = stage();
  const second = stage(first.place);
  first.sending.send(first.group, 'of the first');
  second.sending.send(second.group, 'of the second');
  second.sending.take(echo('of the second', 'm1'), second.sent[0].tags.label);
  assert.equal(first.place.length, 1);
});

test('what is refused says why, and can be tried again', () => {
  const { sending, group, sent, place } = stage();
  sending.send(group, 'hello');
  sending.take(parseLine(':alpha 404 ann #plans :Cannot send to channel'), sent[0].tags.label);
  const [message] = group.messages;
  assert.deepEqual([message.state, message.reason], ['failed', 'Cannot send to channel']);
  sending.retry(group, message);
  assert.equal(group.messages.length, 1);
  assert.notEqual(sent[1].tags['moot/id'], sent[0].tags['moot/id']);
  sending.discard(group, group.messages[0]);
  assert.deepEqual([group.messages.length, place.length], [0, 0]);
});

test('a message that waited says that it came late', () => {
  const { sending, state, group, sent } = stage();
  sending.send(group, 'hello');
  state.take(parseLine(':alpha NOTE PRIVMSG WAITING #plans m1 :It waits'), 0);
  assert.equal(group.messages[0].state, 'waiting');
  sending.take(echo('hello', 'm1'), sent[0].tags.label);
  assert.equal(group.messages[0].state, 'late');
});

test('several lines are one message, and long texts several', () => {
  const { sending, group, sent } = stage();
  sending.send(group, 'one\ntwo');
  assert.deepEqual(sent.map((line) => line.command), ['BATCH', 'PRIVMSG', 'PRIVMSG', 'BATCH']);
  assert.ok(sent[0].tags['moot/id'] && sent[1].tags.batch === sent[0].params[0].slice(1));
  assert.deepEqual(split('a\nb\nc\nd', { lines: 3, bytes: 100 }), ['a\nb\nc', 'd']);
  assert.deepEqual(split('\n\n', { lines: 3, bytes: 100 }), []);
  assert.deepEqual(split('x'.repeat(5_000)).map((part) => part.length), [4_095, 905]);
  for (const part of split('ä\n'.repeat(5_000))) assert.ok(Buffer.byteLength(part) <= 4_096 && part.split('\n').length <= 32);
});

test('a long line goes in pieces that are one line again', () => {
  const { sending, group, sent } = stage();
  sending.send(group, 'ä'.repeat(1_000));
  assert.deepEqual(sent.map((line) => ['draft/multiline-concat' in line.tags, line.params.at(-1).length]),
    [[false, 6], [false, 800], [true, 200], [false, 3]]);
});

test('commands of the composer', () => {
  const { sending, group, sent } = stage();
  sending.send(group, '/me waves');
  sending.send(group, '//not a command');
  assert.deepEqual(sent.map((line) => line.params[1]), ['\x01ACTION waves\x01', '/not a command']);
});
