/**
 * Every upper bound of the server: its unit, default, range and reason, and the relations that
 * must hold between them. `docs/limits.md` lists the same; a test keeps the two equal. Values come
 * from the configuration (`config.ts`) and travel down as arguments.
 */
export type LimitUnit = 'bytes' | 'ms' | 'count';

export interface LimitSpec {
  readonly unit: LimitUnit;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** Why there is a bound, and what meets it. */
  readonly reason: string;
}

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

function define<T extends Record<string, LimitSpec>>(specs: T): Readonly<T> {
  return Object.freeze(specs);
}

export const limitSpecs = define({
  // --- one request --------------------------------------------------------------------------
  connectionsMax: {
    unit: 'count',
    default: 1024,
    min: 1,
    max: 65_536,
    reason: 'Open connections cost memory and descriptors; further ones are closed at once.',
  },
  headerBytesMax: {
    unit: 'bytes',
    default: 64 * KiB,
    min: 8 * KiB,
    max: 1 * MiB,
    reason: 'Headers and URL are held in memory; GET /v1/sql carries its statement there (431).',
  },
  requestBodyBytesMax: {
    unit: 'bytes',
    default: 4 * MiB,
    min: 1 * KiB,
    max: 256 * MiB,
    reason: 'A body is parsed as a whole (413, REQUEST_TOO_LARGE).',
  },
  requestReceiveMsMax: {
    unit: 'ms',
    default: 60 * second,
    min: 1 * second,
    max: 1 * hour,
    reason: 'A client that sends its request byte by byte holds a connection (408).',
  },
  jsonDepthMax: {
    unit: 'count',
    default: 64,
    min: 4,
    max: 1000,
    reason: 'Deeply nested JSON exhausts the stack of whatever walks it (400).',
  },
  statementBytesMax: {
    unit: 'bytes',
    default: 1 * MiB,
    min: 1 * KiB,
    max: 64 * MiB,
    reason: 'Tokens and syntax tree take many times the text (413, STATEMENT_TOO_LARGE).',
  },
  parametersMax: {
    unit: 'count',
    default: 10_000,
    min: 1,
    max: 65_535,
    reason: 'Each is bound by a call into the engine on the event loop (400).',
  },
  // --- running statements -------------------------------------------------------------------
  statementsRunningMax: {
    unit: 'count',
    default: 8,
    min: 1,
    max: 512,
    reason: 'Each holds a connection and a thread of the pool; more only share the same cores.',
  },
  ioThreadsReserve: {
    unit: 'count',
    default: 4,
    min: 2,
    max: 256,
    reason: 'Threads of the pool kept for file I/O and name look-up while statements run.',
  },
  statementsWaitingMax: {
    unit: 'count',
    default: 256,
    min: 0,
    max: 100_000,
    reason: 'Waiting requests hold their connection and body (503, SERVER_BUSY).',
  },
  statementWaitMsMax: {
    unit: 'ms',
    default: 30 * second,
    min: 0,
    max: 1 * hour,
    reason: 'Later than this a client is better told to come back (503, SERVER_BUSY).',
  },
  statementTimeoutMsDefault: {
    unit: 'ms',
    default: 5 * minute,
    min: 1,
    max: 7 * 24 * hour,
    reason: 'For requests that name none: from arrival to the last byte (504, QUERY_TIMEOUT).',
  },
  statementTimeoutMsMax: {
    unit: 'ms',
    default: 1 * hour,
    min: 1,
    max: 7 * 24 * hour,
    reason: 'A longer "timeout" is refused, so that nothing runs for ever (400).',
  },
  resultRowsMax: {
    unit: 'count',
    default: 1_000_000_000,
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    reason: 'A runaway join would stream until its time-out (RESULT_TOO_LARGE).',
  },
  responseChunkBytes: {
    unit: 'bytes',
    default: 256 * KiB,
    min: 1 * KiB,
    max: 16 * MiB,
    reason: 'Encoded at a time and held for a slow client; also bounds the event loop’s pauses.',
  },
  recentStatementsMax: {
    unit: 'count',
    default: 200,
    min: 0,
    max: 100_000,
    reason: 'Ended statements that GET /v1/queries still shows; the oldest are forgotten.',
  },
  // --- sessions -----------------------------------------------------------------------------
  sessionsMax: {
    unit: 'count',
    default: 1000,
    min: 0,
    max: 1_000_000,
    reason: 'A session keeps its temporary views in memory (503, TOO_MANY_SESSIONS).',
  },
  sessionIdleMsMax: {
    unit: 'ms',
    default: 30 * minute,
    min: 1 * second,
    max: 7 * 24 * hour,
    reason: 'Sessions whose client has gone are closed.',
  },
  transactionIdleMsMax: {
    unit: 'ms',
    default: 5 * minute,
    min: 100,
    max: 24 * hour,
    reason: 'A transaction whose client has gone is rolled back, and its files are deleted.',
  },
  // --- engine -------------------------------------------------------------------------------
  engineThreads: {
    unit: 'count',
    default: 0,
    min: 0,
    max: 1024,
    reason: 'Cores DuckDB computes with, shared by all statements; 0 = all of the machine.',
  },
  engineMemoryBytesMax: {
    unit: 'bytes',
    default: 0,
    min: 0,
    max: 16_384 * GiB,
    reason: 'DuckDB spills to disk beyond it (OUT_OF_MEMORY); 0 = half of the machine’s memory.',
  },
  tempBytesMax: {
    unit: 'bytes',
    default: 20 * GiB,
    min: 0,
    max: 16_384 * GiB,
    reason: 'Spilled data must not fill the disk (DISK_FULL).',
  },
  fetchCacheBytesMax: {
    unit: 'bytes',
    default: 10 * GiB,
    min: 1 * MiB,
    max: 16_384 * GiB,
    reason: 'Files of object stores kept on disk; the least used go (FETCH_CACHE_FULL).',
  },
  snapshotCacheBytesMax: {
    unit: 'bytes',
    default: 256 * MiB,
    min: 1 * MiB,
    max: 1024 * GiB,
    reason: 'Snapshots of tables kept between statements; the least used are dropped.',
  },
  // --- stopping -----------------------------------------------------------------------------
  drainMsMax: {
    unit: 'ms',
    default: 20 * second,
    min: 0,
    max: 1 * hour,
    reason: 'Running statements may end after SIGTERM; then they are cancelled.',
  },
});

export type LimitName = keyof typeof limitSpecs;
export type Limits = { readonly [name in LimitName]: number };

export const limitNames = Object.keys(limitSpecs) as readonly LimitName[];

export const defaultLimits: Limits = Object.freeze(
  Object.fromEntries(limitNames.map((name) => [name, limitSpecs[name].default])),
) as Limits;

/**
 * What is wrong with the limits taken together, as sentences; none when they fit.
 * @param threadPoolSize threads of libuv's pool (UV_THREADPOOL_SIZE). A running statement holds
 *   one; when all are held, the results nobody fetches keep the files from being read, and the
 *   process hangs.
 */
export function limitProblems(limits: Limits, threadPoolSize: number): readonly string[] {
  const problems: string[] = [];
  const threadsNeeded = limits.statementsRunningMax + limits.ioThreadsReserve;
  if (threadPoolSize < threadsNeeded) {
    problems.push(
      `statementsRunningMax ${limits.statementsRunningMax} and ioThreadsReserve ` +
        `${limits.ioThreadsReserve} need ${threadsNeeded} threads, but UV_THREADPOOL_SIZE is ` +
        `${threadPoolSize}: start with UV_THREADPOOL_SIZE=${threadsNeeded} or more, ` +
        `or lower statementsRunningMax`,
    );
  }
  const notGreater = (smaller: LimitName, greater: LimitName, why: string): void => {
    if (limits[smaller] > limits[greater]) {
      problems.push(
        `${smaller} ${limits[smaller]} is greater than ${greater} ${limits[greater]}: ${why}`,
      );
    }
  };
  notGreater('statementBytesMax', 'requestBodyBytesMax', 'such a statement could not be sent');
  notGreater(
    'statementTimeoutMsDefault',
    'statementTimeoutMsMax',
    'the default would be refused if a request named it',
  );
  return problems;
}
