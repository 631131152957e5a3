// What happened in a group, in words.

import { t, timeLocale } from '../texts.js';
import { h } from './dom.js';
import { rankChange } from '../state/members.js';
import { plain } from './rich.js';

/** People who are named one by one, at most. */
const mostNamed = 5;
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

/** From one event on, those who come and go one after the other on the same day. */
export function comingsAndGoings(messages, at, dayOf) {
  const isMovement = (one) => one?.event === 'join' || one?.event === 'part';
  let end = at;
  while (isMovement(messages[end]) && dayOf(messages[end].time) === dayOf(messages[at].time)) end += 1;
  return messages.slice(at, end);
}

/** Names as a language lists them; of many, some. */
function people(names) {
  const shown = names.length > mostNamed ? [...names.slice(0, mostNamed - 1), t('others', { count: names.length - mostNamed + 1 })] : names;
  return new Intl.ListFormat(timeLocale()).formatToParts(shown)
    .map(({ type, value }) => (type === 'element' ? h('bdi.event-name', {}, value) : value));
}

/** The children of a line that tells who came and who went. */
export function movementWords(together) {
  const of = (event) => [...new Set(together.filter((one) => one.event === event).map((one) => one.who ?? one.from))];
  const parts = [['join', 'eventJoin', 'eventJoinMany'], ['part', 'eventPart', 'eventPartMany']]
    .filter(([event]) => of(event).length > 0)
    .map(([event, one, many]) => t(of(event).length > 1 ? many : one).split(/(\{who\})/)
      .map((part) => (part === '{who}' ? people(of(event)) : part)));
  return parts.flatMap((part, index) => (index === 0 ? part : ['; ', ...part]));
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
