// What lines make of the conversations.

import assert from 'node:assert/strict';
import test from 'node:test';
import { canonical, isPerson, mentions } from '../../Sources/Web/client/js/names.js';
import { Batches } from '../../Sources/Web/client/js/protocol/batches.js';
import { parseLine } from '../../Sources/Web/client/js/protocol/line.js';
import { interpret } from '../../Sources/Web/client/js/state/interpret.js';
import { grants, height, outranks, ranks } from '../../Sources/Web/client/js/state/members.js';
import { State } from '../../Sources/Web/client/js/state/state.js';

const now = Date.parse('2026-11-23T12:00:00.000Z');

function made(...lines) {
  const state = new State();
  state.me = 'ann';
  state.realm = 'alpha';
  take(state, ...lines);
  return state;
}

function take(state, ...lines) {
  const batches = new Batches();
  for (const line of lines) {
    const item = batches.take(parseLine(line));
    if (item) state.take(item, now);
  }
}

function said(id, text, { who = 'bob', to = '#plans', minute = 0, tags = '' } = {}) {
  const time = `2026-11-23T11:${String(minute).padStart(2, '0')}:00.000Z`;
  return `@time=${time};msgid=${id}${tags} :${who}!${who.split('/')[0]}@alpha PRIVMSG ${to} :${text}`;
}

const texts = (conversation) => conversation.messages.map((message) => message.text);

function addPage(state, name, place, lines) {
  const facts = lines.map((line) => interpret(parseLine(line), state.me, now));
  state.conversation(name).addHistory(facts, state.me, place);
}

test('messages find their conversation', () => {
  const state = made(
    said('1', 'in the group'), said('2', 'to me', { to: 'ann' }), said('3', 'from me', { who: 'ann', to: 'bob/beta' }),
    said('4', 'from beta', { who: 'bob/beta', to: 'Ann' }), said('5', 'to operators', { to: '@#plans' }),
    said('6', '\x01ACTION waves\x01'), said('7', '\x01VERSION\x01'), ':alpha NOTICE ann :words of the server');
  assert.deepEqual([...state.conversations.keys()], ['#plans', 'bob', 'bob/beta']);
  assert.deepEqual(texts(state.find('bob/beta')), ['from me', 'from beta']);
  const group = state.find('#PLANS');
  assert.deepEqual(group.messages.map((message) => [message.kind, message.text, message.toRanks]),
    [['message', 'in the group', false], ['message', 'to operators', true], ['action', 'waves', false]]);
});

test('unread messages and mentions are counted up to the marker', () => {
  const state = made(said('1', 'one', { minute: 1 }), said('2', 'ann, two', { minute: 2 }), said('3', 'annika', { minute: 3 }));
  const group = state.find('#plans');
  assert.deepEqual([group.unread, group.mentioned], [3, 1]);
  take(state, ':alpha MARKREAD #plans timestamp=2026-11-23T11:02:00.000Z');
  assert.deepEqual([group.unread, group.mentioned], [1, 0]);
  take(state, ':alpha MARKREAD #plans timestamp=2026-11-23T11:01:00.000Z');
  assert.equal(group.unread, 1);
  take(state, said('4', 'mine', { who: 'ann', minute: 4 }));
  assert.equal(group.unread, 0);
  take(state, said('5', 'ann/beta, not you', { minute: 5 }), said('6', 'but ann/alpha', { minute: 6 }));
  assert.deepEqual([group.unread, group.mentioned], [2, 1]);
});

test('reactions, edits and redactions change a message, also before it is loaded', () => {
  const state = made(
    said('1', 'one'), '@+draft/react=👍;+reply=1 :bob!b@a TAGMSG #plans', '@+draft/react=👍;+draft/reply=1 :ann!b@a TAGMSG #plans',
    '@+draft/unreact=👍;+draft/reply=1 :bob!b@a TAGMSG #plans', '@msgid=2;+draft/edit=1 :bob!b@a PRIVMSG #plans :uno',
    '@msgid=9;+draft/edit=1 :eve!b@a PRIVMSG #plans :of somebody else');
  const [message] = state.find('#plans').messages;
  assert.deepEqual([message.text, message.edited, [...message.reactions.get('👍')]], ['uno', true, ['ann']]);
  take(state, ':bob!b@a REDACT #plans 2');
  assert.equal(message.deleted, true);
  take(state, ':bob!b@a REDACT #plans old', '@+draft/react=x;+reply=older :bob!b@a TAGMSG #plans');
  addPage(state, '#plans', 'older', [said('older', 'long ago')]);
  assert.deepEqual([...state.find('#plans').messages[0].reactions.keys()], ['x']);
});

test('pages of history join without doubles and in order', () => {
  const state = made(said('5', 'five'));
  addPage(state, '#plans', 'newest', [said('3', 'three'), said('4', 'four'), said('5', 'five')]);
  addPage(state, '#plans', 'older', [said('1', 'one'), said('2', 'two'), said('3', 'three')]);
  take(state, said('6', 'six'), said('6', 'six'));
  const group = state.find('#plans');
  assert.deepEqual(texts(group), ['one', 'two', 'three', 'four', 'five', 'six']);
  // After a break that page holds what was missed, in the middle too.
  addPage(state, '#plans', 'newest', [said('5', 'five'), said('5b', 'late'), said('6', 'six'), said('7', 'seven')]);
  assert.deepEqual(texts(group), ['one', 'two', 'three', 'four', 'five', 'late', 'six', 'seven']);
  // Where the gap is larger than a page, what was loaded is let go.
  addPage(state, '#plans', 'newest', [said('90', 'ninety'), said('91', 'last')]);
  assert.deepEqual(texts(group), ['ninety', 'last']);
});

test('what is being sent stays last, until the realm has it', () => {
  const state = made(said('1', 'one'));
  const group = state.find('#plans');
  const pending = group.addPending({
    type: 'message', kind: 'message', text: 'mine', from: 'ann', time: '2026-11-23T11:00:01.000Z', state: 'sending',
  });
  take(state, said('2', 'two'));
  assert.deepEqual(texts(group), ['one', 'two', 'mine']);
  group.settle(pending, { id: '3', time: '2026-11-23T11:00:02.000Z', text: 'mine' });
  take(state, said('4', 'four'));
  assert.deepEqual(texts(group), ['one', 'two', 'mine', 'four']);
  assert.equal(pending.state, 'sent');
});

test('a message that was accepted before the connection broke shows once', () => {
  const state = made(said('1', 'one'));
  const group = state.find('#plans');
  const pending = group.addPending({ type: 'message', kind: 'message', text: 'mine', from: 'ann', time: '', state: 'sending' });
  addPage(state, '#plans', 'newest', [said('1', 'one'), said('2', 'mine', { who: 'ann' })]);
  group.settle(pending, { id: '2', time: '2026-11-23T11:00:02.000Z', text: 'mine' });
  assert.deepEqual(texts(group), ['one', 'mine']);
});

test('of a conversation that nobody looks at the newest are kept', () => {
  const state = made();
  addPage(state, '#plans', 'newest', [said('0', 'first')]);
  take(state, ...Array.from({ length: 1_200 }, (_, index) => said(`a${index}`, `text ${index}`)));
  const group = state.find('#plans');
  group.trim();
  assert.deepEqual([group.messages.length, group.messages[0].text, group.byId.has('a999')], [200, 'text 1000', false]);
  addPage(state, '#plans', 'older', [said('a998', 'text 998'), said('a999', 'text 999')]);
  assert.equal(group.messages[1].text, 'text 999');
});

test('what becomes of a message to another realm', () => {
  const state = made(said('1', 'hello', { who: 'ann', to: 'bob/beta' }), ':alpha NOTE PRIVMSG WAITING bob/beta 1 :It waits');
  const [message] = state.find('bob/beta').messages;
  assert.equal(message.state, 'waiting');
  take(state, ':alpha NOTE PRIVMSG DELIVERED bob/beta 1 :there');
  assert.equal(message.state, 'late');
  take(state, ':alpha FAIL PRIVMSG UNDELIVERABLE bob/beta 1 :There is nobody called bob');
  assert.deepEqual([message.state, message.reason], ['failed', 'There is nobody called bob']);
  // In a group elsewhere there is no echo before the home has it.
  const group = state.conversation('#plans/beta');
  const pending = group.addPending({ type: 'message', kind: 'message', text: 'x', from: 'ann', time: '', state: 'sending' });
  take(state, ':alpha NOTE PRIVMSG WAITING #plans/beta 7 :It waits');
  assert.equal(pending.state, 'waiting');
  take(state, ':alpha FAIL PRIVMSG UNDELIVERABLE #plans/beta 7 :moderated');
  assert.equal(pending.state, 'failed');
});

test('members and ranks', () => {
  const state = made(
    ':ann!a@a JOIN #plans ann :Ann', ':alpha 353 ann = #plans :~@ann +bob carol/beta', ':alpha 366 ann #plans :End',
    ':dave!d@a JOIN #plans dave :Dave', ':ann!a@a MODE #plans +o-v bob bob', ':ann!a@a MODE #plans +lv 5 dave',
    ':carol/beta!c@beta PART #plans', ':alpha 352 ann #plans dave alpha alpha dave G :0 Dave');
  const { members, joined } = state.find('#plans');
  assert.equal(joined, true);
  assert.deepEqual([...members.values()].map((one) => [one.name, one.ranks, one.away]),
    [['ann', '~@', false], ['bob', '@', false], ['dave', '+', true]]);
  assert.deepEqual(['ann', 'bob', 'dave'].map((name) => height(members.get(name))), [5, 3, 1]);
  take(state, ':ann!a@a KICK #plans bob :out', ':bob!b@a KICK #plans ann');
  assert.equal(members.has('bob'), false);
  assert.equal(state.find('#plans').joined, false);
});

test('what a group is like', () => {
  const state = made(':ann!a@a JOIN #plans ann :Ann', ':alpha 324 ann #plans +Hikl all sesame 9',
    ':ann!a@a MODE #plans -k+bD sesame eve!*@* 7', ':ann!a@a MODE #plans -il+o bob');
  assert.deepEqual([...state.find('#plans').modes], [['H', 'all'], ['D', '7']]);
});

test('who may do what to whom', () => {
  const pairs = [[2, 1], [2, 2], [3, 3], [1, 0], [5, 5]];
  assert.deepEqual(pairs.map(([mine, theirs]) => outranks(mine, theirs)), [true, false, true, false, true]);
  assert.deepEqual([5, 4, 3, 2, 1].map((mine) => ranks.filter((rank) => grants(mine, rank)).map((rank) => rank.mode).join('')),
    ['qaohv', 'ohv', 'ohv', 'v', '']);
});

test('requests, invitations, blocking, preferences', () => {
  const state = made(
    ':alpha NOTE REQUESTS ENTRY eve/beta 2 :has said 2 things', ':alpha NOTE REQUESTS ENTRY mallory 1 :has said something',
    ':bob!b@a INVITE ann #secret', ':bob!b@a INVITE dave #secret', ':alpha NOTE BLOCK BLOCKED eve :blocked',
    said('1', 'x'), ':alpha METADATA #plans soju.im/muted private :1', ':alpha 761 ann #plans soju.im/pinned private :1');
  assert.deepEqual([...state.requests], [['eve/beta', 2], ['mallory', 1]]);
  assert.deepEqual([...state.invitations], [['#secret', { by: 'bob', waits: false }]]);
  assert.equal(state.blocked.has('eve'), true);
  assert.deepEqual([state.find('#plans').muted, state.find('#plans').pinned], [true, true]);
  take(state, ':alpha NOTE REQUESTS ACCEPTED eve/beta :follows', ':ann!a@a JOIN #secret');
  assert.deepEqual([...state.requests.keys()], ['mallory']);
  assert.equal(state.invitations.size, 0);
  take(state, ':alpha NOTE REQUESTS INVITATION eve/beta #club/beta :invites you',
    ':alpha NOTE REQUESTS END elsewhere :End');
  assert.deepEqual([...state.invitations], [['#club/beta', { by: 'eve/beta', waits: true }]]);
  assert.equal(state.requestsChoice, 'elsewhere');
});

test('what people show of themselves', () => {
  const state = made(
    ':alpha METADATA Bob status * :in a meeting', ':alpha 761 ann bob display-name * :Bob B.', ':alpha METADATA bob homepage * :x');
  assert.deepEqual(state.profileOf('bob'), { status: 'in a meeting', 'display-name': 'Bob B.' });
  const { profilesVersion } = state;
  take(state, ':alpha METADATA bob status *', ':alpha 766 ann bob display-name :key not set');
  assert.deepEqual(state.profileOf('BOB'), { status: '', 'display-name': '' });
  assert.ok(state.profilesVersion > profilesVersion);
  assert.deepEqual(state.profileOf('nobody'), {});
});

test('pinned conversations stand first, then what was said last', () => {
  const state = made(said('1', 'x', { to: '#old', minute: 1 }), said('2', 'x', { minute: 2 }), said('3', 'x', { to: 'ann', minute: 3 }),
    said('4', 'x', { who: 'eve', to: 'ann', minute: 3 }));
  const order = () => state.sorted().map((one) => one.name);
  assert.deepEqual(order(), ['bob', 'eve', '#plans', '#old']);
  take(state, ':alpha METADATA #old soju.im/pinned private :1', ':alpha METADATA carol soju.im/pinned private :1');
  assert.deepEqual(order(), ['#old', 'carol', 'bob', 'eve', '#plans']);
  take(state, ':alpha METADATA carol soju.im/pinned private :0', said('5', 'x', { minute: 4 }));
  assert.deepEqual(order(), ['#old', '#plans', 'bob', 'eve', 'carol']);
  // What is known to have been said, and is not loaded, counts like what is.
  state.find('eve').latest = '2026-11-23T11:30:00.000Z';
  assert.deepEqual(order(), ['#old', 'eve', '#plans', 'bob', 'carol']);
  // Reactions, edits and who comes and goes do not.
  take(state, '@time=2026-11-23T11:40:00.000Z;+draft/react=x;+reply=1 :bob!b@a TAGMSG #plans',
    '@time=2026-11-23T11:41:00.000Z :x!x@a JOIN #plans');
  assert.deepEqual(order().slice(0, 3), ['#old', 'eve', '#plans']);
});

test('an answer finds what it answers, also where it names an edit of it', () => {
  const state = made(said('1', 'one'), '@msgid=2;+draft/edit=1 :bob!b@a PRIVMSG #plans :uno', said('3', 'yes', { tags: ';+reply=2' }),
    said('4', 'no', { tags: ';+draft/reply=1' }), said('5', 'what', { tags: ';+reply=gone' }));
  const group = state.find('#plans');
  assert.deepEqual(group.messages.slice(1).map((message) => group.byId.get(message.replyTo)?.text), ['uno', 'uno', undefined]);
  take(state, ':bob!b@a REDACT #plans 1');
  assert.equal(group.byId.get('2').deleted, true);
  addPage(state, '#plans', 'older', [said('gone', 'long ago')]);
  assert.equal(group.byId.get('gone').text, 'long ago');
});

test('a reaction that is taken back is gone, whoever else has given it stays', () => {
  const react = (who, tag, to = '1') => `@+draft/${tag}=👍;+reply=${to} :${who}!x@a TAGMSG #plans`;
  const state = made(said('1', 'one'), react('bob', 'react'), react('Eve', 'react'), react('eve', 'react'), react('dave', 'unreact'));
  const [message] = state.find('#plans').messages;
  const people = () => [...message.reactions].map(([emoji, who]) => [emoji, ...who]);
  assert.deepEqual(people(), [['👍', 'bob', 'eve']]);
  take(state, react('EVE', 'unreact'));
  assert.deepEqual(people(), [['👍', 'bob']]);
  take(state, react('bob', 'unreact'), react('bob', 'unreact', 'unknown'));
  assert.deepEqual(people(), []);
  take(state, react('bob', 'react'), ':bob!b@a REDACT #plans 1');
  assert.deepEqual(people(), []);
});

test('who is muted does not call, and is muted before there is a conversation', () => {
  const state = made(':alpha METADATA Bob soju.im/muted private :1', ':alpha METADATA #plans soju.im/muted private :1',
    said('1', 'hello', { to: 'ann' }), said('2', 'hello'), said('3', 'hello ann'), said('4', 'hello', { who: 'eve', to: 'ann' }));
  const calling = (name) => [state.find(name).unread, state.find(name).calling];
  assert.deepEqual([calling('bob'), calling('#plans'), calling('eve'), state.unreadTotal], [[1, 0], [2, 1], [1, 1], 2]);
  take(state, ':alpha METADATA bob soju.im/muted private :0', ':bob!b@a RENAME #plans #ideas :better');
  state.forget('#ideas');
  assert.deepEqual([calling('bob'), state.conversation('#ideas').muted], [[1, 1], true]);
});

test('typing ends by itself', () => {
  const state = made(said('1', 'x'), '@+typing=active :bob!b@a TAGMSG #plans', '@+typing=active :ann!b@a TAGMSG #plans');
  const group = state.find('#plans');
  assert.deepEqual(state.typingIn(group, now), ['bob']);
  assert.deepEqual(state.typingIn(group, now + 7_000), []);
});

test('a group that is renamed stays the same conversation', () => {
  const state = made(said('1', 'x'), ':bob!b@a RENAME #plans #ideas :better');
  assert.equal(state.find('#plans'), undefined);
  assert.equal(state.find('#ideas').messages[0].text, 'x');
});

test('realms out of reach', () => {
  const state = made();
  const since = '2026-11-23T12:00:00.000Z';
  state.setRealms([{ name: 'alpha', title: 'Alpha' }, { name: 'beta', title: 'Beta' }], [{ name: 'gamma', since }]);
  assert.deepEqual(state.realms.map((one) => [one.name, one.reachable]), [['beta', true], ['gamma', false]]);
  assert.equal(state.outOfReach('#plans/gamma').since, since);
  assert.equal(state.outOfReach('bob/beta'), undefined);
  assert.equal(state.outOfReach('bob'), undefined);
});

test('lines that make no sense change nothing', () => {
  const state = made('PRIVMSG', ':x!y@z PRIVMSG', 'TAGMSG', ':alpha 353', ':alpha 332', 'MARKREAD', 'KICK #nowhere', 'MODE',
    ':a!b@c INVITE', ':alpha NOTE', ':alpha FAIL', 'METADATA', ':a!b@c REDACT', 'AWAY', 'RENAME');
  assert.ok(state.sorted().length <= 3);
});

test('names', () => {
  assert.equal(canonical(' bob@beta ', 'alpha'), 'bob/beta');
  assert.equal(canonical('bob@Alpha', 'alpha'), 'bob');
  for (const good of ['bob', 'bob@beta', 'bob/beta', '[x]_']) assert.equal(isPerson(good), true, good);
  for (const bad of ['', 'two words', '1bob', 'b\u200bob', 'bob@', '#plans', 'a'.repeat(33), 'bob/be/ta']) {
    assert.equal(isPerson(bad), false, bad);
  }
  assert.equal(mentions('hey Ann!', 'ann'), true);
  assert.equal(mentions('annika, joann', 'ann'), false);
  assert.equal(mentions('a.c', 'a{c'), false);
  for (const [text, isMe] of [
    ['ann/beta', false], ['ann@beta said', false], ['ann/alphabet', false], ['@Ann/Alpha: hello', true], ['(ann@alpha)', true],
    ['ann/beta and ann', true], ['ann/', true], ['joann/alpha', false],
  ]) assert.equal(mentions(text, 'ann', 'alpha'), isMe, text);
});
