/**
 * `ALTER TABLE ... DROP FEATURE name [TRUNCATE HISTORY]`, in Delta's order: the feature is turned off and
 * its traces taken out of the newest version; then the protocol forgets it. Several commits: whoever is
 * stopped in between has a table that is right, and gives the statement again.
 *
 * What the history still holds must not be misread by those who do not know the feature:
 *
 * | | before the protocol forgets it |
 * | --- | --- |
 * | features that only writers know | nothing |
 * | without TRUNCATE HISTORY | three checkpoints that need no older commit, kept by `checkpointProtection` |
 * | with it | the history is cut back to a day; while it still holds traces, the statement is refused |
 *
 * Source: AlterTableDropFeatureDeltaCommand and PreDowngradeTableFeatureCommand.scala of Delta.
 */
import { firstCommit, historyUses } from '../../../catalog/checkpoint/feature-history.ts';
import { gatherTombstones } from '../../../catalog/checkpoint/gather-tombstones.ts';
import { cleanUpLog } from '../../../catalog/checkpoint/log-cleanup.ts';
import {
  writeCheckpoint,
  type CheckpointPorts,
} from '../../../catalog/checkpoint/write-checkpoint.ts';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { CommitDescription } from '../../../catalog/commit/transaction-content.ts';
import type { Metadata, RemoveFile } from '../../../catalog/log/actions.ts';
import { deletionVectorSource } from '../../../catalog/log/deletion-vector.ts';
import { encodePath } from '../../../catalog/log/file-path.ts';
import { checkWritable, enforcedFeatures } from '../../../catalog/log/protocol.ts';
import { featuresOf, protocolWith } from '../../../catalog/log/protocol-upgrade.ts';
import { serializeSchema } from '../../../catalog/log/schema.ts';
import { readProperty, tableProperties } from '../../../catalog/log/table-properties.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import { createParquetIo, createParquetWriter } from '../../duckdb/parquet-io.ts';
import type { ObjectName } from '../../parse/statement.ts';
import type { StatementContext } from '../../statement-context.ts';
import { describedTable } from '../../utility/described-target.ts';
import { optimize } from '../maintenance/optimize.ts';
import { retryConflicts } from '../retry-conflicts.ts';
import { constraintsOf } from './column-uses.ts';
import {
  hasTypeChanges,
  protectedBefore,
  removableFeatures,
  without,
  withoutTimestamps,
  withoutTypeChanges,
  type RemovableFeature,
} from './feature-traces.ts';
import { droppableFeature, type DropFeature } from './droppable-feature.ts';
import { rewriteTable } from './rewrite-table.ts';
import { unmappedClustering, unmappedTable } from './unmapped-table.ts';

/** Readers give up after as many checkpoints that they do not understand. */
const barrierCheckpoints = 3;
const minuteMs = 60_000;

const timestampKeys = [
  tableProperties.enableInCommitTimestamps,
  tableProperties.inCommitTimestampEnablementVersion,
  tableProperties.inCommitTimestampEnablementTimestampMs,
].map(({ key }) => key);
const protectionKey = tableProperties.requireCheckpointProtectionBeforeVersion.key;

/**
 * @throws DELTA_FEATURE_DROP_UNSUPPORTED_CLIENT_FEATURE, ..._NONREMOVABLE_FEATURE,
 *   ..._FEATURE_NOT_PRESENT, ..._HISTORY_TRUNCATION_NOT_ALLOWED, ..._DEPENDENT_FEATURE,
 *   ..._WAIT_FOR_RETENTION_PERIOD, ..._HISTORICAL_VERSIONS_EXIST, ..._CONFLICT_REVALIDATION_FAIL,
 *   ..._CHECKPOINT_FAILED, DELTA_FEATURE_CAN_ONLY_DROP_CHECKPOINT_PROTECTION_WITH_HISTORY_TRUNCATION,
 *   DELTA_CANNOT_DROP_CHECK_CONSTRAINT_FEATURE,
 *   DELTA_INVALID_COLUMN_NAMES_WHEN_REMOVING_COLUMN_MAPPING
 */
export async function dropFeature(
  table: ObjectName,
  action: DropFeature,
  context: StatementContext,
): Promise<void> {
  const { snapshot } = await describedTable(table, context);
  const { location, protocol, metadata, schema } = snapshot;
  checkWritable(location, protocol, metadata, schema, enforcedFeatures);
  const feature = droppableFeature(action, protocol);
  await new FeatureDrop(table, { ...action, feature }, context).run();
}

class FeatureDrop {
  readonly #table: ObjectName;
  readonly #feature: RemovableFeature;
  readonly #truncates: boolean;
  readonly #context: StatementContext;
  readonly #ports: CheckpointPorts;

  constructor(
    table: ObjectName,
    { feature, truncateHistory }: DropFeature & { readonly feature: RemovableFeature },
    context: StatementContext,
  ) {
    this.#table = table;
    this.#feature = feature;
    this.#truncates = truncateHistory;
    this.#context = context;
    const { store, clock, newId, duckdb } = context.services;
    const parquet = createParquetIo(duckdb);
    this.#ports = { store, parquet, parquetWriter: createParquetWriter(duckdb), clock, newId };
  }

  async run(): Promise<void> {
    const { inHistory } = removableFeatures[this.#feature];
    const cleaned = await this.#removeTraces();
    if (inHistory && this.#truncates) await this.#truncateHistory(cleaned);
    else if (inHistory) {
      for (let number = 0; number < barrierCheckpoints; number++) await this.#addCheckpoint();
    }
    await this.#forget(inHistory && !this.#truncates);
    if (inHistory && !this.#truncates) await this.#checkpointNow();
  }

  /** Later steps must see what earlier ones did. */
  get #fresh(): StatementContext {
    return { ...this.#context, pins: this.#context.pins.anew() };
  }

  async #newest(): Promise<Snapshot> {
    return (await describedTable(this.#table, this.#fresh)).snapshot;
  }

  /** Whether there were any. */
  async #removeTraces(): Promise<boolean> {
    const snapshot = await this.#newest();
    const feature = this.#feature;
    const isUsed = removableFeatures[feature].isUsed(snapshot);
    switch (feature) {
      case 'vacuumProtocolCheck':
        return false;
      case 'checkConstraints': {
        if (!isUsed) return false;
        throw new CodedError(
          'DELTA_CANNOT_DROP_CHECK_CONSTRAINT_FEATURE',
          `The table has CHECK constraints: ${[...constraintsOf(snapshot.metadata).keys()].join(', ')}.`,
        );
      }
      case 'inCommitTimestamp':
        if (isUsed) await this.#edit(unset(timestampKeys), withoutTimestamps);
        return isUsed;
      case 'v2Checkpoint': {
        if (!isUsed) return false;
        const classic = { [tableProperties.checkpointPolicy.key]: 'classic' };
        await this.#edit(
          {
            operation: 'SET TBLPROPERTIES',
            operationParameters: { properties: JSON.stringify(classic) },
          },
          (metadata) => ({
            ...metadata,
            configuration: { ...metadata.configuration, ...classic },
          }),
        );
        return true;
      }
      case 'typeWidening':
      case 'typeWidening-preview':
        if (isUsed) await this.#removeTypeChanges(hasTypeChanges(snapshot.schema));
        return hasTypeChanges(snapshot.schema);
      case 'columnMapping':
        if (isUsed) await this.#removeMapping();
        return isUsed;
      case 'deletionVectors':
        await this.#removeDeletionVectors(isUsed);
        return isUsed;
      case 'checkpointProtection':
        await this.#removeProtection(snapshot);
        return false;
    }
  }

  async #removeTypeChanges(hasChanges: boolean): Promise<void> {
    const { key } = tableProperties.enableTypeWidening;
    await this.#edit(unset([key]), (metadata) => without(metadata, [key]));
    if (!hasChanges) return;
    // Files from before a change hold the old type, and do not say so in the log: all are rewritten.
    await rewriteTable(
      this.#table,
      {
        operation: 'REORG',
        parameters: { predicate: '[]', applyPurge: 'false' },
        definition: () => undefined,
      },
      this.#fresh,
    );
    await this.#edit(
      { operation: 'DROP FEATURE', operationParameters: { featureName: this.#feature } },
      (metadata, { schema }) => ({
        ...metadata,
        schemaString: serializeSchema(withoutTypeChanges(schema)),
      }),
    );
  }

  async #removeMapping(): Promise<void> {
    await rewriteTable(
      this.#table,
      {
        operation: 'REMOVE COLUMN MAPPING',
        parameters: {},
        definition: unmappedTable,
        domain: unmappedClustering,
      },
      this.#fresh,
    );
  }

  async #removeDeletionVectors(isUsed: boolean): Promise<void> {
    const { key } = tableProperties.enableDeletionVectors;
    if (isUsed) {
      await this.#edit(unset([key]), (metadata) => without(metadata, [key]));
      await optimize(
        { kind: 'reorgTable', target: this.#table, condition: undefined },
        this.#fresh,
      );
    }
    await retryConflicts(this.#fresh, async (current) => {
      const { snapshot } = await describedTable(this.#table, current);
      const transaction = current.services.transactions.begin(snapshot);
      transaction.enforces(enforcedFeatures);
      transaction.addTombstones(await this.#vectorTombstones(snapshot));
      await transaction.commit(
        { operation: 'Deletion Vector Tombstones', operationParameters: {}, operationMetrics: {} },
        current.signal,
      );
    });
  }

  /** So that VACUUM of engines that do not know deletion vectors leaves their files for old versions. */
  async #vectorTombstones({
    location,
    version,
    metadata,
  }: Snapshot): Promise<readonly RemoveFile[]> {
    const nowMs = this.#ports.clock.nowMs();
    const retentionMs = readProperty(
      metadata.configuration,
      tableProperties.deletedFileRetentionMs,
    );
    const wish = { location, version, sinceMs: nowMs - retentionMs };
    const tombstones = await gatherTombstones(this.#ports, wish, this.#context.signal);
    const paths = new Set<string>();
    const known = new Set<string>();
    for (const { path, deletionVector } of tombstones) {
      if (deletionVector === undefined) known.add(path);
      else {
        const source = deletionVectorSource(deletionVector, location);
        if (source.kind === 'file') paths.add(loggedPath(source.location, location));
      }
    }
    return [...paths]
      .filter((path) => !known.has(path))
      .map((path) => ({
        kind: 'remove',
        path,
        deletionTimestamp: nowMs,
        dataChange: false,
      }));
  }

  async #removeProtection(snapshot: Snapshot): Promise<void> {
    if (!(await this.#isProtectionOver(snapshot))) {
      await this.#addCheckpoint();
      await this.#cutHistory();
      if (!(await this.#isProtectionOver(snapshot))) {
        throw new CodedError(
          'DELTA_FEATURE_DROP_CHECKPOINT_PROTECTION_WAIT_FOR_RETENTION_PERIOD',
          `The history still has versions before ${protectedBefore(snapshot)}, which use features that ` +
            'were dropped; it is cut back to a day, or as far as ' +
            `${tableProperties.dropFeatureRetentionMs.key} says.`,
        );
      }
    }
    await this.#edit(unset([protectionKey]), (metadata) => without(metadata, [protectionKey]));
  }

  async #isProtectionOver(snapshot: Snapshot): Promise<boolean> {
    const version = protectedBefore(snapshot);
    if (version <= 0) return true;
    return (await firstCommit(snapshot.location, this.#ports, this.#context.signal)) >= version;
  }

  async #truncateHistory(cleaned: boolean): Promise<void> {
    await this.#addCheckpoint();
    const feature = this.#feature;
    const retention = tableProperties.dropFeatureRetentionMs.key;
    if (cleaned) {
      throw new CodedError(
        'DELTA_FEATURE_DROP_WAIT_FOR_RETENTION_PERIOD',
        `The table does not use ${feature} any more, but its history still does: give the statement ` +
          `again when that has expired, after a day or as long as ${retention} says.`,
      );
    }
    await this.#cutHistory();
    const { location } = await this.#newest();
    const trace = {
      usedBy: removableFeatures[feature].usedBy,
      inV2Checkpoints: feature === 'v2Checkpoint',
    };
    if (await historyUses(trace, location, this.#ports, this.#context.signal)) {
      throw new CodedError(
        'DELTA_FEATURE_DROP_HISTORICAL_VERSIONS_EXIST',
        `${feature} cannot be dropped yet: the history has versions that use it. It is cut back to a ` +
          `day, or as far as ${retention} says.`,
      );
    }
  }

  async #cutHistory(): Promise<void> {
    const snapshot = await this.#newest();
    const retentionMs = readProperty(
      snapshot.metadata.configuration,
      tableProperties.dropFeatureRetentionMs,
    );
    const expiry = { retentionMs, granularityMs: minuteMs };
    await cleanUpLog(snapshot, this.#ports, this.#context.signal, expiry);
  }

  /** A commit of nothing, with a checkpoint: nothing before it is needed to read what follows. */
  async #addCheckpoint(): Promise<void> {
    await this.#edit({ operation: 'Empty Commit', operationParameters: {} }, undefined);
    await this.#checkpointNow();
  }

  async #checkpointNow(): Promise<void> {
    try {
      await writeCheckpoint(await this.#newest(), this.#ports, this.#context.signal);
    } catch (cause) {
      if (this.#context.signal.aborted) throw cause;
      throw new CodedError(
        'DELTA_FEATURE_DROP_CHECKPOINT_FAILED',
        `${this.#feature} was not dropped: a checkpoint of the table could not be written.`,
        { cause },
      );
    }
  }

  /** The protocol without the feature. */
  async #forget(protects: boolean): Promise<void> {
    const feature = this.#feature;
    await retryConflicts(this.#fresh, async (current) => {
      const { snapshot } = await describedTable(this.#table, current);
      const features = new Set(featuresOf(snapshot.protocol));
      if (!features.delete(feature) || removableFeatures[feature].isUsed(snapshot)) {
        throw new CodedError(
          'DELTA_FEATURE_DROP_CONFLICT_REVALIDATION_FAIL',
          `${feature} was not dropped: the table was changed meanwhile.`,
        );
      }
      if (protects) features.add('checkpointProtection');
      const transaction = current.services.transactions.begin(snapshot);
      transaction.enforces(enforcedFeatures);
      transaction.setProtocol(protocolWith(features));
      const { metadata, version } = snapshot;
      if (protects) {
        const configuration = { ...metadata.configuration, [protectionKey]: String(version + 1) };
        transaction.setMetadata({ ...metadata, configuration });
      }
      await transaction.commit(
        {
          operation: 'DROP FEATURE',
          operationParameters: {
            featureName: feature,
            truncateHistory: String(this.#truncates),
          },
          operationMetrics: {},
        },
        current.signal,
      );
    });
  }

  async #edit(
    description: Omit<CommitDescription, 'operationMetrics'>,
    change: ((metadata: Metadata, snapshot: Snapshot) => Metadata) | undefined,
  ): Promise<void> {
    await retryConflicts(this.#fresh, async (current) => {
      const { snapshot } = await describedTable(this.#table, current);
      const transaction = current.services.transactions.begin(snapshot);
      transaction.enforces(enforcedFeatures);
      if (change !== undefined) transaction.setMetadata(change(snapshot.metadata, snapshot));
      await transaction.commit({ ...description, operationMetrics: {} }, current.signal);
    });
  }
}

function unset(keys: readonly string[]): Omit<CommitDescription, 'operationMetrics'> {
  return {
    operation: 'UNSET TBLPROPERTIES',
    operationParameters: { properties: JSON.stringify(keys), ifExists: 'true' },
  };
}

/** As the log names a file of the table; one that lies elsewhere by its whole location. */
function loggedPath(file: string, location: string): string {
  return encodePath(file.startsWith(`${location}/`) ? file.slice(location.length + 1) : file);
}
