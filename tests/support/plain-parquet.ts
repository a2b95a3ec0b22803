/**
 * Parquet files that DuckDB does not write: INT96 timestamps, and names that differ by case alone.
 * One row group, one page a column, no NULLs, no compression.
 * Source: https://parquet.apache.org/docs/file-format/ and Thrift's compact protocol.
 */
export interface PlainColumn {
  readonly name: string;
  /** INT96: microseconds since 1970, written as nanoseconds of a day and a Julian day. */
  readonly type: 'INT64' | 'INT96';
  readonly values: readonly bigint[];
  /** The field id. */
  readonly id?: number | undefined;
}

export function plainParquet(columns: readonly PlainColumn[], notes: readonly Note[] = []): Buffer {
  const rows = BigInt(columns[0]?.values.length ?? 0);
  const parts: Buffer[] = [Buffer.from('PAR1')];
  let offset = 4;
  const chunks = columns.map(({ name, type, values }) => {
    const data = Buffer.concat(values.map(type === 'INT64' ? int64 : int96));
    const header = struct({
      1: i32(0),
      2: i32(data.length),
      3: i32(data.length),
      5: struct({ 1: i32(values.length), 2: i32(0), 3: i32(3), 4: i32(3) }),
    });
    const size = header.bytes.length + data.length;
    const start = offset;
    parts.push(header.bytes, data);
    offset += size;
    const meta = struct({
      1: i32(typeCodes[type]),
      2: list([i32(0)]),
      3: list([text(name)]),
      4: i32(0),
      5: i64(rows),
      6: i64(BigInt(size)),
      7: i64(BigInt(size)),
      9: i64(BigInt(start)),
    });
    return struct({ 2: i64(BigInt(start)), 3: meta });
  });
  const leaves = columns.map(({ name, type, id }) => {
    const fields = { 1: i32(typeCodes[type]), 3: i32(0), 4: text(name) };
    return struct(id === undefined ? fields : { ...fields, 9: i32(id) });
  });
  const footer = struct({
    1: i32(1),
    2: list([struct({ 4: text('root'), 5: i32(columns.length) }), ...leaves]),
    3: i64(rows),
    4: list([struct({ 1: list(chunks), 2: i64(BigInt(offset - 4)), 3: i64(rows) })]),
    ...(notes.length === 0
      ? {}
      : { 5: list(notes.map(([key, value]) => struct({ 1: text(key), 2: text(value) }))) }),
  }).bytes;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, Buffer.from('PAR1')]);
}

/** Of the footer. */
export type Note = readonly [key: string, value: string];

const typeCodes = { INT64: 2, INT96: 3 };

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

const microsOfDay = 86_400_000_000n;

function int96(micros: bigint): Buffer {
  const inDay = ((micros % microsOfDay) + microsOfDay) % microsOfDay;
  const bytes = Buffer.alloc(12);
  bytes.writeBigInt64LE(inDay * 1000n);
  bytes.writeInt32LE(Number((micros - inDay) / microsOfDay) + 2_440_588, 8);
  return bytes;
}

/** A value of Thrift with the code of its type. */
interface Thrift {
  readonly code: number;
  readonly bytes: Buffer;
}

function i32(value: number): Thrift {
  return { code: 5, bytes: zigzag(BigInt(value)) };
}

function i64(value: bigint): Thrift {
  return { code: 6, bytes: zigzag(value) };
}

function text(value: string): Thrift {
  const bytes = Buffer.from(value);
  return { code: 8, bytes: Buffer.concat([varint(BigInt(bytes.length)), bytes]) };
}

function list(items: readonly Thrift[]): Thrift {
  const code = items[0]?.code ?? 12;
  const head =
    items.length < 15
      ? Buffer.from([(items.length << 4) | code])
      : Buffer.concat([Buffer.from([0xf0 | code]), varint(BigInt(items.length))]);
  return { code: 9, bytes: Buffer.concat([head, ...items.map(({ bytes }) => bytes)]) };
}

/** By field id, in rising order, no further apart than 15. */
function struct(fields: { readonly [id: number]: Thrift }): Thrift {
  let last = 0;
  const parts = Object.entries(fields).map(([id, { code, bytes }]) => {
    const delta = Number(id) - last;
    last = Number(id);
    return Buffer.concat([Buffer.from([(delta << 4) | code]), bytes]);
  });
  return { code: 12, bytes: Buffer.concat([...parts, Buffer.from([0])]) };
}

function zigzag(value: bigint): Buffer {
  return varint(value < 0n ? -value * 2n - 1n : value * 2n);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left >>= 7n) {
    if (left < 128n) return Buffer.from([...bytes, Number(left)]);
    bytes.push(Number(left & 127n) | 128);
  }
}
