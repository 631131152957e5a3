// What a line means for the conversations: lines of IRC in, plain facts out.

import { fold, isGroup } from '../names.js';

const ranks = '~&@%+';

/** The conversation that a message belongs to: a group, or the other person. */
function conversationOf(target, from, me) {
  if (isGroup(target)) return target;
  return fold(from) === fold(me) ? target : from;
}

/** The text of a message and its kind; null: it is no message for people (CTCP). */
function textOf(command, text) {
  const action = /^\x01ACTION ?([^\x01]*)\x01?$/s.exec(text);
  if (action) return { kind: 'action', text: action[1] };
  if (text.startsWith('\x01')) return null;
  return { kind: command === 'NOTICE' ? 'notice' : 'message', text };
}

function reference(tags) {
  return tags['+reply'] ?? tags['+draft/reply'];
}

function message(line, me) {
  let [target = '', raw = ''] = line.params;
  if (!line.source.includes('!')) return { type: 'serverNotice', conversation: target, text: raw };
  const toRanks = ranks.includes(target[0]) && target.includes('#');
  if (toRanks) target = target.slice(target.indexOf('#'));
  const said = textOf(line.command, raw);
  if (!said) return null;
  const fact = {
    type: 'message', ...said, from: line.nick, conversation: conversationOf(target, line.nick, me), toRanks,
    replyTo: reference(line.tags), edited: 'moot/edited' in line.tags,
  };
  const edits = line.tags['+draft/edit'];
  return edits ? { ...fact, type: 'edit', target: edits } : fact;
}

function tagMessage(line, me) {
  const fact = { from: line.nick, conversation: conversationOf(line.params[0] ?? '', line.nick, me) };
  const target = reference(line.tags);
  const react = line.tags['+draft/react'];
  const unreact = line.tags['+draft/unreact'];
  if (target && react) return { ...fact, type: 'reaction', target, emoji: react, added: true };
  if (target && unreact) return { ...fact, type: 'reaction', target, emoji: unreact, added: false };
  if (line.tags['+typing']) return { ...fact, type: 'typing', phase: line.tags['+typing'] };
  return null;
}

/** What happened in a group, for the line that tells of it. */
function event(line, me) {
  const [first = '', second = '', third = ''] = line.params;
  const fact = { type: 'event', from: line.nick, conversation: first, event: line.command.toLowerCase() };
  switch (line.command) {
    case 'JOIN': return { ...fact, who: line.nick };
    case 'PART': return { ...fact, who: line.nick, text: second };
    case 'KICK': return { ...fact, who: second, text: third };
    case 'TOPIC': return { ...fact, text: second };
    case 'MODE':
      if (!isGroup(first)) return null;
      return { ...fact, text: line.params.slice(1).join(' '), changes: line.params.slice(1) };
    case 'RENAME': return { ...fact, conversation: second, before: first, text: second };
    case 'INVITE': return { ...fact, conversation: second, who: first, forMe: fold(first) === fold(me) };
    default: return null;
  }
}

function note(line) {
  const [command = '', code = '', ...context] = line.params;
  const text = context.pop() ?? '';
  return { type: line.command.toLowerCase(), command, code, context, text };
}

function interpretLine(line, me) {
  switch (line.command) {
    case 'PRIVMSG': case 'NOTICE': return message(line, me);
    case 'TAGMSG': return tagMessage(line, me);
    case 'REDACT':
      return {
        type: 'redaction', from: line.nick, conversation: conversationOf(line.params[0] ?? '', line.nick, me),
        target: line.params[1],
      };
    case 'NOTE': case 'FAIL': case 'WARN': return note(line);
    default: return event(line, me);
  }
}

/**
 * What a line says: `{ type, conversation, from, time, id, … }`; null: nothing that shows in a conversation.
 * `now` stands for the time of lines that have none.
 */
export function interpret(line, me, now) {
  const fact = interpretLine(line, me);
  const isNowhere = fact && 'conversation' in fact && fact.conversation === '';
  if (!fact || isNowhere) return null;
  return { ...fact, time: line.tags.time ?? new Date(now).toISOString(), id: line.tags.msgid };
}
