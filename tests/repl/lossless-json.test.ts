import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonNumber, parseJson, writeJson } from '../../repl/lossless-json.ts';

for (const text of [
  'null',
  'true',
  'false',
  '9223372036854775807',
  '-9007199254740993',
  '1.0',
  '-0',
  '-0.0',
  '1e400',
  '1.7976931348623157e+308',
  '123456789012345678901234567890.123456789',
  '""',
  '"a\\"b\\\\"',
  '"\\\\"',
  '"\\n"',
  '[]',
  '{}',
  '[1,[2,[]],{"b":1,"a":2,"2":3,"1":4}]',
  '{"":null}',
  '{"__proto__":1}',
]) {
  test(`writes ${text} as it was read`, () => {
    assert.equal(writeJson(parseJson(text)), text);
  });
}

test('reads a number as its text', () => {
  assert.deepEqual(parseJson(' [ 18446744073709551615 ] '), [
    new JsonNumber('18446744073709551615'),
  ]);
});

for (const text of [
  '',
  ' ',
  '[',
  '[1,]',
  '[1 2]',
  '{"a"}',
  '{a:1}',
  '{"a":1,}',
  '"a',
  '"\u0001"',
  '01',
  '+1',
  '1.',
  '.5',
  'nul',
  'NaN',
  '1 2',
  '"\\x"',
  '[1]]',
]) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseJson(text), SyntaxError);
  });
}

test('refuses nesting that would exhaust the stack', () => {
  assert.throws(() => parseJson('['.repeat(100_000)), /nested deeper/);
});

test('agrees with JSON.parse about any value', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.deepEqual(JSON.parse(writeJson(parseJson(text))), JSON.parse(text));
    }),
    { numRuns: 300 },
  );
});

test('refuses what JSON.parse refuses', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ',', '"', '0', ']', '\\', 'e'),
      (text, at, put) => {
        const damaged =
          text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1);
        let isJson = true;
        try {
          JSON.parse(damaged);
        } catch {
          isJson = false;
        }
        if (isJson) parseJson(damaged);
        else assert.throws(() => parseJson(damaged), SyntaxError);
      },
    ),
    { numRuns: 500 },
  );
});
