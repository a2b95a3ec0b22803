import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataType } from '../../../catalog/data-type.ts';
import { boundOfToken, unsure } from '../../../catalog/log/bound-token.ts';
import { StatsScanner } from '../../../catalog/log/stats-scanner.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const long: DataType = { kind: 'long' };
const columns = [
  { physicalPath: ['a'], type: long },
  { physicalPath: ['s', 'x'], type: long },
];

/** What the scanner finds, as text; `undefined` where it leaves the file to the parser. */
function scan(text: string): unknown {
  const scanner = new StatsScanner(columns);
  // The text is part of a longer buffer, as in a chunk.
  const bytes = Buffer.from(`##${text}##`);
  const end = bytes.length - 2;
  if (!scanner.scan(bytes, 2, end)) return undefined;
  const { numRecords, tightBounds, min, max, nullCount } = scanner.result;
  const texts = ({ starts, ends }: typeof min) =>
    [0, 1].map((i) =>
      (starts[i] ?? -1) < 0 ? undefined : bytes.toString('utf8', starts[i], ends[i]),
    );
  return { numRecords, tightBounds, min: texts(min), max: texts(max), nullCount: texts(nullCount) };
}

const nothing = [undefined, undefined];
const empty = {
  numRecords: NaN,
  tightBounds: true,
  min: nothing,
  max: nothing,
  nullCount: nothing,
};

const scanned: readonly [name: string, text: string, expected: unknown][] = [
  [
    'all sections',
    '{"numRecords":10,"minValues":{"a":1,"s":{"x":-2}},"maxValues":{"a":"z","s":{"x":null}},"nullCount":{"a":0,"s":{"x":3}},"tightBounds":false}',
    {
      numRecords: 10,
      tightBounds: false,
      min: ['1', '-2'],
      max: ['"z"', 'null'],
      nullCount: ['0', '3'],
    },
  ],
  [
    'blanks',
    ' { "numRecords" : 10 ,\n"minValues" : { "a" : 1 } } ',
    { ...empty, numRecords: 10, min: ['1', undefined] },
  ],
  ['an empty object', '{}', empty],
  [
    'members nobody asked for',
    '{"x":{"a":"}\\"","b":[1,{"c":"]"}]},"y":"\\\\","minValues":{"q":[{"a":7}],"a":1,"sx":2}}',
    { ...empty, min: ['1', undefined] },
  ],
  [
    'a struct where a value was expected, and the reverse',
    '{"minValues":{"a":{"x":1},"s":5}}',
    { ...empty, min: ['{"x":1}', undefined] },
  ],
];
for (const [name, text, expected] of scanned) {
  test(`the places of statistics are found: ${name}`, () => {
    assert.deepEqual(scan(text), expected);
  });
}

const left: readonly [name: string, text: string][] = [
  ['no JSON at all', 'x'],
  ['nothing', ''],
  ['cut off', '{"numRecords":10,"minValues":{"a":1}'],
  ['cut off in a string', '{"numRecords":10,"x":"'],
  ['cut off in an escape', '{"x":"\\'],
  ['something behind it', '{"numRecords":10}}'],
  ['a comma too many', '{"numRecords":10,}'],
  ['no comma', '{"numRecords":10 "minValues":{}}'],
  ['no colon', '{"numRecords" 10}'],
  ['a name with an escape', '{"num\\u0052ecords":10}'],
  ['a column with an escape', '{"minValues":{"\\u0061":1}}'],
  ['a section twice', '{"minValues":{"a":1},"minValues":{"a":2}}'],
  ['a column twice', '{"minValues":{"a":1,"a":2}}'],
  ['a count twice', '{"numRecords":1,"numRecords":2}'],
  ['a count that is no integer', '{"numRecords":1.5}'],
  ['a count of many digits', '{"numRecords":1234567890123456}'],
  ['a count that is text', '{"numRecords":"1"}'],
  ['a section that is no object', '{"minValues":null}'],
];
for (const [name, text] of left) {
  test(`what is unusual is left to the parser: ${name}`, () => {
    assert.equal(scan(text), undefined);
  });
}

/** What a scanner finds in one text, whatever it has scanned before. */
function found(scanner: StatsScanner, text: string): unknown {
  const bytes = Buffer.from(`##${text}##`);
  if (!scanner.scan(bytes, 2, bytes.length - 2)) return undefined;
  const { numRecords, tightBounds, min, max, nullCount } = scanner.result;
  const places = ({ starts, ends }: typeof min) =>
    [...starts].map((start, i) => (start < 0 ? undefined : [start, ends[i]]));
  return [numRecords, tightBounds, places(min), places(max), places(nullCount)];
}

const afterAnother: readonly [name: string, first: string, second: string][] = [
  [
    'other values',
    '{"numRecords":1,"minValues":{"a":1}}',
    '{"numRecords":20,"minValues":{"a":"x"}}',
  ],
  ['a column fewer', '{"minValues":{"a":1,"s":{"x":2}}}', '{"minValues":{"a":3}}'],
  ['a column more', '{"minValues":{"a":1}}', '{"minValues":{"a":3,"s":{"x":2}}}'],
  ['an object for a value', '{"minValues":{"s":5}}', '{"minValues":{"s":{"x":5}}}'],
  ['no object for a section', '{"x":1,"minValues":{}}', '{"x":1,"minValues":null}'],
  ['an array for a value', '{"minValues":{"a":1}}', '{"minValues":{"a":[1]}}'],
  ['a count that is none', '{"numRecords":1}', '{"numRecords":1.5}'],
  ['wide bounds', '{"tightBounds":true}', '{"tightBounds":false}'],
  ['tight bounds after wide ones', '{"tightBounds":false}', '{"numRecords":false}'],
  ['something behind it', '{"numRecords":1}', '{"numRecords":1}}'],
  ['cut off', '{"numRecords":1}', '{"numRecords":1'],
  ['cut off in a string', '{"minValues":{"a":"b"}}', '{"minValues":{"a":"b}}'],
  ['no value', '{"numRecords":1}', '{"numRecords":}'],
  ['a count below another name', '{"x":{"numRecords":1}}', '{"x":{"numRecords":2}}'],
];
for (const [name, first, second] of afterAnother) {
  test(`a text is scanned as if it were the first: ${name}`, () => {
    const scanner = new StatsScanner(columns);
    found(scanner, first);
    assert.deepEqual(found(scanner, second), found(new StatsScanner(columns), second));
  });
}

test('texts of many shapes are scanned as if each were the first', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new SeededRandom(seed);
  const below = (end: number): number => random.below(end);
  const pick = (items: readonly [string, ...string[]]): string => random.pick(items);
  const value = (): string =>
    pick(['0', '17', '-2.5', '"a"', '"\\""', '"}"', 'null', 'true', 'false', '[1]', '{"x":1}']);
  const section = (): string => pick(['{}', '{"a":#}', '{"a":#,"s":{"x":#}}', '{ "q":#, "a" :# }']);
  let shape = '';
  const scanner = new StatsScanner(columns);
  let taken = 0;
  for (let i = 0; i < 20_000; i++) {
    if (below(20) === 0 || shape === '') {
      const members = ['"numRecords":#', `"minValues":${section()}`, `"maxValues":${section()}`];
      members.push('"tightBounds":#', `"nullCount":${section()}`, '"y":{"numRecords":#}');
      shape = `{${members.filter(() => below(4) > 0).join(',')}}`;
    }
    let text = shape.replaceAll('#', () => (below(8) === 0 ? value() : String(below(1000))));
    if (below(10) === 0) {
      const at = below(text.length + 1);
      text =
        text.slice(0, at) +
        pick(['', '"', '{', '}', ',', ' ', '\\', 'x']) +
        text.slice(at + below(2));
    }
    const expected = found(new StatsScanner(columns), text);
    if (expected !== undefined) taken++;
    assert.deepEqual(found(scanner, text), expected, `seed ${seed}, text ${i}: ${text}`);
  }
  assert.ok(taken > 5000, `seed ${seed}: only ${taken} texts were taken`);
});

function bound(type: DataType, token: string, which: 'min' | 'max' = 'min'): number {
  const bytes = Buffer.from(`#${token}9"`);
  return boundOfToken(type, which, bytes, 1, 1 + token.length);
}

const decimal: DataType = { kind: 'decimal', precision: 9, scale: 2 };
const tokens: readonly [type: DataType, token: string, expected: number][] = [
  [long, '-123456789012345', -123_456_789_012_345],
  [long, '1234567890123456', unsure],
  [long, '1.0', unsure],
  [long, '1e3', unsure],
  [long, '"1"', unsure],
  [long, '007', unsure],
  [long, '-', unsure],
  [long, 'null', NaN],
  [{ kind: 'byte' }, '-128', -128],
  [{ kind: 'byte' }, '128', unsure],
  [{ kind: 'integer' }, '2147483647', 2_147_483_647],
  [{ kind: 'integer' }, '2147483648', unsure],
  [decimal, '-1.5', -150],
  [decimal, '1234567', 123_456_700],
  [decimal, '12345678', unsure],
  [decimal, '1.555', unsure],
  [decimal, '1.', unsure],
  [decimal, '.5', unsure],
  [{ kind: 'double' }, '0.1', 0.1],
  [{ kind: 'double' }, '-12.375', -12.375],
  [{ kind: 'double' }, '1.0E10', unsure],
  [{ kind: 'float' }, '0.1', Math.fround(0.1)],
  [{ kind: 'boolean' }, 'true', 1],
  [{ kind: 'boolean' }, 'false', 0],
  [{ kind: 'boolean' }, '1', unsure],
  [{ kind: 'date' }, '"1970-01-02"', 1],
  [{ kind: 'date' }, '"0001-01-01"', -719_162],
  [{ kind: 'date' }, '"2021-02-29"', unsure],
  [{ kind: 'date' }, '"+12020-01-01"', unsure],
  [{ kind: 'timestamp' }, '"1970-01-01T00:00:01.5Z"', 1_500_000],
  [{ kind: 'timestamp' }, '"1970-01-01 00:00:01Z"', 1_000_000],
  [{ kind: 'timestamp' }, '"1970-01-01T00:00:01"', unsure],
  [{ kind: 'timestamp' }, '"1970-01-01T00:00:01.000+01:00"', unsure],
  [{ kind: 'timestamp' }, '"1970-01-01T24:00:00Z"', unsure],
  [{ kind: 'timestamp_ntz' }, '"1969-12-31T23:59:59.999999"', -1],
  [{ kind: 'timestamp_ntz' }, '"1970-01-01T00:00:00Z"', unsure],
  [{ kind: 'timestamp_ntz' }, '"1970-01-01"', unsure],
  [{ kind: 'string' }, '"a"', unsure],
];
for (const [type, token, expected] of tokens) {
  test(`the bound ${token} of ${type.kind}`, () => {
    assert.deepEqual(bound(type, token), expected);
  });
}

test('the upper bound of a timestamp cut to milliseconds covers the whole millisecond', () => {
  const timestamp: DataType = { kind: 'timestamp' };
  assert.equal(bound(timestamp, '"1970-01-01T00:00:00.001Z"', 'max'), 1999);
  assert.equal(bound(timestamp, '"1970-01-01T00:00:00.001000Z"', 'max'), 1000);
});
