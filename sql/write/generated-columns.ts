/**
 * Generated columns: their value is computed where the statement gives none, and compared where it
 * gives one. https://github.com/delta-io/delta/blob/master/PROTOCOL.md#generated-columns
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { StructField } from '../../catalog/data-type.ts';
import { quoteIdentifier } from '../quote.ts';
import { namedColumns } from '../spark-expression/translate-expression.ts';
import { violationRule, type RowRule } from './row-rules.ts';
import { storedExpression, valueForColumn } from './stored-expression.ts';

const expressionKey = 'delta.generationExpression';

export function generationExpression(field: StructField): string | undefined {
  const text = field.metadata[expressionKey];
  return typeof text === 'string' ? text : undefined;
}

/**
 * The value as an expression over the other columns of the table. Throws UNSUPPORTED_FEATURE for an
 * expression that is not understood.
 */
export function generatedValueSql(
  field: StructField,
  text: string,
  fields: readonly StructField[],
): string {
  const subject = subjectOf(field);
  const stored = storedExpression(text, subject, { fields, allowClock: false });
  for (const name of namedColumns(stored.expression)) {
    const used = fields.find((other) => other.name.toLowerCase() === name);
    if (used === undefined || generationExpression(used) === undefined) continue;
    throw new CodedError(
      'DELTA_INVALID_GENERATED_COLUMN_REFERENCES',
      `${subject} uses "${used.name}", which is generated itself.`,
    );
  }
  return valueForColumn(stored, field, subject);
}

/** That the value which the statement gives is the one that the expression has. */
export function generatedRule(
  field: StructField,
  text: string,
  fields: readonly StructField[],
): RowRule {
  const value = generatedValueSql(field, text, fields);
  const { expression } = storedExpression(text, subjectOf(field), { fields, allowClock: false });
  const own = quoteIdentifier(field.name);
  return violationRule(
    `(${own} IS NOT DISTINCT FROM ${value})`,
    `CHECK constraint Generated Column (${field.name} <=> ${text})`,
    {
      kind: 'binary',
      operator: '<=>',
      left: { kind: 'column', path: [field.name] },
      right: expression,
    },
    fields,
  );
}

function subjectOf({ name }: StructField): string {
  return `The expression of the generated column "${name}"`;
}
