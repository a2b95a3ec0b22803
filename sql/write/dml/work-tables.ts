/**
 * The temporary tables of a statement that changes rows. They lie in DuckDB and spill to its disk, so
 * that neither the rows of a table nor the list of those that change are ever held in memory whole.
 * No column of a user's table is called like theirs.
 */
import type { StructField } from '../../../catalog/data-type.ts';
import type { TemporaryRelation } from '../../bind/bound-query.ts';

/** Rows that go from where they lie, each once: because they are deleted, or written anew. */
export const touchedTable = '__levee_touched';
/** The address of the row. */
export const touchedAddress = '__levee_touched_address';
/** The number of the clause that takes it. */
export const touchedClause = '__levee_touched_clause';
/** The number of the source's row, for MERGE; NULL where there is none. */
export const touchedSource = '__levee_touched_source';

/** Pairs of a row of the target and one of the source that match, for MERGE. */
export const pairsTable = '__levee_pairs';

/** Rows of the source that are inserted, and the clause that does. */
export const insertedTable = '__levee_inserted';
export const insertedSource = '__levee_inserted_source';
export const insertedClause = '__levee_inserted_clause';

/** The rows of MERGE's source, and the column that numbers them. */
export const sourceTable = '__levee_source';
export const sourceRow = '__levee_source_row';

/** New rows, where they are needed twice: for the table and for its change data. */
export const newTable = '__levee_new';

function workTable(name: string, ...columns: readonly string[]): TemporaryRelation {
  return {
    kind: 'temporary',
    name,
    columns: { kind: 'struct', fields: columns.map(longField) },
    isNumbered: false,
  };
}

function longField(name: string): StructField {
  return { name, type: { kind: 'long' }, nullable: true, metadata: {} };
}

export const touched = workTable(touchedTable, touchedAddress, touchedClause, touchedSource);
export const pairs = workTable(pairsTable, touchedAddress, touchedClause, touchedSource);
export const inserted = workTable(insertedTable, insertedSource, insertedClause);

/** The rows of the source, each with its number behind its own columns. */
export function sourceRelation(columns: readonly StructField[]): TemporaryRelation {
  const fields = [...columns, longField(sourceRow)];
  return {
    kind: 'temporary',
    name: sourceTable,
    columns: { kind: 'struct', fields },
    isNumbered: true,
  };
}
