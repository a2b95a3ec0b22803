/**
 * Opening tables with long logs, asking again, one row out of 100,000 files, and how soon the commit
 * of another writer is seen; beside DuckDB's delta extension, delta-rs and polars in the same run.
 *
 *     node --import tsx bench/log.ts --data DIR [--python PYTHON] [--rounds 5] [--threads 2]
 *
 * DIR is what `make-tables.ts` made. Each round has new processes, warmed up with a small table. A
 * query is `cold` when it is the first over its table, `again` when nothing has changed since.
 */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Contestant, ContestantName } from './contestants.ts';
import { cpu, Figures, rotated, startAll } from './rounds.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    python: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
  },
});
assert(values.data !== undefined, '--data DIR is needed');
const data = resolve(values.data);
const rounds = Number(values.rounds);
const options = { root: data, threads: Number(values.threads), python: values.python };
const names: readonly ContestantName[] =
  values.python === undefined
    ? ['levee', 'levee-http']
    : ['levee', 'levee-http', 'duckdb-delta', 'delta-rs', 'polars'];

const pointId = 777_777;
const questions: readonly {
  readonly name: string;
  readonly table: string;
  readonly sql: string;
  readonly files?: number;
  /** Contestants that read every file for it, which takes minutes. */
  readonly hopeless?: readonly ContestantName[];
}[] = [
  { name: '2,000 commits', table: 'small_files', sql: 'SELECT count(*) AS c FROM {t}' },
  {
    name: '100,000 files',
    table: 'big_log',
    sql: 'SELECT count(*) AS c FROM {t}',
    hopeless: ['duckdb-delta', 'polars'],
  },
  {
    name: 'one row of them',
    table: 'big_log_one_file',
    sql: `SELECT id, val, tag FROM {t} WHERE id = ${pointId}`,
    files: 1,
  },
];

const figures = new Figures();
process.stderr.write(`load ${loadavg()[0]?.toFixed(1)} at the start\n`);
for (let round = 0; round < rounds; round++) {
  for (const question of questions) {
    const wanted = names.filter((name) => question.hopeless?.includes(name) !== true);
    const contestants = await startAll(wanted, options);
    for (const contestant of rotated(contestants, round)) await askAll(contestant, question);
    for (const contestant of contestants) await contestant.close();
  }
}
await measureFreshness();

const columns = [
  ...questions.flatMap(({ name }) => [`${name}, cold`, `${name}, again`]),
  'a commit of another writer',
];
process.stdout.write(
  `## Logs, ${rounds} rounds, load ${loadavg()[0]?.toFixed(1)}\n\n` +
    `${figures.table(names, columns, 'levee')}\n\nProcessor time of all threads\n\n` +
    `${figures.table(names, columns.slice(0, -1).map(cpu), 'levee')}\n`,
);

async function askAll(contestant: Contestant, question: (typeof questions)[number]): Promise<void> {
  const { name, table, sql, files } = question;
  try {
    await contestant.open('tiny', join(data, 'tiny'));
    for (let i = 0; i < 3; i++)
      await contestant.ask('SELECT count(*) AS c FROM {tiny} WHERE k = 7');
    const opened = await contestant.open('t', join(data, table));
    const cold = await contestant.ask(sql);
    figures.compare(contestant.name, name, cold);
    if (files !== undefined && cold.filesScanned !== undefined) {
      assert.equal(cold.filesScanned, files, `${contestant.name} scans ${cold.filesScanned} files`);
    }
    figures.add(contestant.name, `${name}, cold`, {
      ms: opened.ms + cold.ms,
      cpuMs: cold.cpuMs === undefined ? undefined : (opened.cpuMs ?? 0) + cold.cpuMs,
    });
    for (let i = 0; i < 5; i++) {
      figures.add(contestant.name, `${name}, again`, await contestant.ask(sql));
    }
  } catch (error) {
    figures.fail(contestant.name, `${name}, cold`, error);
    figures.fail(contestant.name, `${name}, again`, error);
  }
}

/** The time from a commit until a query shows it, by asking again and again with the same table. */
async function measureFreshness(): Promise<void> {
  const copy = join(data, 'tiny_copy');
  const what = 'a commit of another writer';
  const contestants = await startAll(names, options);
  for (const contestant of contestants) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(join(data, 'tiny'), copy, { recursive: true });
    const count = async () => (await contestant.ask('SELECT count(*) AS c FROM {t}')).value;
    await contestant.open('t', copy);
    for (let i = 0; i < 3; i++) await count();
    for (let version = 1; version <= rounds; version++) {
      const before = await count();
      commitAgain(copy, version);
      const committedMs = performance.now();
      let isSeen = false;
      while (!isSeen && performance.now() - committedMs < 1000) isSeen = (await count()) !== before;
      if (!isSeen) {
        figures.fail(contestant.name, what, 'never, without registering the table again');
        break;
      }
      figures.add(contestant.name, what, { ms: performance.now() - committedMs });
    }
    await contestant.close();
  }
  rmSync(copy, { recursive: true, force: true });
}

/** Adds the table's first file once more, under a path that is another spelling of the same place. */
function commitAgain(table: string, version: number): void {
  const log = (n: number): string =>
    join(table, '_delta_log', `${String(n).padStart(20, '0')}.json`);
  const add = readFileSync(log(0), 'utf8')
    .split('\n')
    .find((line) => line.startsWith('{"add"'));
  assert(add !== undefined);
  const { add: file } = JSON.parse(add) as { add: { path: string } };
  const path = `copy-${version}.parquet`;
  cpSync(join(table, file.path), join(table, path));
  const action = { add: { ...file, path, dataChange: true } };
  writeFileSync(log(version), `${JSON.stringify(action)}\n`, { flag: 'wx' });
}
