/**
 * Column vectors put one after the other until they are enough for a record batch. The layout is
 * Arrow's already, so runs of bytes are copied and offsets moved; no value is looked at.
 */
import {
  DataType as ArrowType,
  makeData,
  type Data,
  type List,
  type Map_ as MapType,
  type Struct,
} from 'apache-arrow';
import type { ColumnVector } from '../../../catalog/column-batch.ts';
import { GrowingBits, GrowingBuffer } from './growing-buffer.ts';

export interface ColumnBuilder {
  append(vector: ColumnVector, start: number, end: number): void;
  /** What was appended, as Arrow's: valid until `clear`. */
  data(): Data;
  clear(): void;
}

export function columnBuilder(type: ArrowType): ColumnBuilder {
  if (ArrowType.isNull(type)) return new NullBuilder(type);
  if (ArrowType.isBool(type)) return new BooleanBuilder(type);
  if (ArrowType.isUtf8(type) || ArrowType.isBinary(type)) return new BytesBuilder(type);
  if (ArrowType.isList(type)) {
    return new ListBuilder(type, (vector) => (vector.kind === 'list' ? vector : undefined));
  }
  if (ArrowType.isMap(type)) {
    return new ListBuilder(type, (vector) =>
      vector.kind === 'map' ? entriesOf(vector) : undefined,
    );
  }
  if (ArrowType.isStruct(type)) return new StructBuilder(type);
  return new FixedBuilder(type);
}

/** The parts of a column's data that there are for its type. */
interface DataParts {
  readonly type: ArrowType;
  readonly length: number;
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array;
  readonly data?: ArrayBufferView;
  readonly valueOffsets?: Int32Array;
  readonly child?: Data;
  readonly children?: readonly Data[];
}

/** Arrow's `makeData` has a signature for each type; here the type is known at run time only. */
const arrowData = makeData as unknown as (parts: DataParts) => Data;

/** Validity and length, which all columns have but those of type null. */
abstract class Rows {
  protected readonly type: ArrowType;
  protected length = 0;
  #nullCount = 0;
  readonly #validity = new GrowingBits();

  constructor(type: ArrowType) {
    this.type = type;
  }

  protected appendRows({ validity }: ColumnVector, start: number, end: number): void {
    const count = end - start;
    if (validity === undefined) {
      if (this.#nullCount > 0) this.#validity.fill(1, count);
    } else {
      const nulls = count - countBits(validity, start, end);
      if (nulls > 0 && this.#nullCount === 0) {
        this.#validity.clear();
        this.#validity.fill(1, this.length);
      }
      this.#nullCount += nulls;
      if (this.#nullCount > 0) this.#validity.appendBits(validity, start, end);
    }
    this.length += count;
  }

  protected rows(): Pick<DataParts, 'type' | 'length' | 'nullCount' | 'nullBitmap'> {
    const { type, length } = this;
    const nullCount = this.#nullCount;
    return nullCount === 0
      ? { type, length, nullCount }
      : { type, length, nullCount, nullBitmap: this.#validity.view() };
  }

  protected clearRows(): void {
    this.length = 0;
    this.#nullCount = 0;
    this.#validity.clear();
  }
}

class NullBuilder implements ColumnBuilder {
  readonly #type: ArrowType;
  #length = 0;
  constructor(type: ArrowType) {
    this.#type = type;
  }
  append(_vector: ColumnVector, start: number, end: number): void {
    this.#length += end - start;
  }
  data(): Data {
    return arrowData({ type: this.#type, length: this.#length, nullCount: this.#length });
  }
  clear(): void {
    this.#length = 0;
  }
}

class BooleanBuilder extends Rows implements ColumnBuilder {
  readonly #bits = new GrowingBits();
  append(vector: ColumnVector, start: number, end: number): void {
    if (vector.kind !== 'boolean') throw mismatch(this.type, vector);
    this.appendRows(vector, start, end);
    this.#bits.appendBytes(vector.values, start, end);
  }
  data(): Data {
    return arrowData({ ...this.rows(), data: this.#bits.view() });
  }
  clear(): void {
    this.clearRows();
    this.#bits.clear();
  }
}

/** Numbers, times and decimals. */
class FixedBuilder extends Rows implements ColumnBuilder {
  readonly #buffer = new GrowingBuffer();
  append(vector: ColumnVector, start: number, end: number): void {
    this.appendRows(vector, start, end);
    const [values, width] = fixedValues(vector) ?? [];
    if (values === undefined || width === undefined) throw mismatch(this.type, vector);
    const { buffer, byteOffset } = values;
    this.#buffer.append(new Uint8Array(buffer, byteOffset + start * width, (end - start) * width));
  }
  data(): Data {
    const { buffer, byteLength } = this.#buffer.view();
    const { ArrayType } = this.type as unknown as {
      readonly ArrayType: {
        readonly BYTES_PER_ELEMENT: number;
        new (buffer: ArrayBuffer, offset: number, length: number): ArrayBufferView;
      };
    };
    const values = new ArrayType(buffer, 0, byteLength / ArrayType.BYTES_PER_ELEMENT);
    return arrowData({ ...this.rows(), data: values });
  }
  clear(): void {
    this.clearRows();
    this.#buffer.clear();
  }
}

/** The values and how many bytes a row has. */
function fixedValues(vector: ColumnVector): readonly [ArrayBufferView, number] | undefined {
  switch (vector.kind) {
    case 'int':
    case 'long':
    case 'float':
      return [vector.values, vector.values.BYTES_PER_ELEMENT];
    case 'decimal':
      return [vector.words, 16];
    case 'boolean':
    case 'bytes':
    case 'list':
    case 'map':
    case 'struct':
      return undefined;
  }
}

/** The offsets of rows of varying size: always from 0, one more than there are rows. */
class Offsets {
  readonly #buffer = new GrowingBuffer();
  #last = 0;

  constructor() {
    this.clear();
  }

  append(offsets: Int32Array, start: number, end: number): void {
    const at = this.#buffer.extend((end - start) * 4) >> 2;
    const target = new Int32Array(this.#buffer.view().buffer);
    const shift = this.#last - (offsets[start] ?? 0);
    for (let row = start; row < end; row++) {
      target[at + row - start] = (offsets[row + 1] ?? 0) + shift;
    }
    this.#last = (offsets[end] ?? 0) + shift;
  }

  view(): Int32Array {
    const { buffer, byteLength } = this.#buffer.view();
    return new Int32Array(buffer, 0, byteLength >> 2);
  }

  clear(): void {
    this.#buffer.clear();
    this.#buffer.append(new Uint8Array(4));
    this.#last = 0;
  }
}

class BytesBuilder extends Rows implements ColumnBuilder {
  readonly #offsets = new Offsets();
  readonly #bytes = new GrowingBuffer();
  append(vector: ColumnVector, start: number, end: number): void {
    if (vector.kind !== 'bytes') throw mismatch(this.type, vector);
    this.appendRows(vector, start, end);
    const { offsets, bytes } = vector;
    this.#offsets.append(offsets, start, end);
    this.#bytes.append(bytes.subarray(offsets[start], offsets[end]));
  }
  data(): Data {
    return arrowData({
      ...this.rows(),
      valueOffsets: this.#offsets.view(),
      data: this.#bytes.view(),
    });
  }
  clear(): void {
    this.clearRows();
    this.#offsets.clear();
    this.#bytes.clear();
  }
}

type ListLike = Extract<ColumnVector, { kind: 'list' }>;

/** Lists, and maps, which are lists of entries. */
class ListBuilder extends Rows implements ColumnBuilder {
  readonly #offsets = new Offsets();
  readonly #child: ColumnBuilder;
  readonly #asList: (vector: ColumnVector) => ListLike | undefined;
  constructor(type: List | MapType, asList: (vector: ColumnVector) => ListLike | undefined) {
    super(type);
    this.#child = columnBuilder(childType(type));
    this.#asList = asList;
  }
  append(vector: ColumnVector, start: number, end: number): void {
    const list = this.#asList(vector);
    if (list === undefined) throw mismatch(this.type, vector);
    this.appendRows(vector, start, end);
    const { offsets, child } = list;
    this.#offsets.append(offsets, start, end);
    this.#child.append(child, offsets[start] ?? 0, offsets[end] ?? 0);
  }
  data(): Data {
    return arrowData({
      ...this.rows(),
      valueOffsets: this.#offsets.view(),
      child: this.#child.data(),
    });
  }
  clear(): void {
    this.clearRows();
    this.#offsets.clear();
    this.#child.clear();
  }
}

function childType(type: List | MapType): ArrowType {
  const [child] = type.children as readonly { readonly type: ArrowType }[];
  if (child === undefined) throw new TypeError('a list has a child');
  return child.type;
}

function entriesOf({
  length,
  validity,
  offsets,
  keys,
  values,
}: Extract<ColumnVector, { kind: 'map' }>): ListLike {
  const child: ColumnVector = {
    kind: 'struct',
    length: keys.length,
    validity: undefined,
    children: [keys, values],
  };
  return { kind: 'list', length, validity, offsets, child };
}

class StructBuilder extends Rows implements ColumnBuilder {
  readonly #children: readonly ColumnBuilder[];
  constructor(type: Struct) {
    super(type);
    this.#children = type.children.map((field) => columnBuilder(field.type as ArrowType));
  }
  append(vector: ColumnVector, start: number, end: number): void {
    if (vector.kind !== 'struct') throw mismatch(this.type, vector);
    this.appendRows(vector, start, end);
    for (const [index, builder] of this.#children.entries()) {
      const child = vector.children[index];
      if (child === undefined) throw mismatch(this.type, vector);
      builder.append(child, start, end);
    }
  }
  data(): Data {
    const children = this.#children.map((child) => child.data());
    return arrowData({ ...this.rows(), children });
  }
  clear(): void {
    this.clearRows();
    for (const child of this.#children) child.clear();
  }
}

function countBits(bits: Uint8Array, start: number, end: number): number {
  let count = 0;
  let index = start;
  for (; index < end && (index & 7) !== 0; index++) count += bitAt(bits, index);
  for (; index + 8 <= end; index += 8) count += bitsOfByte[bits[index >> 3] ?? 0] ?? 0;
  for (; index < end; index++) count += bitAt(bits, index);
  return count;
}

function bitAt(bits: Uint8Array, index: number): number {
  return ((bits[index >> 3] ?? 0) >> (index & 7)) & 1;
}

const bitsOfByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

function mismatch(type: ArrowType, vector: ColumnVector): Error {
  return new Error(`a column of Arrow's type ${type.typeId} has a ${vector.kind} vector`);
}
