// The list of conversations, and above it who one is and where.

import { fold } from '../names.js';
import { t } from '../texts.js';
import { fill, h, icon, iconButton, Rows } from './dom.js';
import { avatar, nameOf, openMenu, pictureOf, presenceOf, shortTime } from './parts.js';
import { brief, plain } from './rich.js';

export class Sidebar {
  #rows;
  #filter = '';

  /** `on`: `start()`, `settings()`, `realms()`, `search(text)`, `logOut()`. */
  constructor(client, on) {
    this.client = client;
    this.on = on;
    this.title = h('div.realm-title');
    this.status = h('div.status', { role: 'status', hidden: true });
    this.input = h('input', {
      type: 'search', placeholder: t('filter'), 'aria-label': t('filter'),
      oninput: () => { this.#filter = fold(this.input.value.trim()); this.render(); },
      onkeydown: (event) => this.#pressed(event),
    });
    this.requests = h('div.requests');
    this.list = h('nav.conversations', { 'aria-label': t('conversations'), onkeydown: (event) => this.#move(event) });
    this.empty = h('div.empty-list', { hidden: true });
    this.world = h('button.world', { type: 'button', onclick: () => on.realms() });
    this.#rows = new Rows(this.list);
    this.element = h('aside.sidebar', {},
      h('header.sidebar-head', {}, this.title,
        iconButton('plus', t('startSomething'), () => on.start()),
        iconButton('more', t('menu'), (event) => this.#menu(event.currentTarget))),
      this.status,
      h('div.filter', {}, icon('search'), this.input),
      this.requests, this.list, this.empty, this.world);
  }

  #menu(anchor) {
    openMenu(anchor, [
      { text: t('settings'), act: () => this.on.settings() },
      { text: t('realms'), act: () => this.on.realms() },
      { text: t('logOut'), act: () => this.on.logOut() },
    ]);
  }

  // MARK: showing

  render() {
    const { state, connection } = this.client;
    const picture = pictureOf(this.client, state.me);
    const title = `${state.title} ${state.me} ${picture}`;
    if (this.title.dataset.mark !== title) {
      this.title.dataset.mark = title;
      fill(this.title, avatar(state.me, { picture }), h('div', {}, h('div.me', {}, state.me), h('div.of', {}, state.title || state.realm)));
    }
    this.#status(connection.phase);
    this.#requests();
    const rows = this.#shown();
    this.#rows.show(rows.map((conversation) => this.#row(conversation)));
    this.empty.hidden = rows.length > 0;
    if (rows.length === 0) fill(this.empty, this.#emptyText());
    this.#world();
  }

  #status(phase) {
    const text = phase === 'online' ? '' : phase === 'connecting' ? t('connecting') : t('reconnecting');
    this.status.hidden = text === '';
    this.status.textContent = text;
  }

  #shown() {
    return this.client.state.sorted().filter((one) =>
      (one.joined || !one.isGroup || one === this.client.open) && fold(one.name).includes(this.#filter));
  }

  #emptyText() {
    if (this.#filter !== '') {
      const search = () => this.on.search(this.input.value);
      return [h('p', {}, t('noMatch')), h('button.primary', { type: 'button', onclick: search }, t('searchMessages'))];
    }
    const start = () => this.on.start();
    return [h('p', {}, t('nothingYet')), h('button.primary', { type: 'button', onclick: start }, t('startSomething'))];
  }

  #row(conversation) {
    const { state } = this.client;
    const isOpen = conversation === this.client.open;
    const presence = conversation.isGroup ? '' : presenceOf(state, conversation.name);
    const isAway = Boolean(state.outOfReach(conversation.name));
    const picture = pictureOf(this.client, conversation.name);
    const mark = [conversation.version, isOpen, presence, isAway, state.blocked.has(conversation.key), picture].join(' ');
    return { key: conversation.key, mark, make: () => this.#make(conversation, { isOpen, presence, isAway, picture }) };
  }

  #make(conversation, { isOpen, presence, isAway, picture }) {
    const { unread, mentioned, muted, pinned, name } = conversation;
    const isQuiet = conversation.calling === 0;
    const count = unread > 99 ? '99+' : String(unread);
    return h('button.conversation', {
      type: 'button', class: `${isOpen ? 'open' : ''} ${unread > 0 && !isQuiet ? 'unread' : ''}`,
      'aria-current': isOpen ? 'true' : null, 'data-name': name,
      onclick: () => this.client.show(conversation),
    },
    avatar(name, { presence, picture }),
    h('span.line', {}, h('span.title', {}, ...nameOf(name)),
      h('span.marks', {},
        isAway ? h('span.mark-away', { title: t('outOfReach') }, icon('warning')) : null,
        pinned ? h('span', { title: t('pinned') }, icon('pin')) : null,
        muted ? h('span', { title: t('muted') }, icon('mute')) : null),
      h('span.when', {}, shortTime(conversation.activity))),
    h('span.line', {}, h('span.preview', {}, this.#preview(conversation)),
      unread > 0 ? h('span.count', { class: `${isQuiet ? 'quiet' : ''}`, 'aria-label': t('unreadCount', { count }) },
        conversation.isGroup && mentioned > 0 ? `@${count}` : count) : null));
  }

  #preview(conversation) {
    const { last } = conversation;
    if (!last || (!last.text && !last.deleted)) return conversation.topic ? h('bdi', {}, plain(conversation.topic)) : '';
    const text = last.deleted ? t('deleted') : brief(last.text).replaceAll('\n', ' ').slice(0, 140);
    const by = last.own ? `${t('you')}: ` : conversation.isGroup ? h('span', {}, h('bdi', {}, last.from), ': ') : '';
    return [by, h('bdi', {}, text)];
  }

  #requests() {
    const { requests, invitations } = this.client.state;
    const mark = JSON.stringify([...requests, ...invitations]);
    if (this.requests.dataset.mark === mark) return;
    this.requests.dataset.mark = mark;
    fill(this.requests, [...requests].map(([name, count]) => this.#card(name, t('wantsToWrite', { count }), [
      [t('accept'), () => this.client.answerRequest(name, true)],
      [t('decline'), () => this.client.answerRequest(name, false)],
      [t('block'), () => this.client.block(name, true)],
    ])), [...invitations].map(([name, { by }]) => this.#card(name, by ? t('invitedBy', { name: by }) : t('invited'), [
      [t('join'), () => this.client.answerInvitation(name, true)],
      [t('notNow'), () => this.client.answerInvitation(name, false)],
    ])));
  }

  #card(name, text, actions) {
    return h('div.request', {}, avatar(name, { small: true, picture: pictureOf(this.client, name) }),
      h('div', {}, h('div.title', {}, ...nameOf(name)), h('div.preview', {}, text),
        h('div.request-actions', {}, actions.map(([label, act], index) => h('button', {
          type: 'button', class: index === 0 ? 'primary small' : 'plain small', onclick: act,
        }, label)))));
  }

  #world() {
    const { realm, realms } = this.client.state;
    const away = realms.filter((one) => !one.reachable);
    const mark = `${realm} ${realms.length} ${away.map((one) => one.name).join(' ')}`;
    if (this.world.dataset.mark === mark) return;
    this.world.dataset.mark = mark;
    this.world.hidden = realm === '';
    fill(this.world, icon('globe'), h('span', {}, realm),
      h('span.world-state', { class: away.length > 0 ? 'away' : '' },
        away.length > 0 ? t('realmsAway', { names: away.map((one) => one.name).join(', ') })
          : t('realmsReachable', { count: realms.length })));
  }

  // MARK: keys

  /** Goes on where one was before a conversation was opened. */
  focus(name) { this.list.querySelector(`[data-name="${CSS.escape(name)}"]`)?.focus(); }

  #pressed(event) {
    if (event.key === 'ArrowDown') this.list.querySelector('button')?.focus();
    else if (event.key === 'Enter') this.#choose();
    else if (event.key === 'Escape') {
      this.input.value = '';
      this.#filter = '';
      this.render();
    } else return;
    event.preventDefault();
  }

  #choose() {
    const [first] = this.#shown();
    if (first && this.#filter !== '') this.client.show(first);
    else if (this.input.value.trim() !== '') this.on.search(this.input.value);
  }

  #move(event) {
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    if (!step) return;
    event.preventDefault();
    (document.activeElement[step] ?? (step.startsWith('prev') ? this.input : null))?.focus();
  }
}
