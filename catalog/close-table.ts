/**
 * The last version of a table that is about to be moved away object by object: its protocol demands a
 * feature that nobody has. Writers that were about to commit have lost to it, and readers refuse the table
 * instead of reading the part of the log that is still there.
 */
import { serializeCommit } from './log/commit-json.ts';
import { commitLocation, logFolder, nameOf, parseLogName } from './log/log-path.ts';
import type { ObjectStore } from './ports.ts';
import { CodedError } from './coded-error.ts';

const feature = 'leveeDropped';
const attemptsMax = 100;

export async function closeTable(store: ObjectStore, table: string): Promise<void> {
  const bytes = serializeCommit([
    {
      kind: 'protocol',
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: [feature],
      writerFeatures: [feature],
    },
  ]);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    let newest = -1;
    for await (const { location } of store.list(logFolder(table))) {
      const name = parseLogName(nameOf(location));
      if (name !== undefined) newest = Math.max(newest, name.version);
    }
    const location = commitLocation(table, newest + 1);
    if ((await store.putIfAbsent(location, bytes)) === 'created') return;
  }
  throw new CodedError('DELTA_CONCURRENT_WRITE', `${table} was written to all the time.`);
}
