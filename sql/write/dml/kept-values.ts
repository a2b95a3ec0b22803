/** Values that rows keep, in the types that the table will have: a statement may widen and add columns. */
import type { StructField } from '../../../catalog/data-type.ts';
import { duckdbType } from '../../types.ts';
import { assignmentSql, updatePolicy } from '../assignment.ts';
import type { RowTarget } from './row-target.ts';

/** `sql` is the value of the column; it is not looked at for a column that the table did not have. */
export function keptValueSql(field: StructField, { snapshot }: RowTarget, sql: string): string {
  const before = snapshot.schema.fields.find(({ name }) => name === field.name);
  if (before === undefined) return `CAST(NULL AS ${duckdbType(field.type)})`;
  if (before.type === field.type) return sql;
  const policy = { ...updatePolicy('duckdb'), missingFields: 'null' as const };
  return assignmentSql({ sql, type: before.type }, field, policy);
}
