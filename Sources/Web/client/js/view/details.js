// Beside the conversation: who is in a group and what can be done with it, or who the other person is.

import { fold, realmOf } from '../names.js';
import { grants, height, moderates, outranks, ranks, renames } from '../state/members.js';
import { t } from '../texts.js';
import { fill, h, iconButton, keepFocus, Rows } from './dom.js';
import { openGroupSettings } from './group-settings.js';
import { aboutPerson, askText, avatar, awayText, confirm, inLine, nameOf, openMenu, pictureOf, presenceOf } from './parts.js';
import { plain } from './rich.js';

/** Members that are shown; the others are found by typing. */
const mostShown = 300;

export class Details {
  #rows;
  #filter = '';

  /** `onClose`: the panel is to go away. */
  constructor(client, onClose) {
    this.client = client;
    this.head = h('div.details-card');
    this.input = h('input', {
      type: 'search', placeholder: t('findMember'), 'aria-label': t('findMember'),
      oninput: () => { this.#filter = fold(this.input.value.trim()); this.render(); },
    });
    this.list = h('div.members', { role: 'list' });
    this.#rows = new Rows(this.list);
    this.rest = h('p.quiet');
    this.people = h('section', {}, h('h3.members-title'), this.input, this.list, this.rest);
    this.actions = h('div.details-actions');
    this.element = h('aside.details', { 'aria-label': t('details') },
      h('header.details-head', {}, h('h2', {}, t('details')), iconButton('close', t('close'), onClose)),
      h('div.details-body', {}, this.head, this.people, this.actions));
  }

  render() {
    const conversation = this.client.open;
    if (!conversation || this.element.hidden) return;
    this.#renderHead(conversation);
    this.people.hidden = !conversation.isGroup;
    if (conversation.isGroup) this.#renderMembers(conversation);
    this.#renderActions(conversation);
  }

  /** How high one stands in the open group. */
  #mine(group) { return height(group.members.get(fold(this.client.state.me))); }

  #renderHead(conversation) {
    const { state } = this.client;
    const presence = conversation.isGroup ? '' : presenceOf(state, conversation.name);
    const realm = realmOf(conversation.name) || state.realm;
    const away = state.outOfReach(conversation.name);
    const picture = pictureOf(this.client, conversation.name);
    const about = conversation.isGroup ? [] : aboutPerson(state, conversation.name);
    const mark = [
      conversation.key, conversation.topic, conversation.modes.has('t'), this.#mine(conversation), presence, away && awayText(away),
      picture, about.join('\n'),
    ].join(' ');
    if (this.head.dataset.mark === mark) return;
    this.head.dataset.mark = mark;
    keepFocus(this.head, () => fill(this.head,
      avatar(conversation.name, { presence, picture }), h('h3', {}, ...nameOf(conversation.name)),
      about.map((text) => h('p.quiet', { dir: 'auto' }, text)),
      conversation.isGroup ? this.#topic(conversation) : null,
      h('p.quiet', {}, t(conversation.isGroup ? 'homeIs' : 'personOf', { realm })),
      away ? h('p.warning', {}, awayText(away)) : null));
  }

  #topic(group) {
    const isLocked = group.modes.has('t') && this.#mine(group) < moderates;
    const edit = () => askText(t('topic'), t('topic'), group.topic, t('save'), (text) => this.client.groups.setTopic(group, text));
    return h('p.topic', {}, h('bdi', {}, group.topic ? plain(group.topic) : h('span.quiet', {}, t('noTopic'))), ' ',
      isLocked || !group.joined ? null : h('button.link', { type: 'button', onclick: edit }, t('change')));
  }

  // MARK: members

  #renderMembers(group) {
    const mark = [group.key, group.version, this.#filter, this.client.state.profilesVersion].join(' ');
    if (this.list.dataset.mark === mark) return;
    this.list.dataset.mark = mark;
    const members = [...group.members.values()]
      .sort((a, b) => height(b) - height(a) || (a.key < b.key ? -1 : 1));
    const found = members.filter((member) => member.key.includes(this.#filter));
    const shown = found.slice(0, mostShown);
    this.rest.textContent = found.length > shown.length ? t('moreMembers', { count: found.length - shown.length }) : '';
    this.people.firstChild.textContent = t('memberCount', { count: members.length });
    this.input.hidden = members.length < 12;
    const mine = this.#mine(group);
    this.#rows.show(shown.map((member) => {
      const picture = pictureOf(this.client, member.name);
      const { 'display-name': called = '', status = '' } = this.client.state.profileOf(member.name);
      const about = [called, status].map(plain).filter(Boolean);
      return {
        key: `${group.key} ${member.key}`, mark: [member.ranks, member.away, mine, picture, ...about].join('\n'),
        make: () => this.#member(group, member, { picture, about }),
      };
    }));
  }

  #member(group, member, { picture, about }) {
    const rank = ranks.find((one) => member.ranks.includes(one.prefix));
    return h('div.member', { role: 'listitem' },
      h('button.member-button', { type: 'button', onclick: (event) => this.#memberMenu(event.currentTarget, group, member) },
        avatar(member.name, { small: true, presence: member.away ? 'away' : 'online', picture }),
        h('span.member-text', {}, h('span.title', {}, ...nameOf(member.name)),
          about.length > 0 ? h('span.preview', { title: about.join(' · ') }, inLine(about)) : null),
        rank ? h('span.badge', {}, t(rank.name)) : null));
  }

  #memberMenu(anchor, group, member) {
    const mine = this.#mine(group);
    const isMe = this.client.state.isMe(member.name);
    const mayAct = !isMe && outranks(mine, height(member));
    const { groups } = this.client;
    const given = ranks.filter((rank) => grants(mine, rank));
    openMenu(anchor, [
      !isMe && { text: t('writePrivately'), act: () => this.client.write(member.name) },
      ...(mayAct || isMe ? given.filter((rank) => rank.mode !== 'q' || !isMe).map((rank) => {
        const has = member.ranks.includes(rank.prefix);
        return {
          text: t(has ? 'takeRank' : 'giveRank', { rank: t(rank.name) }),
          act: () => groups.rank(group, member.name, rank.mode, !has),
        };
      }) : []),
      mayAct && {
        text: t('kick'), isDanger: true,
        act: () => confirm(t('kick'), t('kickText', { name: member.name }), t('kick'), () => groups.kick(group, member.name)),
      },
      mayAct && {
        text: t('ban'), isDanger: true,
        act: () => confirm(t('ban'), t('banText', { name: member.name }), t('ban'), () => groups.ban(group, member.name)),
      },
      isMe && { text: t('thatIsYou'), act: () => {} },
    ]);
  }

  // MARK: actions

  #renderActions(conversation) {
    const { state } = this.client;
    const mine = this.#mine(conversation);
    const isBlocked = state.blocked.has(conversation.key);
    const { muted, pinned } = conversation;
    const isClosed = conversation.modes.has('i') && mine < moderates;
    const mark = [conversation.key, muted, pinned, conversation.joined, isBlocked, isClosed, mine].join(' ');
    if (this.actions.dataset.mark === mark) return;
    this.actions.dataset.mark = mark;
    const row = (text, act, isDanger) => h('button.action', { type: 'button', class: isDanger ? 'danger' : '', onclick: act }, text);
    keepFocus(this.actions, () => fill(this.actions,
      row(t(pinned ? 'unpin' : 'pin'), () => this.client.prefer(conversation, 'pinned', !pinned)),
      row(t(muted ? 'unmute' : 'mute'), () => this.client.prefer(conversation, 'muted', !muted)),
      conversation.isGroup ? this.#groupActions(conversation, { mine, isClosed }, row) : row(t(isBlocked ? 'unblock' : 'block'),
        () => (isBlocked ? this.client.block(conversation.name, false)
          : confirm(t('block'), t('blockText', { name: conversation.name }), t('block'),
            () => this.client.block(conversation.name, true))), !isBlocked)));
  }

  #groupActions(group, { mine, isClosed }, row) {
    const { groups } = this.client;
    if (!group.joined) return [];
    return [
      isClosed ? null : row(t('invite'), () => askText(t('invite'), t('address'), '', t('invite'), async (name) => {
        if (name && await groups.invite(group, name.replace('@', '/'))) this.client.tell(t('invitationSent', { name }));
      })),
      mine >= moderates ? row(t('groupSettings'), () => openGroupSettings(this.client, group)) : null,
      mine >= renames ? row(t('rename'), () => askText(t('rename'), t('groupName'), group.name, t('rename'),
        (name) => name && groups.rename(group, name))) : null,
      row(t('leave'), () => confirm(t('leave'), t('leaveText'), t('leave'), () => groups.leave(group)), true),
      mine === ranks.length && realmOf(group.name) === '' ? row(t('deleteGroup'),
        () => confirm(t('deleteGroup'), t('deleteGroupText', { name: group.name }), t('delete'), () => groups.remove(group)), true)
        : null,
    ];
  }
}
