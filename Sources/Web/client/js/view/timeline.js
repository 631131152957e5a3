// What was said in the open conversation: a window of rows that follows the scrolling, without jumps.

import { fold, isGroup, mentionOf, realmOf } from '../names.js';
import { height, outranks } from '../state/members.js';
import { refusalText, t } from '../texts.js';
import { attachments } from './attachments.js';
import { h, icon, iconButton, Rows } from './dom.js';
import { comingsAndGoings, eventWords, movementWords } from './events.js';
import { avatar, clockText, confirm, dayKey, dayText, fullTime, nameOf, openMenu, pictureOf, toast } from './parts.js';
import { brief, isOnlyEmoji, plain, rich } from './rich.js';

/** Rows at first, rows at most, and how many come at once; pixels from an edge at which more are wanted. */
const firstRows = 50;
const mostRows = 240;
const moreRows = 40;
const edge = 700;
/** Pixels from the end that still count as the end. */
const nearEnd = 60;
/** What one person says within this time stands together. */
const togetherMilliseconds = 5 * 60_000;

const quickReactions = ['👍', '❤️', '😂', '🎉', '😮', '😢', '🙏', '✅'];

export class Timeline {
  #rows;
  #start = 0;
  #end = 0;
  /** How many messages there were when the rows were shown last: what has come since follows. */
  #known = 0;
  #conversation = null;
  #follows = true;
  #showing = false;
  #pendingJump = '';

  /** `on`: `reply(message)`, `edit(message)`. */
  constructor(client, on) {
    this.client = client;
    this.on = on;
    this.list = h('div.rows', {
      role: 'log', 'aria-live': 'polite', 'aria-label': t('messages'),
      onpointerover: (event) => this.#showTools(event.target), onclick: (event) => this.#showTools(event.target),
    });
    this.list.addEventListener('focusin', (event) => this.#showTools(event.target));
    this.scroller = h('div.timeline', {
      tabindex: '0', onscroll: () => this.#scrolled(), onkeydown: (event) => this.#pressed(event),
    }, this.list);
    this.jump = h('button.jump', { type: 'button', hidden: true, onclick: () => this.toEnd() });
    this.element = h('div.timeline-frame', {}, this.scroller, this.jump);
    this.#rows = new Rows(this.list);
    new ResizeObserver(() => { if (this.#follows) this.#scrollDown(); }).observe(this.scroller);
  }

  get isAtEnd() { return this.#follows; }

  // MARK: showing

  render() {
    const conversation = this.client.open;
    if (!conversation) return;
    const isOther = conversation !== this.#conversation;
    if (isOther) {
      this.#conversation = conversation;
      this.#follows = true;
      this.#start = 0;
      this.#end = 0;
      this.#showing = conversation.isLoaded;
      this.#rows.show([]);
    }
    const becameLoaded = !this.#showing && conversation.isLoaded;
    this.#showing = conversation.isLoaded;
    if (becameLoaded) this.#follows = conversation.atEnd;
    const isNew = (isOther || becameLoaded) && conversation.showsNew;
    if (this.#follows) this.#windowAtEnd(isNew ? this.#newFromEnd() : 0);
    else this.#clampWindow();
    const anchor = this.#follows || isOther ? null : this.#anchor();
    // What comes is read out; what one has opened or scrolled to is not.
    this.list.setAttribute('aria-live', this.#follows && !isOther && !becameLoaded ? 'polite' : 'off');
    this.#showRows();
    if (anchor) this.#hold(anchor);
    else if (this.#follows) this.#scrollDown();
    if (isNew) this.#toNewLine();
    if (this.#pendingJump) this.#finishJump();
    this.#showJump();
    this.#markRead();
    this.#fillUp();
  }

  /** Where the window is too short to scroll, older messages are wanted at once. */
  #fillUp() {
    if (this.#conversation.isLoaded && this.scroller.scrollHeight <= this.scroller.clientHeight) this.#wantOlder();
  }

  #windowAtEnd(wanted) {
    const shown = Math.max(wanted, this.#end - this.#start);
    this.#end = this.#conversation.messages.length;
    this.#start = Math.max(0, this.#end - Math.max(firstRows, Math.min(mostRows, shown)));
  }

  /** How many messages have to be shown for the first new one to be among them, with some before it. */
  #newFromEnd() {
    const { messages, firstNew: first } = this.#conversation;
    return first ? messages.length - messages.indexOf(first) + firstRows / 2 : 0;
  }

  #clampWindow() {
    const { messages } = this.#conversation;
    const first = messages.indexOf(this.first);
    const last = messages.lastIndexOf(this.last);
    if (first >= 0) this.#start = first;
    this.#end = last >= 0 ? last + 1 : Math.min(messages.length, this.#start + firstRows);
    this.#start = Math.min(this.#start, Math.max(0, this.#end - 1));
  }

  #showRows() {
    this.#rows.show(this.#describe());
    // The row that is pointed at may have been made anew.
    const again = this.pointed && !this.pointed.isConnected && this.#rows.node(this.pointed.dataset.key);
    if (again) this.#showTools(again);
  }

  #describe() {
    const conversation = this.#conversation;
    const rows = [];
    this.#known = conversation.messages.length;
    if (conversation.atStart && this.#start === 0) {
      const mark = `${conversation.name} ${this.#pictureOf(conversation.name)}`;
      rows.push({ key: 'start', mark, make: () => this.#beginning(conversation) });
    }
    const shown = conversation.messages.slice(this.#start, this.#end);
    const { firstNew } = conversation;
    let before = conversation.messages[this.#start - 1];
    let lastDay = before ? dayKey(before.time) : 0;
    for (let at = 0; at < shown.length; at += 1) {
      const message = shown[at];
      const day = dayKey(message.time);
      // What was not sent stands at the end, and may have been typed before what stands above it.
      if (day > lastDay) {
        rows.push({ key: `day ${day}`, mark: dayText(message.time), make: () => this.#day(message.time) });
        lastDay = day;
        before = undefined;
      }
      if (message === firstNew) {
        rows.push({ key: 'new', mark: '', make: () => h('div.new-line', { role: 'separator' }, h('span', {}, t('newMessages'))) });
        before = undefined;
      }
      const together = comingsAndGoings(shown, at, dayKey);
      if (together.length > 1) {
        const last = together.at(-1);
        rows.push({ key: last.key, mark: `${together.length} together`, make: () => this.#movement(together) });
        at += together.length - 1;
        before = last;
        continue;
      }
      rows.push(this.#row(message, before));
      before = message;
    }
    this.first = shown[0];
    this.last = shown.at(-1);
    return rows;
  }

  #movement(together) {
    return h('div.event', { title: fullTime(together.at(-1).time) }, movementWords(together));
  }

  #row(message, before) {
    const isHead = message.kind !== 'event' && !(before && before.kind !== 'event' && before.from === message.from
      && !message.replyTo && Math.abs(Date.parse(message.time) - Date.parse(before.time)) < togetherMilliseconds);
    const quoted = message.replyTo ? this.#conversation.byId.get(message.replyTo) : undefined;
    const mark = [
      message.version, message.state, isHead, quoted?.version, this.client.state.me, message.time, message.id,
      isHead ? this.#pictureOf(message.from) : '',
    ].join(' ');
    return { key: message.key, mark, make: () => (message.kind === 'event' ? this.#event(message) : this.#message(message, isHead)) };
  }

  #day(time) {
    return h('div.day', { role: 'separator' }, h('span', {}, dayText(time)));
  }

  #beginning(conversation) {
    return h('div.beginning', {},
      avatar(conversation.name, { picture: this.#pictureOf(conversation.name) }),
      h('h2', {}, ...nameOf(conversation.name)),
      h('p', {}, conversation.isGroup ? t('groupBegins') : t('privateBegins')));
  }

  // MARK: rows

  #pictureOf(name) { return pictureOf(this.client, name); }

  #event(message) {
    return h('div.event', { title: fullTime(message.time) }, eventWords(message, this.client.state.realm));
  }

  #message(message, isHead) {
    const isNarrow = !isHead;
    const files = message.deleted ? {} : attachments(this.client.files, message.text);
    const onlyEmoji = !message.deleted && isOnlyEmoji(message.text);
    return h('article.message', {
      class: [isHead ? 'head' : '', message.own ? 'own' : '', message.state, message.deleted ? 'deleted' : '']
        .join(' '),
      'data-key': message.key, tabindex: '-1',
    },
    h('div.gutter', {}, isHead ? avatar(message.from, { picture: this.#pictureOf(message.from) })
      : h('time.hover-time', {}, clockText(message.time))),
    h('div.body', {},
      message.replyTo ? this.#quote(message) : null,
      isNarrow ? null : h('div.by', {},
        h('button.author', { type: 'button', onclick: () => this.#openPerson(message.from) }, ...nameOf(message.from)),
        message.toRanks ? h('span.badge', {}, t('toRanks')) : null,
        h('time', { datetime: message.time, title: fullTime(message.time) }, clockText(message.time))),
      h('div.text', {
        class: `of-${message.kind} ${onlyEmoji ? 'only-emoji' : ''}`, dir: 'auto', hidden: files.isAll && !message.edited,
      }, this.#text(message)),
      files.elements,
      this.#reactions(message),
      this.#state(message)));
  }

  #text(message) {
    if (message.deleted) return t('deleted');
    const { me, realm } = this.client.state;
    const text = rich(message.text, message.own ? null : mentionOf(me, realm));
    const edited = message.edited ? h('span.edited', {}, ` ${t('edited')}`) : null;
    if (message.kind !== 'action') return [text, edited];
    return [h('bdi', {}, message.from), ' ', text, edited];
  }

  #quote(message) {
    const quoted = this.#conversation.byId.get(message.replyTo);
    return h('button.quote', { type: 'button', onclick: () => this.jumpTo(message.replyTo) },
      icon('reply'),
      quoted ? [h('bdi.quote-name', {}, quoted.from), h('span.quote-text', {}, quoted.deleted ? t('deleted') : brief(quoted.text))]
        : h('span.quote-text', {}, t('olderMessage')));
  }

  #reactions(message) {
    if (message.reactions.size === 0) return null;
    const me = fold(this.client.state.me);
    return h('div.reactions', {}, [...message.reactions].map(([emoji, people]) => h('button.reaction', {
      type: 'button', 'aria-pressed': String(people.has(me)), title: [...people].join(', '),
      'aria-label': t('reactionOf', { emoji: plain(emoji).slice(0, 12), people: [...people].join(', ') }),
      onclick: () => this.client.react(this.#conversation, message, emoji),
    }, h('bdi', {}, plain(emoji).slice(0, 12)), h('span.count', {}, String(people.size)))));
  }

  #state(message) {
    const realm = realmOf(this.#conversation.name);
    switch (message.state) {
      case 'sending': return h('div.state.on-its-way', {}, icon('clock'), t('sending'));
      case 'waiting': return h('div.state.waiting', {}, icon('clock'), t('waitingFor', { realm }));
      case 'late': return h('div.state', {}, icon('check'), t('deliveredLate'));
      case 'failed':
        return h('div.state.failed', { role: 'alert' }, icon('warning'),
          h('span', {}, refusalText(message.reasonCode, message.reason) || t('notSent')),
          h('button.link', { type: 'button', onclick: () => this.#retry(message) }, t('retry')),
          message.id && !message.edit ? null : h('button.link', { type: 'button', onclick: () => this.#discard(message) }, t('discard')));
      default: return null;
    }
  }

  #retry(message) {
    this.client.sending.retry(this.#conversation, message);
    this.client.changed();
  }

  #discard(message) {
    this.client.sending.discard(this.#conversation, message);
    this.client.changed();
  }

  // MARK: tools

  /** What can be done with a message stands with the one that is pointed at, and in the page only there. */
  #showTools(target) {
    const row = target.closest('article');
    if (!row || row === this.pointed || document.querySelector('.menu')) return;
    this.pointed = row;
    this.tools?.remove();
    const message = this.#conversation.messages.findLast((one) => one.key === row.dataset.key);
    this.tools = message?.id && !message.deleted ? this.#tools(message) : null;
    if (this.tools) row.append(this.tools);
  }

  #tools(message) {
    return h('div.tools', { role: 'toolbar', 'aria-label': t('messageTools') },
      iconButton('smile', t('react'), (event) => this.#pickReaction(event.currentTarget, message)),
      iconButton('reply', t('reply'), () => this.on.reply(message)),
      message.own && message.kind !== 'notice' ? iconButton('edit', t('edit'), () => this.on.edit(message)) : null,
      iconButton('more', t('more'), (event) => this.#more(event.currentTarget, message)));
  }

  #pickReaction(anchor, message) {
    const act = (emoji) => () => this.client.react(this.#conversation, message, emoji);
    openMenu(anchor, quickReactions.map((emoji) => ({ text: emoji, act: act(emoji) })));
    document.querySelector('.menu')?.classList.add('emoji-menu');
  }

  #mayDelete(message) {
    if (message.own) return true;
    const { members, isGroup: inGroup } = this.#conversation;
    return inGroup && outranks(height(members.get(fold(this.client.state.me))), height(members.get(fold(message.from))));
  }

  #more(anchor, message) {
    openMenu(anchor, [
      { text: t('copyText'), act: () => this.#copy(message) },
      { text: t('reply'), act: () => this.on.reply(message) },
      this.#mayDelete(message) && {
        text: t('delete'), isDanger: true,
        act: () => confirm(t('deleteMessage'), t('deleteMessageText'), t('delete'),
          () => this.client.redact(this.#conversation, message)),
      },
    ]);
  }

  async #copy(message) {
    try {
      await navigator.clipboard.writeText(plain(message.text));
      toast(t('copied'));
    } catch {
      toast(t('notCopied'));
    }
  }

  #openPerson(name) {
    if (!isGroup(name) && !this.client.state.isMe(name)) this.client.write(name);
  }

  /** Arrows go from message to message; Tab goes on to what can be done with it. */
  #pressed(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.altKey) return;
    const all = [...this.list.querySelectorAll('article')];
    const at = all.indexOf(document.activeElement.closest('article'));
    const next = at < 0 ? all.at(-1) : all[at + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  // MARK: scrolling

  #scrollDown() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** The first row that is in view, and where it is. */
  #anchor() {
    const top = this.scroller.getBoundingClientRect().top;
    for (const node of this.list.children) {
      const box = node.getBoundingClientRect();
      if (box.bottom > top && node.dataset.key) return { key: node.dataset.key, offset: box.top - top };
    }
    return null;
  }

  #hold(anchor) {
    const node = this.#rows.node(anchor.key);
    if (!node) return;
    const top = this.scroller.getBoundingClientRect().top;
    this.scroller.scrollTop += node.getBoundingClientRect().top - top - anchor.offset;
  }

  #scrolled() {
    // While there is nothing to scroll in, where the scroller stands says nothing.
    if (!this.#conversation?.isLoaded) return;
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < nearEnd;
    this.#follows = isAtEnd && this.#end >= this.#known && this.#conversation.atEnd;
    if (scrollTop < edge) this.#wantOlder();
    if (scrollHeight - scrollTop - clientHeight < edge && !this.#follows) this.#wantNewer();
    this.#showJump();
    this.#markRead();
  }

  #wantOlder() {
    if (this.#start > 0) {
      this.#moveWindow(Math.max(0, this.#start - moreRows), this.#end, 'top');
      return;
    }
    const conversation = this.#conversation;
    if (conversation.atStart) return;
    this.#show(conversation, this.client.history.loadOlder(conversation));
  }

  #wantNewer() {
    const count = this.#conversation.messages.length;
    if (this.#end < count) this.#moveWindow(this.#start, Math.min(count, this.#end + moreRows), 'bottom');
    else if (!this.#conversation.atEnd) this.#show(this.#conversation, this.client.history.loadNewer(this.#conversation));
  }

  /** Shows a page that is being loaded. Who has come to the very edge meanwhile cannot scroll on to ask for it. */
  #show(conversation, page) {
    page.then((facts) => {
      if (!facts || conversation !== this.client.open) return;
      this.render();
      this.#scrolled();
    }, () => {});
  }

  #moveWindow(start, end, side) {
    const { messages } = this.#conversation;
    if (side === 'top') end = Math.min(end, start + mostRows);
    else start = Math.max(start, end - mostRows);
    this.first = messages[start];
    this.last = messages[end - 1];
    const wasFollowing = this.#follows;
    // What has come since it was shown last follows with the next showing.
    if (end < this.#known) this.#follows = false;
    const anchor = this.#anchor();
    this.#start = start;
    this.#end = end;
    this.#showRows();
    if (wasFollowing && this.#follows) this.#scrollDown();
    else if (anchor) this.#hold(anchor);
  }

  #toNewLine() {
    const line = this.#rows.node('new');
    if (!line) return;
    this.#scrollDown();
    const wanted = line.offsetTop - this.scroller.clientHeight / 3;
    if (wanted >= this.scroller.scrollTop) return;
    this.#follows = false;
    this.scroller.scrollTop = Math.max(0, wanted);
  }

  async toEnd() {
    this.#follows = true;
    await this.client.newest(this.#conversation).catch(() => {});
    this.render();
  }

  /** Goes to a message, wherever in history it is, and marks it for a moment. */
  async jumpTo(id) {
    const conversation = this.client.open;
    try {
      const message = await this.client.history.loadAround(conversation, id);
      if (!message) return toast(t('notFound'));
      const at = conversation.messages.indexOf(message);
      this.#follows = false;
      this.#conversation = conversation;
      this.first = conversation.messages[Math.max(0, at - 40)];
      this.last = conversation.messages[Math.min(conversation.messages.length - 1, at + 40)];
      this.#pendingJump = message.key;
      conversation.showsNew = false;
      this.#showing = true;
      this.render();
    } catch {
      toast(t('offline'));
    }
    return undefined;
  }

  #finishJump() {
    const node = this.#rows.node(this.#pendingJump);
    this.#pendingJump = '';
    if (!node) return;
    node.scrollIntoView({ block: 'center' });
    node.classList.add('found');
    node.focus({ preventScroll: true });
    setTimeout(() => node.classList.remove('found'), 2_500);
  }

  #showJump() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isFar = scrollHeight - scrollTop - clientHeight > clientHeight / 2 || !this.#conversation.atEnd;
    this.jump.hidden = this.#follows || !isFar || !this.#conversation.isLoaded;
    const unread = this.#conversation.unread;
    const text = unread > 0 ? t('jumpNew', { count: unread }) : t('jumpNewest');
    if (this.jump.dataset.text === text) return;
    this.jump.dataset.text = text;
    this.jump.replaceChildren(icon('down'), text);
  }

  #markRead() {
    const isSeen = document.visibilityState === 'visible' && document.hasFocus();
    if (isSeen && this.#follows && this.#conversation.atEnd) this.client.markRead(this.#conversation);
  }
}
