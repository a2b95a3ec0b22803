/**
 * Asks DuckDB's planner what a query needs of its tables, and remembers the answers: a statement that
 * is sent again and again is planned once. A query that cannot be planned is no error: all of its
 * tables' files are read then, and why is told to EXPLAIN.
 */
import { CodedError } from '../catalog/coded-error.ts';
import type { StructType } from '../catalog/data-type.ts';
import type { BoundQuery } from './bind/bound-query.ts';
import { clockMacroSql } from './bind/clock-use.ts';
import type { PinnedTable } from './bind/snapshot-pins.ts';
import { metadataColumn } from './file-metadata.ts';
import { hiddenColumnType } from './plan/metadata-column-sql.ts';
import { parsePlan } from './plan/plan-json.ts';
import { compileQuery, tablesOf, temporariesOf } from './plan/compile-query.ts';
import { rowColumnNames } from './plan/row-columns.ts';
import { parameterLiterals } from './plan/parameter-literals.ts';
import { readPushDown, type PushDown } from './plan/push-down.ts';
import type { TextEdit } from './parse/text-edits.ts';
import { quoteIdentifier } from './quote.ts';
import type { StatementContext } from './statement-context.ts';
import { duckdbType, typeName } from './types.ts';

export type QueryNeeds =
  | {
      readonly kind: 'known';
      readonly pushDown: PushDown;
      /** What the connection that runs the query has to run before: see `bind/clock-use.ts`. */
      readonly setUp: readonly string[];
    }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Longer texts are not planned twice. */
const textLengthMax = 256 * 1024;
/** Plans of more than this are not read. */
const planLengthMax = 32 * 1024 * 1024;

/** Throws nothing but the signal's reason. */
export async function pushDownQuery(
  bound: BoundQuery,
  context: StatementContext,
): Promise<QueryNeeds> {
  const { clockUse } = bound;
  if (clockUse.kind === 'free') return unknown('the query asks for the time in its own way');
  if (bound.text.text.length > textLengthMax) return unknown('the query is too long');
  const literals = parameterLiterals(bound, context.parameters);
  if (clockUse.kind === 'none') {
    const { pushDowns } = context.services;
    const key = cacheKey(bound, literals);
    const cached = pushDowns.get(key);
    if (cached !== undefined) return cached;
    const needs = await plan(bound, literals, [], context);
    pushDowns.set(key, needs);
    return needs;
  }
  const setUp = clockMacroSql(clockUse.macros, context.services.clock.nowMs());
  return await plan(bound, literals, setUp, context);
}

function unknown(reason: string): QueryNeeds {
  return { kind: 'unknown', reason };
}

async function plan(
  bound: BoundQuery,
  literals: readonly TextEdit[],
  setUp: readonly string[],
  { services, signal }: StatementContext,
): Promise<QueryNeeds> {
  const tables = tablesOf(bound);
  try {
    const { json, tableNames } = await services.planner.plan({
      tables: plannedTables(bound),
      text: (names) =>
        compileQuery(
          bound,
          (_table, n) => `FROM ${names[n] ?? ''}`,
          literals,
          (_relation, n) => `FROM ${names[tables.length + n] ?? ''}`,
        ).text,
      setUp,
      signal,
    });
    const root = json.length > planLengthMax ? undefined : parsePlan(json);
    if (root === undefined) return unknown('its plan cannot be read');
    const planned = tables.map(({ snapshot }, n) => ({
      name: tableNames[n] ?? '',
      fields: snapshot.schema.fields,
    }));
    const pushDown = readPushDown(root, planned);
    return pushDown === undefined
      ? unknown('its plan is not understood')
      : { kind: 'known', pushDown, setUp };
  } catch (error) {
    if (signal.aborted || !(error instanceof CodedError)) throw error;
    return unknown(`it cannot be planned ahead: ${error.message}`);
  }
}

/** The columns of what the query reads: its tables, then its temporary tables. */
function plannedTables(bound: BoundQuery): readonly string[] {
  return [...tablesOf(bound).map(tableColumnsSql), ...temporariesOf(bound).map(columnsSql)];
}

function tableColumnsSql(table: PinnedTable): string {
  const { fields } = table.snapshot.schema;
  const columns = fields.length === 0 ? [] : [columnsSql(table.snapshot.schema)];
  return [...columns, ...besideColumnsSql(table)].join(', ');
}

/** Columns that the reference gives behind the table's. No predicate on them is understood. */
export function besideColumnsSql(table: PinnedTable): readonly string[] {
  const { metadataFields } = table;
  const names = rowColumnNames(table).map((name) => `${quoteIdentifier(name)} BIGINT`);
  if (metadataFields === undefined) return names;
  return [`${quoteIdentifier(metadataColumn)} ${hiddenColumnType(metadataFields)}`, ...names];
}

const columnTexts = new WeakMap<StructType, string>();

/** The columns of an empty table; the same for no two schemas whose predicates differ. */
function columnsSql(schema: StructType): string {
  let text = columnTexts.get(schema);
  if (text === undefined) {
    text = schema.fields
      .map(
        ({ name, type }) =>
          `${quoteIdentifier(name)} ${duckdbType(type)} /* ${comment(typeName(type))} */`,
      )
      .join(', ');
    columnTexts.set(schema, text);
  }
  return text;
}

function comment(text: string): string {
  return text.replaceAll('*/', '* /');
}

function cacheKey(bound: BoundQuery, literals: readonly TextEdit[]): string {
  // No text of a user's can look like that of a table here.
  const { text } = compileQuery(bound, (_table, n) => `FROM \0${n}`, literals);
  return [text, ...plannedTables(bound)].join('\0');
}
