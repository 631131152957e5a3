// Loading history: page by page, whatever is in them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { History } from '../../Sources/Web/client/js/client/history.js';
import { parseLine } from '../../Sources/Web/client/js/protocol/line.js';
import { State } from '../../Sources/Web/client/js/state/state.js';

const at = (number) => new Date(Date.parse('2026-11-23T12:00:00.000Z') + number * 1_000).toISOString();

const said = (number, text = `text ${number}`, who = 'bob') =>
  `@msgid=${number};time=${at(number)} :${who}!${who}@alpha PRIVMSG #plans :${text}`;
const reaction = (number, to) => `@msgid=${number};time=${at(number)};+draft/react=👍;+reply=${to} :bob!b@alpha TAGMSG #plans`;

/** A realm that keeps lines; their ids are numbers. `asked` are the pages that it was asked for. */
function stage(kept = []) {
  const state = new State();
  state.me = 'ann';
  const asked = [];
  const idOf = (line) => Number(line.tags.msgid);
  const page = ([kind, , point, count]) => {
    const lines = kept.map((line) => parseLine(line));
    const id = Number(/msgid=(.*)/.exec(point)?.[1]);
    const many = Number(count);
    const before = lines.filter((line) => idOf(line) < id);
    switch (kind) {
      case 'LATEST': return lines.slice(-many);
      case 'BEFORE': return before.slice(-many);
      case 'AFTER': return lines.filter((line) => idOf(line) > id).slice(0, many);
      default: return lines.slice(Math.max(0, before.length - many / 2), before.length + many / 2);
    }
  };
  const client = {
    state, waiting: { show: () => {} }, sending: { noteArrived: () => {} },
    connection: {
      isOnline: true,
      request: async (command, params) => {
        asked.push(`${params[0]} ${params[2]}`);
        return [{ batch: 'chathistory', items: page(params) }];
      },
    },
  };
  const group = state.conversation('#plans');
  const live = (line) => {
    kept.push(line);
    return state.take(parseLine(line), 0);
  };
  return { history: new History(client), client, state, group, kept, asked, live };
}

const texts = (group) => group.messages.map((message) => message.text);
const range = (from, to, make) => Array.from({ length: to - from + 1 }, (_, index) => make(from + index));

test('pages full of what is no message lead on', async () => {
  const { history, group, asked } = stage([
    said(1), said(2), ...range(3, 250, (number) => reaction(number, 1)), ...range(251, 400, (number) => said(number, '\x01VERSION\x01')),
  ]);
  await history.loadNewest(group);
  assert.deepEqual([texts(group), [...group.messages[0].reactions.keys()]], [['text 1', 'text 2'], ['👍']]);
  assert.deepEqual(asked, ['LATEST *', 'BEFORE msgid=351', 'BEFORE msgid=251', 'BEFORE msgid=151', 'BEFORE msgid=51']);
  assert.deepEqual(await history.loadOlder(group), []);
  assert.equal(group.atStart, true);
});

test('from a place in the past one comes to the newest, whatever stands between', async () => {
  const { history, group } = stage([
    said(1), ...range(2, 300, (number) => reaction(number, 1)), said(301, '\x01PING 1\x01'), said(302), ...range(303, 390, said),
  ]);
  await history.loadAround(group, '1');
  assert.deepEqual([texts(group), group.atEnd], [['text 1'], false]);
  for (let pages = 0; !group.atEnd && pages < 9; pages += 1) await history.loadNewer(group);
  assert.deepEqual([group.messages.length, texts(group).slice(0, 2), texts(group).at(-1)], [90, ['text 1', 'text 302'], 'text 390']);
  await history.loadOlder(group);
  assert.equal(group.atStart, true);
});

test('a page that comes when something else is shown is not wanted', async () => {
  const { history, group } = stage(range(1, 300, (number) => said(number)));
  await history.loadNewest(group);
  const page = history.loadOlder(group);
  group.clear();
  assert.equal(await page, undefined);
  await history.loadNewest(group);
  assert.deepEqual([texts(group)[0], group.messages.length], ['text 251', 50]);
});

test('what comes while a place in the past is shown counts, and is there when one comes to it', async () => {
  const { history, state, group, live } = stage(range(1, 300, (number) => said(number)));
  await history.loadNewest(group);
  group.read(at(298), 'ann');
  assert.equal(group.unread, 2);
  await history.loadAround(group, '20');
  assert.deepEqual([texts(group).at(-1), group.unread, group.isInPast], ['text 69', 2, true]);
  const news = live(said(301, 'ann, are you there?'));
  assert.deepEqual([news.message.text, group.unread, group.mentioned, state.unreadTotal], ['ann, are you there?', 3, 1, 3]);
  live(`@msgid=302;time=${at(302)};+draft/edit=301 :bob!b@alpha PRIVMSG #plans :nothing`);
  assert.deepEqual([group.unread, group.mentioned, texts(group).at(-1)], [3, 0, 'text 69']);
  // The newest page belongs elsewhere: the place stays.
  await history.loadNewest(group);
  assert.deepEqual([texts(group).at(-1), group.unread], ['text 69', 3]);
  for (let pages = 0; !group.atEnd && pages < 9; pages += 1) await history.loadNewer(group);
  assert.deepEqual([texts(group).slice(-2), group.unread, group.messages.length], [['text 300', 'nothing'], 3, 301]);
  state.take(parseLine(`:alpha MARKREAD #plans timestamp=${at(301)}`), 0);
  assert.equal(group.unread, 0);
});

test('what was missed while a place in the past is shown counts too', async () => {
  const { history, group, kept } = stage(range(1, 300, (number) => said(number)));
  await history.loadAround(group, '20');
  group.read(at(300), 'ann');
  group.noteBreak();
  kept.push(said(301), said(302, 'ann!'));
  await history.loadNewest(group);
  assert.deepEqual([texts(group).at(-1), group.unread, group.mentioned, group.last.text], ['text 69', 2, 1, 'ann!']);
});

test('what was missed is not left out, though something has come before it was loaded', async () => {
  for (const isLoaded of [true, false]) {
    const { history, group, kept, live } = stage(range(1, 10, (number) => said(number)));
    if (isLoaded) await history.loadNewest(group);
    live(said(11));
    live(said(12));
    group.noteBreak();
    kept.push(...range(13, 200, (number) => said(number)));
    live(said(201));
    group.isStale = true;
    await history.loadNewest(group);
    assert.deepEqual([texts(group)[0], texts(group).at(-1), group.messages.length], ['text 152', 'text 201', 50]);
    await history.loadOlder(group);
    assert.deepEqual([texts(group)[0], group.messages.length], ['text 52', 150]);
  }
});

test('what was missed joins what is loaded where a page reaches so far', async () => {
  const { history, group, kept, live } = stage(range(1, 100, (number) => said(number)));
  await history.loadNewest(group);
  await history.loadOlder(group);
  group.noteBreak();
  kept.push(...range(101, 130, (number) => said(number)));
  live(said(131));
  group.isStale = true;
  await history.loadNewest(group);
  assert.deepEqual(texts(group), range(1, 131, (number) => `text ${number}`));
});

test('an edit that is known, among the newest, leaves its message where it is', async () => {
  const { history, group, live } = stage(range(1, 60, (number) => said(number)));
  await history.loadNewest(group);
  await history.loadOlder(group);
  live(`@msgid=61;time=${at(61)};+draft/edit=2 :bob!b@alpha PRIVMSG #plans :anew`);
  group.noteBreak();
  group.isStale = true;
  await history.loadNewest(group);
  assert.deepEqual([texts(group).slice(0, 3), group.messages.length], [['text 1', 'anew', 'text 3'], 60]);
});
