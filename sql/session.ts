/**
 * What a client's statements share: the current schema, the dialect and the temporary views.
 * `server/sessions.ts` keeps and expires them; a request without a session gets a fresh one.
 */
import type { Dialect } from './parse/dialect.ts';
import type { ViewDefinition } from '../catalog/catalog-store.ts';
import type { OpenTransaction } from './transaction/open-transaction.ts';

/** Who asks. It travels through bind, where rights are checked. */
export interface Identity {
  readonly name: string;
  readonly groups: readonly string[];
}

export const anonymous: Identity = Object.freeze({ name: 'anonymous', groups: [] });

/** Mutable on purpose: `USE`, `SET` and `CREATE TEMPORARY VIEW` change it, one statement at a time. */
export interface Session {
  readonly id: string;
  currentSchema: string;
  dialect: Dialect;
  /** What `SET max_staleness` said; 0 if absent. A request's own goes before it. */
  maxStalenessMs?: number | undefined;
  /** Whether INSERT adds columns to a table without saying so. */
  mergeSchema?: boolean | undefined;
  /** Which partitions INSERT OVERWRITE replaces: all, the default, or those with new rows. */
  partitionOverwriteMode?: 'static' | 'dynamic' | undefined;
  /** Whether VACUUM keeps to the retention of the table. True if absent. */
  checkVacuumRetention?: boolean | undefined;
  /** How long a transaction may idle; absent where the session is that of one request. */
  readonly transactionIdleMsMax?: number | undefined;
  /** From BEGIN to COMMIT or ROLLBACK. */
  transaction?: OpenTransaction | undefined;
  /** By lower-case name. */
  readonly temporaryViews: Map<string, ViewDefinition>;
}
