// All that the client knows. Lines go in by `take`, views read; nothing here talks to the network or to the page.

import { fold, isGroup, realmOf, shortName } from '../names.js';
import { Conversation } from './conversation.js';
import { interpret } from './interpret.js';
import { addMember, addNames, changeRanks, noteWho } from './members.js';
import { changedModes } from './modes.js';

/** How long somebody types without saying so again (IRCv3 typing). */
const typingMilliseconds = 6_000;
/** What is known of people's profiles (IRCv3 draft/metadata-2; docs/clients.md, "Profiles"). */
export const profileKeys = ['avatar', 'display-name', 'status'];

export class State {
  constructor() {
    this.me = '';
    this.realm = '';
    this.title = '';
    this.conversations = new Map();
    /** People: whether they are here, and why they are away. */
    this.presence = new Map();
    /** Other realms: `{ name, title, reachable }`, and `since` when they are out of reach. */
    this.realms = [];
    /** Strangers who want to write: name to how much they have said. */
    this.requests = new Map();
    /** Groups that one is invited to: name to `{ by, waits }`; with `waits` who invites is a stranger yet. */
    this.invitations = new Map();
    /** Whose first message waits: 'none', 'elsewhere', 'all', or 'default', as the realm has it. */
    this.requestsChoice = 'default';
    /** What the account has decided about people and groups, also about those that there is no conversation with yet. */
    this.blocked = new Set();
    this.muted = new Set();
    this.pinned = new Set();
    /** What people show of themselves, by name: from key (`profileKeys`) to value. */
    this.profiles = new Map();
    this.profilesVersion = 0;
    this.version = 0;
  }

  touch() { this.version += 1; }

  // MARK: conversations

  find(name) { return this.conversations.get(fold(name)); }

  /** The conversation of that name, made if there is none. */
  conversation(name) {
    const found = this.find(name);
    if (found) return found;
    const conversation = new Conversation(name, () => this.realm);
    this.conversations.set(conversation.key, conversation);
    this.#decide(conversation);
    this.touch();
    return conversation;
  }

  forget(name) {
    this.conversations.delete(fold(name));
    this.touch();
  }

  /** What the list shows: pinned ones first, then by activity. */
  sorted() {
    return [...this.conversations.values()].sort((a, b) =>
      Number(b.pinned) - Number(a.pinned) || (b.activity > a.activity ? 1 : b.activity < a.activity ? -1 : 0)
      || (a.name < b.name ? -1 : 1));
  }

  /** What counts for the title of the page. */
  get unreadTotal() {
    let total = 0;
    for (const conversation of this.conversations.values()) total += conversation.calling;
    return total;
  }

  /** The realm that a name belongs to, if it is out of reach. */
  outOfReach(name) {
    const realm = fold(realmOf(name));
    return realm === '' ? undefined : this.realms.find((one) => fold(one.name) === realm && !one.reachable);
  }

  /** Of somebody: `{ avatar, 'display-name', status }`, each where there is one. */
  profileOf(name) { return this.profiles.get(fold(name)) ?? {}; }

  isMe(name) { return fold(name) === fold(this.me); }

  // MARK: lines

  /**
   * Takes a line or a batch as it arrives. Returns what somebody may want to be told of: `{ message, conversation }`
   * for a new message, `{ note }` for a note or a refusal, `{ invitation }`, `{ renamed, before }`; or nothing.
   */
  take(item, now) {
    if (item.batch !== undefined) {
      for (const inner of item.items) this.take(inner, now);
      return null;
    }
    if (this.#takeNumeric(item) || this.#takePerson(item)) {
      this.touch();
      return null;
    }
    const fact = interpret(item, this.me, now);
    if (!fact) return null;
    this.touch();
    return this.takeFact(fact, now);
  }

  takeFact(fact, now) {
    switch (fact.type) {
      case 'message': case 'edit': case 'reaction': case 'redaction': return this.#said(fact, now);
      case 'typing': this.#types(fact, now); return null;
      case 'event': return this.#happened(fact);
      case 'note': case 'fail': case 'warn': return this.#noted(fact);
      case 'serverNotice': return { serverNotice: fact };
      default: return null;
    }
  }

  #said(fact, now) {
    const conversation = this.conversation(fact.conversation);
    if (fact.type === 'message') {
      conversation.typing.delete(fold(fact.from));
      this.requests.delete(conversation.key);
    }
    const message = conversation.addLive(fact, this.me);
    void now;
    return fact.type === 'message' ? { message, conversation, fact } : null;
  }

  #types(fact, now) {
    if (this.isMe(fact.from)) return;
    const conversation = this.find(fact.conversation);
    if (!conversation) return;
    const key = fold(fact.from);
    if (fact.phase === 'active') conversation.typing.set(key, { name: fact.from, until: now + typingMilliseconds });
    else conversation.typing.delete(key);
    conversation.touch();
  }

  /** Who types in a conversation now. */
  typingIn(conversation, now) {
    for (const [key, one] of conversation.typing) if (one.until <= now) conversation.typing.delete(key);
    return [...conversation.typing.values()].map((one) => one.name);
  }

  #happened(fact) {
    if (fact.event === 'invite') {
      if (!fact.forMe) return null;
      this.invitations.set(fact.conversation, { by: fact.from, waits: false });
      return { invitation: fact };
    }
    if (fact.event === 'rename') this.#rename(fact.before, fact.conversation);
    const conversation = this.conversation(fact.conversation);
    const news = fact.event === 'rename' ? { renamed: conversation, before: fact.before } : null;
    this.#changeMembership(conversation, fact);
    // That one is a member is told at each start; the history has the joining itself.
    if (fact.event === 'join' && this.isMe(fact.who)) return { joined: conversation };
    conversation.addLive(fact, this.me);
    return news;
  }

  #changeMembership(conversation, fact) {
    const who = fact.who ?? '';
    switch (fact.event) {
      case 'join':
        if (this.isMe(who)) {
          conversation.joined = true;
          this.invitations.delete(conversation.name);
        } else if (conversation.membersKnown) addMember(conversation, who);
        break;
      case 'part': case 'kick':
        conversation.members.delete(fold(who));
        if (this.isMe(who)) conversation.joined = false;
        break;
      case 'topic': conversation.topic = fact.text; break;
      case 'mode':
        changeRanks(conversation, fact.changes);
        conversation.modes = changedModes(conversation.modes, fact.changes);
        break;
    }
    conversation.touch();
  }

  #rename(before, after) {
    const conversation = this.find(before);
    if (!conversation) return;
    this.conversations.delete(conversation.key);
    for (const decided of [this.muted, this.pinned]) if (decided.delete(conversation.key)) decided.add(fold(after));
    conversation.name = after;
    conversation.key = fold(after);
    this.conversations.set(conversation.key, conversation);
  }

  // MARK: notes

  #noted(fact) {
    const [target = '', id] = fact.context;
    const delivery = { WAITING: 'waiting', DELIVERED: 'late', UNDELIVERABLE: 'failed' }[fact.code];
    if (delivery && ['PRIVMSG', 'NOTICE'].includes(fact.command)) this.#deliveryOf(target, id, delivery, fact.text);
    else if (fact.command === 'REQUESTS') this.#request(fact);
    else if (fact.command === 'BLOCK' && fact.code === 'BLOCKED') this.blocked.add(fold(target));
    else if (fact.command === 'UNBLOCK' && fact.code === 'UNBLOCKED') this.blocked.delete(fold(target));
    return { note: fact };
  }

  /** What has become of a message to another realm. */
  #deliveryOf(target, id, state, text) {
    const conversation = this.find(target);
    if (!conversation) return;
    const isOnItsWay = (message) => message.own && !message.id && message.state === 'sending';
    const message = conversation.byId.get(id) ?? conversation.messages.find((one) => one.waitsAs === id)
      ?? conversation.messages.find(isOnItsWay);
    if (!message) return;
    if (!message.id) message.waitsAs = id;
    if (state === 'waiting' && message.state === 'failed') return;
    conversation.setState(message, state, state === 'failed' ? text : '');
  }

  #request(fact) {
    const [name = ''] = fact.context;
    if (fact.code === 'END') this.requestsChoice = name;
    else if (fact.code === 'INVITATION') this.invitations.set(fact.context[1], { by: name, waits: true });
    else if (fact.code === 'ENTRY') this.requests.set(name, Number(fact.context[1] ?? 1));
    else if (fact.code === 'ACCEPTED' || fact.code === 'DECLINED') this.requests.delete(name);
  }

  // MARK: people and groups

  #takeNumeric(line) {
    const params = line.params;
    switch (line.command) {
      case '332': this.#group(params[1], (group) => { group.topic = params[2]; }); return true;
      case '331': this.#group(params[1], (group) => { group.topic = ''; }); return true;
      case '324': this.#group(params[1], (group) => { group.modes = changedModes(new Map(), params.slice(2)); }); return true;
      case '353': this.#group(params[2], (group) => addNames(group, params[3] ?? '')); return true;
      case '366': this.#group(params[1], (group) => { group.membersKnown = group.members.size > 0; }); return true;
      case '352': this.#group(params[1], (group) => noteWho(group, params)); return true;
      case '301': this.#here(params[1], { online: true, away: params[2] }); return true;
      case '730': this.#each(params[1], (name) => this.#here(name, { online: true, away: '' })); return true;
      case '731': this.#each(params[1], (name) => this.#here(name, { online: false, away: '' })); return true;
      case '336': if (!this.invitations.has(params[1])) this.invitations.set(params[1], { by: '', waits: false }); return true;
      case '761': this.#metadata(params[1], params[2], params[4]); return true;
      case '766': this.#metadata(params[1], params[2], ''); return true;
      default: return false;
    }
  }

  #group(name, change) {
    const group = isGroup(name ?? '') ? this.find(name) : undefined;
    if (!group) return;
    change(group);
    group.touch();
  }

  #each(list, act) {
    for (const source of (list ?? '').split(',')) act(source.split('!')[0]);
  }

  #here(name, presence) {
    this.presence.set(fold(name), presence);
    this.find(name)?.touch();
  }

  #takePerson(line) {
    const [first = '', second = ''] = line.params;
    switch (line.command) {
      case 'AWAY':
        this.#here(line.nick, { online: true, away: first });
        for (const conversation of this.conversations.values()) {
          const member = conversation.members.get(fold(line.nick));
          if (!member) continue;
          member.away = first !== '';
          conversation.touch();
        }
        return true;
      case 'MARKREAD':
        if (second.startsWith('timestamp=')) this.find(first)?.read(second.slice('timestamp='.length), this.me);
        return true;
      case 'METADATA': this.#metadata(first, second, line.params[3]); return true;
      case 'QUIT': return true;
      default: return false;
    }
  }

  /** What somebody shows, or what the account has decided for itself; without a value: nothing any more. */
  #metadata(target = '', key = '', value = '') {
    if (!profileKeys.includes(key)) return this.#preference(target, key, value);
    this.profiles.set(fold(target), { ...this.profileOf(target), [key]: value });
    this.profilesVersion += 1;
    return undefined;
  }

  /** What the account has decided for a conversation, on whatever device. */
  #preference(target, key, value) {
    const decided = { 'soju.im/blocked': this.blocked, 'soju.im/muted': this.muted, 'soju.im/pinned': this.pinned }[key];
    if (!decided) return;
    const isOn = value === '1';
    if (isOn) decided.add(fold(target));
    else decided.delete(fold(target));
    const conversation = isOn && decided === this.pinned ? this.conversation(target) : this.find(target);
    if (conversation) this.#decide(conversation);
  }

  /** Those that hold are told next. */
  forgetPreferences() {
    for (const decided of [this.blocked, this.muted, this.pinned]) decided.clear();
    for (const conversation of this.conversations.values()) this.#decide(conversation);
  }

  #decide(conversation) {
    conversation.muted = this.muted.has(conversation.key);
    conversation.pinned = this.pinned.has(conversation.key);
    conversation.touch();
  }

  /** Which realms there are, and which of them can be reached now. */
  setRealms(reachable, outOfReach) {
    this.realms = [
      ...reachable.map((one) => ({ ...one, reachable: true })),
      ...outOfReach.map(({ name, since }) => ({ name, title: name, reachable: false, since })),
    ].filter((one) => fold(one.name) !== fold(this.realm)).sort((a, b) => (a.name < b.name ? -1 : 1));
    this.touch();
  }

  /** Everybody known by name, for completion: people of conversations and of groups. */
  people() {
    const names = new Map();
    for (const conversation of this.conversations.values()) {
      if (!conversation.isGroup) names.set(conversation.key, conversation.name);
      for (const member of conversation.members.values()) names.set(member.key, member.name);
    }
    names.delete(fold(this.me));
    return [...names.values()].sort((a, b) => (fold(shortName(a)) < fold(shortName(b)) ? -1 : 1));
  }
}
