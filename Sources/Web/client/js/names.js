// Names of people and groups: `bob`, `bob/beta`, `#plans`, `#plans/beta`.

/** The same name in one form (CASEMAPPING=ascii). */
export function fold(name) {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function isGroup(name) {
  return name.startsWith('#');
}

/** The realm in a name; '' is one's own. */
export function realmOf(name) {
  const at = name.indexOf('/');
  return at < 0 ? '' : name.slice(at + 1);
}

/** The name without its realm. */
export function shortName(name) {
  const at = name.indexOf('/');
  return at < 0 ? name : name.slice(0, at);
}

/** What people type, `bob@beta` or `bob/beta`, as the realm writes it; one's own realm is left out. */
export function canonical(text, ownRealm) {
  const name = text.trim().replace('@', '/');
  return fold(realmOf(name)) === fold(ownRealm) ? shortName(name) : name;
}

/** The characters of a name of a person (docs/clients.md, "Addresses"). */
const person = /^[A-Za-z_[\]\\`^{}|][A-Za-z0-9_\-[\]\\`^{}|]{0,31}$/;

export function isPerson(text) {
  const name = text.replace('@', '/');
  return person.test(shortName(name)) && (!/[/]/.test(name) || /^[A-Za-z0-9-]+$/.test(realmOf(name)));
}

/** Where a text speaks to somebody: by name or whole address. `bob/gamma` is somebody else than the bob who is here. */
export function mentionOf(name, ownRealm = '') {
  const inner = '[A-Za-z0-9_\\-[\\]\\\\`^{}|]';
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const address = ownRealm === '' ? escaped : `${escaped}(?:[/@]${ownRealm})?`;
  return new RegExp(`(?<!${inner})(@?${address})(?!${inner}|[/@][A-Za-z0-9])`, 'gi');
}

/** Whether it does. */
export function mentions(text, name, ownRealm) {
  return name !== '' && mentionOf(name, ownRealm).test(text);
}
