// The client as a whole, with a realm of the test's own.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import test from 'node:test';
import { Client } from '../../Sources/Web/client/js/client/client.js';
import { Disconnected } from '../../Sources/Web/client/js/protocol/connection.js';
import { formatLine, parseLine } from '../../Sources/Web/client/js/protocol/line.js';

globalThis.crypto ??= webcrypto;

const at = (number) => new Date(Date.parse('2026-11-23T12:00:00.000Z') + number * 1_000).toISOString();
const said = (number, text = `text ${number}`, { who = 'bob', to = '#plans' } = {}) =>
  `@msgid=${number};time=${at(number)} :${who}!${who}@alpha PRIVMSG ${to} :${text}`;
const settled = () => new Promise((resolve) => { setImmediate(resolve); });

function memory() {
  const kept = new Map();
  return {
    get length() { return kept.size; }, key: (index) => [...kept.keys()][index], getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name),
  };
}

/** A client, and a realm that keeps lines by group; their ids are numbers. `sent` is what it was sent without being asked. */
function stage(run, { kept = {}, preferences = [] } = {}) {
  const sent = [];
  let label = 0;
  let on = null;
  const connection = {
    isOnline: false, realm: 'alpha', support: new Map(), offered: new Map(), connect: () => {}, close: () => {},
    nextLabel: () => { label += 1; return `l${label}`; },
    send: (command, params, tags) => connection.isOnline && Boolean(sent.push(parseLine(formatLine(command, params, tags)))),
    request: async (command, params) => {
      if (!connection.isOnline) throw new Disconnected('not connected');
      return command === 'CHATHISTORY' ? [history(params)] : command === 'METADATA' ? preferences.map((line) => parseLine(line)) : [];
    },
  };
  const history = ([kind, name, point, count]) => {
    if (kind === 'TARGETS') return { batch: 'draft/chathistory-targets', items: [] };
    const lines = (kept[name] ?? []).map((line) => parseLine(line));
    const id = Number(/msgid=(.*)/.exec(point)?.[1]);
    const before = lines.filter((line) => Number(line.tags.msgid) < id);
    const items = kind === 'LATEST' ? lines.slice(-count) : kind === 'BEFORE' ? before.slice(-count)
      : lines.slice(Math.max(0, before.length - count / 2), before.length + count / 2);
    return { batch: 'chathistory', items };
  };
  const told = [];
  const nothing = () => {};
  const client = new Client({
    url: '', login: { account: 'ann', token: 'x', device: 'web' }, storage: memory(), locks: undefined,
    on: {
      changed: nothing, opened: nothing, connected: nothing, arrived: nothing, offlineText: () => 'offline',
      tell: (text, code) => told.push([text, code]),
    },
    makeConnection: (options) => {
      on = options.on;
      return connection;
    },
  });
  const say = (...lines) => { for (const line of lines) on.item(parseLine(line), parseLine(line).tags.label); };
  const goOnline = async (...lines) => {
    on.phase('connecting', 0);
    connection.isOnline = true;
    say(...lines);
    on.online();
    await settled();
  };
  const goOffline = () => {
    connection.isOnline = false;
    on.phase('waiting', 0);
  };
  const show = async (name) => {
    client.show(client.state.conversation(name));
    await settled();
    return client.open;
  };
  client.start();
  run.after(() => client.stop());
  return { client, sent, told, say, goOnline, goOffline, show, kept };
}

const joins = ':ann!a@alpha JOIN #plans ann :Ann';
const texts = (conversation) => conversation.messages.map((message) => message.text);
const last = (lines, command) => lines.findLast((line) => line.command === command);

test('the line of new messages stands where one has read up to, and stays there until one says something', async (run) => {
  const { client, show, goOnline, say } = stage(run, { kept: { '#plans': Array.from({ length: 9 }, (_, index) => said(index + 1)) } });
  await goOnline(joins, `:alpha MARKREAD #plans timestamp=${at(5)}`);
  const group = await show('#plans');
  assert.deepEqual([group.unread, group.firstNew.text], [4, 'text 6']);
  client.markRead(group);
  say(said(10));
  assert.deepEqual([group.unread, group.firstNew.text], [1, 'text 6']);
  client.send(group, 'hello');
  assert.equal(group.firstNew, undefined);
  await show('bob');
  await show('#plans');
  assert.deepEqual([group.firstNew.text, group.newAfter], ['text 10', at(9)]);
});

test('above all that is new there is no line before it is known where that begins', async (run) => {
  const { show, goOnline, say } = stage(run, { kept: { '#plans': [said(1), said(2)] } });
  await goOnline(joins);
  const group = await show('#plans');
  say(said(3));
  await show('bob');
  await show('#plans');
  assert.equal(group.firstNew, undefined);
  group.atStart = true;
  assert.equal(group.firstNew.text, 'text 1');
});

test('who leaves a place in the past is at the newest when coming back', async (run) => {
  const { client, show, goOnline, say } = stage(run, { kept: { '#plans': Array.from({ length: 200 }, (_, index) => said(index + 1)) } });
  await goOnline(joins, `:alpha MARKREAD #plans timestamp=${at(199)}`);
  const group = await show('#plans');
  await client.history.loadAround(group, '20');
  say(said(201, 'ann: news'));
  assert.deepEqual([texts(group).at(-1), client.state.unreadTotal], ['text 69', 2]);
  // Another hit on the page that is shown.
  await show('#plans');
  assert.equal(texts(group).at(-1), 'text 69');
  await show('bob');
  assert.deepEqual([texts(group).at(-1), group.atEnd], ['text 200', true]);
});

test('what is edited and reacted to without a connection goes when there is one', async (run) => {
  const kept = { '#plans': [said(1), said(2, 'teh cat', { who: 'ann' })] };
  const { client, sent, told, show, goOnline, goOffline, say } = stage(run, { kept });
  await goOnline(joins);
  const group = await show('#plans');
  goOffline();
  client.edit(group, group.messages[1], 'the cat');
  client.react(group, group.messages[0], '👍');
  assert.deepEqual([texts(group), [...group.messages[0].reactions.keys()], told], [['text 1', 'the cat'], ['👍'], []]);
  await goOnline(joins);
  const edit = last(sent, 'PRIVMSG');
  assert.deepEqual([edit.params, edit.tags['+draft/edit'], last(sent, 'TAGMSG').tags['+reply']], [['#plans', 'the cat'], '2', '1']);
  say(`@label=${edit.tags.label};msgid=3;time=${at(3)};+draft/edit=2 :ann!a@alpha PRIVMSG #plans :the cat`);
  assert.deepEqual([group.messages[1].state, group.messages[1].edited, texts(group)], ['sent', true, ['text 1', 'the cat']]);
});

test('a group that was renamed while one was away takes what was typed along', async (run) => {
  const { client, show, goOnline, goOffline, kept } = stage(run, { kept: { '#plans': [said(1)] } });
  await goOnline(joins);
  const group = await show('#plans');
  client.drafts.keep(group, 'half a plan');
  goOffline();
  client.send(group, 'hello');
  kept['#ideas'] = [said(1, 'text 1', { to: '#ideas' }), `@msgid=2;time=${at(2)} :bob!b@alpha RENAME #plans #ideas :better`];
  await goOnline(':ann!a@alpha JOIN #ideas ann :Ann');
  const { open } = client;
  assert.deepEqual([open.name, texts(open).at(-1), client.drafts.get(open), client.state.find('#plans')],
    ['#ideas', 'hello', 'half a plan', undefined]);
});

test('what another device has decided meanwhile holds here too', async (run) => {
  const preferences = [':alpha METADATA bob soju.im/muted private :1', ':alpha METADATA eve soju.im/blocked private :1'];
  const { client: { state }, goOnline, goOffline } = stage(run, { preferences });
  await goOnline(said(1, 'hello', { to: 'ann' }));
  assert.deepEqual([state.find('bob').muted, [...state.blocked]], [true, ['eve']]);
  goOffline();
  preferences.splice(0, 2, ':alpha METADATA #plans soju.im/pinned private :1');
  await goOnline();
  assert.deepEqual([state.find('bob').muted, state.blocked.size, state.find('#plans').pinned], [false, 0, true]);
});

test('what can never be sent is not called being offline', async (run) => {
  const { client, told, goOnline, goOffline } = stage(run);
  await goOnline();
  client.connection.request = async (command, params) => formatLine(command, params);
  assert.equal(await client.changePassword('old words', 'new words'), false);
  goOffline();
  client.connection.request = async () => { throw new Disconnected('not connected'); };
  assert.equal(await client.changePassword('old', 'new words'), false);
  assert.deepEqual(told, [['', 'NOT_ONE_WORD'], ['offline', '']]);
});
