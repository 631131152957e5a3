// The connection, with a WebSocket and a clock of the test's own.

import assert from 'node:assert/strict';
import test from 'node:test';
import { logIn } from '../../Sources/Web/client/js/client/login.js';
import { Connection, Disconnected } from '../../Sources/Web/client/js/protocol/connection.js';
import { NotOneWord, parseLine } from '../../Sources/Web/client/js/protocol/line.js';

/** A realm of the test's own: what the client sends, and a way to answer. */
function stage(credentials = { account: 'ann', secret: 'moot-token', isToken: true }) {
  const told = [];
  const sockets = [];
  const timers = [];
  let now = 0;
  const clock = {
    setTimeout: (act, pause) => timers.push({ act, at: now + pause, on: true }),
    clearTimeout: (id) => { if (timers[id - 1]) timers[id - 1].on = false; },
  };
  const tell = (name) => (...values) => told.push([name, ...values]);
  const connection = new Connection({
    url: 'ws://alpha/', credentials, clock, now: () => now, random: () => 0.5,
    on: { phase: tell('phase'), online: tell('online'), refused: tell('refused'), item: tell('item'), offered: tell('offered') },
    open: () => {
      const socket = { sent: [], send(line) { this.sent.push(line); }, close() { this.isClosed = true; } };
      sockets.push(socket);
      return socket;
    },
  });
  const realm = {
    connection, told, sockets,
    get socket() { return sockets.at(-1); },
    say(...lines) { for (const line of lines) this.socket.onmessage({ data: line }); },
    taken() { return this.socket.sent.splice(0); },
    pass(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const next = timers.filter((timer) => timer.on && timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        now = next.at;
        next.on = false;
        next.act();
      }
      now = end;
    },
    logIn() {
      connection.connect();
      this.socket.onopen();
      this.say(':alpha CAP * LS * :batch sasl=PLAIN message-tags', ':alpha CAP * LS :moot/id unknown/thing');
      this.say(':alpha CAP * ACK :batch message-tags moot/id sasl', 'AUTHENTICATE +', ':alpha 903 ann :good');
      this.say(':alpha 001 ann :Welcome', ':alpha 005 ann NETWORK=Alpha :are supported', ':alpha 376 ann :End');
    },
  };
  return realm;
}

test('logging in', () => {
  const realm = stage();
  realm.logIn();
  assert.deepEqual(realm.taken(), [
    'CAP LS 302', 'NICK ann', 'USER ann 0 * ann', 'CAP REQ :batch message-tags moot/id sasl', 'AUTHENTICATE PLAIN',
    `AUTHENTICATE ${btoa('\0ann\0moot-token')}`, 'CAP END',
  ]);
  assert.equal(realm.connection.isOnline, true);
  assert.equal(realm.connection.realm, 'alpha');
  assert.equal(realm.connection.support.get('NETWORK'), 'Alpha');
  assert.ok(realm.told.some(([name]) => name === 'online'));
});

test('looking at a realm without a login', () => {
  const realm = stage(null);
  realm.connection.connect();
  realm.socket.onopen();
  realm.say(':alpha CAP * LS :batch draft/extended-isupport draft/account-registration=before-connect');
  realm.say(':alpha CAP * ACK :draft/extended-isupport', ':alpha 005 * NETWORK=Our\\x20Realm :are supported by this server');
  assert.deepEqual(realm.taken(), ['CAP LS 302', 'CAP REQ draft/extended-isupport', 'ISUPPORT']);
  assert.deepEqual(realm.told.at(-1), ['offered']);
  assert.equal(realm.connection.support.get('NETWORK'), 'Our Realm');
});

test('a long password goes in pieces, and bytes that are not ASCII as UTF-8', () => {
  const realm = stage({ account: 'ann', secret: `${'ä'.repeat(144)}x`, device: 'web-1' });
  realm.connection.connect();
  realm.socket.onopen();
  realm.taken();
  realm.say('AUTHENTICATE +');
  const sent = realm.taken().map((line) => line.split(' ')[1]);
  assert.equal(sent.length, 2);
  assert.equal(sent[0].length, 400);
  assert.equal(sent[1], '+');
  assert.equal(Buffer.from(sent[0], 'base64').toString(), `\0ann@web-1\0${'ä'.repeat(144)}x`);
});

test('registering before the connection is complete', () => {
  const realm = stage({ account: 'ann', secret: 'good words', code: 'abc', register: true });
  realm.connection.connect();
  realm.socket.onopen();
  realm.say(':alpha CAP * LS :draft/account-registration=before-connect,email-required', ':alpha CAP * ACK :x');
  assert.equal(realm.taken().at(-1), 'REGISTER ann abc :good words');
  realm.say(':alpha REGISTER SUCCESS ann :made');
  assert.equal(realm.taken().at(-1), 'CAP END');
});

test('a login that is refused is not tried again; other refusals are', () => {
  const refused = stage();
  refused.connection.connect();
  refused.socket.onopen();
  refused.say(':alpha 904 ann :wrong');
  assert.equal(refused.connection.phase, 'closed');
  assert.equal(refused.told.at(-1)[1].code, 'LOGIN');
  refused.pass(100_000);
  assert.equal(refused.sockets.length, 1);

  const unchecked = stage();
  unchecked.connection.connect();
  unchecked.socket.onopen();
  unchecked.say(':alpha 904 ann :it cannot be checked now (the disk is slow), try again');
  assert.equal(unchecked.connection.phase, 'waiting');

  const busy = stage();
  busy.connection.connect();
  busy.socket.onopen();
  busy.say(':alpha FAIL AUTHENTICATE TEMPORARILY_UNAVAILABLE :later');
  assert.equal(busy.connection.phase, 'waiting');
  busy.pass(1_000);
  assert.equal(busy.sockets.length, 2);
});

test('it comes back, each time after a longer pause, and never waits long', () => {
  const realm = stage();
  realm.logIn();
  const pauses = [];
  for (let round = 0; round < 9; round += 1) {
    realm.socket.onclose();
    const [, , retryAt] = realm.told.findLast(([name, phase]) => name === 'phase' && phase === 'waiting');
    pauses.push(retryAt - pauses.reduce((a, b) => a + b, 0));
    realm.pass(pauses.at(-1));
    assert.equal(realm.sockets.length, round + 2);
  }
  assert.deepEqual(pauses, [375, 750, 1500, 3000, 6000, 12000, 15000, 15000, 15000]);
});

test('silence is asked about, then given up', () => {
  const realm = stage();
  realm.logIn();
  realm.taken();
  realm.pass(31_000);
  assert.deepEqual(realm.taken(), ['PING quiet']);
  realm.say('PONG alpha quiet');
  realm.pass(29_000);
  assert.equal(realm.connection.phase, 'online');
  const first = realm.socket;
  realm.pass(20_000);
  assert.equal(first.isClosed, true);
});

test('answers find their requests', async () => {
  const realm = stage();
  realm.logIn();
  realm.taken();
  const topic = realm.connection.request('TOPIC', ['#a', 'new']);
  const quiet = realm.connection.request('CHATHISTORY', ['LATEST', '#a', '*', '1'], { quiet: true });
  const nothing = realm.connection.request('JOIN', ['#a']);
  const [first, second, third] = realm.taken().map((line) => /label=(\w+)/.exec(line)[1]);
  realm.told.length = 0;
  realm.say(`@label=${second} :alpha BATCH +1 chathistory #a`, '@batch=1 :b!b@a PRIVMSG #a :x', ':alpha BATCH -1');
  realm.say(`@label=${third} :alpha ACK`);
  realm.say(`@label=${first} :alpha BATCH +2 labeled-response`, '@batch=2 :ann!a@a TOPIC #a :new', ':alpha BATCH -2');
  assert.equal((await quiet)[0].items[0].params[1], 'x');
  assert.deepEqual(await nothing, []);
  assert.equal((await topic)[0].command, 'TOPIC');
  assert.deepEqual(realm.told.map(([name, item]) => [name, item.command]), [['item', 'TOPIC']]);
});

test('requests end with the connection, or after a while', async () => {
  const realm = stage();
  await assert.rejects(realm.connection.request('LIST'), Disconnected);
  realm.logIn();
  const lost = realm.connection.request('LIST');
  realm.socket.onclose();
  await assert.rejects(lost, Disconnected);
  assert.equal(realm.connection.send('PRIVMSG', ['a', 'b']), false);
});

test('what is not one word where IRC needs one is refused at once', async () => {
  const realm = stage();
  realm.logIn();
  realm.taken();
  for (const word of ['two words', ':colon', '']) {
    await assert.rejects(realm.connection.request('PASSWD', [word, 'new words']), NotOneWord);
  }
  assert.deepEqual(realm.taken(), []);
  for (const account of ['two words', ':ann', '', 'ann\n']) {
    await assert.rejects(logIn('ws://alpha/', { account, password: 'x' }), { code: 'BAD_ACCOUNT_NAME' });
  }
});

test('any password registers and logs in', () => {
  for (const secret of ['two words', ' :colon ', ':', '*']) {
    const registers = stage({ account: 'ann', secret, register: true });
    registers.connection.connect();
    registers.socket.onopen();
    registers.say(':alpha CAP * LS :draft/account-registration=before-connect', ':alpha CAP * ACK :x');
    assert.equal(parseLine(registers.taken().at(-1)).params[2], secret);
    const logsIn = stage({ account: 'ann', secret });
    logsIn.connection.connect();
    logsIn.socket.onopen();
    logsIn.taken();
    logsIn.say('AUTHENTICATE +');
    assert.equal(atob(logsIn.taken()[0].split(' ')[1]), `\0ann\0${secret}`);
  }
});

test('PING is answered at once', () => {
  const realm = stage();
  realm.logIn();
  realm.taken();
  realm.say('PING :moot-17');
  assert.deepEqual(realm.taken(), ['PONG moot-17']);
});
