/**
 * The files of old versions must be there before their scan begins: VACUUM takes away what no newer
 * version needs, and a scan that meets the gap halfway could only say which file it missed. The
 * files of a latest version are not checked; there DuckDB's own error says enough.
 */
import type { FileHandle } from '../catalog/active-files.ts';
import { CodedError } from '../catalog/coded-error.ts';
import { readInOrder } from '../catalog/read-in-order.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { TableScan } from './plan/query-plan.ts';
import type { StatementContext } from './statement-context.ts';

/** Files that are looked for at the same time. */
const parallelLooks = 64;
/** Versions with more files than this are not searched for one that is whole. */
const searchedFilesMax = 5000;

/**
 * Throws DELTA_FILE_NOT_FOUND naming the first missing file, their number and, if it can be found
 * soon, the earliest later version that is whole. Costs one `stat` for each file of an old version.
 */
export async function requireFiles(
  scans: readonly TableScan[],
  context: StatementContext,
): Promise<void> {
  for (const { table, files } of scans) {
    if (table.requested.kind === 'latest') continue;
    const { snapshot, name } = table;
    const missing = await missingFiles(snapshot, files, context);
    const [first] = missing;
    if (first === undefined) continue;
    const whole = table.isChanges ? undefined : await earliestWholeVersion(snapshot, context);
    const what = table.isChanges ? `Some of ${name}` : `Version ${snapshot.version} of ${name}`;
    throw new CodedError(
      'DELTA_FILE_NOT_FOUND',
      `${what} cannot be read any more: ${missing.length} of ${files.length} files ` +
        `${missing.length === 1 ? 'is' : 'are'} missing, the first being ` +
        `${first}. VACUUM removes files that only old versions need.`,
      {
        hint:
          whole === undefined
            ? 'Ask for later versions; DESCRIBE HISTORY lists them.'
            : `The earliest later version whose files are all there is ${whole}.`,
      },
    );
  }
}

async function missingFiles(
  { files: active, location: folder }: Snapshot,
  files: Iterable<FileHandle>,
  { services, signal }: StatementContext,
): Promise<readonly string[]> {
  // A log may name any place: what is outside of the table is left to DuckDB and its roots.
  const locations = Array.from(files, (file) => active.location(file)).filter((location) =>
    location.startsWith(`${folder}/`),
  );
  const missing: string[] = [];
  const looks = readInOrder(locations, parallelLooks, async (location) =>
    (await services.store.stat(location, { signal })) === undefined ? location : undefined,
  );
  for await (const location of looks) if (location !== undefined) missing.push(location);
  return missing;
}

/**
 * Files go missing from the past on, so the whole versions are the last ones: they are found by
 * halving. `undefined` when there is none, or when the table is too large to try.
 */
async function earliestWholeVersion(
  { location, version }: Snapshot,
  context: StatementContext,
): Promise<number | undefined> {
  const { snapshots } = context.services;
  const options = { signal: context.signal };
  try {
    const latest = await snapshots.latest(location, options);
    const isWhole = async (snapshot: Snapshot): Promise<boolean> =>
      (await missingFiles(snapshot, snapshot.files, context)).length === 0;
    if (latest.files.count > searchedFilesMax || !(await isWhole(latest))) return undefined;
    let low = version;
    let high = latest.version;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const snapshot = await snapshots.atVersion(location, middle, options);
      if (snapshot.files.count > searchedFilesMax) return undefined;
      if (await isWhole(snapshot)) high = middle;
      else low = middle;
    }
    return high > version ? high : undefined;
  } catch (error) {
    // The hint is not worth another error; the signal's own is met by what comes next.
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}
