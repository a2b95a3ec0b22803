import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHistory } from '../../catalog/commit-history.ts';
import type { Action } from '../../catalog/log/actions.ts';
import { serializeCommit } from '../../catalog/log/commit-json.ts';
import { commitLocation } from '../../catalog/log/log-path.ts';
import { createSnapshotCache, type SnapshotCache } from '../../catalog/snapshot-cache.ts';
import { assertCoded } from '../support/coded.ts';
import { CountingStore } from '../support/counting-store.ts';
import { noParquet } from '../support/fake-parquet.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { add, metaData, protocol } from '../support/table-builder.ts';

const table = '/tables/t';
const second = 1000;

interface Commit {
  readonly fileMs: number;
  readonly inCommitMs?: number;
  readonly actions?: readonly Action[];
}

function setUp(commits: readonly Commit[]): { store: CountingStore; cache: SnapshotCache } {
  const memory = new MemoryStore();
  for (const [version, { fileMs, inCommitMs, actions = [] }] of commits.entries()) {
    const fields = {
      operation: 'WRITE',
      ...(inCommitMs !== undefined && { inCommitTimestamp: inCommitMs }),
    };
    const info: Action = { kind: 'commitInfo', inCommitTimestamp: inCommitMs, fields };
    const first = version === 0 && actions.length === 0 ? [protocol(), metaData()] : actions;
    memory.set(
      commitLocation(table, version),
      serializeCommit([info, ...first, add(`part-${version}`)]),
      fileMs,
    );
  }
  const store = new CountingStore(memory);
  const clock = { nowMs: () => 0 };
  return { store, cache: createSnapshotCache({ store, parquet: noParquet, clock, bytesMax: 1e9 }) };
}

const rising = [10, 20, 30].map((n): Commit => ({ fileMs: n * second }));
const backwards = [10, 30, 20, 20, 40].map((n): Commit => ({ fileMs: n * second }));
const inCommitFeature = protocol({ minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] });
const inCommit: readonly Commit[] = [
  {
    fileMs: 90 * second,
    inCommitMs: 10 * second,
    actions: [
      inCommitFeature,
      metaData({ configuration: { 'delta.enableInCommitTimestamps': 'true' } }),
    ],
  },
  { fileMs: 80 * second, inCommitMs: 20 * second },
  { fileMs: 70 * second, inCommitMs: 30 * second },
];
const enabledLater: readonly Commit[] = [
  { fileMs: 10 * second },
  { fileMs: 20 * second },
  {
    fileMs: 99 * second,
    inCommitMs: 50 * second,
    actions: [
      inCommitFeature,
      metaData({
        configuration: {
          'delta.enableInCommitTimestamps': 'true',
          'delta.inCommitTimestampEnablementVersion': '2',
          'delta.inCommitTimestampEnablementTimestamp': String(50 * second),
        },
      }),
    ],
  },
  { fileMs: 1 * second, inCommitMs: 60 * second },
];

const found: readonly (readonly [
  name: string,
  commits: readonly Commit[],
  ms: number,
  version: number,
])[] = [
  ['at a commit', rising, 20 * second, 1],
  ['just before a commit', rising, 20 * second - 1, 0],
  ['between commits', rising, 25 * second, 1],
  ['at the first commit', rising, 10 * second, 0],
  ['at the last commit', rising, 30 * second, 2],
  ['with times that run backwards', backwards, 30 * second, 1],
  ['with times that run backwards, a millisecond on', backwards, 30 * second + 1, 2],
  ['with times that run backwards, two on', backwards, 30 * second + 2, 3],
  ['with times that run backwards, later', backwards, 39 * second, 3],
  ['in in-commit time', inCommit, 25 * second, 1],
  ['at the last in-commit time', inCommit, 30 * second, 2],
  ['before in-commit times were enabled', enabledLater, 15 * second, 0],
  ['right before in-commit times were enabled', enabledLater, 49 * second, 1],
  ['when in-commit times were enabled', enabledLater, 50 * second, 2],
  ['after in-commit times were enabled', enabledLater, 55 * second, 2],
  ['at the last one after', enabledLater, 60 * second, 3],
];
for (const [name, commits, ms, version] of found) {
  test(`the version ${name}`, async () => {
    const { cache } = setUp(commits);
    const snapshot = await cache.atTimestamp(table, ms);
    assert.equal(snapshot.version, version);
    assert.equal(snapshot.files.count, version + 1);
  });
}

const refused: readonly (readonly [
  name: string,
  commits: readonly Commit[],
  ms: number,
  code: Parameters<typeof assertCoded>[1],
  message: RegExp,
])[] = [
  [
    'after the last commit',
    rising,
    30 * second + 1,
    'DELTA_TIMESTAMP_GREATER_THAN_COMMIT',
    /1970-01-01T00:00:30\.001Z is after the latest version of .*: version 2 of 1970-01-01T00:00:30\.000Z/,
  ],
  [
    'before the first commit',
    rising,
    9 * second,
    'DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION',
    /00:00:09.* is before the earliest .*: version 0 of 1970-01-01T00:00:10/,
  ],
  [
    'after the last in-commit time',
    inCommit,
    31 * second,
    'DELTA_TIMESTAMP_GREATER_THAN_COMMIT',
    /version 2 of 1970-01-01T00:00:30/,
  ],
  [
    'before the first in-commit time',
    inCommit,
    9 * second,
    'DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION',
    /version 0 of 1970-01-01T00:00:10/,
  ],
  [
    'far away',
    rising,
    1e18,
    'DELTA_TIMESTAMP_GREATER_THAN_COMMIT',
    /1000000000000000000 ms since 1970/,
  ],
];
for (const [name, commits, ms, code, message] of refused) {
  test(`a time ${name} is refused with the nearest version`, async () => {
    const { cache } = setUp(commits);
    await assert.rejects(cache.atTimestamp(table, ms), (error) =>
      assertCoded(error, code, message),
    );
  });
}

test('in-commit times are searched, not read one by one', async () => {
  const [first = { fileMs: 0 }] = inCommit;
  const commits = Array.from({ length: 1000 }, (_, i): Commit => ({
    ...(i === 0 && first),
    fileMs: 0,
    inCommitMs: (i + 1) * second,
  }));
  const { store, cache } = setUp(commits);
  await cache.latest(table);
  store.takeRequests();
  assert.equal((await cache.atTimestamp(table, 345 * second)).version, 344);
  const reads = store.takeRequests().filter((request) => request.startsWith('read 0'));
  assert.ok(reads.length <= 11 + 345, `${reads.length} reads`);
});

test('history gives the newest commits first, with what they say', async () => {
  const { store, cache } = setUp(backwards);
  const all = await cache.history(table);
  assert.deepEqual(
    all.map(({ version, timestampMs }) => [version, timestampMs]),
    [
      [4, 40_000],
      [3, 30_002],
      [2, 30_001],
      [1, 30_000],
      [0, 10_000],
    ],
  );
  assert.deepEqual(all[0]?.commitInfo, { operation: 'WRITE' });
  store.takeRequests();
  assert.deepEqual(
    (await readHistory(store, table, { limit: 2 })).map(({ version }) => version),
    [4, 3],
  );
  assert.equal(store.takeRequests().length, 3, 'a listing and two commits');
});

test('history has in-commit times where commits have them', async () => {
  const { cache } = setUp(enabledLater);
  assert.deepEqual(
    (await cache.history(table)).map(({ timestampMs }) => timestampMs),
    [60_000, 50_000, 20_000, 10_000],
  );
});

test('history of no table is an error', async () => {
  const { cache } = setUp([]);
  await assert.rejects(cache.history(table), { code: 'DELTA_TABLE_NOT_FOUND' });
});
