// One conversation: what was said in it, as far as it is loaded, and what belongs to it.

import { fold, isGroup, mentions } from '../names.js';

/** Unread messages that are counted; more are "99+". */
export const mostUnread = 100;
/** Messages in memory of a conversation that is not open: at most, and after letting go. */
const mostKept = 1_000;
const keptAfterwards = 200;
/** Reactions and edits that are kept for messages that are not loaded. */
const mostOrphans = 500;

let lastKey = 0;

/** A message as views show it. `key` stays the same from typing to the end; `version` grows with each change. */
function makeMessage(fact, own) {
  lastKey += 1;
  return {
    key: `m${lastKey}`, version: 0, id: fact.id, kind: fact.type === 'event' ? 'event' : fact.kind, from: fact.from,
    time: fact.time, text: fact.text ?? '', own, replyTo: fact.replyTo, edited: fact.edited ?? false, deleted: false,
    toRanks: fact.toRanks ?? false, reactions: new Map(), state: fact.state ?? 'sent', reason: fact.reason ?? '',
    reasonCode: fact.reasonCode ?? '', event: fact.event, who: fact.who, changes: fact.changes, sendId: fact.sendId,
    waitsAs: fact.waitsAs,
    editId: undefined, edit: undefined, before: undefined,
  };
}

/** Whether a fact is a line of its own, and does not change one. */
function isLine(fact) {
  return fact.type === 'message' || fact.type === 'event';
}

/** Whether the realm does not have it yet. */
function isUnderWay(message) {
  return message.own && !message.id;
}

export class Conversation {
  /** `ownRealm()`: the realm one is in, once that is known. */
  constructor(name, ownRealm = () => '') {
    this.name = name;
    this.ownRealm = ownRealm;
    this.key = fold(name);
    this.isGroup = isGroup(name);
    this.messages = [];
    this.byId = new Map();
    this.orphans = new Map();
    /** Edits that are on their way, by the message: it shows them meanwhile. */
    this.edits = new Map();
    /** Whether what is loaded reaches the beginning, and the newest. */
    this.atStart = false;
    this.atEnd = false;
    this.isLoaded = false;
    /** What came while a place in the past is shown: it counts, and is not shown. */
    this.later = [];
    /** The last message before the connection broke; what is loaded may lack what came next. */
    this.brokeAfter = null;
    /** The ids that the next page ends before, and begins after: also of what is no message, like a reaction. */
    this.oldest = '';
    this.newest = '';
    /** For groups: whether one is a member, and what is known of the others. */
    this.joined = false;
    this.topic = '';
    this.modes = new Map();
    this.members = new Map();
    this.membersKnown = false;
    this.namesAreOld = false;
    /** Up to when it is read; the newest message as the list shows it. */
    this.marker = '';
    /** Whether a line stands above what was new when it was opened, and up to when it was read then. */
    this.showsNew = false;
    this.newAfter = '';
    this.last = null;
    this.latest = '';
    this.unread = 0;
    this.mentioned = 0;
    this.muted = false;
    this.pinned = false;
    this.typing = new Map();
    this.version = 0;
  }

  touch(message) {
    if (message) message.version += 1;
    this.version += 1;
  }

  /** When something happened here last. */
  get activity() { return this.last && this.last.time > this.latest ? this.last.time : this.latest; }

  // MARK: facts

  /** Takes a fact at the end: it has just happened. Returns the message, where it is a new one. */
  addLive(fact, me) {
    if (!isLine(fact)) return this.#change(fact, me);
    this.#noteLast(fact, me);
    if (this.byId.has(fact.id)) return null;
    const [message] = this.#make(fact, me);
    if (this.isInPast) this.#addLater([message], me);
    else {
      this.messages.splice(this.#settledCount(), 0, message);
      this.count(me);
      this.touch();
    }
    if (message.own && message.kind !== 'event') this.read(message.time, me);
    return message;
  }

  /** How many messages stand above what is still being sent. */
  #settledCount() {
    let count = this.messages.length;
    while (count > 0 && isUnderWay(this.messages[count - 1])) count -= 1;
    return count;
  }

  /**
   * Takes a page of history; `ids` are those of all that is in it. 'newest' ends with the newest there is; where it does not reach
   * back to what is loaded, that is forgotten. 'older' and 'newer' continue what is loaded; 'around' replaces it.
   */
  addHistory(facts, me, place, ids = facts.map((fact) => fact.id)) {
    const newest = facts.findLast((fact) => fact.type === 'message');
    if (newest && place !== 'older') this.#noteLast(newest, me);
    if (place === 'around') this.#goToPast();
    else if (place === 'newest' && !this.#isReachedBy(facts)) {
      if (this.isInPast) return this.#takeLater(facts, me);
      this.#forgetBefore(facts);
    }
    const known = new Set(facts.filter(isLine).map((fact) => this.byId.get(fact.id)).filter(Boolean));
    let at = 0;
    if (place !== 'older') {
      this.messages = this.messages.filter((message) => !known.has(message));
      at = this.messages.findLastIndex((message) => !isUnderWay(message)) + 1;
    }
    const page = [];
    for (const fact of facts) {
      const message = this.byId.get(fact.id);
      if (!isLine(fact)) this.#change(fact, me);
      else if (!message) page.push(...this.#make(fact, me));
      else if (place !== 'older' && known.delete(message)) page.push(message);
    }
    // All at once: one by one takes the longer the more there are.
    this.messages = this.messages.slice(0, at).concat(page, this.messages.slice(at));
    this.later = this.later.filter((message) => !page.includes(message));
    this.#noteReach(page, place, ids.filter(Boolean));
    this.isLoaded = true;
    if (place === 'newest') this.reachEnd();
    this.count(me);
    this.touch();
    return undefined;
  }

  /** Whether what is loaded is a place in the past, without the newest. */
  get isInPast() { return this.isLoaded && !this.atEnd; }

  /** The connection has broken: what comes from now on is not what comes next. */
  noteBreak() {
    if (!this.isInPast) this.brokeAfter ??= this.messages.findLast((message) => message.id) ?? null;
  }

  /** Whether the newest page continues what is loaded: then it has some of it, from before the connection broke last. */
  #isReachedBy(facts) {
    if (facts.length === 0 || (!this.isLoaded && !this.brokeAfter)) return true;
    const end = this.brokeAfter ? this.messages.indexOf(this.brokeAfter) + 1 : this.messages.length;
    const loaded = new Set(this.messages.slice(0, end));
    return facts.some((fact) => isLine(fact) && loaded.has(this.byId.get(fact.id)));
  }

  /** Forgets what is loaded and older than a page that does not reach it. */
  #forgetBefore(facts) {
    const ids = new Set(facts.map((fact) => fact.id));
    const end = facts.at(-1).time;
    this.#keepOnly(this.messages.filter((message) => isUnderWay(message) || ids.has(message.id) || message.time > end));
  }

  /** Lets a place in the past be shown: what is unread still counts. */
  #goToPast() {
    const unread = [...this.messages, ...this.later].filter((message) => message.id && message.time > this.marker);
    this.clear();
    this.later = unread;
    this.#index(unread);
  }

  /** Counts the newest while a place in the past is shown. */
  #takeLater(facts, me) {
    const isNew = (fact) => isLine(fact) && !this.byId.has(fact.id);
    const made = facts.flatMap((fact) => (isNew(fact) ? this.#make(fact, me) : []));
    for (const fact of facts) if (!isLine(fact)) this.#change(fact, me);
    this.#addLater(made, me);
  }

  #addLater(messages, me) {
    this.later = [...this.later, ...messages].sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time))).slice(-mostUnread);
    this.count(me);
    this.touch();
  }

  /** What is loaded reaches the newest now. */
  reachEnd() {
    this.messages.splice(this.#settledCount(), 0, ...this.later);
    this.later = [];
    this.atEnd = true;
    this.brokeAfter = null;
    this.touch();
  }

  /** Notes from where on there may be more. */
  #noteReach(page, place, ids) {
    const first = this.messages.find((message) => message.id);
    const beginsAnew = place === 'newest' && (!first || page.includes(first));
    if (ids.length === 0) return;
    if (place === 'older' || place === 'around' || beginsAnew) [this.oldest] = ids;
    if (place === 'newer' || place === 'around') this.newest = ids.at(-1);
  }

  /** What there is before what is loaded has an id before this. */
  get before() { return this.oldest || this.messages.find((message) => message.id)?.id || ''; }

  /** There is nothing to be loaded. */
  beginsNow() {
    this.isLoaded = true;
    this.atStart = true;
    this.atEnd = true;
    this.touch();
  }

  /** Forgets what is loaded, all but what is still being sent. */
  clear() {
    this.#keepOnly(this.messages.filter(isUnderWay));
    this.isLoaded = false;
    this.atEnd = false;
    this.later = [];
    this.brokeAfter = null;
    this.newest = '';
  }

  /** Lets go of all but the newest, where there are many: who scrolls back is given them again. */
  trim() {
    if (!this.atEnd || this.messages.length <= mostKept) return;
    this.#keepOnly(this.messages.slice(-keptAfterwards));
  }

  #keepOnly(messages) {
    this.messages = messages;
    this.byId = new Map();
    this.#index(messages);
    this.atStart = false;
    this.oldest = '';
    this.touch();
  }

  #index(messages) {
    for (const message of messages) {
      for (const id of [message.id, message.editId]) if (id) this.byId.set(id, message);
    }
  }

  /** Adds a message that is being sent. */
  addPending(fact) {
    const message = makeMessage(fact, true);
    this.messages.push(message);
    this.last = { from: fact.from, text: fact.text, time: fact.time, kind: fact.kind, own: true };
    this.touch();
    return message;
  }

  /** Says what has become of a message on its way, or of the edit of it that is. */
  setState(message, state, reason = '', reasonCode = '') {
    if (message.edit) this.setEditState(message.edit, state, reason, reasonCode);
    else {
      Object.assign(message, { state, reason, reasonCode });
      this.touch(message);
    }
  }

  /** Shows an edit that is being sent: `{ target, text, state, reason, reasonCode }`. */
  addEdit(edit) {
    this.edits.set(edit.target, edit);
    const message = this.byId.get(edit.target);
    if (message) this.#showEdit(message, edit);
  }

  /** Says what has become of an edit; returns whether it is wanted still. */
  setEditState(edit, state, reason = '', reasonCode = '') {
    if (this.edits.get(edit.target) !== edit) return false;
    Object.assign(edit, { state, reason, reasonCode });
    const message = this.byId.get(edit.target);
    if (message) this.#showEdit(message, edit);
    return true;
  }

  /** An edit is through, under an id of its own, or is dropped. */
  endEdit(edit, id) {
    if (this.edits.get(edit.target) !== edit) return;
    this.edits.delete(edit.target);
    const message = this.byId.get(edit.target);
    if (!message) return;
    Object.assign(message, message.before, { edit: undefined, before: undefined });
    if (id) this.#edit(message, { id, text: edit.text });
    this.touch(message);
  }

  #showEdit(message, edit) {
    const { text, edited, state, reason, reasonCode } = message;
    message.before ??= { text, edited, state, reason, reasonCode };
    Object.assign(message, { edit, text: edit.text, state: edit.state, reason: edit.reason, reasonCode: edit.reasonCode });
    this.touch(message);
  }

  /** Gives a message that was sent its id and time, once the realm has it. */
  settle(message, fact) {
    const twin = fact.id && this.byId.get(fact.id);
    if (twin && twin !== message) {
      this.remove(message);
      return twin;
    }
    message.id = fact.id;
    message.time = fact.time;
    message.text = fact.text;
    message.state = 'sent';
    if (fact.id) this.byId.set(fact.id, message);
    // What others said while it was on its way stands before it everywhere.
    const place = this.messages.indexOf(message);
    let at = place;
    while (at + 1 < this.messages.length && !isUnderWay(this.messages[at + 1])) at += 1;
    if (at !== place) {
      this.messages.splice(place, 1);
      this.messages.splice(at, 0, message);
    }
    this.touch(message);
    return message;
  }

  remove(message) {
    this.messages = this.messages.filter((one) => one !== message);
    if (message.id) this.byId.delete(message.id);
    this.touch();
  }

  // MARK: reading

  /** Notes that everything up to a time is read. */
  read(time, me) {
    if (time <= this.marker) return false;
    this.marker = time;
    this.count(me);
    this.touch();
    return true;
  }

  /** Counts anew what is unread. */
  count(me) {
    let unread = 0;
    let mentioned = 0;
    const all = this.later.length > 0 ? [...this.messages, ...this.later] : this.messages;
    for (let at = all.length - 1; at >= 0 && unread < mostUnread; at -= 1) {
      const message = all[at];
      if (message.time <= this.marker) break;
      if (message.own || message.kind === 'event' || message.deleted) continue;
      unread += 1;
      if (!this.isGroup || mentions(message.text, me, this.ownRealm())) mentioned += 1;
    }
    this.unread = unread;
    this.mentioned = mentioned;
  }

  /** What of the unread calls for attention: of a muted group what names one, of a muted person nothing. */
  get calling() { return !this.muted ? this.unread : this.isGroup ? this.mentioned : 0; }

  /** Whether there are unread messages before what is loaded. */
  get hasMoreUnread() {
    const first = this.messages.find((message) => message.id);
    return Boolean(first) && !this.atStart && this.marker !== '' && first.time > this.marker;
  }

  /** The message that the line of new ones stands above, if all that is new is loaded. */
  get firstNew() {
    if (!this.showsNew) return undefined;
    const at = this.messages.findIndex((message) => !message.own && message.kind !== 'event' && message.time > this.newAfter);
    return at > 0 || this.atStart ? this.messages[at] : undefined;
  }

  /** The time of the newest message that is loaded. */
  get newestTime() {
    return this.messages.findLast((message) => message.id)?.time ?? '';
  }

  // MARK: inside

  #noteLast(fact, me) {
    if (fact.type !== 'message' || (this.last && fact.time < this.last.time)) return;
    this.last = {
      id: fact.id, from: fact.from, text: fact.text, time: fact.time, kind: fact.kind, own: fold(fact.from) === fold(me),
    };
    this.touch();
  }

  /** A message that is not known yet, in a list; of one that is, an empty one. */
  #make(fact, me) {
    if (fact.id && this.byId.has(fact.id)) return [];
    const message = makeMessage(fact, fold(fact.from ?? '') === fold(me));
    if (fact.id) {
      this.byId.set(fact.id, message);
      for (const orphan of this.orphans.get(fact.id) ?? []) this.#change(orphan, me);
      this.orphans.delete(fact.id);
      if (this.edits.has(fact.id)) this.#showEdit(message, this.edits.get(fact.id));
    }
    return [message];
  }

  /** Reactions, edits and redactions. */
  #change(fact, me) {
    const message = this.byId.get(fact.target);
    if (!message) {
      this.#keepOrphan(fact);
      return null;
    }
    if (fact.type === 'reaction') this.#react(message, fact);
    if (fact.type === 'edit' && fold(fact.from) === fold(message.from)) this.#edit(message, fact);
    if (fact.type === 'redaction') {
      if (message.edit) this.endEdit(message.edit);
      message.deleted = true;
      message.text = '';
      message.reactions.clear();
      if (this.last?.id === message.id) this.last = { ...this.last, text: '', deleted: true };
    }
    this.count(me);
    this.touch(message);
    return null;
  }

  #react(message, fact) {
    const people = message.reactions.get(fact.emoji) ?? new Set();
    if (fact.added) people.add(fold(fact.from));
    else people.delete(fold(fact.from));
    if (people.size > 0) message.reactions.set(fact.emoji, people);
    else message.reactions.delete(fact.emoji);
  }

  #edit(message, fact) {
    if (message.deleted) return;
    // What is edited here as well shows that, until it is through.
    Object.assign(message.before ?? message, { text: fact.text, edited: true });
    message.editId = fact.id;
    if (fact.id) this.byId.set(fact.id, message);
    if (this.last?.id === message.id) this.last = { ...this.last, text: fact.text };
  }

  #keepOrphan(fact) {
    if (!fact.target || this.orphans.size >= mostOrphans) return;
    const kept = this.orphans.get(fact.target) ?? [];
    kept.push(fact);
    this.orphans.set(fact.target, kept);
  }
}
