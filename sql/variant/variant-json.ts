/**
 * Rows of a variant column -> compact JSON text without loss of digits. The forms are those of
 * values in JSON answers: instants in ISO 8601 with `Z`, dates as `YYYY-MM-DD`, binary as base64,
 * NaN and the infinities as strings. Decimals are JSON numbers, as variants are JSON at heart.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { formatDate, formatDecimal, formatTimestamp } from '../../catalog/log/scalar-value.ts';
import { formatInterval, formatTime, formatUuid } from '../value-text.ts';
import { bitAt, variantType, type VariantColumn } from './variant-column.ts';

/** The JSON of a row that is not NULL. */
export function variantJson(column: VariantColumn, row: number): string {
  return new RowReader(column, row).value(0);
}

class RowReader {
  readonly #column: VariantColumn;
  readonly #data: Buffer;
  readonly #keysStart: number;
  readonly #childrenStart: number;
  readonly #valuesStart: number;
  readonly #valuesLength: number;

  constructor(column: VariantColumn, row: number) {
    const { bytes, offsets } = column.data;
    const start = offsets[row] ?? 0;
    const end = offsets[row + 1] ?? 0;
    this.#column = column;
    this.#data = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    this.#keysStart = column.keySlices.starts[row] ?? 0;
    this.#childrenStart = column.childSlices.starts[row] ?? 0;
    this.#valuesStart = column.valueSlices.starts[row] ?? 0;
    this.#valuesLength = column.valueSlices.lengths[row] ?? 0;
  }

  value(index: number): string {
    if (index >= this.#valuesLength) throw new RangeError('a variant has no such value');
    const typeId = this.#column.typeIds[this.#valuesStart + index] ?? 0;
    const at = this.#column.byteOffsets[this.#valuesStart + index] ?? 0;
    const data = this.#data;
    switch (typeId) {
      case variantType.VARIANT_NULL:
        return 'null';
      case variantType.BOOL_TRUE:
        return 'true';
      case variantType.BOOL_FALSE:
        return 'false';
      case variantType.INT8:
        return String(data.readInt8(at));
      case variantType.INT16:
        return String(data.readInt16LE(at));
      case variantType.INT32:
        return String(data.readInt32LE(at));
      case variantType.INT64:
        return String(data.readBigInt64LE(at));
      case variantType.INT128:
        return String(this.#int128(at));
      case variantType.UINT8:
        return String(data.readUInt8(at));
      case variantType.UINT16:
        return String(data.readUInt16LE(at));
      case variantType.UINT32:
        return String(data.readUInt32LE(at));
      case variantType.UINT64:
        return String(data.readBigUInt64LE(at));
      case variantType.UINT128:
        return String(BigInt.asUintN(128, this.#int128(at)));
      case variantType.FLOAT:
        return float32Text(data.readFloatLE(at));
      case variantType.DOUBLE:
        return floatText(data.readDoubleLE(at));
      case variantType.DECIMAL:
        return this.#decimal(at);
      case variantType.VARCHAR: {
        const { start, end } = this.#byteRange(at);
        return JSON.stringify(data.toString('utf8', start, end));
      }
      case variantType.BLOB: {
        const { start, end } = this.#byteRange(at);
        return quoted(data.toString('base64', start, end));
      }
      case variantType.UUID:
        return quoted(formatUuid(data.readBigInt64LE(at), data.readBigInt64LE(at + 8)));
      case variantType.DATE:
        return quoted(formatDate(data.readInt32LE(at)));
      case variantType.TIME_MICROS:
        return quoted(formatTime(data.readBigInt64LE(at)));
      case variantType.TIMESTAMP_SEC:
        return quoted(localTime(data.readBigInt64LE(at) * 1_000_000n));
      case variantType.TIMESTAMP_MILLIS:
        return quoted(localTime(data.readBigInt64LE(at) * 1000n));
      case variantType.TIMESTAMP_MICROS:
        return quoted(localTime(data.readBigInt64LE(at)));
      case variantType.TIMESTAMP_NANOS:
        return quoted(localNanos(data.readBigInt64LE(at)));
      case variantType.TIMESTAMP_MICROS_TZ:
        return quoted(formatTimestamp(data.readBigInt64LE(at)));
      case variantType.INTERVAL:
        return quoted(
          formatInterval(
            data.readInt32LE(at),
            data.readInt32LE(at + 4),
            data.readBigInt64LE(at + 8),
          ),
        );
      case variantType.OBJECT:
        return this.#object(at);
      case variantType.ARRAY:
        return this.#array(at);
      default:
        throw new CodedError(
          'UNSUPPORTED_RESULT_TYPE',
          `A variant holds a value of DuckDB's type number ${typeId}, which has no counterpart in JSON.`,
        );
    }
  }

  #object(at: number): string {
    const { childKeys, keys } = this.#column;
    const { first, count } = this.#children(at);
    let text = '{';
    for (let i = 0; i < count; i++) {
      const key = this.#keysStart + (childKeys[first + i] ?? 0);
      const start = keys.offsets[key] ?? 0;
      const end = keys.offsets[key + 1] ?? 0;
      const { buffer, byteOffset } = keys.bytes;
      const name = Buffer.from(buffer, byteOffset + start, end - start).toString('utf8');
      if (i > 0) text += ',';
      text += `${JSON.stringify(name)}:${this.#child(first + i)}`;
    }
    return `${text}}`;
  }

  #array(at: number): string {
    const { first, count } = this.#children(at);
    let text = '[';
    for (let i = 0; i < count; i++) {
      if (i > 0) text += ',';
      text += this.#child(first + i);
    }
    return `${text}]`;
  }

  #child(child: number): string {
    return this.value(this.#column.childValues[child] ?? 0);
  }

  #children(at: number): { readonly first: number; readonly count: number } {
    const { value: count, next } = this.#varint(at);
    if (count === 0) return { first: 0, count };
    return { first: this.#childrenStart + this.#varint(next).value, count };
  }

  #byteRange(at: number): { readonly start: number; readonly end: number } {
    const { value: length, next } = this.#varint(at);
    return { start: next, end: next + length };
  }

  #decimal(at: number): string {
    const { value: width, next: afterWidth } = this.#varint(at);
    const { value: scale, next } = this.#varint(afterWidth);
    const data = this.#data;
    const unscaled =
      width <= 4
        ? BigInt(data.readInt16LE(next))
        : width <= 9
          ? BigInt(data.readInt32LE(next))
          : width <= 18
            ? data.readBigInt64LE(next)
            : this.#int128(next);
    return formatDecimal(unscaled, { kind: 'decimal', precision: width, scale });
  }

  #int128(at: number): bigint {
    return (this.#data.readBigInt64LE(at + 8) << 64n) | this.#data.readBigUInt64LE(at);
  }

  #varint(at: number): { readonly value: number; readonly next: number } {
    let value = 0;
    let factor = 1;
    for (let next = at; ; next++) {
      const byte = this.#data.readUInt8(next);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return { value, next: next + 1 };
      factor *= 128;
    }
  }
}

/** Whether the row is not NULL. */
export function hasVariant({ validity }: VariantColumn, row: number): boolean {
  return bitAt(validity, row);
}

function quoted(text: string): string {
  return `"${text}"`;
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return quoted(String(value));
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/** The shortest text that reads back as the same 32-bit number. */
function float32Text(value: number): string {
  for (let digits = 6; digits < 9 && Number.isFinite(value); digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return floatText(candidate);
  }
  return floatText(Number.isFinite(value) ? Number(value.toPrecision(9)) : value);
}

/** What a clock showed: no zone. */
function localTime(micros: bigint): string {
  return formatTimestamp(micros).slice(0, -1);
}

function localNanos(nanos: bigint): string {
  const rest = ((nanos % 1000n) + 1000n) % 1000n;
  return `${localTime((nanos - rest) / 1000n)}${String(rest).padStart(3, '0')}`;
}
