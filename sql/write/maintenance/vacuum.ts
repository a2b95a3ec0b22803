/**
 * `VACUUM`: removes the files that a table needs no more. The work itself is the catalog's; here are the
 * session's settings, the two commits that the history tells of it with, and the answer.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import { checkWritable, enforcedFeatures } from '../../../catalog/log/protocol.ts';
import { readProperty, tableProperties } from '../../../catalog/log/table-properties.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import { vacuum as removeUnused, type FoundFiles } from '../../../catalog/vacuum/vacuum.ts';
import { createParquetIo } from '../../duckdb/parquet-io.ts';
import { positionAt } from '../../errors.ts';
import type { Vacuum } from '../../parse/statement.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { staticResult, stringType } from '../../static-result.ts';
import { describedTable } from '../../utility/described-target.ts';

const hourMs = 3_600_000;

/** The table's folder; or, of a dry run, the files that would go, the first thousand of them. */
export async function vacuum(
  statement: Vacuum,
  context: StatementContext,
): Promise<StatementResult> {
  const { services, session, signal } = context;
  const { snapshot } = await describedTable(statement.target, context);
  const { location, protocol, metadata, schema } = snapshot;
  // What may not be written is not cleaned up either.
  checkWritable(location, protocol, metadata, schema, enforcedFeatures);
  const retentionMs =
    statement.retainHours === undefined ? undefined : Math.round(statement.retainHours * hourMs);
  const checkRetention = session.checkVacuumRetention ?? true;
  const history = new VacuumHistory(snapshot, { retentionMs, checkRetention }, context);
  try {
    const report = await removeUnused(
      location,
      { retentionMs, checkRetention, dryRun: statement.dryRun, mode: statement.mode },
      {
        store: services.store,
        folders: services.folders,
        parquet: createParquetIo(services.duckdb, services.files),
        clock: services.clock,
        latest: (table, callSignal) => services.snapshots.latest(table, { signal: callSignal }),
        beforeRemoval: (found) => history.start(found),
      },
      signal,
    );
    if (!statement.dryRun) {
      await history.end('COMPLETED', {
        numDeletedFiles: String(report.removed.fileCount),
        numVacuumedDirectories: String(report.folders),
      });
    }
    const rows = statement.dryRun ? report.paths : [location];
    return staticResult(
      [{ name: 'path', type: stringType }],
      rows.map((path) => [path]),
    );
  } catch (error) {
    await history.failed();
    throw error instanceof CodedError
      ? error.at(positionAt(context.source, statement.target.start))
      : error;
  }
}

/** `VACUUM START` and `VACUUM END`, as Delta writes them. They change nothing of the table. */
class VacuumHistory {
  readonly #snapshot: Snapshot;
  readonly #options: { readonly retentionMs: number | undefined; readonly checkRetention: boolean };
  readonly #context: StatementContext;
  #isOpen = false;

  constructor(
    snapshot: Snapshot,
    options: { readonly retentionMs: number | undefined; readonly checkRetention: boolean },
    context: StatementContext,
  ) {
    this.#snapshot = snapshot;
    this.#options = options;
    this.#context = context;
  }

  async start({ fileCount, totalBytes }: FoundFiles): Promise<void> {
    const { retentionMs, checkRetention } = this.#options;
    const { configuration } = this.#snapshot.metadata;
    const own = readProperty(configuration, tableProperties.deletedFileRetentionMs);
    await this.#commit(
      'VACUUM START',
      {
        retentionCheckEnabled: String(checkRetention),
        ...(retentionMs === undefined ? {} : { specifiedRetentionMillis: String(retentionMs) }),
        defaultRetentionMillis: String(own),
      },
      { numFilesToDelete: String(fileCount), sizeOfDataToDelete: String(totalBytes) },
    );
    this.#isOpen = true;
  }

  async end(
    status: 'COMPLETED' | 'FAILED',
    metrics: { readonly [name: string]: string },
  ): Promise<void> {
    this.#isOpen = false;
    await this.#commit('VACUUM END', { status }, metrics);
  }

  /** The failure that led here is the one to tell. */
  async failed(): Promise<void> {
    if (!this.#isOpen) return;
    await this.end('FAILED', {}).catch(() => undefined);
  }

  async #commit(
    operation: string,
    operationParameters: { readonly [name: string]: string },
    operationMetrics: { readonly [name: string]: string },
  ): Promise<void> {
    const { services, signal } = this.#context;
    const newest = await services.snapshots.latest(this.#snapshot.location, { signal });
    await services.transactions
      .begin(newest)
      .commit({ operation, operationParameters, operationMetrics }, signal);
  }
}
