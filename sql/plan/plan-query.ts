/**
 * A bound query -> what DuckDB runs: each reference replaced by the relation it stands for. Pure: the
 * snapshots are in memory and no file is opened.
 */
import type { BoundQuery, BoundReference } from '../bind/bound-query.ts';
import { editText, type EditedText, type TextEdit } from '../parse/text-edits.ts';
import { quoteIdentifier } from '../quote.ts';
import type { QueryPlan, TableScan } from './query-plan.ts';
import { relationSql } from './relation-sql.ts';
import { tableRelation } from './table-relation.ts';

export function planQuery(query: BoundQuery): QueryPlan {
  const scans: TableScan[] = [];
  const { text, toSource } = compileQuery(query, scans);
  const sum = (of: (scan: TableScan) => number): number =>
    scans.reduce((total, scan) => total + of(scan), 0);
  return {
    sql: text,
    toSource,
    scans,
    filesTotal: sum(({ table }) => table.snapshot.files.count),
    filesScanned: sum(({ files }) => files.length),
    bytesScanned: sum(({ bytes }) => bytes),
  };
}

/** The text of the query with its references replaced; their scans are added to `scans`. */
function compileQuery(query: BoundQuery, scans: TableScan[]): EditedText {
  const edits: TextEdit[] = [...query.edits];
  for (const reference of query.references) {
    const { addedAlias } = reference;
    const alias = addedAlias === undefined ? '' : ` AS ${quoteIdentifier(addedAlias)}`;
    const sql = `(${relationOf(reference, scans)})${alias}`;
    edits.push({ start: reference.nameStart, end: reference.nameEnd, text: sql });
    if (reference.timeTravel !== undefined) edits.push({ ...reference.timeTravel, text: '' });
  }
  return editText(query.text, edits);
}

function relationOf({ relation }: BoundReference, scans: TableScan[]): string {
  switch (relation.kind) {
    case 'constant':
      return relation.sql;
    case 'view': {
      const { text } = compileQuery(relation.query, scans);
      const names = relation.columnNames;
      if (names === undefined) return text;
      return `SELECT * FROM (${text}) AS v(${names.map(quoteIdentifier).join(', ')})`;
    }
    case 'table': {
      const { snapshot } = relation.table;
      const files = [...snapshot.files];
      const bytes = files.reduce((total, file) => total + snapshot.files.sizeBytes(file), 0);
      scans.push({ table: relation.table, files, bytes });
      return relationSql(tableRelation(snapshot, files));
    }
  }
}
