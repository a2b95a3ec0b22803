/** Hive's `CHANGE COLUMN old new type ...` -> the changes that it stands for. Pure. */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { AddedColumn, ColumnChange } from '../../parse/alter-statement.ts';
import type { WriteTarget } from '../write-target.ts';
import { isNamed, requireField } from './schema-edit.ts';

/** Hive's form: the name must stay, type, comment and place may change. */
export function hiveChanges(
  target: WriteTarget,
  parts: readonly string[],
  to: AddedColumn,
): readonly ColumnChange[] {
  const { field, path } = requireField(target.schema, parts);
  if (!isNamed(field, to.column.parts.at(-1) ?? '')) {
    throw new CodedError(
      'DELTA_UNSUPPORTED_RENAME_COLUMN',
      `CHANGE COLUMN cannot give "${path.join('.')}" another name.`,
      { hint: 'Use RENAME COLUMN.' },
    );
  }
  const column = { parts: path, start: to.column.start };
  const { type, comment, position, notNull, defaultValue } = to;
  return [
    { column, change: { kind: 'type', type } },
    ...(comment === undefined ? [] : [{ column, change: { kind: 'comment', comment } } as const]),
    ...(position === undefined
      ? []
      : [{ column, change: { kind: 'position', position } } as const]),
    ...(notNull ? [{ column, change: { kind: 'setNotNull' } } as const] : []),
    ...(defaultValue === undefined
      ? []
      : [{ column, change: { kind: 'setDefault', value: defaultValue } } as const]),
  ];
}
