/**
 * What a file name in `_delta_log` says: its kind and version. Pure text; whether the files fit
 * together is `log-segment.ts`'s question.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#file-types
 */
export type LogName =
  | { readonly kind: 'commit'; readonly version: number }
  | { readonly kind: 'classic'; readonly version: number }
  | {
      readonly kind: 'part';
      readonly version: number;
      readonly part: number;
      readonly parts: number;
    }
  | { readonly kind: 'uuid'; readonly version: number; readonly format: 'json' | 'parquet' }
  | { readonly kind: 'compacted'; readonly version: number; readonly lastVersion: number }
  | { readonly kind: 'checksum'; readonly version: number };

const uuid = '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';
const commit = /^(\d{20})\.json$/;
const other = new RegExp(
  `^(\\d{20})\\.(?:(checkpoint\\.parquet)|checkpoint\\.(\\d{10})\\.(\\d{10})\\.parquet` +
    `|checkpoint\\.${uuid}\\.(json|parquet)|(\\d{20})\\.compacted\\.json|(crc))$`,
);

/** The meaning of a file's name (without its folder), or `undefined` if it has none. */
export function parseLogName(name: string): LogName | undefined {
  const commitVersion = commit.exec(name)?.[1];
  if (commitVersion !== undefined) return withVersion('commit', commitVersion);
  const match = other.exec(name);
  if (match === null) return undefined;
  const [, digits = '', classic, part, parts, format, last, checksum] = match;
  const version = Number(digits);
  if (!Number.isSafeInteger(version)) return undefined;
  if (classic !== undefined) return { kind: 'classic', version };
  if (part !== undefined)
    return { kind: 'part', version, part: Number(part), parts: Number(parts) };
  if (format === 'json' || format === 'parquet') return { kind: 'uuid', version, format };
  if (last !== undefined) return { kind: 'compacted', version, lastVersion: Number(last) };
  return checksum === undefined ? undefined : { kind: 'checksum', version };
}

function withVersion(kind: 'commit', digits: string): LogName | undefined {
  const version = Number(digits);
  return Number.isSafeInteger(version) ? { kind, version } : undefined;
}

/** Twenty digits, so that names sort like versions. */
export function paddedVersion(version: number): string {
  return String(version).padStart(20, '0');
}

export function logFolder(tableLocation: string): string {
  return `${tableLocation}/_delta_log`;
}

export function commitLocation(tableLocation: string, version: number): string {
  return `${logFolder(tableLocation)}/${paddedVersion(version)}.json`;
}

export function lastCheckpointLocation(tableLocation: string): string {
  return `${logFolder(tableLocation)}/_last_checkpoint`;
}

export function classicCheckpointLocation(tableLocation: string, version: number): string {
  return `${logFolder(tableLocation)}/${paddedVersion(version)}.checkpoint.parquet`;
}

/** A sidecar is named by its file name, or by a path of which only the name counts. */
export function sidecarLocation(tableLocation: string, decodedPath: string): string {
  const name = decodedPath.slice(decodedPath.lastIndexOf('/') + 1);
  return `${logFolder(tableLocation)}/_sidecars/${name}`;
}

/** The last part of a location. */
export function nameOf(location: string): string {
  return location.slice(location.lastIndexOf('/') + 1);
}
