/**
 * The clauses of MERGE with their columns found: `*` spelled out, names looked up, and the table as it
 * will be where the statement may add columns.
 */
import { didYouMean } from '../../../catalog/closest-name.ts';
import type { CodedError } from '../../../catalog/coded-error.ts';
import type { DataType, StructField } from '../../../catalog/data-type.ts';
import { errorAt } from '../../errors.ts';
import type { SourceSlice } from '../../parse/source-slice.ts';
import type { Assignment, ColumnName, Merge, NotMatchedAction } from '../../parse/statement.ts';
import { evolveSchema, type IncomingColumn } from '../evolve-schema.ts';
import { identityOf } from '../identity-columns.ts';
import type { WriteTarget } from '../write-target.ts';
import {
  assignedColumns,
  valueOf,
  type Assigned,
  type AssignedColumns,
} from './assigned-columns.ts';
import { findField } from '../insert-columns.ts';
import { sourceColumn, type MergeSourceRows } from './merge-source.ts';
import type { RowTarget } from './row-target.ts';
import type { WorkContext } from './work-context.ts';

export interface MergeClause {
  readonly on: 'matched' | 'notMatched' | 'notMatchedBySource';
  /** Unique in the statement. */
  readonly number: number;
  readonly condition: SourceSlice | undefined;
  /** `undefined` for DELETE. */
  readonly columns: AssignedColumns | undefined;
}

export interface ResolvedMerge {
  readonly clauses: readonly MergeClause[];
  readonly becomes: WriteTarget;
  /** Whether the table gets another schema. */
  readonly evolves: boolean;
}

export function resolveClauses(
  statement: Merge,
  target: RowTarget,
  source: MergeSourceRows,
  context: WorkContext,
): ResolvedMerge {
  const resolver = new ClauseResolver(statement, target, source, context);
  const clauses: MergeClause[] = [];
  const add = (
    on: MergeClause['on'],
    condition: SourceSlice | undefined,
    columns: AssignedColumns | undefined,
  ): void => {
    clauses.push({ on, number: clauses.length, condition, columns });
  };
  for (const { condition, action, start } of statement.matched) {
    switch (action.kind) {
      case 'delete':
        add('matched', condition, undefined);
        break;
      case 'update':
        add('matched', condition, resolver.update(action.assignments));
        break;
      case 'updateAll':
        add('matched', condition, resolver.updateAll(action.except, start));
    }
  }
  for (const { condition, action, start } of statement.notMatched) {
    add('notMatched', condition, resolver.insert(action, start));
  }
  for (const { condition, action } of statement.notMatchedBySource) {
    const columns = action.kind === 'delete' ? undefined : resolver.update(action.assignments);
    add('notMatchedBySource', condition, columns);
  }
  return { clauses, becomes: resolver.becomes, evolves: resolver.evolves };
}

class ClauseResolver {
  readonly becomes: WriteTarget;
  readonly evolves: boolean;
  readonly #target: RowTarget;
  readonly #source: MergeSourceRows;
  readonly #context: WorkContext;
  readonly #mayEvolve: boolean;

  constructor(statement: Merge, target: RowTarget, source: MergeSourceRows, context: WorkContext) {
    this.#target = target;
    this.#source = source;
    this.#context = context;
    const { snapshot } = target;
    this.#mayEvolve = statement.schemaEvolution || context.session.mergeSchema === true;
    if (!this.#mayEvolve) {
      this.becomes = snapshot;
      this.evolves = false;
      return;
    }
    const incoming = incomingColumns(statement, source.columns);
    const { schema, metadata, isChanged } = evolveSchema(
      snapshot,
      incoming,
      context.services.newId,
    );
    this.becomes = { location: snapshot.location, protocol: snapshot.protocol, metadata, schema };
    this.evolves = isChanged;
  }

  get #fields(): readonly StructField[] {
    return this.becomes.schema.fields;
  }

  update(assignments: readonly Assignment[]): AssignedColumns {
    return assignedColumns(assignments, this.#fields, this.#target, this.#context.source);
  }

  /** Without schema evolution every column of the table needs one of the source. */
  updateAll(except: readonly ColumnName[], start: number): AssignedColumns {
    const columns = this.#star(
      'UPDATE',
      except,
      start,
      this.#mayEvolve ? 'missing stay' : 'refuse',
    );
    for (const name of columns.keys()) {
      const field = findField(this.#fields, name);
      if (field !== undefined && identityOf(field) !== undefined) {
        throw errorAt(this.#context.source, start, {
          code: 'DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED',
          message: `UPDATE on IDENTITY column ${field.name} is not supported.`,
        });
      }
    }
    return columns;
  }

  insert(action: NotMatchedAction, start: number): AssignedColumns {
    const columns =
      action.kind === 'insertAll'
        ? this.#star('INSERT', action.except, start, this.#mayEvolve ? 'missing stay' : 'refuse')
        : this.#inserted(action);
    for (const name of columns.keys()) {
      const field = findField(this.#fields, name);
      const identity = field === undefined ? undefined : identityOf(field);
      if (identity === undefined || identity.allowsExplicit) continue;
      throw errorAt(this.#context.source, start, {
        code: 'DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED',
        message: `Providing values for GENERATED ALWAYS AS IDENTITY column ${name} is not supported.`,
      });
    }
    return columns;
  }

  #inserted({
    columns,
    values,
  }: Extract<NotMatchedAction, { readonly kind: 'insert' }>): AssignedColumns {
    const assigned = new Map<string, Assigned>();
    columns.forEach((column, index) => {
      const value = values[index];
      const field = findField(this.#fields, this.#insertedName(column));
      if (field === undefined || value === undefined) throw this.#noColumn(column);
      if (assigned.has(field.name)) {
        throw errorAt(this.#context.source, column.start, {
          code: 'DELTA_DUPLICATE_COLUMNS_ON_INSERT',
          message: `The column "${field.name}" is inserted twice.`,
        });
      }
      assigned.set(field.name, { kind: 'value', value: valueOf(value) });
    });
    return assigned;
  }

  /** A column's name, which may begin with the table's. */
  #insertedName({ parts, start }: ColumnName): string {
    const { alias, name } = this.#target;
    const last = parts.at(-1) ?? '';
    const qualifier = parts.slice(0, -1);
    const own = alias === undefined ? name.parts.slice(-qualifier.length) : [alias];
    const isOwn =
      qualifier.length === own.length &&
      qualifier.every((part, index) => part.toLowerCase() === own[index]?.toLowerCase());
    if (qualifier.length === 0 || isOwn) return last;
    throw errorAt(this.#context.source, start, {
      code: 'DELTA_UNSUPPORTED_NESTED_FIELD_IN_OPERATION',
      message: `Nested field is not supported in the INSERT clause of MERGE operation (field = ${parts.join('.')}).`,
    });
  }

  #noColumn({ parts, start }: ColumnName): CodedError {
    const names = this.#fields.map(({ name }) => name);
    return errorAt(this.#context.source, start, {
      code: 'COLUMN_NOT_FOUND',
      message: `The table has no column "${parts.join('.')}".`,
      hint: didYouMean(parts.at(-1) ?? '', names),
    });
  }

  #star(
    clause: 'UPDATE' | 'INSERT',
    except: readonly ColumnName[],
    start: number,
    missing: 'refuse' | 'missing stay',
  ): AssignedColumns {
    const left = new Set(except.map(({ parts }) => (parts.at(-1) ?? '').toLowerCase()));
    const assigned = new Map<string, Assigned>();
    for (const field of this.#fields) {
      if (left.has(field.name.toLowerCase())) continue;
      const column = findField(this.#source.columns, field.name);
      if (column === undefined) {
        if (missing === 'missing stay' && this.#maySkip(clause)) continue;
        throw this.#unresolved(field, clause, start);
      }
      const sql = sourceColumn(this.#source.called, column.name);
      assigned.set(
        field.name,
        clause === 'UPDATE' && this.#mayEvolve
          ? byFields(sql, column.type, field.type, start)
          : { kind: 'value', value: { kind: 'source', sql, start } },
      );
    }
    return assigned;
  }

  /** Delta 4.0 on Spark 4.0 fails for UPDATE SET * when the source lacks a column, evolution or not. */
  #maySkip(clause: 'UPDATE' | 'INSERT'): boolean {
    return clause === 'INSERT' || this.#context.session.dialect !== 'spark';
  }

  #unresolved(field: StructField, clause: string, start: number): CodedError {
    const names = this.#source.columns.map(({ name }) => name).join(', ');
    return errorAt(this.#context.source, start, {
      code: 'DELTA_MERGE_UNRESOLVED_EXPRESSION',
      message: `Cannot resolve ${field.name} in ${clause} clause given columns ${names}.`,
    });
  }
}

/** Structs field by field, so that the table's fields which the source lacks keep their values. */
function byFields(sql: string, from: DataType, to: DataType, start: number): Assigned {
  if (from.kind !== 'struct' || to.kind !== 'struct') {
    return { kind: 'value', value: { kind: 'source', sql, start } };
  }
  const fields = new Map<string, Assigned>();
  for (const field of to.fields) {
    const inner = findField(from.fields, field.name);
    if (inner === undefined) continue;
    const part = `struct_extract(${sql}, '${inner.name.replaceAll("'", "''")}')`;
    fields.set(field.name, byFields(part, inner.type, field.type, start));
  }
  return { kind: 'fields', fields };
}

/** The columns of the source that some clause writes, as far as the table may take their like. */
function incomingColumns(
  { matched, notMatched }: Merge,
  columns: readonly StructField[],
): readonly IncomingColumn[] {
  const names = new Set<string>();
  const addAll = (except: readonly ColumnName[]): void => {
    const left = new Set(except.map(({ parts }) => (parts.at(-1) ?? '').toLowerCase()));
    for (const { name } of columns) {
      if (!left.has(name.toLowerCase())) names.add(name.toLowerCase());
    }
  };
  for (const { action } of matched) {
    if (action.kind === 'updateAll') addAll(action.except);
    if (action.kind !== 'update') continue;
    for (const { column } of action.assignments)
      names.add((column.parts.at(-1) ?? '').toLowerCase());
  }
  for (const { action } of notMatched) {
    if (action.kind === 'insertAll') addAll(action.except);
    else action.columns.forEach(({ parts }) => names.add((parts.at(-1) ?? '').toLowerCase()));
  }
  return columns.filter(({ name }) => names.has(name.toLowerCase()));
}
