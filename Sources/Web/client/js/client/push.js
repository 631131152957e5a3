// Web push: the browser is told of messages while no page is open (IRCv3 webpush, RFC 8291).

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

export class Push {
  /** `findManager()`: a promise of the browser's PushManager; of nothing where there is none. */
  constructor(client, findManager) {
    this.client = client;
    this.findManager = findManager;
    /** Whether the realm has been told where to push to, in this connection. */
    this.isOn = false;
  }

  /** Tells the realm where this browser is pushed to. Once a connection: the realm may have forgotten it. */
  async begin() {
    this.isOn = false;
    const key = this.client.connection.support.get('VAPID');
    const manager = key && await this.findManager();
    if (!manager) return;
    const { endpoint, keys } = (await this.#subscribe(manager, key)).toJSON();
    const answers = await this.client.connection.request(
      'WEBPUSH', ['REGISTER', endpoint, `p256dh=${keys.p256dh};auth=${keys.auth}`], { quiet: true });
    this.isOn = answers.some((one) => one.command === 'WEBPUSH');
  }

  /** A subscription that is for the key of another realm, or of this one before it was made anew, is good for nothing. */
  async #subscribe(manager, key) {
    const known = await manager.getSubscription();
    if (known && base64url(known.options.applicationServerKey) === key) return known;
    await known?.unsubscribe();
    return manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  }

  /** Nothing is pushed to this browser any more. */
  async end() {
    this.isOn = false;
    const subscription = await (await this.findManager())?.getSubscription();
    if (!subscription) return;
    if (this.client.isOnline) {
      await this.client.connection.request('WEBPUSH', ['UNREGISTER', subscription.endpoint], { quiet: true });
    }
    await subscription.unsubscribe();
  }
}
