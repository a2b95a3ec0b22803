/**
 * Partition values of a list of files -> a DuckDB expression that gives each row its file's value.
 * The log's text is parsed here, by the column's type, so that what DuckDB sees is a plain constant:
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#partition-value-serialization
 */
import type { DataType, StructField } from '../../catalog/data-type.ts';
import { parsePartitionValue, type PartitionValue } from '../../catalog/log/partition-values.ts';
import { formatScalar } from '../../catalog/log/scalar-value.ts';
import { quoteString } from '../quote.ts';
import { duckdbType } from '../types.ts';

/** `values[i]` belongs to the file with `file_index` i. Throws DELTA_LOG_CORRUPT. */
export function partitionListSql(field: StructField, values: readonly (string | null)[]): string {
  const literals = literalTexts(field, values);
  const picked = (elementType: string): string =>
    `(CAST([${literals.join(', ')}] AS ${elementType}[]))[file_index::BIGINT + 1]`;
  switch (field.type.kind) {
    // Counted from 1970: the text forms have zones, and end where DuckDB's parser does.
    case 'timestamp':
      return `make_timestamptz(${picked('BIGINT')})`;
    case 'timestamp_ntz':
      return `make_timestamp(${picked('BIGINT')})`;
    case 'date':
      return `make_date(${picked('INTEGER')})`;
    default:
      return picked(duckdbType(field.type));
  }
}

/** Each value as a constant. Few values are distinct, so each is parsed once. */
function literalTexts(field: StructField, values: readonly (string | null)[]): string[] {
  const known = new Map<string | null, string>();
  return values.map((value) => {
    let literal = known.get(value);
    if (literal === undefined) {
      literal = literalText(field.type, parsePartitionValue(field, value));
      known.set(value, literal);
    }
    return literal;
  });
}

function literalText(type: DataType, value: PartitionValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'object') {
    return quoteString(
      [...value].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    );
  }
  const isCounted =
    type.kind === 'timestamp' || type.kind === 'timestamp_ntz' || type.kind === 'date';
  return quoteString(isCounted ? String(value) : formatScalar(type, value));
}
