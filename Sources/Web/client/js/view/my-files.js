// The files that one has uploaded, in the settings: how much room they take, and removing them.

import { sizeText } from '../client/files.js';
import { t } from '../texts.js';
import { fill, h } from './dom.js';
import { confirm, shortTime, toast } from './parts.js';

/** A section of the settings; null where the realm takes no files. */
export function myFiles(client) {
  if (!client.files.areTaken) return null;
  const place = h('div.results', {}, h('p.quiet', {}, t('loading')));
  show(client, place);
  return h('section', {}, h('h3', {}, t('yourFiles')), place);
}

async function show(client, place) {
  const mine = await client.files.mine();
  if (!mine) return fill(place, h('p.quiet', {}, t('offline')));
  return fill(place,
    h('p.quiet', {}, t('filesUsed', { used: sizeText(mine.bytes), most: sizeText(mine.quotaBytes) })),
    mine.files.map((file) => row(client, place, file)));
}

function row(client, place, file) {
  const remove = async () => {
    if (!await client.files.remove(file)) toast(t('notRemoved'));
    show(client, place);
  };
  return h('div.result', {},
    h('span.result-text', {},
      h('a.title', { href: file.path, target: '_blank', rel: 'noopener noreferrer' }, h('bdi', {}, file.name)),
      h('span.preview', {}, `${sizeText(file.bytes)} · ${shortTime(file.created)}`)),
    h('button.plain.small', {
      type: 'button', 'aria-label': t('removeFile', { name: file.name }),
      onclick: () => confirm(t('deleteFile'), t('deleteFileText', { name: file.name }), t('delete'), remove),
    }, t('delete')));
}
