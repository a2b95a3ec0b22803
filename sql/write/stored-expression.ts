/**
 * The expressions that a table's metadata holds: constraints, generated columns, defaults. They are
 * Spark's SQL, whoever writes to the table and in whichever dialect. One that is not understood keeps
 * the table from being written: it is never left out.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { StructField } from '../../catalog/data-type.ts';
import { raiseSql } from '../raise.ts';
import type { Expression } from '../spark-expression/expression.ts';
import { parseExpression } from '../spark-expression/parse-expression.ts';
import { isSameType, sparkCastSql } from '../spark-expression/spark-cast.ts';
import {
  translateExpression,
  type ExpressionScope,
} from '../spark-expression/translate-expression.ts';
import { UnknownMeaning, type TypedSql } from '../spark-expression/typed-sql.ts';
import { typeName } from '../types.ts';

export interface StoredExpression {
  readonly expression: Expression;
  readonly value: TypedSql;
}

/**
 * `subject` begins the message of what goes wrong: `The CHECK constraint "positive"`. Throws
 * UNSUPPORTED_FEATURE.
 */
export function storedExpression(
  text: string,
  subject: string,
  scope: ExpressionScope,
): StoredExpression {
  try {
    const expression = parseExpression(text);
    return { expression, value: translateExpression(expression, scope) };
  } catch (error) {
    throw notEvaluated(error, text, subject);
  }
}

function notEvaluated(error: unknown, text: string, subject: string): unknown {
  const reason =
    error instanceof UnknownMeaning
      ? `it has ${error.message}`
      : error instanceof CodedError
        ? error.message
        : undefined;
  if (reason === undefined) return error;
  return new CodedError(
    'UNSUPPORTED_FEATURE',
    `${subject}, ${text}, is not one that Levee evaluates as Spark does: ${reason}.`,
    { hint: 'Write the table with Spark, or change the expression.', cause: error },
  );
}

/** The value of an expression under the type of the column that it is for. */
export function valueForColumn(
  { value }: StoredExpression,
  field: StructField,
  subject: string,
): string {
  if (isSameType(value.type, field.type)) return value.sql;
  const sql = sparkCastSql(value.sql, value.type, field.type, {
    overflow: raiseSql(
      'CAST_OVERFLOW_IN_TABLE_INSERT',
      `${subject} gives a value that does not fit in ${typeName(field.type)}.`,
    ),
    invalid: raiseSql(
      'CAST_INVALID_INPUT',
      `${subject} gives a value that is no ${typeName(field.type)}.`,
    ),
  });
  if (sql !== undefined) return sql;
  throw new CodedError(
    'UNSUPPORTED_FEATURE',
    `${subject} gives a value of type ${typeName(value.type)} for a column of type ${typeName(field.type)}.`,
  );
}
