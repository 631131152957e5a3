// Small pieces that several views show.

import { fold, isGroup, realmOf, shortName } from '../names.js';
import { t, timeLocale } from '../texts.js';
import { h } from './dom.js';
import { plain } from './rich.js';

const hues = 8;

function hueOf(name) {
  let sum = 7;
  for (const letter of fold(name)) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % hues;
}

/** The picture that somebody shows, if the realm serves it: pages load nothing from anywhere else. */
export function pictureOf({ state, files }, name) {
  const address = state.profileOf(name).avatar;
  const file = address ? files.find(address)[0] : undefined;
  return file?.isPicture ? file.path : '';
}

/** The round picture of a person, or the square one of a group; letters of the name where there is no `picture`. */
export function avatar(name, { presence, small = false, picture = '' } = {}) {
  const letters = isGroup(name) ? '#' : shortName(name).replace(/[^A-Za-z0-9]/g, '').slice(0, 2) || '?';
  const dot = presence ? h('span.presence', { class: presence }) : null;
  return h(`span.avatar.hue${hueOf(name)}`, {
    class: `${isGroup(name) ? 'group' : ''} ${small ? 'tiny' : ''}`, 'aria-hidden': 'true',
  }, letters, picture ? h('img', { src: picture, alt: '', decoding: 'async', onerror: (event) => event.target.remove() }) : null, dot);
}

/** A name, with its realm where that is another one. */
export function nameOf(name) {
  const realm = realmOf(name);
  return [
    h('bdi.name', {}, isGroup(name) ? shortName(name).slice(1) : shortName(name)),
    realm === '' ? null : h('span.realm', { title: t('inRealm', { realm }) }, realm),
  ];
}

/** How somebody is to be reached: 'online', 'away', 'offline', or '' where it is not known. */
export function presenceOf(state, name) {
  const known = state.presence.get(fold(name));
  if (!known) return '';
  return !known.online ? 'offline' : known.away ? 'away' : 'online';
}

/** The same in words, with the reason of who is away. */
export function presenceText(state, name) {
  const presence = presenceOf(state, name);
  if (presence === '') return '';
  const reason = plain(state.presence.get(fold(name)).away ?? '');
  return [t(presence === 'offline' ? 'isOffline' : presence), reason].filter(Boolean).join(' – ');
}

/** What is known of a person, each for itself: what they call themselves, whether they are here, what they say of it. */
export function aboutPerson(state, name) {
  const profile = state.profileOf(name);
  return [plain(profile['display-name'] ?? ''), presenceText(state, name), plain(profile.status ?? '')].filter(Boolean);
}

/** Texts in one line, none of which changes how the others are written. */
export function inLine(texts) {
  return texts.flatMap((text, index) => [index > 0 ? ' · ' : '', h('bdi', {}, text)]);
}

const formats = new Map();

/** Making a format takes longer than making the row that shows it, so each is made once. */
function format(options, time) {
  const key = timeLocale() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(timeLocale(), options));
  return formats.get(key).format(time);
}

const dayMilliseconds = 86_400_000;

function startOfDay(time) {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}

/** The day of a time as a heading: today, yesterday, or the date. */
export function dayText(iso, now = new Date()) {
  const time = new Date(iso);
  const days = Math.round((startOfDay(now) - startOfDay(time)) / dayMilliseconds);
  if (days === 0) return t('today');
  if (days === 1) return t('yesterday');
  const sameYear = time.getFullYear() === now.getFullYear();
  return format({ weekday: 'long', day: 'numeric', month: 'long', year: sameYear ? undefined : 'numeric' }, time);
}

/** The day of a time as a number; a later one is larger. */
export function dayKey(iso) {
  return startOfDay(new Date(iso));
}

export function clockText(iso) {
  return format({ hour: '2-digit', minute: '2-digit' }, new Date(iso));
}

export function fullTime(iso) {
  return format({ dateStyle: 'full', timeStyle: 'medium' }, new Date(iso));
}

/** A time as a list shows it: the clock today, else the day. */
export function shortTime(iso, now = new Date()) {
  if (!iso) return '';
  const time = new Date(iso);
  const days = Math.round((startOfDay(now) - startOfDay(time)) / dayMilliseconds);
  if (days <= 0) return clockText(iso);
  if (days < 7) return format({ weekday: 'short' }, time);
  return format({ day: 'numeric', month: 'numeric', year: '2-digit' }, time);
}

/** That a realm is out of reach, and since when. */
export function awayText({ name, since }, now = new Date()) {
  if (!since) return t('outOfReachNow', { realm: name });
  const day = startOfDay(now) === startOfDay(new Date(since)) ? '' : `${dayText(since, now)}, `;
  return t('outOfReachSince', { realm: name, time: day + clockText(since) });
}

/** A menu below a button: rows `{ text, act, isDanger }`. Closes by itself. */
export function openMenu(anchor, rows) {
  document.querySelector('.menu')?.remove();
  const before = document.activeElement;
  const close = (event) => {
    if (event?.type === 'pointerdown' && menu.contains(event.target)) return;
    menu.remove();
    document.removeEventListener('pointerdown', close, true);
    if (event?.type !== 'pointerdown') before?.focus?.();
  };
  const buttons = rows.filter(Boolean).map((row) => h('button.menu-row', {
    type: 'button', role: 'menuitem', class: row.isDanger ? 'danger' : '',
    onclick: () => { close(); row.act(); },
  }, row.text));
  const menu = h('div.menu', {
    role: 'menu',
    onkeydown: (event) => {
      const at = buttons.indexOf(document.activeElement);
      if (event.key === 'Escape') close(event);
      else if (event.key === 'ArrowDown') buttons[(at + 1) % buttons.length].focus();
      else if (event.key === 'ArrowUp') buttons[(at + buttons.length - 1) % buttons.length].focus();
      else if (event.key === 'Tab') close(event);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  }, buttons);
  // Inside of the part of the page that it belongs to, for those who listen to the page.
  (anchor.closest('main, aside, dialog') ?? document.body).append(menu);
  const box = anchor.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, innerWidth - menu.offsetWidth - 8));
  const below = box.bottom + 4 + menu.offsetHeight < innerHeight;
  menu.style.left = `${left}px`;
  menu.style.top = `${below ? box.bottom + 4 : Math.max(8, box.top - menu.offsetHeight - 4)}px`;
  document.addEventListener('pointerdown', close, true);
  buttons[0]?.focus();
}

/** Shows a dialog in front of everything, until Escape or a click beside it closes it. */
export function showDialog(dialog) {
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  dialog.onclose = () => {
    // What it tells outlives it.
    if (dialog.contains(toastPlace())) document.body.append(toastPlace());
    dialog.remove();
  };
  document.body.append(dialog);
  dialog.showModal();
}

/** A dialog with a title. Returns a function that closes it. */
export function openDialog(title, ...children) {
  const close = () => dialog.close();
  const dialog = h('dialog.dialog', { 'aria-label': title },
    h('header.dialog-head', {},
      h('h2', {}, title),
      h('button.icon-button', { type: 'button', 'aria-label': t('close'), onclick: close }, '×')),
    ...children);
  showDialog(dialog);
  return close;
}

/** Asks before something that cannot be undone. */
export function confirm(title, text, action, act) {
  const close = openDialog(title, h('div.dialog-body', {},
    h('p', {}, text),
    h('div.dialog-actions', {},
      h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')),
      h('button.primary.danger', { type: 'button', autofocus: true, onclick: () => { close(); act(); } }, action))));
}

/** Asks for one line of text. */
export function askText(title, label, value, action, act) {
  const input = h('input', { type: 'text', value, 'aria-label': label, autofocus: true, maxlength: '300' });
  const close = openDialog(title, h('form.dialog-body', {
    onsubmit: (event) => {
      event.preventDefault();
      close();
      act(input.value.trim());
    },
  }, h('label.field', {}, h('span', {}, label), input),
  h('div.dialog-actions', {},
    h('button.plain', { type: 'button', onclick: () => close() }, t('cancel')),
    h('button.primary', { type: 'submit' }, action))));
}

let toastTimer = 0;
const toastPlace = () => document.getElementById('toast');

/** A short text at the foot of the page; in the dialog in front, where there is one: what is behind it is neither seen nor heard. */
export function toast(text) {
  const place = toastPlace();
  const front = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
  if (place.parentElement !== front) front.append(place);
  place.textContent = text;
  place.classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => place.classList.remove('shown'), 6_000);
}
