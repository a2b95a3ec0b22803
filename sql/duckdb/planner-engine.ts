/**
 * A second DuckDB that runs nothing: it plans queries over empty tables, so that Levee learns which
 * rows and columns a query needs before it looks for their files. It opens no file, has no network,
 * and holds no data.
 *
 * Its optimizer does few things only: it rewrites expressions, pulls filters up and pushes them down,
 * into common table expressions as well. Much else that it could do rests on statistics, and those of
 * empty tables are wrong: DuckDB would find that no query has rows, or invent filters from the data it
 * sees.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { quoteString } from '../quote.ts';
import { engineError } from './duckdb-errors.ts';
import { EngineConnection } from './engine-connection.ts';

const keptOptimizers: ReadonlySet<string> = new Set([
  'expression_rewriter',
  'filter_pullup',
  'filter_pushdown',
  'cte_inlining',
  'cte_filter_pusher',
]);

/** Empty tables that are kept; then all are made anew. Each takes some kilobytes. */
const tablesMax = 2000;
const memoryBytesMax = 512 * 1024 * 1024;

export interface PlanRequest {
  /** For each reference the columns of its table, `"a" BIGINT, "b" VARCHAR`. */
  readonly tables: readonly string[];
  /** The query, with the names of the tables; they are qualified, and quoted where need be. */
  text(names: readonly string[]): string;
  /** Statements for the connection, to be run before. */
  readonly setUp: readonly string[];
  readonly signal: AbortSignal;
}

export interface SerializedPlan {
  /** As `json_serialize_plan` gives it. */
  readonly json: string;
  /** The tables' names in it, without their schema; no two are the same. */
  readonly tableNames: readonly string[];
}

/** A schema full of tables, given up as a whole. */
interface Generation {
  readonly schema: string;
  /** That it is there. */
  ready: Promise<void> | undefined;
  /** By the text of the columns, a number. */
  readonly shapes: Map<string, number>;
  readonly tables: Map<string, Promise<void>>;
  users: number;
}

export class PlannerEngine {
  readonly #instance: Promise<DuckDBInstance>;
  #generation = newGeneration(0);
  #generations = 1;

  /** Starts in the background; what fails then, fails every `plan`. */
  constructor() {
    this.#instance = openInstance();
    this.#instance.catch(() => undefined);
  }

  /**
   * Plans a query. Throws what DuckDB throws, as an EngineError, for a query it cannot plan; the
   * answer for one that it cannot serialize is JSON that says so.
   */
  async plan(request: PlanRequest): Promise<SerializedPlan> {
    const connection = await this.#connect();
    const generation = this.#current();
    generation.users++;
    try {
      const tableNames = namesIn(generation, request.tables);
      await this.#makeTables(generation, request.tables, tableNames);
      for (const statement of request.setUp) await connection.rows(statement, request.signal);
      const text = request.text(tableNames.map((name) => `${generation.schema}.${name}`));
      const rows = await connection.rows(
        `SELECT json_serialize_plan(${quoteString(text)}, optimize := true)`,
        request.signal,
      );
      return { json: String(rows[0]?.[0]), tableNames };
    } finally {
      connection.close();
      generation.users--;
      if (generation !== this.#generation && generation.users === 0) await this.#drop(generation);
    }
  }

  close(): void {
    this.#instance.then(
      (instance) => instance.closeSync(),
      () => undefined,
    );
  }

  async #connect(): Promise<EngineConnection> {
    try {
      return new EngineConnection(await (await this.#instance).connect());
    } catch (failure) {
      throw engineError(failure);
    }
  }

  #current(): Generation {
    if (this.#generation.tables.size >= tablesMax) {
      this.#generation = newGeneration(this.#generations++);
    }
    return this.#generation;
  }

  async #makeTables(
    generation: Generation,
    columns: readonly string[],
    names: readonly string[],
  ): Promise<void> {
    const { schema, tables } = generation;
    generation.ready ??= this.#run(`CREATE SCHEMA ${schema}`);
    await generation.ready;
    const made = names.map((name, i) => {
      const known = tables.get(name);
      if (known !== undefined) return known;
      const table = this.#run(`CREATE TABLE ${schema}.${name} (${columns[i] ?? ''})`);
      tables.set(name, table);
      table.catch(() => tables.delete(name));
      return table;
    });
    await Promise.all(made);
  }

  /** On a connection of its own: who asked first may be gone before it is done. */
  async #run(statement: string): Promise<void> {
    const connection = await this.#connect();
    try {
      await connection.rows(statement);
    } finally {
      connection.close();
    }
  }

  async #drop({ schema }: Generation): Promise<void> {
    try {
      await this.#run(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    } catch {
      // It stays, empty of data as it is.
    }
  }
}

function newGeneration(number: number): Generation {
  return {
    schema: `g${number}`,
    ready: undefined,
    shapes: new Map(),
    tables: new Map(),
    users: 0,
  };
}

/** `t<shape>_<n>`: the n-th reference to a table of that shape in the query. */
function namesIn({ shapes }: Generation, tables: readonly string[]): readonly string[] {
  const used = new Map<number, number>();
  return tables.map((columns) => {
    let shape = shapes.get(columns);
    if (shape === undefined) {
      shape = shapes.size;
      shapes.set(columns, shape);
    }
    const ordinal = used.get(shape) ?? 0;
    used.set(shape, ordinal + 1);
    return `t${shape}_${ordinal}`;
  });
}

async function openInstance(): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', { errors_as_json: 'true' });
  const connection = await instance.connect();
  try {
    const optimizers = await connection.runAndReadAll('SELECT name FROM duckdb_optimizers()');
    const names = optimizers.getRowsJS().map(([name]) => (typeof name === 'string' ? name : ''));
    for (const setting of plannerSettings(names)) await connection.run(setting);
  } finally {
    connection.closeSync();
  }
  return instance;
}

/**
 * What makes a DuckDB a planner, given the names of all its optimizers. The settings that change what
 * a query means are those of `duckdb-engine.ts`.
 */
export function plannerSettings(optimizers: readonly string[]): string[] {
  const disabled = optimizers.filter((name) => !keptOptimizers.has(name));
  return [
    `SET threads = 1`,
    `SET memory_limit = '${memoryBytesMax}B'`,
    `SET temp_directory = ''`,
    `SET TimeZone = 'UTC'`,
    `SET autoinstall_known_extensions = false`,
    `SET autoload_known_extensions = false`,
    `SET allow_community_extensions = false`,
    `SET disabled_optimizers = ${quoteString(disabled.join(','))}`,
    `SET enable_external_access = false`,
    `SET lock_configuration = true`,
  ];
}
