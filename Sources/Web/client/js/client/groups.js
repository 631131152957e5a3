// What can be done with groups.

import { fold, isGroup, realmOf } from '../names.js';
import { parseLine } from '../protocol/line.js';
import { interpret } from '../state/interpret.js';

/** ERR_BADCHANNELKEY: the group wants a password. */
const needsKey = '475';

export class Groups {
  constructor(client) {
    this.client = client;
  }

  get #connection() { return this.client.connection; }

  /** Learns who is in a group and what it is like. */
  async look(group, mostAsked) {
    if (group.lookedIn === this.client.connections) return;
    group.lookedIn = this.client.connections;
    group.namesAreOld = true;
    await this.#connection.request('NAMES', [group.name]);
    if (group.members.size > 0 && group.members.size <= mostAsked) await this.#connection.request('WHO', [group.name]);
    this.#connection.send('MODE', [group.name]);
    group.touch();
    this.client.changed();
  }

  /** Joins a group, or makes it; opens it once the realm says that one is a member. */
  async join(text, key) {
    const typed = text.trim().replace('@', '/');
    const name = isGroup(typed) ? typed : `#${typed}`;
    const own = fold(realmOf(name)) === fold(this.client.state.realm) ? name.slice(0, name.indexOf('/')) : name;
    const known = this.client.state.find(own);
    if (known?.joined) return this.client.show(known);
    this.client.wantsOpen = fold(own);
    const refusal = await this.client.refusal('JOIN', key ? [own, key] : [own]);
    if (refusal?.code === needsKey) this.client.on.wantsKey(own, (typed) => this.join(own, typed));
    else if (refusal) this.client.tell(refusal.text, refusal.code);
    if (refusal) return undefined;
    const joined = this.client.state.find(own);
    if (joined?.joined && this.client.open !== joined) this.client.show(joined);
    return joined;
  }

  async leave(group) {
    if (await this.client.ask('PART', [group.name]) === null) return;
    this.client.state.forget(group.name);
    this.client.close();
  }

  invite(group, name) { return this.client.ask('INVITE', [name, group.name]); }

  rename(group, name) { return this.client.ask('RENAME', [group.name, isGroup(name) ? name : `#${name}`]); }

  setTopic(group, text) { return this.client.ask('TOPIC', [group.name, text]); }

  kick(group, name) { return this.client.ask('KICK', [group.name, name]); }

  /** Keeps somebody out, and takes them out if they are in. */
  async ban(group, name) {
    if (await this.client.ask('MODE', [group.name, '+b', name]) === null) return;
    await this.kick(group, name);
  }

  /** Gives or takes a rank. */
  rank(group, name, mode, isGiven) {
    return this.client.ask('MODE', [group.name, `${isGiven ? '+' : '-'}${mode}`, name]);
  }

  /** Says what a group is like. */
  setMode(group, letter, isSet, value = '') {
    return this.client.ask('MODE', [group.name, `${isSet ? '+' : '-'}${letter}`, ...(value === '' ? [] : [value])]);
  }

  /** Who is kept out: `{ mask, by, time }`; of another realm's group, what this realm knows. */
  async bans(group) {
    const answers = await this.client.ask('MODE', [group.name, '+b'], { quiet: true });
    return (answers ?? []).filter((line) => line.command === '367')
      .map(({ params }) => ({ mask: params[2], by: (params[3] ?? '').split('!')[0], time: params[4] }));
  }

  /** What was moderated, the newest last, as facts like those of the history. */
  async moderation(group) {
    const { state } = this.client;
    const answers = await this.client.ask('MODLOG', [group.name, '50'], { quiet: true });
    return (answers ?? []).filter((line) => line.command === 'NOTE' && line.params[1] !== 'END').map(({ params }) => {
      const [, , name, time, id, who, said] = params;
      // A renaming names the group twice itself.
      const words = said.startsWith('RENAME ') ? said : said.replace(' ', ` ${name} `);
      const line = parseLine(`@time=${time};msgid=${id} :${who} ${words}`);
      return line && { ...interpret(line, state.me, Date.now()), kind: 'event' };
    }).filter(Boolean);
  }

  remove(group) { return this.client.ask('DELETE', [group.name]); }

  /** Groups that can be found in a realm: `{ name, members, topic }`; '' is one's own. */
  async discover(realm) {
    const answers = await this.client.ask('LIST', realm ? [realm] : [], { quiet: true });
    return (answers ?? []).filter((line) => line.command === '322')
      .map(({ params }) => ({ name: params[1], members: Number(params[2]), topic: params[3] ?? '' }));
  }
}
