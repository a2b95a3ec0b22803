/** The shared lists of SQL statements. */
import { readFileSync } from 'node:fs';
import { requireShared } from '../../support/shared-folder.ts';

export interface CorpusStatement {
  readonly id: string;
  readonly sql: string;
}

export function readCorpus(
  name: 'delta' | 'duckdb' | 'guide' | 'tpch' | 'tpcds',
): readonly CorpusStatement[] {
  const file = name.startsWith('tpc') ? `${name}-queries.json` : `${name}-statements.json`;
  return JSON.parse(readFileSync(requireShared(`sql/${file}`), 'utf8')) as CorpusStatement[];
}

/** The Spark expressions as queries. */
export function readSparkQueries(): readonly CorpusStatement[] {
  const file = readFileSync(requireShared('sql/spark-expressions.json'), 'utf8');
  return (JSON.parse(file) as { queries: readonly CorpusStatement[] }).queries;
}
