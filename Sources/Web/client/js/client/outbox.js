// What is on its way, as it is kept in this browser until the realm has it. Each row belongs to one tab, which holds a lock on it:
// it is sent from there alone, and by another one only when that has gone.

import { fold } from '../names.js';
import { keysIn } from './drafts.js';

export class Outbox {
  /** What lets go of a row, by its key. */
  #held = new Map();
  #isClosed = false;

  /**
   * `locks`: the browser's LockManager. It is there only where pages come over TLS; without it every tab has every row.
   * `onFull()`: there is no room left in this browser, and what is sent is not kept.
   */
  constructor(account, storage, locks, onFull) {
    this.storage = storage;
    this.locks = locks;
    this.onFull = onFull;
    this.place = `moot.outbox.${fold(account)}.`;
  }

  #key({ sendId }) { return this.place + sendId; }

  /** Keeps a new row, each under a key of its own, so that two tabs do not drop each other's. */
  add(row) {
    this.#own(this.#key(row), () => {});
    this.keep(row);
  }

  /** Keeps what has become of a row. */
  keep(row) {
    try {
      this.storage.setItem(this.#key(row), JSON.stringify(row));
    } catch {
      this.onFull();
    }
  }

  forget(row) {
    const key = this.#key(row);
    this.storage.removeItem(key);
    this.#letGo(key);
  }

  /** Takes over what is there, as soon as no other tab has it, the oldest first: `act(row)` for each. */
  takeAll(act) {
    const rows = keysIn(this.storage, this.place).map((key) => this.#read(key));
    for (const row of rows.sort((a, b) => (a.time < b.time ? -1 : 1))) this.#take(this.#key(row), act);
  }

  /** Another tab has changed something (a storage event): when it goes away, what it has added is taken over. */
  changedElsewhere({ key, oldValue }, act) {
    if (this.locks && oldValue === null && key?.startsWith(this.place)) this.#take(key, act);
  }

  #take(key, act) { this.#own(key, () => act(this.#read(key))); }

  #read(key) { return JSON.parse(this.storage.getItem(key)); }

  #own(key, act) {
    if (!this.locks) return act();
    return this.locks.request(key, () => {
      if (this.#isClosed || this.storage.getItem(key) === null) return undefined;
      act();
      return new Promise((resolve) => { this.#held.set(key, resolve); });
    });
  }

  #letGo(key) {
    this.#held.get(key)?.();
    this.#held.delete(key);
  }

  /** Who uses this browser next does not find them. */
  forgetAll() {
    for (const key of keysIn(this.storage, this.place)) this.storage.removeItem(key);
  }

  /** Leaves what is kept to others. */
  close() {
    this.#isClosed = true;
    for (const key of [...this.#held.keys()]) this.#letGo(key);
  }
}
