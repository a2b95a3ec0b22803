/**
 * A statement that changes a table is run again, from the start, when another commit came in between
 * that it cannot be put behind. Nothing of it was visible by then. When, and for how long, is decided
 * by `conflict-retries.ts`.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { Transactions } from '../../catalog/commit/transactions.ts';
import type { ErrorCode } from '../../catalog/error-codes.ts';
import type { StatementContext } from '../statement-context.ts';

const conflicts: ReadonlySet<ErrorCode> = new Set([
  'DELTA_CONCURRENT_APPEND',
  'DELTA_CONCURRENT_DELETE_READ',
  'DELTA_CONCURRENT_DELETE_DELETE',
  'DELTA_CONCURRENT_WRITE',
  // Somebody has loaded the same file, or changed what the table is clustered by.
  'DELTA_CONCURRENT_TRANSACTION',
  'DELTA_METADATA_CHANGED',
  'DELTA_PROTOCOL_CHANGED',
]);

/** Whether the commit lost, for certain, against another one. */
export function isConflict(error: unknown): boolean {
  return error instanceof CodedError && conflicts.has(error.code);
}

export async function retryConflicts<T>(
  context: StatementContext,
  attempt: (context: StatementContext) => Promise<T>,
): Promise<T> {
  const { services, pins, signal } = context;
  const { transactions } = services;
  let table: string | undefined;
  const noting: Transactions = {
    begin(snapshot) {
      table = snapshot.location;
      return transactions.begin(snapshot);
    },
    beginNew(location) {
      table = location;
      return transactions.beginNew(location);
    },
    idle: () => transactions.idle(),
  };
  return await services.conflictRetries.run({
    attempt: async (number) => {
      // The first attempt reads what the statement has pinned already, the others what is there now.
      const current = number === 1 ? pins : pins.anew();
      return await attempt({
        ...context,
        pins: current,
        services: { ...services, transactions: noting },
      });
    },
    isConflict,
    table: () => table,
    signal,
  });
}
