// Whether an answer is a refusal, and why.

/** The numerics that refuse something and stand between 400 and 599. */
function isErrorNumeric(command) {
  return /^[45]\d\d$/.test(command);
}

/** The first refusal among the answers to a request: `{ code, text }`; null: there is none. */
export function refusalIn(items) {
  for (const item of items) {
    if (item.command === 'FAIL') return { code: item.params[1], text: item.params.at(-1) };
    if (item.command && isErrorNumeric(item.command)) return { code: item.command, text: item.params.at(-1) };
  }
  return null;
}
