/** What Levee would write as a version's checksum, beside what Spark wrote. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { versionChecksumJson } from '../../../catalog/checkpoint/version-checksum-json.ts';
import { CodedError } from '../../../catalog/coded-error.ts';
import { loadSnapshot } from '../../../catalog/snapshot-loader.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import { createLocalStore } from '../../../catalog/store/local-store.ts';
import { DuckdbEngine } from '../../../sql/duckdb/duckdb-engine.ts';
import { createParquetIo } from '../../../sql/duckdb/parquet-io.ts';
import { requireShared, skipWithoutShared } from '../../support/shared-folder.ts';

const skip = skipWithoutShared('corpus');

interface Checksum {
  readonly numFiles: number;
  readonly tableSizeBytes: number;
  readonly metadata: unknown;
  readonly protocol: unknown;
  readonly setTransactions?: readonly unknown[];
  readonly domainMetadata?: readonly { readonly domain: string }[];
  readonly numDeletedRecordsOpt?: number;
  readonly numDeletionVectorsOpt?: number;
  readonly inCommitTimestampOpt?: number;
  readonly allFiles?: readonly { readonly path: string; readonly partitionValues: object }[];
}

/** Order means nothing, and Levee does not keep a field of deletion vectors that no protocol knows. */
function comparable(checksum: Checksum, names: ReadonlySet<string>): unknown {
  const { allFiles, domainMetadata, metadata } = checksum;
  const files = allFiles?.map((file) => ({
    ...file,
    partitionValues: Object.fromEntries(Object.entries(file.partitionValues).sort()),
  }));
  const picked = Object.entries(checksum).filter(([name]) => names.has(name));
  return {
    ...Object.fromEntries(picked),
    allFiles: files?.sort((a, b) => (a.path < b.path ? -1 : 1)),
    domainMetadata: domainMetadata?.toSorted((a, b) => (a.domain < b.domain ? -1 : 1)),
    metadata: { ...(metadata as object), createdTime: undefined },
  };
}

const names = new Set([
  'numFiles',
  'tableSizeBytes',
  'numMetadata',
  'numProtocol',
  'protocol',
  'setTransactions',
  'numDeletedRecordsOpt',
  'numDeletionVectorsOpt',
  'inCommitTimestampOpt',
]);

test('corpus: checksums are those that Spark wrote', { skip }, async (t) => {
  const root = join(requireShared('corpus'), 'spark-made');
  const engine = await DuckdbEngine.open({
    roots: [root],
    spillFolder: join(root, 'unused'),
    spillBytesMax: 0,
    memoryBytesMax: 1e9,
    threads: 1,
  });
  t.after(() => engine.close());
  const readers = { store: createLocalStore(), parquet: createParquetIo(engine) };
  let compared = 0;
  for (const name of readdirSync(root).sort()) {
    if (/^bad_|^ok_|clone_absolute$/.test(name)) continue;
    const log = join(root, name, '_delta_log');
    for (const file of existsSync(log) ? readdirSync(log) : []) {
      if (!file.endsWith('.crc')) continue;
      const version = Number(file.slice(0, 20));
      const spark = JSON.parse(readFileSync(join(log, file), 'utf8')) as Checksum;
      let snapshot: Snapshot;
      try {
        snapshot = await loadSnapshot(readers, join(root, name), { version });
      } catch (error) {
        assert.ok(error instanceof CodedError, String(error));
        continue;
      }
      const own = JSON.parse(versionChecksumJson(snapshot, undefined)) as Checksum;
      const both = new Set([...names].filter((key) => key in spark && key in own));
      const common = (checksum: Checksum) => ({
        ...checksum,
        allFiles: 'allFiles' in spark && 'allFiles' in own ? checksum.allFiles : undefined,
        domainMetadata: 'domainMetadata' in spark ? checksum.domainMetadata : undefined,
      });
      assert.deepEqual(
        comparable(common(own) as Checksum, both),
        comparable(common(spark) as Checksum, both),
        `${name} version ${version}`,
      );
      compared++;
    }
  }
  assert.ok(compared > 100, `${compared} checksums`);
});
