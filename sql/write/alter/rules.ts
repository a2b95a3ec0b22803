/** Rules that a table gets and loses: CHECK constraints and NOT NULL, held against its rows first. */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { AlterTableAction } from '../../parse/alter-statement.ts';
import { quoteIdentifier } from '../../quote.ts';
import { sparkText } from '../column-definitions.ts';
import { rowRules, type RowRule } from '../row-rules.ts';
import type { WriteTarget } from '../write-target.ts';
import type { ColumnsContext } from './alter-columns.ts';
import type { Alteration } from './alter-table.ts';
import { constraintsOf } from './column-uses.ts';
import { requireField } from './schema-edit.ts';

export type CountViolations = (rule: RowRule) => Promise<number>;

/** Spark takes a column as NOT NULL only if it is already. Returns whether rows were looked at. */
export async function requireNoNulls(
  parts: readonly string[],
  target: WriteTarget,
  { dialect }: ColumnsContext,
  count: CountViolations,
): Promise<boolean> {
  const { field, path } = requireField(target.schema, parts);
  if (!field.nullable) return false;
  const column = path.join('.');
  if (dialect === 'spark') {
    throw new CodedError(
      'DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP',
      `The column "${column}" cannot become NOT NULL in the Spark dialect.`,
      { hint: 'Use ADD CONSTRAINT ... CHECK (column IS NOT NULL).' },
    );
  }
  if (path.length > 1) {
    throw new CodedError('UNSUPPORTED_FEATURE', 'A field in a column cannot become NOT NULL.');
  }
  const rows = await count({ holds: `${quoteIdentifier(column)} IS NOT NULL`, failure: 'NULL' });
  if (rows === 0) return true;
  throw new CodedError(
    'DELTA_NOT_NULL_CONSTRAINT_VIOLATED',
    `The column "${column}" cannot become NOT NULL: it is NULL in ${rows} rows.`,
  );
}

export async function addConstraint(
  { constraint }: Extract<AlterTableAction, { kind: 'addConstraint' }>,
  target: WriteTarget,
  { dialect }: ColumnsContext,
  count: CountViolations,
): Promise<Alteration> {
  const name = constraint.name?.toLowerCase() ?? '';
  const old = constraintsOf(target.metadata).get(name);
  if (old !== undefined) {
    throw new CodedError(
      'DELTA_CONSTRAINT_ALREADY_EXISTS',
      `There is a constraint "${name}" already: ${old}.`,
    );
  }
  const expr = sparkText(constraint.condition, dialect);
  const { metadata } = target;
  const configuration = { ...metadata.configuration, [`delta.constraints.${name}`]: expr };
  const changed = { ...target, metadata: { ...metadata, configuration } };
  const rule = rowRules({
    ...target,
    schema: { kind: 'struct', fields: target.schema.fields.map(withoutRules) },
    metadata: { ...metadata, configuration: { [`delta.constraints.${name}`]: expr } },
  }).at(-1);
  const rows = rule === undefined ? 0 : await count(rule);
  if (rows > 0) {
    throw new CodedError(
      'DELTA_NEW_CHECK_CONSTRAINT_VIOLATION',
      `${rows} rows of the table break the new CHECK constraint "${name}" (${expr}).`,
    );
  }
  return {
    target: changed,
    readsRows: true,
    operation: 'ADD CONSTRAINT',
    parameters: { name, expr },
  };
}

/** So that the constraint's is the only rule. */
function withoutRules<T extends { readonly nullable: boolean }>(field: T): T {
  return { ...field, nullable: true };
}

export function dropConstraint(
  { name, ifExists }: Extract<AlterTableAction, { kind: 'dropConstraint' }>,
  target: WriteTarget,
): Alteration {
  const key = name.toLowerCase();
  const expr = constraintsOf(target.metadata).get(key);
  if (expr === undefined && !ifExists) {
    throw new CodedError(
      'DELTA_CONSTRAINT_DOES_NOT_EXIST',
      `The table has no constraint "${name}".`,
    );
  }
  const left = Object.entries(target.metadata.configuration).filter(
    ([property]) => property.toLowerCase() !== `delta.constraints.${key}`,
  );
  const metadata =
    expr === undefined
      ? target.metadata
      : { ...target.metadata, configuration: Object.fromEntries(left) };
  return {
    target: { ...target, metadata },
    operation: 'DROP CONSTRAINT',
    parameters:
      expr === undefined ? { name: key, existed: 'false' } : { name: key, expr, existed: 'true' },
  };
}
