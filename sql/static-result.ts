/** Results that Levee makes itself: rows of JavaScript values -> one batch of columns. */
import type { ColumnBatch, ColumnVector } from '../catalog/column-batch.ts';
import type { DataType } from '../catalog/data-type.ts';
import type {
  PinnedSnapshot,
  ResultColumn,
  StageTiming,
  StatementResult,
  StatementStatistics,
} from './sql-engine.ts';
import { noStatistics } from './statement-statistics.ts';

/**
 * What a cell can be: an array for ARRAY, and for STRUCT in the order of its fields, a list of pairs for
 * MAP; a timestamp is microseconds.
 */
export type StaticValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | readonly StaticValue[]
  | ReadonlyMap<string, string>;

export interface StaticColumn {
  readonly name: string;
  readonly type: DataType;
}

export interface StaticResultOptions {
  readonly snapshots?: readonly PinnedSnapshot[];
  readonly timings?: readonly StageTiming[];
  readonly statistics?: StatementStatistics;
}

/** The result of a statement that has none. */
export function emptyResult(options: StaticResultOptions = {}): StatementResult {
  return staticResult([], [], options);
}

export function staticResult(
  columns: readonly StaticColumn[],
  rows: readonly (readonly StaticValue[])[],
  options: StaticResultOptions = {},
): StatementResult {
  const batch: ColumnBatch = {
    rowCount: rows.length,
    columns: columns.map(({ type }, index) =>
      buildVector(
        type,
        rows.map((row) => row[index]),
      ),
    ),
  };
  const described: readonly ResultColumn[] = columns.map(({ name, type }) => ({
    name,
    type,
    nullable: true,
  }));
  return {
    columns: described,
    batches: oneBatch(rows.length === 0 ? undefined : batch),
    snapshots: options.snapshots ?? [],
    statistics: options.statistics ?? noStatistics,
    timings: options.timings ?? [],
    close: () => Promise.resolve(),
  };
}

async function* oneBatch(
  batch: ColumnBatch | undefined,
): AsyncGenerator<ColumnBatch, void, undefined> {
  if (batch !== undefined) yield batch;
}

export const stringType: DataType = { kind: 'string' };
export const longType: DataType = { kind: 'long' };
export const integerType: DataType = { kind: 'integer' };
export const booleanType: DataType = { kind: 'boolean' };
export const timestampType: DataType = { kind: 'timestamp' };
export const stringsType: DataType = { kind: 'array', elementType: stringType, containsNull: true };
export const stringMapType: DataType = {
  kind: 'map',
  keyType: stringType,
  valueType: stringType,
  valueContainsNull: true,
};

function buildVector(type: DataType, values: readonly StaticValue[]): ColumnVector {
  const length = values.length;
  const validity = buildValidity(values);
  switch (type.kind) {
    case 'boolean':
      return {
        kind: 'boolean',
        length,
        validity,
        values: Uint8Array.from(values, (v) => (v === true ? 1 : 0)),
      };
    case 'integer':
      return {
        kind: 'int',
        length,
        validity,
        values: Int32Array.from(values, (v) => Number(v ?? 0)),
      };
    case 'long':
    case 'timestamp':
      return { kind: 'long', length, validity, values: BigInt64Array.from(values, toBigInt) };
    case 'double':
      return {
        kind: 'float',
        length,
        validity,
        values: Float64Array.from(values, (v) => Number(v ?? 0)),
      };
    case 'string':
      return { kind: 'bytes', length, validity, ...buildBytes(values) };
    case 'array': {
      const lists = values.map((value) =>
        Array.isArray(value) ? (value as readonly StaticValue[]) : [],
      );
      const child = buildVector(type.elementType, lists.flat());
      return {
        kind: 'list',
        length,
        validity,
        offsets: buildOffsets(lists.map((l) => l.length)),
        child,
      };
    }
    case 'map': {
      const maps = values.map((value) =>
        value instanceof Map ? [...(value as Map<string, string>)] : [],
      );
      const entries = maps.flat();
      return {
        kind: 'map',
        length,
        validity,
        offsets: buildOffsets(maps.map((map) => map.length)),
        keys: buildVector(
          type.keyType,
          entries.map(([key]) => key),
        ),
        values: buildVector(
          type.valueType,
          entries.map(([, value]) => value),
        ),
      };
    }
    case 'struct': {
      const structs = values.map((value) =>
        Array.isArray(value) ? (value as readonly StaticValue[]) : [],
      );
      const children = type.fields.map((field, index) =>
        buildVector(
          field.type,
          structs.map((fields) => fields[index]),
        ),
      );
      return { kind: 'struct', length, validity, children };
    }
    case 'byte':
    case 'short':
    case 'float':
    case 'binary':
    case 'date':
    case 'timestamp_ntz':
    case 'variant':
    case 'void':
    case 'decimal':
      throw new TypeError(`no result of Levee's own has a column of type ${type.kind}`);
  }
}

function buildValidity(values: readonly StaticValue[]): Uint8Array | undefined {
  if (!values.some((value) => value === null || value === undefined)) return undefined;
  const validity = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, row) => {
    if (value !== null && value !== undefined)
      validity[row >> 3] = (validity[row >> 3] ?? 0) | (1 << (row & 7));
  });
  return validity;
}

function buildOffsets(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((size, row) => (offsets[row + 1] = (offsets[row] ?? 0) + size));
  return offsets;
}

function buildBytes(values: readonly StaticValue[]): { offsets: Int32Array; bytes: Uint8Array } {
  const parts = values.map((value) => Buffer.from(typeof value === 'string' ? value : '', 'utf8'));
  return { offsets: buildOffsets(parts.map((part) => part.length)), bytes: Buffer.concat(parts) };
}

function toBigInt(value: StaticValue): bigint {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' ? BigInt(Math.trunc(value)) : 0n;
}
