// What the signs in a message mean.

import assert from 'node:assert/strict';
import test from 'node:test';
import { brief } from '../../Sources/Web/client/js/view/rich.js';

test('stress and code are left out of a line', () => {
  for (const [text, line] of [
    ['*bold* and `code`', 'bold and code'], ['(*so*)', '(so)'], ['*two words*, three', 'two words, three'], ['*ä*', 'ä'],
    ['```js\none\n```', 'one\n'], ['`*not*`', '*not*'],
  ]) assert.equal(brief(text), line);
});

test('what only looks like stress stays', () => {
  for (const text of [
    '2*3*4', 'a * b * c', '* one\n* two', '*one *', '* one*', 'ä*b*', '*b*ä', '**two**', 'snake_case_name', '_under_', '*', '**', '5 *',
  ]) assert.equal(brief(text), text);
});
