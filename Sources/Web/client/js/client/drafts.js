// What was typed and not sent, by conversation: it outlives the page.

import { fold } from '../names.js';

/** A browser keeps some five million letters in all. */
const mostLetters = 100_000;

/** The keys that begin with `place`. */
export function keysIn(storage, place) {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index)).filter((key) => key.startsWith(place));
}

export class Drafts {
  constructor(account, storage) {
    this.storage = storage;
    this.place = `moot.draft.${fold(account)}.`;
  }

  /** Conversations that something was typed in, by name. */
  get names() {
    return keysIn(this.storage, this.place).map((key) => key.slice(this.place.length));
  }

  get({ name }) { return this.storage.getItem(this.place + name) ?? ''; }

  keep({ name }, text) {
    if (text.trim() === '') this.storage.removeItem(this.place + name);
    else this.storage.setItem(this.place + name, text.slice(0, mostLetters));
  }

  /** Who uses this browser next does not find them. */
  forgetAll() {
    for (const name of this.names) this.storage.removeItem(this.place + name);
  }
}
