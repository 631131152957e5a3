// Files: what the realm takes (soju.im/FILEHOST), uploading them, and knowing their addresses again in messages.

/** What an address of a file looks like, in whatever realm: its id, the realm that keeps it, its name. */
const pathOfFile = /^\/files\/([\w-]{22})(?:@([a-z][a-z0-9-]*))?\/([^/?#]+)$/;
/** Pictures that browsers show, and that realms show in place. */
const pictures = /\.(?:png|jpe?g|gif|webp|avif)$/i;

/** Why an upload has ended without an address: 'tooLarge', 'wrongType', 'full', 'cut', 'refused' or 'stopped'. */
export class NotUploaded extends Error {
  constructor(why, text = '') {
    super(text || why);
    this.why = why;
    /** What the realm says, in its words. */
    this.text = text;
  }
}

/** What somebody calls a file, as `Content-Disposition` has it. */
export function disposition(name) {
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename*=UTF-8''${encoded}`;
}

/** A size for people. */
export function sizeText(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let size = bytes / 1024;
  while (size >= 1024 && units.length > 1) {
    size /= 1024;
    units.shift();
  }
  return `${size < 10 ? Math.round(size * 10) / 10 : Math.round(size)} ${units[0]}`;
}

/** Whether a list like `image/*, text/plain` has a type; a file without one is judged by the realm. */
export function isTaken(type, types) {
  if (type === '') return true;
  return types.some((one) => one === '*/*' || one === type || (one.endsWith('/*') && type.startsWith(one.slice(0, -1))));
}

export class Files {
  #limits = null;

  /** `fetch` and `makeRequest` are the browser's; `origin` is where the page came from. */
  constructor(client, {
    fetch = (...all) => globalThis.fetch(...all), makeRequest = () => new XMLHttpRequest(), origin = globalThis.location?.origin,
  } = {}) {
    this.client = client;
    this.fetch = fetch;
    this.makeRequest = makeRequest;
    this.origin = origin;
  }

  /** Where the realm says that files go; null where it takes none. */
  get #host() {
    const address = this.client.connection.support.get('soju.im/FILEHOST');
    return address ? new URL(address) : null;
  }

  get #authorization() {
    const { account, secret } = this.client.connection.credentials;
    return `Basic ${btoa(`${account}:${secret}`)}`;
  }

  get areTaken() { return this.#host !== null; }

  /** What is taken: a promise of `{ most, types }`, asked once for each connection. */
  async limits() {
    if (this.#limits?.of !== this.client.connections) this.#limits = { of: this.client.connections, asked: this.#askLimits() };
    const limits = await this.#limits.asked;
    if (!limits) this.#limits = null;
    return limits ?? { most: Infinity, types: ['*/*'] };
  }

  async #askLimits() {
    try {
      const { headers } = await this.fetch(this.#host.pathname, { method: 'OPTIONS', credentials: 'omit' });
      const most = Number(/max-size=(\d+)/.exec(headers.get('Upload-Limit'))?.[1] ?? Infinity);
      return { most, types: (headers.get('Accept-Post') ?? '*/*').split(',').map((type) => type.trim()) };
    } catch {
      return null;
    }
  }

  /** Why a file need not be sent: `{ why, most }`; null: it may be. */
  async problem(file) {
    const { most, types } = await this.limits();
    if (file.size > most) return { why: 'tooLarge', most };
    return isTaken(file.type, types) ? null : { why: 'wrongType', most };
  }

  /**
   * Uploads a file. Returns `{ done, stop() }`: `done` is a promise of its address, which fails with `NotUploaded`.
   * `progress(share)` is told how much has gone.
   */
  upload(file, progress) {
    const request = this.makeRequest();
    const done = new Promise((resolve, reject) => {
      const host = this.#host;
      if (!host) return reject(new NotUploaded('cut'));
      request.open('POST', host.pathname);
      request.setRequestHeader('Authorization', this.#authorization);
      request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
      request.setRequestHeader('Content-Disposition', disposition(file.name));
      request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
      request.onload = () => {
        const address = request.status === 201 ? request.getResponseHeader('Location') : '';
        if (address) resolve(new URL(address, host).href);
        else reject(new NotUploaded(this.#reason(request.status), request.responseText.trim()));
      };
      request.onerror = () => reject(new NotUploaded('cut'));
      request.onabort = () => reject(new NotUploaded('stopped'));
      return request.send(file);
    });
    return { done, stop: () => request.abort() };
  }

  #reason(status) {
    return { 408: 'cut', 413: 'tooLarge', 415: 'wrongType', 507: 'full' }[status] ?? 'refused';
  }

  // MARK: one's own

  /** A promise of `{ files, bytes, quotaBytes }`, each file as `{ name, path, bytes, created }`; null: nobody answers. */
  async mine() {
    try {
      const response = await this.#ask(this.#host.pathname, 'GET');
      if (!response.ok) return null;
      const { files, bytes, quotaBytes } = await response.json();
      return { bytes, quotaBytes, files: files.map((file) => ({ ...file, path: new URL(file.address, this.#host).pathname })) };
    } catch {
      return null;
    }
  }

  /** Removes one for everybody. A promise of whether it is gone. */
  async remove(file) {
    try {
      const { ok, status } = await this.#ask(file.path, 'DELETE');
      return ok || status === 404;
    } catch {
      return false;
    }
  }

  #ask(path, method) {
    return this.fetch(path, { method, credentials: 'omit', cache: 'no-store', headers: { Authorization: this.#authorization } });
  }

  // MARK: in messages

  /**
   * The files whose addresses a text has: `{ address, name, isServed, isElsewhere, path, isPicture, host }`. The realm serves its
   * own (`isServed`), and those of other realms that it knows, which it fetches.
   */
  find(text) {
    const found = new Map();
    for (const [address] of text.matchAll(/(https?:\/\/[^\s<>"'`]+)/g)) {
      // Ends of sentences stand behind an address, not in it.
      const file = this.#file(address.replace(/[.,;:!?)\]'"]+$/, ''));
      if (file && found.size < 10) found.set(file.address, file);
    }
    return [...found.values()];
  }

  #file(address) {
    try {
      const url = new URL(address);
      const [, id, realm, name] = pathOfFile.exec(url.pathname) ?? [];
      if (!id) return null;
      const { state } = this.client;
      // What the address says of the realm counts: where it leads to may be called by several names.
      const isElsewhere = realm !== state.realm && state.realms.some((one) => one.name === realm);
      const isServed = isElsewhere || realm === state.realm || url.origin === this.origin || url.origin === this.#host?.origin;
      return {
        address, name: decodeURIComponent(name), isServed, isElsewhere, path: url.pathname, host: isElsewhere ? realm : url.host,
        isPicture: isServed && pictures.test(name),
      };
    } catch {
      return null;
    }
  }

  /** The size of a file of this realm, and whether it is there at all: a promise of a number, -1 for not there. */
  async size(file) {
    try {
      const response = await this.fetch(file.path, { method: 'HEAD', credentials: 'omit' });
      return response.ok ? Number(response.headers.get('Content-Length')) : -1;
    } catch {
      return 0;
    }
  }
}
