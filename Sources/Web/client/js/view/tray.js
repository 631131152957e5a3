// The files that go with the next message, above the input: chosen, dropped or pasted, with how far they are.

import { sizeText } from '../client/files.js';
import { t } from '../texts.js';
import { h, icon, iconButton, Rows } from './dom.js';

export class Tray {
  #rows;
  #depth = 0;

  /** `input` is where files can be pasted. */
  constructor(client, input) {
    this.client = client;
    this.picker = h('input', {
      type: 'file', multiple: true, hidden: true, 'aria-label': t('attach'), tabindex: '-1',
      onchange: () => { this.#add([...this.picker.files]); this.picker.value = ''; },
    });
    this.button = iconButton('clip', t('attach'), () => this.picker.click(), { class: 'attach' });
    this.element = h('div.tray', { role: 'group', 'aria-live': 'polite', 'aria-label': t('files') });
    this.target = h('div.drop-target', { hidden: true }, icon('clip'), t('dropHere'));
    this.#rows = new Rows(this.element);
    input.addEventListener('paste', (event) => this.#pasted(event));
  }

  /** Takes what is dropped somewhere in an element. */
  listen(area) {
    area.append(this.target);
    for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) {
      area.addEventListener(name, (event) => this.#dragged(event));
    }
  }

  get #isOpen() {
    const conversation = this.client.open;
    return Boolean(conversation) && this.client.files.areTaken && !(conversation.isGroup && !conversation.joined);
  }

  /** Whether there is something to be sent. */
  get isFull() { return this.client.uploads.of(this.client.open).some((upload) => upload.state !== 'failed' && !upload.isWanted); }

  render() {
    this.button.hidden = !this.#isOpen;
    const uploads = this.client.uploads.of(this.client.open);
    this.#rows.show(uploads.map((upload) => ({
      key: upload.key, mark: [upload.state, upload.why, upload.isWanted].join(' '), make: () => this.#row(upload),
    })));
    for (const upload of uploads) {
      const bar = this.#rows.node(upload.key).querySelector('progress');
      if (bar) bar.value = upload.share;
    }
  }

  // MARK: rows

  #row(upload) {
    const hasFailed = upload.state === 'failed';
    return h('div.upload', { class: hasFailed ? 'failed' : '' },
      icon(hasFailed ? 'warning' : upload.state === 'ready' ? 'check' : 'file'),
      h('div.upload-text', {},
        h('bdi.upload-name', {}, upload.file.name),
        h('span.upload-state', hasFailed ? { role: 'alert' } : {}, this.#words(upload)),
        upload.state === 'coming' || upload.state === 'waiting'
          ? h('progress', { max: '1', value: upload.share, 'aria-label': t('uploading', { name: upload.file.name }) }) : null),
      hasFailed && !upload.isFinal
        ? h('button.link', { type: 'button', onclick: () => this.client.uploads.retry(upload) }, t('retry')) : null,
      iconButton('close', t('removeFile', { name: upload.file.name }), () => this.client.uploads.remove(upload)));
  }

  #words(upload) {
    const size = sizeText(upload.file.size);
    if (upload.state !== 'failed') return upload.isWanted ? `${size} · ${t('sentWhenThere')}` : size;
    switch (upload.why) {
      case 'tooLarge': return Number.isFinite(upload.most) ? t('fileTooLarge', { size, most: sizeText(upload.most) }) : upload.text;
      case 'wrongType': return t('fileWrongType');
      case 'cut': return t('fileCut');
      default: return upload.text || t('fileCut');
    }
  }

  // MARK: where they come from

  #add(files) {
    if (files.length > 0 && this.#isOpen) this.client.uploads.add(this.client.open, files);
  }

  #pasted(event) {
    const files = [...event.clipboardData?.files ?? []];
    if (files.length === 0 || !this.#isOpen) return;
    event.preventDefault();
    this.#add(files);
  }

  #dragged(event) {
    if (!event.dataTransfer?.types.includes('Files')) return;
    // Whatever is dropped, the page stays.
    event.preventDefault();
    if (event.type === 'dragenter') this.#depth += 1;
    if (event.type === 'dragleave') this.#depth -= 1;
    if (event.type === 'drop') this.#depth = 0;
    this.target.hidden = this.#depth <= 0 || !this.#isOpen;
    if (event.type === 'drop') this.#add([...event.dataTransfer.files]);
  }
}
