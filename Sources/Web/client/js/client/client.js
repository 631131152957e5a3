// The client: connection, state and history together, and everything that people can do with them.

import { canonical, isGroup } from '../names.js';
import { Connection } from '../protocol/connection.js';
import { refusalIn } from '../protocol/errors.js';
import { NotOneWord } from '../protocol/line.js';
import { profileKeys, State } from '../state/state.js';
import { Drafts } from './drafts.js';
import { Files } from './files.js';
import { Groups } from './groups.js';
import { History } from './history.js';
import { Push } from './push.js';
import { Sending } from './sending.js';
import { Uploads } from './uploads.js';
import { Waiting } from './waiting.js';

/** How often typing is told, and how often realms are looked for. */
const typingPause = 3_000;
const realmsPause = 30_000;
/** Groups up to this size are asked who is away. */
const askedWho = 500;
/** People whose presence is asked for. */
const mostWatched = 100;

export class Client {
  #typed = new Map();
  #realmsTimer = 0;

  /**
   * `on`: `changed()`, `tell(text, code)` with the code of a refusal, `arrived({ message, conversation })`, `refused(error)`,
   * `opened()`, `connected()`, `offlineText()`, and `wantsKey(group, act)` where a group has a password.
   * `findPushManager()`: a promise of the browser's, if there is one.
   */
  constructor({
    url, login, on, storage = localStorage, locks = globalThis.navigator?.locks, findPushManager = async () => undefined,
    makeConnection = (options) => new Connection(options),
  }) {
    this.on = on;
    this.account = login.account;
    this.device = login.device;
    this.state = new State();
    this.state.me = login.account;
    /** The conversation that is open. */
    this.open = null;
    /** How often it has connected: what was told in an earlier connection may not hold any more. */
    this.connections = 0;
    this.retryAt = 0;
    this.connection = makeConnection({
      url, credentials: { account: login.account, secret: login.token, isToken: true },
      on: {
        phase: (phase, retryAt) => this.#phase(phase, retryAt),
        online: () => this.#online(),
        refused: (error) => on.refused(error),
        item: (item, label) => this.#item(item, label),
      },
    });
    this.history = new History(this);
    this.sending = new Sending(this, storage, locks);
    this.waiting = new Waiting(this, storage);
    this.drafts = new Drafts(login.account, storage, () => this.tell('', 'NO_ROOM'));
    this.groups = new Groups(this);
    this.files = new Files(this);
    this.uploads = new Uploads(this, this.files);
    this.push = new Push(this, findPushManager);
  }

  start() {
    this.sending.restore();
    for (const name of this.drafts.names) this.state.conversation(name);
    this.connection.connect();
  }

  stop() {
    clearTimeout(this.#realmsTimer);
    this.sending.stop();
    this.connection.close();
  }

  get isOnline() { return this.connection.isOnline; }

  /** Shows a short text that goes away by itself; of a refusal, `code` tells which. */
  tell(text, code) { this.on.tell(text, code); }

  changed() {
    this.state.touch();
    this.on.changed();
  }

  // MARK: the connection

  #phase(phase, retryAt) {
    this.retryAt = retryAt;
    if (phase === 'connecting') this.connections += 1;
    if (phase === 'waiting') for (const conversation of this.state.conversations.values()) conversation.noteBreak();
    this.on.changed();
  }

  async #online() {
    const { connection, state } = this;
    state.realm = connection.realm;
    state.title = connection.support.get('NETWORK') || connection.realm;
    this.#learnPreferences();
    this.sending.resend();
    this.refreshRealms();
    state.requests.clear();
    state.invitations.clear();
    connection.send('REQUESTS');
    connection.send('INVITE');
    try {
      await this.history.loadAll();
      if (this.open) this.#look(this.open);
    } catch {
      // The connection broke meanwhile; the next one begins anew.
    }
    this.#watchPeople();
    this.on.connected();
    this.on.changed();
  }

  /** What the account has decided, also on other devices while this one was away; and what people show of themselves. */
  async #learnPreferences() {
    try {
      const answers = await this.connection.request(
        'METADATA', ['*', 'SUB', 'soju.im/muted', 'soju.im/pinned', 'soju.im/blocked', ...profileKeys], { quiet: true });
      if (!refusalIn(answers)) this.state.forgetPreferences();
      for (const answer of answers) this.state.take(answer, Date.now());
      this.on.changed();
    } catch {
      // Asked anew with the next connection.
    }
  }

  #item(item, label) {
    if (label !== undefined && this.sending.take(item, label)) return this.on.changed();
    const news = this.state.take(item, Date.now());
    if (news?.joined) this.#joined(news.joined);
    if (news?.renamed) this.renamed(news.before, news.renamed);
    if (news?.fact) this.#arrived(news);
    if (news?.serverNotice && isGroup(news.serverNotice.conversation)) this.refreshRealms();
    if (news?.note) this.#noted(news.note);
    this.on.changed();
  }

  /** A group has another name: now, or since one was here last; then there still is one of the name before. */
  renamed(before, conversation) {
    const old = this.state.find(before);
    if (old?.joined && old !== conversation) return;
    this.drafts.rename(before, conversation.name);
    this.sending.rename(before, conversation);
    if (!old || old === conversation) return;
    this.state.forget(before);
    if (this.open === old) this.show(conversation);
  }

  #arrived(news) {
    if (news.conversation !== this.open) news.conversation.trim();
    this.sending.noteArrived(news.conversation);
    this.#watch(news.conversation);
    this.on.arrived(news);
  }

  /** Is told from now on whether somebody is there. */
  #watch(conversation) {
    if (conversation.isGroup || conversation.watchedIn === this.connections) return;
    conversation.watchedIn = this.connections;
    this.connection.send('MONITOR', ['+', conversation.name]);
  }

  #joined(conversation) {
    conversation.joinedIn = this.connections;
    // Those of the start are loaded with all the others.
    if (!conversation.isLoaded && this.isOnline && this.wantsOpen === conversation.key) {
      this.wantsOpen = '';
      this.show(conversation);
    }
  }

  #noted(note) {
    this.waiting.take(note);
    if (note.code === 'UNDELIVERABLE' || note.code === 'WAITING') this.sending.keepNoted();
    // A message that is not delivered says so itself.
    const isShown = note.code === 'UNDELIVERABLE' && ['PRIVMSG', 'NOTICE'].includes(note.command);
    if (note.type === 'fail' && !isShown) this.tell(note.text, note.code);
    if (note.code !== 'WAITING') return;
    // Whether somebody wants to write, or invites to which group, is told by the list alone.
    if (note.command === 'REQUESTS') this.connection.send('REQUESTS');
    else this.refreshRealms();
  }

  /** Asks which realms can be reached, now and again. */
  async refreshRealms() {
    clearTimeout(this.#realmsTimer);
    this.#realmsTimer = setTimeout(() => this.refreshRealms(), realmsPause);
    if (!this.isOnline) return;
    try {
      const [links, map] = await Promise.all([
        this.connection.request('LINKS', [], { quiet: true }), this.connection.request('MAP', [], { quiet: true }),
      ]);
      const reachable = links.filter((line) => line.command === '364')
        .map((line) => ({ name: line.params[2], title: line.params.at(-1).replace(/^\d+ /, '') }));
      const away = map.filter((line) => line.command === '015').map((line) => /^out of reach: (.*)$/.exec(line.params[1]))
        .flatMap((found) => [...(found?.[1] ?? '').matchAll(/(\S+)(?: \(since (\S+)\))?/g)])
        .map(([, name, since]) => ({ name, since }));
      this.state.setRealms(reachable, away);
      this.waiting.show();
      this.on.changed();
    } catch {
      // No connection: what is known stays.
    }
  }

  #watchPeople() {
    for (const conversation of this.state.sorted().slice(0, mostWatched)) this.#watch(conversation);
  }

  // MARK: conversations

  /** Opens a conversation, and loads what is missing of it. */
  show(conversation) {
    if (this.open !== conversation) this.#leave();
    this.open = conversation;
    conversation.newAfter = conversation.unread > 0 ? conversation.marker : '';
    conversation.showsNew = conversation.unread > 0;
    this.on.opened();
    this.changed();
    this.#look(conversation);
  }

  async #look(conversation) {
    if (!this.isOnline) return;
    try {
      const isMember = conversation.isGroup && conversation.joined;
      await Promise.all([isMember && this.groups.look(conversation, askedWho), this.history.loadNewest(conversation)]);
    } catch {
      // Loaded after connecting again.
    }
    this.on.changed();
  }

  /** Opens the conversation with somebody, by address. */
  write(address) {
    const name = canonical(address, this.state.realm);
    const conversation = this.state.conversation(name);
    if (this.isOnline) this.#watch(conversation);
    this.show(conversation);
    return conversation;
  }

  /** A conversation that is left at a place in the past is at the newest again. */
  #leave() {
    if (this.open?.isInPast) this.newest(this.open).catch(() => {});
    else this.open?.trim();
  }

  close() {
    this.#leave();
    this.open = null;
    this.on.opened();
    this.changed();
  }

  /** Marks what is shown as read, here and on all devices. */
  markRead(conversation) {
    const time = conversation.newestTime;
    if (!time || !this.isOnline || !conversation.read(time, this.state.me)) return;
    this.connection.send('MARKREAD', [conversation.name, `timestamp=${time}`]);
    this.changed();
  }

  /** Tells the others that one types, or has stopped. */
  typing(conversation, isTyping) {
    const last = this.#typed.get(conversation.key) ?? 0;
    if (!isTyping && last === 0) return;
    if (isTyping && Date.now() - last < typingPause) return;
    this.#typed.set(conversation.key, isTyping ? Date.now() : 0);
    this.connection.send('TAGMSG', [conversation.name], { '+typing': isTyping ? 'active' : 'done' });
  }

  send(conversation, text, replyTo) {
    this.#typed.set(conversation.key, 0);
    if (!conversation.atEnd && conversation.isLoaded) this.newest(conversation);
    conversation.showsNew = false;
    this.sending.send(conversation, text, replyTo);
    this.changed();
  }

  /** Goes to the newest messages, wherever one has been. */
  async newest(conversation) {
    if (conversation.atEnd) return;
    conversation.clear();
    await this.history.loadNewest(conversation, { anew: true });
    this.changed();
  }

  edit(conversation, message, text) {
    this.sending.edit(conversation, message, text);
    this.changed();
  }

  react(conversation, message, emoji) {
    this.sending.react(conversation, message, emoji);
    this.changed();
  }

  async redact(conversation, message) {
    await this.ask('REDACT', [conversation.name, message.id]);
  }

  // MARK: requests

  /** Sends a command and tells why it was refused, if it was. A promise of the answers; null when refused. */
  async ask(command, params = [], options = {}) {
    try {
      const answers = await this.connection.request(command, params, options);
      const refusal = refusalIn(answers);
      if (!refusal) return answers;
      // What a FAIL says has been shown already.
      if (options.quiet || !answers.some((one) => one.command === 'FAIL')) this.tell(refusal.text, refusal.code);
      return null;
    } catch (error) {
      const { code, text } = this.#notSent(error);
      this.tell(text, code);
      return null;
    }
  }

  /** Sends a command; a promise of why it was refused, if it was. */
  async refusal(command, params) {
    try {
      return refusalIn(await this.connection.request(command, params));
    } catch (error) {
      return this.#notSent(error);
    }
  }

  /** Why there is no answer. */
  #notSent(error) {
    return error instanceof NotOneWord ? { code: 'NOT_ONE_WORD', text: '' } : { code: '', text: this.on.offlineText() };
  }

  /** Switches a preference of the account for a conversation: 'muted' or 'pinned'. */
  prefer(conversation, key, isOn) {
    return this.ask('METADATA', [conversation.name, 'SET', `soju.im/${key}`, isOn ? '1' : '0']);
  }

  async answerRequest(name, isAccepted) {
    if (!await this.ask('REQUESTS', [isAccepted ? 'ACCEPT' : 'DECLINE', name])) return;
    this.state.requests.delete(name);
    if (isAccepted) this.write(name);
    else this.changed();
  }

  /** Whose first message waits until one lets them in: 'none', 'elsewhere', 'all', 'default'. */
  chooseRequests(choice) { return this.ask('REQUESTS', ['SET', choice]); }

  async answerInvitation(group, isAccepted) {
    const { by, waits } = this.state.invitations.get(group) ?? {};
    this.state.invitations.delete(group);
    this.changed();
    if (waits) await this.ask('REQUESTS', [isAccepted ? 'ACCEPT' : 'DECLINE', by]);
    if (isAccepted) await this.groups.join(group);
  }

  async block(name, isBlocked) {
    if (!await this.ask(isBlocked ? 'BLOCK' : 'UNBLOCK', [name])) return;
    if (isBlocked) this.state.requests.delete(name);
    this.changed();
  }

  // MARK: the account

  /** Shows something of oneself to others, or nothing any more. */
  showOfMe(key, value) { return this.ask('METADATA', ['*', 'SET', key, ...(value === '' ? [] : [value])]); }

  async changePassword(before, after) {
    const answers = await this.ask('PASSWD', [before, after], { quiet: true });
    return answers !== null;
  }

  /** The account's devices: `{ name, created, used, kind }`. */
  async devices() {
    const answers = await this.ask('DEVICE', ['LIST'], { quiet: true });
    return (answers ?? []).filter((line) => line.command === 'DEVICE' && line.params[0] === 'LIST')
      .map(({ params }) => ({ name: params[1], created: params[2], used: params[3], kind: params[4] }));
  }

  revoke(device) { return this.ask('DEVICE', ['REVOKE', device], { quiet: true }); }

  deleteAccount(password) {
    return this.ask('UNREGISTER', [this.account, password], { quiet: true });
  }
}
