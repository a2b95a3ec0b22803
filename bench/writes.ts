/**
 * Writes: rows appended, many small inserts, MERGE and DELETE with and without deletion vectors, several
 * processes that commit to one table. Levee by its engine and over HTTP, delta-rs, with `--spark` Spark;
 * and DuckDB writing the same rows to bare Parquet files, which is the limit.
 *
 *     node --import tsx bench/writes.ts --data DIR --lineitem TABLE [--python PYTHON] [--rounds 3]
 *       [--spark PYTHON --jars DIR] [--only merge,delete] [--threads 2]
 *
 * TABLE is TPC-H's lineitem as a Delta table without deletion vectors; its files are linked, not copied.
 * Everybody writes to a table of his own that was made for this one write. After each the rows are
 * counted and summed up by Levee, and compared; DuckDB's bare files are not.
 */
import assert from 'node:assert/strict';
import { cpSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { startContestant, Worker, type Contestant, type Measured } from './contestants.ts';
import { cpu, Figures, rotated } from './rounds.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    lineitem: { type: 'string' },
    python: { type: 'string' },
    spark: { type: 'string' },
    jars: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: 'append,small,merge,delete,processes' },
  },
});
assert(
  values.data !== undefined && values.lineitem !== undefined,
  '--data and --lineitem are needed',
);
const data = join(resolve(values.data), 'writes');
const lineitem = resolve(values.lineitem);
const rounds = Number(values.rounds);
const threads = Number(values.threads);
const wanted = new Set(values.only.split(','));
rmSync(data, { recursive: true, force: true });
mkdirSync(data, { recursive: true });

const clients = 8;
const commitsEach = 50;
const rowsEach = 100;
/** Those of peers that take long for each. */
const slowCommitsEach = new Map([
  ['delta-rs', 20],
  ['spark', 5],
]);
const condition = 'l_orderkey % 100 = 7';
/** A peer that takes longer for one write is given up. */
const writeMsMax = 5 * 60_000;

const smallSums = 'count(DISTINCT (writer, commit)), count(*)';

type Written = Pick<Measured, 'ms' | 'cpuMs'> & { readonly conflicts?: number | undefined };

/** Somebody who writes; the names are those of `write_peers.py`. */
interface Writer {
  readonly name: string;
  readonly marksRows: boolean;
  readonly commitsEach: number;
  append(table: string, source: string): Promise<Written>;
  merge(table: string, source: string): Promise<Written>;
  delete(table: string, condition: string): Promise<Written>;
  /** `commits` small appends by each of several clients at once. */
  commits(table: string, clientCount: number, commits: number, writer?: number): Promise<Written>;
  close(): Promise<void>;
}

const figures = new Figures();
/** Those that reached the clients, by writer and measurement. */
const conflicts = new Map<string, number>();
const root = resolve(values.data);
const engineOptions = { root, threads, python: values.python };
const checker = await startContestant('levee', engineOptions);
await checker.ask('SELECT 1');
const path = (name: string): string => join(data, name);
const named = (table: string): string => `delta.\`${table}\``;
const writers = await startWriters();
process.stderr.write(`load ${loadavg()[0]?.toFixed(1)} at the start\n`);
await makeSources();
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  for (const writer of rotated(writers, round)) {
    if (wanted.has('append')) await measureAppend(writer, round);
    if (wanted.has('merge')) await measureChange(writer, 'merge', round);
    if (wanted.has('delete')) await measureChange(writer, 'delete', round);
    if (wanted.has('small') && writer.name !== 'levee') await measureSmall(writer, round);
  }
}
for (const writer of writers) await writer.close();
if (wanted.has('processes')) {
  for (let round = 0; round < rounds; round++) await measureProcesses(round);
}
await checker.close();
print();

function tableName(what: string): string {
  return `${what.replaceAll(/\W+/g, '-')}`;
}

async function makeSources(): Promise<void> {
  linkTable(path('base'));
  const rows = named(path('base'));
  await checker.ask(
    `CREATE TABLE ${named(path('million'))} AS SELECT * FROM ${rows} LIMIT 1000000`,
  );
  const part = (n: number): string =>
    `(SELECT * FROM ${rows} WHERE hash(l_orderkey, l_linenumber) % 100 = ${n} LIMIT 50000)`;
  await checker.ask(
    `CREATE TABLE ${named(path('changes'))} AS
     SELECT * REPLACE (CAST(l_quantity + 1 AS DECIMAL(15, 2)) AS l_quantity) FROM ${part(0)}
     UNION ALL SELECT * REPLACE (l_orderkey + 100000000 AS l_orderkey) FROM ${part(1)}`,
  );
}

/** The table anew, by links to its files. */
function linkTable(table: string): void {
  mkdirSync(join(table, '_delta_log'), { recursive: true });
  cpSync(join(lineitem, '_delta_log'), join(table, '_delta_log'), { recursive: true });
  for (const file of readdirSync(lineitem)) {
    if (file.endsWith('.parquet')) linkSync(join(lineitem, file), join(table, file));
  }
}

async function measureAppend(writer: Writer, round: number): Promise<void> {
  const what = 'append 1M rows';
  await measure(writer, what, round, {
    make: async (table) => {
      await checker.ask(
        `CREATE TABLE ${named(table)} AS SELECT * FROM ${named(path('base'))} LIMIT 0`,
      );
    },
    write: async (table) => await writer.append(table, path('million')),
    sums: 'count(*), sum(l_quantity), sum(l_orderkey)',
  });
}

async function measureChange(writer: Writer, op: 'merge' | 'delete', round: number): Promise<void> {
  const what = op === 'merge' ? 'MERGE 100k into 6M' : 'DELETE 1%';
  for (const marks of writer.marksRows ? [false, true] : [false]) {
    await measure(writer, marks ? `${what}, vectors` : `${what}, rewriting`, round, {
      make: async (table) => {
        linkTable(table);
        if (!marks) return;
        await checker.ask(
          `ALTER TABLE ${named(table)} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')`,
        );
      },
      write: async (table) =>
        op === 'merge'
          ? await writer.merge(table, path('changes'))
          : await writer.delete(table, condition),
      sums: 'count(*), sum(l_quantity), sum(l_orderkey)',
      comparedAs: what,
    });
  }
}

async function measureSmall(writer: Writer, round: number): Promise<void> {
  if (writer.name === 'duckdb') return;
  const commits = writer.commitsEach;
  await measure(writer, `${clients} clients, small inserts`, round, {
    make: makeSmall,
    write: async (table) => perCommit(await writer.commits(table, clients, commits), commits),
    sums: smallSums,
    expected: smallAnswer(commits),
  });
}

function smallAnswer(commits: number): string {
  return `[${clients * commits}, ${clients * commits * rowsEach}]`;
}

async function makeSmall(table: string): Promise<void> {
  await checker.ask(`CREATE TABLE ${named(table)} (writer INT, commit INT, v DOUBLE)`);
}

/** Each commit's share of the time: what of the clients' work goes on at once does not count twice. */
function perCommit(written: Written, commits: number): Written {
  const all = clients * commits;
  return {
    ...written,
    ms: written.ms / all,
    cpuMs: written.cpuMs === undefined ? undefined : written.cpuMs / all,
  };
}

/** One table, several processes that know nothing of each other. */
async function measureProcesses(round: number): Promise<void> {
  const what = `${clients} processes, commits`;
  const kinds = values.python === undefined ? ['levee'] : ['levee', 'delta-rs'];
  for (const kind of rotated(kinds, round)) {
    const processes: Writer[] = [];
    try {
      for (let n = 0; n < clients; n++) {
        processes.push(
          kind === 'levee'
            ? leveeWriter(await startContestant('levee', engineOptions))
            : await startPeer(kind, values.python ?? '', []),
        );
      }
      await measure({ name: kind }, what, round + 1, {
        make: makeSmall,
        write: async (table) => {
          const startMs = performance.now();
          const all = await Promise.all(
            processes.map((one, n) => one.commits(table, 1, commitsEach, n)),
          );
          const met = all.reduce((sum, one) => sum + (one.conflicts ?? 0), 0);
          const ms = performance.now() - startMs;
          return perCommit({ ms, conflicts: met }, commitsEach);
        },
        sums: smallSums,
        expected: smallAnswer(commitsEach),
      });
    } finally {
      for (const one of processes) await one.close();
    }
  }
}

interface Measurement {
  readonly make: (table: string) => Promise<void>;
  readonly write: (table: string) => Promise<Written>;
  /** What all contestants' tables must agree on. */
  readonly sums: string;
  /** What they must be, where it is known beforehand. */
  readonly expected?: string;
  /** Whose answers are compared; those to the same measurement if absent. */
  readonly comparedAs?: string;
}

async function measure(
  writer: { readonly name: string },
  what: string,
  round: number,
  { make, write, sums, expected, comparedAs }: Measurement,
): Promise<void> {
  const table = path(tableName(`${writer.name} ${what} ${round}`));
  try {
    await make(table);
    const written = await write(table);
    if (writer.name !== 'duckdb') {
      const answer = await checker.ask(`SELECT ${sums} FROM ${named(table)}`);
      if (expected === undefined) figures.compare(writer.name, comparedAs ?? what, answer);
      else assert.equal(answer.value, expected);
    }
    if (round === 0) return;
    figures.add(writer.name, what, written);
    const key = `${writer.name}\0${what}`;
    conflicts.set(key, (conflicts.get(key) ?? 0) + (written.conflicts ?? 0));
  } catch (error) {
    figures.fail(writer.name, what, error);
  } finally {
    rmSync(table, { recursive: true, force: true });
  }
}

// --- who writes ------------------------------------------------------------------------------------

async function startWriters(): Promise<readonly Writer[]> {
  const { python, spark, jars } = values;
  const started: Writer[] = [
    leveeWriter(await startContestant('levee', engineOptions)),
    leveeWriter(await startContestant('levee-http', engineOptions)),
  ];
  if (python !== undefined) {
    started.push(await startPeer('duckdb', python, []), await startPeer('delta-rs', python, []));
  }
  if (spark !== undefined) started.push(await startPeer('spark', spark, [resolve(jars ?? '.')]));
  return started;
}

function leveeWriter(contestant: Contestant): Writer {
  const { name } = contestant;
  const keys = 't.l_orderkey = s.l_orderkey AND t.l_linenumber = s.l_linenumber';
  return {
    name,
    marksRows: true,
    commitsEach,
    append: (table, source) =>
      contestant.ask(`INSERT INTO ${named(table)} SELECT * FROM ${named(source)}`),
    merge: (table, source) =>
      contestant.ask(
        `MERGE INTO ${named(table)} t USING ${named(source)} s ON ${keys}
         WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`,
      ),
    delete: (table, where) => contestant.ask(`DELETE FROM ${named(table)} WHERE ${where}`),
    async commits(table, clientCount, commits, writer = 0) {
      const startMs = performance.now();
      const counts = await Promise.all(
        Array.from({ length: clientCount }, (_, client) =>
          insertBatches(contestant, table, writer + client, commits),
        ),
      );
      const met = counts.reduce((sum, count) => sum + count, 0);
      return { ms: performance.now() - startMs, conflicts: met };
    },
    close: () => contestant.close(),
  };
}

/** Tells how many conflicts it met; each is tried again, as a client must. */
async function insertBatches(
  contestant: Contestant,
  table: string,
  writer: number,
  commits: number,
): Promise<number> {
  let met = 0;
  for (let commit = 0; commit < commits;) {
    const rows = Array.from({ length: rowsEach }, (_, v) => `(${writer}, ${commit}, ${v})`);
    try {
      await contestant.ask(`INSERT INTO ${named(table)} VALUES ${rows.join(', ')}`);
      commit++;
    } catch (error) {
      if (!/conflict|concurrent/i.test(String(error)) || met > commits) throw error;
      met++;
    }
  }
  return met;
}

async function startPeer(name: string, python: string, more: readonly string[]): Promise<Writer> {
  const script = fileURLToPath(new URL('write_peers.py', import.meta.url));
  const worker = await Worker.start(
    python,
    [script, name, String(threads), ...more],
    {},
    writeMsMax,
  );
  const call = async (request: object): Promise<Written> => {
    const { cpuMs, ...written } = await worker.call(request);
    // Spark's work is done in another process than the one that tells.
    return name === 'spark' ? written : { ...written, cpuMs };
  };
  return {
    name,
    marksRows: name === 'spark',
    commitsEach: slowCommitsEach.get(name) ?? commitsEach,
    append: (table, source) => call({ op: 'append', table, source }),
    merge: (table, source) => call({ op: 'merge', table, source }),
    delete: (table, where) => call({ op: 'delete', table, condition: where }),
    commits: (table, clientCount, commits, writer = 0) =>
      call({ op: 'commits', table, clients: clientCount, commits, writer }),
    close: () => worker.close(),
  };
}

// --- what came of it -------------------------------------------------------------------------------

function print(): void {
  const names = writers.map(({ name }) => name);
  const rewritten = ['MERGE 100k into 6M', 'DELETE 1%'].flatMap((what) => [
    `${what}, rewriting`,
    `${what}, vectors`,
  ]);
  const commits = [`${clients} clients, small inserts`, `${clients} processes, commits`];
  const whole = ['append 1M rows', ...rewritten];
  const load = loadavg()[0]?.toFixed(1);
  process.stdout.write(
    [
      `## Writes, ${rounds} rounds, load ${load}`,
      '',
      figures.table(names, whole, 'levee'),
      '',
      'Processor time of all threads',
      '',
      figures.table(names, whole.map(cpu), 'levee'),
      '',
      'Commits acknowledged a second; conflicts that a client met',
      '',
      `| | ${commits.join(' | ')} |`,
      `| --- |${' ---: |'.repeat(commits.length)}`,
      ...names.map(
        (name) => `| ${name} | ${commits.map((what) => rate(name, what)).join(' | ')} |`,
      ),
      '',
    ].join('\n'),
  );
}

function rate(name: string, what: string): string {
  const ms = figures.ms(name, what);
  if (ms === undefined) return figures.hasFailed(name, what) ? 'fails' : '-';
  return `${(1000 / ms).toFixed(0)}/s; ${conflicts.get(`${name}\0${what}`) ?? 0}`;
}
