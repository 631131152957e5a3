// The page of those who are logged in: list, conversation, details; keys, title and notifications.

import { t } from '../texts.js';
import { Composer } from './composer.js';
import { Details } from './details.js';
import { fill, h, iconButton, keepFocus } from './dom.js';
import { Notifications } from './notifications.js';
import { aboutPerson, avatar, inLine, nameOf, pictureOf, presenceOf } from './parts.js';
import { openPalette, openSearch } from './palette.js';
import { plain } from './rich.js';
import { openSettings } from './settings.js';
import { Sidebar } from './sidebar.js';
import { openRealms, openStart } from './start.js';
import { Timeline } from './timeline.js';

export class App {
  #isDue = false;

  /** `on`: `logOut()`, `language(code)`, `theme(name)`. */
  constructor(client, preferences, on) {
    this.client = client;
    this.preferences = preferences;
    this.on = on;
    this.notifications = new Notifications(client);
    this.sidebar = new Sidebar(client, {
      start: () => openStart(client), realms: () => openRealms(client), logOut: on.logOut,
      search: (text) => this.#search(text), settings: () => this.#settings(),
    });
    this.timeline = new Timeline(client, {
      reply: (message) => this.composer.reply(message), edit: (message) => this.composer.edit(message),
    });
    this.composer = new Composer(client);
    this.details = new Details(client, () => this.#toggleDetails());
    this.details.element.hidden = true;
    this.head = h('header.conversation-head');
    this.content = h('div.content', {}, this.head, this.timeline.element, this.composer.element);
    this.composer.tray.listen(this.content);
    this.nothing = h('div.nothing', {}, h('img', { src: '/icon.svg', alt: '', width: '72', height: '72' }),
      h('p', {}, t('chooseConversation')), h('p.quiet', {}, t('paletteTip')));
    this.heading = h('h1.spoken');
    this.narrow = matchMedia('(max-width: 45em)');
    this.element = h('div.app', {}, h('header.spoken', {}, this.heading), this.sidebar.element,
      h('main.main', {}, this.content, this.nothing), this.details.element);
    this.#listen();
  }

  // MARK: showing

  /** Shows anew, once a frame at most. */
  changed() {
    if (this.#isDue) return;
    this.#isDue = true;
    const render = () => {
      if (!this.#isDue) return;
      this.#isDue = false;
      this.render();
    };
    // Nothing is drawn in the background, but the title counts there too.
    if (document.visibilityState === 'visible') requestAnimationFrame(render);
    setTimeout(render, 200);
  }

  render() {
    const { open } = this.client;
    this.element.classList.toggle('has-open', Boolean(open));
    this.content.hidden = !open;
    this.nothing.hidden = Boolean(open);
    // On a phone the list is the page.
    this.sidebar.element.role = !open && this.narrow.matches ? 'main' : null;
    this.sidebar.render();
    if (open) {
      this.#renderHead(open);
      this.composer.render();
      this.timeline.render();
    }
    if (!open && this.shown) this.sidebar.focus(this.shown.name);
    this.shown = open;
    this.details.element.hidden = this.details.element.hidden || !open;
    this.details.render();
    this.notifications.render();
    const count = this.client.state.unreadTotal;
    this.heading.textContent = open ? open.name : this.client.state.title || 'Moot';
    document.title = `${count > 0 ? `(${count}) ` : ''}${open ? `${open.name} – ` : ''}${this.client.state.title || 'Moot'}`;
    navigator.setAppBadge?.(count).catch?.(() => {});
  }

  #renderHead(conversation) {
    const { state } = this.client;
    const presence = conversation.isGroup ? '' : presenceOf(state, conversation.name);
    const picture = pictureOf(this.client, conversation.name);
    const about = conversation.isGroup ? [plain(conversation.topic) || (conversation.membersKnown
      ? t('memberCount', { count: conversation.members.size }) : '')].filter(Boolean)
      : aboutPerson(state, conversation.name);
    const mark = [conversation.key, about, presence, picture].join('\n');
    if (this.head.dataset.mark === mark) return;
    this.head.dataset.mark = mark;
    keepFocus(this.head, () => fill(this.head,
      iconButton('back', t('back'), () => this.client.close(), { class: 'only-narrow' }),
      h('button.head-name', { type: 'button', title: t('details'), onclick: () => this.#toggleDetails() },
        avatar(conversation.name, { presence, picture }),
        h('span.head-text', {}, h('span.title', {}, ...nameOf(conversation.name)), h('span.preview', {}, inLine(about)))),
      iconButton('search', t('searchHere'), () => openSearch(this.client, { conversation, isHere: true }, this.#foundPlace())),
      iconButton('people', t('details'), () => this.#toggleDetails())));
  }

  /** A conversation was opened, or closed. */
  opened() {
    this.details.element.hidden = this.details.element.hidden || innerWidth < 1100;
    const name = this.client.open?.name;
    const place = name ? `#${encodeURIComponent(name)}` : location.pathname;
    // One step back goes from a conversation to the list.
    if (name && !history.state?.isOpen) history.pushState({ isOpen: true }, '', place);
    else history.replaceState(name ? { isOpen: true } : null, '', place);
    this.changed();
  }

  #toggleDetails() {
    this.details.element.hidden = !this.details.element.hidden;
    this.details.render();
  }

  #settings() {
    openSettings(this.client, this.preferences, {
      language: this.on.language, theme: this.on.theme, notifications: this.notifications,
    });
  }

  // MARK: finding

  #search(text) { openSearch(this.client, { text, conversation: this.client.open }, this.#foundPlace()); }

  #foundPlace() {
    return {
      found: (fact) => {
        this.client.show(this.client.state.conversation(fact.conversation));
        this.render();
        this.timeline.jumpTo(fact.id);
      },
    };
  }

  // MARK: keys

  #listen() {
    const keys = (event) => this.#pressed(event);
    const seen = () => this.changed();
    document.addEventListener('keydown', keys);
    document.addEventListener('visibilitychange', seen);
    addEventListener('focus', seen);
    this.narrow.addEventListener('change', seen);
    const leaves = () => this.composer.keepDraft();
    addEventListener('pagehide', leaves);
    const back = () => { if (!history.state?.isOpen && this.client.open) this.client.close(); };
    addEventListener('popstate', back);
    const tick = setInterval(() => { if (this.client.open?.typing.size) this.changed(); }, 1_000);
    this.stop = () => {
      document.removeEventListener('keydown', keys);
      document.removeEventListener('visibilitychange', seen);
      removeEventListener('focus', seen);
      this.narrow.removeEventListener('change', seen);
      removeEventListener('popstate', back);
      removeEventListener('pagehide', leaves);
      clearInterval(tick);
    };
  }

  #pressed(event) {
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key.toLowerCase() === 'k') {
      document.querySelector('dialog[open]')?.close();
      openPalette(this.client, { search: (text) => this.#search(text) });
    } else if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      this.#step(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Escape' && !document.querySelector('dialog[open], .menu') && !event.defaultPrevented) {
      if (!this.timeline.isAtEnd) this.timeline.toEnd();
      return;
    } else return;
    event.preventDefault();
  }

  #step(by) {
    const rows = this.client.state.sorted().filter((one) => one.joined || !one.isGroup);
    if (rows.length === 0) return;
    const at = rows.indexOf(this.client.open);
    this.client.show(rows[(at + by + rows.length) % rows.length]);
  }
}
