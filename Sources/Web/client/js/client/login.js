// Registering and logging in. What is kept on this machine is a token for this browser, never the password.

import { isPerson } from '../names.js';
import { Connection, Refused } from '../protocol/connection.js';
import { registrationOf } from '../protocol/capabilities.js';
import { randomName } from '../protocol/random.js';
import { refusalIn } from '../protocol/errors.js';

const place = 'moot.login';

/** Where the realm's WebSocket is: where the page came from. */
export function realmAddress(location) {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`;
}

/** The login that is kept: `{ account, token, device }`; null: nobody is logged in. */
export function keptLogin(storage) {
  const text = storage.getItem(place);
  return text ? JSON.parse(text) : null;
}

export function keepLogin(storage, login) {
  if (login) storage.setItem(place, JSON.stringify(login));
  else storage.removeItem(place);
}

/**
 * What the realm is called and how accounts are made in it: a promise of `{ title, registration }`, with 'open', 'invite' or
 * 'closed', or 'unreachable' if nobody answers.
 */
export function lookAt(url) {
  return new Promise((resolve) => {
    const finish = (registration) => {
      connection.close();
      resolve({ title: connection.support.get('NETWORK') ?? '', registration });
    };
    const connection = new Connection({
      url, credentials: null,
      on: {
        offered: () => finish(registrationOf(connection.offered)),
        phase: (phase) => { if (phase === 'waiting') finish('unreachable'); },
      },
    });
    connection.connect();
  });
}

/**
 * Logs in with a password, or makes the account first (`register`, with an invitation's `code` where that is wanted).
 * A promise of the login to keep; fails with `Refused`.
 */
export function logIn(url, { account, password, code = '', register }) {
  // What is no name is not even one word, perhaps, and could not be sent.
  if (!isPerson(account)) return Promise.reject(new Refused('BAD_ACCOUNT_NAME', ''));
  const device = `web-${randomName(4)}`;
  const credentials = { account, secret: password, code: code.replace(/^:+|\s+/g, ''), register, device: register ? undefined : device };
  return new Promise((resolve, reject) => {
    const fail = (error) => {
      connection.close();
      reject(error);
    };
    const connection = new Connection({
      url, credentials,
      on: {
        refused: fail,
        phase: (phase) => { if (phase === 'waiting') fail(new Refused('UNREACHABLE', '')); },
        online: async () => {
          try {
            const answers = await connection.request('DEVICE', ['CREATE', device]);
            const created = answers.find((one) => one.command === 'DEVICE' && one.params[0] === 'CREATE');
            if (!created) return fail(new Refused(refusalIn(answers)?.code, refusalIn(answers)?.text ?? ''));
            connection.close();
            resolve({ account: connection.nick, token: created.params[2], device });
          } catch (error) {
            fail(error);
          }
        },
      },
    });
    connection.connect();
  });
}
