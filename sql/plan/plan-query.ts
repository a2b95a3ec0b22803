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
  readonly isHoled: boolean;
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
    const holed = files.filter((file) => snapshot.files.deletionVector(file) !== undefined);
    const alone = holed.length <= filesAloneMax ? holed : [];
    const table = alone.length === 0 ? undefined : this.#deletedRowsTable(scan, alone);
    const groups = this.#groups(snapshot, files, new Set(alone));
    return unionSql(groups.map((group) => this.#groupSql(scan, group, table)));
  }

  /** Files that can be read in one way each. */
  #groups(
    snapshot: Snapshot,
    files: readonly FileHandle[],
    alone: ReadonlySet<FileHandle>,
  ): readonly FileGroup[] {
    const { columns } = tableRelation(snapshot, []);
    const storageOf = fileStorage(snapshot, columns, this.#shapes);
    const groups = new Map<string, FileGroup & { readonly files: FileHandle[] }>();
    for (const file of files) {
      const isHoled = snapshot.files.deletionVector(file) !== undefined;
      const storage = storageOf(file);
      const key = alone.has(file) ? `file ${file}` : `${isHoled} ${storage.key}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { storage, isHoled, files: [file] });
      else group.files.push(file);
    }
    return [...groups.values()];
  }

  /** `alone` has the deleted rows of the files that are read by themselves. */
  #groupSql(
    scan: TableScan,
    { files, storage, isHoled }: FileGroup,
    alone: DeletedRows | undefined,
  ): string {
    const { snapshot, marked } = scan.table;
    const { isPlain, stored, bytesAreText } = storage;
    const relation = { ...tableRelation(snapshot, files), isPlain, stored, bytesAreText };
    if (!isHoled) return relationSql(relation);
    const { name } = alone ?? this.#deletedRowsTable(scan, files);
    const [file = -1] = files;
    const number = alone?.files.indexOf(file);
    const deletedRows = { name, file: number, isMarked: marked !== undefined };
    return relationSql({ ...relation, deletedRows });
  }

  #deletedRowsTable(scan: TableScan, files: readonly FileHandle[]): DeletedRows {
    const { snapshot, marked } = scan.table;
    const name = `__levee_deleted_${this.deletedRows.length}`;
    const except = marked && files.map((file) => marked.get(file)?.except);
    const table = { name, snapshot, files, except, scan };
    this.deletedRows.push(table);
    return table;
  }
}

/**
 * Up to so many files with deletion vectors are read each by itself: see decision 10. Each branch of a
 * UNION ALL costs DuckDB some 0.2 ms to plan.
 */
const filesAloneMax = 32;
