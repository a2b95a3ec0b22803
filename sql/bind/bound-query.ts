/** A query whose every name has a meaning: what bind gives to plan. Plain data. */
import type { StructType } from '../../catalog/data-type.ts';
import type { QueryParameters } from '../parse/lexical-edits.ts';
import type { EditedText, TextEdit } from '../parse/text-edits.ts';
import type { ClockUse } from './clock-use.ts';
import type { PinnedTable } from './snapshot-pins.ts';

/** Something with columns that stands for a reference. */
export type BoundRelation =
  | { readonly kind: 'table'; readonly table: PinnedTable }
  | {
      readonly kind: 'view';
      readonly name: string;
      readonly query: BoundQuery;
      /** New names for the columns of the query. */
      readonly columnNames: readonly string[] | undefined;
    }
  /** Rows that Levee makes itself: `information_schema`. A SELECT over constants. */
  | { readonly kind: 'constant'; readonly sql: string }
  | TemporaryRelation;

/** A temporary table of the statement's own connection. */
export interface TemporaryRelation {
  readonly kind: 'temporary';
  readonly name: string;
  readonly columns: StructType;
  /** The last of the columns is not one of the table's but the number that DuckDB has for a row. */
  readonly isNumbered: boolean;
}

export interface BoundReference {
  /** Of the name in the query's text, to be replaced by the relation. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** The alias to add where the query has none; `undefined` where it has one. */
  readonly addedAlias: string | undefined;
  /** The time travel clause, to be removed. */
  readonly timeTravel: { readonly start: number; readonly end: number } | undefined;
  readonly relation: BoundRelation;
}

export interface BoundQuery {
  /** DuckDB's dialect, with the names still in it; leads back to what the user wrote. */
  readonly text: EditedText;
  readonly references: readonly BoundReference[];
  /** Changes of the text besides the references: qualified column names shortened. */
  readonly edits: readonly TextEdit[];
  readonly parameters: QueryParameters;
  readonly isVolatile: boolean;
  /** That of its views included. */
  readonly clockUse: ClockUse;
  /** Whether any SELECT in it groups. */
  readonly hasGroupBy: boolean;
}
