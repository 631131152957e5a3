// What happened in a group, in words.

import { t } from '../texts.js';
import { h } from './dom.js';
import { rankChange } from '../state/members.js';
import { plain } from './rich.js';

const bans = /^([+-])b$/;

/** The key of the text for an event, and what its `{text}` stands for. */
function wordsFor({ event, from, text, changes, who }, realm) {
  const rank = event === 'mode' ? rankChange(changes) : null;
  if (rank) {
    const isMade = rank.mode === 'q' && from === realm;
    return { key: isMade ? 'eventMade' : rank.isGiven ? 'eventGave' : 'eventTook', who: rank.who, rank: t(rank.name) };
  }
  const ban = event === 'mode' && changes.length === 2 ? bans.exec(changes[0]) : null;
  if (ban) return { key: ban[1] === '+' ? 'eventBan' : 'eventUnban', who: changes[1] };
  const key = {
    join: 'eventJoin', part: 'eventPart', kick: 'eventKick', topic: text ? 'eventTopic' : 'eventNoTopic', rename: 'eventRename',
    redact: 'eventDeleted',
  }[event] ?? 'eventMode';
  return { key, who: who ?? from };
}

/** The children of a line that tells of an event. */
export function eventWords(message, realm) {
  const { key, who, rank } = wordsFor(message, realm);
  const name = (one) => h('bdi.event-name', {}, one);
  return t(key, { rank: rank ?? '' }).split(/(\{\w+\})/).map((part) => {
    switch (part) {
      case '{who}': return name(who);
      case '{by}': return name(message.from);
      case '{text}': return h('bdi', {}, plain(message.text ?? ''));
      default: return part;
    }
  });
}
