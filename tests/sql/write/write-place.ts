/** A warehouse for tests of writing: statements in either dialect, and what they left in the log. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dialect } from '../../../sql/parse/dialect.ts';
import { openRawDuckdb } from '../../support/raw-duckdb.ts';
import { makeScratch, openEngine } from '../../support/open-engine.ts';
import { engineClient, newSession, type CellValue, SqlFailure } from '../../support/sql-client.ts';

export interface LoggedAdd {
  readonly path: string;
  readonly partitionValues: { readonly [name: string]: string | null };
  readonly size: number;
  readonly stats: { readonly [name: string]: unknown };
}

export interface WritePlace {
  readonly warehouse: string;
  run(
    sql: string,
    dialect?: Dialect,
    parameters?: readonly unknown[],
  ): Promise<readonly (readonly CellValue[])[]>;
  /** `ok`, or the code and SQLSTATE of the failure. */
  outcome(sql: string, dialect?: Dialect): Promise<string>;
  /** The actions of one version of a table in the schema `default`, each under its name. */
  actions(table: string, version: number): readonly { readonly [name: string]: unknown }[];
  adds(table: string, version: number): readonly LoggedAdd[];
  /** Fields of the newest schema in the log. */
  fields(table: string): readonly { readonly [name: string]: unknown }[];
  versions(table: string): number;
  /** Rows of DuckDB's own over the files of a table. */
  raw(sql: string): Promise<readonly (readonly unknown[])[]>;
  close(): Promise<void>;
}

export async function openWritePlace(dialect: Dialect = 'duckdb'): Promise<WritePlace> {
  const { folder: warehouse, remove } = await makeScratch();
  const engine = await openEngine({ warehouse });
  const client = engineClient(engine, newSession(dialect));
  const ends: (() => void)[] = [];
  const duckdb = openRawDuckdb({ after: (end) => void ends.push(end as () => void) });
  const logOf = (table: string) => join(warehouse, 'default', table, '_delta_log');
  const commits = (table: string) =>
    readdirSync(logOf(table))
      .filter((name) => /^\d{20}\.json$/.test(name))
      .sort();
  const actions: WritePlace['actions'] = (table, version) => {
    const name = `${String(version).padStart(20, '0')}.json`;
    const lines = readFileSync(join(logOf(table), name), 'utf8')
      .trim()
      .split('\n');
    return lines.map((line) => JSON.parse(line) as { readonly [name: string]: unknown });
  };
  return {
    warehouse,
    run: async (sql, other = dialect, parameters) =>
      (await client.run({ sql, dialect: other, parameters })).rows,
    async outcome(sql, other = dialect) {
      try {
        await client.run({ sql, dialect: other });
        return 'ok';
      } catch (error) {
        assert.ok(error instanceof SqlFailure, String(error));
        return `${error.code} ${error.sqlState}`;
      }
    },
    actions,
    adds: (table, version) =>
      actions(table, version).flatMap(({ add }) => {
        if (add === undefined) return [];
        const logged = add as Omit<LoggedAdd, 'stats'> & { readonly stats: string };
        return [{ ...logged, stats: JSON.parse(logged.stats) as LoggedAdd['stats'] }];
      }),
    fields(table) {
      for (let version = commits(table).length - 1; version >= 0; version--) {
        const found = actions(table, version).find(({ metaData }) => metaData !== undefined);
        const metadata = found?.['metaData'] as { readonly schemaString: string } | undefined;
        if (metadata === undefined) continue;
        const schema = JSON.parse(metadata.schemaString) as {
          readonly fields: readonly { readonly [name: string]: unknown }[];
        };
        return schema.fields;
      }
      throw new Error(`${table} has no metadata`);
    },
    versions: (table) => commits(table).length,
    raw: async (sql) => (await duckdb).rows(sql),
    async close() {
      await engine.close();
      for (const end of ends) end();
      await remove();
    },
  };
}
