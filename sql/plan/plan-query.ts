/**
 * A bound query -> what DuckDB runs: each reference replaced by the relation it stands for. Pure: the
 * snapshots are in memory and no file is opened.
 */
import type { FileHandle } from '../../catalog/active-files.ts';
import type { BoundQuery, BoundReference } from '../bind/bound-query.ts';
import type { PinnedTable } from '../bind/snapshot-pins.ts';
import { editText, type EditedText, type TextEdit } from '../parse/text-edits.ts';
import { quoteIdentifier } from '../quote.ts';
import type { DeletedRows, QueryPlan, TableScan } from './query-plan.ts';
import { relationSql, unionSql } from './relation-sql.ts';
import { tableRelation } from './table-relation.ts';

export function planQuery(query: BoundQuery): QueryPlan {
  const planner = new Planner();
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

class Planner {
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

  /** Files with a deletion vector are read apart: only they pay for looking rows up. */
  #scan(table: PinnedTable): string {
    const { snapshot } = table;
    const files = [...snapshot.files];
    const bytes = files.reduce((total, file) => total + snapshot.files.sizeBytes(file), 0);
    this.scans.push({ table, files, bytes });
    const hasDeletedRows = (file: FileHandle) => snapshot.files.deletionVector(file) !== undefined;
    const whole = files.filter((file) => !hasDeletedRows(file));
    const holed = files.filter(hasDeletedRows);
    const selects: string[] = [];
    if (whole.length > 0 || holed.length === 0) {
      selects.push(relationSql(tableRelation(snapshot, whole)));
    }
    if (holed.length > 0) {
      const name = `__levee_deleted_${this.deletedRows.length}`;
      this.deletedRows.push({ name, snapshot, files: holed });
      const relation = tableRelation(snapshot, holed);
      selects.push(relationSql({ ...relation, deletedRows: quoteIdentifier(name) }));
    }
    return unionSql(selects);
  }
}
