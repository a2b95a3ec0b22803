/**
 * The values of parameters as literals in the text of a query, for planning: a parameter without a
 * value tells nothing of the rows that are needed. The types are those that the values are bound with
 * when the query runs (`duckdb/bind-parameters.ts`). The text that runs keeps its parameters.
 */
import type { BoundQuery } from '../bind/bound-query.ts';
import type { TextEdit } from '../parse/text-edits.ts';
import { tokenize } from '../parse/tokenize.ts';
import { quoteString } from '../quote.ts';
import { parameterNamed } from '../require-parameters.ts';
import type { Parameters, ParameterValue } from '../sql-engine.ts';

/** Edits in the coordinates of the query's text. A parameter without a value stays. */
export function parameterLiterals(
  { text, parameters, references }: BoundQuery,
  values: Parameters | undefined,
): readonly TextEdit[] {
  if (parameters.kind === 'none') return [];
  return tokenize(text.text, 'duckdb').flatMap((token) => {
    if (token.kind !== 'parameter') return [];
    const { start, end } = token;
    // Time travel is cut out of the text as a whole, and so is a call of `table_changes`.
    const isCutOut = references.some(
      ({ timeTravel, nameStart, nameEnd }) =>
        (start >= nameStart && start < nameEnd) ||
        (timeTravel !== undefined && start >= timeTravel.start && start < timeTravel.end),
    );
    const value = parameterNamed(values, token.value);
    return isCutOut || value === undefined ? [] : [{ start, end, text: ` (${literal(value)}) ` }];
  });
}

const int32Max = 2 ** 31 - 1;
const int64Max = 2n ** 63n - 1n;

function literal(value: ParameterValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoteString(value);
  if (typeof value === 'bigint') {
    const isLong = value <= int64Max && value >= -int64Max - 1n;
    return `CAST('${value}' AS ${isLong ? 'BIGINT' : 'HUGEINT'})`;
  }
  if (!Number.isInteger(value)) return `CAST('${value}' AS DOUBLE)`;
  return `CAST(${value} AS ${Math.abs(value) <= int32Max ? 'INTEGER' : 'BIGINT'})`;
}
