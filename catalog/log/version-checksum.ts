/**
 * Version checksums (`NNN.crc`): what the writer of a version said about the whole table, to compare
 * with what its log makes. Facts a checksum does not state are not compared, nor are histograms,
 * which follow from the files. What a difference means is decided by `read-segment.ts`.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#version-checksum-file
 */
import { isLive, type ActiveFiles } from '../active-files.ts';
import { CodedError } from '../coded-error.ts';
import { pathKey } from '../path-index.ts';
import type { TableState } from './action-reconciliation.ts';
import {
  deletionVectorId,
  parseActionBody,
  type ActionKind,
  type AddFile,
  type Action,
  type DomainMetadata,
  type Metadata,
  type Protocol,
  type Txn,
} from './actions.ts';
import { FieldReader, isObject, placeInFile, type Where } from './field-reader.ts';
import { nameOf } from './log-path.ts';

export interface VersionChecksum {
  readonly tableSizeBytes: number;
  readonly numFiles: number;
  readonly numMetadata: number;
  readonly numProtocol: number;
  /** Older writers leave out what follows. */
  readonly metadata: Metadata | undefined;
  readonly protocol: Protocol | undefined;
  readonly inCommitTimestamp: number | undefined;
  readonly setTransactions: readonly Txn[] | undefined;
  readonly domainMetadata: readonly DomainMetadata[] | undefined;
  /** Path and deletion vector of each file, as `fileKey` makes them one text. */
  readonly allFiles: readonly string[] | undefined;
  readonly numDeletedRecords: number | undefined;
  readonly numDeletionVectors: number | undefined;
}

/** Larger ones are not read: they would cost more than the log they vouch for. */
export const checksumBytesMax = 64 * 1024 * 1024;

/**
 * The checksum in `bytes`, or `undefined` for what is not one: cut off, empty, of wrong types. Such a
 * file says nothing, which the protocol allows a log to do. `file` is its location.
 */
export function parseVersionChecksum(bytes: Uint8Array, file: string): VersionChecksum | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (!isObject(json)) return undefined;
    return readChecksum(
      new FieldReader(
        'checksum',
        json,
        placeInFile(file, () => 'line 1'),
      ),
      placeInFile(file, () => 'line 1'),
    );
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof CodedError) return undefined;
    throw error;
  }
}

function readChecksum(body: FieldReader, where: Where): VersionChecksum {
  const one = <K extends ActionKind>(kind: K, field: string) => {
    const inner = body.object(field);
    return inner && (parseActionBody(kind, inner.fields, '', where) as ActionOf<K>);
  };
  const list = <K extends ActionKind>(kind: K, field: string) => {
    const values = body.fields[field] ?? undefined;
    if (values === undefined) return undefined;
    if (!Array.isArray(values)) throw body.wrong(field, 'an array');
    return values.map((value) => parseActionBody(kind, value, '', where) as ActionOf<K>);
  };
  // Versions beyond 2^53, which JSON.parse has rounded, cannot be compared.
  const transactions = () => {
    try {
      return list('txn', 'setTransactions');
    } catch (error) {
      if (error instanceof CodedError) return undefined;
      throw error;
    }
  };
  return {
    tableSizeBytes: body.count('tableSizeBytes'),
    numFiles: body.count('numFiles'),
    numMetadata: body.optionalCount('numMetadata') ?? 1,
    numProtocol: body.optionalCount('numProtocol') ?? 1,
    metadata: one('metaData', 'metadata'),
    protocol: one('protocol', 'protocol'),
    inCommitTimestamp: body.optionalInteger('inCommitTimestampOpt'),
    setTransactions: transactions(),
    domainMetadata: list('domainMetadata', 'domainMetadata'),
    allFiles: list('add', 'allFiles')?.map(fileKey),
    numDeletedRecords: body.optionalCount('numDeletedRecordsOpt'),
    numDeletionVectors: body.optionalCount('numDeletionVectorsOpt'),
  };
}

type ActionOf<K extends ActionKind> = Extract<Action, { readonly kind: K }>;

/** One fact on which checksum and log differ. */
export interface Difference {
  readonly fact: string;
  readonly inChecksum: string;
  readonly byLog: string;
}

/**
 * All differences, those that change answers first; none when the log fits the checksum. The in-commit
 * timestamp is left to the caller: it is no part of the state.
 */
export function checksumDifferences(
  checksum: VersionChecksum,
  state: TableState,
): readonly Difference[] {
  const { files } = state;
  const deleted = deletions(files);
  return [
    ...numbers('numFiles', checksum.numFiles, files.count),
    ...numbers('tableSizeBytes', checksum.tableSizeBytes, files.totalBytes),
    ...numbers('numDeletionVectors', checksum.numDeletionVectors, deleted.vectors),
    ...numbers('numDeletedRecords', checksum.numDeletedRecords, deleted.records),
    ...fileDifferences(checksum.allFiles, files),
    ...numbers('numMetadata', checksum.numMetadata, state.metadata === undefined ? 0 : 1),
    ...numbers('numProtocol', checksum.numProtocol, state.protocol === undefined ? 0 : 1),
    ...texts('metadata', checksum.metadata && metadataFacts(checksum.metadata), state.metadata),
    ...texts('protocol', checksum.protocol && protocolFacts(checksum.protocol), state.protocol),
    ...transactionDifferences(checksum.setTransactions, state),
    ...domainDifferences(checksum.domainMetadata, state),
  ];
}

function numbers(fact: string, given: number | undefined, found: number): readonly Difference[] {
  if (given === undefined || given === found) return [];
  return [{ fact, inChecksum: String(given), byLog: String(found) }];
}

type Facts = ReadonlyMap<string, string>;

function texts(
  name: string,
  given: Facts | undefined,
  action: Metadata | Protocol | undefined,
): readonly Difference[] {
  if (given === undefined || action === undefined) return [];
  const found = action.kind === 'protocol' ? protocolFacts(action) : metadataFacts(action);
  return mapDifferences(name, given, found);
}

function mapDifferences(name: string, given: Facts, found: Facts): readonly Difference[] {
  const keys = new Set([...given.keys(), ...found.keys()]);
  return [...keys].flatMap((key): readonly Difference[] => {
    const inChecksum = given.get(key);
    const byLog = found.get(key);
    if (inChecksum === byLog) return [];
    return [{ fact: `${name}.${key}`, inChecksum: clip(inChecksum), byLog: clip(byLog) }];
  });
}

/** `createdTime` and the format's options change nothing and are left out. */
function metadataFacts(metadata: Metadata): Facts {
  const { id, name, description, format, schemaString, partitionColumns, configuration } = metadata;
  return new Map([
    ['id', id],
    ...(name === undefined ? [] : [['name', name] as const]),
    ...(description === undefined ? [] : [['description', description] as const]),
    ['format.provider', format.provider],
    ['schemaString', canonicalJson(schemaString)],
    ['partitionColumns', partitionColumns.join(', ')],
    ...Object.entries(configuration).map(
      ([key, value]) => [`configuration.${key}`, value] as const,
    ),
  ]);
}

function protocolFacts(protocol: Protocol): Facts {
  const features = (names: readonly string[] | undefined) => [...(names ?? [])].sort().join(', ');
  return new Map([
    ['minReaderVersion', String(protocol.minReaderVersion)],
    ['minWriterVersion', String(protocol.minWriterVersion)],
    ['readerFeatures', features(protocol.readerFeatures)],
    ['writerFeatures', features(protocol.writerFeatures)],
  ]);
}

/** The same text for schemas that differ in white space or the order of members only. */
function canonicalJson(text: string): string {
  const sorted = (_key: string, value: unknown): unknown =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  try {
    return JSON.stringify(JSON.parse(text), sorted);
  } catch {
    return text;
  }
}

function deletions(files: ActiveFiles): { readonly vectors: number; readonly records: number } {
  let vectors = 0;
  let records = 0;
  for (const { indexed, live } of files.chunks) {
    for (const [row, { cardinality }] of indexed.chunk.deletionVectors) {
      if (!isLive(live, row)) continue;
      vectors++;
      records += cardinality;
    }
  }
  return { vectors, records };
}

function fileDifferences(
  given: readonly string[] | undefined,
  files: ActiveFiles,
): readonly Difference[] {
  if (given === undefined) return [];
  const names = new Set(given);
  if (names.size !== files.count) return numbers('allFiles', names.size, files.count);
  for (const handle of files) {
    const key = fileKey({
      path: files.rawPath(handle),
      deletionVector: files.deletionVector(handle),
    });
    if (names.has(key)) continue;
    return [{ fact: 'allFiles', inChecksum: 'another file', byLog: files.rawPath(handle) }];
  }
  return [];
}

function fileKey({ path, deletionVector }: Pick<AddFile, 'path' | 'deletionVector'>): string {
  const canonical = Buffer.from(pathKey(path).bytes).toString('utf8');
  return `${canonical}\0${deletionVectorId(deletionVector)}`;
}

/** Expired ones may be on either side when the table forgets transactions after a time. */
function transactionDifferences(
  given: readonly Txn[] | undefined,
  { txns, metadata }: TableState,
): readonly Difference[] {
  const retention = metadata?.configuration['delta.setTransactionRetentionDuration'];
  if (given === undefined || retention !== undefined) return [];
  return mapDifferences(
    'setTransactions',
    new Map(given.map(({ appId, version }) => [appId, String(version)])),
    new Map([...txns].map(([appId, { version }]) => [appId, String(version)])),
  );
}

function domainDifferences(
  given: readonly DomainMetadata[] | undefined,
  { domainMetadata }: TableState,
): readonly Difference[] {
  if (given === undefined) return [];
  const live = given.filter(({ removed }) => !removed);
  return mapDifferences(
    'domainMetadata',
    new Map(live.map(({ domain, configuration }) => [domain, configuration])),
    new Map([...domainMetadata].map(([domain, { configuration }]) => [domain, configuration])),
  );
}

/** DELTA_TXN_LOG_FAILED_INTEGRITY: both figures of every difference, the first few of them. */
export function failedIntegrity(
  version: number,
  file: string,
  differences: readonly Difference[],
): CodedError {
  const shown = differences
    .slice(0, 5)
    .map(({ fact, inChecksum, byLog }) => `${fact} is ${inChecksum} there and ${byLog} by the log`);
  const more = differences.length - shown.length;
  return new CodedError(
    'DELTA_TXN_LOG_FAILED_INTEGRITY',
    `The log of version ${version} does not fit its checksum ${file}: ${shown.join('; ')}` +
      `${more === 0 ? '' : `; and ${more} more differences`}.`,
    {
      hint:
        'Restore the log from a copy. If the log is right and its checksum wrong, remove ' +
        `${nameOf(file)} (a log may do without), or start with --version-checksums ignore.`,
    },
  );
}

function clip(text: string | undefined): string {
  if (text === undefined) return 'absent';
  return text.length <= 80 ? `"${text}"` : `"${text.slice(0, 80)}..."`;
}
