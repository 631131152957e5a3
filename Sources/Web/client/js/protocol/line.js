// Lines of IRC (Modern IRC, "Message Format"; IRCv3 message-tags): text to values and back.

const escapes = { ':': ';', s: ' ', '\\': '\\', r: '\r', n: '\n' };

/** The value of a tag as it was meant. */
export function unescapeValue(text) {
  return text.replace(/\\(.?)/gs, (_, letter) => escapes[letter] ?? letter);
}

/** The value of a tag, or of an attribute of SEARCH, as it is sent. */
export function escapeValue(text) {
  return text.replace(/[;\s\\]/g, (letter) => {
    switch (letter) {
      case ';': return '\\:';
      case ' ': return '\\s';
      case '\\': return '\\\\';
      case '\r': return '\\r';
      case '\n': return '\\n';
      default: return letter;
    }
  });
}

/** Takes a line apart; null: there is no command in it. */
export function parseLine(text) {
  let rest = text.replace(/[\r\n]+$/, '');
  const line = { tags: {}, source: '', nick: '', command: '', params: [] };
  if (rest.startsWith('@')) {
    const end = rest.indexOf(' ');
    if (end < 0) return null;
    for (const tag of rest.slice(1, end).split(';')) {
      if (tag === '') continue;
      const at = tag.indexOf('=');
      line.tags[at < 0 ? tag : tag.slice(0, at)] = at < 0 ? '' : unescapeValue(tag.slice(at + 1));
    }
    rest = rest.slice(end).trimStart();
  }
  if (rest.startsWith(':')) {
    const end = rest.indexOf(' ');
    if (end < 0) return null;
    line.source = rest.slice(1, end);
    line.nick = nickOf(line.source);
    rest = rest.slice(end).replace(/^ +/, '');
  }
  while (rest !== '') {
    if (line.command !== '' && rest.startsWith(':')) {
      line.params.push(rest.slice(1));
      break;
    }
    const end = rest.indexOf(' ');
    const word = end < 0 ? rest : rest.slice(0, end);
    rest = end < 0 ? '' : rest.slice(end).replace(/^ +/, '');
    if (line.command === '') line.command = word.toUpperCase();
    else line.params.push(word);
  }
  return line.command === '' ? null : line;
}

/** The name in a source: `bob/beta` of `bob/beta!bob@beta`. */
export function nickOf(source) {
  const end = source.indexOf('!');
  return end < 0 ? source : source.slice(0, end);
}

/** A parameter that is not the last is empty, of several words, or begins with a colon: IRC has no way to send that. */
export class NotOneWord extends TypeError {}

/** A line as it is sent. What would break out of it is taken out: nobody types a line end into a parameter. */
export function formatLine(command, params = [], tags = {}) {
  const words = [];
  const named = Object.entries(tags).filter(([, value]) => value !== undefined && value !== null);
  if (named.length > 0) {
    words.push(`@${named.map(([key, value]) => (value === '' ? key : `${key}=${escapeValue(value)}`)).join(';')}`);
  }
  words.push(command);
  params.forEach((param, index) => {
    const clean = String(param).replace(/[\r\n\0]/g, ' ');
    const isLast = index === params.length - 1;
    if (!isLast && (clean === '' || clean.includes(' ') || clean.startsWith(':'))) {
      throw new NotOneWord(`${command}: only the last parameter may be of several words`);
    }
    words.push(isLast && (clean === '' || clean.includes(' ') || clean.startsWith(':')) ? `:${clean}` : clean);
  });
  return words.join(' ');
}

const encoder = new TextEncoder();

/** How many bytes a text takes as UTF-8. */
export function byteLength(text) {
  return encoder.encode(text).length;
}

/** The same of one character. */
function sizeOf(character) {
  const code = character.codePointAt(0);
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
}

/** Cuts a text into pieces of at most so many bytes, never within a character that people see as one. */
export function pieces(text, bytes) {
  const found = [];
  let piece = '';
  let length = 0;
  for (const character of text) {
    const size = sizeOf(character);
    if (length + size > bytes) {
      found.push(piece);
      piece = '';
      length = 0;
    }
    piece += character;
    length += size;
  }
  if (piece !== '' || found.length === 0) found.push(piece);
  return found;
}
