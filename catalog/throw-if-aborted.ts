/**
 * Turns an aborted signal into the error the client sees: the signal's own reason when that is a
 * `CodedError` (timeout, shutdown), `QUERY_CANCELED` otherwise.
 */
import { CodedError } from './coded-error.ts';

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const reason: unknown = signal.reason;
  if (reason instanceof CodedError) throw reason;
  throw new CodedError('QUERY_CANCELED', 'The query was cancelled.', { cause: reason });
}
