/**
 * The actions of the Delta log and the checks that make untrusted JSON one of them. Fields keep the
 * protocol's spelling; unknown actions and unknown fields are ignored, as the protocol asks.
 * 64-bit numbers are safe integers: one beyond 2^53 is refused, never rounded (`txn.version`, which
 * belongs to applications, is a bigint instead). Reading bytes is `commit-json.ts`'s part.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#actions
 */
import type { JsonValue } from '../data-type.ts';
import { FieldReader, isObject, type Where } from './field-reader.ts';

/** Values as the log writes them: `null` for NULL, text for the rest. */
export type PartitionValues = { readonly [column: string]: string | null };
export type StringMap = { readonly [key: string]: string };

export interface DeletionVectorDescriptor {
  /** `u`: file named by a UUID; `i`: inline; `p`: file with an absolute path. */
  readonly storageType: 'u' | 'i' | 'p';
  readonly pathOrInlineDv: string;
  readonly offset?: number | undefined;
  readonly sizeInBytes: number;
  readonly cardinality: number;
}

export interface AddFile {
  readonly kind: 'add';
  /** As in the log: URI-encoded, relative to the table or absolute. */
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** The JSON text, not parsed. */
  readonly stats?: string | undefined;
  readonly tags?: StringMap | undefined;
  readonly deletionVector?: DeletionVectorDescriptor | undefined;
  readonly baseRowId?: number | undefined;
  readonly defaultRowCommitVersion?: number | undefined;
  readonly clusteringProvider?: string | undefined;
}

export interface RemoveFile {
  readonly kind: 'remove';
  readonly path: string;
  readonly deletionTimestamp?: number | undefined;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean | undefined;
  readonly partitionValues?: PartitionValues | undefined;
  readonly size?: number | undefined;
  readonly stats?: string | undefined;
  readonly tags?: StringMap | undefined;
  readonly deletionVector?: DeletionVectorDescriptor | undefined;
  readonly baseRowId?: number | undefined;
  readonly defaultRowCommitVersion?: number | undefined;
}

export interface Metadata {
  readonly kind: 'metaData';
  readonly id: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly format: { readonly provider: string; readonly options: StringMap };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly createdTime?: number | undefined;
  readonly configuration: StringMap;
}

export interface Protocol {
  readonly kind: 'protocol';
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly string[] | undefined;
  readonly writerFeatures?: readonly string[] | undefined;
}

export interface Txn {
  readonly kind: 'txn';
  readonly appId: string;
  /** Any 64-bit integer: its meaning is the application's. */
  readonly version: bigint;
  readonly lastUpdated?: number | undefined;
}

/** Free JSON by protocol; only what Levee uses is checked. */
export interface CommitInfo {
  readonly kind: 'commitInfo';
  readonly inCommitTimestamp?: number | undefined;
  readonly timestamp?: number | undefined;
  /** The whole object as written. */
  readonly fields: { readonly [key: string]: JsonValue };
}

export interface AddCdcFile {
  readonly kind: 'cdc';
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly size: number;
  readonly dataChange: boolean;
  readonly tags?: StringMap | undefined;
}

export interface DomainMetadata {
  readonly kind: 'domainMetadata';
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
}

/** In V2 checkpoints only. */
export interface Sidecar {
  readonly kind: 'sidecar';
  readonly path: string;
  readonly sizeInBytes: number;
  readonly modificationTime: number;
  readonly tags?: StringMap | undefined;
}

/** In V2 checkpoints only. */
export interface CheckpointMetadata {
  readonly kind: 'checkpointMetadata';
  readonly version: number;
  readonly tags?: StringMap | undefined;
}

export type FileAction = AddFile | RemoveFile;
export type Action =
  | AddFile
  | RemoveFile
  | Metadata
  | Protocol
  | Txn
  | CommitInfo
  | AddCdcFile
  | DomainMetadata
  | Sidecar
  | CheckpointMetadata;
export type ActionKind = Action['kind'];

const readers: { readonly [K in ActionKind]: (body: FieldReader, text: string) => Action } = {
  add: readAdd,
  remove: readRemove,
  metaData: readMetadata,
  protocol: readProtocol,
  txn: readTxn,
  commitInfo: readCommitInfo,
  cdc: readCdc,
  domainMetadata: readDomainMetadata,
  sidecar: readSidecar,
  checkpointMetadata: readCheckpointMetadata,
};

function isActionKind(name: string): name is ActionKind {
  return Object.hasOwn(readers, name);
}

/**
 * The action in `value`, one parsed JSON document of a log file; `undefined` for an action that is
 * not known. `text` is its source, from which integers that JSON.parse rounds are read again.
 * Throws DELTA_LOG_CORRUPT, naming the place.
 */
export function parseAction(value: unknown, text: string, where: Where): Action | undefined {
  if (!isObject(value)) throw where.corrupt('an action is a JSON object');
  let found: Action | undefined;
  for (const name in value) {
    const body = value[name];
    if (body === null || body === undefined || !isActionKind(name)) continue;
    if (found !== undefined) throw where.corrupt(`holds both "${found.kind}" and "${name}"`);
    found = parseActionBody(name, body, text, where);
  }
  return found;
}

/** The action `kind` with the given body, as a checkpoint's column of that name holds it. */
export function parseActionBody(
  kind: ActionKind,
  body: unknown,
  text: string,
  where: Where,
): Action {
  if (!isObject(body)) throw where.corrupt(`"${kind}" is not an object`);
  const usual = kind === 'add' ? usualAdd(body) : undefined;
  if (usual !== undefined) return usual;
  return readers[kind](new FieldReader(kind, body, where), text);
}

/** Distinguishes the deletion vectors of one file (PROTOCOL.md#derived-fields); '' for none. */
export function deletionVectorId(descriptor: DeletionVectorDescriptor | undefined): string {
  if (descriptor === undefined) return '';
  const { storageType, pathOrInlineDv, offset } = descriptor;
  const id = storageType + pathOrInlineDv;
  return offset === undefined ? id : `${id}@${offset}`;
}

export function parseDeletionVector(body: FieldReader): DeletionVectorDescriptor | undefined {
  const inner = body.object('deletionVector');
  // A checkpoint may hold a struct of NULLs where there is no deletion vector.
  if (inner?.optionalText('storageType') === undefined) return undefined;
  const storageType = inner.text('storageType');
  if (storageType !== 'u' && storageType !== 'i' && storageType !== 'p') {
    throw inner.wrong('storageType', 'u, i or p');
  }
  const offset = inner.optionalCount('offset');
  return {
    storageType,
    pathOrInlineDv: inner.text('pathOrInlineDv'),
    ...(offset !== undefined && { offset }),
    sizeInBytes: inner.count('sizeInBytes'),
    cardinality: inner.count('cardinality'),
  };
}

/**
 * An `add` as most are, of which there may be many thousands: with nothing wrong and nothing rare.
 * `undefined` for any other, which `readAdd` judges.
 */
function usualAdd(body: { readonly [name: string]: unknown }): AddFile | undefined {
  const { path, partitionValues, size, modificationTime, dataChange, stats } = body;
  if (typeof path !== 'string' || path === '' || path.includes('\0')) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  if (typeof modificationTime !== 'number' || !Number.isSafeInteger(modificationTime)) {
    return undefined;
  }
  if (typeof dataChange !== 'boolean' || typeof stats !== 'string') return undefined;
  if (!isObject(partitionValues)) return undefined;
  for (const column in partitionValues) {
    const text = partitionValues[column];
    if (text !== null && typeof text !== 'string') return undefined;
  }
  for (const name of rareInAdd) if (body[name] !== undefined) return undefined;
  return {
    kind: 'add',
    path,
    partitionValues: partitionValues as PartitionValues,
    size,
    modificationTime,
    dataChange,
    stats,
    tags: undefined,
    deletionVector: undefined,
    baseRowId: undefined,
    defaultRowCommitVersion: undefined,
    clusteringProvider: undefined,
  };
}

const rareInAdd = [
  'tags',
  'deletionVector',
  'baseRowId',
  'defaultRowCommitVersion',
  'clusteringProvider',
] as const;

function readAdd(body: FieldReader): AddFile {
  return {
    kind: 'add',
    path: body.path(),
    partitionValues: body.partitionValues() ?? {},
    size: body.count('size'),
    modificationTime: body.optionalInteger('modificationTime') ?? 0,
    dataChange: body.optionalFlag('dataChange') ?? true,
    stats: body.optionalText('stats'),
    tags: body.optionalStringMap('tags'),
    deletionVector: parseDeletionVector(body),
    baseRowId: body.optionalInteger('baseRowId'),
    defaultRowCommitVersion: body.optionalInteger('defaultRowCommitVersion'),
    clusteringProvider: body.optionalText('clusteringProvider'),
  };
}

function readRemove(body: FieldReader): RemoveFile {
  return {
    kind: 'remove',
    path: body.path(),
    deletionTimestamp: body.optionalInteger('deletionTimestamp'),
    dataChange: body.optionalFlag('dataChange') ?? true,
    extendedFileMetadata: body.optionalFlag('extendedFileMetadata'),
    partitionValues: body.partitionValues(),
    size: body.optionalCount('size'),
    stats: body.optionalText('stats'),
    tags: body.optionalStringMap('tags'),
    deletionVector: parseDeletionVector(body),
    baseRowId: body.optionalInteger('baseRowId'),
    defaultRowCommitVersion: body.optionalInteger('defaultRowCommitVersion'),
  };
}

function readMetadata(body: FieldReader): Metadata {
  const format = body.object('format');
  return {
    kind: 'metaData',
    id: body.text('id'),
    name: body.optionalText('name'),
    description: body.optionalText('description'),
    format: {
      provider: format?.optionalText('provider') ?? 'parquet',
      options: format?.optionalStringMap('options') ?? {},
    },
    schemaString: body.text('schemaString'),
    partitionColumns: body.optionalTexts('partitionColumns') ?? [],
    createdTime: body.optionalInteger('createdTime'),
    configuration: body.optionalStringMap('configuration') ?? {},
  };
}

function readProtocol(body: FieldReader): Protocol {
  return {
    kind: 'protocol',
    minReaderVersion: body.count('minReaderVersion'),
    minWriterVersion: body.count('minWriterVersion'),
    readerFeatures: body.optionalTexts('readerFeatures'),
    writerFeatures: body.optionalTexts('writerFeatures'),
  };
}

function readTxn(body: FieldReader, text: string): Txn {
  return {
    kind: 'txn',
    appId: body.text('appId'),
    version: body.longAsBigInt('version', text),
    lastUpdated: body.optionalInteger('lastUpdated'),
  };
}

function readCommitInfo(body: FieldReader): CommitInfo {
  return {
    kind: 'commitInfo',
    inCommitTimestamp: body.optionalInteger('inCommitTimestamp'),
    timestamp: typeof body.fields['timestamp'] === 'number' ? body.fields['timestamp'] : undefined,
    fields: body.fields as { readonly [key: string]: JsonValue },
  };
}

function readCdc(body: FieldReader): AddCdcFile {
  return {
    kind: 'cdc',
    path: body.path(),
    partitionValues: body.partitionValues() ?? {},
    size: body.count('size'),
    dataChange: body.optionalFlag('dataChange') ?? false,
    tags: body.optionalStringMap('tags'),
  };
}

function readDomainMetadata(body: FieldReader): DomainMetadata {
  return {
    kind: 'domainMetadata',
    domain: body.text('domain'),
    configuration: body.optionalText('configuration') ?? '',
    removed: body.optionalFlag('removed') ?? false,
  };
}

function readSidecar(body: FieldReader): Sidecar {
  return {
    kind: 'sidecar',
    path: body.path(),
    sizeInBytes: body.count('sizeInBytes'),
    modificationTime: body.optionalInteger('modificationTime') ?? 0,
    tags: body.optionalStringMap('tags'),
  };
}

function readCheckpointMetadata(body: FieldReader): CheckpointMetadata {
  return {
    kind: 'checkpointMetadata',
    version: body.count('version'),
    tags: body.optionalStringMap('tags'),
  };
}
