// What was typed and not sent, by conversation: it outlives the page.

import { fold } from '../names.js';

/** The keys that begin with `place`. */
export function keysIn(storage, place) {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index)).filter((key) => key.startsWith(place));
}

export class Drafts {
  /** By conversation, what stands in this tab, and whether it was typed here: `{ text, isTyped }`. */
  #here = new Map();

  /** `onFull()`: there is no room left in this browser. */
  constructor(account, storage, onFull = () => {}) {
    this.storage = storage;
    this.onFull = onFull;
    this.place = `moot.draft.${fold(account)}.`;
  }

  /** Conversations that something was typed in, by name. */
  get names() {
    return keysIn(this.storage, this.place).map((key) => key.slice(this.place.length));
  }

  /** What was typed here, else what was kept last, in whatever tab. */
  get({ name }) {
    const here = this.#here.get(name);
    if (here?.isTyped) return here.text;
    const text = this.storage.getItem(this.place + name) ?? '';
    this.#here.set(name, { text, isTyped: false });
    return text;
  }

  /** Keeps what stands here. Where nothing was typed, another tab may have kept something better. */
  keep({ name }, text) {
    if (this.#here.get(name)?.text === text) return;
    const isTyped = text.trim() !== '';
    this.#here.set(name, { text, isTyped });
    try {
      if (isTyped) this.storage.setItem(this.place + name, text);
      else this.storage.removeItem(this.place + name);
    } catch {
      this.onFull();
    }
  }

  /** A group has another name: what was typed in it goes with it. */
  rename(before, after) {
    const text = this.get({ name: before });
    if (text === '') return;
    this.keep({ name: before }, '');
    if (this.get({ name: after }) === '') this.keep({ name: after }, text);
  }

  /** Who uses this browser next does not find them. */
  forgetAll() {
    for (const name of this.names) this.storage.removeItem(this.place + name);
  }
}
