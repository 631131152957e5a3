// The files in a message: pictures that the realm serves in place, large on click; all others as cards.

import { sizeText } from '../client/files.js';
import { t } from '../texts.js';
import { fill, h, icon } from './dom.js';
import { openDialog } from './parts.js';

/** What has been asked for already: sizes by path. */
const sizes = new Map();
const mostKnown = 500;

/** What a message shows below its text; `isAll`: the text is nothing but these addresses and need not be shown. */
export function attachments(files, text) {
  const found = files.find(text);
  if (found.length === 0) return { isAll: false, elements: null };
  const rest = found.reduce((words, file) => words.replaceAll(file.address, ''), text);
  return {
    isAll: rest.trim() === '',
    elements: h('div.attachments', {}, found.map((file) => (file.isPicture ? picture(files, file) : card(files, file)))),
  };
}

function picture(files, file) {
  const image = h('img', {
    src: file.path, alt: file.name, loading: 'lazy', decoding: 'async',
    // Not what its name says, or not there any more.
    onerror: () => button.replaceWith(card(files, file)),
  });
  const button = h('button.picture', { type: 'button', title: file.name, onclick: () => enlarge(file) }, image);
  return button;
}

function enlarge(file) {
  openDialog(file.name,
    h('div.dialog-body.enlarged', {}, h('img', { src: file.path, alt: file.name }),
      h('div.dialog-actions', {}, link(file, 'a.plain', icon('down'), t('download'), { download: file.name }))));
}

function link(file, name, ...children) {
  const attributes = children.at(-1)?.download ? children.pop() : {};
  // What the realm serves by the way the page came; all else by its own.
  const href = file.isServed ? file.path : file.address;
  return h(name, { href, target: '_blank', rel: 'noopener noreferrer', ...attributes }, children);
}

function card(files, file) {
  // What lies elsewhere is fetched when somebody wants it.
  const isAsked = file.isServed && !file.isElsewhere;
  const about = h('span.card-about', {}, isAsked ? '…' : file.host);
  const element = link(file, 'a.card', icon('file'), h('span.card-text', {}, h('bdi.card-name', {}, file.name), about));
  if (isAsked) showSize(files, file, about, element);
  return element;
}

async function showSize(files, file, about, element) {
  if (!sizes.has(file.path)) {
    if (sizes.size >= mostKnown) sizes.clear();
    sizes.set(file.path, files.size(file));
  }
  const size = await sizes.get(file.path);
  fill(about, size > 0 ? sizeText(size) : size < 0 ? t('fileGone') : file.host);
  element.classList.toggle('gone', size < 0);
}
