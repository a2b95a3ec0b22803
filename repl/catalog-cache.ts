/**
 * The catalog's names for completion: asked for when first needed, kept for a little while, and
 * never waited for longer than a user waits for Tab. What cannot be had is left out.
 */
import { describeTable, listSchemas, listTables, type TableName } from './catalog-client.ts';
import type { CompletionCatalog } from './completion.ts';
import type { HttpClient } from './http-client.ts';

const keptMs = 15_000;
const waitMs = 1500;
/** Tables whose columns are remembered. */
const entriesMax = 200;

interface Entry {
  readonly value: Promise<unknown>;
  readonly askedMs: number;
}

export class CatalogCache implements CompletionCatalog {
  readonly #client: () => HttpClient;
  readonly #entries = new Map<string, Entry>();

  /** `client` is asked for each time: `\c` changes it. */
  constructor(client: () => HttpClient) {
    this.#client = client;
  }

  readonly schemas = (): Promise<readonly string[]> =>
    this.#ask('schemas', (signal) => listSchemas(this.#client(), signal));

  readonly tables = (): Promise<readonly TableName[]> =>
    this.#ask('tables', (signal) => listTables(this.#client(), undefined, signal));

  readonly columns = (table: TableName): Promise<readonly string[]> =>
    this.#ask(`columns ${JSON.stringify([table.schema, table.name])}`, async (signal) => {
      const described = await describeTable(this.#client(), table, signal);
      return described.columns.map(({ name }) => name);
    });

  /** Forgets everything, after a statement that may have changed the catalog. */
  clear(): void {
    this.#entries.clear();
  }

  async #ask<T>(
    name: string,
    ask: (signal: AbortSignal) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const key = `${this.#client().url} ${name}`;
    const nowMs = performance.now();
    const entry = this.#entries.get(key);
    if (entry !== undefined && nowMs - entry.askedMs < keptMs) {
      return entry.value as Promise<readonly T[]>;
    }
    if (this.#entries.size >= entriesMax) this.#entries.clear();
    const value = ask(AbortSignal.timeout(waitMs)).catch((): readonly T[] => []);
    this.#entries.set(key, { value, askedMs: nowMs });
    return value;
  }
}
