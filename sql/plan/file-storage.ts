/**
 * How the files of one table store its columns, file by file: which files can be read as they are,
 * which in one way together, and which cannot be read rightly before their footers are known. Pure.
 */
import type { ActiveFiles, FileHandle } from '../../catalog/active-files.ts';
import type { DataType, StructType } from '../../catalog/data-type.ts';
import { columnMappingMode, leafColumns } from '../../catalog/log/column-mapping.ts';
import { parseFileStats, type StatsColumn } from '../../catalog/log/file-stats.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { columnInFile, isPlainFile, type FileShape } from './file-shape.ts';
import { virtualColumns, type RelationColumn } from './relation-sql.ts';
import { requireClearName, requireClearNames } from './clear-names.ts';
import { same, storedType, type StoredType } from './stored-type.ts';

/** One way in which files store the table's columns. */
export interface FileStorage {
  /** Equal for equal ways. */
  readonly key: string;
  /** See `Relation`. */
  readonly isPlain: boolean;
  /** In the order of the table's columns. */
  readonly stored: readonly StoredType[];
  /** See `Relation`. */
  readonly bytesAreText: boolean;
}

/** What is known of the files' columns; nothing is known of a file that has not been looked at. */
export interface KnownShapes {
  shapeOf(location: string): FileShape | undefined;
}

/**
 * The way in which each file stores `columns`, which are the snapshot's. Throws as `storedType`, and
 * UNSUPPORTED_FEATURE for columns that only the case of their names tells apart.
 * A file whose shape is not known is taken to store them as they are; `needsFooter` tells for which
 * files that would be a guess.
 */
export function fileStorage(
  snapshot: Snapshot,
  columns: readonly RelationColumn[],
  shapes: KnownShapes,
): (file: FileHandle) => FileStorage {
  requireClearNames(columns);
  const isOld = mayBeOld(snapshot);
  const known = new Map<FileShape, Map<boolean, FileStorage>>();
  const unknown: FileStorage = {
    key: 'unknown',
    isPlain: false,
    stored: columns.map(() => same),
    bytesAreText: hasType(snapshot.schema, ['string']) && !hasType(snapshot.schema, ['binary']),
  };
  return (file) => {
    const shape = shapes.shapeOf(snapshot.files.location(file));
    if (shape === undefined) return unknown;
    const { dates, timestamps } = shape.calendar;
    const old = (dates === 'hybrid' || timestamps === 'hybrid') && isOld(file);
    const byAge = known.get(shape) ?? new Map<boolean, FileStorage>();
    known.set(shape, byAge);
    let storage = byAge.get(old);
    if (storage === undefined) {
      storage = storageOf(shape, columns, old);
      byAge.set(old, storage);
    }
    return storage;
  };
}

function storageOf(
  shape: FileShape,
  columns: readonly RelationColumn[],
  mayBeOld: boolean,
): FileStorage {
  const facts = { calendar: shape.calendar, mayBeOld, variantNulls: shape.variantNulls };
  const stored = columns.map((column) => {
    if (column.kind === 'partition') return same;
    if (typeof column.identifier === 'string') requireClearName(shape, column.identifier);
    const found = columnInFile(shape, column);
    return found === undefined ? same : storedType(column.physical, found.type, facts);
  });
  const isSame = stored.every(({ kind }) => kind === 'same');
  const isPlain = isSame && isPlainFile(shape, columns, virtualColumns);
  return {
    key: isPlain ? 'plain' : isSame ? 'same' : JSON.stringify(stored),
    isPlain,
    stored,
    bytesAreText: false,
  };
}

/**
 * Whether a file cannot be read rightly unless its footer is known. Variants and binaries lie in
 * files in more than one way that reading by name alone would confuse, and so do days and instants
 * of long ago. Costs the parsing of the file's statistics where the table has days or instants.
 */
export function needsFooter(snapshot: Snapshot): (file: FileHandle) => boolean {
  const { schema } = snapshot;
  if (hasType(schema, ['variant', 'binary'])) return () => true;
  return mayBeOld(snapshot);
}

/** What 1582 and 1900 are to the two kinds, with a day to spare for zones. */
const commonDates = BigInt(Date.UTC(1582, 9, 16) / 86_400_000);
const commonMicros = BigInt(Date.UTC(1900, 0, 2)) * 1000n;

/** Whether the file may hold days before 1582 or instants before 1900, by its statistics. */
function mayBeOld({ files, schema, metadata, ...table }: Snapshot): (file: FileHandle) => boolean {
  const partitions = new Set(metadata.partitionColumns);
  const inFiles: StructType = {
    kind: 'struct',
    fields: schema.fields.filter(({ name }) => !partitions.has(name)),
  };
  const calendarTypes = ['date', 'timestamp'] as const;
  if (!hasType(inFiles, calendarTypes)) return () => false;
  const leaves: readonly StatsColumn[] = leafColumns(
    inFiles,
    columnMappingMode({ ...table, metadata }),
  ).filter(({ type }) => hasType(type, calendarTypes));
  // Nothing is ever known of what arrays and maps hold.
  if (leaves.some(({ type }) => type.kind === 'array' || type.kind === 'map')) return () => true;
  return (file) => !provesModern(files, file, leaves);
}

function provesModern(
  files: ActiveFiles,
  file: FileHandle,
  leaves: readonly StatsColumn[],
): boolean {
  const stats = parseFileStats(files.stats(file), leaves);
  if (stats === undefined) return false;
  return stats.columns.every(({ min, nullCount }, index) => {
    if (nullCount !== undefined && nullCount === stats.numRecords) return true;
    if (typeof min !== 'number' && typeof min !== 'bigint') return false;
    return BigInt(min) >= (leaves[index]?.type.kind === 'date' ? commonDates : commonMicros);
  });
}

function hasType(type: DataType, kinds: readonly DataType['kind'][]): boolean {
  if (kinds.includes(type.kind)) return true;
  switch (type.kind) {
    case 'struct':
      return type.fields.some((field) => hasType(field.type, kinds));
    case 'array':
      return hasType(type.elementType, kinds);
    case 'map':
      return hasType(type.keyType, kinds) || hasType(type.valueType, kinds);
    default:
      return false;
  }
}
