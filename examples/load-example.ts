/**
 * Loads an example into a running server, over HTTP as any client would. Safe to run again: what is
 * there is left alone, and a load that was cut off is taken up at the first write that is missing,
 * because write n of a table is the one that makes its version n. One loader at a time.
 */
import type { Example } from './example.ts';

export interface LoadOptions {
  /** The server, without a `/` at the end: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how far the load is: writes done and writes in all. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

export type LoadOutcome = 'loaded' | 'continued' | 'already there';

/** Thrown when the server refuses a statement; the message is the server's. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

export async function loadExample(example: Example, options: LoadOptions): Promise<LoadOutcome> {
  const { schema, tables, writes, views } = example;
  const versions = await readVersions(example, options);
  const missing = writes.filter(({ table, version }) => version > (versions.get(table) ?? -1));
  const hasViews = await hasAllViews(example, options);
  if (missing.length === 0 && hasViews) return 'already there';

  for (const sql of tables) await runSql(sql, options);
  let done = writes.length - missing.length;
  for (const { sql } of missing) {
    await runSql(sql, options);
    done += 1;
    options.onProgress?.(done, writes.length);
  }
  await checkVersions(example, options);
  // Views that somebody has changed since are theirs, once the example has been complete.
  if (!hasViews) for (const sql of views) await runSql(sql, options);
  return versions.size === 0 || missing.length === writes.length ? 'loaded' : 'continued';

  async function checkVersions(loaded: Example, how: LoadOptions): Promise<void> {
    const reached = await readVersions(loaded, how);
    for (const [table, version] of lastVersions(loaded)) {
      if (reached.get(table) === version) continue;
      throw new LoadError(
        `${schema}.${table} is at version ${reached.get(table) ?? 'none'} and not ${version} after ` +
          `loading: something else wrote to it meanwhile. Drop the schema ${schema} and load again.`,
      );
    }
  }
}

/** The version that each table has once every write is done. */
export function lastVersions(example: Example): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const { table, version } of example.writes) last.set(table, version);
  return last;
}

/** The version of each of the example's tables that exist. */
async function readVersions(
  example: Example,
  options: LoadOptions,
): Promise<ReadonlyMap<string, number>> {
  const versions = new Map<string, number>();
  for (const table of lastVersions(example).keys()) {
    const answer = await ask(`DESCRIBE HISTORY ${example.schema}.${table}`, options);
    if ('code' in answer) {
      const isMissing = ['TABLE_OR_VIEW_NOT_FOUND', 'SCHEMA_NOT_FOUND'].includes(answer.code);
      if (isMissing) continue;
      throw new LoadError(`${answer.code}: ${answer.message}`);
    }
    const column = answer.columns.findIndex(({ name }) => name === 'version');
    versions.set(table, Math.max(...answer.rows.map((row) => Number(row[column]))));
  }
  return versions;
}

async function hasAllViews(example: Example, options: LoadOptions): Promise<boolean> {
  for (const sql of example.views) {
    const name = /VIEW\s+(\S+)/i.exec(sql)?.[1] ?? '';
    const answer = await ask(`SELECT * FROM ${name} LIMIT 0`, options);
    if ('code' in answer) return false;
  }
  return true;
}

async function runSql(sql: string, options: LoadOptions): Promise<void> {
  const answer = await ask(sql, options);
  if (!('code' in answer)) return;
  const [firstLine = ''] = sql.split('\n');
  throw new LoadError(`${firstLine} ...: ${answer.code}: ${answer.message}`);
}

interface Rows {
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly (readonly unknown[])[];
}
interface Failure {
  readonly code: string;
  readonly message: string;
}

async function ask(sql: string, options: LoadOptions): Promise<Rows | Failure> {
  const reply = await fetch(`${options.url}/v1/sql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    },
    body: JSON.stringify({ sql, dialect: 'spark' }),
    signal: options.signal ?? null,
  });
  const body = (await reply.json()) as Partial<Rows> & {
    readonly code?: string;
    readonly detail?: string;
    readonly title?: string;
    readonly error?: { readonly code: string; readonly detail?: string };
  };
  const failure = reply.ok ? body.error : body;
  if (failure !== undefined) {
    return { code: failure.code ?? `HTTP ${reply.status}`, message: failure.detail ?? '' };
  }
  return { columns: body.columns ?? [], rows: body.rows ?? [] };
}
