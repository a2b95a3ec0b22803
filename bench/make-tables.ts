/**
 * Makes the tables of `log.ts` and `deletion-vectors.ts`.
 *
 *     node --import tsx bench/make-tables.ts --into DIR [--lineitem TABLE] [--files 100000] [--commits 2000]
 *
 * - `tiny`: one file of 100,000 rows.
 * - `small_files`: a file and a commit each, a checkpoint at 95% of them.
 * - `big_log`: all files in 20 commits, a checkpoint at 17. The files are links to few: their rows are
 *   not those that the statistics tell.
 * - `big_log_one_file`: the same log, and only the file that has id 777777: to open another one fails.
 * - `lineitem_whole`, `lineitem_dv`: links to the files of TABLE, a Delta table without deletion vectors;
 *   in the second a commit marks one row in a hundred.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, linkSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { encodeBase85 } from '../catalog/log/base85.ts';
import { createLocalStore } from '../catalog/store/local-store.ts';
import { createParquetIo } from '../sql/duckdb/parquet-io.ts';
import { DuckdbEngine } from '../sql/duckdb/duckdb-engine.ts';
import { loadSnapshot } from '../catalog/snapshot-loader.ts';
import { portableBitmap } from './portable-bitmap.ts';

const { values } = parseArgs({
  options: {
    into: { type: 'string' },
    lineitem: { type: 'string' },
    files: { type: 'string', default: '100000' },
    commits: { type: 'string', default: '2000' },
  },
});
assert(values.into !== undefined, '--into DIR is needed');
const into = resolve(values.into);
const fileCount = Number(values.files);
const commitCount = Number(values.commits);
mkdirSync(into, { recursive: true });
const connection = await (await DuckDBInstance.create(':memory:')).connect();

type Action = { readonly [kind: string]: object };
const rowsPerFile = 10;
const schemaString = JSON.stringify({
  type: 'struct',
  fields: ['id long', 'k integer', 'val double', 'tag string'].map((field) => {
    const [name, type] = field.split(' ');
    return { name, type, nullable: true, metadata: {} };
  }),
});

await makeTiny();
await makeSmallFiles();
await makeBigLog();
if (values.lineitem !== undefined) await makeLineitem(resolve(values.lineitem));
connection.closeSync();

function fresh(name: string): string {
  const table = join(into, name);
  rmSync(table, { recursive: true, force: true });
  mkdirSync(join(table, '_delta_log'), { recursive: true });
  return table;
}

function head(id: number): readonly Action[] {
  const metaData = {
    id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    format: { provider: 'parquet', options: {} },
    schemaString,
    partitionColumns: [],
    configuration: {},
    createdTime: 1_700_000_000_000,
  };
  return [{ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }, { metaData }];
}

async function writeRows(path: string, from: number, to: number): Promise<void> {
  await connection.run(
    `COPY (SELECT i AS id, (i % 1000)::INTEGER AS k, (i * 7919 % 10007) / 7.0::DOUBLE AS val,
       't' || (i % 17) AS tag FROM range(${from}, ${to}) t(i)) TO '${path}' (FORMAT parquet)`,
  );
}

function addOf(path: string, size: number, from: number, to: number): Action {
  const stats = JSON.stringify({
    numRecords: to - from,
    minValues: { id: from },
    maxValues: { id: to - 1 },
    nullCount: { id: 0 },
  });
  const modificationTime = 1_700_000_000_000;
  return { add: { path, partitionValues: {}, size, modificationTime, dataChange: true, stats } };
}

function commit(table: string, version: number, actions: readonly Action[]): void {
  const info = { timestamp: 1_700_000_000_000 + version, operation: 'WRITE' };
  const lines = [...actions, { commitInfo: info }].map((action) => `${JSON.stringify(action)}\n`);
  writeFileSync(
    join(table, '_delta_log', `${String(version).padStart(20, '0')}.json`),
    lines.join(''),
  );
}

/** A classic checkpoint, as other writers have it. */
async function checkpoint(
  table: string,
  version: number,
  actions: readonly Action[],
): Promise<void> {
  const json = join(into, 'checkpoint.json');
  writeFileSync(json, actions.map((action) => JSON.stringify(action)).join('\n'));
  const name = `${String(version).padStart(20, '0')}.checkpoint.parquet`;
  await connection.run(
    `COPY (SELECT * FROM read_json('${json}', format = 'newline_delimited', columns = {
       protocol: 'STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER)',
       "metaData": 'STRUCT(id VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)),
         "schemaString" VARCHAR, "partitionColumns" VARCHAR[], configuration MAP(VARCHAR, VARCHAR),
         "createdTime" BIGINT)',
       "add": 'STRUCT(path VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), size BIGINT,
         "modificationTime" BIGINT, "dataChange" BOOLEAN, stats VARCHAR)'
     })) TO '${join(table, '_delta_log', name)}' (FORMAT parquet)`,
  );
  rmSync(json);
  const size = actions.length;
  writeFileSync(join(table, '_delta_log', '_last_checkpoint'), JSON.stringify({ version, size }));
}

async function makeTiny(): Promise<void> {
  const table = fresh('tiny');
  await writeRows(join(table, '0.parquet'), 0, 100_000);
  const { size } = statSync(join(table, '0.parquet'));
  commit(table, 0, [...head(1), addOf('0.parquet', size, 0, 100_000)]);
}

async function makeSmallFiles(): Promise<void> {
  const table = fresh('small_files');
  const adds: Action[] = [];
  for (let version = 0; version < commitCount; version++) {
    const path = `part-${String(version).padStart(6, '0')}.parquet`;
    await writeRows(join(table, path), version * 100, version * 100 + 100);
    const { size } = statSync(join(table, path));
    const add = addOf(path, size, version * 100, version * 100 + 100);
    commit(table, version, version === 0 ? [...head(2), add] : [add]);
    adds.push(add);
    if (version === Math.floor(commitCount * 0.95)) {
      await checkpoint(table, version, [...head(2), ...adds]);
    }
  }
}

async function makeBigLog(): Promise<void> {
  const wanted = Math.floor(777_777 / rowsPerFile);
  const table = fresh('big_log');
  const perCommit = Math.ceil(fileCount / 20);
  const all: Action[] = [];
  let source = '';
  let size = 0;
  for (let version = 0; version < 20; version++) {
    const adds: Action[] = [];
    for (let i = version * perCommit; i < Math.min(fileCount, (version + 1) * perCommit); i++) {
      const path = `part-${String(i).padStart(6, '0')}.parquet`;
      const from = i * rowsPerFile;
      const to = from + rowsPerFile;
      if (i === wanted) {
        await writeRows(join(table, path), from, to);
        adds.push(addOf(path, statSync(join(table, path)).size, from, to));
        continue;
      }
      // A file has at most some 65,000 links.
      if (i % 50_000 === 0) {
        source = join(table, path);
        await writeRows(source, from, to);
        ({ size } = statSync(source));
      } else {
        linkSync(source, join(table, path));
      }
      adds.push(addOf(path, size, from, to));
    }
    commit(table, version, version === 0 ? [...head(3), ...adds] : adds);
    all.push(...adds);
    if (version === 17) await checkpoint(table, version, [...head(3), ...all]);
  }
  const one = fresh('big_log_one_file');
  cpSync(join(table, '_delta_log'), join(one, '_delta_log'), { recursive: true });
  const path = `part-${String(wanted).padStart(6, '0')}.parquet`;
  cpSync(join(table, path), join(one, path));
}

async function makeLineitem(source: string): Promise<void> {
  const duckdb = await DuckdbEngine.open({
    roots: [source],
    spillFolder: join(into, 'spill'),
    spillBytesMax: 2 ** 30,
    memoryBytesMax: 2 ** 30,
    threads: 1,
  });
  const readers = { store: createLocalStore(), parquet: createParquetIo(duckdb) };
  const snapshot = await loadSnapshot(readers, source);
  duckdb.close();
  const [whole, holed] = [fresh('lineitem_whole'), fresh('lineitem_dv')];
  for (const table of [whole, holed]) {
    cpSync(join(source, '_delta_log'), join(table, '_delta_log'), { recursive: true });
    for (const file of snapshot.files) {
      linkSync(snapshot.files.location(file), join(table, snapshot.files.rawPath(file)));
    }
  }
  const uuid = 'd2c639aa-8816-431a-aaf6-d3fe2512ff61';
  // One file with all vectors: a byte for the version, then each with its length and checksum.
  const parts: Buffer[] = [Buffer.from([1])];
  let offset = 1;
  const actions: Action[] = [];
  for (const file of snapshot.files) {
    const { kind: _, ...add } = snapshot.files.addFile(file);
    const rows = snapshot.files.rowCount(file) ?? 0;
    const gone = Array.from({ length: rows }, (_row, i) => i).filter((i) => isDeleted(offset + i));
    const bitmap = portableBitmap(gone);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bitmap.length);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(bitmap));
    parts.push(size, bitmap, checksum);
    const deletionVector = {
      storageType: 'u',
      pathOrInlineDv: encodeBase85(Buffer.from(uuid.replaceAll('-', ''), 'hex')),
      offset,
      sizeInBytes: bitmap.length,
      cardinality: gone.length,
    };
    offset += bitmap.length + 8;
    const { path, partitionValues, size: bytes } = add;
    const remove = { path, partitionValues, size: bytes, deletionTimestamp: 1, dataChange: true };
    actions.push({ remove }, { add: { ...add, dataChange: true, deletionVector } });
  }
  writeFileSync(join(holed, `deletion_vector_${uuid}.bin`), Buffer.concat(parts));
  const readerFeatures = ['deletionVectors'];
  const protocol = {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures,
    writerFeatures: readerFeatures,
  };
  const version = readdirSync(join(holed, '_delta_log')).filter((n) =>
    /^\d{20}\.json$/.test(n),
  ).length;
  commit(holed, version, [{ protocol }, ...actions]);
}

/** One in a hundred, scattered, always the same. */
function isDeleted(n: number): boolean {
  return createHash('md5').update(String(n)).digest().readUInt32LE() % 100 === 0;
}

/** https://www.w3.org/TR/png/#D-CRCAppendix */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
