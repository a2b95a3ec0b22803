/** What a statement that changes rows works with: a connection of its own, and one moment. */
import type { EngineConnection } from '../../duckdb/engine-connection.ts';
import type { StatementContext } from '../../statement-context.ts';

export interface WorkContext extends StatementContext {
  /** Holds the statement's temporary tables. */
  readonly connection: EngineConnection;
  /** When this attempt began, which is the time for all its queries. */
  readonly startedMs: number;
}

/**
 * Runs `use` with a connection that the statement keeps to its end, in one transaction of DuckDB: the
 * time that a query asks for is the same in all its steps.
 */
export async function withWorkContext<T>(
  context: StatementContext,
  use: (context: WorkContext) => Promise<T>,
): Promise<T> {
  const { duckdb, clock } = context.services;
  return await duckdb.withConnection(async (connection) => {
    await connection.rows('BEGIN TRANSACTION', context.signal);
    return await use({ ...context, connection, startedMs: clock.nowMs() });
  });
}
