// What one shows of oneself, in the settings: a picture, what one is called, and what one says of how one is.

import { NotUploaded } from '../client/files.js';
import { t } from '../texts.js';
import { fill, h, keepFocus } from './dom.js';
import { avatar, pictureOf, toast } from './parts.js';

/** Pixels at each side of a picture: enough where it is shown largest, on screens with small pixels. */
const side = 256;
/** Letters that are never more than the 300 bytes that a realm keeps. */
const mostLetters = 100;

/** A section of the settings. */
export function profileForm(client) {
  const { account, state } = client;
  const before = state.profileOf(account);
  const fields = ['display-name', 'status'].map((key) => h('input', {
    type: 'text', value: before[key] ?? '', maxlength: mostLetters, autocomplete: 'off', 'data-key': key,
  }));
  const save = async (event) => {
    event.preventDefault();
    const now = state.profileOf(account);
    const changed = fields.map((input) => [input.dataset.key, input.value.trim()]).filter(([key, value]) => value !== (now[key] ?? ''));
    for (const [key, value] of changed) if (!await client.showOfMe(key, value)) return;
    toast(t('saved'));
  };
  return h('section', {}, h('h3', {}, t('profile')), client.files.areTaken ? pictureRow(client) : null,
    h('form', { onsubmit: save },
      h('label.field', {}, h('span', {}, t('displayName')), fields[0]),
      h('label.field', {}, h('span', {}, t('statusText')), fields[1]),
      h('div.dialog-actions', {}, h('button.primary', { type: 'submit' }, t('save')))));
}

function pictureRow(client) {
  const place = h('div.own-picture');
  const set = async (address) => {
    await client.showOfMe('avatar', address);
    show();
  };
  const picker = h('input', {
    type: 'file', accept: 'image/*', hidden: true, 'aria-label': t('choosePicture'),
    onchange: () => { if (picker.files[0]) upload(client, picker.files[0]).then((address) => address && set(address)); },
  });
  const show = () => {
    const picture = pictureOf(client, client.account);
    keepFocus(place, () => fill(place, avatar(client.account, { picture }), picker, h('div', {},
      h('button.plain', { type: 'button', onclick: () => picker.click() }, t('choosePicture')),
      picture ? h('button.plain', { type: 'button', onclick: () => set('') }, t('removePicture')) : null)));
  };
  show();
  return place;
}

/** A promise of the address of a picture; of nothing where that failed, which is said. */
async function upload(client, file) {
  const picture = await shrunk(file).catch(() => null);
  if (!picture) return toast(t('notAPicture'));
  try {
    return await client.files.upload(picture, () => {}).done;
  } catch (error) {
    return toast(error instanceof NotUploaded && error.text ? error.text : t('fileCut'));
  }
}

/** The middle of a picture, as small as it is shown. */
async function shrunk(file) {
  const image = await createImageBitmap(file);
  const size = Math.min(image.width, image.height);
  const canvas = new OffscreenCanvas(side, side);
  canvas.getContext('2d').drawImage(image, (image.width - size) / 2, (image.height - size) / 2, size, size, 0, 0, side, side);
  return new File([await canvas.convertToBlob({ type: 'image/png' })], 'picture.png', { type: 'image/png' });
}
