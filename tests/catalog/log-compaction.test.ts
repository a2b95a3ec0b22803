/** Log compactions: read in place of their commits, and never to another end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Reconciliation } from '../../catalog/log/action-reconciliation.ts';
import { ActiveFiles } from '../../catalog/active-files.ts';
import type { Action } from '../../catalog/log/actions.ts';
import { parseCommit, serializeCommit } from '../../catalog/log/commit-json.ts';
import { fewestFiles, subjectOf, type LogRange } from '../../catalog/log/log-compaction.ts';
import { commitLocation, nameOf, paddedVersion } from '../../catalog/log/log-path.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { base, CheckpointedTable, paths, rows } from '../support/checkpointed-table.ts';
import { checksumText } from '../support/checksum-text.ts';
import { assertCoded } from '../support/coded.ts';
import { add, metaData, protocol, remove, txn } from '../support/table-builder.ts';

/** The table at version 8: files come, go and change, and so does the rest. */
function busyTable(): CheckpointedTable {
  const domain = (configuration: string, removed = false): Action => ({
    kind: 'domainMetadata',
    domain: 'd',
    configuration,
    removed,
  });
  return new CheckpointedTable()
    .create({}, add('a'), add('b'), txn('app', 1n), domain('1'))
    .commit(add('c'), txn('app', 2n))
    .commit(remove('a'), add('d'))
    .commit(remove('c'), add('a', { size: 7 }), metaData({ name: 'renamed' }))
    .commit(txn('app', 3n), domain('', true), protocol({ minWriterVersion: 4 }))
    .commit(add('b', { stats: '{"numRecords":1}' }), txn('other', 1n))
    .append(3);
}

/** What reconciling the commits from `first` to `last` leaves, removals included. */
function compacted(log: CheckpointedTable, first: number, last: number): readonly Action[] {
  const bySubject = new Map<string, Action>();
  for (let version = first; version <= last; version++) {
    const bytes = bytesOf(log, commitLocation(log.location, version));
    for (const action of parseCommit(bytes, 'commit')) {
      const subject = subjectOf(action);
      if (subject === undefined) continue;
      bySubject.delete(subject);
      bySubject.set(subject, action);
    }
  }
  return [...bySubject.values()];
}

function bytesOf(log: CheckpointedTable, location: string): Uint8Array {
  const bytes = log.store.bytes(location);
  assert.ok(bytes, location);
  return bytes;
}

function compactionName(log: CheckpointedTable, first: number, last: number): string {
  return log.name(first, `${paddedVersion(last)}.compacted.json`);
}

function compact(log: CheckpointedTable, first: number, last: number): void {
  const name = compactionName(log, first, last);
  log.store.set(name, serializeCommit(compacted(log, first, last)));
}

/** All that a query or a writer could see, whatever the way to it was. */
function content(snapshot: Snapshot): unknown {
  const { version, timestampMs, protocol: demanded, metadata, txns, domainMetadata } = snapshot;
  const files = [...snapshot.files].map((file) => snapshot.files.addFile(file));
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    version,
    timestampMs,
    demanded,
    metadata,
    txns: [...txns].sort(([a], [b]) => (a < b ? -1 : 1)),
    domainMetadata: [...domainMetadata],
    files,
  };
}

function namesRead(snapshot: Snapshot): readonly string[] {
  return snapshot.source.filesRead.map((location) => nameOf(location).replaceAll(/0{10,}/g, ''));
}

test('a compaction is read in place of its commits, and gives the same snapshot', async () => {
  const log = busyTable();
  const plain = await log.load();
  compact(log, 2, 6);
  const snapshot = await log.load();
  assert.deepEqual(content(snapshot), content(plain));
  assert.deepEqual(namesRead(snapshot), [
    '.json',
    '1.json',
    '2.6.compacted.json',
    '7.json',
    '8.json',
  ]);
});

const choices: readonly (readonly [
  name: string,
  compactions: readonly (readonly [first: number, last: number])[],
  read: readonly string[],
])[] = [
  [
    'the longest that fits',
    [
      [1, 3],
      [1, 7],
      [1, 5],
    ],
    ['.json', '1.7.compacted.json', '8.json'],
  ],
  [
    'two that meet',
    [
      [0, 3],
      [4, 8],
    ],
    ['.3.compacted.json', '4.8.compacted.json'],
  ],
  [
    'the best of those that overlap',
    [
      [0, 4],
      [2, 6],
      [5, 8],
      [3, 8],
    ],
    ['.4.compacted.json', '5.8.compacted.json'],
  ],
  [
    'not the longest first, where less is read otherwise',
    [
      [1, 5],
      [1, 2],
      [3, 8],
    ],
    ['.json', '1.2.compacted.json', '3.8.compacted.json'],
  ],
];
for (const [name, compactions, read] of choices) {
  test(`of several compactions are read ${name}`, async () => {
    const log = busyTable();
    const plain = await log.load();
    for (const [first, last] of compactions) compact(log, first, last);
    const snapshot = await log.load();
    assert.deepEqual(content(snapshot), content(plain));
    assert.deepEqual(namesRead(snapshot), read);
  });
}

test('a compaction that reaches beyond the version, or across the checkpoint, is not read', async () => {
  const log = busyTable();
  const plain = await log.load(5);
  const inCheckpoint = await log.load(3);
  const checkpointFiles = [...inCheckpoint.files].map((file) => inCheckpoint.files.addFile(file));
  log.checkpoint(
    3,
    rows(...base.slice(0, 1), inCheckpoint.metadata, ...checkpointFiles, txn('app', 2n), {
      kind: 'domainMetadata',
      domain: 'd',
      configuration: '1',
      removed: false,
    }),
  );
  compact(log, 2, 5);
  compact(log, 3, 5);
  compact(log, 4, 7);
  const snapshot = await log.load(5);
  assert.deepEqual(content(snapshot), content(plain));
  assert.deepEqual(namesRead(snapshot), ['3.checkpoint.parquet', '4.json', '5.json']);
});

test('an advance reads a compaction of the new commits', async () => {
  const log = busyTable();
  const before = await log.load(3);
  const plain = await log.load();
  compact(log, 4, 7);
  const after = await log.advance(before);
  assert.deepEqual(content(after), content(plain));
  assert.deepEqual(namesRead(after), ['4.7.compacted.json', '8.json']);
});

type Damage = (log: CheckpointedTable, name: string) => void;
const damages: readonly (readonly [name: string, damage: Damage])[] = [
  ['empty', (log, name) => log.store.set(name, '')],
  ['blank', (log, name) => log.store.set(name, '\n\n')],
  ['cut off', (log, name) => log.store.set(name, bytesOf(log, name).subarray(0, 100))],
  ['not UTF-8', (log, name) => log.store.set(name, Uint8Array.of(0xff, 0xfe))],
  ['of wrong types', (log, name) => log.store.set(name, '{"add":{"path":3}}')],
  [
    'two words on one file',
    (log, name) => log.store.set(name, serializeCommit([add('c'), remove('./c')])),
  ],
  [
    'two metadata',
    (log, name) => log.store.set(name, serializeCommit([metaData(), metaData({ name: 'x' })])),
  ],
  [
    'a protocol nobody can read',
    (log, name) => log.store.set(name, serializeCommit([protocol({ minReaderVersion: 9 })])),
  ],
  [
    'a schema that is none',
    (log, name) => log.store.set(name, serializeCommit([metaData({ schemaString: '{' })])),
  ],
];
for (const [name, damage] of damages) {
  test(`a compaction that is ${name} is given up for its commits`, async () => {
    const log = busyTable();
    const plain = await log.load();
    const before = await log.load(1);
    compact(log, 2, 6);
    damage(log, compactionName(log, 2, 6));
    assert.deepEqual(content(await log.load()), content(plain));
    assert.deepEqual(content(await log.advance(before)), content(plain));
  });
}

test('a compaction that vanishes after the listing is given up for its commits', async () => {
  const log = busyTable();
  const plain = await log.load();
  compact(log, 2, 6);
  const read = log.counting.read.bind(log.counting);
  log.counting.read = async (location, options) =>
    location.endsWith('.compacted.json') ? undefined : read(location, options);
  assert.deepEqual(content(await log.load()), content(plain));
});

test('a compaction that lost actions is found out by the checksum', async () => {
  const log = busyTable();
  const plain = await log.load();
  const before = await log.load(1);
  log.store.set(log.name(8, 'crc'), checksumText(plain));
  log.store.set(compactionName(log, 2, 6), serializeCommit([add('d')]));
  assert.deepEqual(content(await log.load()), content(plain));
  assert.deepEqual(content(await log.advance(before)), content(plain));
});

test('a compaction does not stand in for a commit that is missing', async () => {
  const log = busyTable();
  compact(log, 2, 6);
  log.forget(4);
  await assert.rejects(log.load(), (error) =>
    assertCoded(error, 'DELTA_VERSIONS_NOT_CONTIGUOUS', /commit of version 4 is missing/),
  );
});

test('the time of a version is in its commit, even where its compaction keeps another', async () => {
  const log = new CheckpointedTable();
  const commit = (ms: number, ...actions: readonly Action[]) =>
    log.commitText(
      serializeCommit([
        { kind: 'commitInfo', inCommitTimestamp: ms, fields: { inCommitTimestamp: ms } },
        ...actions,
      ]),
    );
  commit(
    1000,
    protocol({ minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] }),
    metaData({ configuration: { 'delta.enableInCommitTimestamps': 'true' } }),
  );
  commit(2000, add('a'));
  commit(3000, add('b'));
  const plain = await log.load();
  log.store.set(
    compactionName(log, 1, 2),
    serializeCommit([
      { kind: 'commitInfo', inCommitTimestamp: 2000, fields: { inCommitTimestamp: 2000 } },
      add('a'),
      add('b'),
    ]),
  );
  const snapshot = await log.load();
  assert.deepEqual(content(snapshot), content(plain));
  assert.equal(snapshot.timestampMs, 3000);
  assert.deepEqual(paths(snapshot), ['a', 'b']);
});

test('any choice of ranges covers the same versions once, in the fewest files there are', () => {
  const range = (first: number, last: number): LogRange => ({
    first,
    last,
    file: { location: `${first}-${last}`, sizeBytes: 1 + last - first, modifiedMs: 0 },
  });
  const spans = fc.array(fc.tuple(fc.nat(14), fc.nat(14)), { maxLength: 8 });
  fc.assert(
    fc.property(fc.nat(4), fc.nat(10), spans, (first, count, compactions) => {
      const commits = Array.from({ length: count }, (_, i) => range(first + i, first + i));
      const ranges = compactions.map(([from, to]) => range(from, to));
      const chosen = fewestFiles(commits, ranges);
      let next = first;
      for (const { first: from, last } of chosen) {
        assert.equal(from, next);
        assert.ok(last >= from);
        next = last + 1;
      }
      assert.equal(next, first + count);
      assert.equal(chosen.length, fewestByTrying(first, first + count, ranges));
    }),
    { numRuns: 500 },
  );
});

function fewestByTrying(from: number, end: number, ranges: readonly LogRange[]): number {
  if (from === end) return 0;
  const steps = ranges.filter(({ first, last }) => first === from && last > first && last < end);
  const rests = [from, ...steps.map(({ last }) => last)].map((last) =>
    fewestByTrying(last + 1, end, ranges),
  );
  return 1 + Math.min(...rests);
}

test('reconciling compactions of random logs gives what their commits give', () => {
  const action = fc.tuple(fc.nat(5), fc.nat(2), fc.boolean());
  const log = fc.array(fc.array(action, { maxLength: 4 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(log, fc.nat(), fc.nat(), (commits, a, b) => {
      const first = Math.min(a % commits.length, b % commits.length);
      const last = Math.max(a % commits.length, b % commits.length);
      const actions = commits.map((each) => each.map(fileAction));
      const inRange = actions.slice(first, last + 1).flat();
      const bySubject = new Map(inRange.map((each) => [subjectOf(each), each]));
      const short = [
        ...actions.slice(0, first).flat(),
        ...bySubject.values(),
        ...actions.slice(last + 1).flat(),
      ];
      // A path with two deletion vectors is refused; then the order of actions decides when.
      const plain = filesAfter(actions.flat());
      fc.pre(plain !== 'refused');
      assert.deepEqual(filesAfter(short), plain);
    }),
    { numRuns: 500 },
  );
});

function fileAction([file, vector, isAdd]: readonly [number, number, boolean]): Action {
  const deletionVector =
    vector === 0
      ? undefined
      : { storageType: 'u' as const, pathOrInlineDv: `v${vector}`, sizeInBytes: 1, cardinality: 1 };
  return isAdd ? add(`f${file}`, { deletionVector }) : remove(`f${file}`, { deletionVector });
}

function filesAfter(actions: readonly Action[]): readonly string[] | 'refused' {
  const reconciliation = new Reconciliation({
    protocol: undefined,
    metadata: undefined,
    txns: new Map(),
    domainMetadata: new Map(),
    files: ActiveFiles.empty('/t'),
  });
  for (const action of actions) reconciliation.apply(action);
  let files: ActiveFiles;
  try {
    ({ files } = reconciliation.finish());
  } catch (error) {
    assertCoded(error, 'DELTA_LOG_CORRUPT', /twice, with two deletion vectors/);
    return 'refused';
  }
  return [...files]
    .map((file) => `${files.rawPath(file)} ${files.deletionVector(file)?.pathOrInlineDv}`)
    .sort();
}
