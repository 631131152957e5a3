// What people are told of outside of the page: by the page while it is open, and by its worker while it is not.

import { fold, isGroup } from './names.js';
import { brief } from './view/rich.js';

const mostLetters = 200;

/** What a message is told as: `{ title, options }` of a notification. One conversation has one at most. */
export function noticeOf({ from, conversation, text }) {
  return {
    title: isGroup(conversation) ? `${from} – ${conversation}` : from,
    options: {
      body: brief(text).slice(0, mostLetters), tag: fold(conversation), icon: '/icon-192.png', badge: '/icon-192.png',
      data: { conversation },
    },
  };
}

/** Takes back what was told of a conversation: it is read. */
export async function takeBack(registration, conversation) {
  for (const shown of await registration.getNotifications({ tag: fold(conversation) })) shown.close();
}
