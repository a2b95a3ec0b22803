import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpClient, parseServerUrl } from '../../repl/http-client.ts';
import { UsageError } from '../../repl/repl-error.ts';

for (const [text, url] of [
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
  ['localhost:8080', 'http://localhost:8080'],
  ['https://levee.example/base/', 'https://levee.example/base'],
  ['http://[::1]:8080', 'http://[::1]:8080'],
] as const) {
  test(`takes ${text} as the URL of a server`, () => {
    assert.equal(new HttpClient(parseServerUrl(text), undefined).url, url);
  });
}

for (const text of ['', 'ftp://x', 'http://', 'file:///etc/passwd', 'http://a:b@c']) {
  test(`refuses ${JSON.stringify(text)} as the URL of a server`, () => {
    assert.throws(() => parseServerUrl(text), UsageError);
  });
}
