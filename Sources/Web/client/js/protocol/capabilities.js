// What this client asks the realm for (IRCv3 capability-negotiation).

export const wanted = [
  'account-notify', 'away-notify', 'batch', 'cap-notify', 'draft/account-registration', 'draft/channel-rename',
  'draft/chathistory', 'draft/event-playback', 'draft/message-redaction', 'draft/metadata-2', 'draft/multiline',
  'draft/read-marker', 'echo-message', 'extended-join', 'extended-monitor', 'invite-notify', 'labeled-response',
  'message-tags', 'moot/edit', 'moot/id', 'multi-prefix', 'no-implicit-names', 'sasl', 'server-time',
  'soju.im/search', 'soju.im/webpush', 'standard-replies',
];

/** Adds the words of a CAP LS line, `name=value`, to what is offered. */
export function addOffered(offered, words) {
  for (const word of words.split(' ').filter(Boolean)) {
    const at = word.indexOf('=');
    if (at < 0) offered.set(word, '');
    else offered.set(word.slice(0, at), word.slice(at + 1));
  }
}

/** Adds the words of an ISUPPORT line (005) to what the server has told of itself. */
export function addSupport(support, words) {
  for (const word of words) {
    const at = word.indexOf('=');
    const value = at < 0 ? '' : word.slice(at + 1);
    support.set(at < 0 ? word : word.slice(0, at),
      value.replace(/\\x([0-9A-Fa-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16))));
  }
}

/** How accounts are made here: 'open', 'invite', or 'closed'. */
export function registrationOf(offered) {
  const value = offered.get('draft/account-registration');
  if (value === undefined) return 'closed';
  return value.split(',').includes('email-required') ? 'invite' : 'open';
}
