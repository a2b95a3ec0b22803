import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../catalog/coded-error.ts';
import { childLocation, isWithin, normaliseLocation } from '../../catalog/location.ts';

const cases: readonly [written: string, base: string, location: string][] = [
  ['/a/b', '/w', '/a/b'],
  ['/a//b/./c/', '/w', '/a/b/c'],
  ['/a/../../..', '/w', '/'],
  ['s/t', '/w', '/w/s/t'],
  ['../t', '/w/x', '/w/t'],
  ['.', '/w', '/w'],
  ['a:b/c', '/w', '/w/a:b/c'],
  ['a%20b', '/w', '/w/a%20b'],
  ['file:/a/b', '/w', '/a/b'],
  ['file:///a%20b', '/w', '/a b'],
  ['FILE://localhost/a', '/w', '/a'],
  ['file:///a/%2e%2e/b', '/w', '/b'],
  ['s3://bucket/p/../q', '/w', 's3://bucket/q'],
  ['s3://bucket/../../q', '/w', 's3://bucket/q'],
  ['S3A://bucket/p', '/w', 's3://bucket/p'],
  ['s/t', 's3://bucket/w', 's3://bucket/w/s/t'],
  ['../../../t', 's3://bucket/w', 's3://bucket/t'],
  ['/a', 's3://bucket/w', '/a'],
];
for (const [written, base, location] of cases) {
  test(`${written} in ${base} is ${location}`, () => {
    assert.equal(normaliseLocation(written, base), location);
  });
}

const senseless = [
  '',
  '  ',
  '/a\0b',
  'file://host/a',
  'file:///%zz',
  'file:///a%00b',
  'http://h/a',
];
for (const written of [...senseless, 's3:///a', 's3:/a']) {
  test(`${JSON.stringify(written)} is no location`, () => {
    assert.throws(
      () => normaliseLocation(written, '/w'),
      (error) => error instanceof CodedError && error.code === 'INVALID_PARAMETER_VALUE',
    );
  });
}

test('a folder holds itself and what is below it, not its namesakes', () => {
  assert.ok(isWithin('/w', '/w'));
  assert.ok(isWithin('/w/t', '/w'));
  assert.ok(!isWithin('/wt', '/w'));
  assert.ok(!isWithin('/', '/w'));
  assert.ok(isWithin('/w', '/'));
  assert.equal(childLocation('/', 'a'), '/a');
  assert.equal(childLocation('/w', 'a'), '/w/a');
});
