// The first page: logging in, or making an account.

import { logIn, lookAt } from '../client/login.js';
import { languages, locale, t } from '../texts.js';
import { fill, h, keepFocus } from './dom.js';

const retryMilliseconds = 3_000;

export class Login {
  #registers = false;
  #registration = 'looking';
  #isAsking = false;
  #timer = 0;
  #title = location.hostname;
  #problem = '';

  /** `on`: `loggedIn(login)`, `language(code)`. */
  constructor(url, on, problem = '') {
    this.url = url;
    this.on = on;
    this.#problem = problem;
    this.element = h('main.login');
    this.render();
    this.#look();
  }

  stop() { clearTimeout(this.#timer); }

  async #look() {
    const { title, registration } = await lookAt(this.url);
    this.#timer = registration === 'unreachable' ? setTimeout(() => this.#look(), retryMilliseconds) : 0;
    if (registration === this.#registration) return;
    this.#registration = registration;
    this.#title = title || this.#title;
    this.render();
  }

  render() {
    const typed = Object.fromEntries([...this.element.querySelectorAll('input')].map((input) => [input.name, input.value]));
    const isUnreachable = this.#registration === 'unreachable';
    const select = h('select.languages', { 'aria-label': t('language'), onchange: () => this.on.language(select.value) },
      Object.entries(languages).map(([code, name]) => h('option', { value: code, selected: code === locale() }, name)));
    const show = (...parts) => keepFocus(this.element, () => fill(this.element, ...parts));
    this.problem = h('p.warning', { role: 'alert', hidden: this.#problem === '' }, this.#problem);
    this.button = h('button.primary.wide', { type: 'submit', disabled: this.#isAsking }, t(this.#registers ? 'register' : 'logIn'));
    show(h('div.login-card', { class: this.#registration === 'looking' ? 'looking' : '' },
      h('img.logo', { src: '/icon.svg', alt: '', width: '56', height: '56' }),
      h('h1', {}, h('bdi', {}, this.#title)),
      h('p.quiet', {}, t('welcome')),
      this.#tabs(),
      isUnreachable ? h('p.warning', { role: 'alert' }, t('unreachable')) : null,
      this.#form(typed)),
    h('footer.login-foot', {}, select, h('a', { href: '/connect' }, t('otherClients'))));
  }

  #tabs() {
    if (this.#registration !== 'open' && this.#registration !== 'invite') return null;
    const choose = (registers, wanted) => {
      this.#registers = registers;
      this.#problem = '';
      this.render();
      this.element.querySelector(wanted).focus();
    };
    const tab = (text, registers) => h('button.tab', {
      type: 'button', role: 'tab', 'aria-selected': String(this.#registers === registers),
      tabindex: this.#registers === registers ? '0' : '-1', onclick: () => choose(registers, 'input'),
    }, text);
    const turn = (event) => {
      if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') choose(!this.#registers, '[aria-selected="true"]');
    };
    return h('div.tabs', { role: 'tablist', onkeydown: turn }, tab(t('logIn'), false), tab(t('register'), true));
  }

  #form(typed) {
    const registers = this.#registers;
    const field = (name, label, attributes) => h('label.field', {}, h('span', {}, label),
      h('input', { name, required: true, value: typed[name] ?? '', ...attributes }));
    return h('form', { onsubmit: (event) => this.#submit(event) },
      field('account', t('name'), {
        type: 'text', autocomplete: 'username', autocapitalize: 'off', spellcheck: 'false', maxlength: '32', autofocus: true,
      }),
      field('password', t('password'), {
        type: 'password', autocomplete: registers ? 'new-password' : 'current-password', maxlength: '300',
      }),
      registers && this.#registration === 'invite'
        ? field('code', t('invitationCode'), { type: 'text', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' })
        : null,
      registers ? h('p.quiet', {}, t('nameHint')) : null,
      this.problem, this.button);
  }

  async #submit(event) {
    event.preventDefault();
    const values = new FormData(event.target);
    const text = (name) => String(values.get(name) ?? '').trim();
    this.#ask(true);
    try {
      const login = await logIn(this.url, {
        account: text('account'), password: String(values.get('password')), code: text('code'), register: this.#registers,
      });
      this.stop();
      this.on.loggedIn(login);
    } catch (error) {
      this.#ask(false, this.#words(error));
    }
  }

  /** The form itself stays: browsers take one that goes away for one that has been accepted, and keep its password. */
  #ask(isAsking, problem = '') {
    this.#isAsking = isAsking;
    this.#problem = problem;
    this.button.disabled = isAsking;
    this.problem.hidden = problem === '';
    this.problem.textContent = problem;
  }

  #words(error) {
    switch (error.code) {
      case 'LOGIN': return t('wrongPassword');
      case 'ACCOUNT_EXISTS': return t('nameTaken');
      case 'BAD_ACCOUNT_NAME': case '432': return t('badName');
      case 'WEAK_PASSWORD': return t('weakPassword');
      case 'INVALID_EMAIL': case 'UNACCEPTABLE_EMAIL': return t('badCode');
      case 'UNREACHABLE': case undefined: return t('unreachable');
      default: return error.message;
    }
  }
}
