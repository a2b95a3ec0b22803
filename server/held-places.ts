/**
 * What a statement holds while it waits and runs (its session, its place, its connection, its
 * timer), and how all of it is given back, once and in reverse order.
 */
import { CodedError } from '../catalog/coded-error.ts';
import { asCodedError } from './error-reply.ts';
import type { TrackedStatement } from './statement-registry.ts';
import { formatDuration } from './units.ts';

export interface HeldPlaces {
  /** Remembers how to give something back. */
  readonly add: (release: () => unknown) => void;
  /** Gives everything back, the last first. Never rejects. */
  readonly releaseAll: () => Promise<void>;
}

/** Starts the clock of the statement and listens for its client. */
export function holdPlaces(
  statement: TrackedStatement,
  timeoutMs: number,
  clientSignal: AbortSignal,
): HeldPlaces {
  const timer = setTimeout(() => {
    const message = `the statement did not end within ${formatDuration(timeoutMs)}`;
    statement.cancel(new CodedError('QUERY_TIMEOUT', message));
  }, timeoutMs);
  const onClientGone = (): void => statement.cancel(asCodedError(clientSignal.reason));
  if (clientSignal.aborted) onClientGone();
  else clientSignal.addEventListener('abort', onClientGone, { once: true });
  const releases: (() => unknown)[] = [
    () => clearTimeout(timer),
    () => clientSignal.removeEventListener('abort', onClientGone),
  ];
  return {
    add: (release) => void releases.push(release),
    releaseAll: async () => {
      for (let release = releases.pop(); release !== undefined; release = releases.pop()) {
        try {
          await release();
        } catch {
          // The failure of the statement itself has been reported where it was awaited.
        }
      }
    },
  };
}
