// Messages, edits and reactions on their way: each is sent under a name of its own (moot/id) until the realm has it, and said once.

import { fold } from '../names.js';
import { refusalIn } from '../protocol/errors.js';
import { byteLength, pieces } from '../protocol/line.js';
import { randomName } from '../protocol/random.js';
import { interpret } from '../state/interpret.js';
import { Outbox } from './outbox.js';

/** Bytes of text in one line: LINELEN leaves room for the longest names around it. */
const lineBytes = 1_600;
/** What a text of several lines may have at most (draft/multiline). */
const defaultLimits = { lines: 32, bytes: 4_096 };
/**
 * The realm knows for a day what it has accepted (docs/clients.md, "Sending again"); after that nothing is sent again unasked.
 * Some of the day is left to the way there.
 */
const rememberedMilliseconds = 23 * 3_600_000;
/** What says what one does. */
const action = /^\/me\s+(.*)$/s;

/** Cuts a long text into what may be one message each, between its lines where that is possible. */
export function split(text, limits = defaultLimits) {
  const parts = [];
  let part = { lines: [], count: 0, bytes: 0 };
  const flush = () => {
    const said = part.lines.join('\n').replace(/^\n+|\n+$/g, '');
    if (said.trim() !== '') parts.push(said);
    part = { lines: [], count: 0, bytes: 0 };
  };
  for (const line of text.split('\n').flatMap((one) => pieces(one, limits.bytes - 1))) {
    const bytes = byteLength(line) + 1;
    const count = pieces(line, lineBytes).length;
    if (part.count + count > limits.lines || part.bytes + bytes > limits.bytes) flush();
    part.lines.push(line);
    part.count += count;
    part.bytes += bytes;
  }
  flush();
  return parts;
}

/** Whether the realm may have a row and not know it any more. A reaction may come twice. */
function isForgotten({ type, triedAt }) {
  return type !== 'reaction' && Boolean(triedAt) && Date.now() - Date.parse(triedAt) > rememberedMilliseconds;
}

/**
 * What is on its way is a row of the outbox: a message, the edit of one (`target` is its id), or a reaction to one. Where it goes
 * to, `kind` and `text`, `replyTo`, or `emoji` and `added`; `sendId` is its name for the realm, `time` when it was typed, and
 * `triedAt` when it was sent first, `waitsAs` its id where the realm has it and it waits for another one.
 */
export class Sending {
  #byLabel = new Map();

  constructor(client, storage, locks) {
    this.client = client;
    this.outbox = new Outbox(client.account, storage, locks, () => client.tell('', 'NO_ROOM'));
    /** `{ conversation, row, message }`: the message where the row is one of its own. */
    this.waiting = [];
  }

  #limits() {
    const value = this.client.connection.offered.get('draft/multiline') ?? '';
    const number = (name, otherwise) => Number(new RegExp(`${name}=(\\d+)`).exec(value)?.[1] ?? otherwise);
    return { lines: number('max-lines', defaultLimits.lines), bytes: number('max-bytes', defaultLimits.bytes) };
  }

  // MARK: what is sent

  /** Sends a text to a conversation; it shows at once. */
  send(conversation, text, replyTo) {
    const kind = action.test(text) ? 'action' : 'message';
    for (const part of this.parts(text)) {
      this.#begin(conversation, { type: 'message', kind, text: part, replyTo });
      replyTo = undefined;
    }
  }

  /** The messages that a text becomes. */
  parts(text) {
    const acts = action.exec(text);
    if (acts) return split(acts[1].replaceAll('\n', ' '), { lines: 1, bytes: lineBytes });
    return split(text.startsWith('//') ? text.slice(1) : text, this.#limits());
  }

  /** Says a message of one's own anew; what an earlier edit of it wanted is over. */
  edit(conversation, message, text) {
    if (message.edit) this.discard(conversation, message);
    this.#begin(conversation, { type: 'edit', kind: message.kind, text, target: message.id });
  }

  /** Gives a reaction, or takes it back. */
  react(conversation, message, emoji) {
    const isTaken = message.reactions.get(emoji)?.has(fold(this.client.state.me)) ?? false;
    this.#begin(conversation, { type: 'reaction', target: message.id, emoji, added: !isTaken });
  }

  #begin(conversation, row) {
    const begun = { sendId: randomName(), time: new Date().toISOString(), state: 'sending', reason: '' };
    const entry = { conversation, row: { ...row, ...begun } };
    this.#show(entry);
    this.outbox.add(this.#kept(entry));
    this.#transmit(entry);
  }

  #show(entry) {
    this.waiting.push(entry);
    this.#place(entry);
  }

  /** What is on its way shows where it will be. */
  #place(entry) {
    const { conversation, row } = entry;
    const { me } = this.client.state;
    switch (row.type) {
      case 'edit': conversation.addEdit(row); break;
      case 'reaction': conversation.addLive({ ...row, from: me }, me); break;
      default: entry.message = conversation.addPending({ ...row, from: me });
    }
  }

  /** Sends what was refused once more. */
  retry(conversation, message) {
    const { edit, kind, text, replyTo } = message;
    if (edit) return this.edit(conversation, message, edit.text);
    this.discard(conversation, message);
    return this.#begin(conversation, { type: 'message', kind, text, replyTo });
  }

  /** Drops what was refused. */
  discard(conversation, message) {
    const entry = this.waiting.find((one) => one.message === message || (message.edit && one.row === message.edit));
    if (entry) this.#forget(entry);
    if (message.edit) conversation.endEdit(message.edit);
    else conversation.remove(message);
  }

  /** After connecting: whatever the realm has not confirmed. */
  resend() {
    this.#byLabel.clear();
    for (const entry of this.waiting) if (this.#shown(entry).state !== 'failed') this.#transmit(entry);
  }

  /** What has the state of a row: the message that it is, or the row itself. */
  #shown({ row, message }) { return message ?? row; }

  #transmit(entry) {
    const { connection } = this.client;
    const { name } = entry.conversation;
    const { type, kind, text, replyTo, target, emoji, added, sendId } = entry.row;
    if (!connection.isOnline) return;
    if (isForgotten(entry.row)) {
      if (entry.row.waitsAs) this.#setState(entry, 'waiting');
      else this.#failed(entry, { code: 'FORGOTTEN', text: '' });
      return;
    }
    if (!entry.row.triedAt) {
      entry.row.triedAt = new Date().toISOString();
      this.outbox.keep(this.#kept(entry));
    }
    const label = connection.nextLabel();
    this.#byLabel.set(label, entry);
    const tags = { label, 'moot/id': sendId };
    switch (type) {
      case 'edit': this.#write(name, kind, text, { ...tags, '+draft/edit': target }); break;
      case 'reaction':
        connection.send('TAGMSG', [name], {
          ...tags, '+reply': target, '+draft/reply': target, [added ? '+draft/react' : '+draft/unreact']: emoji,
        });
        break;
      default: this.#write(name, kind, text, { ...tags, '+reply': replyTo, '+draft/reply': replyTo });
    }
  }

  #write(target, kind, text, tags) {
    const connection = this.client.connection;
    const wrap = (line) => (kind === 'action' ? `\x01ACTION ${line}\x01` : line);
    if (!text.includes('\n') && byteLength(text) <= lineBytes) return connection.send('PRIVMSG', [target, wrap(text)], tags);
    const batch = connection.nextLabel();
    connection.send('BATCH', [`+${batch}`, 'draft/multiline', target], tags);
    for (const line of text.split('\n')) {
      pieces(line, lineBytes).forEach((piece, index) => connection.send(
        'PRIVMSG', [target, piece], index === 0 ? { batch } : { batch, 'draft/multiline-concat': '' }));
    }
    return connection.send('BATCH', [`-${batch}`]);
  }

  // MARK: answers

  /** Takes what something of ours is answered; returns whether that was all there is to it. */
  take(item, label) {
    const entry = this.#byLabel.get(label);
    if (!entry) return false;
    const isMessage = Boolean(entry.message);
    // An edit that another one has followed, or what has turned up meanwhile.
    if (!this.waiting.includes(entry)) return item.command !== 'PRIVMSG';
    const refusal = refusalIn([item]);
    if (refusal && refusal.code !== 'UNDELIVERABLE') {
      this.#byLabel.delete(label);
      this.#failed(entry, refusal);
      return true;
    }
    if (item.command === 'NOTE' && item.params[1] === 'ALREADY_SENT') {
      this.#settled(label, entry, { id: item.params[3], time: entry.message?.time, text: entry.message?.text });
      return true;
    }
    if (item.command === 'NOTE' && item.params[1] === 'WAITING') {
      this.#setState(entry, 'waiting');
      this.#noteWaiting(entry, item.params[3]);
      return !isMessage;
    }
    if (item.command !== 'PRIVMSG' && item.command !== 'TAGMSG') return false;
    this.#settled(label, entry, interpret(item, this.client.state.me, Date.now()));
    // What an edit or a reaction changes is taken as from anybody.
    return isMessage;
  }

  /** The realm has it. */
  #settled(label, entry, fact) {
    const { conversation, row, message } = entry;
    this.#byLabel.delete(label);
    this.#forget(entry);
    this.client.state.touch();
    if (row.type === 'edit') conversation.endEdit(row, fact?.id);
    if (!message || !fact) return;
    const wasWaiting = message.state === 'waiting';
    const settled = conversation.settle(message, fact);
    if (wasWaiting) settled.state = 'late';
    conversation.read(fact.time, this.client.state.me);
    conversation.last = { ...fact, own: true };
  }

  #failed(entry, { code, text }) {
    const { conversation, row } = entry;
    const { me } = this.client.state;
    this.client.state.touch();
    if (this.#setState(entry, 'failed', text, code)) return this.keepNoted();
    // There is no place where it could say so.
    if (row.type === 'reaction') conversation.addLive({ ...row, added: !row.added, from: me }, me);
    this.#forget(entry);
    return this.client.tell(text, code);
  }

  /** Says what has become of something, where there is a place for that; returns whether there is. */
  #setState({ conversation, row, message }, ...values) {
    if (message) conversation.setState(message, ...values);
    return Boolean(message) || (row.type === 'edit' && conversation.setEditState(row, ...values));
  }

  /** What waits for another realm comes some day without an answer, perhaps as history. */
  noteArrived(conversation) {
    for (const entry of this.waiting.filter((one) => one.conversation === conversation)) {
      const { waitsAs } = entry.row;
      const known = waitsAs && conversation.byId.get(waitsAs);
      if (known) this.#settled('', entry, { id: waitsAs, from: known.from, text: known.text, time: known.time, kind: known.kind });
    }
  }

  #forget(entry) {
    this.waiting = this.waiting.filter((one) => one !== entry);
    this.outbox.forget(entry.row);
  }

  // MARK: keeping

  /** Also that it was refused: then it is not sent again unless somebody wants it. */
  #kept(entry) {
    const { state, reason, reasonCode } = this.#shown(entry);
    const refused = state === 'failed' ? { state, reason, reasonCode } : { state: 'sending', reason: '' };
    return { ...entry.row, to: entry.conversation.name, ...refused };
  }

  /** Keeps what notes have told: that another realm has refused something, or that something waits for it. */
  keepNoted() {
    for (const entry of this.waiting) {
      if (this.#shown(entry).state === 'failed') this.outbox.keep(this.#kept(entry));
      else if (entry.message?.waitsAs) this.#noteWaiting(entry, entry.message.waitsAs);
    }
  }

  #noteWaiting(entry, id) {
    if (entry.row.waitsAs === id) return;
    entry.row.waitsAs = id;
    if (entry.message) entry.message.waitsAs = id;
    this.outbox.keep(this.#kept(entry));
  }

  /** A group has another name: what is on its way goes there, also what was refused under the name before. */
  rename(before, conversation) {
    for (const entry of this.waiting) {
      if (entry.conversation !== conversation && entry.conversation.key === fold(before)) {
        entry.row = this.#kept(entry);
        if (entry.message) entry.conversation.remove(entry.message);
        entry.conversation = conversation;
        this.#place(entry);
      }
      if (entry.conversation === conversation) this.outbox.keep(this.#kept(entry));
    }
  }

  /** What was on its way before the page went away. */
  restore() { this.outbox.takeAll((row) => this.#takeOver(row)); }

  /** Another tab has put something there, or taken it away. */
  changedElsewhere(event) { this.outbox.changedElsewhere(event, (row) => this.#takeOver(row)); }

  #takeOver(kept) {
    const row = { type: 'message', state: 'sending', ...kept };
    const entry = { conversation: this.client.state.conversation(row.to), row };
    this.#show(entry);
    if (row.state !== 'failed') this.#transmit(entry);
    this.client.changed();
  }

  forgetAll() { this.outbox.forgetAll(); }

  stop() { this.outbox.close(); }
}
