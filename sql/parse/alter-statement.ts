/** ALTER TABLE, ALTER VIEW and COMMENT ON. */
import type { DataType } from '../../catalog/data-type.ts';
import type { ColumnName, ObjectName } from './object-name.ts';
import type { SourceSlice } from './source-slice.ts';
import type { CheckConstraint, Property } from './table-statement.ts';

export interface AlterTable {
  readonly kind: 'alterTable';
  readonly table: ObjectName;
  readonly action: AlterTableAction;
}

export type AlterTableAction =
  | {
      readonly kind: 'addColumns';
      readonly columns: readonly AddedColumn[];
      readonly ifNotExists: boolean;
    }
  | { readonly kind: 'replaceColumns'; readonly columns: readonly AddedColumn[] }
  | { readonly kind: 'renameColumn'; readonly column: ColumnName; readonly to: string }
  | {
      readonly kind: 'dropColumns';
      readonly columns: readonly ColumnName[];
      readonly ifExists: boolean;
    }
  | { readonly kind: 'alterColumns'; readonly changes: readonly ColumnChange[] }
  | {
      /** Hive's `CHANGE COLUMN old new type ...`, which says everything at once. */
      readonly kind: 'changeColumn';
      readonly column: ColumnName;
      readonly to: AddedColumn;
    }
  | { readonly kind: 'addConstraint'; readonly constraint: CheckConstraint }
  | { readonly kind: 'dropConstraint'; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: 'setProperties'; readonly properties: readonly Property[] }
  | {
      readonly kind: 'unsetProperties';
      readonly keys: readonly string[];
      readonly ifExists: boolean;
    }
  /** No columns: CLUSTER BY NONE. */
  | { readonly kind: 'clusterBy'; readonly columns: readonly ColumnName[] }
  /** The feature as written; `dropFeature` may ask for the history to be cut. */
  | { readonly kind: 'addFeature'; readonly feature: string }
  | {
      readonly kind: 'dropFeature';
      readonly feature: string;
      readonly truncateHistory: boolean;
    }
  | { readonly kind: 'rename'; readonly to: ObjectName }
  | { readonly kind: 'setLocation'; readonly location: string };

/** A column of ADD COLUMNS, REPLACE COLUMNS and CHANGE COLUMN; its name may lie inside structs. */
export interface AddedColumn {
  readonly column: ColumnName;
  readonly type: DataType;
  readonly notNull: boolean;
  readonly comment: string | undefined;
  readonly defaultValue: SourceSlice | undefined;
  readonly position: ColumnPosition | undefined;
}

export type ColumnPosition =
  | { readonly kind: 'first' }
  /** A name in the same struct as the column itself. */
  | { readonly kind: 'after'; readonly name: string };

export interface ColumnChange {
  readonly column: ColumnName;
  readonly change:
    | { readonly kind: 'type'; readonly type: DataType }
    /** `undefined`: COMMENT ON COLUMN ... IS NULL. */
    | { readonly kind: 'comment'; readonly comment: string | undefined }
    | { readonly kind: 'position'; readonly position: ColumnPosition }
    | { readonly kind: 'setNotNull' }
    | { readonly kind: 'dropNotNull' }
    | { readonly kind: 'setDefault'; readonly value: SourceSlice }
    | { readonly kind: 'dropDefault' }
    | { readonly kind: 'syncIdentity' };
}

export interface AlterView {
  readonly kind: 'alterView';
  readonly view: ObjectName;
  readonly action:
    | { readonly kind: 'query'; readonly query: SourceSlice }
    | { readonly kind: 'rename'; readonly to: ObjectName }
    | { readonly kind: 'setProperties'; readonly properties: readonly Property[] }
    | {
        readonly kind: 'unsetProperties';
        readonly keys: readonly string[];
        readonly ifExists: boolean;
      };
}

export interface CommentOn {
  readonly kind: 'commentOn';
  readonly object:
    /** In Spark a view may be meant by TABLE too. */
    | { readonly kind: 'table'; readonly name: ObjectName }
    | { readonly kind: 'view'; readonly name: ObjectName }
    | { readonly kind: 'schema'; readonly name: ObjectName }
    | { readonly kind: 'column'; readonly table: ObjectName; readonly column: string };
  /** `undefined` for IS NULL, which takes the comment away. */
  readonly comment: string | undefined;
}
