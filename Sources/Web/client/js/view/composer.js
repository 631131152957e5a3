// Where one writes: several lines, answers and edits, names completed.

import { fold } from '../names.js';
import { t } from '../texts.js';
import { fill, h, icon, iconButton } from './dom.js';
import { avatar, awayText, confirm, nameOf, pictureOf } from './parts.js';
import { brief } from './rich.js';
import { Tray } from './tray.js';

/** Messages that a text may become without being asked. */
const mostAtOnce = 5;
const keepMilliseconds = 400;
const growsByItself = globalThis.CSS?.supports('field-sizing', 'content');
/** What stands for a command of IRC clients; a path like /usr/bin does not. */
const command = /^\/(?!me\s)([a-z]+)(?:\s|$)/i;

export class Composer {
  #conversation = null;
  #replyTo = null;
  #editing = null;
  #keepTimer = 0;
  #matches = [];
  #choice = 0;
  /** The keyboards of phones have no Shift-Enter: there Enter begins a new line, and the button sends. */
  #onGlass = matchMedia('(hover: none) and (pointer: coarse)');

  constructor(client) {
    this.client = client;
    this.input = h('textarea', {
      rows: '1', autocomplete: 'off', spellcheck: 'true', 'aria-label': t('message'), 'aria-autocomplete': 'list',
      'aria-haspopup': 'listbox', 'aria-controls': 'name-choices',
      oninput: () => this.#typed(), onkeydown: (event) => this.#pressed(event),
    });
    this.context = h('div.composer-context', { hidden: true });
    this.choices = h('div.choices', { id: 'name-choices', role: 'listbox', hidden: true, 'aria-label': t('people') });
    // What is pressed would take the focus, and the keyboard of a phone go away.
    this.sendButton = iconButton('send', t('send'), () => this.#send(), { class: 'send', onmousedown: (event) => event.preventDefault() });
    this.tray = new Tray(client, this.input);
    this.notice = h('div.composer-notice', { hidden: true });
    this.typing = h('div.typing', { 'aria-live': 'polite' });
    this.element = h('div.composer', {}, this.typing, this.notice, this.choices, this.context, this.tray.element,
      h('div.composer-box', {}, this.tray.picker, this.tray.button, this.input, this.sendButton));
  }

  focus() { this.input.focus(); }

  render() {
    const conversation = this.client.open;
    if (!conversation) return;
    if (conversation !== this.#conversation) this.#switch(conversation);
    const isClosed = conversation.isGroup && !conversation.joined;
    this.input.disabled = isClosed;
    this.input.placeholder = isClosed ? t('notMember') : t('writeTo', { name: conversation.name });
    this.#renderNotice(conversation, isClosed);
    this.tray.render();
    this.#allowSending();
    const people = this.client.state.typingIn(conversation, Date.now());
    this.typing.textContent = people.length === 0 ? '' : people.length > 2 ? t('manyType')
      : t(people.length === 1 ? 'oneTypes' : 'twoType', { one: people[0], two: people[1] });
  }

  #renderNotice(conversation, isClosed) {
    const { state } = this.client;
    const away = state.outOfReach(conversation.name);
    const isBlocked = state.blocked.has(conversation.key);
    this.notice.hidden = !isClosed && !away && !isBlocked;
    const mark = `${isClosed} ${away && awayText(away)} ${isBlocked} ${conversation.key}`;
    if (this.notice.dataset.mark === mark) return;
    this.notice.dataset.mark = mark;
    if (isClosed) {
      fill(this.notice, t('notMemberText'),
        h('button.link', { type: 'button', onclick: () => this.client.groups.join(conversation.name) }, t('join')));
    } else if (isBlocked) {
      fill(this.notice, t('blockedText'),
        h('button.link', { type: 'button', onclick: () => this.client.block(conversation.name, false) }, t('unblock')));
    } else if (away) {
      fill(this.notice, icon('warning'), h('span', {}, awayText(away), ' ', t(conversation.isGroup ? 'homeAway' : 'realmAway')));
    }
  }

  #switch(conversation) {
    this.keepDraft();
    this.#conversation = conversation;
    this.#replyTo = null;
    this.#editing = null;
    this.#endContext();
    if (matchMedia('(hover: hover)').matches) this.focus();
  }

  // MARK: answers and edits

  reply(message) {
    if (this.#editing) this.#cancel();
    this.#replyTo = message;
    this.#showContext('reply', t('replyingTo', { name: message.from }), message);
    this.focus();
  }

  edit(message) {
    this.keepDraft();
    this.#replyTo = null;
    this.#editing = message;
    this.#showContext('edit', t('editing'), message);
    this.input.value = message.text;
    this.#fit();
    this.focus();
  }

  #showContext(picture, title, message) {
    fill(this.context, icon(picture), h('strong', {}, title), h('bdi.quote-text', {}, brief(message.text)),
      iconButton('close', t('cancel'), () => this.#cancel()));
    this.context.hidden = false;
  }

  #cancel() {
    if (!this.#editing) this.keepDraft();
    this.#replyTo = null;
    this.#editing = null;
    this.#endContext();
  }

  /** Back to what was typed here before. */
  #endContext() {
    this.input.value = this.client.drafts.get(this.#conversation);
    this.context.hidden = true;
    this.#hideChoices();
    this.#fit();
  }

  // MARK: typing

  #fit() {
    // The style says how tall it may grow. Measuring has the browser lay out everything at once.
    if (!growsByItself) {
      this.input.style.height = 'auto';
      this.input.style.height = `${this.input.scrollHeight}px`;
    }
    this.#allowSending();
  }

  #allowSending() {
    this.sendButton.disabled = this.input.value.trim() === '' && (Boolean(this.#editing) || !this.tray.isFull);
  }

  /** Keeps what is typed and not sent. */
  keepDraft() {
    clearTimeout(this.#keepTimer);
    if (this.#conversation && !this.#editing) this.client.drafts.keep(this.#conversation, this.input.value);
  }

  #typed() {
    this.#fit();
    this.#complete();
    clearTimeout(this.#keepTimer);
    this.#keepTimer = setTimeout(() => this.keepDraft(), keepMilliseconds);
    if (!this.#editing && !this.input.value.startsWith('/')) {
      this.client.typing(this.#conversation, this.input.value.trim() !== '');
    }
  }

  #send() {
    const text = this.input.value.replace(/\s+$/, '');
    if (this.input.disabled) return undefined;
    if (text.trim() === '') return this.#editing ? undefined : this.client.uploads.want(this.#conversation);
    const before = this.#editing?.text;
    // Who edits what begins with a slash means that slash.
    const isSaid = before?.startsWith('/');
    const unknown = isSaid ? undefined : command.exec(text)?.[1];
    // It may hold a password that was meant for the server.
    if (unknown) return this.client.tell(t('noCommand', { name: unknown }));
    if (this.#editing) {
      const said = text.startsWith('//') && !isSaid ? text.slice(1) : text;
      if (said !== before) this.client.edit(this.#conversation, this.#editing, said);
      return this.#cancel();
    }
    const count = this.client.sending.parts(text).length;
    const conversation = this.#conversation;
    const replyTo = this.#replyTo?.id;
    if (count <= mostAtOnce) return this.#say(conversation, text, replyTo);
    return confirm(t('longText'), t('longTextText', { count }), t('send'), () => this.#say(conversation, text, replyTo));
  }

  #say(conversation, text, replyTo) {
    // Another conversation may have been opened while the question was.
    if (conversation === this.#conversation) {
      this.input.value = '';
      this.#cancel();
    } else this.client.drafts.keep(conversation, '');
    this.client.send(conversation, text, replyTo);
    this.client.uploads.want(conversation);
  }

  #pressed(event) {
    if (event.isComposing) return;
    if (!this.choices.hidden && this.#pressedInChoices(event)) return;
    if (event.key === 'Enter' && (event.ctrlKey || !(event.shiftKey || this.#onGlass.matches))) this.#send();
    else if (event.key === 'Escape' && (this.#replyTo || this.#editing)) this.#cancel();
    else if (event.key === 'ArrowUp' && this.input.value === '') this.#editLast();
    else return;
    event.preventDefault();
  }

  #editLast() {
    const last = this.#conversation.messages
      .findLast((message) => message.own && message.id && !message.deleted && message.kind === 'message');
    if (last) this.edit(last);
  }

  // MARK: names

  #complete() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const word = /(?:^|\s)@([^\s@]*)$/.exec(before)?.[1];
    if (word === undefined || !this.#conversation.isGroup) return this.#hideChoices();
    this.#matches = [...this.#conversation.members.values()].map((member) => member.name)
      .filter((name) => fold(name).startsWith(fold(word)) && !this.client.state.isMe(name)).slice(0, 6);
    if (this.#matches.length === 0) return this.#hideChoices();
    this.#choice = 0;
    this.#showChoices();
    return undefined;
  }

  #showChoices() {
    fill(this.choices, this.#matches.map((name, index) => h('button.choice', {
      type: 'button', role: 'option', tabindex: '-1', id: `name-${index}`, 'aria-selected': String(index === this.#choice),
      onclick: () => this.#take(name),
    }, avatar(name, { small: true, picture: pictureOf(this.client, name) }), ...nameOf(name))));
    this.choices.hidden = false;
    this.input.setAttribute('aria-activedescendant', `name-${this.#choice}`);
  }

  #hideChoices() {
    this.choices.hidden = true;
    this.input.removeAttribute('aria-activedescendant');
  }

  #pressedInChoices(event) {
    const count = this.#matches.length;
    if (event.key === 'ArrowDown') this.#choice = (this.#choice + 1) % count;
    else if (event.key === 'ArrowUp') this.#choice = (this.#choice + count - 1) % count;
    else if (event.key === 'Enter' || event.key === 'Tab') this.#take(this.#matches[this.#choice]);
    else if (event.key === 'Escape') this.#hideChoices();
    else return false;
    event.preventDefault();
    if (!this.choices.hidden) this.#showChoices();
    return true;
  }

  #take(name) {
    const at = this.input.selectionStart;
    const before = this.input.value.slice(0, at).replace(/@[^\s@]*$/, `${name} `);
    this.input.value = before + this.input.value.slice(at);
    this.input.setSelectionRange(before.length, before.length);
    this.#hideChoices();
    this.#fit();
    this.focus();
  }
}
