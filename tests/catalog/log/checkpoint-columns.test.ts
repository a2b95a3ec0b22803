/** What columns of a checkpoint may hold where a row is NULL, and rows of other actions in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActiveFiles } from '../../../catalog/active-files.ts';
import type { BytesVector, ColumnVector, LongVector } from '../../../catalog/column-batch.ts';
import { Reconciliation } from '../../../catalog/log/action-reconciliation.ts';
import { CheckpointReader, sidecarColumns } from '../../../catalog/log/checkpoint-rows.ts';
import { throwsCoded } from '../../support/coded.ts';

/** `present` has one letter a row, `x` for a value; what the others hold is not to be looked at. */
function texts(present: string, ...values: readonly string[]): BytesVector {
  const offsets = new Int32Array(values.length + 1);
  values.forEach((value, i) => (offsets[i + 1] = (offsets[i] ?? 0) + value.length));
  return { ...base(present), kind: 'bytes', offsets, bytes: Buffer.from(values.join('')) };
}

function longs(present: string, ...values: readonly bigint[]): LongVector {
  return { ...base(present), kind: 'long', values: BigInt64Array.from(values) };
}

function base(present: string): { length: number; validity: Uint8Array } {
  const bits = [...present].reduce((sum, letter, i) => sum | (letter === 'x' ? 1 << i : 0), 0);
  return { length: present.length, validity: Uint8Array.of(bits) };
}

function read(columns: Partial<Record<string, ColumnVector>>): ActiveFiles {
  const files = ActiveFiles.empty('/t');
  const state = { protocol: undefined, metadata: undefined, txns: new Map(), files };
  const reconciliation = new Reconciliation({ ...state, domainMetadata: new Map() });
  const rowCount = columns.path?.length ?? 0;
  const none = '-'.repeat(rowCount);
  const vectors = sidecarColumns.map(({ path, as }) => {
    const nulls =
      as === 'text'
        ? texts(none, ...Array.from(none, () => ''))
        : longs(none, ...Array.from(none, () => 0n));
    return columns[path[1] ?? ''] ?? nulls;
  });
  new CheckpointReader(reconciliation, 'c.parquet').take({ rowCount, columns: vectors });
  return reconciliation.finish().files;
}

test('files are taken around the rows of other actions, and NULLs hold nothing', () => {
  const files = read({
    path: texts('x-xx', 'a', 'garbage', 'b', 'c'),
    size: longs('x-xx', 1n, -9n, 2n ** 40n, 3n),
    stats: texts('x--x', '{"numRecords":1}', '{"numRecords":7}', '{"numRecords":8}', '{}'),
    baseRowId: longs('--x-', 9n, 9n, 5n, 9n),
  });
  assert.deepEqual(
    Array.from(files, (file) => [
      files.rawPath(file),
      files.sizeBytes(file),
      files.stats(file),
      files.baseRowId(file),
      files.modificationTime(file),
    ]),
    [
      ['a', 1, '{"numRecords":1}', undefined, 0],
      ['b', 2 ** 40, undefined, 5, 0],
      ['c', 3, '{}', undefined, 0],
    ],
  );
});

const broken = {
  'no size': [longs('x-', 1n, 0n), /row 1: "add.size" is missing/],
  'a negative size': [longs('xx', 1n, -1n), /row 1: "add.size" is missing/],
  'a size beyond 2^53': [longs('xx', 1n, 2n ** 60n), /row 1: "add.size" is 1152921504606846976/],
} as const;
for (const [name, [size, message]] of Object.entries(broken)) {
  test(`a file with ${name} is damage`, () => {
    throwsCoded('DELTA_LOG_CORRUPT', message, () => read({ path: texts('xx', 'a', 'b'), size }));
  });
}
