/**
 * What `COPY ... RETURN_STATS` reports of a file -> the JSON text of `add.stats`.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
 *
 * 1. Statistics go by physical names. They cover the columns that `indexed-columns.ts` chooses; lists
 *    and maps have none, since DuckDB reports their elements only.
 * 2. A string bound is cut to 32 characters; the upper one is then raised above all it stands for.
 *    DuckDB cuts long ones itself, and reports none where it cannot: those are read from the file
 *    (`long-text-bounds.ts`).
 * 3. Timestamps are cut to milliseconds, downwards for the lower bound and upwards for the upper one.
 * 4. A column that holds NaN has no bounds: NaN is neither above nor below a number for every reader.
 * 5. A zero is -0.0 as a lower and 0.0 as an upper bound, since DuckDB does not say which one it saw.
 */
import type { DataType, StructField } from '../../catalog/data-type.ts';
import { quoteIdentifier } from '../quote.ts';

/** DuckDB's report: path of quoted names, `"a"."b"` -> what is known of the column. */
export type ReportedColumns = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** A path of physical names as DuckDB reports it. */
export function reportedPath(names: readonly string[]): string {
  return names.map(quoteIdentifier).join('.');
}

export interface FileStatsInput {
  readonly rowCount: number;
  /** The columns of the file under physical names, in the order of the schema. */
  readonly fields: readonly StructField[];
  readonly reported: ReportedColumns;
  /** By `reportedPath`: the columns that have statistics. */
  readonly indexed: ReadonlySet<string>;
  /** Whether the table may have deletion vectors: statistics then say that they are exact. */
  readonly tightBounds: boolean;
}

export const boundLength = 32;
const highestCharacter = '\u{10FFFF}';

type JsonText = string;

export function fileStatsJson(input: FileStatsInput): string {
  const { min, max, nulls } = structStats(input.fields, [], input);
  const tight = input.tightBounds ? ',"tightBounds":true' : '';
  return (
    `{"numRecords":${input.rowCount},"minValues":${objectText(min)},` +
    `"maxValues":${objectText(max)},"nullCount":${objectText(nulls)}${tight}}`
  );
}

interface StructStats {
  readonly min: [string, JsonText][];
  readonly max: [string, JsonText][];
  readonly nulls: [string, JsonText][];
}

function structStats(
  fields: readonly StructField[],
  prefix: readonly string[],
  input: FileStatsInput,
): StructStats {
  const stats: StructStats = { min: [], max: [], nulls: [] };
  for (const field of fields) {
    const names = [...prefix, field.name];
    if (field.type.kind === 'struct') {
      const inner = structStats(field.type.fields, names, input);
      if (inner.min.length > 0) stats.min.push([field.name, objectText(inner.min)]);
      if (inner.max.length > 0) stats.max.push([field.name, objectText(inner.max)]);
      if (inner.nulls.length > 0) stats.nulls.push([field.name, objectText(inner.nulls)]);
      continue;
    }
    const path = reportedPath(names);
    const column = input.indexed.has(path) ? input.reported.get(path) : undefined;
    if (column === undefined) continue;
    const nullCount = column.get('null_count');
    if (nullCount !== undefined) stats.nulls.push([field.name, nullCount]);
    if (column.get('has_nan') === 'true') continue;
    const min = boundText(field.type, column.get('min'), 'min');
    const max = boundText(field.type, column.get('max'), 'max');
    if (min !== undefined) stats.min.push([field.name, min]);
    if (max !== undefined) stats.max.push([field.name, max]);
  }
  return stats;
}

/** The bound as JSON; `undefined` for types without an order in the protocol, and for no bound. */
function boundText(
  type: DataType,
  text: string | undefined,
  side: 'min' | 'max',
): JsonText | undefined {
  if (text === undefined) return undefined;
  switch (type.kind) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'decimal':
      return /^-?\d+(\.\d+)?$/.test(text) ? text : undefined;
    case 'float':
    case 'double': {
      const value = Number(text);
      if (value === 0) return side === 'min' ? '-0.0' : '0.0';
      return Number.isFinite(value) ? String(value) : undefined;
    }
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? JSON.stringify(text) : undefined;
    case 'timestamp':
    case 'timestamp_ntz':
      return timestampBound(text, type.kind, side);
    case 'string':
      return stringBound(text, side);
    case 'boolean':
    case 'binary':
    case 'variant':
    case 'void':
    case 'array':
    case 'map':
    case 'struct':
      return undefined;
  }
}

/** DuckDB's text has microseconds and, with a zone, `+00`: everything here is computed in UTC. */
function timestampBound(
  text: string,
  kind: 'timestamp' | 'timestamp_ntz',
  side: 'min' | 'max',
): JsonText | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(?:\+00)?$/.exec(text);
  if (match === null) return undefined;
  const [, date = '', time = '', fraction = ''] = match;
  const micros = Number(fraction.padEnd(6, '0'));
  const millis = side === 'min' ? Math.floor(micros / 1000) : Math.ceil(micros / 1000);
  const whole = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(whole)) return undefined;
  const iso = new Date(whole + millis).toISOString();
  // One millisecond past the year 9999 has another form, which not every reader knows.
  if (!/^\d{4}-/.test(iso)) return undefined;
  return JSON.stringify(kind === 'timestamp' ? iso : iso.slice(0, -1));
}

function stringBound(text: string, side: 'min' | 'max'): JsonText | undefined {
  const characters = [...text];
  if (characters.length <= boundLength) return JSON.stringify(text);
  const cut = characters.slice(0, boundLength).join('');
  if (side === 'min') return JSON.stringify(cut);
  // Nothing of one character more lies above a text that goes on with the highest one.
  if (characters[boundLength] === highestCharacter) return undefined;
  return JSON.stringify(`${cut}${highestCharacter}`);
}

function objectText(entries: readonly (readonly [string, JsonText])[]): JsonText {
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}
