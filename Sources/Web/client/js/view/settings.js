// The account and this browser: language, looks, notifications, password, devices, the end of the account.

import { languages, locale, t } from '../texts.js';
import { fill, h } from './dom.js';
import { myFiles } from './my-files.js';
import { confirm, openDialog, shortTime, toast } from './parts.js';
import { profileForm } from './profile.js';

/** `on`: `language(code)`, `theme(name)`, and `notifications`. */
export function openSettings(client, preferences, on) {
  const devices = h('div.results', {}, h('p.quiet', {}, t('loading')));
  openDialog(t('settings'), h('div.dialog-body.settings', {},
    profileForm(client),
    h('section', {}, h('h3', {}, t('thisBrowser')),
      choice(t('language'), locale(), Object.entries(languages), on.language),
      choice(t('looks'), preferences.theme,
        [['auto', t('likeSystem')], ['light', t('light')], ['dark', t('dark')]], on.theme),
      notifications(client, on.notifications)),
    strangers(client),
    passwordForm(client),
    h('section', {}, h('h3', {}, t('devices')), h('p.quiet', {}, t('devicesText')), devices),
    myFiles(client),
    deletion(client)));
  if (client.isOnline) showDevices(client, devices);
  else fill(devices, h('p.quiet', {}, t('offline')));
}

function choice(label, value, options, act) {
  const select = h('select', { onchange: () => act(select.value) },
    options.map(([key, text]) => h('option', { value: key, selected: key === value }, text)));
  return h('label.field.row', {}, h('span', {}, label), select);
}

/** Whether this browser tells of messages, and whether also while no page is open. */
function notifications(client, told) {
  const place = h('div.field.row');
  const show = () => {
    const { state } = told;
    const isOn = state === 'on';
    const text = { on: 'notificationsOn', off: 'notificationsOff', denied: 'notificationsDenied', impossible: 'notificationsNot' }[state];
    const flip = async (event) => {
      event.target.disabled = true;
      await told.switch(!isOn);
      show();
    };
    fill(place, h('span', {}, t(text), isOn ? h('span.quiet', {}, ` ${t(client.push.isOn ? 'toldAlways' : 'toldWhileOpen')}`) : null),
      state === 'on' || state === 'off' ? h('button.plain', { type: 'button', onclick: flip }, t(isOn ? 'switchOff' : 'switchOn')) : null);
  };
  show();
  return place;
}

/** Who reaches this account, and who does not. */
function strangers(client) {
  const blocked = h('div.results');
  const show = () => fill(blocked, [...client.state.blocked].sort().map((name) => h('div.result', {},
    h('bdi.result-text', {}, name),
    h('button.plain.small', {
      type: 'button', onclick: async () => {
        await client.block(name, false);
        show();
      },
    }, t('unblock')))));
  show();
  return h('section', {}, h('h3', {}, t('whoReachesYou')),
    choice(t('strangersWait'), client.state.requestsChoice,
      [['default', t('asRealmSays')], ['none', t('waitsNobody')], ['elsewhere', t('waitsElsewhere')], ['all', t('waitsAll')]],
      (value) => client.chooseRequests(value)),
    client.state.blocked.size > 0 ? h('h3', {}, t('blockedPeople')) : null, blocked);
}

function passwordForm(client) {
  const before = h('input', { type: 'password', autocomplete: 'current-password', required: true });
  const after = h('input', { type: 'password', autocomplete: 'new-password', required: true, minlength: '4' });
  const form = h('form', {
    onsubmit: async (event) => {
      event.preventDefault();
      if (!await client.changePassword(before.value, after.value)) return;
      form.reset();
      toast(t('passwordChanged'));
    },
  }, h('h3', {}, t('changePassword')),
  h('input', { type: 'text', autocomplete: 'username', value: client.account, hidden: true, 'aria-hidden': 'true' }),
  h('label.field', {}, h('span', {}, t('oldPassword')), before),
  h('label.field', {}, h('span', {}, t('newPassword')), after),
  h('div.dialog-actions', {}, h('button.primary', { type: 'submit' }, t('changePassword'))));
  return form;
}

async function showDevices(client, place) {
  const devices = await client.devices();
  fill(place, devices.map((device) => {
    const isThis = device.name === client.device;
    const name = device.name === '*' ? t('defaultDevice') : device.name;
    const used = device.used === '*' ? t('neverUsed') : t('lastUsed', { time: shortTime(device.used) });
    const revoke = async () => {
      if (await client.revoke(device.name)) showDevices(client, place);
    };
    return h('div.result', {}, h('span.result-text', {}, h('span.title', {}, name), h('span.preview', {}, used)),
      isThis ? h('span.badge', {}, t('thisDevice'))
        : device.name === '*' ? null : h('button.plain.small', {
          type: 'button', onclick: () => confirm(t('revoke'), t('revokeText', { name }), t('revoke'), revoke),
        }, t('revoke')));
  }));
}

function deletion(client) {
  const password = h('input', { type: 'password', autocomplete: 'current-password', required: true });
  return h('form.danger-zone', {
    onsubmit: (event) => {
      event.preventDefault();
      confirm(t('deleteAccount'), t('deleteAccountText', { name: client.account }), t('deleteAccount'),
        () => client.deleteAccount(password.value));
    },
  }, h('h3', {}, t('deleteAccount')), h('p.quiet', {}, t('deleteAccountHint')),
  h('label.field', {}, h('span', {}, t('password')), password),
  h('div.dialog-actions', {}, h('button.primary.danger', { type: 'submit' }, t('deleteAccount'))));
}
