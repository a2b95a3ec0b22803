/**
 * Rows as a clause makes them: the query that computes what the user wrote, and around it the SELECT
 * that casts, fills and checks each column as the table demands (`table-rows.ts`).
 */
import type { DataType, StructField } from '../../../catalog/data-type.ts';
import type { BoundQuery } from '../../bind/bound-query.ts';
import { errorAt } from '../../errors.ts';
import type { ComposedQuery } from '../../parse/composed-query.ts';
import { joinPlans } from '../../plan/join-plans.ts';
import type { QueryPlan } from '../../plan/query-plan.ts';
import { trackedExtra } from './tracked-columns.ts';
import { quoteIdentifier, quoteString } from '../../quote.ts';
import { assignmentSql, updatePolicy } from '../assignment.ts';
import { defaultValueSql } from '../column-defaults.ts';
import { generationExpression } from '../generated-columns.ts';
import { tableRows } from '../table-rows.ts';
import type { WriteTarget } from '../write-target.ts';
import type { Assigned, AssignedColumns, RowValue } from './assigned-columns.ts';
import { keptValueSql } from './kept-values.ts';
import { describeRows } from './row-query.ts';
import { targetColumn, type RowTarget } from './row-target.ts';
import type { WorkContext } from './work-context.ts';

type ComputedValue = Exclude<RowValue, { readonly kind: 'default' }>;

/** The names of the columns of the inner query. */
const oldName = (index: number): string => quoteIdentifier(`__levee_old${index}`);
const newName = (index: number): string => quoteIdentifier(`__levee_value${index}`);
const rowIdName = quoteIdentifier('__levee_kept_row_id');

/** What a clause computes, in the order of the inner query's columns. */
export function computedValues(columns: AssignedColumns): readonly ComputedValue[] {
  const found: ComputedValue[] = [];
  const visit = (assigned: Assigned): void => {
    if (assigned.kind === 'fields') assigned.fields.forEach(visit);
    else if (assigned.value.kind !== 'default') found.push(assigned.value);
  };
  columns.forEach(visit);
  return found;
}

/** The list of the inner query: the old columns of a row that is there, then what is computed. */
export function selectValues(
  query: ComposedQuery,
  columns: AssignedColumns,
  target: RowTarget,
  hasOldRow: boolean,
): void {
  const { start } = target.name;
  const items: string[] = [];
  if (hasOldRow) {
    target.snapshot.schema.fields.forEach(({ name }, index) =>
      items.push(`${targetColumn(target, name)} AS ${oldName(index)}`),
    );
    if (target.tracking !== undefined) {
      items.push(`${quoteIdentifier(target.tracking.rowId)} AS ${rowIdName}`);
    }
  }
  query.own(`SELECT ${items.join(', ')}`, start);
  computedValues(columns).forEach((value, index) => {
    if (items.length > 0 || index > 0) query.own(', ', start);
    if (value.kind === 'source') query.own(value.sql, value.start);
    else query.user(value.expression);
    query.own(` AS ${newName(index)}`, start);
  });
  // A clause may compute nothing: every column by DEFAULT.
  if (items.length === 0 && computedValues(columns).length === 0) query.own('NULL', start);
}

function oldColumnCount({ snapshot, tracking }: RowTarget): number {
  return snapshot.schema.fields.length + (tracking === undefined ? 0 : 1);
}

export interface RowsToMake {
  readonly target: RowTarget;
  readonly becomes: WriteTarget;
  readonly columns: AssignedColumns;
  /** Whether each row is one of the table's before, whose other columns stay. */
  readonly hasOldRow: boolean;
  /** The query that `selectValues` began. */
  readonly bound: BoundQuery;
}

export interface MadeRows {
  /** A plan of the query -> the plan of whole rows. */
  readonly select: (plan: QueryPlan) => QueryPlan;
  /** Identity columns that values are taken of. */
  readonly identityColumns: readonly string[];
}

/** Throws what does not fit: types, rules and expressions of the table that are not understood. */
export async function makeRows(rows: RowsToMake, context: WorkContext): Promise<MadeRows> {
  const { becomes, columns, target, hasOldRow } = rows;
  const described = await describeRows(rows.bound, context);
  const computed = computedValues(columns);
  const firstValue = hasOldRow ? oldColumnCount(target) : 0;
  if (described.length !== Math.max(firstValue + computed.length, 1)) {
    throw errorAt(context.source, target.name.start, {
      code: 'UNSUPPORTED_FEATURE',
      message: 'A value of the statement is not one column: "*" and COLUMNS stand for several.',
    });
  }
  const values = new Map<RowValue, { readonly sql: string; readonly type: DataType }>();
  computed.forEach((value, index) => {
    const column = described[firstValue + index];
    if (column !== undefined) values.set(value, { sql: newName(index), type: column.type });
  });
  const policy = updatePolicy(context.session.dialect);

  function valueSql(field: StructField, assigned: Assigned, old: string): string {
    if (assigned.kind === 'fields') return structSql(field, assigned.fields, old);
    const { value } = assigned;
    if (value.kind === 'default') return defaultValueSql(field);
    const known = values.get(value);
    if (known === undefined) throw new TypeError('a value of the clause was not computed');
    return assignmentSql(known, field, policy);
  }

  /** Fields of a struct that was NULL are NULL where they are not set, as in Spark. */
  function structSql(
    { type }: StructField,
    fields: ReadonlyMap<string, Assigned>,
    old: string,
  ): string {
    const items = (type.kind === 'struct' ? type.fields : []).map((field) => {
      const kept = `struct_extract(${old}, ${quoteString(field.name)})`;
      const assigned = fields.get(field.name);
      const value = assigned === undefined ? kept : valueSql(field, assigned, kept);
      return `${quoteIdentifier(field.name)} := ${value}`;
    });
    return `struct_pack(${items.join(', ')})`;
  }

  const oldIndex = new Map(target.snapshot.schema.fields.map(({ name }, index) => [name, index]));
  const given = new Map<string, string>();
  for (const field of becomes.schema.fields) {
    const assigned = columns.get(field.name);
    const index = oldIndex.get(field.name);
    const old = hasOldRow && index !== undefined ? oldName(index) : undefined;
    if (assigned !== undefined) {
      const kept = keptValueSql(field, target, old ?? 'NULL');
      given.set(field.name, valueSql(field, assigned, kept));
    } else if (hasOldRow && generationExpression(field) === undefined) {
      given.set(field.name, keptValueSql(field, target, old ?? 'NULL'));
    }
  }
  const hole = '(\u0000)';
  const made = tableRows({
    target: becomes,
    values: given,
    from: `${hole} AS __levee_given`,
    // A row that changes keeps its id and is of the new version.
    extra: trackedExtra(target, hasOldRow ? rowIdName : undefined),
  });
  const [before = '', after = ''] = made.sql.split('\u0000');
  return {
    select: (plan) => joinPlans(before, plan, after),
    identityColumns: made.identityColumns,
  };
}
