/**
 * What else of a table's definition names a column: constraints, generated columns, partitioning,
 * clustering, the list of columns with statistics. Pure.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { ErrorCode } from '../../../catalog/error-codes.ts';
import type { StructType } from '../../../catalog/data-type.ts';
import type { Metadata, StringMap } from '../../../catalog/log/actions.ts';
import { tableProperties } from '../../../catalog/log/table-properties.ts';
import { parseExpression } from '../../spark-expression/parse-expression.ts';
import { forEachColumn } from '../../spark-expression/translate-expression.ts';
import { checkConstraints } from '../constraints.ts';
import { generationExpression } from '../generated-columns.ts';
import { columnList } from '../indexed-columns.ts';

/** The CHECK constraints by name, in lower case. */
export function constraintsOf(metadata: Metadata): ReadonlyMap<string, string> {
  return new Map(checkConstraints(metadata).map(([name, text]) => [name.toLowerCase(), text]));
}

/**
 * Throws when a constraint or a generated column relies on the column: with `codes[0]` for
 * constraints, `codes[1]` for generated columns.
 */
export function requireUnused(
  path: readonly string[],
  schema: StructType,
  metadata: Metadata,
  codes: readonly [ErrorCode, ErrorCode],
): void {
  const column = path.join('.');
  const constraints = [...constraintsOf(metadata)].filter(([, text]) => names(text, path));
  if (constraints.length > 0) {
    const list = constraints.map(([name, text]) => `${name} (${text})`).join(', ');
    throw new CodedError(
      codes[0],
      `The column "${column}" cannot be changed: CHECK constraints name it: ${list}.`,
    );
  }
  const generated = schema.fields.filter((field) => {
    const text = generationExpression(field);
    return text !== undefined && names(text, path);
  });
  if (generated.length === 0) return;
  throw new CodedError(
    codes[1],
    `The column "${column}" cannot be changed: generated columns are computed from it: ` +
      `${generated.map(({ name }) => name).join(', ')}.`,
  );
}

/** Whether an expression names a column, something in it or around it. In doubt it does. */
function names(text: string, path: readonly string[]): boolean {
  let found = false;
  try {
    forEachColumn(parseExpression(text), (used) => {
      const shared = Math.min(used.length, path.length);
      found ||= used
        .slice(0, shared)
        .every((part, index) => part.toLowerCase() === path[index]?.toLowerCase());
    });
  } catch {
    return true;
  }
  return found;
}

/** The configuration with the columns that have statistics renamed, or without a dropped one. */
export function withStatsColumn(
  configuration: StringMap,
  path: readonly string[],
  newPath: readonly string[] | undefined,
): StringMap {
  const { key } = tableProperties.dataSkippingStatsColumns;
  const text = configuration[key];
  if (text === undefined) return configuration;
  const changed = columnList(text).flatMap((listed) => {
    const isIt = path.every((part, at) => listed[at]?.toLowerCase() === part.toLowerCase());
    if (!isIt) return [listed];
    return newPath === undefined ? [] : [[...newPath, ...listed.slice(path.length)]];
  });
  return { ...configuration, [key]: changed.map(columnText).join(',') };
}

/** A path as Spark writes it. */
export function columnText(path: readonly string[]): string {
  return path
    .map((part) => (/^\w+$/.test(part) ? part : `\`${part.replaceAll('`', '``')}\``))
    .join('.');
}
