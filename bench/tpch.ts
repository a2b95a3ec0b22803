/**
 * TPC-H over Delta tables, beside DuckDB on the same Parquet files in the same run.
 *
 *     npx tsx bench/tpch.ts --warehouse DIR [--rounds 3] [--threads 2] [--python PYTHON]
 *
 * DIR has the eight tables as Delta tables `DIR/tpch/<table>`. Both sides use the same number of
 * threads and take turns, query by query (A B, B A, ...); each query counts with its median ratio and
 * median times. The queries are those of the shared folder; the answers of both sides are compared.
 * With PYTHON, which has duckdb, deltalake and polars, DuckDB's delta extension, delta-rs and polars
 * take their turns as well. What it measures is Levee's own work: parsing, binding, snapshots, planning, and DuckDB over the
 * relation that stands for a Delta table. HTTP and encoding have their own benchmark.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckdbEngine } from '../sql/duckdb/duckdb-engine.ts';
import { quoteFileName, quoteIdentifier } from '../sql/quote.ts';
import type { ColumnBatch } from '../catalog/column-batch.ts';
import { openBenchEngine } from './open-bench-engine.ts';
import { median, report } from './report.ts';
import { Figures, rotated, startAll } from './rounds.ts';

const tables = [
  'customer',
  'lineitem',
  'nation',
  'orders',
  'part',
  'partsupp',
  'region',
  'supplier',
];

const { values } = parseArgs({
  options: {
    warehouse: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    python: { type: 'string' },
    shared: { type: 'string', default: process.env.LEVEE_SHARED ?? '../shared' },
  },
});
assert(values.warehouse !== undefined, '--warehouse DIR is needed');
const warehouse = resolve(values.warehouse);
const rounds = Number(values.rounds);
const threads = Number(values.threads);
const queries = readQueries(resolve(values.shared, 'sql/tpch-queries.json'));

const levee = await openBenchEngine({ warehouse, threads, schema: 'tpch' });
const bare = await DuckdbEngine.open({
  roots: [warehouse],
  spillFolder: `${warehouse}/_levee/spill-bare`,
  spillBytesMax: 2 ** 34,
  memoryBytesMax: 8 * 2 ** 30,
  threads,
});
/** The tables as views over their files: DuckDB alone, told which files make the snapshot. */
const bareConnection = await bare.connect();
for (const table of tables) {
  const list = (await levee.filesOf(table)).map(quoteFileName).join(', ');
  await bareConnection.rows(
    `CREATE TEMP VIEW ${quoteIdentifier(table)} AS SELECT * FROM read_parquet([${list}])`,
  );
}

const peers =
  values.python === undefined
    ? []
    : await startAll(['duckdb-delta', 'delta-rs', 'polars'], {
        root: warehouse,
        threads,
        python: values.python,
      });
for (const peer of peers) {
  for (const table of tables) await peer.open(table, `${warehouse}/tpch/${table}`);
}
const peerFigures = new Figures();

interface Sample {
  readonly leveeMs: number;
  readonly bareMs: number;
}
const samples = new Map<string, Sample[]>();
for (let round = 0; round <= rounds; round++) {
  for (const [name, sql] of queries) {
    const runLevee = () => timed(() => levee.rows(sql));
    const runBare = () => timed(() => bareRows(sql));
    const leveeFirst = round % 2 === 0;
    const first = await (leveeFirst ? runLevee() : runBare());
    const second = await (leveeFirst ? runBare() : runLevee());
    const [ours, theirs] = leveeFirst ? [first, second] : [second, first];
    assert.equal(ours.rows, theirs.rows, `${name}: ${ours.rows} rows and not ${theirs.rows}`);
    for (const peer of rotated(peers, round)) {
      try {
        const measured = await peer.ask(sql);
        if (round > 0) peerFigures.add(peer.name, name, measured);
      } catch (error) {
        peerFigures.fail(peer.name, name, error);
      }
    }
    // The first round warms all up.
    if (round > 0) {
      const list = samples.get(name) ?? [];
      list.push({ leveeMs: ours.ms, bareMs: theirs.ms });
      samples.set(name, list);
    }
  }
}
report({
  title: `TPC-H over Delta, ${threads} threads, ${rounds} rounds`,
  sides: ['Levee', 'DuckDB on the files'],
  rows: [...samples].map(([name, list]) => ({
    name,
    ms: [median(list.map(({ leveeMs }) => leveeMs)), median(list.map(({ bareMs }) => bareMs))],
    ratio: median(list.map(({ leveeMs, bareMs }) => leveeMs / bareMs)),
  })),
});
for (const { name: peer } of peers) {
  const list = [...samples].flatMap(([name, own]) => {
    const ms = peerFigures.ms(peer, name);
    return ms === undefined ? [] : [{ ms, bareMs: median(own.map(({ bareMs }) => bareMs)) }];
  });
  const sum = list.reduce((total, { ms }) => total + ms, 0);
  const bareSum = list.reduce((total, { bareMs }) => total + bareMs, 0);
  const logs = list.reduce((total, { ms, bareMs }) => total + Math.log(ms / bareMs), 0);
  process.stdout.write(
    `${peer}, ${list.length} queries: ${sum.toFixed(0)} ms, ${(sum / bareSum).toFixed(3)} of DuckDB on ` +
      `the files; geometric mean ${Math.exp(logs / list.length).toFixed(3)}\n`,
  );
}
for (const peer of peers) await peer.close();
await levee.close();
bareConnection.close();
bare.close();

async function bareRows(sql: string): Promise<number> {
  const result = await bareConnection.stream(sql, undefined);
  return await countRows(result.batches);
}

async function countRows(batches: AsyncIterable<ColumnBatch>): Promise<number> {
  let rows = 0;
  for await (const batch of batches) rows += batch.rowCount;
  return rows;
}

async function timed(run: () => Promise<number>): Promise<{ rows: number; ms: number }> {
  const start = performance.now();
  const rows = await run();
  return { rows, ms: performance.now() - start };
}

function readQueries(path: string): [string, string][] {
  const list = JSON.parse(readFileSync(path, 'utf8')) as { id: string; sql: string }[];
  return list.map(({ id, sql }) => [id, sql]);
}
