/** `AT (VERSION => ...)` and `AT (TIMESTAMP => ...)` -> the version of the table that is meant. */
import { CodedError } from '../../catalog/coded-error.ts';
import { tokenize } from '../parse/tokenize.ts';
import { parameterNamed } from '../require-parameters.ts';
import type { StatementContext } from '../statement-context.ts';
import type { TableReference } from './query-references.ts';
import type { TableVersion } from './snapshot-pins.ts';

/**
 * `clause` is the text of the AT clause, in DuckDB's dialect. A constant is taken as it is, anything
 * else is computed once, by DuckDB.
 */
export async function tableVersion(
  table: TableReference,
  clause: string | undefined,
  context: StatementContext,
): Promise<TableVersion> {
  const { timeTravel } = table;
  if (timeTravel === undefined || clause === undefined) return { kind: 'latest' };
  const expression = clause.slice(clause.indexOf('=>') + 2, clause.lastIndexOf(')')).trim();
  const value = timeTravel.constant ?? (await constantValue(expression, timeTravel.unit, context));
  if (timeTravel.unit === 'VERSION') return { kind: 'version', version: versionNumber(value) };
  return { kind: 'timestamp', timestampMs: await timestampMs(value, context) };
}

/** The text of the expression's value. */
async function constantValue(
  expression: string,
  unit: 'VERSION' | 'TIMESTAMP',
  context: StatementContext,
): Promise<string> {
  const parameter = parameterValue(expression, context);
  if (parameter !== undefined) return parameter;
  const typed =
    unit === 'VERSION' ? `(${expression})` : `CAST((${expression}) AS TIMESTAMP WITH TIME ZONE)`;
  const value = await context.services.duckdb.withConnection(async (connection) => {
    const rows = await connection.rows(`SELECT CAST(${typed} AS VARCHAR)`, context.signal);
    return rows[0]?.[0];
  });
  if (typeof value === 'string') return value;
  throw new CodedError(
    'DELTA_TIMESTAMP_INVALID',
    `The time travel expression ${expression} is NULL.`,
  );
}

/** The value, when the expression is a parameter and nothing else. */
function parameterValue(expression: string, context: StatementContext): string | undefined {
  const tokens = tokenize(expression, 'duckdb');
  const [only, end] = tokens;
  if (only?.kind !== 'parameter' || end?.kind !== 'eof') return undefined;
  const value = parameterNamed(context.parameters, only.value);
  if (value === undefined || value === null) {
    throw new CodedError(
      'UNBOUND_SQL_PARAMETER',
      `The parameter ${only.value} of the time travel has no value.`,
    );
  }
  return String(value);
}

function versionNumber(text: string): number {
  const version = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(version)) return version;
  throw new CodedError(
    'DELTA_VERSION_NOT_FOUND',
    `"${text}" is not a version: versions are whole numbers from 0.`,
  );
}

/** Milliseconds since 1970; a text without a zone is UTC. */
async function timestampMs(text: string, context: StatementContext): Promise<number> {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  const micros = await context.services.duckdb.withConnection(async (connection) => {
    const rows = await connection.rows(
      `SELECT epoch_us(TRY_CAST(${quoted} AS TIMESTAMP WITH TIME ZONE))`,
      context.signal,
    );
    return rows[0]?.[0];
  });
  if (typeof micros === 'bigint') return Number(micros / 1000n);
  throw new CodedError('DELTA_TIMESTAMP_INVALID', `"${text}" is not a timestamp.`);
}
