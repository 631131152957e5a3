// What waits for other realms, what is unread beyond the first page, who came and went.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Waiting } from '../../Sources/Web/client/js/client/waiting.js';
import { Conversation } from '../../Sources/Web/client/js/state/conversation.js';
import { interpret } from '../../Sources/Web/client/js/state/interpret.js';
import { State } from '../../Sources/Web/client/js/state/state.js';
import { parseLine } from '../../Sources/Web/client/js/protocol/line.js';
import { comingsAndGoings } from '../../Sources/Web/client/js/view/events.js';

const at = (minute) => `2026-11-23T12:${String(minute).padStart(2, '0')}:00.000Z`;

function stage(kept = new Map()) {
  const state = new State();
  state.me = 'ann';
  state.realm = 'alpha';
  const storage = {
    getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key),
  };
  const say = (id) => state.take(parseLine(`@msgid=${id};time=${at(1)} :ann!a@alpha PRIVMSG bob/beta :hello`), 0);
  return { state, kept, say, waiting: new Waiting({ account: 'ann', state }, storage) };
}

const note = (code, id) => ({ code, context: ['bob/beta', id] });

test('what waits still waits when the page is loaded anew, until the realm is back', () => {
  const first = stage();
  first.say('m1');
  first.say('m2');
  first.waiting.take(note('WAITING', 'm1'));
  first.waiting.forgetAll();
  assert.equal(first.kept.size, 0, 'whoever logs out leaves nothing');
  for (const id of ['m1', 'm2']) first.waiting.take(note('WAITING', id));
  first.waiting.take(note('DELIVERED', 'm2'));
  const second = stage(first.kept);
  second.say('m1');
  second.say('m2');
  second.waiting.show();
  const states = () => second.state.find('bob/beta').messages.map((message) => message.state);
  assert.deepEqual(states(), ['sent', 'sent'], 'nothing is known of the realms yet');
  second.state.setRealms([], [{ name: 'beta' }]);
  second.waiting.show();
  assert.deepEqual(states(), ['waiting', 'sent']);
  const third = stage(first.kept);
  third.say('m1');
  third.state.setRealms([{ name: 'beta', title: 'Beta' }], []);
  third.waiting.show();
  assert.deepEqual([third.state.find('bob/beta').messages[0].state, third.kept.size], ['sent', 0]);
});

test('a note of something else is not kept', () => {
  const { waiting, kept } = stage();
  waiting.take(note('WAITING', 'unknown'));
  waiting.take({ code: 'DELIVERED', context: [] });
  assert.equal(kept.size, 0);
});

test('there may be more unread than is loaded', () => {
  const group = new Conversation('#plans');
  const facts = [1, 2, 3].map((minute) => interpret(parseLine(`@msgid=${minute};time=${at(minute)} :bob!b@a PRIVMSG #plans :x`), 'ann', 0));
  group.addHistory(facts, 'ann', 'newest');
  assert.equal(group.hasMoreUnread, false, 'without a marker nothing is known');
  group.read(at(0), 'ann');
  assert.deepEqual([group.unread, group.hasMoreUnread], [3, true]);
  group.atStart = true;
  assert.equal(group.hasMoreUnread, false);
  group.atStart = false;
  group.read(at(1), 'ann');
  assert.deepEqual([group.unread, group.hasMoreUnread], [2, false]);
});

test('who comes and goes one after the other is told of together, day by day', () => {
  const one = (event, time) => ({ event, time });
  const all = [one('join', at(1)), one('part', at(2)), one('join', '2026-11-24T12:00:00.000Z'), one('kick', at(4)), one(undefined, at(5))];
  const count = (from) => comingsAndGoings(all, from, (time) => time.slice(0, 10)).length;
  assert.deepEqual(all.map((_, index) => count(index)), [2, 1, 1, 0, 0]);
});
