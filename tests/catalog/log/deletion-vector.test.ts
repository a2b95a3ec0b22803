import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { ErrorCode } from '../../../catalog/error-codes.ts';
import type { DeletionVectorDescriptor } from '../../../catalog/log/actions.ts';
import { deletionVectorSource, readDeletionVector } from '../../../catalog/log/deletion-vector.ts';
import { positionsOf } from '../../../catalog/log/roaring-bitmap.ts';
import { requireShared, skipWithoutShared } from '../../support/shared-folder.ts';

/** The examples of the protocol. */
const inline: DeletionVectorDescriptor = {
  storageType: 'i',
  pathOrInlineDv: 'wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L',
  sizeInBytes: 40,
  cardinality: 6,
};
const inFile: DeletionVectorDescriptor = {
  storageType: 'u',
  pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
  offset: 4,
  sizeInBytes: 40,
  cardinality: 6,
};
const rows = [3, 4, 7, 11, 18, 29];

function inlineBytes(): Uint8Array {
  const source = deletionVectorSource(inline, '/t');
  assert.ok(source.kind === 'inline');
  return source.bytes;
}

/** Size, bitmap and checksum, as they lie in a file. */
function framed(bitmap: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(bitmap.length + 8);
  bytes.writeUInt32BE(bitmap.length, 0);
  bytes.set(bitmap, 4);
  bytes.writeUInt32BE(crc32(bitmap), bitmap.length + 4);
  return bytes;
}

function throwsCode(code: ErrorCode, run: () => unknown): void {
  assert.throws(run, (error) => error instanceof CodedError && error.code === code);
}

test('reads the inline example of the protocol', () => {
  const source = deletionVectorSource(inline, '/t');
  const set = readDeletionVector(inline, source, inlineBytes());
  assert.deepEqual([...positionsOf(set)], rows);
});

test('derives the file of the protocol’s relative example, its prefix a folder', () => {
  assert.deepEqual(deletionVectorSource(inFile, 's3://mytable'), {
    kind: 'file',
    location: 's3://mytable/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin',
    range: { start: 4, end: 52 },
  });
});

test('takes an absolute path decoded, and the offset as 0 when there is none', () => {
  const descriptor: DeletionVectorDescriptor = {
    storageType: 'p',
    pathOrInlineDv: 'file:///a%20b/dv.bin',
    sizeInBytes: 40,
    cardinality: 6,
  };
  assert.deepEqual(deletionVectorSource(descriptor, '/t'), {
    kind: 'file',
    location: '/a b/dv.bin',
    range: { start: 0, end: 48 },
  });
});

test('reads the framed bitmap of a file', () => {
  const source = deletionVectorSource(inFile, '/t');
  const set = readDeletionVector(inFile, source, framed(inlineBytes()));
  assert.deepEqual([...positionsOf(set)], rows);
});

const damages: readonly [name: string, bytes: () => Uint8Array | undefined, code: ErrorCode][] = [
  ['a missing file', () => undefined, 'DELTA_FILE_NOT_FOUND'],
  ['an empty file', () => new Uint8Array(), 'DELTA_FAILED_TO_READ_FILE'],
  ['a file cut off', () => framed(inlineBytes()).subarray(0, 40), 'DELTA_FAILED_TO_READ_FILE'],
  ['another size', () => framed(inlineBytes()).with(3, 41), 'DELTA_FAILED_TO_READ_FILE'],
  ['a flipped bit', () => framed(inlineBytes()).with(40, 255), 'DELTA_FAILED_TO_READ_FILE'],
  ['a wrong checksum', () => framed(inlineBytes()).with(47, 0), 'DELTA_FAILED_TO_READ_FILE'],
  ['another magic', () => framed(inlineBytes().with(0, 0)), 'DELTA_FAILED_TO_READ_FILE'],
];
for (const [name, bytes, code] of damages) {
  test(`${name} is ${code}, which names the file`, () => {
    const source = deletionVectorSource(inFile, '/t');
    assert.throws(
      () => readDeletionVector(inFile, source, bytes()),
      (error) =>
        error instanceof CodedError &&
        error.code === code &&
        error.message.includes('/t/ab/deletion_vector_d2c639aa'),
    );
  });
}

test('a cardinality that is not that of the bitmap is an error', () => {
  const descriptor = { ...inline, cardinality: 7 };
  const source = deletionVectorSource(descriptor, '/t');
  throwsCode('DELTA_LOG_CORRUPT', () => readDeletionVector(descriptor, source, inlineBytes()));
});

const senseless: readonly [name: string, change: Partial<DeletionVectorDescriptor>][] = [
  ['an inline text that is not Base85', { storageType: 'i', pathOrInlineDv: '"""""' }],
  ['an inline text of another size', { storageType: 'i', pathOrInlineDv: '00000' }],
  ['a name too short for a UUID', { storageType: 'u', pathOrInlineDv: 'abc' }],
  [
    'a prefix that leaves the table',
    { storageType: 'u', pathOrInlineDv: '..^-aqEH.-t@S}K{vb[*k^' },
  ],
  ['a prefix of several folders', { storageType: 'u', pathOrInlineDv: 'a/b^-aqEH.-t@S}K{vb[*k^' }],
  ['a relative path', { storageType: 'p', pathOrInlineDv: 'dv.bin' }],
  ['a broken percent-encoding', { storageType: 'p', pathOrInlineDv: '/a%zz' }],
];
for (const [name, change] of senseless) {
  test(`${name} is DELTA_LOG_CORRUPT`, () => {
    throwsCode('DELTA_LOG_CORRUPT', () => deletionVectorSource({ ...inFile, ...change }, '/t'));
  });
}

test(
  'reads every deletion vector in the commits of the corpus',
  { skip: skipWithoutShared('corpus') },
  () => {
    const corpus = requireShared('corpus');
    const kinds = { u: 0, i: 0, p: 0 };
    for (const { descriptor, table } of deletionVectorsIn(corpus)) {
      const source = deletionVectorSource(descriptor, table);
      const bytes = source.kind === 'inline' ? source.bytes : readRange(source);
      const set = readDeletionVector(descriptor, source, bytes);
      const positions = positionsOf(set);
      assert.equal(positions.length, descriptor.cardinality);
      assert.ok(positions.every((position, i) => i === 0 || position > (positions[i - 1] ?? 0)));
      kinds[descriptor.storageType]++;
    }
    assert.ok(kinds.u > 20 && kinds.i > 0 && kinds.p > 0, JSON.stringify(kinds));
  },
);

interface Found {
  readonly descriptor: DeletionVectorDescriptor;
  readonly table: string;
}

/** The tables that have their deletion vectors, with their template fields filled in. */
function* deletionVectorsIn(corpus: string): Generator<Found> {
  for (const entry of readdirSync(corpus, { recursive: true, encoding: 'utf8' })) {
    if (!/_delta_log\/\d{20}\.json$/.test(entry) || entry.includes('bad_dv_')) continue;
    const table = join(corpus, dirname(dirname(entry)));
    for (const line of readFileSync(join(corpus, entry), 'utf8').split('\n')) {
      if (!line.includes('"deletionVector":{')) continue;
      const text = line
        .replaceAll('{{SOURCE_ROOT}}', dirname(table))
        .replaceAll('{{TABLE_ROOT}}', table)
        .replaceAll('{{FOLDER_WITH_SPECIAL_CHAR}}', `${table}/folder&with%25special%20char`);
      const action = JSON.parse(text) as {
        readonly add?: { readonly deletionVector?: DeletionVectorDescriptor };
      };
      const descriptor = action.add?.deletionVector;
      if (descriptor === undefined) continue;
      yield { descriptor: { ...descriptor, offset: descriptor.offset ?? undefined }, table };
    }
  }
}

function readRange(source: {
  readonly location: string;
  readonly range: { readonly start: number; readonly end: number };
}): Uint8Array {
  return readFileSync(source.location).subarray(source.range.start, source.range.end);
}
