/**
 * Runs the scenarios of `<shared>/sql/dml-scenarios.json`: statements on one or two tables, with what
 * Spark and Delta made of them after each step. What differs is data; tests decide what they make of it.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { CodedError } from '../../catalog/coded-error.ts';
import { errorCodes } from '../../catalog/error-codes.ts';
import type { JsonValue } from '../../catalog/data-type.ts';
import { anonymous, type Session } from '../../sql/session.ts';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { rowText, sortAndHash } from './canonical-json.ts';
import { corpusType } from './corpus.ts';
import { newSession } from './sql-client.ts';

export interface Scenario {
  readonly id: string;
  readonly settings: { readonly [key: string]: string };
  readonly steps: readonly Step[];
  readonly final?: FinalState;
}

interface Step {
  readonly sql: string;
  readonly expect: 'ok' | { readonly error_class: string; readonly sql_state: string | null };
  readonly version?: number;
  readonly schema?: readonly Column[];
  readonly rows?: readonly (readonly JsonValue[])[];
}

interface Column {
  readonly name: string;
  readonly type: JsonValue;
}

interface FinalState {
  readonly history?: readonly {
    readonly version: number;
    readonly operation: string;
    readonly metrics: { readonly [name: string]: string };
  }[];
  readonly protocol?: {
    readonly minReaderVersion: number;
    readonly minWriterVersion: number;
    readonly features: readonly string[];
  };
  readonly properties?: { readonly [key: string]: string };
  readonly changes_from?: number;
  readonly changes_schema?: readonly Column[];
  readonly changes?: readonly (readonly JsonValue[])[];
}

/** Where a scenario first goes another way than in Spark. */
export interface Difference {
  /** The statement, or what of the final state. */
  readonly at: string;
  readonly why: string;
}

export function readScenarios(path: string): readonly Scenario[] {
  return (JSON.parse(readFileSync(path, 'utf8')) as { scenarios: Scenario[] }).scenarios;
}

/** `undefined` when everything is as in Spark. The engine's warehouse must not know the tables yet. */
export async function runScenario(
  scenario: Scenario,
  engine: SqlEngine,
): Promise<Difference | undefined> {
  return await new ScenarioRun(scenario, engine).run();
}

class ScenarioRun {
  readonly #scenario: Scenario;
  readonly #engine: SqlEngine;
  readonly #session: Session = newSession('spark');
  #schema: readonly Column[] | undefined;

  constructor(scenario: Scenario, engine: SqlEngine) {
    this.#scenario = scenario;
    this.#engine = engine;
  }

  async run(): Promise<Difference | undefined> {
    const { id, settings, steps, final } = this.#scenario;
    await this.#ask(`CREATE SCHEMA ${id}`);
    for (const [key, value] of Object.entries(settings)) await this.#ask(`SET ${key} = ${value}`);
    for (const step of steps) {
      const why = await this.#step(step);
      if (why !== undefined) return { at: step.sql, why };
    }
    return final === undefined ? undefined : await this.#final(final);
  }

  get #table(): string {
    return `${this.#scenario.id}.t`;
  }

  #fill(sql: string): string {
    return sql.replaceAll('{t}', this.#table).replaceAll('{s}', `${this.#scenario.id}.s`);
  }

  async #step({ sql, expect, version, schema, rows }: Step): Promise<string | undefined> {
    const failure = await this.#try(this.#fill(sql));
    const why = judge(expect, failure);
    if (why !== undefined) return why;
    if (schema !== undefined) this.#schema = schema;
    if (version === undefined) return undefined;
    const [newest] = await this.#ask(`DESCRIBE HISTORY ${this.#table} LIMIT 1`);
    const found = Number((JSON.parse(newest ?? '[]') as JsonValue[])[0]);
    if (found !== version) return `version ${found}, not ${version}`;
    return await this.#compareRows(rows ?? []);
  }

  async #compareRows(expected: readonly (readonly JsonValue[])[]): Promise<string | undefined> {
    const table = this.#table;
    const { columns, texts } = await this.#select(`SELECT * FROM ${table}`);
    if (this.#schema !== undefined && !isDeepStrictEqual(columns, this.#schema)) {
      return `columns ${JSON.stringify(columns)}, not ${JSON.stringify(this.#schema)}`;
    }
    return differentRows(texts, expected);
  }

  async #final(final: FinalState): Promise<Difference | undefined> {
    const { history = [], protocol, properties, changes, changes_from: from } = final;
    if (history.length > 0) {
      const why = await this.#compareHistory(history);
      if (why !== undefined) return { at: 'history', why };
    }
    if (protocol !== undefined) {
      const { columns, texts } = await this.#select(`DESCRIBE DETAIL ${this.#table}`);
      const values = JSON.parse(texts[0] ?? '[]') as JsonValue[];
      const valueOf = (name: string): JsonValue =>
        values[columns.findIndex((column) => column.name === name)] ?? null;
      const row = JSON.stringify(
        ['minReaderVersion', 'minWriterVersion', 'tableFeatures'].map(valueOf),
      );
      const { minReaderVersion, minWriterVersion, features } = protocol;
      const wanted = JSON.stringify([minReaderVersion, minWriterVersion, features]);
      if (row !== wanted) return { at: 'protocol', why: `${row}, not ${wanted}` };
    }
    if (properties !== undefined) {
      const rows = await this.#ask(`SHOW TBLPROPERTIES ${this.#table}`).catch(() => undefined);
      const why = rows === undefined ? undefined : missingProperties(rows, properties);
      if (why !== undefined) return { at: 'properties', why };
    }
    if (changes !== undefined) {
      const found = `FROM table_changes('${this.#table}', ${from ?? 0})`;
      const { columns } = await this.#select(`SELECT * ${found} LIMIT 0`);
      const compared = columns.filter(({ name }) => name !== '_commit_timestamp');
      if (!isDeepStrictEqual(compared, final.changes_schema)) {
        return { at: 'change feed', why: `columns ${JSON.stringify(columns)}` };
      }
      const { texts } = await this.#select(`SELECT * EXCLUDE (_commit_timestamp) ${found}`);
      const why = differentRows(texts, changes);
      if (why !== undefined) return { at: 'change feed', why };
    }
    return undefined;
  }

  async #compareHistory(expected: NonNullable<FinalState['history']>): Promise<string | undefined> {
    const rows = await this.#ask(`DESCRIBE HISTORY ${this.#table}`);
    const found = rows.map((text) => JSON.parse(text) as JsonValue[]);
    if (found.length !== expected.length) {
      return `${found.length} versions, not ${expected.length}`;
    }
    for (const [index, entry] of expected.entries()) {
      const row = found[index] ?? [];
      const [version, operation] = [Number(row[0]), row[4]];
      if (version !== entry.version || operation !== entry.operation) {
        return `version ${version} is ${JSON.stringify(operation)}, not ${entry.operation}`;
      }
      const metrics = new Map((row[9] ?? []) as [string, string][]);
      for (const [name, value] of Object.entries(entry.metrics)) {
        const got = metrics.get(name);
        if (got !== value) return `${operation} ${version}: ${name} is ${got}, not ${value}`;
      }
    }
    return undefined;
  }

  async #try(sql: string): Promise<unknown> {
    try {
      await this.#ask(sql);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  async #ask(sql: string): Promise<readonly string[]> {
    return (await this.#select(sql)).texts;
  }

  async #select(
    sql: string,
  ): Promise<{ readonly columns: readonly Column[]; readonly texts: readonly string[] }> {
    const result = await this.#engine.run({
      sql,
      session: this.#session,
      identity: anonymous,
      signal: AbortSignal.timeout(60_000),
    });
    const types = result.columns.map(({ type }) => type);
    const texts: string[] = [];
    try {
      for await (const batch of result.batches) {
        for (let row = 0; row < batch.rowCount; row += 1) texts.push(rowText(batch, types, row));
      }
    } finally {
      await result.close();
    }
    const columns = result.columns.map(({ name, type }) => ({ name, type: corpusType(type) }));
    return { columns, texts };
  }
}

/** Spark's class of the error, where Levee has it too; any refusal for the classes it has not. */
function judge(expect: Step['expect'], failure: unknown): string | undefined {
  if (failure !== undefined && !(failure instanceof CodedError)) {
    return `failed without a code: ${failure instanceof Error ? (failure.stack ?? failure.message) : 'a thrown value'}`;
  }
  if (failure?.code === 'UNSUPPORTED_STATEMENT') return `not supported: ${failure.message}`;
  if (expect === 'ok') {
    return failure === undefined ? undefined : `refused: ${failure.code} ${failure.message}`;
  }
  if (failure === undefined) return `not refused, but ${expect.error_class}`;
  if (failure.code === 'INTERNAL_ERROR') return `failed by a defect: ${failure.message}`;
  const isKnown = Object.hasOwn(errorCodes, expect.error_class) && !isVague(expect.error_class);
  if (isKnown && failure.code !== expect.error_class) {
    return `refused as ${failure.code}, not as ${expect.error_class}: ${failure.message}`;
  }
  return undefined;
}

/** Classes that say nothing of the reason. */
function isVague(errorClass: string): boolean {
  return errorClass === 'INTERNAL_ERROR' || errorClass.startsWith('_LEGACY');
}

function differentRows(
  found: readonly string[],
  expected: readonly (readonly JsonValue[])[],
): string | undefined {
  const got = sortAndHash(found).rows.join('\n');
  const wanted = sortAndHash(expected.map((row) => JSON.stringify(row))).rows.join('\n');
  return got === wanted ? undefined : `rows\n${got}\nnot\n${wanted}`;
}

function missingProperties(
  rows: readonly string[],
  properties: { readonly [key: string]: string },
): string | undefined {
  const found = new Map(rows.map((text) => JSON.parse(text) as [string, string]));
  const wrong = Object.entries(properties).find(([key, value]) => found.get(key) !== value);
  return wrong === undefined ? undefined : `${wrong[0]} is ${found.get(wrong[0])}, not ${wrong[1]}`;
}
