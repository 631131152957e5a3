// Telling of messages where nobody looks: whether it is wanted, the browser's notifications, and pushes.

import { noticeOf, takeBack } from '../notices.js';
import { toast } from './parts.js';

const place = 'moot.notifications';

/** What the browser has of a worker; nothing where it has none. */
const registered = async () => navigator.serviceWorker?.getRegistration();

/** The browser's own place for pushes. */
export async function pushManager() {
  return (await registered())?.pushManager;
}

export class Notifications {
  /** Conversations that something is told of, by their tags. */
  #told = new Set();

  constructor(client) {
    this.client = client;
  }

  /** 'on', 'off', 'denied' by the browser, or 'impossible'. */
  get state() {
    if (!('Notification' in globalThis)) return 'impossible';
    if (Notification.permission === 'denied') return 'denied';
    return Notification.permission === 'granted' && localStorage.getItem(place) !== 'off' ? 'on' : 'off';
  }

  /** After connecting. */
  async begin() {
    for (const shown of await (await registered())?.getNotifications() ?? []) this.#told.add(shown.tag);
    if (this.state !== 'on') return;
    // Where the push service is not to be had, what is told while the page is open is told all the same.
    await this.client.push.begin().catch(() => {});
  }

  async switch(isOn) {
    localStorage.setItem(place, isOn ? 'on' : 'off');
    if (!isOn) return this.end();
    if (await Notification.requestPermission() === 'granted') await this.begin();
    return undefined;
  }

  /** Whoever uses this browser next is not told of anything. */
  end() { return this.client.push.end().catch(() => {}); }

  /** A message has arrived. */
  async arrived({ message, conversation, fact }) {
    const isLooking = document.visibilityState === 'visible' && document.hasFocus() && this.client.open === conversation;
    if (this.client.state.isMe(fact.from) || isLooking || conversation.muted || !conversation.mentioned
      || (message && message.time <= conversation.marker) || this.state !== 'on') return;
    const { title, options } = noticeOf(fact);
    this.#told.add(options.tag);
    try {
      const registration = await registered();
      if (registration) return await registration.showNotification(title, options);
      const shown = new Notification(title, options);
      shown.onclick = () => {
        focus();
        this.client.show(conversation);
        shown.close();
      };
    } catch {
      toast(`${title}: ${options.body.slice(0, 80)}`);
    }
  }

  /** What has been read meanwhile, here or on another device, is not told any more. */
  render() {
    for (const tag of this.#told) {
      if (this.client.state.find(tag)?.unread > 0) continue;
      this.#told.delete(tag);
      registered().then((registration) => registration && takeBack(registration, tag), () => {});
    }
  }
}
