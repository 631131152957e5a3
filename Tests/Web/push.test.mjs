// Web push, drafts and addresses: what needs no browser of them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Drafts } from '../../Sources/Web/client/js/client/drafts.js';
import { Push } from '../../Sources/Web/client/js/client/push.js';
import { noticeOf, takeBack } from '../../Sources/Web/client/js/notices.js';
import { addressesFor } from '../../Sources/Web/client/js/view/start.js';

const key = 'BAAB_-4';

/** A browser's PushManager, with a subscription for a key or none, and what was done with it. */
function browser(knownKey) {
  const done = [];
  const subscription = (of) => ({
    endpoint: `https://push/${of}`, options: { applicationServerKey: Buffer.from(of, 'base64url') },
    toJSON: () => ({ endpoint: `https://push/${of}`, keys: { p256dh: 'PP', auth: 'AA' } }),
    unsubscribe: async () => { done.push(`unsubscribe ${of}`); current = null; },
  });
  let current = knownKey ? subscription(knownKey) : null;
  const manager = {
    getSubscription: async () => current,
    subscribe: async ({ applicationServerKey, userVisibleOnly }) => {
      assert.equal(userVisibleOnly, true);
      done.push(`subscribe ${applicationServerKey}`);
      current = subscription(applicationServerKey);
      return current;
    },
  };
  return { done, manager };
}

function stage(manager, { vapid = key, isOnline = true } = {}) {
  const sent = [];
  const client = {
    isOnline,
    connection: {
      support: new Map(vapid ? [['VAPID', vapid]] : []),
      request: async (command, params) => {
        sent.push([command, ...params].join(' '));
        return [{ command, params }];
      },
    },
  };
  return { sent, push: new Push(client, async () => manager) };
}

test('the realm is told where to push to', async () => {
  const { done, manager } = browser();
  const { sent, push } = stage(manager);
  await push.begin();
  assert.deepEqual([done, sent, push.isOn], [[`subscribe ${key}`], [`WEBPUSH REGISTER https://push/${key} p256dh=PP;auth=AA`], true]);
  await push.end();
  assert.deepEqual([done[1], sent[1], push.isOn], [`unsubscribe ${key}`, `WEBPUSH UNREGISTER https://push/${key}`, false]);
});

test('a subscription for another key is made anew, one for this is kept', async () => {
  for (const [known, wanted] of [['BBBB', ['unsubscribe BBBB', `subscribe ${key}`]], [key, []]]) {
    const { done, manager } = browser(known);
    await stage(manager).push.begin();
    assert.deepEqual(done, wanted);
  }
});

test('nothing is asked where the realm or the browser knows no pushes', async () => {
  const { done, manager } = browser();
  for (const one of [stage(manager, { vapid: '' }), stage(undefined)]) {
    await one.push.begin();
    await one.push.end();
    assert.deepEqual([one.sent, one.push.isOn], [[], false]);
  }
  assert.deepEqual(done, []);
});

test('without a connection the browser alone ends it', async () => {
  const { done, manager } = browser(key);
  const { sent, push } = stage(manager, { isOnline: false });
  await push.end();
  assert.deepEqual([done, sent], [[`unsubscribe ${key}`], []]);
});

test('a notification is of a conversation, and goes when that is read', async () => {
  const { title, options } = noticeOf({ from: 'bob/beta', conversation: '#Plans', text: '\x02hello\x02 <b>'.padEnd(400, 'x') });
  assert.equal(title, 'bob/beta – #Plans');
  assert.equal(options.tag, '#plans');
  assert.ok(options.body.startsWith('hello <b>') && options.body.length === 200);
  assert.equal(noticeOf({ from: 'bob', conversation: 'bob', text: 'x' }).title, 'bob');
  let closed = 0;
  await takeBack({ getNotifications: async ({ tag }) => (tag === '#plans' ? [{ close: () => { closed += 1; } }] : []) }, '#PLANS');
  assert.equal(closed, 1);
});

/** Storage as browsers have it. */
function memory(kept = new Map()) {
  return {
    get length() { return kept.size; }, key: (index) => [...kept.keys()][index], getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name),
  };
}

test('what is typed is kept for each conversation, until the account leaves the browser', () => {
  const kept = new Map([['moot.login', 'x']]);
  const storage = memory(kept);
  const drafts = new Drafts('Ann', storage);
  drafts.keep({ name: '#plans' }, 'half a');
  drafts.keep({ name: 'bob' }, 'x'.repeat(1_000_000));
  assert.equal(new Drafts('ann', storage).get({ name: '#plans' }), 'half a');
  assert.equal(new Drafts('eve', storage).get({ name: '#plans' }), '');
  assert.equal(drafts.get({ name: 'bob' }).length, 1_000_000);
  drafts.keep({ name: '#plans' }, ' ');
  assert.equal(drafts.get({ name: '#plans' }), '');
  assert.deepEqual(drafts.names, ['bob']);
  drafts.forgetAll();
  assert.deepEqual([...kept.keys()], ['moot.login']);
});

test('two tabs do not drop what the other keeps, and a draft goes where its group goes', () => {
  const storage = memory();
  const [first, second] = [new Drafts('ann', storage), new Drafts('ann', storage)];
  const plans = { name: '#plans' };
  assert.deepEqual([first.get(plans), second.get(plans)], ['', '']);
  first.keep(plans, 'of the first');
  second.keep(plans, '');
  assert.equal(new Drafts('ann', storage).get(plans), 'of the first');
  second.keep(plans, 'of the second');
  assert.deepEqual([first.get(plans), second.get(plans)], ['of the first', 'of the second']);
  first.rename('#plans', '#ideas');
  assert.deepEqual([first.get({ name: '#ideas' }), first.get(plans), first.names], ['of the first', '', ['#ideas']]);
});

test('that there is no room for what is typed is said', () => {
  let told = 0;
  const full = { ...memory(), setItem: () => { throw new DOMException('full', 'QuotaExceededError'); } };
  const drafts = new Drafts('ann', full, () => { told += 1; });
  drafts.keep({ name: 'bob' }, 'x');
  assert.deepEqual([told, drafts.get({ name: 'bob' })], [1, 'x']);
});

test('addresses are completed, in every realm that is known', () => {
  const people = ['bea/gamma', 'bob', 'Boris/beta'];
  const realms = ['beta', 'gamma'];
  assert.deepEqual(addressesFor('bo', people, realms), ['bob', 'Boris@beta', 'bo@beta', 'bo@gamma']);
  assert.deepEqual(addressesFor('bea@', people, realms), ['bea@gamma', 'bea@beta']);
  assert.deepEqual(addressesFor('zoe/g', people, realms), ['zoe@gamma']);
  assert.deepEqual(addressesFor(' ', people, realms), []);
});
