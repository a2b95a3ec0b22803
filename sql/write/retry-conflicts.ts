/**
 * A statement that changes a table is run again, from the start, when another commit came in between
 * that it cannot be put behind. Nothing of it was visible by then.
 */
import { setTimeout } from 'node:timers/promises';
import { CodedError } from '../../catalog/coded-error.ts';
import type { ErrorCode } from '../../catalog/error-codes.ts';
import type { StatementContext } from '../statement-context.ts';

/** How often a statement is begun: each time another commit has come in between. */
const attemptsMax = 20;
/** The longest wait before the second attempt; it grows with each, and is drawn by chance. */
const waitMsMax = 20;

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
  for (let number = 1; ; number++) {
    try {
      // The first attempt reads what the statement has pinned already, the others what is there now.
      const pins = number === 1 ? context.pins : context.pins.anew();
      return await attempt({ ...context, pins });
    } catch (error) {
      if (!isConflict(error) || number >= attemptsMax) throw error;
      const { signal } = context;
      await setTimeout(Math.random() * waitMsMax * number, undefined, { signal });
    }
  }
}
