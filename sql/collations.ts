/**
 * Queries over tables with collated strings: whether they may run, and which columns of their result
 * have which collation. A query that would compare such strings, or cannot be planned ahead, is
 * refused.
 */
import type { CodedError } from '../catalog/coded-error.ts';
import type { DataType, StructField } from '../catalog/data-type.ts';
import type { BoundQuery } from './bind/bound-query.ts';
import type { PinnedTable } from './bind/snapshot-pins.ts';
import { EngineError } from './duckdb/duckdb-errors.ts';
import { errorAt } from './errors.ts';
import { metadataColumn } from './file-metadata.ts';
import { byteOffsets } from './parse/byte-offsets.ts';
import type { EditedText } from './parse/text-edits.ts';
import { collationMarkers, collationUse, isCollated } from './plan/collation-use.ts';
import { compileQuery, tablesOf } from './plan/compile-query.ts';
import { hiddenColumnType } from './plan/metadata-column-sql.ts';
import { parameterLiterals } from './plan/parameter-literals.ts';
import { parsePlan, type PlanNode } from './plan/plan-json.ts';
import type { PlannedTable } from './plan/push-down.ts';
import { quoteIdentifier } from './quote.ts';
import type { ResultColumn } from './sql-engine.ts';
import type { StatementContext } from './statement-context.ts';
import { duckdbType, typeName } from './types.ts';

/** By column of the result its type where that has collations; empty where no table has any. */
export type CollatedTypes = readonly (DataType | undefined)[];

/** Throws UNSUPPORTED_FEATURE. Costs nothing where no table of the query has a collated string. */
export async function collatedTypes(
  bound: BoundQuery,
  context: StatementContext,
): Promise<CollatedTypes> {
  const tables = tablesOf(bound);
  if (!tables.some(({ snapshot }) => snapshot.schema.fields.some(isCollatedField))) return [];
  const markers = markersOf(tables);
  if (markers === undefined) {
    throw refusal(bound, context, { what: 'so many different ones in one query' });
  }
  const literals = parameterLiterals(bound, context.parameters);
  const compile = (names: readonly string[]): EditedText =>
    compileQuery(bound, (_table, n) => `FROM ${names[n] ?? ''}`, literals);
  const plan = await plannedQuery(bound, context, { compile, markers });
  const use = collationUse(plan.root, plan.tables);
  if (use.kind === 'used') {
    const { what, byteOffset } = use;
    const offset =
      byteOffset === undefined ? undefined : byteOffsets(plan.text.text).toUtf16(byteOffset);
    throw refusal(bound, context, { what, place: offset && plan.text.toSource(offset) });
  }
  const types = new Map([...markers.values()].map(({ marker, type }) => [marker, type]));
  return use.results.map((marker) => (marker === undefined ? undefined : types.get(marker)));
}

/** The columns with the collations that DuckDB's types do not tell. */
export function collatedColumns(
  columns: readonly ResultColumn[],
  types: CollatedTypes,
): readonly ResultColumn[] {
  return columns.map((column, index) => ({ ...column, type: types[index] ?? column.type }));
}

/** By the name of each collated type DuckDB's collation for it. */
type Markers = ReadonlyMap<string, { readonly type: DataType; readonly marker: string }>;

/** `undefined` when there are too many. */
function markersOf(tables: readonly PinnedTable[]): Markers | undefined {
  const fields = tables.flatMap(({ snapshot }) => snapshot.schema.fields.filter(isCollatedField));
  const markers = new Map<string, { type: DataType; marker: string }>();
  for (const { type } of fields) {
    const name = typeName(type);
    if (markers.has(name)) continue;
    const marker = collationMarkers[markers.size];
    if (marker === undefined) return undefined;
    markers.set(name, { type, marker });
  }
  return markers;
}

interface Planning {
  readonly compile: (names: readonly string[]) => EditedText;
  readonly markers: Markers;
}

async function plannedQuery(
  bound: BoundQuery,
  context: StatementContext,
  { compile, markers }: Planning,
): Promise<{ root: PlanNode; tables: readonly PlannedTable[]; text: EditedText }> {
  const { services, signal } = context;
  const tables = tablesOf(bound);
  const what = 'a query that cannot be planned ahead';
  let text = bound.text;
  try {
    const { json, tableNames } = await services.planner.plan({
      tables: tables.map((table) => markedColumnsSql(table, markers)),
      text: (names) => (text = compile(names)).text,
      setUp: [],
      signal,
    });
    const root = parsePlan(json);
    if (root === undefined) throw refusal(bound, context, { what });
    const planned = tableNames.map((name, n) => ({
      name,
      fields: tables[n]?.snapshot.schema.fields ?? [],
    }));
    return { root, tables: planned, text };
  } catch (cause) {
    if (signal.aborted || !(cause instanceof EngineError)) throw cause;
    throw refusal(bound, context, { what, cause });
  }
}

function markedColumnsSql({ snapshot, metadataFields }: PinnedTable, markers: Markers): string {
  const columns = snapshot.schema.fields.map((field) => {
    const { name, type } = field;
    const found = isCollatedField(field) ? markers.get(typeName(type)) : undefined;
    const sql = found === undefined ? duckdbType(type) : `VARCHAR COLLATE ${found.marker}`;
    return `${quoteIdentifier(name)} ${sql}`;
  });
  if (metadataFields !== undefined) {
    columns.push(`${quoteIdentifier(metadataColumn)} ${hiddenColumnType(metadataFields)}`);
  }
  return columns.join(', ');
}

function isCollatedField({ type }: StructField): boolean {
  return isCollated(type);
}

/** The first of the tables says which collation it is about, and where where nothing else does. */
function refusal(
  { references, text }: BoundQuery,
  context: StatementContext,
  { what, place, cause }: { what: string; place?: number | undefined; cause?: EngineError },
): CodedError {
  const start = references[0]?.nameStart ?? 0;
  return errorAt(context.source, place ?? text.toSource(start), {
    code: 'UNSUPPORTED_FEATURE',
    message:
      `The query uses ${what} on strings with a collation, by which Levee does not compare; it can ` +
      'select them, count them and ask whether they are NULL.',
    cause,
  });
}
