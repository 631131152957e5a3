// Making and changing elements. Text from people goes in as text only, never as markup.

/**
 * An element: `h('button.primary', { onclick, 'aria-label': … }, 'text', child)`. Functions become listeners, true
 * becomes an empty attribute, false and null none.
 */
export function h(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === 'function') element[key] = value;
    else if (key === 'value' || key === 'disabled' || key === 'checked') element[key] = value;
    else if (key === 'class') element.classList.add(...value.split(' ').filter(Boolean));
    else element.setAttribute(key, value === true ? '' : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
}

/** Puts other children into an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

const usable = 'button, a, input, select, textarea, [tabindex]';

/** Changes the page. What has the focus in an element has it afterwards too, or what stands in its place in its heir. */
export function keepFocus(element, change, heir = element) {
  const focused = document.activeElement;
  const stops = (root) => [root, ...root.querySelectorAll(usable)];
  const at = element.contains(focused) ? stops(element).indexOf(focused) : -1;
  change();
  if (at < 0 || document.activeElement === focused) return;
  const named = focused.name ? heir.querySelector(`[name="${focused.name}"]`) : null;
  const there = stops(heir)[at];
  const next = named ?? (there?.classList[0] === focused.classList[0] ? there : heir);
  next.focus({ preventScroll: true });
  if (named) named.setSelectionRange(focused.selectionStart, focused.selectionEnd);
}

/** What an element shows, from rows `{ key, mark, make }`: an element is made anew only where its mark has changed. */
export class Rows {
  #known = new Map();

  constructor(element) {
    this.element = element;
  }

  show(rows) {
    const kept = new Map();
    let next = this.element.firstChild;
    for (const row of rows) {
      let known = this.#known.get(row.key);
      if (!known || known.mark !== row.mark) {
        const node = row.make();
        if (known) {
          if (known.node === next) next = next.nextSibling;
          const before = known.node;
          keepFocus(before, () => before.replaceWith(node), node);
        }
        known = { mark: row.mark, node };
      }
      kept.set(row.key, known);
      if (known.node === next) next = next.nextSibling;
      else this.#insert(known.node, next);
    }
    for (const [key, { node }] of this.#known) if (!kept.has(key)) this.#remove(node);
    this.#known = kept;
  }

  #insert(node, next) { keepFocus(node, () => this.element.insertBefore(node, next)); }

  /** Who was at it is where the rows are, not at the beginning of the page. */
  #remove(node) {
    const wasThere = node.contains(document.activeElement);
    node.remove();
    if (wasThere) this.element.closest('[tabindex]')?.focus({ preventScroll: true });
  }

  node(key) { return this.#known.get(key)?.node; }
}

const paths = {
  clip: 'M20 11.500l-8 8a5 5 0 0 1-7-7l8.500-8.500a3.3 3.3 0 0 1 4.700 4.700L9.700 17.200a1.700 1.700 0 0 1-2.400-2.400L15 7',
  file: 'M13 3H6v18h12V8zM13 3v5h5',
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14zM16.2 16.2L21 21',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  people: 'M9 11a3.5 3.5 0 1 0 0-7a3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4'
    + 'M18 14.5c2.1.8 3.5 2.7 3.5 5.5',
  send: 'M4 12l16-8-6 16-3-7z',
  reply: 'M9 7L4 12l5 5M4 12h10c4 0 6 2 6 6',
  smile: 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM8.5 14.500c1.7 2.6 5.3 2.6 7 0M9 9.500h.01M15 9.500h.01',
  edit: 'M4 20l1-4L16 5l3 3L8 19z',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  down: 'M12 5v14M6 13l6 6 6-6',
  pin: 'M9 4h6l-1 6 3 3H7l3-3zM12 13v7',
  mute: 'M6 9a6 6 0 0 1 10-4.500M18 9c0 5 2 7 2 7H8M4 4l16 16M6.5 9.500C6 14 4 16 4 16M10 20h4',
  clock: 'M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16zM12 8v4l3 2',
  check: 'M5 12.500l4.5 4.500L19 7.5',
  warning: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  globe: 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18',
  gear: 'M12 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.600l2.1 2.100M16.3 16.300l2.1 2.1'
    + 'M18.4 5.600l-2.1 2.100M7.7 16.300l-2.1 2.1',
};

/** One of the pictures of the buttons. */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}

/** A button that shows only a picture, and tells its name to those who point at it or listen. */
export function iconButton(name, label, onclick, attributes = {}) {
  return h('button.icon-button', { type: 'button', 'aria-label': label, title: label, onclick, ...attributes }, icon(name));
}
