import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closestName } from '../../catalog/closest-name.ts';
import { CodedError } from '../../catalog/coded-error.ts';
import { matchName, nameProblem, requireName } from '../../catalog/object-names.ts';

for (const name of [
  't',
  'Daily Prices',
  'v1.2',
  '日本',
  'a'.repeat(255),
  'constructor',
  '1',
  'a%b',
]) {
  test(`${name.slice(0, 20)} can name a table`, () => {
    assert.equal(nameProblem(name), undefined);
  });
}

const refused = ['', ' ', '_t', '.t', '..', 'a/b', 'a\0b', 'a\nb', 'a\u007f', 'a'.repeat(256)];
for (const name of [...refused, 'ü'.repeat(128), '\ud800']) {
  test(`${JSON.stringify(name.slice(0, 20))} can name nothing`, () => {
    assert.throws(
      () => requireName(name, 'table'),
      (error) => error instanceof CodedError && error.code === 'INVALID_NAME',
    );
  });
}

test('the same name comes before one that differs in case', () => {
  assert.equal(matchName('prices', ['Prices', 'prices']), 'prices');
  assert.equal(matchName('PRICES', ['Prices', 'other']), 'Prices');
  assert.equal(matchName('none', ['Prices']), undefined);
});

test('several names that differ in case alone are ambiguous, and all are named', () => {
  assert.throws(
    () => matchName('PRICES', ['prices', 'Prices', 'x']),
    (error) =>
      error instanceof CodedError &&
      error.code === 'AMBIGUOUS_NAME' &&
      error.message.includes('"Prices", "prices"'),
  );
});

const closest: readonly [wanted: string, expected: string | undefined][] = [
  ['prics', 'prices'],
  ['PRICES', 'prices'],
  ['pricse', 'prices'],
  ['funds', 'fund'],
  ['x', undefined],
  ['zebra', undefined],
  ['p'.repeat(10_000), undefined],
];
for (const [wanted, expected] of closest) {
  test(`closest to ${wanted.slice(0, 10)} is ${expected ?? 'nothing'}`, () => {
    assert.equal(closestName(wanted, ['trades', 'prices', 'fund']), expected);
  });
}
