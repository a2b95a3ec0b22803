/** Parsed statements in a short form, for tests to compare. */
import type { DataType } from '../../../catalog/data-type.ts';
import { typeName } from '../../../sql/types.ts';

export type Plain =
  null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

const dataTypeKinds = new Set(
  'boolean byte short integer long float double string binary date timestamp timestamp_ntz variant void decimal struct array map'.split(
    ' ',
  ),
);

/** For comparing: slices as their text, names dotted, types by name, offsets and absent fields gone. */
export function plain(value: unknown): Plain {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value as Plain;
  if (Array.isArray(value)) return value.map(plain);
  const fields = value as { readonly [key: string]: unknown };
  const { source, start, end, parts, kind } = fields;
  if (typeof source === 'string') return source.slice(Number(start), Number(end));
  if (Array.isArray(parts)) return parts.join('|');
  if (typeof kind === 'string' && dataTypeKinds.has(kind))
    return typeName(fields as unknown as DataType);
  const isEmpty = (field: unknown) =>
    field === undefined || field === false || (Array.isArray(field) && field.length === 0);
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([key, field]) => key !== 'start' && !isEmpty(field))
      .map(([key, field]) => [key, plain(field)]),
  );
}
