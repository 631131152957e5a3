// Loading what was said: the newest of every conversation after connecting, older pages while scrolling, what was found.

import { fold } from '../names.js';
import { refusalIn } from '../protocol/errors.js';
import { escapeValue } from '../protocol/line.js';
import { mostUnread } from '../state/conversation.js';
import { interpret } from '../state/interpret.js';

const firstPage = 50;
const page = 100;
const mostFound = 50;
/** Conversations that are loaded at once after connecting; the others when they are opened. */
const loadedAtOnce = 60;

export class History {
  #loading = new Set();

  constructor(client) {
    this.client = client;
  }

  /** Which conversations there are, newest first, and the newest of each. */
  async loadAll() {
    const { connection, state } = this.client;
    const answers = await connection.request(
      'CHATHISTORY', ['TARGETS', 'timestamp=2100-01-01T00:00:00.000Z', 'timestamp=1970-01-01T00:00:00.000Z', '200'],
      { quiet: true });
    for (const item of answers.find((one) => one.batch === 'draft/chathistory-targets')?.items ?? []) {
      const [, name, time] = item.params;
      const conversation = state.conversation(name);
      if (time > conversation.latest) conversation.latest = time;
      if (!conversation.isGroup) connection.send('MARKREAD', [name]);
    }
    for (const conversation of state.conversations.values()) {
      if (conversation.isGroup && conversation.joinedIn !== this.client.connections) conversation.joined = false;
      else if (conversation.isLoaded) conversation.isStale = true;
    }
    state.touch();
    const open = this.client.open;
    const wanted = state.sorted().filter((one) => one.joined || !one.isGroup).slice(0, loadedAtOnce);
    if (open) wanted.unshift(open);
    await Promise.all(wanted.map((one) => this.loadNewest(one)));
  }

  /** The newest page, unless it is there. */
  async loadNewest(conversation, { anew = false } = {}) {
    if (conversation.atEnd && !conversation.isStale && !anew) return;
    await this.#load(conversation, 'newest', ['LATEST', conversation.name, '*', String(firstPage)]);
    conversation.isStale = false;
    // As far as unread messages are counted; and to a message, where there are but reactions and the like.
    const isMissing = () => !conversation.messages.some((message) => message.id)
      || (conversation.hasMoreUnread && conversation.unread < mostUnread);
    while (conversation.atEnd && isMissing() && (await this.loadOlder(conversation))?.length > 0);
  }

  /**
   * The page before what is loaded. Returns what is in it, or nothing where there is nothing to ask. How much of it is messages
   * says nothing: the last page is the one that leads no further.
   */
  async loadOlder(conversation) {
    const { before } = conversation;
    if (conversation.atStart || !before) return undefined;
    const isWanted = () => conversation.before === before;
    const items = await this.#load(conversation, 'older', ['BEFORE', conversation.name, `msgid=${before}`, String(page)], isWanted);
    if (items && isWanted()) conversation.atStart = true;
    return items;
  }

  /** The same of the page after it. */
  async loadNewer(conversation) {
    const { newest } = conversation;
    if (conversation.atEnd || !newest) return undefined;
    const isWanted = () => conversation.newest === newest;
    const items = await this.#load(conversation, 'newer', ['AFTER', conversation.name, `msgid=${newest}`, String(page)], isWanted);
    if (items && isWanted()) conversation.reachEnd();
    return items;
  }

  /** The place of a message in its conversation, from wherever it was found. Returns the message. */
  async loadAround(conversation, id) {
    const known = conversation.byId.get(id);
    if (known && conversation.messages.includes(known)) return known;
    await this.#load(conversation, 'around', ['AROUND', conversation.name, `msgid=${id}`, String(page)]);
    return conversation.byId.get(id);
  }

  /** Asks for a page; returns what is in it, or nothing where it failed, is under way already, or is not wanted any more. */
  async #load(conversation, place, params, isWanted = () => true) {
    const key = `${conversation.key} ${place}`;
    if (this.#loading.has(key) || !this.client.connection.isOnline) return undefined;
    this.#loading.add(key);
    try {
      const answers = await this.client.connection.request('CHATHISTORY', params, { quiet: true });
      const batch = answers.find((one) => one.batch === 'chathistory');
      if (!batch) {
        // There is none for us: what comes from now on is all there is.
        const refusal = refusalIn(answers);
        const mayRead = !conversation.isGroup || conversation.joined;
        if (place === 'newest' && mayRead && refusal && refusal.code !== 'TEMPORARILY_UNAVAILABLE') conversation.beginsNow();
        return undefined;
      }
      if (!isWanted()) return undefined;
      this.#add(conversation, place, batch.items);
      return batch.items;
    } finally {
      this.#loading.delete(key);
    }
  }

  #add(conversation, place, items) {
    const { state } = this.client;
    const facts = items.map((item) => interpret(item, state.me, Date.now())).filter(Boolean);
    conversation.addHistory(facts.filter((fact) => fact.type !== 'fail'), state.me, place, items.map((item) => item.tags.msgid));
    if (place === 'around') conversation.atEnd = false;
    for (const fact of facts) {
      if (fact.type === 'fail') state.takeFact(fact, Date.now());
      if (fact.event === 'rename') this.client.renamed(fact.before, conversation);
    }
    this.client.sending.noteArrived(conversation);
    this.client.waiting.show();
    state.touch();
  }

  /**
   * Searches, in one conversation or in all; newest first. Returns `{ found, error, before }`: where there may be more, they are
   * not newer than `before`. What is in `known`, ids, is left out, and what is found added to it.
   */
  async search(text, { conversation, before = '', known = new Set() } = {}) {
    const { connection, state } = this.client;
    const attributes = [`text=${escapeValue(text)}`, `limit=${mostFound}`];
    if (before) attributes.push(`before=${before}`);
    if (conversation) attributes.push(`in=${escapeValue(conversation.name)}`);
    const answers = await connection.request('SEARCH', [attributes.join(';')], { quiet: true });
    const refusal = refusalIn(answers);
    if (refusal) return { found: [], error: refusal.text, before: '' };
    const items = answers.find((one) => one.batch === 'soju.im/search')?.items ?? [];
    const facts = items.map((item) => interpret(item, state.me, Date.now())).filter((fact) => fact?.type === 'message');
    const isNew = (fact) => !known.has(fact.id) && known.add(fact.id);
    const found = facts.filter(isNew).reverse();
    // There was so much to look at that it ended at some time; or there are as many as may be.
    const ended = answers.find((one) => one.command === 'WARN' && one.params[1] === 'INCOMPLETE');
    const oldest = items.length >= mostFound && found.length > 0 ? facts[0].time : '';
    return { found, error: '', before: ended ? ended.params[2] : oldest };
  }

  /** Whether a conversation has been loaded since connecting. */
  isLoading(conversation) {
    return [...this.#loading].some((key) => key.startsWith(`${fold(conversation.name)} `));
  }
}
