/**
 * What an example is: the SQL that fills it, in order. An example uses only what every user has, SQL
 * over HTTP; `load-example.ts` sends it.
 *
 * Writes are numbered so that a load can be taken up where it stopped: a write becomes version
 * `version` of its table, and is left out when the table already has that version.
 */
export interface Example {
  readonly name: string;
  readonly schema: string;
  /** Definitions that may run again without changing anything: CREATE ... IF NOT EXISTS. */
  readonly tables: readonly string[];
  readonly writes: readonly Write[];
  /** CREATE OR REPLACE VIEW statements. */
  readonly views: readonly string[];
  /** A query worth trying first, in the dialect `spark`. */
  readonly firstQuery: string;
}

export interface Write {
  /** The table's name within the schema. */
  readonly table: string;
  /** The version of the table that this write makes. Its CREATE TABLE made version 0. */
  readonly version: number;
  readonly sql: string;
}
