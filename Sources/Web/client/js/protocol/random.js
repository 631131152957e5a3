// Names that nobody else makes up. `crypto.randomUUID` is only there where pages come over TLS.

/** So many random bytes, as hexadecimal digits. */
export function randomName(bytes = 16) {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return [...values].map((value) => value.toString(16).padStart(2, '0')).join('');
}
