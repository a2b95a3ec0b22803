/**
 * A bound query -> what DuckDB runs: each reference replaced by the relation it stands for. Pure: the
 * snapshots are in memory and no file is opened.
 */
import type { FileHandle } from '../../catalog/active-files.ts';
import type { BoundQuery, BoundReference } from '../bind/bound-query.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import type { PinnedTable } from '../bind/snapshot-pins.ts';
import { editText, type EditedText, type TextEdit } from '../parse/text-edits.ts';
import { quoteIdentifier } from '../quote.ts';
import type { DeletedRows, QueryPlan, TableScan } from './query-plan.ts';
import { fileStorage, type FileStorage, type KnownShapes } from './file-storage.ts';
import { relationSql, unionSql } from './relation-sql.ts';
import { tableRelation } from './table-relation.ts';

export function planQuery(query: BoundQuery, shapes: KnownShapes): QueryPlan {
  const planner = new Planner(shapes);
  const compiled = planner.compile(query);
  const { scans, deletedRows } = planner;
  const sum = (of: (scan: TableScan) => number): number =>
    scans.reduce((total, scan) => total + of(scan), 0);
  return {
    sql: compiled.text,
    toSource: (offset) => compiled.toSource(offset),
    scans,
    deletedRows,
    filesTotal: sum(({ table }) => table.snapshot.files.count),
    filesScanned: sum(({ files }) => files.length),
    bytesScanned: sum(({ bytes }) => bytes),
  };
}

interface FileGroup {
  readonly storage: FileStorage;
  readonly isHoled: boolean;
  readonly files: readonly FileHandle[];
}

class Planner {
  readonly #shapes: KnownShapes;

  constructor(shapes: KnownShapes) {
    this.#shapes = shapes;
  }

  readonly scans: TableScan[] = [];
  readonly deletedRows: DeletedRows[] = [];

  /** The text of the query with its references replaced. */
  compile(query: BoundQuery): EditedText {
    const edits: TextEdit[] = [...query.edits];
    for (const reference of query.references) {
      const { addedAlias } = reference;
      const alias = addedAlias === undefined ? '' : ` AS ${quoteIdentifier(addedAlias)}`;
      const sql = `(${this.#relationOf(reference)})${alias}`;
      edits.push({ start: reference.nameStart, end: reference.nameEnd, text: sql });
      if (reference.timeTravel !== undefined) edits.push({ ...reference.timeTravel, text: '' });
    }
    return editText(query.text, edits);
  }

  #relationOf({ relation }: BoundReference): string {
    switch (relation.kind) {
      case 'constant':
        return relation.sql;
      case 'view': {
        const { text } = this.compile(relation.query);
        const names = relation.columnNames;
        if (names === undefined) return text;
        return `SELECT * FROM (${text}) AS v(${names.map(quoteIdentifier).join(', ')})`;
      }
      case 'table':
        return this.#scan(relation.table);
    }
  }

  /**
   * Files with a deletion vector are read apart, so that only they pay for looking rows up; so are
   * files whose columns need a conversion.
   */
  #scan(table: PinnedTable): string {
    const { snapshot } = table;
    const files = [...snapshot.files];
    const bytes = files.reduce((total, file) => total + snapshot.files.sizeBytes(file), 0);
    this.scans.push({ table, files, bytes });
    if (files.length === 0) return relationSql(tableRelation(snapshot, []));
    return unionSql(this.#groups(snapshot, files).map((group) => this.#groupSql(table, group)));
  }

  /** Files that can be read in one way each. */
  #groups(snapshot: Snapshot, files: readonly FileHandle[]): readonly FileGroup[] {
    const { columns } = tableRelation(snapshot, []);
    const storageOf = fileStorage(snapshot, columns, this.#shapes);
    const groups = new Map<string, FileGroup & { readonly files: FileHandle[] }>();
    for (const file of files) {
      const isHoled = snapshot.files.deletionVector(file) !== undefined;
      const storage = storageOf(file);
      const key = `${isHoled} ${storage.key}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { storage, isHoled, files: [file] });
      else group.files.push(file);
    }
    return [...groups.values()];
  }

  #groupSql(table: PinnedTable, { files, storage, isHoled }: FileGroup): string {
    const { snapshot, marked } = table;
    const { isPlain, stored, bytesAreText } = storage;
    const relation = { ...tableRelation(snapshot, files), isPlain, stored, bytesAreText };
    if (!isHoled) return relationSql(relation);
    const name = `__levee_deleted_${this.deletedRows.length}`;
    const except = marked && files.map((file) => marked.get(file)?.except);
    this.deletedRows.push({ name, snapshot, files, except });
    const isMarked = marked !== undefined;
    return relationSql({ ...relation, deletedRows: quoteIdentifier(name), isMarked });
  }
}
