// What a group is like, for those who may change it: who gets in, who may write, what is kept, and what was moderated.

import { t } from '../texts.js';
import { fill, h, keepFocus } from './dom.js';
import { eventWords } from './events.js';
import { height } from '../state/members.js';
import { fold } from '../names.js';
import { fullTime, openDialog, shortTime } from './parts.js';

const daysKept = ['1', '7', '30', '90', '365'];
/** Owners and admins decide how long anything is kept. */
const decidesKeeping = 4;

/** The dialog. It says how things are, and changes them one by one. */
export function openGroupSettings(client, group) {
  const modes = h('section', {}, h('h3', {}, t('groupRules')));
  const bans = h('section', {}, h('h3', {}, t('keptOut')));
  const log = h('section', {}, h('h3', {}, t('moderationLog')));
  openDialog(t('groupSettings'), h('div.dialog-body.settings', {}, modes, bans, log));
  showModes(client, group, modes, {});
  showBans(client, group, bans);
  showLog(client, group, log);
}

function refill(section, ...children) {
  fill(section, section.firstChild, ...children);
}

// MARK: rules

/** `draft` keeps the password that is being typed while another rule changes. */
function showModes(client, group, section, draft) {
  const set = async (letter, isSet, value) => {
    await client.groups.setMode(group, letter, isSet, value);
    await client.ask('MODE', [group.name]);
    showModes(client, group, section, draft);
  };
  const { modes } = group;
  const mine = height(group.members.get(fold(client.state.me)));
  const days = modes.get('D') ?? '0';
  const toggle = (letter, label, without, having) => choice(t(label), modes.has(letter) ? letter : '',
    [['', t(without)], [letter, t(having)]], (value) => set(letter, value !== ''));
  keepFocus(section, () => refill(section,
    toggle('i', 'whoJoins', 'joinsAnybody', 'joinsInvited'),
    keyForm(modes.get('k'), draft, set),
    toggle('m', 'whoWrites', 'writesMembers', 'writesRanked'),
    toggle('t', 'whoSetsTopic', 'writesMembers', 'topicHelpers'),
    toggle('s', 'whoSees', 'seesAnybody', 'seesMembers'),
    choice(t('historySeen'), modes.get('H') ?? 'joined',
      [['joined', t('historyJoined')], ['all', t('historyAll')], ['none', t('historyNone')]], (value) => set('H', true, value)),
    mine < decidesKeeping ? null : choice(t('erasedAfter'), days,
      ['0', ...new Set([...daysKept, days].filter((one) => one !== '0'))]
        .map((one) => [one, one === '0' ? t('erasedNever') : t('days', { count: one })]),
      (value) => set('D', value !== '0', value === '0' ? '' : value))));
}

function choice(label, value, options, act) {
  const select = h('select', { onchange: () => act(select.value) },
    options.map(([key, text]) => h('option', { value: key, selected: key === value }, text)));
  return h('label.field.row', {}, h('span', {}, label), select);
}

function keyForm(key, draft, set) {
  const input = h('input', {
    type: 'text', value: draft.key ?? key ?? '', maxlength: '23', autocomplete: 'off', spellcheck: 'false',
    oninput: () => { draft.key = input.value; },
  });
  return h('form', {
    onsubmit: (event) => {
      event.preventDefault();
      const typed = input.value.trim();
      delete draft.key;
      if (typed !== '') set('k', true, typed);
      else if (key !== undefined) set('k', false, key);
    },
  }, h('label.field', {}, h('span', {}, t('groupKeyHint')), h('span.inline', {}, input, h('button.plain', { type: 'submit' }, t('save')))));
}

// MARK: who is kept out

async function showBans(client, group, section) {
  refill(section, h('p.quiet', {}, t('loading')));
  const bans = await client.groups.bans(group);
  refill(section, bans.length === 0 ? h('p.quiet', {}, t('nobodyKeptOut')) : bans.map(({ mask, by, time }) => h('div.result', {},
    h('span.result-text', {}, h('bdi.title', {}, mask.replace(/!\*@\*$/, '')),
      h('span.preview', {}, [by, time ? shortTime(new Date(Number(time) * 1_000).toISOString()) : ''].filter(Boolean).join(', '))),
    h('button.plain.small', {
      type: 'button', onclick: async () => {
        await client.groups.setMode(group, 'b', false, mask);
        showBans(client, group, section);
      },
    }, t('letInAgain')))));
}

// MARK: what was moderated

async function showLog(client, group, section) {
  refill(section, h('p.quiet', {}, t('loading')));
  const facts = await client.groups.moderation(group);
  const row = (fact) => h('li', {}, h('span', {}, eventWords(fact, client.state.realm)),
    h('time.quiet', { title: fullTime(fact.time) }, shortTime(fact.time)));
  refill(section, facts.length === 0 ? h('p.quiet', {}, t('nothingModerated')) : h('ol.log', {}, facts.toReversed().map(row)));
}
