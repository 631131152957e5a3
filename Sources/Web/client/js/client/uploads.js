// Files on their way out: those that wait to be sent with a conversation's next message, one after the other.

import { NotUploaded } from './files.js';

let last = 0;

export class Uploads {
  #current = null;

  constructor(client, files) {
    this.client = client;
    this.files = files;
    /** `{ key, conversation, file, state, share, why, text, address, isWanted }`; states: 'waiting', 'coming', 'ready', 'failed'. */
    this.list = [];
  }

  /** Those that stand above the input of a conversation. */
  of(conversation) { return this.list.filter((upload) => upload.conversation === conversation); }

  /** Takes files that were chosen, dropped or pasted. */
  async add(conversation, files) {
    for (const file of files) {
      last += 1;
      const upload = { key: `upload ${last}`, conversation, file, state: 'waiting', share: 0, isWanted: false };
      this.list.push(upload);
      const problem = await this.files.problem(file);
      if (problem) Object.assign(upload, { state: 'failed', ...problem, isFinal: true });
    }
    this.#changed();
    this.#next();
  }

  /** Sends their addresses, now or as soon as they are known. */
  want(conversation) {
    for (const upload of this.of(conversation)) if (upload.state !== 'failed') upload.isWanted = true;
    this.#deliver();
  }

  retry(upload) {
    Object.assign(upload, { state: 'waiting', share: 0, why: undefined });
    this.#changed();
    this.#next();
  }

  remove(upload) {
    this.list = this.list.filter((one) => one !== upload);
    if (upload === this.#current?.upload) this.#current.stop();
    this.#changed();
  }

  #changed() { this.client.changed(); }

  async #next() {
    const upload = this.list.find((one) => one.state === 'waiting');
    if (this.#current || !upload) return;
    upload.state = 'coming';
    const { done, stop } = this.files.upload(upload.file, (share) => {
      upload.share = share;
      this.#changed();
    });
    this.#current = { upload, stop };
    this.#changed();
    try {
      upload.address = await done;
      upload.state = 'ready';
    } catch (error) {
      const { why, text } = error instanceof NotUploaded ? error : new NotUploaded('cut');
      Object.assign(upload, { state: 'failed', why, text });
    }
    this.#current = null;
    this.#deliver();
    this.#next();
  }

  /** In the order in which they were chosen: one that is not there yet holds up those behind it, one that failed does not. */
  #deliver() {
    const held = new Set();
    for (const upload of [...this.list]) {
      if (upload.state === 'failed') continue;
      if (!upload.isWanted || upload.state !== 'ready') held.add(upload.conversation);
      if (held.has(upload.conversation)) continue;
      this.list = this.list.filter((one) => one !== upload);
      this.client.send(upload.conversation, upload.address);
    }
    this.#changed();
  }
}
