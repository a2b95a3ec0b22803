/** Expressions that must be constant: the arguments of time travel and of `table_changes`. */
import { CodedError } from '../../catalog/coded-error.ts';
import { quoteString } from '../quote.ts';
import { tokenize } from '../parse/tokenize.ts';
import { parameterNamed } from '../require-parameters.ts';
import type { StatementContext } from '../statement-context.ts';

export interface ConstantValue {
  /** DuckDB's name of its type. */
  readonly type: string;
  /** `undefined` for NULL. */
  readonly text: string | undefined;
}

/**
 * The value of an expression in DuckDB's dialect. DuckDB computes it, in the time zone UTC, unless it
 * is a parameter. Throws UNBOUND_SQL_PARAMETER, and what DuckDB says of an expression that needs rows.
 */
export async function constantOf(
  expression: string,
  context: StatementContext,
): Promise<ConstantValue> {
  const parameter = parameterIn(expression);
  if (parameter !== undefined) {
    const value = parameterNamed(context.parameters, parameter);
    if (value === undefined) throw unbound(parameter);
    if (value === null) return { type: 'NULL', text: undefined };
    return { type: typeof value === 'string' ? 'VARCHAR' : 'BIGINT', text: String(value) };
  }
  const rows = await context.services.duckdb.withConnection((connection) =>
    connection.rows(
      `SELECT typeof(v), CAST(v AS VARCHAR) FROM (SELECT (${expression}) AS v)`,
      context.signal,
    ),
  );
  const [type, text] = rows[0] ?? [];
  return { type: String(type), text: typeof text === 'string' ? text : undefined };
}

/** The name of the parameter, when the expression is one and nothing else. */
export function parameterIn(expression: string): string | undefined {
  const [only, end] = tokenize(expression, 'duckdb');
  return only?.kind === 'parameter' && end?.kind === 'eof' ? only.value : undefined;
}

export function unbound(parameter: string): CodedError {
  return new CodedError('UNBOUND_SQL_PARAMETER', `The parameter ${parameter} has no value.`);
}

/** Milliseconds since 1970; a text without a zone is UTC. Throws DELTA_TIMESTAMP_INVALID. */
export async function timestampMs(text: string, context: StatementContext): Promise<number> {
  const micros = await context.services.duckdb.withConnection(async (connection) => {
    const rows = await connection.rows(
      `SELECT epoch_us(TRY_CAST(${quoteString(text)} AS TIMESTAMP WITH TIME ZONE))`,
      context.signal,
    );
    return rows[0]?.[0];
  });
  // Rounded down, before 1970 as well.
  if (typeof micros === 'bigint') return Number((micros - mod(micros)) / 1000n);
  throw new CodedError('DELTA_TIMESTAMP_INVALID', `"${text}" is not a timestamp.`);
}

function mod(micros: bigint): bigint {
  return ((micros % 1000n) + 1000n) % 1000n;
}
