/**
 * A bound query and the files to read -> what DuckDB runs. Pure: the snapshots are in memory and no
 * file is opened.
 */
import type { FileHandle } from '../../catalog/active-files.ts';
import type { StructType } from '../../catalog/data-type.ts';
import type { BoundQuery } from '../bind/bound-query.ts';
import type { PinnedTable } from '../bind/snapshot-pins.ts';
import { quoteIdentifier } from '../quote.ts';
import { duckdbType } from '../types.ts';
import { compileQuery, tablesOf, temporariesOf, type TemporarySql } from './compile-query.ts';
import type { DeletedRows, QueryPlan, TableScan } from './query-plan.ts';
import { hiddenColumn } from './metadata-column-sql.ts';
import { byName, namesInFile, needsNames } from './names-in-file.ts';
import { fileStorage, type FileStorage, type KnownShapes } from './file-storage.ts';
import { relationSql, unionSql, type Relation } from './relation-sql.ts';
import { relationRows } from './row-columns.ts';
import { tableRelation } from './table-relation.ts';

/** What was decided before: see `choose-files.ts`. */
export interface PlanInput {
  /** One for each reference to a table, in the order of `tablesOf`. */
  readonly scans: readonly TableScan[];
  /** A query without tables that gives the same rows, if there is one. */
  readonly answer: string | undefined;
  readonly setUp: readonly string[];
  readonly unskipped: string | undefined;
  readonly collations: QueryPlan['collations'];
  /** What the names of the plan's temporary tables begin with, after a prefix of ours. */
  readonly name?: string | undefined;
  /** What stands for the temporary tables that the query names, where they are not there yet. */
  readonly temporarySql?: TemporarySql | undefined;
}

export function planQuery(query: BoundQuery, input: PlanInput, shapes: KnownShapes): QueryPlan {
  const { scans, answer, setUp, unskipped, collations } = input;
  const writer = new ScanWriter(shapes, input.name ?? '');
  const compiled =
    answer === undefined
      ? compileQuery(
          query,
          (_table, number) => writer.scanSql(scans[number]),
          [],
          input.temporarySql,
        )
      : { text: answer, toSource: () => query.text.toSource(0) };
  const sum = (of: (scan: TableScan) => number): number =>
    scans.reduce((total, scan) => total + of(scan), 0);
  return {
    sql: compiled.text,
    toSource: (offset) => compiled.toSource(offset),
    setUp,
    collations,
    scans,
    isAnsweredFromLog: answer !== undefined,
    unskipped,
    deletedRows: writer.deletedRows,
    filesTotal: sum(({ table }) => table.snapshot.files.count),
    filesScanned: sum(({ files }) => files.length),
    bytesScanned: sum(({ bytes }) => bytes),
  };
}

/** A plan that is good for the columns of the result only: it reads no files. */
export function planForColumns(query: BoundQuery, shapes: KnownShapes): QueryPlan {
  const scans = tablesOf(query).map((table) => ({
    table,
    files: [],
    bytes: 0,
    skipped: undefined,
  }));
  const temporaries = temporariesOf(query);
  const input = {
    scans,
    answer: undefined,
    setUp: [],
    unskipped: undefined,
    collations: [],
    temporarySql: (_relation: unknown, number: number) => emptyRowsSql(temporaries[number]),
  };
  return planQuery(query, input, shapes);
}

function emptyRowsSql(columns: StructType | undefined): string {
  const list = (columns?.fields ?? []).map(
    ({ name, type }) => `CAST(NULL AS ${duckdbType(type)}) AS ${quoteIdentifier(name)}`,
  );
  return `SELECT ${list.join(', ')} WHERE false`;
}

interface FileGroup {
  readonly storage: FileStorage;
  /** How rows are removed from the files; `undefined` where none are. */
  readonly deletedRows: DeletedRows['kind'] | undefined;
  /** What the files call the columns, where they are not found in the way the table has it. */
  readonly identifiers: readonly string[] | undefined;
  readonly files: readonly FileHandle[];
}

/** Writes the relations of the scans, collecting the deleted rows that they name. */
class ScanWriter {
  readonly #shapes: KnownShapes;

  readonly #name: string;

  constructor(shapes: KnownShapes, name: string) {
    this.#shapes = shapes;
    this.#name = name;
  }

  readonly deletedRows: DeletedRows[] = [];

  /**
   * Files with a deletion vector are read apart, so that only they pay for looking rows up, and each
   * by itself where they are few; so are files whose columns need a conversion.
   */
  scanSql(scan: TableScan | undefined): string {
    if (scan === undefined) throw new TypeError('every reference has a scan');
    const { files, table } = scan;
    const { snapshot } = table;
    if (files.length === 0) {
      const hidden = hiddenColumn(snapshot, table.metadataFields, []);
      return relationSql(withRows(table, { ...tableRelation(snapshot, []), hidden }, []));
    }
    const groups = this.#groups(table, files, hasFewHoles(scan) ? 'bits' : 'positions');
    return unionSql(groups.map((group) => this.#groupSql(scan, group)));
  }

  /** Files that can be read in one way each. */
  #groups(
    table: PinnedTable,
    files: readonly FileHandle[],
    holes: DeletedRows['kind'],
  ): readonly FileGroup[] {
    const { snapshot } = table;
    const { columns } = tableRelation(snapshot, []);
    const storageOf = fileStorage(snapshot, columns, this.#shapes);
    const hidden = hiddenColumn(snapshot, table.metadataFields, []);
    const isByName = hidden !== undefined && needsNames(snapshot, hidden);
    const groups = new Map<string, FileGroup & { readonly files: FileHandle[] }>();
    for (const file of files) {
      const deletedRows = snapshot.files.deletionVector(file) === undefined ? undefined : holes;
      const storage = storageOf(file);
      const shape = isByName ? this.#shapes.shapeOf(snapshot.files.location(file)) : undefined;
      const identifiers = shape && namesInFile(shape, columns);
      const hole = deletedRows === 'bits' ? file : deletedRows;
      const key = JSON.stringify([hole, storage.key, identifiers]);
      const group = groups.get(key);
      if (group === undefined) {
        groups.set(key, { storage, deletedRows, identifiers, files: [file] });
      } else group.files.push(file);
    }
    return [...groups.values()];
  }

  #groupSql(
    scan: TableScan,
    { files, storage, deletedRows: kind, identifiers }: FileGroup,
  ): string {
    const { table } = scan;
    const { snapshot, marked } = table;
    const { stored, bytesAreText } = storage;
    const read = tableRelation(snapshot, files);
    const hidden = hiddenColumn(snapshot, table.metadataFields, files);
    const columns = identifiers === undefined ? read.columns : byName(read.columns, identifiers);
    const isPlain = storage.isPlain && (hidden === undefined || hidden.sources.length === 0);
    const relation = withRows(
      table,
      { ...read, columns, isPlain, stored, bytesAreText, hidden },
      files,
    );
    if (kind === undefined) return relationSql(relation);
    const name = `__levee_deleted_${this.#name}${this.deletedRows.length}`;
    const except = marked && files.map((file) => marked.get(file)?.except);
    this.deletedRows.push({ kind, name, snapshot, files, except, scan });
    const isMarked = marked !== undefined;
    const deletedRows =
      kind === 'bits' ? { kind, variable: name } : { kind, table: name, isMarked };
    return relationSql({ ...relation, deletedRows });
  }
}

/** With the columns that tell rows apart, where they are asked for. */
function withRows(
  { rowColumns, snapshot }: PinnedTable,
  relation: Relation,
  files: readonly FileHandle[],
): Relation {
  if (rowColumns === undefined) return relation;
  return {
    ...relation,
    rows: relationRows(rowColumns, snapshot.files, files),
    // Ids of tracked rows lie in columns that some of the files have and others lack.
    isPlain: relation.isPlain && rowColumns.tracking === undefined,
  };
}

/** Each branch of a UNION ALL costs DuckDB some 0.2 ms to plan. */
const bitFilesMax = 32;
/** One bit each: DuckDB copies the bit strings a few times while it plans. */
const bitRowsMax = 64 * 1024 * 1024;

/** Whether rows are removed with a bit string for each file, which is a third of the work of a join. */
function hasFewHoles({ table: { snapshot, marked }, files }: TableScan): boolean {
  if (marked !== undefined) return false;
  let holed = 0;
  let rows = 0;
  for (const file of files) {
    if (snapshot.files.deletionVector(file) === undefined) continue;
    holed++;
    if (holed > bitFilesMax) return false;
    rows += snapshot.files.rowCount(file) ?? Infinity;
  }
  return rows <= bitRowsMax;
}
