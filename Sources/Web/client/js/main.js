// Starts the client: login page or conversations, and what is kept in this browser.

import { Client } from './client/client.js';
import { keepLogin, keptLogin, realmAddress } from './client/login.js';
import { Disconnected } from './protocol/connection.js';
import { chooseLanguage, refusalText, t } from './texts.js';
import { App } from './view/app.js';
import { fill } from './view/dom.js';
import { Login } from './view/login.js';
import { pushManager } from './view/notifications.js';
import { askText, toast } from './view/parts.js';

const page = document.getElementById('page');
const url = realmAddress(location);
const preferences = {
  get theme() { return localStorage.getItem('moot.theme') ?? 'auto'; },
  get language() { return localStorage.getItem('moot.language') ?? ''; },
};

// A question whose connection broke needs no answer: the page says that it is offline, and asks anew when it is back.
addEventListener('unhandledrejection', (event) => {
  if (event.reason instanceof Disconnected) event.preventDefault();
});

let client = null;
let app = null;
let login = null;

function applyTheme() {
  if (preferences.theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = preferences.theme;
}

function setTheme(name) {
  localStorage.setItem('moot.theme', name);
  applyTheme();
}

function setLanguage(code) {
  localStorage.setItem('moot.language', code);
  location.reload();
}

function showLogin(problem = '') {
  client?.stop();
  app?.stop();
  client = null;
  app = null;
  document.title = 'Moot';
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  login = new Login(url, { loggedIn: (kept) => { keepLogin(localStorage, kept); showApp(kept); }, language: setLanguage }, problem);
  fill(page, login.element);
}

/** Ends the login on this device: its token is good for nothing any more. */
async function logOut() {
  const { device } = client;
  keepLogin(localStorage, null);
  client.drafts.forgetAll();
  client.sending.forgetAll();
  client.waiting.forgetAll();
  await app.notifications.end();
  if (client.isOnline) await client.connection.request('DEVICE', ['REVOKE', device]).catch(() => {});
  history.replaceState(null, '', location.pathname);
  showLogin();
}

function showApp(kept) {
  login?.stop();
  login = null;
  client = new Client({
    url, login: kept, findPushManager: pushManager,
    on: {
      changed: () => app?.changed(),
      opened: () => app?.opened(),
      connected: () => app?.notifications.begin(),
      tell: (text, code) => toast(refusalText(code, text)),
      arrived: (news) => app?.notifications.arrived(news),
      offlineText: () => t('offline'),
      wantsKey: (group, act) => askText(t('groupKey'), t('groupKeyOf', { name: group }), '', t('join'), act),
      refused: () => {
        keepLogin(localStorage, null);
        client.drafts.forgetAll();
        app?.notifications.end();
        showLogin(t('loggedOutElsewhere'));
      },
    },
  });
  app = new App(client, preferences, { logOut, language: setLanguage, theme: setTheme });
  fill(page, app.element);
  const named = conversationIn(location.hash);
  if (named !== '') client.open = client.state.conversation(named);
  client.start();
  app.render();
}

/** The name after the `#` of the address; nothing where somebody has written something else there. */
function conversationIn(hash) {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return '';
  }
}

function start() {
  chooseLanguage(preferences.language, navigator.languages);
  applyTheme();
  const kept = keptLogin(localStorage);
  if (kept) showApp(kept);
  else showLogin();
  // Where the network is back there is no reason to wait.
  addEventListener('online', () => client?.connection.connect());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && client?.connection.phase === 'waiting') client.connection.connect();
  });
  // Another tab has logged in or out, or has something on its way.
  addEventListener('storage', (event) => {
    if (event.key === 'moot.login') location.reload();
    else client?.sending.changedElsewhere(event);
  });
  // Somebody has clicked on a notification.
  navigator.serviceWorker?.addEventListener('message', ({ data }) => {
    if (client && data.open) client.show(client.state.conversation(data.open));
  });
  registerWorker();
}

/** Without the worker the page works, but is not there when the realm is away. */
async function registerWorker() {
  if (!('serviceWorker' in navigator)) return;
  const policy = globalThis.trustedTypes?.createPolicy('moot', { createScriptURL: () => '/sw.js' });
  try {
    const isFirst = !navigator.serviceWorker.controller;
    await navigator.serviceWorker.register(policy ? policy.createScriptURL('') : '/sw.js', { type: 'module' });
    if (isFirst) await keepShell();
  } catch {
    // A private window, or the realm has just gone.
  }
}

/** What was loaded before the worker was there to keep it. */
async function keepShell() {
  const shelf = await caches.open('moot-shell');
  const loaded = performance.getEntriesByType('resource').map((entry) => entry.name)
    .filter((name) => name.startsWith(`${location.origin}/`) && /\.(?:js|css|svg|webmanifest)$/.test(name));
  await Promise.all([new Request('/', { headers: { accept: 'text/html' } }), ...new Set(loaded)].map((one) => shelf.add(one)));
}

start();
