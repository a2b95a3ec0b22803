/**
 * A transaction's content -> the actions of a commit on a given base: version, in-commit timestamp, row
 * ids, protocol, `commitInfo`. Made anew at each attempt, so that nothing of a lost attempt stays.
 * Pure: time and id come in.
 *
 * A commit
 * 1. begins with `commitInfo`, whose in-commit timestamp is later than that of the version before;
 * 2. has no two actions that reconcile with each other (PROTOCOL.md#delta-log-entries);
 * 3. leaves a table that Levee may write and whose protocol has all that its metadata uses;
 * 4. gives row ids beyond the high-water mark, where the table gives out row ids.
 */
import assert from 'node:assert/strict';
import { CodedError } from '../coded-error.ts';
import type { JsonValue } from '../data-type.ts';
import type { Action, AddFile, CommitInfo, Metadata, Protocol } from '../log/actions.ts';
import { columnMappingMode, physicalName } from '../log/column-mapping.ts';
import {
  checkWritable,
  enforcedFeatures,
  hasInCommitTimestamps,
  supportsFeature,
} from '../log/protocol.ts';
import { featuresOf, protocolFor } from '../log/protocol-upgrade.ts';
import {
  assignsRowIds,
  hasRowTracking,
  physicalRowCount,
  rowIdHighWaterMarkDomain,
  rowTrackingDomain,
} from '../log/row-tracking.ts';
import { parseSchema } from '../log/schema.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import type { CommitBase, TableDefinition } from './commit-base.ts';
import {
  droppedFeatures,
  isBlindAppend,
  isolationLevel,
  type TransactionContent,
} from './transaction-content.ts';

export const engineInfo = 'Levee/0.1.0';

const enablementVersion = 'delta.inCommitTimestampEnablementVersion';
const enablementTimestamp = 'delta.inCommitTimestampEnablementTimestamp';

export interface CommitMoment {
  readonly nowMs: number;
  /** Makes the bytes of this commit unlike those of any other: see `committer.ts`. */
  readonly txnId: string;
}

/** What one transaction adds to a commit. */
export interface PreparedBody {
  readonly actions: readonly Action[];
  /** The table after it. */
  readonly definition: TableDefinition;
  readonly rowIdHighWaterMark: number;
}

/**
 * The whole commit of transactions whose bodies were prepared one after the other, each on the
 * high-water mark that the one before left.
 *
 * @param content that of all together
 */
export function composeCommit(
  content: TransactionContent,
  bodies: readonly PreparedBody[],
  base: CommitBase,
  moment: CommitMoment,
): readonly Action[] {
  const last = bodies.at(-1);
  assert(last !== undefined, 'a commit of nothing');
  const { definition, rowIdHighWaterMark: mark } = last;
  return [
    prepareCommitInfo(content, base, definition, moment),
    ...(mark > base.rowIdHighWaterMark ? [rowIdHighWaterMarkDomain(mark)] : []),
    ...bodies.flatMap(({ actions }) => actions),
  ];
}

/**
 * All of a commit but its `commitInfo` and the high-water mark.
 *
 * @param timestampMs what `commitTimeMs` gives
 *
 * @throws DELTA_UNSUPPORTED_FEATURES_FOR_WRITE and what else `checkWritable` throws,
 *   DELTA_CANNOT_MODIFY_APPEND_ONLY, DELTA_DOMAIN_METADATA_NOT_SUPPORTED,
 *   DELTA_ROW_ID_ASSIGNMENT_WITHOUT_STATS, DELTA_ROW_TRACKING_ILLEGAL_PROPERTY_COMBINATION
 */
export function prepareBody(
  content: TransactionContent,
  base: CommitBase,
  timestampMs: number,
): PreparedBody {
  const { adds, removes, cdc, txns, domainMetadata } = content;
  checkNoDuplicates(content);
  const definition = definitionAfter(content, base, timestampMs);
  const { protocol, metadata, schema } = definition;
  // Who adds no rows breaks no rule of theirs.
  const enforced = adds.length === 0 ? enforcedFeatures : content.enforced;
  const declared = content.metadata === undefined ? enforced : content.enforced;
  if (base.definition !== undefined) {
    const { protocol: old, metadata: oldMetadata, schema: oldSchema } = base.definition;
    checkWritable(base.location, old, oldMetadata, oldSchema, enforced);
  }
  checkWritable(base.location, protocol, metadata, schema, declared);
  checkAppendOnly(content, base);
  checkDomains(content, protocol, base.location);
  checkRowTrackingProperties(metadata);
  checkPartitionValues(adds, definition);
  const rowIds = assignRowIds(content, base, definition);
  return {
    definition,
    rowIdHighWaterMark: rowIds.mark,
    actions: [
      ...(protocol === base.definition?.protocol ? [] : [protocol]),
      ...(metadata === base.definition?.metadata ? [] : [metadata]),
      ...txns,
      ...domainMetadata,
      ...removes,
      ...rowIds.adds,
      ...cdc,
    ],
  };
}

/** Later than the version before, whatever the clock says. */
export function commitTimeMs(base: CommitBase, nowMs: number): number {
  return Math.max(nowMs, base.timestampMs + 1);
}

function definitionAfter(
  content: TransactionContent,
  base: CommitBase,
  timestampMs: number,
): TableDefinition {
  const before = base.definition;
  if (content.metadata === undefined && content.protocol === undefined) {
    assert(before !== undefined, 'a new table needs metadata');
    return before;
  }
  let metadata = content.metadata ?? before?.metadata;
  assert(metadata !== undefined, 'a new table needs metadata');
  const schema =
    before?.metadata.schemaString === metadata.schemaString
      ? before.schema
      : parseSchema(metadata.schemaString, base.location);
  const wanted = content.protocol === undefined ? [] : featuresOf(content.protocol);
  const isDowngrade = droppedFeatures(content).length > 0;
  const current = isDowngrade ? content.protocol : (before?.protocol ?? content.protocol);
  const protocol = protocolFor(current, metadata, schema, wanted);
  metadata = withEnablement(metadata, protocol, base, timestampMs);
  return { protocol, metadata, schema };
}

/** Since when commits have timestamps of their own, where that is not from the beginning. */
function withEnablement(
  metadata: Metadata,
  protocol: Protocol,
  base: CommitBase,
  timestampMs: number,
): Metadata {
  const before = base.definition;
  if (before === undefined || !hasInCommitTimestamps(protocol, metadata)) return metadata;
  const old = before.metadata.configuration;
  const { [enablementVersion]: _, [enablementTimestamp]: __, ...rest } = metadata.configuration;
  if (hasInCommitTimestamps(before.protocol, before.metadata)) {
    const kept = Object.entries(old).filter(
      ([key]) => key === enablementVersion || key === enablementTimestamp,
    );
    return { ...metadata, configuration: { ...rest, ...Object.fromEntries(kept) } };
  }
  return {
    ...metadata,
    configuration: {
      ...rest,
      [enablementVersion]: String(base.version + 1),
      [enablementTimestamp]: String(timestampMs),
    },
  };
}

function checkNoDuplicates({ adds, removes, txns, domainMetadata }: TransactionContent): void {
  for (const [what, keys] of [
    ['add', adds.map(({ path }) => path)],
    ['remove', removes.map(({ path }) => path)],
    ['txn', txns.map(({ appId }) => appId)],
    ['domainMetadata', domainMetadata.map(({ domain }) => domain)],
  ] as const) {
    assert(new Set(keys).size === keys.length, `a commit with two ${what} actions of one name`);
  }
}

function checkAppendOnly({ removes }: TransactionContent, base: CommitBase): void {
  if (base.definition === undefined || !removes.some(({ dataChange }) => dataChange)) return;
  const { protocol, metadata } = base.definition;
  requireRemovable(base.location, protocol, metadata);
}

/**
 * For statements that change or delete rows, before they begin to.
 *
 * @throws DELTA_CANNOT_MODIFY_APPEND_ONLY
 */
export function requireRemovable(table: string, protocol: Protocol, metadata: Metadata): void {
  if (!supportsFeature(protocol, 'appendOnly')) return;
  if (!readProperty(metadata.configuration, tableProperties.appendOnly)) return;
  throw new CodedError(
    'DELTA_CANNOT_MODIFY_APPEND_ONLY',
    `${table} only allows appends: its property delta.appendOnly is true.`,
  );
}

function checkDomains(
  { domainMetadata }: TransactionContent,
  protocol: Protocol,
  table: string,
): void {
  const domains = domainMetadata.map(({ domain }) => domain);
  assert(!domains.includes(rowTrackingDomain), 'row ids are given out by the commit');
  if (domains.length === 0 || supportsFeature(protocol, 'domainMetadata')) return;
  throw new CodedError(
    'DELTA_DOMAIN_METADATA_NOT_SUPPORTED',
    `${table} cannot hold metadata of the domains ${domains.join(', ')}: it has not the table ` +
      'feature domainMetadata.',
  );
}

function checkRowTrackingProperties({ configuration }: Metadata): void {
  const { enableRowTracking, rowTrackingSuspended } = tableProperties;
  if (!readProperty(configuration, enableRowTracking)) return;
  if (!readProperty(configuration, rowTrackingSuspended)) return;
  throw new CodedError(
    'DELTA_ROW_TRACKING_ILLEGAL_PROPERTY_COMBINATION',
    'Row tracking cannot be enabled and suspended at once: both delta.enableRowTracking and ' +
      'delta.rowTrackingSuspended are true.',
  );
}

/** Each new file has a value for each partition column, by its physical name. */
function checkPartitionValues(adds: readonly AddFile[], definition: TableDefinition): void {
  if (adds.length === 0) return;
  const mode = columnMappingMode(definition);
  const names = definition.metadata.partitionColumns.map((name) => {
    const field = definition.schema.fields.find(
      (candidate) => candidate.name.toLowerCase() === name.toLowerCase(),
    );
    assert(field !== undefined, `a partition column "${name}" without a column`);
    return physicalName(field, mode);
  });
  for (const { path, partitionValues, dataChange } of adds) {
    const isRight = !dataChange || names.every((name) => Object.hasOwn(partitionValues, name));
    assert(isRight, `the file ${path} has other partition values than ${names.join(', ')}`);
  }
}

/** Files without row ids get them; those that the caller copied from the log keep theirs. */
function assignRowIds(
  { adds }: TransactionContent,
  base: CommitBase,
  { protocol, metadata }: TableDefinition,
): { readonly adds: readonly AddFile[]; readonly mark: number } {
  let mark = base.rowIdHighWaterMark;
  if (!assignsRowIds(protocol, metadata)) return { adds, mark };
  const assigned = adds.map((file): AddFile => {
    const defaultRowCommitVersion = file.defaultRowCommitVersion ?? base.version + 1;
    if (file.baseRowId !== undefined) return { ...file, defaultRowCommitVersion };
    const baseRowId = mark + 1;
    mark += physicalRowCount(file);
    return { ...file, baseRowId, defaultRowCommitVersion };
  });
  return { adds: assigned, mark };
}

function prepareCommitInfo(
  content: TransactionContent,
  base: CommitBase,
  { protocol, metadata }: TableDefinition,
  moment: CommitMoment,
): CommitInfo {
  const { description } = content;
  const { operation, operationParameters, operationMetrics, userMetadata } = description;
  const inCommitTimestamp = hasInCommitTimestamps(protocol, metadata)
    ? commitTimeMs(base, moment.nowMs)
    : undefined;
  const tags = rowTrackingTags(content, base, protocol, metadata);
  const fields: Record<string, JsonValue> = {
    ...(inCommitTimestamp === undefined ? {} : { inCommitTimestamp }),
    timestamp: moment.nowMs,
    operation,
    operationParameters,
    ...(content.base.version < 0 ? {} : { readVersion: content.base.version }),
    isolationLevel: isolationLevel(content),
    isBlindAppend: isBlindAppend(content),
    operationMetrics,
    ...(userMetadata === undefined ? {} : { userMetadata }),
    ...(tags === undefined ? {} : { tags }),
    engineInfo,
    txnId: moment.txnId,
  };
  return { kind: 'commitInfo', timestamp: moment.nowMs, inCommitTimestamp, fields };
}

function rowTrackingTags(
  content: TransactionContent,
  base: CommitBase,
  protocol: Protocol,
  metadata: Metadata,
): { readonly [key: string]: string } | undefined {
  if (!hasRowTracking(protocol, metadata)) return undefined;
  const { adds, removes, description } = content;
  const copiesRows = adds.length > 0 && removes.length > 0;
  const began = content.base.definition;
  // Turned on meanwhile: the writer did not know that there were row ids to carry along.
  const isNew =
    base.definition !== undefined &&
    (began === undefined || !hasRowTracking(began.protocol, began.metadata));
  const preserved = !copiesRows || (description.rowTrackingPreserved === true && !isNew);
  return { 'delta.rowTracking.preserved': String(preserved) };
}
