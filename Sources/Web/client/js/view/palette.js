// The palette: any conversation by a few letters, and messages by their words.

import { fold, isPerson, shortName } from '../names.js';
import { t } from '../texts.js';
import { fill, h, icon } from './dom.js';
import { avatar, nameOf, pictureOf, shortTime, showDialog } from './parts.js';
import { brief } from './rich.js';

const mostShown = 8;

/** How well a name fits what is typed; 0: not at all. */
export function fit(name, typed) {
  const text = fold(shortName(name).replace('#', ''));
  const wanted = fold(typed.replace('#', ''));
  if (wanted === '') return 1;
  if (text.startsWith(wanted)) return 3;
  if (fold(name).includes(wanted)) return 2;
  let at = 0;
  for (const letter of wanted) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return 0;
  }
  return 1;
}

/** `on`: `search(text)`. */
export function openPalette(client, on) {
  let choice = 0;
  let rows = [];
  const input = h('input', {
    type: 'text', placeholder: t('paletteHint'), 'aria-label': t('paletteHint'), role: 'combobox', 'aria-expanded': 'true',
    'aria-controls': 'palette-list', 'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false', autofocus: true,
    oninput: () => { choice = 0; show(); }, onkeydown: (event) => pressed(event),
  });
  const list = h('div.results', { id: 'palette-list', role: 'listbox', 'aria-label': t('paletteHint') });
  const dialog = h('dialog.dialog.palette', { 'aria-label': t('paletteHint') }, input, list);
  const act = (row) => {
    dialog.close();
    row.act();
  };

  function show() {
    rows = rowsFor(client, input.value.trim(), on);
    fill(list, rows.map((row, index) => h('button.result', {
      type: 'button', role: 'option', tabindex: '-1', id: `palette-${index}`, 'aria-selected': String(index === choice),
      onclick: () => act(row),
    }, row.content)));
    input.setAttribute('aria-activedescendant', rows.length > 0 ? `palette-${choice}` : '');
    list.children[choice]?.scrollIntoView({ block: 'nearest' });
  }

  function pressed(event) {
    if (event.key === 'ArrowDown') choice = Math.min(rows.length - 1, choice + 1);
    else if (event.key === 'ArrowUp') choice = Math.max(0, choice - 1);
    else if (event.key === 'Enter') {
      if (rows[choice]) act(rows[choice]);
    } else return;
    event.preventDefault();
    if (dialog.open) show();
  }

  showDialog(dialog);
  show();
}

function rowsFor(client, typed, on) {
  const { state } = client;
  const rows = state.sorted().filter((one) => one.joined || !one.isGroup)
    .map((conversation) => ({ conversation, fit: fit(conversation.name, typed) }))
    .filter((row) => row.fit > 0).sort((a, b) => b.fit - a.fit).slice(0, mostShown)
    .map(({ conversation }) => ({
      content: [avatar(conversation.name, { small: true, picture: pictureOf(client, conversation.name) }),
        h('span.title', {}, ...nameOf(conversation.name)),
        conversation.unread > 0 ? h('span.count', {}, String(conversation.unread)) : null],
      act: () => client.show(conversation),
    }));
  if (typed === '') return rows;
  if (isPerson(typed) && !state.find(typed.replace('@', '/'))) {
    rows.push({ content: [icon('plus'), h('span.title', {}, t('writeTo', { name: typed }))], act: () => client.write(typed) });
  }
  rows.push({ content: [icon('search'), h('span.title', {}, t('searchFor', { text: typed }))], act: () => on.search(typed) });
  return rows;
}

/** What was found, as a dialog; a click goes to the place. `isHere`: it looks in that conversation at first. */
export async function openSearch(client, { text = '', conversation, isHere = false }, on) {
  const list = h('div.results', {}, h('p.quiet', {}, t('loading')));
  const label = t('searchMessages');
  const input = h('input', {
    type: 'search', value: text, 'aria-label': label, placeholder: label, autofocus: true,
    // It would only empty the field.
    onkeydown: (event) => { if (event.key === 'Escape') dialog.close(); },
  });
  const where = h('select', { 'aria-label': t('where') }, h('option', { value: '' }, t('everywhere')),
    conversation ? h('option', { value: 'here', selected: isHere }, t('inConversation', { name: conversation.name })) : null);
  /** Shows what is found; with `before`, what is older, below what is there. */
  const run = async (before = '', known = new Set()) => {
    const wanted = input.value.trim();
    if (wanted === '') return fill(list);
    const loading = h('p.quiet', {}, t('loading'));
    if (before) list.lastChild.replaceWith(loading);
    else fill(list, loading);
    const place = where.value === 'here' ? conversation : undefined;
    try {
      const result = await client.history.search(wanted, { conversation: place, before, known });
      if (wanted !== input.value.trim() || !loading.isConnected) return undefined;
      loading.replaceWith(...rowsOf(result, known));
      if (list.children.length === 0) fill(list, h('p.quiet', {}, t('nothingFound')));
    } catch {
      loading.replaceWith(h('p.warning', {}, t('offline')));
    }
    return undefined;
  };
  const rowsOf = ({ found, error, before }, known) => (error ? [h('p.warning', {}, error)] : [
    ...found.map((fact) => hit(fact)),
    ...(before ? [h('button.plain', { type: 'button', onclick: () => run(before, known) }, t('olderFound'))] : []),
  ]);
  const hit = (fact) => h('button.result.hit', { type: 'button', onclick: () => { dialog.close(); on.found(fact); } },
    avatar(fact.from, { small: true, picture: pictureOf(client, fact.from) }), h('span.result-text', {},
      h('span.line', {}, h('span.title', {}, ...nameOf(fact.from)), h('span.quiet', {}, ` ${fact.conversation}`),
        h('span.when', {}, shortTime(fact.time))),
      h('bdi.preview.wrap', {}, brief(fact.text).slice(0, 300))));
  const dialog = h('dialog.dialog.search', { 'aria-label': t('searchMessages') },
    h('form.inline', { onsubmit: (event) => { event.preventDefault(); run(); } }, input, where), list);
  where.onchange = () => run();
  showDialog(dialog);
  await run();
}
