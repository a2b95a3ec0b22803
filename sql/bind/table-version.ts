/** `AT (VERSION => ...)` and `AT (TIMESTAMP => ...)` -> the version of the table that is meant. */
import { CodedError } from '../../catalog/coded-error.ts';
import type { StatementContext } from '../statement-context.ts';
import { constantOf, parameterIn, timestampMs, unbound } from './constant-value.ts';
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
  const parameter = parameterIn(expression);
  const typed =
    unit === 'VERSION' || parameter !== undefined
      ? expression
      : `CAST((${expression}) AS TIMESTAMP WITH TIME ZONE)`;
  const { text } = await constantOf(typed, context);
  if (text !== undefined) return text;
  // Whoever sends NULL for a parameter has most likely forgotten it.
  if (parameter !== undefined) throw unbound(parameter);
  throw new CodedError(
    'DELTA_TIMESTAMP_INVALID',
    `The time travel expression ${expression} is NULL.`,
  );
}

function versionNumber(text: string): number {
  const version = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(version)) return version;
  throw new CodedError(
    'DELTA_VERSION_NOT_FOUND',
    `"${text}" is not a version: versions are whole numbers from 0.`,
  );
}
