/**
 * DuckDB's dates and timestamps can be infinite; in a Parquet file that is a day or a microsecond at
 * the end of time, which other readers take for one. The bounds of a file show that it has such values.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import type { CopiedFile } from '../duckdb/engine-connection.ts';
import { reportedPath } from './file-stats-json.ts';

/** `fields` under physical names. Throws INVALID_INPUT. */
export function refuseInfinities(
  files: readonly CopiedFile[],
  fields: readonly StructField[],
): void {
  const paths = fields.flatMap(({ name, type }) => temporalPaths(type, [name]));
  for (const { columns } of files) {
    for (const path of paths) {
      const column = columns.get(reportedPath(path));
      const infinite = [column?.get('min'), column?.get('max')].find(
        (text) => text === 'infinity' || text === '-infinity',
      );
      if (infinite === undefined) continue;
      throw new CodedError(
        'INVALID_INPUT',
        `The rows to write have the value ${infinite} in "${path.join('.')}", which no Delta table holds.`,
        { hint: 'Write NULL, or a date that there is.' },
      );
    }
  }
}

function temporalPaths(type: DataType, path: readonly string[]): readonly (readonly string[])[] {
  switch (type.kind) {
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      return [path];
    case 'struct':
      return type.fields.flatMap((field) => temporalPaths(field.type, [...path, field.name]));
    case 'array':
      return temporalPaths(type.elementType, [...path, 'element']);
    case 'map':
      return [
        ...temporalPaths(type.keyType, [...path, 'key']),
        ...temporalPaths(type.valueType, [...path, 'value']),
      ];
    default:
      return [];
  }
}
