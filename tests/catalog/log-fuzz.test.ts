/**
 * Damaged logs: whatever bytes a log holds, the answer is a snapshot or a CodedError.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../catalog/coded-error.ts';
import { serializeCommit } from '../../catalog/log/commit-json.ts';
import { advanceSnapshot, loadSnapshot } from '../../catalog/snapshot-loader.ts';
import { FakeParquet } from '../support/fake-parquet.ts';
import { MemoryStore } from '../support/memory-store.ts';
import {
  add,
  commitInfo,
  metaData,
  protocol,
  remove,
  TableBuilder,
  txn,
} from '../support/table-builder.ts';

const commits: readonly string[] = [
  serializeCommit([
    commitInfo(),
    protocol({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['deletionVectors'],
      writerFeatures: ['deletionVectors'],
    }),
    metaData({
      configuration: { 'delta.enableInCommitTimestamps': 'true' },
      partitionColumns: ['id'],
    }),
    add('p=1/a', { partitionValues: { id: '1' }, stats: '{"numRecords":1}' }),
  ]),
  serializeCommit([
    txn('app', 5n),
    remove('p=1/a'),
    add('p=1/a', {
      partitionValues: { id: '1' },
      deletionVector: {
        storageType: 'u',
        pathOrInlineDv: 'x',
        offset: 1,
        sizeInBytes: 2,
        cardinality: 3,
      },
    }),
    { kind: 'domainMetadata', domain: 'd', configuration: '{}', removed: false },
  ]),
  serializeCommit([add('b%20c', { tags: { a: 'b' }, baseRowId: 3 }), remove('file:/x')]),
].map((bytes) => Buffer.from(bytes).toString('utf8'));

/** One change to a text, by three numbers. */
type Mutation = readonly [kind: string, at: number, what: number];

const values = [
  'null',
  '1',
  '-1',
  '1e400',
  '"x"',
  '[]',
  '{}',
  'true',
  '9007199254740993',
  '"\\u0000"',
  '"%"',
];

function mutate(text: string, [kind, at, what]: Mutation): string {
  const offset = text.length === 0 ? 0 : at % text.length;
  const lines = text.split('\n');
  const line = at % lines.length;
  switch (kind) {
    case 'cut':
      return text.slice(0, offset);
    case 'flip':
      return text.slice(0, offset) + String.fromCharCode(what % 0x500) + text.slice(offset + 1);
    case 'zeros':
      return text.slice(0, offset) + '\0'.repeat(what % 50) + text.slice(offset + (what % 50));
    case 'repeat line':
      return lines.toSpliced(line, 0, lines[line] ?? '').join('\n');
    case 'drop line':
      return lines.toSpliced(line, 1).join('\n');
    case 'swap lines':
      return lines.toReversed().join('\n');
    case 'rename key': {
      const keys = [...text.matchAll(/"(\w+)":/g)];
      const key = keys[at % keys.length]?.[1] ?? 'add';
      const other = keys[what % keys.length]?.[1] ?? 'remove';
      return text.replace(`"${key}":`, `"${other}":`);
    }
  }
  const found = [...text.matchAll(/:("(?:[^"\\]|\\.)*"|-?\d+|true|false|null|\{\}|\[\])/g)];
  const value = found[at % Math.max(1, found.length)];
  if (value === undefined) return text;
  const start = value.index + 1;
  return (
    text.slice(0, start) +
    values[what % values.length] +
    text.slice(start + (value[1]?.length ?? 0))
  );
}

const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.constantFrom(
    'cut',
    'flip',
    'zeros',
    'repeat line',
    'drop line',
    'swap lines',
    'rename key',
    'value',
    'value',
  ),
  fc.nat(5000),
  fc.nat(5000),
);

/** What became of the log: `snapshot`, or the error's code. */
async function expectSnapshotOrCodedError(texts: readonly string[]): Promise<string> {
  const table = new TableBuilder(new MemoryStore());
  for (const text of texts) table.commitText(text);
  const readers = { store: table.store, parquet: new FakeParquet() };
  try {
    const snapshot = await loadSnapshot(readers, table.location);
    const { files } = snapshot;
    for (const file of files) {
      files.location(file);
      files.addFile(file);
    }
    const again = await advanceSnapshot(readers, snapshot);
    assert.equal(again, snapshot);
    return 'snapshot';
  } catch (error) {
    if (error instanceof CodedError && error.code !== 'INTERNAL_ERROR') return error.code;
    throw error;
  }
}

test('the log without damage gives a snapshot', async () => {
  assert.equal(await expectSnapshotOrCodedError(commits), 'snapshot');
});

test('damaged commits give a snapshot or a coded error', async () => {
  const outcomes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), mutation), { minLength: 1, maxLength: 4 }),
      async (mutations) => {
        const texts = [...commits];
        for (const [commit, change] of mutations)
          texts[commit] = mutate(texts[commit] ?? '', change);
        const outcome = await expectSnapshotOrCodedError(texts);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      },
    ),
    { numRuns: 3000 },
  );
  // The damage must be neither always noticed at once nor never.
  assert.ok((outcomes.get('snapshot') ?? 0) > 100, JSON.stringify([...outcomes]));
  assert.ok((outcomes.get('DELTA_LOG_CORRUPT') ?? 0) > 100, JSON.stringify([...outcomes]));
});

test('commits of random bytes give a coded error', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const table = new TableBuilder(new MemoryStore()).commitText(bytes);
      const readers = { store: table.store, parquet: new FakeParquet() };
      await assert.rejects(loadSnapshot(readers, table.location), CodedError);
    }),
    { numRuns: 300 },
  );
});

test('random JSON as an action gives a snapshot or a coded error', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        'add',
        'remove',
        'metaData',
        'protocol',
        'txn',
        'commitInfo',
        'cdc',
        'domainMetadata',
        'sidecar',
      ),
      fc.json(),
      async (kind, body) => {
        await expectSnapshotOrCodedError([commits[0] ?? '', `{"${kind}":${body}}`]);
      },
    ),
    { numRuns: 500 },
  );
});
