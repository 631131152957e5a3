// The text of a message as elements: links, code, names. Nothing of it is ever read as markup.

import { h } from './dom.js';

/** Bold, colours and the like of IRC (https://modern.ircdocs.horse/formatting), which are left out. */
const formatting = /\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9A-Fa-f]{6})?|[\x00-\x08\x0b-\x1f\x7f]/g;

/** Stress stands around words, so that `2*3*4` is none. */
const tokens =
  /```(?:[\w+-]*\n)?([\s\S]*?)```|`([^`\n]+)`|(https?:\/\/[^\s<>"'`]+)|(?<![\p{L}\p{N}*])\*([^\s*](?:[^*\n]*[^\s*])?)\*(?![\p{L}\p{N}*])/gu;

/** The address of a file that somebody has uploaded, in whatever realm, and its name. */
const addressOfFile = /\bhttps?:[/]{2}[^\s/]+[/]files[/][\w-]{22}(?:@[a-z0-9-]+)?[/]([^\s/?#<>"'`]+)/g;

/** Ends of sentences and brackets that are not opened inside stand behind a link, not in it. */
function linkEnd(text) {
  let end = text.length;
  let closed = text.split(')').length - text.split('(').length;
  while (end > 0) {
    const last = text[end - 1];
    const isOpened = last === ')' && closed <= 0;
    if (!/[.,;:!?)\]'"]/.test(last) || isOpened) break;
    if (last === ')') closed -= 1;
    end -= 1;
  }
  return end;
}

function link(address) {
  const end = linkEnd(address);
  const target = address.slice(0, end);
  let isGood = true;
  try {
    const url = new URL(target);
    isGood = url.protocol === 'https:' || url.protocol === 'http:';
  } catch {
    isGood = false;
  }
  if (!isGood) return [address];
  return [h('a', { href: target, target: '_blank', rel: 'noopener noreferrer' }, target), address.slice(end)];
}

/** Words, with what speaks to oneself marked. */
function words(text, mention) {
  if (!mention) return [text];
  return text.split(mention).map((part, index) => (index % 2 === 1 ? h('mark.mention', {}, part) : part));
}

/** Text without what only terminals understand. */
export function plain(text) {
  return text.replace(formatting, '');
}

/**
 * A message in a line of text: without the signs of code and stress, and with the names of files instead of their addresses.
 */
export function brief(text) {
  const named = plain(text).replace(addressOfFile, (address, name) => {
    try {
      return `📎 ${decodeURIComponent(name)}`;
    } catch {
      return address;
    }
  });
  return named.replace(tokens, (whole, block, code, address, bold) => block ?? code ?? address ?? bold);
}

/** The children of a message. `mention` finds what speaks to oneself. */
export function rich(text, mention) {
  const clean = plain(text);
  const children = [];
  let at = 0;
  for (const found of clean.matchAll(tokens)) {
    const [whole, block, code, address, bold] = found;
    children.push(...words(clean.slice(at, found.index), mention));
    if (block !== undefined) children.push(h('pre', {}, h('code', {}, block.replace(/\n$/, ''))));
    else if (code !== undefined) children.push(h('code', {}, code));
    else if (address !== undefined) children.push(...link(address));
    else children.push(h('strong', {}, ...words(bold, mention)));
    at = found.index + whole.length;
  }
  children.push(...words(clean.slice(at), mention));
  return children;
}

/** Whether a message is nothing but a few emoji, which are shown large. */
export function isOnlyEmoji(text) {
  return text.length <= 24 && /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s)+$/u.test(text) && !/^[\d\s#*]+$/.test(text);
}
