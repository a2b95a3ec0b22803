/**
 * Named kinds of damage to a log, each with the answer it must lead to: the table as it is, or an
 * error with a code. What random damage does is `log-fuzz.test.ts`'s question.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../catalog/coded-error.ts';
import type { ErrorCode } from '../../catalog/error-codes.ts';
import type { Action, AddFile } from '../../catalog/log/actions.ts';
import { serializeCommit } from '../../catalog/log/commit-json.ts';
import { paddedVersion } from '../../catalog/log/log-path.ts';
import { base, CheckpointedTable, paths, rows, uuid } from '../support/checkpointed-table.ts';
import { checksumText } from '../support/checksum-text.ts';
import { add, protocol, remove } from '../support/table-builder.ts';

/** Version 4, with `part-1` to `part-4`, and a checkpoint of version 2. */
function healthy(): CheckpointedTable {
  return new CheckpointedTable()
    .create()
    .append(4)
    .checkpoint(2, rows(...base, add('part-1'), add('part-2')))
    .hint('{"version":2,"size":4}');
}

function vector(id: string): Pick<AddFile, 'deletionVector'> {
  return {
    deletionVector: {
      storageType: 'u',
      pathOrInlineDv: id,
      offset: 1,
      sizeInBytes: 2,
      cardinality: 1,
    },
  };
}

const sidecar = (path: string): Action => ({
  kind: 'sidecar',
  path,
  sizeInBytes: 9,
  modificationTime: 1,
});

function withSidecars(log: CheckpointedTable, ...actions: readonly Action[]): void {
  log.checkpoint(
    3,
    rows({ kind: 'checkpointMetadata', version: 3 }, ...base, ...actions),
    `checkpoint.${uuid}.parquet`,
  );
}

function sidecarRows(log: CheckpointedTable, name: string, ...actions: readonly Action[]): void {
  log.parquet.files.set(`${log.location}/_delta_log/_sidecars/${name}`, rows(...actions));
}

const whole = ['part-1', 'part-2', 'part-3', 'part-4'];

/** The damage does not keep the table from being read, and read right. */
const survived: readonly (readonly [name: string, damage: (log: CheckpointedTable) => void])[] = [
  ['none', () => undefined],
  ['a hint ahead of the log', (log) => log.hint('{"version":99}')],
  ['a hint of a version far beyond all numbers', (log) => log.hint('{"version":1e300}')],
  ['a hint that is no JSON', (log) => log.hint('{"version":')],
  ['a checkpoint of no bytes', (log) => log.store.set(log.name(2, 'checkpoint.parquet'), '')],
  ['a newer checkpoint of no bytes', (log) => log.store.set(log.name(4, 'checkpoint.parquet'), '')],
  ['a checkpoint that is no Parquet', (log) => log.checkpoint(3, 'damaged')],
  [
    'a part of no bytes',
    (log) => {
      log.checkpoint(3, rows(...base), 'checkpoint.0000000001.0000000002.parquet');
      log.store.set(log.name(3, 'checkpoint.0000000002.0000000002.parquet'), '');
    },
  ],
  [
    'a part that is missing',
    (log) => log.checkpoint(3, rows(...base), 'checkpoint.0000000001.0000000002.parquet'),
  ],
  [
    'a JSON checkpoint that is cut',
    (log) => log.store.set(log.name(3, `checkpoint.${uuid}.json`), '{"checkpointMetadata":{"ver'),
  ],
  ['a sidecar that is missing', (log) => withSidecars(log, sidecar('gone.parquet'))],
  [
    'a checkpoint that is its own sidecar',
    (log) => {
      withSidecars(log, sidecar(`../${paddedVersion(3)}.checkpoint.${uuid}.parquet`));
    },
  ],
  [
    'actions that nobody knows',
    (log) => log.commitText('{"commitInfo":{}}\n{"somethingNew":{"path":"x"}}\n'),
  ],
  [
    'fields that nobody knows',
    (log) =>
      log.commitText(
        '{"commitInfo":{},"colour":"red"}\n{"txn":{"appId":"a","version":1,"new":[1]}}',
      ),
  ],
  ['a file that is added twice', (log) => log.commit(add('part-4'), add('part-4', { size: 1 }))],
  [
    'a file that is added again in another spelling',
    (log) => log.commit(add('./part-3'), remove('part-9')),
  ],
  [
    'a file that is in the checkpoint twice',
    (log) => log.checkpoint(2, rows(...base, add('part-1'), add('part-2'), add('part-1'))),
  ],
  [
    'a file that is in two sidecars',
    (log) => {
      withSidecars(log, sidecar('a.parquet'), sidecar('b.parquet'));
      sidecarRows(log, 'a.parquet', add('part-1'), add('part-2'));
      sidecarRows(log, 'b.parquet', add('./part-2'), add('part-3'));
    },
  ],
  [
    'a sidecar that is named twice',
    (log) => {
      withSidecars(log, sidecar('a.parquet'), sidecar('a.parquet'));
      sidecarRows(log, 'a.parquet', add('part-1'), add('part-2'), add('part-3'));
    },
  ],
  [
    'a sidecar that names itself',
    (log) => {
      withSidecars(log, sidecar('a.parquet'));
      sidecarRows(
        log,
        'a.parquet',
        add('part-1'),
        add('part-2'),
        add('part-3'),
        sidecar('a.parquet'),
      );
    },
  ],
  [
    'sidecars that name each other',
    (log) => {
      withSidecars(log, sidecar('a.parquet'), sidecar('b.parquet'));
      sidecarRows(log, 'a.parquet', add('part-1'), sidecar('b.parquet'));
      sidecarRows(log, 'b.parquet', add('part-2'), add('part-3'), sidecar('a.parquet'));
    },
  ],
  [
    'a checkpoint that holds a file with two deletion vectors',
    (log) => {
      log.checkpoint(3, rows(...base, add('part-1'), add('part-1', vector('v')), add('part-2')));
    },
  ],
  [
    'a compaction of no bytes',
    (log) => log.store.set(log.name(3, `${paddedVersion(4)}.compacted.json`), ''),
  ],
  [
    'a compaction with its ends turned round',
    (log) =>
      log.store.set(log.name(4, `${paddedVersion(3)}.compacted.json`), serializeCommit([add('x')])),
  ],
  [
    'a compaction that is cut',
    (log) => log.store.set(log.name(3, `${paddedVersion(4)}.compacted.json`), '{"add":{"path":"x"'),
  ],
  [
    'a compaction of versions yet to come',
    (log) =>
      log.store.set(log.name(3, `${paddedVersion(9)}.compacted.json`), serializeCommit([add('x')])),
  ],
  ['a checksum that is cut', (log) => log.store.set(log.name(4, 'crc'), '{"numFiles":1,')],
  ['a checksum of no bytes', (log) => log.store.set(log.name(4, 'crc'), '')],
  [
    'a checksum of a version yet to come',
    (log) => log.store.set(log.name(5, 'crc'), '{"tableSizeBytes":1,"numFiles":1}'),
  ],
  [
    'names that mean nothing',
    (log) => {
      for (const name of [
        'x.json',
        '1.json',
        '_commits',
        '00000000000000000004.json.tmp',
        '99999999999999999999.json',
      ]) {
        log.store.set(`${log.location}/_delta_log/${name}`, 'x');
      }
    },
  ],
];
for (const [name, damage] of survived) {
  test(`the table is read right with ${name}`, async () => {
    const log = healthy();
    const before = await log.load();
    damage(log);
    const snapshot = await log.load();
    const plain = (names: readonly string[]) => names.map((each) => each.replace('./', '')).sort();
    assert.deepEqual(plain(paths(snapshot)), whole);
    assert.deepEqual(plain(paths(await log.advance(before))), whole);
  });
}

/** The damage leaves no way to the version. */
const fatal: readonly (readonly [
  name: string,
  code: ErrorCode,
  damage: (log: CheckpointedTable) => void,
])[] = [
  [
    'a commit that is cut',
    'DELTA_LOG_CORRUPT',
    (log) => log.commitText('{"commitInfo":{}}\n{"add":{"pa'),
  ],
  ['a commit of no bytes', 'DELTA_LOG_CORRUPT', (log) => log.commitText('')],
  [
    'a commit of wrong types',
    'DELTA_LOG_CORRUPT',
    (log) => log.commitText('{"add":{"path":["x"]}}'),
  ],
  [
    'a size beyond all numbers',
    'DELTA_LOG_CORRUPT',
    (log) => log.commitText('{"add":{"path":"x","size":1e400}}'),
  ],
  [
    'two actions in one',
    'DELTA_LOG_CORRUPT',
    (log) => log.commitText('{"add":{"path":"x","size":1},"remove":{"path":"y"}}'),
  ],
  ['a commit that is missing', 'DELTA_VERSIONS_NOT_CONTIGUOUS', (log) => log.forget(3)],
  [
    'only a checkpoint of no bytes',
    'DELTA_STATE_RECOVER_ERROR',
    (log) => {
      log.store.set(log.name(2, 'checkpoint.parquet'), '');
      log.forget(0);
    },
  ],
  [
    'a file with two deletion vectors',
    'DELTA_LOG_CORRUPT',
    (log) => log.commit(add('part-4', vector('v'))),
  ],
  [
    'a file that changed its deletion vector and kept the old',
    'DELTA_LOG_CORRUPT',
    (log) => {
      log.commit(remove('part-4'), add('part-4', vector('v')));
      log.commit(add('./part-4', vector('w')));
    },
  ],
  [
    'a checkpoint with two deletion vectors and no commits',
    'DELTA_LOG_CORRUPT',
    (log) => {
      log.checkpoint(2, rows(...base, add('part-1'), add('part-1', vector('v'))));
      log.forget(0);
    },
  ],
  [
    'a protocol of the future',
    'DELTA_INVALID_PROTOCOL_VERSION',
    (log) => log.commit(protocol({ minReaderVersion: 4 })),
  ],
  [
    'a checksum of other files',
    'DELTA_TXN_LOG_FAILED_INTEGRITY',
    (log) => log.store.set(log.name(4, 'crc'), '{"tableSizeBytes":1,"numFiles":1}'),
  ],
];
for (const [name, code, damage] of fatal) {
  test(`the table is refused with ${name}`, async () => {
    const log = healthy();
    const before = await log.load(3);
    damage(log);
    const isTold = (error: unknown): boolean => {
      assert.ok(error instanceof CodedError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, /\/tables\/t|part-/, 'the file or the table is named');
      return true;
    };
    await assert.rejects(log.load(), isTold);
    if (name !== 'a commit that is missing' && !name.includes('checkpoint')) {
      await assert.rejects(log.advance(before), isTold);
    }
  });
}

test('a deletion vector that changes within a commit, in any order of its lines, is no damage', async () => {
  for (const actions of [
    [remove('part-4'), add('part-4', vector('v'))],
    [add('part-4', vector('v')), remove('part-4')],
  ]) {
    const snapshot = await healthy()
      .commit(...actions)
      .load();
    assert.deepEqual(paths(snapshot).toSorted(), whole);
    assert.equal(snapshot.source.checkpointVersion, 2);
  }
});

/** Texts and bytes of the log that may be damaged at random. */
const targets = ['2.hint', '3.json', '4.json', '4.crc', 'compaction', 'json checkpoint', '0.json'];

test('whatever happens to any file of the log, its files are right or there is a coded error', async () => {
  const outcomes = new Map<string, number>();
  const cut = fc.record({
    target: fc.constantFrom(...targets),
    at: fc.nat(2000),
    flip: fc.nat(255),
    cuts: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 3 }), async (damages) => {
      const log = healthy();
      log.store.set(log.name(4, 'crc'), checksumText(await log.load()));
      const compaction = log.name(3, `${paddedVersion(4)}.compacted.json`);
      log.store.set(compaction, serializeCommit([add('part-3'), add('part-4')]));
      const json = log.name(2, `checkpoint.${uuid}.json`);
      log.store.set(json, serializeCommit([...base, add('part-1'), add('part-2')]));
      const locations: { readonly [target: string]: string } = {
        '2.hint': `${log.location}/_delta_log/_last_checkpoint`,
        '3.json': log.name(3, 'json'),
        '4.json': log.name(4, 'json'),
        '4.crc': log.name(4, 'crc'),
        compaction,
        'json checkpoint': json,
        '0.json': log.name(0, 'json'),
      };
      for (const { target, at, flip, cuts } of damages) {
        const location = locations[target] ?? '';
        const bytes = Uint8Array.from(log.store.bytes(location) ?? []);
        const offset = bytes.length === 0 ? 0 : at % bytes.length;
        if (!cuts) bytes[offset] = (bytes[offset] ?? 0) ^ (flip || 1);
        log.store.set(location, cuts ? bytes.subarray(0, offset) : bytes);
      }
      const outcome = await log.load().then(
        (snapshot) => {
          // With its checksum unhurt, or taken for one, the answer is the right one.
          if (snapshot.source.checksum === 'verified')
            assert.deepEqual(paths(snapshot).toSorted(), whole);
          return `read, checksum ${snapshot.source.checksum}`;
        },
        (error: unknown) => {
          if (error instanceof CodedError && error.code !== 'INTERNAL_ERROR') return error.code;
          throw error;
        },
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }),
    { numRuns: 1000 },
  );
  assert.ok((outcomes.get('read, checksum verified') ?? 0) > 100, JSON.stringify([...outcomes]));
});
