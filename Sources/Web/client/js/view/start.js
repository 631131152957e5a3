// Starting something new: writing to somebody, joining or making a group, looking around.

import { canonical, fold, isPerson } from '../names.js';
import { t } from '../texts.js';
import { fill, h } from './dom.js';
import { avatar, awayText, nameOf, openDialog } from './parts.js';

const mostOffered = 6;

/** The dialog behind the plus. */
export function openStart(client) {
  const found = h('div.results');
  const person = personForm(client, () => close());
  const group = groupForm(client, () => close());
  const realms = h('select', { 'aria-label': t('realm') }, h('option', { value: '' }, client.state.realm),
    client.state.realms.filter((one) => one.reachable).map((one) => h('option', { value: one.name }, one.name)));
  const look = async () => {
    fill(found, h('p.quiet', {}, t('loading')));
    const groups = await client.groups.discover(realms.value);
    fill(found, groups.length === 0 ? h('p.quiet', {}, t('noGroups')) : groups.map((one) => h('button.result', {
      type: 'button', onclick: () => { close(); client.groups.join(one.name); },
    }, avatar(one.name, { small: true }), h('span.result-text', {},
      h('span.title', {}, ...nameOf(one.name)), h('bdi.preview', {}, one.topic)),
    h('span.quiet', {}, t('memberCount', { count: one.members })))));
  };
  realms.onchange = look;
  const close = openDialog(t('startSomething'), h('div.dialog-body', {},
    person, group,
    h('section', {}, h('h3', {}, t('discover')), h('div.inline', {}, realms), found)));
  if (client.isOnline) look();
}

/** Addresses that may be meant: people who are known, then what is typed in each realm that is known. */
export function addressesFor(typed, people, realms) {
  const name = typed.trim().replace('/', '@');
  if (name === '') return [];
  const known = people.map((one) => one.replace('/', '@')).filter((one) => fold(one).startsWith(fold(name)));
  const [person, realm = ''] = name.split('@');
  const elsewhere = realms.filter((one) => fold(one).startsWith(fold(realm))).map((one) => `${person}@${one}`);
  return [...new Set([...known, ...elsewhere])].filter((one) => fold(one) !== fold(name)).slice(0, mostOffered);
}

function personForm(client, close) {
  const problem = h('p.warning', { role: 'alert', hidden: true });
  const realms = client.state.realms.map((one) => one.name);
  const people = client.state.people();
  const go = (typed) => {
    const name = canonical(typed, client.state.realm);
    problem.hidden = isPerson(name) && !client.state.isMe(name);
    problem.textContent = t('notAnAddress');
    if (!problem.hidden) return;
    close();
    client.write(name);
  };
  const offers = h('div.offers', { id: 'address-offers', role: 'listbox', 'aria-label': t('address') });
  let choice = -1;
  const show = () => {
    fill(offers, addressesFor(input.value, people, realms).map((address, index) => h('button.result', {
      type: 'button', role: 'option', tabindex: '-1', id: `offer-${index}`, 'aria-selected': String(index === choice),
      onclick: () => go(address),
    }, avatar(address.replace('@', '/'), { small: true }), h('span.title', {}, ...nameOf(address.replace('@', '/'))))));
    input.setAttribute('aria-activedescendant', choice < 0 ? '' : `offer-${choice}`);
    input.setAttribute('aria-expanded', String(offers.children.length > 0));
  };
  const pressed = (event) => {
    const count = offers.children.length;
    if (event.key === 'ArrowDown') choice = Math.min(count - 1, choice + 1);
    else if (event.key === 'ArrowUp') choice = Math.max(-1, choice - 1);
    else if (event.key === 'Enter' && choice >= 0) offers.children[choice].click();
    else return;
    event.preventDefault();
    show();
  };
  const input = h('input', {
    type: 'text', name: 'address', placeholder: t('addressHint'), autocomplete: 'off', autocapitalize: 'off', role: 'combobox',
    'aria-label': t('address'), 'aria-controls': 'address-offers', 'aria-expanded': 'false', autofocus: true, spellcheck: 'false',
    oninput: () => { choice = -1; show(); }, onkeydown: pressed,
  });
  return h('form', { onsubmit: (event) => { event.preventDefault(); go(input.value); } }, h('h3', {}, t('writeSomebody')),
    h('div.inline', {}, input, h('button.primary', { type: 'submit' }, t('write'))), offers, problem);
}

function groupForm(client, close) {
  const input = h('input', {
    type: 'text', name: 'group', placeholder: t('groupHint'), autocomplete: 'off', autocapitalize: 'off', maxlength: '80',
    'aria-label': t('groupName'), spellcheck: 'false',
  });
  return h('form', {
    onsubmit: (event) => {
      event.preventDefault();
      const name = input.value.trim().replaceAll(' ', '-');
      if (name === '' || name === '#') return;
      close();
      client.groups.join(name);
    },
  }, h('h3', {}, t('joinOrMake')),
  h('div.inline', {}, input, h('button.primary', { type: 'submit' }, t('joinGroup'))),
  h('p.quiet', {}, t('joinOrMakeText')));
}

/** The realms there are, and whether they can be reached. */
export function openRealms(client) {
  const { state } = client;
  openDialog(t('realms'), h('div.dialog-body', {},
    h('p', {}, t('realmsText', { realm: state.realm })),
    h('div.results', {}, state.realms.length === 0 ? h('p.quiet', {}, t('noRealms')) : state.realms.map((one) => h('div.result', {},
      h('span.presence.standalone', { class: one.reachable ? 'online' : 'offline' }),
      h('span.result-text', {}, h('span.title', {}, one.name), h('span.preview', {}, one.title)),
      h('span.quiet', {}, one.reachable ? t('reachable') : awayText(one)))))));
}
