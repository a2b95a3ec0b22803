/**
 * Reads the commits that other writers made meanwhile: their files alone, several at a time, without a
 * listing. How many there are is found out by asking for more than there may be.
 */
import { CodedError } from '../coded-error.ts';
import { actionsOf } from '../log/commit-json.ts';
import { commitLocation } from '../log/log-path.ts';
import type { ObjectStore } from '../ports.ts';
import { inSlices } from '../read-log-file.ts';
import { WinningCommitBuilder, type WinningCommit } from './winning-commit.ts';

const readsAtOnceMin = 2;
const readsAtOnceMax = 16;

/**
 * The commits from `from` on, ascending, without a gap, up to the newest at some moment of the call.
 *
 * @param from a version that exists
 * @throws DELTA_CONCURRENT_WRITE when it is gone: the table was replaced, or its log cleaned up
 */
export async function readWinners(
  store: ObjectStore,
  tableLocation: string,
  from: number,
  signal: AbortSignal | undefined,
): Promise<readonly WinningCommit[]> {
  const winners: WinningCommit[] = [];
  for (let count = readsAtOnceMin; ; count = Math.min(2 * count, readsAtOnceMax)) {
    const first = from + winners.length;
    const found = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        store.read(commitLocation(tableLocation, first + i), { signal }),
      ),
    );
    for (const [i, bytes] of found.entries()) {
      if (bytes === undefined) {
        if (winners.length > 0) return winners;
        throw logGone(tableLocation, from);
      }
      winners.push(await parseWinner(bytes, tableLocation, first + i, signal));
    }
  }
}

async function parseWinner(
  bytes: Uint8Array,
  tableLocation: string,
  version: number,
  signal: AbortSignal | undefined,
): Promise<WinningCommit> {
  const builder = new WinningCommitBuilder(version);
  const file = commitLocation(tableLocation, version);
  await inSlices(actionsOf(bytes, file), signal, (action) => builder.take(action));
  return builder.finish();
}

/** What a transaction began with is no longer there. */
export function logGone(tableLocation: string, version: number): CodedError {
  return new CodedError(
    'DELTA_CONCURRENT_WRITE',
    `${tableLocation} was replaced, or its log cleaned up, while the statement ran: the commit of ` +
      `version ${version} is not what it was.`,
  );
}
