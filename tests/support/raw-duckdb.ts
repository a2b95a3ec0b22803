/** DuckDB itself, without Levee around it: for probes of what the design assumes of it. */
import { DuckDBInstance } from '@duckdb/node-api';
import type { TestContext } from 'node:test';

export interface RawDuckdb {
  /** The rows of one statement, values as JSON has them (64-bit integers as text). */
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** DuckDB's names of the result's types. */
  types(sql: string): Promise<readonly string[]>;
}

/** An instance of its own, closed after the test. */
export async function openRawDuckdb(
  context: Pick<TestContext, 'after'>,
  settings: readonly string[] = [],
): Promise<RawDuckdb> {
  const instance = await DuckDBInstance.create(':memory:', { errors_as_json: 'true' });
  const connection = await instance.connect();
  context.after(() => {
    connection.closeSync();
    instance.closeSync();
  });
  for (const setting of settings) await connection.run(setting);
  return {
    async rows(sql) {
      return (await connection.runAndReadAll(sql)).getRowsJson();
    },
    async types(sql) {
      return (await connection.run(sql)).columnTypes().map((type) => type.toString());
    },
  };
}
