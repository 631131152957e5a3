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

/** The browser's LockManager: a lock is had until what it was given for is done. */
function lockManager() {
  const ends = new Map();
  return {
    request(name, act) {
      const end = (ends.get(name) ?? Promise.resolve()).then(act);
      ends.set(name, end);
      return end;
    },
  };
}

const settled = () => new Promise((resolve) => { setImmediate(resolve); });

function stage(place = storage(), { isOnline = true, locks } = {}) {
  const sent = [];
  const told = [];
  const codes = [];
  let label = 0;
  const state = new State();
  state.me = 'ann';
  const client = {
    account: 'ann', state, tell: (text, code) => { told.push(text); codes.push(code); }, changed: () => {},
    connection: {
      isOnline, offered: new Map([['draft/multiline', 'max-bytes=4096,max-lines=3']]),
      nextLabel: () => { label += 1; return `l${label}`; },
      send: (command, params, tags = {}) => { sent.push({ command, params, tags }); return true; },
    },
  };
  return { client, state, sent, told, codes, place, sending: new Sending(client, place, locks), group: state.conversation('#plans') };
}

const echo = (text, id, tags = '') =>
  parseLine(`@msgid=${id};time=2026-11-23T12:00:00.000Z${tags} :ann!a@alpha PRIVMSG #plans :${text}`);

/** A message of ann's that the group has. */
function said(state, text = 'teh cat', id = 'm1') {
  state.take(echo(text, id), 0);
  return state.find('#plans').byId.get(id);
}

const shown = ({ text, state, edited, reason }) => [text, state, edited, reason];

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
  const second = stage(first.place, { isOnline: false });
  second.sending.restore();
  assert.deepEqual(second.group.messages.map((message) => [message.text, message.state]), [['one', 'sending'], ['two', 'sending']]);
  second.client.connection.isOnline = true;
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

test('what was refused stays refused when the page is loaded anew', () => {
  const first = stage();
  first.sending.send(first.group, 'hello');
  first.sending.take(parseLine(':alpha FAIL PRIVMSG TOO_MUCH #plans :Not now'), first.sent[0].tags.label);
  first.sending.send(first.group, 'to another realm');
  first.state.take(parseLine(':alpha FAIL PRIVMSG UNDELIVERABLE #plans m1 :moderated'), 0);
  first.sending.keepNoted();
  const second = stage(first.place);
  second.sending.restore();
  second.sending.resend();
  assert.deepEqual([second.sent.length, ...second.group.messages.map(({ state, reason, reasonCode }) => [state, reason, reasonCode])],
    [0, ['failed', 'Not now', 'TOO_MUCH'], ['failed', 'moderated', '']]);
  second.sending.discard(second.group, second.group.messages[0]);
  assert.equal(second.place.length, 1);
});

test('after a day nothing is sent again unasked that the realm may have', () => {
  const first = stage();
  first.sending.send(first.group, 'sent');
  first.client.connection.isOnline = false;
  first.sending.send(first.group, 'never sent');
  // The weekend.
  for (const row of [0, 1].map((index) => first.place.key(index))) {
    const text = first.place.getItem(row).replace(/"(time|triedAt)":"[^"]*"/g, '"$1":"2026-01-01T12:00:00.000Z"');
    first.place.setItem(row, text);
  }
  const { sending, group, sent, place } = stage(first.place);
  sending.restore();
  assert.deepEqual(sent.map((line) => line.params[1]), ['never sent']);
  const [message] = group.messages;
  assert.deepEqual([message.state, message.reasonCode], ['failed', 'FORGOTTEN']);
  sending.retry(group, message);
  assert.deepEqual([sent[1].params[1], group.messages.map((one) => one.state), place.length], ['sent', ['sending', 'sending'], 2]);
});

test('what one tab has on its way no other sends, until that has gone', async () => {
  const locks = lockManager();
  const first = stage(storage(), { isOnline: false, locks });
  const second = stage(first.place, { locks });
  for (const text of ['one', 'two']) first.sending.send(first.group, text);
  second.sending.restore();
  await settled();
  assert.deepEqual([second.group.messages.length, second.sent.length], [0, 0]);
  first.client.connection.isOnline = true;
  first.sending.resend();
  first.sending.take(echo('one', 'm1'), first.sent[0].tags.label);
  first.sending.send(first.group, 'three');
  const [third] = [...Array(first.place.length).keys()].map((index) => first.place.key(index)).slice(-1);
  second.sending.changedElsewhere({ key: third, oldValue: null });
  await settled();
  first.sending.stop();
  await settled();
  assert.deepEqual([second.group.messages.map((message) => message.text), second.sent.length], [['two', 'three'], 2]);
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

test('an edit shows at once, and is kept until the realm has it', () => {
  const { sending, state, group, sent, place } = stage();
  const message = said(state);
  sending.edit(group, message, 'the cat');
  assert.deepEqual(shown(message), ['the cat', 'sending', false, '']);
  assert.deepEqual([sent[0].params, sent[0].tags['+draft/edit'], place.length], [['#plans', 'the cat'], 'm1', 1]);
  sending.resend();
  assert.equal(sent[1].tags['moot/id'], sent[0].tags['moot/id']);
  const answer = echo('the cat', 'm2', ';+draft/edit=m1');
  assert.equal(sending.take(answer, sent[1].tags.label), false);
  state.take(answer, 0);
  assert.deepEqual([shown(message), place.length, group.byId.get('m2') === message], [['the cat', 'sent', true, ''], 0, true]);
});

test('an edit that the realm had before the connection broke is through', () => {
  const { sending, state, group, sent, place } = stage();
  const message = said(state);
  sending.edit(group, message, 'the cat');
  sending.resend();
  assert.equal(sending.take(parseLine(':alpha NOTE PRIVMSG ALREADY_SENT #plans m2 :before'), sent[1].tags.label), true);
  assert.deepEqual([shown(message), place.length], [['the cat', 'sent', true, ''], 0]);
});

test('an edit outlives the page, and shows once its message is there', () => {
  const first = stage();
  first.sending.edit(first.group, said(first.state), 'the cat');
  const second = stage(first.place, { isOnline: false });
  second.sending.restore();
  second.client.connection.isOnline = true;
  const message = said(second.state);
  assert.deepEqual(shown(message), ['the cat', 'sending', false, '']);
  second.sending.resend();
  assert.deepEqual([second.sent[0].tags['+draft/edit'], second.sent[0].tags['moot/id']], ['m1', first.sent[0].tags['moot/id']]);
});

test('an edit that is refused says why in its place, and can be tried again or dropped', () => {
  const { sending, state, group, sent, place } = stage();
  const message = said(state);
  const refuse = (line) => sending.take(parseLine(':alpha FAIL EDIT TEMPORARILY_UNAVAILABLE #plans m1 :later'), line.tags.label);
  sending.edit(group, message, 'the cat');
  refuse(sent[0]);
  assert.deepEqual(shown(message), ['the cat', 'failed', false, 'later']);
  sending.retry(group, message);
  assert.deepEqual([shown(message), sent[1].params[1]], [['the cat', 'sending', false, ''], 'the cat']);
  assert.notEqual(sent[1].tags['moot/id'], sent[0].tags['moot/id']);
  refuse(sent[1]);
  sending.discard(group, message);
  assert.deepEqual([shown(message), place.length, group.messages.length], [['teh cat', 'sent', false, ''], 0, 1]);
});

test('the newest edit counts, also where another device has edited meanwhile, and none of what is deleted', () => {
  const { sending, state, group, sent } = stage();
  const message = said(state);
  sending.edit(group, message, 'the cat');
  sending.edit(group, message, 'the cats');
  assert.equal(sending.take(parseLine(':alpha FAIL EDIT EDIT_FORBIDDEN #plans m1 :no'), sent[0].tags.label), true);
  state.take(echo('of the phone', 'm2', ';+draft/edit=m1'), 0);
  assert.deepEqual(shown(message), ['the cats', 'sending', false, '']);
  sending.discard(group, message);
  assert.deepEqual(shown(message), ['of the phone', 'sent', true, '']);
  sending.edit(group, message, 'once more');
  state.take(parseLine(':ann!a@alpha REDACT #plans m1'), 0);
  assert.deepEqual([message.deleted, message.text, message.state], [true, '', 'sent']);
});

test('an edit to a group that is out of reach waits, and no other message does', () => {
  const { sending, state, group, sent } = stage();
  const message = said(state);
  sending.send(group, 'another');
  sending.edit(group, message, 'the cat');
  sending.take(parseLine(':alpha NOTE PRIVMSG WAITING #plans m2 :It waits'), sent[1].tags.label);
  assert.deepEqual(group.messages.map((one) => one.state), ['waiting', 'sending']);
  // Of two messages it is the one that the answer is for.
  sending.send(group, 'a third');
  const note = parseLine(':alpha NOTE PRIVMSG WAITING #plans m3 :It waits');
  assert.equal(sending.take(note, sent[2].tags.label), false);
  state.take(note, 0);
  assert.deepEqual(group.messages.map((one) => [one.state, one.waitsAs]),
    [['waiting', undefined], ['sending', undefined], ['waiting', 'm3']]);
});

test('a reaction shows at once, is sent again, and is taken back where it is refused', () => {
  const first = stage(storage(), { isOnline: false });
  first.sending.react(first.group, said(first.state), '👍');
  assert.equal(first.sent.length, 0);
  const { client, sending, state, group, sent, told, place } = stage(first.place, { isOnline: false });
  sending.restore();
  client.connection.isOnline = true;
  const message = said(state);
  const people = () => [...message.reactions].map(([emoji, who]) => [emoji, ...who]);
  assert.deepEqual(people(), [['👍', 'ann']]);
  sending.resend();
  assert.deepEqual([sent[0].command, sent[0].tags['+draft/react'], sent[0].tags['+reply']], ['TAGMSG', '👍', 'm1']);
  assert.ok(sent[0].tags['moot/id']);
  assert.equal(sending.take(parseLine('@msgid=m2;+draft/react=👍;+reply=m1 :ann!a@alpha TAGMSG #plans'), sent[0].tags.label), false);
  assert.equal(place.length, 0);
  sending.react(group, message, '👍');
  assert.deepEqual([people(), sent[1].tags['+draft/unreact']], [[], '👍']);
  sending.take(parseLine(':alpha 404 ann #plans :Cannot send to channel'), sent[1].tags.label);
  assert.deepEqual([people(), told, place.length], [[['👍', 'ann']], ['Cannot send to channel'], 0]);
});

test('what is on its way goes where its group goes', () => {
  const first = stage();
  first.sending.send(first.group, 'hello');
  first.state.take(parseLine(':bob!b@alpha RENAME #plans #ideas :better'), 0);
  first.sending.rename('#plans', first.state.find('#ideas'));
  // While nobody was here it was refused under the name before.
  const second = stage(first.place);
  second.sending.restore();
  assert.equal(second.state.find('#ideas').messages[0].text, 'hello');
  second.sending.send(second.group, 'and more');
  second.sending.take(parseLine(':alpha 403 ann #plans :No such channel'), second.sent[1].tags.label);
  second.sending.rename('#plans', second.state.find('#ideas'));
  const { messages } = second.state.find('#ideas');
  assert.deepEqual(messages.map(({ text, state }) => [text, state]), [['hello', 'sending'], ['and more', 'failed']]);
  second.sending.retry(second.state.find('#ideas'), messages[1]);
  assert.deepEqual(second.sent.at(-1).params, ['#ideas', 'and more']);
});

test('where there is no room to keep a message it is sent all the same, and that is said', () => {
  const full = storage();
  full.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
  const { sending, group, sent, codes } = stage(full);
  sending.send(group, 'hello');
  assert.deepEqual([sent[0].params[1], codes[0]], ['hello', 'NO_ROOM']);
});

test('what waits for another realm is not sent again after a day, and is there when it comes', () => {
  const first = stage();
  first.sending.send(first.group, 'hello');
  first.state.take(parseLine(':alpha NOTE PRIVMSG WAITING #plans m7 :It waits'), 0);
  first.sending.keepNoted();
  const [key] = [first.place.key(0)];
  first.place.setItem(key, first.place.getItem(key).replace(/"triedAt":"[^"]*"/, '"triedAt":"2026-01-01T12:00:00.000Z"'));
  const { sending, state, group, sent, place } = stage(first.place);
  sending.restore();
  assert.deepEqual([sent.length, group.messages.map((message) => message.state)], [0, ['waiting']]);
  state.take(echo('hello', 'm7'), 0);
  sending.noteArrived(group);
  assert.deepEqual([group.messages.map(({ id, state: now }) => [id, now]), place.length], [[['m7', 'late']], 0]);
});
