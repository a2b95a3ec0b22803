/** Looks at a table's folder on disk from outside, with the reader's parts but no engine's memory. */
import assert from 'node:assert/strict';
import { linkSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deletionVectorSource } from '../../catalog/log/deletion-vector.ts';
import { canonicalPath, fileLocation } from '../../catalog/log/file-path.ts';
import { parseLogName } from '../../catalog/log/log-path.ts';
import { loadSnapshot } from '../../catalog/snapshot-loader.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { createLocalStore } from '../../catalog/store/local-store.ts';
import { DuckdbEngine } from '../../sql/duckdb/duckdb-engine.ts';
import { createParquetIo } from '../../sql/duckdb/parquet-io.ts';
import { snapshotFacts } from './snapshot-facts.ts';

async function withPorts<T>(
  root: string,
  use: (ports: Parameters<typeof loadSnapshot>[0]) => Promise<T>,
): Promise<T> {
  const duckdb = await DuckdbEngine.open({
    roots: [root],
    spillFolder: join(root, '.spill'),
    spillBytesMax: 0,
    memoryBytesMax: 2 ** 28,
    threads: 1,
  });
  try {
    return await use({
      store: createLocalStore(),
      parquet: createParquetIo(duckdb),
    });
  } finally {
    duckdb.close();
  }
}

/**
 * Compares every checkpoint's version, read from it, with the same version read from the commits: those
 * since the beginning or since the oldest checkpoint. Gives how many were compared.
 */
export async function compareCheckpoints(table: string): Promise<number> {
  const log = join(table, '_delta_log');
  const names = readdirSync(log);
  const versionsOf = (kinds: readonly string[]): readonly number[] =>
    names
      .map((name) => parseLogName(name))
      .filter((name) => name !== undefined)
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ version }) => version)
      .sort((a, b) => a - b);
  const first = versionsOf(['commit'])[0] ?? 0;
  const checkpoints = [...new Set(versionsOf(['classic', 'part', 'uuid']))];
  const [oldest = -1] = checkpoints;
  const compared = checkpoints.filter((version) => first === 0 || version > oldest);
  if (compared.length === 0) return 0;

  const root = dirname(table);
  const bare = join(root, '.without-checkpoints');
  rmSync(bare, { recursive: true, force: true });
  mkdirSync(join(bare, '_delta_log', '_sidecars'), { recursive: true });
  for (const name of names) {
    const kept = parseLogName(name);
    const isCommit = kept?.kind === 'commit';
    const isBeginning = kept !== undefined && first > 0 && kept.version === oldest;
    if (isCommit || isBeginning) linkSync(join(log, name), join(bare, '_delta_log', name));
  }
  const sidecars = join(log, '_sidecars');
  for (const name of names.includes('_sidecars') && first > 0 ? readdirSync(sidecars) : []) {
    linkSync(join(sidecars, name), join(bare, '_delta_log', '_sidecars', name));
  }
  try {
    await withPorts(root, async (ports) => {
      for (const version of compared) {
        const from = async (location: string): Promise<unknown> =>
          checkpointFacts(await loadSnapshot(ports, location, { version }));
        assert.deepEqual(await from(table), await from(bare), `checkpoint ${version} is wrong`);
      }
    });
  } finally {
    rmSync(bare, { recursive: true, force: true });
  }
  return compared.length;
}

/**
 * Without values of columns that do not partition the table: one that CREATE OR REPLACE has made of a
 * partitioned table keeps NULLs for its columns in memory, but nobody reads them.
 */
function checkpointFacts(snapshot: Snapshot): unknown {
  const { partitionColumns } = snapshot.metadata;
  const facts = snapshotFacts(snapshot, { statsAsText: false }) as { readonly files: string[] };
  const files = facts.files.map((text) => {
    const file = JSON.parse(text) as { readonly partitionValues: Record<string, string | null> };
    const values = Object.entries(file.partitionValues);
    const kept = values.filter(
      ([name, value]) => value !== null || partitionColumns.includes(name),
    );
    return { ...file, partitionValues: Object.fromEntries(kept.sort()) };
  });
  return { ...facts, files };
}

/** Asserts that the folder holds the newest version's files and no others. Gives how many there are. */
export async function compareFolder(table: string): Promise<number> {
  const snapshot = await withPorts(dirname(table), (ports) => loadSnapshot(ports, table));
  const named = namedFiles(snapshot);
  const found = dataFiles(table);
  assert.deepEqual(found, named, 'VACUUM left files that no version names, or took some');
  return found.length;
}

function namedFiles({ location, files }: Snapshot): readonly string[] {
  const named = new Set<string>();
  for (const file of files) {
    const { path, deletionVector } = files.addFile(file);
    named.add(fileLocation(location, canonicalPath(path) ?? path));
    if (deletionVector?.storageType !== 'u') continue;
    const source = deletionVectorSource(deletionVector, location);
    if (source.kind === 'file') named.add(source.location);
  }
  return [...named].sort();
}

/** Everything below the folder but the log, whatever its name. */
function dataFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== '_delta_log')
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? dataFiles(path) : [path];
    })
    .sort();
}

const dayMs = 86_400_000;

/** Sets the times of the log's files three days back, in the same order as before. */
export function ageLog(table: string): void {
  const log = join(table, '_delta_log');
  for (const folder of [table, log, join(log, '_sidecars')]) {
    if (!readdirSync(dirname(folder)).includes(folder.slice(dirname(folder).length + 1))) continue;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(folder, entry.name);
      const ms = statSync(path).mtimeMs;
      if (Date.now() - ms > dayMs) continue;
      utimesSync(path, (ms - 3 * dayMs) / 1000, (ms - 3 * dayMs) / 1000);
    }
  }
}

/** Names in the log that are of no finished file. */
export function unfinishedInLog(table: string): readonly string[] {
  const log = join(table, '_delta_log');
  return readdirSync(log, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)\.|\.tmp$/.test(name))
    .sort();
}
