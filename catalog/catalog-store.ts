/**
 * The names that are not found by looking at the warehouse: schemas, registered locations, views.
 */
export interface ViewDefinition {
  /** The text of the query, as its author wrote it. */
  readonly sql: string;
  readonly dialect: 'duckdb' | 'spark';
  /** The schema in which its unqualified names are looked up. */
  readonly defaultSchema: string;
  /** The view reads with this identity's rights. */
  readonly owner: string;
  /** New names for its columns, in order; `undefined` keeps the query's own. */
  readonly columnNames: readonly string[] | undefined;
  readonly comment: string | undefined;
  /** `TBLPROPERTIES`, which mean nothing to Levee. */
  readonly properties?: { readonly [key: string]: string } | undefined;
  readonly createdMs: number;
}

export interface RegisteredTable {
  /** Absolute path or URL of the table's folder. */
  readonly location: string;
  readonly createdMs: number;
}

/** Everything the catalog remembers, as one immutable value. Keys keep the case they were made with. */
export interface CatalogContents {
  readonly schemas: { readonly [name: string]: SchemaContents };
}
export interface SchemaContents {
  readonly comment: string | undefined;
  readonly tables: { readonly [name: string]: RegisteredTable };
  readonly views: { readonly [name: string]: ViewDefinition };
}

/** Keeps the catalog's contents. Durable once `update` has returned. */
export interface CatalogStore {
  read(): Promise<CatalogContents>;
  /**
   * Replaces the contents by what `change` makes of them. `change` is pure and may run again when
   * another process has written in between; what it throws is passed on and nothing is changed.
   */
  update(change: (contents: CatalogContents) => CatalogContents): Promise<CatalogContents>;
}
