/**
 * A bound query and the files to read -> what DuckDB runs. Pure: the snapshots are in memory and no
 * file is opened.
 */
import type { FileHandle } from '../../catalog/active-files.ts';
import type { StructType } from '../../catalog/data-type.ts';
import type { BoundQuery } from '../bind/bound-query.ts';
import type { PinnedTable, RowColumns } from '../bind/snapshot-pins.ts';
import { quoteIdentifier } from '../quote.ts';
import { duckdbType } from '../types.ts';
import { compileQuery, tablesOf, temporariesOf, type TemporarySql } from './compile-query.ts';
import type { DeletedRows, QueryPlan, TableScan } from './query-plan.ts';
import { hiddenColumn, type HiddenColumn } from './metadata-column-sql.ts';
import { byName, namesInFile, needsNames } from './names-in-file.ts';
import { fileStorage, type FileStorage, type KnownShapes } from './file-storage.ts';
import { relationSql, unionSql, type Relation } from './relation-sql.ts';
import { relationRows } from './row-columns.ts';
import { tableRelation, type PathOf } from './table-relation.ts';

/** What was decided before: see `choose-files.ts`. */
export interface PlanInput {
  /** One for each reference to a table, in the order of `tablesOf`. */
  readonly scans: readonly TableScan[];
  /** A query without tables that gives the same rows, if there is one. */
  readonly answer: string | undefined;
  readonly setUp: readonly string[];
  readonly unskipped: string | undefined;
  readonly collations: QueryPlan['collations'];
  /** Where the engine finds a data file: its location if absent. */
  readonly pathOf?: PathOf | undefined;
  /** What the names of the plan's temporary tables begin with, after a prefix of ours. */
  readonly name?: string | undefined;
  /** What stands for the temporary tables that the query names, where they are not there yet. */
  readonly temporarySql?: TemporarySql | undefined;
}

export function planQuery(query: BoundQuery, input: PlanInput, shapes: KnownShapes): QueryPlan {
  const { scans, answer, setUp, unskipped, collations } = input;
  const writer = new ScanWriter(shapes, input.name ?? '', input.pathOf);
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
  readonly isHoled: boolean;
  /** What the files call the columns, where they are not found in the way the table has it. */
  readonly identifiers: readonly string[] | undefined;
  readonly files: readonly FileHandle[];
}

/** Writes the relations of the scans, collecting the deleted rows that they name. */
class ScanWriter {
  readonly #shapes: KnownShapes;

  readonly #name: string;

  readonly #pathOf: PathOf | undefined;

  constructor(shapes: KnownShapes, name: string, pathOf: PathOf | undefined) {
    this.#shapes = shapes;
    this.#name = name;
    this.#pathOf = pathOf;
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
    const holed = files.filter((file) => snapshot.files.deletionVector(file) !== undefined);
    const alone = holed.length <= filesAloneMax ? holed : [];
    const deleted = alone.length === 0 ? undefined : this.#deletedRowsTable(scan, alone);
    const groups = this.#groups(table, files, new Set(alone));
    return unionSql(groups.map((group) => this.#groupSql(scan, group, deleted)));
  }

  /** Files that can be read in one way each. */
  #groups(
    table: PinnedTable,
    files: readonly FileHandle[],
    alone: ReadonlySet<FileHandle>,
  ): readonly FileGroup[] {
    const { snapshot } = table;
    const { columns } = tableRelation(snapshot, []);
    const storageOf = fileStorage(snapshot, columns, this.#shapes);
    const isByName = needsNames(table);
    const groups = new Map<string, FileGroup & { readonly files: FileHandle[] }>();
    for (const file of files) {
      const isHoled = snapshot.files.deletionVector(file) !== undefined;
      const storage = storageOf(file);
      const shape = isByName ? this.#shapes.shapeOf(snapshot.files.location(file)) : undefined;
      const identifiers = shape && namesInFile(shape, columns);
      const key = alone.has(file)
        ? `file ${file}`
        : JSON.stringify([isHoled, storage.key, identifiers]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { storage, isHoled, identifiers, files: [file] });
      else group.files.push(file);
    }
    return [...groups.values()];
  }

  /** `alone` has the deleted rows of the files that are read by themselves. */
  #groupSql(
    scan: TableScan,
    { files, storage, isHoled, identifiers }: FileGroup,
    alone: DeletedRows | undefined,
  ): string {
    const { table } = scan;
    const { snapshot, marked } = table;
    const { stored, bytesAreText } = storage;
    const read = tableRelation(snapshot, files, this.#pathOf);
    const hidden = hiddenColumn(snapshot, table.metadataFields, files);
    const columns = identifiers === undefined ? read.columns : byName(read.columns, identifiers);
    const isPlain = storage.isPlain && (hidden === undefined || hidden.sources.length === 0);
    const relation = withRows(
      table,
      { ...read, columns, isPlain, stored, bytesAreText, hidden },
      files,
    );
    if (!isHoled) return relationSql(relation);
    const { name } = alone ?? this.#deletedRowsTable(scan, files);
    const [file = -1] = files;
    const number = alone?.files.indexOf(file);
    const deletedRows = { name, file: number, isMarked: marked !== undefined };
    return relationSql({ ...relation, deletedRows });
  }

  #deletedRowsTable(scan: TableScan, files: readonly FileHandle[]): DeletedRows {
    const { snapshot, marked } = scan.table;
    const name = `__levee_deleted_${this.#name}${this.deletedRows.length}`;
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

/** With the columns that tell rows apart, where they are asked for. */
function withRows(
  { rowColumns, snapshot }: PinnedTable,
  relation: Relation,
  files: readonly FileHandle[],
): Relation {
  if (rowColumns === undefined) return relation;
  const { hidden } = relation;
  return {
    ...relation,
    hidden: hidden && withNames(hidden, rowColumns),
    rows: relationRows(rowColumns, snapshot.files, files),
    // Ids of tracked rows lie in columns that some of the files have and others lack.
    isPlain: relation.isPlain && rowColumns.tracking === undefined,
  };
}

/** A column of the files that both want is read once, under the name that the rows have for it. */
function withNames(hidden: HiddenColumn, { tracking }: RowColumns): HiddenColumn {
  if (tracking === undefined) return hidden;
  const { rowId, rowCommitVersion, physicalRowId, physicalRowCommitVersion } = tracking;
  const sources = hidden.sources.map((source) => {
    if (source.identifier === physicalRowId) return { ...source, name: rowId };
    const isVersion = source.identifier === physicalRowCommitVersion;
    return isVersion ? { ...source, name: rowCommitVersion } : source;
  });
  return { ...hidden, sources };
}
