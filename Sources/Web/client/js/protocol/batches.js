// Batches (IRCv3 batch, labeled-response, draft/multiline): lines that belong together come out together.

/** A text of several lines, as draft/multiline sends it, as one message. */
function joined(batch) {
  const [first] = batch.items;
  if (!first) return null;
  let text = first.params[1] ?? '';
  for (const line of batch.items.slice(1)) {
    text += ('draft/multiline-concat' in line.tags ? '' : '\n') + (line.params[1] ?? '');
  }
  const tags = { ...first.tags, ...batch.line.tags };
  delete tags.batch;
  return { ...first, tags, params: [batch.params[0], text] };
}

/** Gathers lines into the batches they name. */
export class Batches {
  #open = new Map();

  /** Takes a line, and returns what is complete with it: that line, or `{ batch, params, tags, items }`; or nothing. */
  take(line) {
    if (line.command === 'BATCH') return this.#bracket(line);
    const batch = this.#open.get(line.tags.batch);
    if (!batch) return line;
    batch.items.push(line);
    return null;
  }

  #bracket(line) {
    const [reference = '', type = '', ...params] = line.params;
    if (reference.startsWith('+')) {
      this.#open.set(reference.slice(1), { type, params, line, items: [] });
      return null;
    }
    const batch = this.#open.get(reference.slice(1));
    if (!batch) return null;
    this.#open.delete(reference.slice(1));
    const item = batch.type === 'draft/multiline'
      ? joined(batch)
      : { batch: batch.type, params: batch.params, tags: batch.line.tags, items: batch.items };
    const parent = this.#open.get(batch.line.tags.batch);
    if (!parent || !item) return item;
    parent.items.push(item);
    return null;
  }

  /** Forgets what is under way: the connection has ended. */
  clear() {
    this.#open.clear();
  }
}
