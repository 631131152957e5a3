// What works while no page is open. It keeps the shell of the page, so that it opens while the realm is away (what the realm
// has now always comes first), and it tells of messages that are pushed.

import { interpret } from './js/state/interpret.js';
import { noticeOf, takeBack } from './js/notices.js';
import { parseLine } from './js/protocol/line.js';

const shelf = 'moot-shell';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

// MARK: the shell

function isShell(request) {
  const { origin, pathname } = new URL(request.url);
  return request.method === 'GET' && origin === self.location.origin
    && !pathname.startsWith('/files/') && (pathname === '/' || /\.(?:js|css|svg|webmanifest)$/.test(pathname));
}

async function answer(request) {
  const cache = await caches.open(shelf);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener('fetch', (event) => {
  if (isShell(event.request)) event.respondWith(answer(event.request));
});

// MARK: pushes

const pages = () => self.clients.matchAll({ type: 'window', includeUncontrolled: true });

/** A line of IRC, as a client that is connected would get it (IRCv3 webpush). */
async function pushed(text) {
  const line = parseLine(text);
  if (line?.command === 'MARKREAD') return takeBack(self.registration, line.params[0]);
  const fact = line && interpret(line, '', Date.now());
  // Who looks at the page is told there.
  if (fact?.type !== 'message' || (await pages()).some((page) => page.focused)) return undefined;
  const { title, options } = noticeOf(fact);
  return self.registration.showNotification(title, options);
}

/** Goes to the conversation, in a page that is open if there is one. */
async function goTo(conversation) {
  const [page] = await pages();
  if (!page) return self.clients.openWindow(`/#${encodeURIComponent(conversation)}`);
  page.postMessage({ open: conversation });
  return page.focus();
}

self.addEventListener('push', (event) => event.waitUntil(pushed(event.data?.text() ?? '')));
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(goTo(event.notification.data.conversation));
});
