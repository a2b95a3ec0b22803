/**
 * Which columns of a table have statistics: those that `delta.dataSkippingStatsColumns` names, or
 * the first `delta.dataSkippingNumIndexedCols`. Partition columns are not counted; a struct counts as
 * its fields, a list or map as one.
 * Source: Delta's StatisticsCollection.scala.
 */
import type { StructField } from '../../catalog/data-type.ts';
import { leafColumns, type ColumnMappingMode } from '../../catalog/log/column-mapping.ts';
import type { StringMap } from '../../catalog/log/actions.ts';
import { readProperty, tableProperties } from '../../catalog/log/table-properties.ts';
import { reportedPath } from './file-stats-json.ts';

/** `fields` are those of the data files under logical names; the paths are of physical ones. */
export function indexedColumns(
  fields: readonly StructField[],
  mode: ColumnMappingMode,
  configuration: StringMap,
): ReadonlySet<string> {
  const leaves = leafColumns({ kind: 'struct', fields }, mode);
  const listed = readProperty(configuration, tableProperties.dataSkippingStatsColumns);
  const chosen =
    listed === undefined
      ? firstOf(leaves, readProperty(configuration, tableProperties.dataSkippingIndexedColumnsMax))
      : leaves.filter(({ logicalPath }) => isListed(logicalPath, columnList(listed)));
  return new Set(chosen.map(({ physicalPath }) => reportedPath(physicalPath)));
}

/** -1: all of them. */
function firstOf<T>(leaves: readonly T[], count: number): readonly T[] {
  return count < 0 ? leaves : leaves.slice(0, count);
}

function isListed(path: readonly string[], list: readonly (readonly string[])[]): boolean {
  return list.some((names) =>
    names.every((name, index) => path[index]?.toLowerCase() === name.toLowerCase()),
  );
}

/** ``a, b.c, `d.e` ``: each a path. */
export function columnList(text: string): readonly (readonly string[])[] {
  const list: string[][] = [[]];
  for (const match of text.matchAll(/`((?:[^`]|``)*)`|([^`.,]+)|([.,])/g)) {
    const [, quoted, plain, mark] = match;
    if (mark === ',') list.push([]);
    const name = quoted === undefined ? plain?.trim() : quoted.replaceAll('``', '`');
    if (name !== undefined && (name !== '' || quoted !== undefined)) list.at(-1)?.push(name);
  }
  return list.filter((path) => path.length > 0);
}
