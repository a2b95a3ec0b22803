/**
 * What `COPY ... RETURN_STATS` reports of a file -> the JSON text of `add.stats`.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
 *
 * 1. Statistics cover the first columns of the schema, as Delta's own writers do; lists and maps have
 *    none.
 * 2. A string bound is cut to 32 characters; the upper one is then raised above all it stands for.
 * 3. Timestamps are cut to milliseconds, downwards for the lower bound and upwards for the upper one.
 * 4. A column that holds NaN has no bounds: NaN is neither above nor below a number for every reader.
 */
import type { DataType, StructField } from '../../catalog/data-type.ts';

/** DuckDB's report: column path -> what is known of it. */
export type ReportedColumns = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** `delta.dataSkippingNumIndexedCols`, by default. */
export const indexedColumnsDefault = 32;

const boundLength = 32;
const highestCharacter = '\u{10FFFF}';

type JsonText = string;

export function fileStatsJson(options: {
  readonly rowCount: number;
  readonly fields: readonly StructField[];
  readonly reported: ReportedColumns;
  readonly indexedColumns: number;
}): string {
  const budget = { left: options.indexedColumns < 0 ? Infinity : options.indexedColumns };
  const { min, max, nulls } = structStats(options.fields, '', options.reported, budget);
  return (
    `{"numRecords":${options.rowCount},"minValues":${objectText(min)},` +
    `"maxValues":${objectText(max)},"nullCount":${objectText(nulls)}}`
  );
}

interface StructStats {
  readonly min: [string, JsonText][];
  readonly max: [string, JsonText][];
  readonly nulls: [string, JsonText][];
}

function structStats(
  fields: readonly StructField[],
  prefix: string,
  reported: ReportedColumns,
  budget: { left: number },
): StructStats {
  const stats: StructStats = { min: [], max: [], nulls: [] };
  for (const field of fields) {
    const path = `${prefix}${prefix === '' ? '' : '.'}"${field.name.replaceAll('"', '""')}"`;
    if (field.type.kind === 'struct') {
      const inner = structStats(field.type.fields, path, reported, budget);
      if (inner.min.length > 0) stats.min.push([field.name, objectText(inner.min)]);
      if (inner.max.length > 0) stats.max.push([field.name, objectText(inner.max)]);
      if (inner.nulls.length > 0) stats.nulls.push([field.name, objectText(inner.nulls)]);
      continue;
    }
    if (field.type.kind === 'array' || field.type.kind === 'map') continue;
    if (budget.left <= 0) break;
    budget.left -= 1;
    const column = reported.get(path);
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
      return Number.isFinite(value) ? String(Object.is(value, -0) ? '-0.0' : value) : undefined;
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
  return JSON.stringify(kind === 'timestamp' ? iso : iso.slice(0, -1));
}

function stringBound(text: string, side: 'min' | 'max'): JsonText | undefined {
  const characters = [...text];
  if (characters.length <= boundLength) return JSON.stringify(text);
  const cut = characters.slice(0, boundLength).join('');
  return JSON.stringify(side === 'min' ? cut : `${cut}${highestCharacter}`);
}

function objectText(entries: readonly (readonly [string, JsonText])[]): JsonText {
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}
