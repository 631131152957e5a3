// All texts that people see, in each language. A language is a column; `languages` names them.

import { table } from './texts-table.js';

export const languages = { en: 'English', id: 'Bahasa Indonesia', de: 'Deutsch' };

let current = 'en';
let region = 'en';

/** Takes the language that was chosen, or the first that both the browser and this table know. */
export function chooseLanguage(chosen, wanted) {
  const short = [chosen, ...wanted].filter(Boolean).map((code) => code.slice(0, 2).toLowerCase());
  current = short.find((code) => code in languages) ?? 'en';
  region = wanted.find((code) => code.toLowerCase().startsWith(current)) ?? current;
  if (globalThis.document) document.documentElement.lang = current;
}

export function locale() {
  return current;
}

/** The language with its country, as times and dates are written there. */
export function timeLocale() {
  return region;
}

/** A text; `{name}` in it stands for a value. Where there is a form for one, `key1`, it is taken for a count of 1. */
export function t(key, values = {}) {
  const row = (Number(values.count) === 1 && table[`${key}1`]) || table[key];
  if (!row) throw new RangeError(`there is no text ${key}`);
  const text = row[Object.keys(languages).indexOf(current)];
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Why something was refused: in the language of the page where that is known, else as the realm says it. */
export function refusalText(code, text) {
  const key = `refused${code}`;
  return key in table ? t(key) : text;
}
