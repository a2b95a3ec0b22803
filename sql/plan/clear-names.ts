/**
 * Columns that only the case of their names tells apart. The protocol has physical names with their
 * case; DuckDB takes a file's column by its name without regard to it, and of several the first. So
 * such columns are refused rather than confused. Pure.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import type { FileShape } from './file-shape.ts';
import type { RelationColumn } from './relation-sql.ts';

/** Throws UNSUPPORTED_FEATURE for two columns of a table that are found by such names. */
export function requireClearNames(columns: readonly RelationColumn[]): void {
  const data = columns.filter((column) => column.kind === 'data');
  const byName = data.filter(({ identifier }) => typeof identifier === 'string');
  requireDistinct(byName.map(({ field, physical }) => [field, physical]));
  for (const { field, physical } of data) requireClearType(field.type, physical.type);
}

/** Throws UNSUPPORTED_FEATURE for a file in which the name may mean more than one column. */
export function requireClearName({ ambiguousNames }: FileShape, name: string): void {
  if (!ambiguousNames.has(name.toLowerCase())) return;
  throw new CodedError(
    'UNSUPPORTED_FEATURE',
    `A data file has several columns that differ by case alone, such as "${name}".`,
  );
}

function requireClearType(logical: DataType, physical: DataType): void {
  if (logical.kind === 'struct' && physical.kind === 'struct') {
    const pairs = logical.fields.map((field, index): readonly [StructField, StructField] => [
      field,
      physical.fields[index] ?? field,
    ]);
    requireDistinct(pairs);
    for (const [field, inFile] of pairs) requireClearType(field.type, inFile.type);
  } else if (logical.kind === 'array' && physical.kind === 'array') {
    requireClearType(logical.elementType, physical.elementType);
  } else if (logical.kind === 'map' && physical.kind === 'map') {
    requireClearType(logical.keyType, physical.keyType);
    requireClearType(logical.valueType, physical.valueType);
  }
}

/** Pairs of a field and the same as the files have it. */
function requireDistinct(fields: readonly (readonly [StructField, StructField])[]): void {
  const seen = new Map<string, string>();
  for (const [{ name }, inFile] of fields) {
    const key = inFile.name.toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      throw new CodedError(
        'UNSUPPORTED_FEATURE',
        `The physical names of the columns "${other}" and "${name}", ${JSON.stringify(inFile.name)} ` +
          'and its like, differ by case alone.',
      );
    }
    seen.set(key, name);
  }
}
