// Messages on their way: each is sent under a name of its own (moot/id) until the realm has it, and said once.

import { fold } from '../names.js';
import { refusalIn } from '../protocol/errors.js';
import { byteLength, pieces } from '../protocol/line.js';
import { randomName } from '../protocol/random.js';
import { interpret } from '../state/interpret.js';
import { keysIn } from './drafts.js';

/** Bytes of text in one line: LINELEN leaves room for the longest names around it. */
const lineBytes = 1_600;
/** What a text of several lines may have at most (draft/multiline). */
const defaultLimits = { lines: 32, bytes: 4_096 };
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

export class Sending {
  #byLabel = new Map();

  constructor(client, storage) {
    this.client = client;
    this.storage = storage;
    this.waiting = [];
  }

  get #place() { return `moot.outbox.${fold(this.client.account)}.`; }

  #limits() {
    const value = this.client.connection.offered.get('draft/multiline') ?? '';
    const number = (name, otherwise) => Number(new RegExp(`${name}=(\\d+)`).exec(value)?.[1] ?? otherwise);
    return { lines: number('max-lines', defaultLimits.lines), bytes: number('max-bytes', defaultLimits.bytes) };
  }

  // MARK: messages

  /** Sends a text to a conversation; it shows at once. */
  send(conversation, text, replyTo) {
    const kind = action.test(text) ? 'action' : 'message';
    for (const part of this.parts(text)) {
      this.#begin(conversation, { text: part, kind, replyTo, sendId: randomName() });
      replyTo = undefined;
    }
  }

  /** The messages that a text becomes. */
  parts(text) {
    const acts = action.exec(text);
    if (acts) return split(acts[1].replaceAll('\n', ' '), { lines: 1, bytes: lineBytes });
    return split(text.startsWith('//') ? text.slice(1) : text, this.#limits());
  }

  #begin(conversation, { text, kind, replyTo, sendId, time = new Date().toISOString() }) {
    const message = conversation.addPending({
      type: 'message', kind, text, replyTo, sendId, from: this.client.state.me, time, state: 'sending',
    });
    this.waiting.push({ conversation, message });
    this.#keep(conversation, message);
    this.#transmit(conversation, message);
  }

  /** Sends what was refused once more. */
  retry(conversation, message) {
    conversation.remove(message);
    this.#forget(message);
    this.#begin(conversation, { ...message, sendId: randomName(), time: undefined });
  }

  /** Drops what was refused. */
  discard(conversation, message) {
    this.#forget(message);
    conversation.remove(message);
  }

  /** Says a message of one's own anew. */
  edit(conversation, message, text) {
    const label = this.client.connection.nextLabel();
    this.#byLabel.set(label, { conversation, edits: true });
    const tags = { label, '+draft/edit': message.id, 'moot/id': randomName() };
    return this.#write(conversation.name, message.kind, text, tags);
  }

  /** After connecting: whatever the realm has not confirmed. */
  resend() {
    this.#byLabel.clear();
    for (const { conversation, message } of this.waiting) {
      if (message.state !== 'failed') this.#transmit(conversation, message);
    }
  }

  #transmit(conversation, message) {
    const label = this.client.connection.nextLabel();
    this.#byLabel.set(label, { conversation, message });
    this.#write(conversation.name, message.kind, message.text, {
      label, 'moot/id': message.sendId, '+reply': message.replyTo, '+draft/reply': message.replyTo,
    });
  }

  #write(target, kind, text, tags) {
    const connection = this.client.connection;
    if (!connection.isOnline) return false;
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

  /** Takes what a message of ours is answered; returns whether it was that. */
  take(item, label) {
    const sent = this.#byLabel.get(label);
    if (!sent) return false;
    const refusal = refusalIn([item]);
    if (refusal && refusal.code !== 'UNDELIVERABLE') {
      this.#byLabel.delete(label);
      if (sent.edits) this.client.tell(refusal.text, refusal.code);
      else this.#failed(sent, refusal);
      return true;
    }
    if (item.command === 'NOTE' && item.params[1] === 'ALREADY_SENT') {
      return this.#settled(label, sent, { id: item.params[3], time: sent.message?.time, text: sent.message?.text });
    }
    if (item.command !== 'PRIVMSG' || sent.edits) return false;
    return this.#settled(label, sent, interpret(item, this.client.state.me, Date.now()));
  }

  #settled(label, { conversation, message }, fact) {
    this.#byLabel.delete(label);
    if (!message || !fact) return true;
    const wasWaiting = message.state === 'waiting';
    const settled = conversation.settle(message, fact);
    if (wasWaiting) settled.state = 'late';
    conversation.read(fact.time, this.client.state.me);
    conversation.last = { ...fact, own: true };
    this.#forget(message);
    this.client.state.touch();
    return true;
  }

  #failed({ conversation, message }, { code, text }) {
    if (!message) return;
    message.state = 'failed';
    message.reason = text;
    message.reasonCode = code;
    conversation.touch(message);
    this.client.state.touch();
  }

  #forget(message) {
    this.waiting = this.waiting.filter((one) => one.message !== message);
    this.storage.removeItem(this.#place + message.sendId);
  }

  // MARK: keeping

  /** Each under a key of its own, so that two tabs do not drop each other's. */
  #keep(conversation, message) {
    const { text, kind, replyTo, sendId, time } = message;
    this.storage.setItem(this.#place + sendId, JSON.stringify({ to: conversation.name, text, kind, replyTo, sendId, time }));
  }

  /** Who uses this browser next does not find them. */
  forgetAll() {
    for (const key of keysIn(this.storage, this.#place)) this.storage.removeItem(key);
  }

  /** What was typed before the page went away. */
  restore() {
    const rows = keysIn(this.storage, this.#place).map((key) => JSON.parse(this.storage.getItem(key)));
    for (const row of rows.sort((a, b) => (a.time < b.time ? -1 : 1))) {
      const conversation = this.client.state.conversation(row.to);
      const fact = { ...row, type: 'message', from: this.client.state.me, state: 'sending' };
      this.waiting.push({ conversation, message: conversation.addPending(fact) });
    }
  }
}
