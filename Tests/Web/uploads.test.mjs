// Files: what is told of them before they go, uploading, and finding them in messages.

import assert from 'node:assert/strict';
import test from 'node:test';
import { disposition, Files, isTaken, sizeText } from '../../Sources/Web/client/js/client/files.js';
import { Uploads } from '../../Sources/Web/client/js/client/uploads.js';
import { brief } from '../../Sources/Web/client/js/view/rich.js';

const origin = 'http://page';
const id = 'AAAAAAAAAAAAAAAAAAAAAA';

/** A realm that takes files of 1000 bytes; `requests` are the uploads that wait for `answer(status, …)`. */
function stage({
  host = 'http://realm:81/upload', limits = { 'Upload-Limit': 'max-size=1000', 'Accept-Post': 'image/*, text/plain' },
} = {}) {
  const requests = [];
  const asked = [];
  const said = [];
  const makeRequest = () => {
    const request = {
      headers: {}, upload: {}, status: 0,
      open: (method, path) => { request.line = `${method} ${path}`; },
      setRequestHeader: (name, value) => { request.headers[name] = value; },
      send: (file) => { request.file = file; requests.push(request); },
      abort: () => { request.aborted = true; request.onabort(); },
      getResponseHeader: () => request.location ?? null,
      answer: (status, responseText, location) => { Object.assign(request, { status, responseText, location }); request.onload(); },
    };
    return request;
  };
  const fetch = async (path, { method, headers: sent }) => {
    asked.push(`${method} ${path}${sent ? ` ${sent.Authorization}` : ''}`);
    if (!limits) throw new TypeError('no connection');
    const address = `http://realm:81/files/${id}/a%20b.png`;
    const files = [{ name: 'a b.png', address, bytes: 7, created: '2026-11-23T12:00:00.000Z' }];
    const headers = new Map(Object.entries({ 'Content-Length': '42', ...limits }));
    return { ok: true, headers, json: async () => ({ files, bytes: 7, quotaBytes: 1000 }) };
  };
  const client = {
    state: { realm: 'alpha', realms: [{ name: 'beta' }] },
    connections: 1, changed: () => {}, send: (conversation, text) => said.push(`${conversation} ${text}`),
    connection: { support: new Map(host ? [['soju.im/FILEHOST', host]] : []), credentials: { account: 'ann', secret: 'moot-x' } },
  };
  const files = new Files(client, { fetch, makeRequest, origin });
  return { client, files, uploads: new Uploads(client, files), requests, asked, said };
}

const file = (name, size = 10, type = 'image/png') => ({ name, size, type });
const settled = () => new Promise((resolve) => { setImmediate(resolve); });

test('limits are told before anything is sent, and asked for once a connection', async () => {
  const { files, asked, client } = stage();
  assert.equal(await files.problem(file('a.png')), null);
  assert.deepEqual(await files.problem(file('a.png', 1001)), { why: 'tooLarge', most: 1000 });
  assert.deepEqual(await files.problem(file('a.pdf', 10, 'application/pdf')), { why: 'wrongType', most: 1000 });
  assert.equal(await files.problem(file('README', 10, '')), null, 'the realm looks what it is');
  assert.deepEqual(asked, ['OPTIONS /upload']);
  client.connections = 2;
  await files.problem(file('a.png'));
  assert.equal(asked.length, 2);
  assert.equal(isTaken('text/html', ['*/*']) && !isTaken('imagex/png', ['image/*']), true);
});

test('where the limits cannot be asked for, the realm decides', async () => {
  const { files } = stage({ limits: null });
  assert.equal(await files.problem(file('a.png', 1e12)), null);
});

test('nothing is taken where the realm does not say where', () => {
  assert.equal(stage({ host: null }).files.areTaken, false);
  assert.equal(stage().files.areTaken, true);
});

test('an upload says who, what and how it is called', async () => {
  const { files, requests } = stage();
  const shares = [];
  const { done } = files.upload(file('naïve (1).png'), (share) => shares.push(share));
  const [request] = requests;
  assert.equal(request.line, 'POST /upload');
  assert.equal(request.headers.Authorization, `Basic ${btoa('ann:moot-x')}`);
  assert.equal(request.headers['Content-Disposition'], "attachment; filename*=UTF-8''na%C3%AFve%20%281%29.png");
  request.upload.onprogress({ lengthComputable: true, loaded: 5, total: 10 });
  request.answer(201, '', `http://realm:81/files/${id}/x.png`);
  assert.equal(await done, `http://realm:81/files/${id}/x.png`);
  assert.deepEqual(shares, [0.5]);
  assert.equal(disposition("a'*"), "attachment; filename*=UTF-8''a%27%2A");
});

test('files go one after the other, and their addresses when they are wanted, in order', async () => {
  const { uploads, requests, said } = stage();
  await uploads.add('#plans', [file('1.png'), file('2.png')]);
  assert.equal(requests.length, 1);
  requests[0].answer(201, '', '/files/1');
  await settled();
  assert.deepEqual([requests.length, said], [2, []], 'nobody has asked to send it yet');
  uploads.want('#plans');
  assert.deepEqual(said, ['#plans http://realm:81/files/1']);
  assert.equal(uploads.of('#plans')[0].isWanted, true);
  requests[1].answer(201, '', '/files/2');
  await settled();
  assert.deepEqual([said[1], uploads.list.length], ['#plans http://realm:81/files/2', 0]);
});

test('one that was cut can be tried again, one that is too large cannot', async () => {
  const { uploads, requests, said } = stage();
  await uploads.add('bob', [file('1.png'), file('large.png', 5000), file('3.png')]);
  const [first, large] = uploads.of('bob');
  assert.deepEqual([large.state, large.why, large.isFinal], ['failed', 'tooLarge', true]);
  uploads.want('bob');
  requests[0].onerror();
  await settled();
  assert.deepEqual([first.state, first.why, requests.length], ['failed', 'cut', 2], 'the others go on');
  requests[1].answer(507, 'Your files may have …\n');
  await settled();
  const third = uploads.of('bob').at(-1);
  assert.deepEqual([third.why, third.text], ['full', 'Your files may have …']);
  uploads.retry(first);
  requests[2].answer(201, '', '/files/1');
  await settled();
  assert.deepEqual(said, ['bob http://realm:81/files/1']);
});

test('one that is taken back is stopped', async () => {
  const { uploads, requests } = stage();
  await uploads.add('bob', [file('1.png'), file('2.png')]);
  uploads.remove(uploads.list[0]);
  await settled();
  assert.deepEqual([requests[0].aborted, requests.length, uploads.list.length], [true, 2, 1]);
});

test('one sees and removes what one has uploaded', async () => {
  const { files, asked } = stage();
  const { files: [mine], bytes } = await files.mine();
  assert.deepEqual([mine.path, bytes], [`/files/${id}/a%20b.png`, 7]);
  assert.equal(await files.remove(mine), true);
  const login = `Basic ${btoa('ann:moot-x')}`;
  assert.deepEqual(asked, [`GET /upload ${login}`, `DELETE /files/${id}/a%20b.png ${login}`]);
  const away = stage({ limits: null }).files;
  assert.deepEqual([await away.mine(), await away.remove(mine)], [null, false]);
});

test('files are found in messages, and what is none is not', () => {
  const { files } = stage();
  const found = files.find(`look: http://realm:81/files/${id}/a%20b.png, http://page/files/${id}/c.txt. http://x/files/${id}/d.jpg)`);
  assert.deepEqual(found.map(({ name, isServed, isPicture, host }) => [name, isServed, isPicture, host]),
    [['a b.png', true, true, 'realm:81'], ['c.txt', true, false, 'page'], ['d.jpg', false, false, 'x']]);
  assert.equal(found[0].path, `/files/${id}/a%20b.png`);
  const named = files.find(`http://x/files/${id}@alpha/a.png http://y/files/${id}@beta/b.png http://y/files/${id}@gamma/c.png`);
  assert.deepEqual(named.map(({ isServed, isElsewhere, isPicture, host }) => [isServed, isElsewhere, isPicture, host]),
    [[true, false, true, 'x'], [true, true, true, 'beta'], [false, false, false, 'y']]);
  const [copied] = files.find(`http://page/files/${id}@beta/b.png`);
  assert.deepEqual([copied.isServed, copied.isElsewhere, copied.host], [true, true, 'beta'], 'it was copied from this page');
  for (const text of [
    'hello', `http://x/files/${id}`, `http://x/files/${id}/a/b`, 'http://x/files/short/a.png', `http://x/y/files/${id}/a`,
    `javascript:/files/${id}/a.png`, `http://x/files/${id}/%E0%A4%A.png`, `ftp://x/files/${id}/a`, 'http://[/files/',
  ]) assert.deepEqual(files.find(text), [], text);
  assert.equal(files.find(Array.from({ length: 30 }, (_, n) => `http://x/files/${id}/${n}`).join(' ')).length, 10);
});

test('a line of text has the names of files', () => {
  assert.equal(brief(`look: http://x:1/files/${id}/a%20b.png, https://y/files/${id}/c`), 'look: 📎 a b.png, 📎 c');
  const other = `http://x/files/${id}/%E0%A4%A http://x/files/a/b`;
  assert.equal(brief(other), other);
  assert.equal(brief(`http://x/files/${id}@beta/c.png`), '📎 c.png');
});

test('sizes', () => {
  assert.deepEqual([0, 1023, 1024, 1536, 20 << 20, 3 * 2 ** 40].map(sizeText),
    ['0 B', '1023 B', '1 KiB', '1.5 KiB', '20 MiB', '3072 GiB']);
});
