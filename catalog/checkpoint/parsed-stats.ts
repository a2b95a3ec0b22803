/**
 * `add.stats_parsed`: the statistics of files as columns of their own types.
 *
 * Readers leave files out by these values, so nothing is guessed: what the JSON text does not say
 * exactly, or says of NaN, is NULL, which means "not known". Bounds are those of `file-stats.ts`:
 * every value of the file lies between them.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
 */
import type { ColumnVector } from '../column-batch.ts';
import type { DataType, StructField, StructType } from '../data-type.ts';
import { columnMappingMode, leafColumns, type LeafColumn } from '../log/column-mapping.ts';
import { parseFileStats, type FileStats, type StatsColumn } from '../log/file-stats.ts';
import { supportsFeature } from '../log/protocol.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import type { Snapshot } from '../snapshot.ts';
import { canBeStruct, field, validityOf, vectorOf, type Value } from './build-vector.ts';

export interface ParsedStatsLayout {
  readonly type: StructType;
  readonly columns: readonly StatsColumn[];
}

type Statistic = 'min' | 'max' | 'nullCount';

/** Fields of `stats_parsed` -> where their values are. */
type Node =
  | { readonly kind: 'numRecords' | 'tightBounds' }
  | { readonly kind: Statistic; readonly column: number };

const nodes = new WeakMap<StructField, Node>();

/** `undefined` when the table has no column that statistics are kept for. */
export function parsedStatsLayout(snapshot: Snapshot): ParsedStatsLayout | undefined {
  const { schema, metadata, protocol } = snapshot;
  const mode = columnMappingMode(snapshot);
  const partitions = new Set(metadata.partitionColumns.map((name) => name.toLowerCase()));
  const data = {
    kind: 'struct',
    fields: schema.fields.filter(({ name }) => !partitions.has(name.toLowerCase())),
  } as const satisfies StructType;
  const { dataSkippingIndexedColumnsMax, dataSkippingStatsColumns } = tableProperties;
  const isListed = readProperty(metadata.configuration, dataSkippingStatsColumns) !== undefined;
  const count = readProperty(metadata.configuration, dataSkippingIndexedColumnsMax);
  const all = leafColumns(data, mode);
  const columns = isListed || count < 0 ? all : all.slice(0, count);
  const bounds = columns
    .map((column, i) => ({ column, i }))
    .filter(({ column }) => hasBounds(column));
  const counted = columns.map((column, i) => ({ column, i }));
  const fields = [
    node(field('numRecords', { kind: 'long' }), { kind: 'numRecords' }),
    ...nested('minValues', 'min', bounds),
    ...nested('maxValues', 'max', bounds),
    ...nested('nullCount', 'nullCount', counted),
    ...(supportsFeature(protocol, 'deletionVectors')
      ? [node(field('tightBounds', { kind: 'boolean' }), { kind: 'tightBounds' })]
      : []),
  ];
  const type: StructType = { kind: 'struct', fields };
  return isWritable(type) ? { type, columns } : undefined;
}

function isWritable({ fields }: StructType): boolean {
  return (
    canBeStruct(fields) && fields.every(({ type }) => type.kind !== 'struct' || isWritable(type))
  );
}

function hasBounds({ type }: LeafColumn): boolean {
  switch (type.kind) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
    case 'decimal':
    case 'string':
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      return true;
    case 'boolean':
    case 'binary':
    case 'variant':
    case 'void':
    case 'struct':
    case 'array':
    case 'map':
      return false;
  }
}

interface Numbered {
  readonly column: LeafColumn;
  readonly i: number;
}

function nested(
  name: string,
  statistic: Statistic,
  columns: readonly Numbered[],
): readonly StructField[] {
  if (columns.length === 0) return [];
  return [field(name, { kind: 'struct', fields: level(statistic, columns, 0) })];
}

/** The fields of one depth; columns of one struct stand together, in the schema's order. */
function level(
  statistic: Statistic,
  columns: readonly Numbered[],
  depth: number,
): readonly StructField[] {
  const groups = new Map<string, Numbered[]>();
  for (const numbered of columns) {
    const name = numbered.column.physicalPath[depth] ?? '';
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(numbered);
  }
  return [...groups].map(([name, group]) => {
    const [first] = group;
    if (first !== undefined && first.column.physicalPath.length === depth + 1) {
      const type: DataType = statistic === 'nullCount' ? { kind: 'long' } : first.column.type;
      return node(field(name, type), { kind: statistic, column: first.i });
    }
    return field(name, { kind: 'struct', fields: level(statistic, group, depth + 1) });
  });
}

function node(of: StructField, what: Node): StructField {
  nodes.set(of, what);
  return of;
}

/** `stats_parsed` of files whose statistics are these texts. */
export function parsedStatsVector(
  layout: ParsedStatsLayout,
  texts: readonly (string | undefined)[],
): ColumnVector {
  const stats = texts.map((text) => parseFileStats(text, layout.columns));
  return structVector(layout.type, stats);
}

function structVector(type: StructType, stats: readonly (FileStats | undefined)[]): ColumnVector {
  const children = type.fields.map((child) => {
    if (child.type.kind === 'struct') return structVector(child.type, stats);
    const what = nodes.get(child);
    return vectorOf(
      child.type,
      stats.map((file) => (file === undefined || what === undefined ? null : valueOf(file, what))),
    );
  });
  const validity = validityOf(stats.length, (row) => stats[row] !== undefined);
  return { kind: 'struct', length: stats.length, validity, children };
}

function valueOf(file: FileStats, what: Node): Value {
  switch (what.kind) {
    case 'numRecords':
      return file.numRecords;
    case 'tightBounds':
      return file.tightBounds;
    case 'min':
      return file.columns[what.column]?.min;
    case 'max':
      return file.columns[what.column]?.max;
    case 'nullCount':
      return file.columns[what.column]?.nullCount;
  }
}
