// The connection to the realm: IRCv3 over a WebSocket, logging in, labels, and coming back after it broke.

import { Batches } from './batches.js';
import { addOffered, addSupport, wanted } from './capabilities.js';
import { formatLine, parseLine } from './line.js';

/** Silence after which the realm is asked whether it is there, and after which it is given up. */
const quietMilliseconds = 30_000;
const deadMilliseconds = 45_000;
/** How long an answer may take: the realm itself gives up asking other realms after ten seconds. */
const answerMilliseconds = 30_000;
/** Pauses before connecting anew: from, to. */
const firstPause = 500;
const longestPause = 20_000;
/** Base64 in one AUTHENTICATE line (IRCv3 sasl-3.1). */
const saslChunk = 400;

/** Why a request has no answer. */
export class Disconnected extends Error {}

/** Why the realm does not let this client in. */
export class Refused extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/**
 * One connection at a time, made anew when it breaks until `close`. What happens is told to `on`:
 * `phase(name, retryAt)` with 'connecting', 'online', 'waiting' or 'closed'; `online()` when it may be used;
 * `refused(error)` when the realm does not want this login; `item(item, label)` for each line and batch.
 */
export class Connection {
  #socket = null;
  #batches = new Batches();
  #requests = new Map();
  #lastLabel = 0;
  #attempt = 0;
  #timers = { pause: 0, watch: 0 };
  #lastHeard = 0;
  #asked = false;
  #answered = false;

  constructor({ url, credentials, on, open, clock = globalThis, now = Date.now, random = Math.random }) {
    this.url = url;
    /** `{ account, secret }`, or `{ account, secret, code, register: true }`; null only looks at what is offered. */
    this.credentials = credentials;
    this.on = on;
    this.phase = 'closed';
    this.nick = '';
    this.realm = '';
    this.offered = new Map();
    this.enabled = new Set();
    this.support = new Map();
    this.openSocket = open ?? ((address) => new WebSocket(address, ['text.ircv3.net']));
    this.clock = clock;
    this.now = now;
    this.random = random;
  }

  get isOnline() { return this.phase === 'online'; }

  /** Connects now, whatever pause is under way. */
  connect() {
    this.clock.clearTimeout(this.#timers.pause);
    if (this.#socket) return;
    this.#setPhase('connecting');
    this.#answered = false;
    this.offered = new Map();
    this.enabled = new Set();
    this.support = new Map();
    this.#batches.clear();
    const socket = this.openSocket(this.url);
    this.#socket = socket;
    this.#heard();
    socket.onopen = () => this.#greet();
    socket.onmessage = (event) => { if (socket === this.#socket) this.#take(event.data); };
    socket.onclose = () => { if (socket === this.#socket) this.#lost(); };
    socket.onerror = () => {};
    this.#watch();
  }

  /** Ends the connection for good. */
  close() {
    this.#drop();
    this.#setPhase('closed');
  }

  /** Sends a line; false: there is no connection, and it is not sent. */
  send(command, params = [], tags = {}) {
    if (!this.isOnline) return false;
    this.#write(command, params, tags);
    return true;
  }

  /** A label that nothing else has in this connection. */
  nextLabel() {
    this.#lastLabel += 1;
    return `l${this.#lastLabel}`;
  }

  /**
   * Sends a line and gathers what it is answered: a promise of the lines and batches. With `quiet` they are not told
   * to `on.item` besides.
   */
  request(command, params = [], { tags = {}, quiet = false } = {}) {
    if (!this.isOnline) return Promise.reject(new Disconnected('not connected'));
    const label = this.nextLabel();
    return new Promise((resolve, reject) => {
      const line = formatLine(command, params, { ...tags, label });
      const timer = this.clock.setTimeout(() => {
        this.#requests.delete(label);
        reject(new Disconnected('no answer'));
      }, answerMilliseconds);
      this.#requests.set(label, { resolve, reject, quiet, timer });
      this.#socket.send(line);
    });
  }

  // MARK: coming and going

  #setPhase(phase, retryAt = 0) {
    this.phase = phase;
    this.on.phase?.(phase, retryAt);
  }

  /** Forgets the socket and everything that waits for it. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.clock.clearTimeout(this.#timers.pause);
    this.clock.clearTimeout(this.#timers.watch);
    if (socket) {
      socket.onclose = null;
      socket.onmessage = null;
      socket.close();
    }
    const waiting = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of waiting) {
      this.clock.clearTimeout(request.timer);
      request.reject(new Disconnected('the connection broke'));
    }
  }

  #lost() {
    this.#drop();
    const most = Math.min(longestPause, firstPause * 2 ** this.#attempt);
    const pause = Math.round(most * (0.5 + this.random() / 2));
    this.#attempt += 1;
    this.#setPhase('waiting', this.now() + pause);
    this.#timers.pause = this.clock.setTimeout(() => this.connect(), pause);
  }

  /** A device that is logged in gives up only when its login is refused. */
  #refuse(code, text) {
    if (this.credentials?.isToken && code !== 'LOGIN') return this.#lost();
    this.#drop();
    this.#setPhase('closed');
    this.on.refused?.(new Refused(code, text));
  }

  #heard() {
    this.#lastHeard = this.now();
    this.#asked = false;
  }

  #watch() {
    this.clock.clearTimeout(this.#timers.watch);
    this.#timers.watch = this.clock.setTimeout(() => {
      const silence = this.now() - this.#lastHeard;
      if (silence >= deadMilliseconds) return this.#lost();
      if (silence >= quietMilliseconds && !this.#asked && this.isOnline) {
        this.#asked = true;
        this.#write('PING', ['quiet']);
      }
      this.#watch();
    }, 5_000);
  }

  // MARK: logging in

  #write(command, params, tags) {
    this.#socket.send(formatLine(command, params, tags));
  }

  #greet() {
    this.#write('CAP', ['LS', '302']);
    if (!this.credentials) return;
    this.#write('NICK', [this.credentials.account]);
    this.#write('USER', [this.credentials.account, '0', '*', this.credentials.account]);
  }

  #capability(params) {
    const [, verb, ...rest] = params;
    const isMore = rest[0] === '*';
    const words = rest[isMore ? 1 : 0] ?? '';
    if (verb === 'LS') {
      addOffered(this.offered, words);
      if (isMore) return;
      if (!this.credentials) return this.#look();
      this.#write('CAP', ['REQ', wanted.filter((name) => this.offered.has(name)).join(' ')]);
    } else if (verb === 'ACK') {
      for (const word of words.split(' ').filter(Boolean)) this.enabled.add(word);
      if (!this.credentials) this.#write('ISUPPORT', []);
      else if (!this.isOnline) this.#logIn();
    } else if (verb === 'NAK') {
      this.#refuse('CAPABILITIES', words);
    } else if (verb === 'DEL') {
      for (const word of words.split(' ')) this.enabled.delete(word);
    }
  }

  /** Without a login: what is offered, and what the realm is called (draft/extended-isupport). */
  #look() {
    if (this.offered.has('draft/extended-isupport')) this.#write('CAP', ['REQ', 'draft/extended-isupport']);
    else this.on.offered?.();
  }

  #logIn() {
    if (!this.credentials.register) return this.#write('AUTHENTICATE', ['PLAIN']);
    const early = this.offered.get('draft/account-registration')?.split(',').includes('before-connect');
    if (early) this.#register();
    else this.#write('CAP', ['END']);
  }

  #register() {
    const { account, secret, code } = this.credentials;
    this.#answered = true;
    this.#write('REGISTER', [account, code || '*', secret]);
  }

  #authenticate() {
    const { account, secret, device } = this.credentials;
    const text = base64(`\0${device ? `${account}@${device}` : account}\0${secret}`);
    for (let at = 0; at < text.length; at += saslChunk) this.#write('AUTHENTICATE', [text.slice(at, at + saslChunk)]);
    if (text.length % saslChunk === 0) this.#write('AUTHENTICATE', ['+']);
  }

  /** What matters while logging in; returns whether the line is done with. */
  #handshake(line) {
    const text = line.params.at(-1) ?? '';
    switch (line.command) {
      case 'AUTHENTICATE': this.#authenticate(); return true;
      case '900': return true;
      case '903': this.#write('CAP', ['END']); return true;
      case '902': case '904': case '905': case '906': case '907': case '908':
        // Nobody has looked at the token: that is no refusal of it.
        this.#refuse(/cannot be checked now/.test(text) ? 'UNCHECKED' : 'LOGIN', text);
        return true;
      case '432': case '433': case '437': case '464': case '465':
        this.#refuse(line.command, text);
        return true;
      case 'REGISTER': this.#registered(line); return true;
      case 'FAIL': this.#refuse(line.params[1], text); return true;
      case '001':
        this.realm = line.source;
        this.nick = line.params[0];
        return true;
      case '005':
        addSupport(this.support, line.params.slice(1, -1));
        if (!this.credentials && this.support.has('NETWORK')) this.on.offered?.();
        return true;
      case '376': case '422': this.#welcomed(); return true;
      default: return false;
    }
  }

  #registered(line) {
    if (line.params[0] !== 'SUCCESS') return this.#refuse(line.params[0], line.params.at(-1) ?? '');
    this.credentials = { ...this.credentials, register: false };
    if (this.realm === '') this.#write('CAP', ['END']);
    else this.#begin();
  }

  #welcomed() {
    if (this.credentials.register && !this.#answered) this.#register();
    else this.#begin();
  }

  #begin() {
    this.#attempt = 0;
    this.#setPhase('online');
    this.on.online?.();
  }

  // MARK: what comes

  #take(data) {
    this.#heard();
    const line = parseLine(String(data));
    if (!line) return;
    switch (line.command) {
      case 'PING': return this.#write('PONG', [line.params[0] ?? '']);
      case 'PONG': return;
      case 'CAP': return this.#capability(line.params);
      case 'NICK': if (line.nick === this.nick) this.nick = line.params[0]; break;
    }
    if (!this.isOnline) {
      if (this.#handshake(line) || !this.#socket) return;
    }
    const item = this.#batches.take(line);
    if (item) this.#deliver(item);
  }

  #deliver(item) {
    const label = item.tags.label;
    const request = label === undefined ? undefined : this.#requests.get(label);
    const items = item.batch === 'labeled-response' ? item.items : [item];
    if (request) {
      this.#requests.delete(label);
      this.clock.clearTimeout(request.timer);
      const answers = items.filter((one) => one.command !== 'ACK');
      if (!request.quiet) for (const one of answers) this.on.item?.(one, label);
      request.resolve(answers);
    } else {
      for (const one of items) this.on.item?.(one, label);
    }
  }
}
