// Starting something new: writing to somebody, joining or making a group, looking around.

import { canonical, isPerson } from '../names.js';
import { t } from '../texts.js';
import { fill, h } from './dom.js';
import { avatar, nameOf, openDialog } from './parts.js';

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

function personForm(client, close) {
  const problem = h('p.warning', { role: 'alert', hidden: true });
  const names = [...client.state.people(), ...client.state.realms.map((one) => `…/${one.name}`)];
  const input = h('input', {
    type: 'text', name: 'address', placeholder: t('addressHint'), autocomplete: 'off', autocapitalize: 'off', list: 'known-people',
    'aria-label': t('address'), autofocus: true, spellcheck: 'false',
  });
  return h('form', {
    onsubmit: (event) => {
      event.preventDefault();
      const name = canonical(input.value, client.state.realm);
      problem.hidden = isPerson(name) && !client.state.isMe(name);
      problem.textContent = t('notAnAddress');
      if (!problem.hidden) return;
      close();
      client.write(name);
    },
  }, h('h3', {}, t('writeSomebody')),
  h('datalist', { id: 'known-people' }, names.filter((name) => !name.startsWith('…')).map((name) => h('option', { value: name }))),
  h('div.inline', {}, input, h('button.primary', { type: 'submit' }, t('write'))), problem);
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
      h('span.quiet', {}, t(one.reachable ? 'reachable' : 'outOfReach')))))));
}
