// Who is in a group, with ranks, and who is here or away.

import { fold } from '../names.js';
import { eachMode } from './modes.js';

/** Ranks from the highest (Modern IRC, "Channel Membership Prefixes"), and the mode that gives each. */
export const ranks = [
  { prefix: '~', mode: 'q', name: 'owner' },
  { prefix: '&', mode: 'a', name: 'admin' },
  { prefix: '@', mode: 'o', name: 'operator' },
  { prefix: '%', mode: 'h', name: 'helper' },
  { prefix: '+', mode: 'v', name: 'voice' },
];

/** How high a member stands: 5 for an owner, 0 without a rank. */
export function height(member) {
  const at = ranks.findIndex((rank) => member?.ranks.includes(rank.prefix));
  return at < 0 ? 0 : ranks.length - at;
}

/** From here on up one may kick, ban, delete what others said and say what the group is like; and rename it. */
export const moderates = 2;
export const renames = 3;

/** Whether who stands that high may kick or delete what is said by who stands so high. */
export function outranks(mine, theirs) {
  return mine >= moderates && (mine > theirs || (mine === theirs && mine >= 3));
}

/** Whether who stands that high gives and takes a rank: those below; owners and operators also their own. */
export function grants(mine, rank) {
  const least = { q: 5, a: 5, o: 3, h: 3, v: 2 };
  return mine >= least[rank.mode];
}

export function addMember(conversation, name, prefixes = '') {
  const key = fold(name);
  const before = conversation.members.get(key);
  conversation.members.set(key, { key, name, ranks: prefixes, away: before?.away ?? false });
}

/** Takes the words of RPL_NAMREPLY (353) apart. */
export function addNames(conversation, words) {
  // Those of an earlier connection, shown until there are new ones.
  if (conversation.namesAreOld) conversation.members.clear();
  conversation.namesAreOld = false;
  for (const word of words.split(' ').filter(Boolean)) {
    const end = [...word].findIndex((letter) => !ranks.some((rank) => rank.prefix === letter));
    addMember(conversation, word.slice(end).split('!')[0], word.slice(0, end));
  }
}

/** RPL_WHOREPLY (352): whether a member is here. */
export function noteWho(conversation, params) {
  const member = conversation.members.get(fold(params[5] ?? ''));
  if (member) member.away = (params[6] ?? '').startsWith('G');
}

/** What a change of modes does where it is about the rank of one member: `{ mode, name, who, isGiven }`; else null. */
export function rankChange([letters = '', who, ...others]) {
  const rank = ranks.find((one) => one.mode === letters[1]);
  const isOne = rank && who !== undefined && others.every((name) => name === who)
    && [...letters.slice(1)].every((letter) => ranks.some((one) => one.mode === letter));
  return isOne ? { ...rank, who, isGiven: letters[0] === '+' } : null;
}

/** MODE of a group: the ranks it gives and takes. Other modes are told in the history. */
export function changeRanks(conversation, changes) {
  eachMode(changes, (letter, isGiven, name) => {
    const rank = ranks.find((one) => one.mode === letter);
    const member = rank && conversation.members.get(fold(name));
    if (!member) return;
    const held = ranks.filter((one) => (one === rank ? isGiven : member.ranks.includes(one.prefix)));
    member.ranks = held.map((one) => one.prefix).join('');
  });
}
