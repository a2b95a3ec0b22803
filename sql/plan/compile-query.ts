/**
 * A bound query -> one text: each reference replaced by the relation it stands for, views by their own
 * queries. What a table becomes is the caller's: data files for the engine that runs the query, an
 * empty table for the one that plans it.
 */
import type { StructType } from '../../catalog/data-type.ts';
import type { BoundQuery, BoundReference, TemporaryRelation } from '../bind/bound-query.ts';
import type { PinnedTable } from '../bind/snapshot-pins.ts';
import { editText, type EditedText, type TextEdit } from '../parse/text-edits.ts';
import { quoteIdentifier } from '../quote.ts';

/** A SELECT for the reference to a table with this number, which counts them as `tablesOf` does. */
export type TableSql = (table: PinnedTable, number: number) => string;

/** A SELECT for the reference to a temporary table with this number. */
export type TemporarySql = (relation: TemporaryRelation, number: number) => string;

function temporaryTableSql({ name, columns, isNumbered }: TemporaryRelation): string {
  if (!isNumbered) return `FROM ${quoteIdentifier(name)}`;
  const number = columns.fields.at(-1)?.name ?? '';
  return `SELECT *, rowid AS ${quoteIdentifier(number)} FROM ${quoteIdentifier(name)}`;
}

/** `changes` are made to the text of the query itself, not to those of its views. */
export function compileQuery(
  query: BoundQuery,
  tableSql: TableSql,
  changes: readonly TextEdit[] = [],
  temporarySql: TemporarySql = temporaryTableSql,
): EditedText {
  let tables = 0;
  let temporaries = 0;

  function compile({ text, references, edits }: BoundQuery, more: readonly TextEdit[]): EditedText {
    const all: TextEdit[] = [...edits, ...more];
    for (const reference of references) {
      const { addedAlias, nameStart, nameEnd, timeTravel } = reference;
      const alias = addedAlias === undefined ? '' : ` AS ${quoteIdentifier(addedAlias)}`;
      all.push({ start: nameStart, end: nameEnd, text: `(${relationOf(reference)})${alias}` });
      if (timeTravel !== undefined) all.push({ ...timeTravel, text: '' });
    }
    return editText(text, all);
  }

  function relationOf({ relation }: BoundReference): string {
    switch (relation.kind) {
      case 'constant':
        return relation.sql;
      case 'view': {
        const { text } = compile(relation.query, []);
        const names = relation.columnNames;
        if (names === undefined) return text;
        return `SELECT * FROM (${text}) AS v(${names.map(quoteIdentifier).join(', ')})`;
      }
      case 'table':
        return tableSql(relation.table, tables++);
      case 'temporary':
        return temporarySql(relation, temporaries++);
    }
  }

  return compile(query, changes);
}

/** The tables of all references, those in views included: one for each reference. */
export function tablesOf(query: BoundQuery): readonly PinnedTable[] {
  return query.references.flatMap(({ relation }) => {
    switch (relation.kind) {
      case 'constant':
      case 'temporary':
        return [];
      case 'view':
        return tablesOf(relation.query);
      case 'table':
        return [relation.table];
    }
  });
}

/** The columns of the temporary tables of all references; no view has any. */
export function temporariesOf({ references }: BoundQuery): readonly StructType[] {
  return references.flatMap(({ relation }) =>
    relation.kind === 'temporary' ? [relation.columns] : [],
  );
}
