/**
 * The same aggregates over the same files with and without deletion vectors that mark one row in a
 * hundred; beside DuckDB's delta extension, delta-rs and polars in the same run.
 *
 *     node --import tsx bench/deletion-vectors.ts --data DIR [--python PYTHON] [--rounds 5]
 *
 * DIR is what `make-tables.ts` made of TPC-H's lineitem. Each contestant is compared with itself.
 */
import assert from 'node:assert/strict';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ContestantName } from './contestants.ts';
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

const queries: { readonly [name: string]: string } = {
  'count(*)': 'SELECT count(*) AS c FROM {t}',
  sum: 'SELECT sum(l_extendedprice * (1 - l_discount)) AS s FROM {t}',
  Q6: `SELECT sum(l_extendedprice * l_discount) AS r FROM {t} WHERE l_shipdate >= date '1994-01-01'
    AND l_shipdate < date '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24`,
  Q1: `SELECT l_returnflag, l_linestatus, sum(l_quantity) AS a, sum(l_extendedprice) AS b,
    sum(l_extendedprice * (1 - l_discount)) AS c, avg(l_quantity) AS d, count(*) AS e FROM {t}
    GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus`,
};

const figures = new Figures();
const contestants = await startAll(names, options);
for (const contestant of contestants) {
  for (const table of ['lineitem_whole', 'lineitem_dv']) {
    await contestant.open(table, join(data, table));
  }
}
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  for (const [name, sql] of Object.entries(queries)) {
    for (const contestant of rotated(contestants, round)) {
      const tables = rotated(['lineitem_whole', 'lineitem_dv'], round);
      for (const table of tables) {
        const what = `${name} of ${table}`;
        try {
          const measured = await contestant.ask(sql.replaceAll('{t}', `{${table}}`));
          if (name === 'count(*)') figures.compare(contestant.name, what, measured);
          if (round > 0) figures.add(contestant.name, what, measured);
        } catch (error) {
          figures.fail(contestant.name, what, error);
        }
      }
    }
  }
}
for (const contestant of contestants) await contestant.close();

/** One contestant's ratios, and their geometric mean over those queries that scan. */
function line(contestant: string, named: (what: string) => string): string {
  const ratios = Object.keys(queries).map((query) => {
    const [whole, holed] = ['whole', 'dv'].map((table) => named(`${query} of lineitem_${table}`));
    const ratio = figures.ratio(contestant, holed ?? '', contestant, whole);
    return { query, ratio, ms: figures.ms(contestant, holed ?? '') };
  });
  const scans = ratios.filter(({ query }) => query !== 'count(*)');
  const logs = scans.reduce((sum, { ratio }) => sum + Math.log(ratio ?? NaN), 0);
  const mean = Math.exp(logs / scans.length);
  const cells = ratios.map(({ ratio, ms }) =>
    ratio === undefined || ms === undefined ? '-' : `${ratio.toFixed(2)} (${ms.toFixed(0)})`,
  );
  return `| ${contestant} | ${cells.join(' | ')} | ${Number.isNaN(mean) ? '-' : mean.toFixed(2)} |`;
}

const head = (title: string): readonly string[] => [
  '',
  `| ${title}: with / without (ms with) | ${Object.keys(queries).join(' | ')} | geomean of the scans |`,
  `| --- |${' ---: |'.repeat(Object.keys(queries).length + 1)}`,
];
process.stdout.write(
  [
    `## Deletion vectors, ${rounds} rounds, load ${loadavg()[0]?.toFixed(1)}`,
    ...head('time'),
    ...contestants.map(({ name }) => line(name, (what) => what)),
    ...head('processor time'),
    ...contestants.map(({ name }) => line(name, cpu)),
    '',
  ].join('\n'),
);
