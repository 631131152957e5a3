// Messages that the realm has, and that wait for another realm: the page remembers them, for when it is loaded anew.

import { fold } from '../names.js';

const most = 200;

export class Waiting {
  constructor(client, storage) {
    this.client = client;
    this.storage = storage;
    this.place = `moot.waiting.${fold(client.account)}`;
    /** Ids of messages, and to whom they are. */
    this.ids = new Map(JSON.parse(storage.getItem(this.place) ?? '[]'));
  }

  /** Takes what the realm notes of a message. */
  take({ code, context: [target = '', id = ''] }) {
    if (code === 'WAITING' && this.client.state.find(target)?.byId.has(id)) this.ids.set(id, target);
    else if (!this.ids.delete(id)) return;
    this.#keep();
  }

  /**
   * Shows what waits as waiting, once it is known which realms are out of reach. Where one can be reached, what has waited
   * is there: that was told when the page was not open.
   */
  show() {
    const { state } = this.client;
    if (state.realms.length === 0) return;
    for (const [id, name] of this.ids) {
      if (!state.outOfReach(name)) {
        this.ids.delete(id);
        continue;
      }
      const conversation = state.find(name);
      const message = conversation?.byId.get(id);
      if (message?.state !== 'sent') continue;
      message.state = 'waiting';
      conversation.touch(message);
    }
    this.#keep();
  }

  /** Who uses this browser next does not learn to whom something was. */
  forgetAll() {
    this.ids.clear();
    this.#keep();
  }

  #keep() {
    if (this.ids.size === 0) this.storage.removeItem(this.place);
    else this.storage.setItem(this.place, JSON.stringify([...this.ids].slice(-most)));
  }
}
