/**
 * The `Server-Timing` header (https://www.w3.org/TR/server-timing/): the stages until the first row,
 * each with what it had to do.
 */
import type { StageTiming, StatementStatistics } from '../sql/sql-engine.ts';

export interface TimedAnswer {
  readonly queueMs: number;
  readonly timings: readonly StageTiming[];
  readonly statistics: StatementStatistics;
}

export function serverTiming({ queueMs, timings, statistics }: TimedAnswer): string {
  return [
    metric('queue', queueMs, undefined),
    ...timings.map(({ stage, ms }) => metric(stage, ms, description(stage, statistics))),
  ].join(', ');
}

function metric(name: string, ms: number, text: string | undefined): string {
  const timed = `${name};dur=${ms.toFixed(2)}`;
  return text === undefined ? timed : `${timed};desc="${text}"`;
}

/** Of words and numbers only, so that nothing has to be escaped; none where there was nothing to do. */
function description(
  stage: StageTiming['stage'],
  statistics: StatementStatistics,
): string | undefined {
  const { filesTotal, filesScanned, bytesScanned, rowsDeleted } = statistics;
  const { snapshotsCached, checkpointFilesRead, commitsRead, logBytesRead } = statistics;
  switch (stage) {
    case 'parse':
    case 'execute':
      return undefined;
    case 'bind':
      if (snapshotsCached + checkpointFilesRead + commitsRead === 0) return undefined;
      return (
        `${snapshotsCached} snapshots cached, ${checkpointFilesRead} checkpoint files and ` +
        `${commitsRead} commits read, ${logBytesRead} bytes`
      );
    case 'plan':
      if (filesTotal === 0) return undefined;
      return `${filesScanned} of ${filesTotal} files, ${bytesScanned} bytes`;
    case 'fetch':
      return rowsDeleted === 0 ? undefined : `${rowsDeleted} rows deleted`;
  }
}
