// What a group is like: the modes that MODE sets of it, but ranks and lists (docs/clients.md, "Groups").

/** Letters that name somebody or something when given and when taken, and those that do only when given. */
const alwaysNames = 'qaohvbeIk';
const namesWhenGiven = 'lHD';

/** Goes through the words of MODE: `act(letter, isGiven, name)`. */
export function eachMode([letters = '', ...names], act) {
  let isGiven = true;
  const left = [...names];
  for (const letter of letters) {
    if (letter === '+' || letter === '-') {
      isGiven = letter === '+';
      continue;
    }
    const isNamed = alwaysNames.includes(letter) || (isGiven && namesWhenGiven.includes(letter));
    act(letter, isGiven, isNamed ? left.shift() ?? '' : '');
  }
}

/** The modes of a group, from letter to what it says, after a change. */
export function changedModes(modes, words) {
  const changed = new Map(modes);
  eachMode(words, (letter, isGiven, name) => {
    if ('qaohvbeI'.includes(letter)) return;
    if (isGiven) changed.set(letter, name);
    else changed.delete(letter);
  });
  return changed;
}
