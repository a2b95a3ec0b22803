/**
 * A bound query and the files to read -> what DuckDB runs. Pure: the snapshots are in memory and no
 * file is opened.
 */
import type { FileHandle } from '../../catalog/active-files.ts';
import type { BoundQuery } from '../bind/bound-query.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { compileQuery, tablesOf } from './compile-query.ts';
import type { DeletedRows, QueryPlan, TableScan } from './query-plan.ts';
import { fileStorage, type FileStorage, type KnownShapes } from './file-storage.ts';
import { relationSql, unionSql } from './relation-sql.ts';
import { tableRelation } from './table-relation.ts';

/** What was decided before: see `choose-files.ts`. */
export interface PlanInput {
  /** One for each reference to a table, in the order of `tablesOf`. */
  readonly scans: readonly TableScan[];
  /** A query without tables that gives the same rows, if there is one. */
  readonly answer: string | undefined;
  readonly setUp: readonly string[];
  readonly unskipped: string | undefined;
}

export function planQuery(query: BoundQuery, input: PlanInput, shapes: KnownShapes): QueryPlan {
  const { scans, answer, setUp, unskipped } = input;
  const writer = new ScanWriter(shapes);
  const compiled =
    answer === undefined
      ? compileQuery(query, (_table, number) => writer.scanSql(scans[number]))
      : { text: answer, toSource: () => query.text.toSource(0) };
  const sum = (of: (scan: TableScan) => number): number =>
    scans.reduce((total, scan) => total + of(scan), 0);
  return {
    sql: compiled.text,
    toSource: (offset) => compiled.toSource(offset),
    setUp,
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
  const input = { scans, answer: undefined, setUp: [], unskipped: undefined };
  return planQuery(query, input, shapes);
}

interface FileGroup {
  readonly storage: FileStorage;
  /** How rows are removed from the files; `undefined` where none are. */
  readonly deletedRows: DeletedRows['kind'] | undefined;
  readonly files: readonly FileHandle[];
}

/** Writes the relations of the scans, collecting the deleted rows that they name. */
class ScanWriter {
  readonly #shapes: KnownShapes;

  constructor(shapes: KnownShapes) {
    this.#shapes = shapes;
  }

  readonly deletedRows: DeletedRows[] = [];

  /**
   * Files with a deletion vector are read apart, so that only they pay for looking rows up, and each
   * by itself where they are few; so are files whose columns need a conversion.
   */
  scanSql(scan: TableScan | undefined): string {
    if (scan === undefined) throw new TypeError('every reference has a scan');
    const { files } = scan;
    const { snapshot } = scan.table;
    if (files.length === 0) return relationSql(tableRelation(snapshot, []));
    const groups = this.#groups(snapshot, files, hasFewHoles(scan) ? 'bits' : 'positions');
    return unionSql(groups.map((group) => this.#groupSql(scan, group)));
  }

  /** Files that can be read in one way each. */
  #groups(
    snapshot: Snapshot,
    files: readonly FileHandle[],
    holes: DeletedRows['kind'],
  ): readonly FileGroup[] {
    const { columns } = tableRelation(snapshot, []);
    const storageOf = fileStorage(snapshot, columns, this.#shapes);
    const groups = new Map<string, FileGroup & { readonly files: FileHandle[] }>();
    for (const file of files) {
      const deletedRows = snapshot.files.deletionVector(file) === undefined ? undefined : holes;
      const storage = storageOf(file);
      const key = `${deletedRows === 'bits' ? file : deletedRows} ${storage.key}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { storage, deletedRows, files: [file] });
      else group.files.push(file);
    }
    return [...groups.values()];
  }

  #groupSql(scan: TableScan, { files, storage, deletedRows: kind }: FileGroup): string {
    const { snapshot, marked } = scan.table;
    const { isPlain, stored, bytesAreText } = storage;
    const relation = { ...tableRelation(snapshot, files), isPlain, stored, bytesAreText };
    if (kind === undefined) return relationSql(relation);
    const name = `__levee_deleted_${this.deletedRows.length}`;
    const except = marked && files.map((file) => marked.get(file)?.except);
    this.deletedRows.push({ kind, name, snapshot, files, except, scan });
    const isMarked = marked !== undefined;
    const deletedRows =
      kind === 'bits' ? { kind, variable: name } : { kind, table: name, isMarked };
    return relationSql({ ...relation, deletedRows });
  }
}

/** Each branch of a UNION ALL costs DuckDB some 0.2 ms to plan. */
const bitFilesMax = 32;
/** DuckDB copies the whole bit string for every 2,048 rows: with more, a join is quicker. */
const bitRowsMax = 1_000_000;

/** Whether rows are removed with a bit string for each file: less work than a join, see decision 10. */
function hasFewHoles({ table: { snapshot, marked }, files }: TableScan): boolean {
  if (marked !== undefined) return false;
  let holed = 0;
  for (const file of files) {
    const cardinality = snapshot.files.deletionVector(file)?.cardinality;
    if (cardinality === undefined) continue;
    holed++;
    const rows = (snapshot.files.rowCount(file) ?? Infinity) + cardinality;
    if (holed > bitFilesMax || rows > bitRowsMax) return false;
  }
  return true;
}
