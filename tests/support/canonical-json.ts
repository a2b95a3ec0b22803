/**
 * Rows of a result as the one JSON text each value has, so that two readers' answers can be
 * compared as text. The form is that of the corpus (its README.md, "Canonical form"). Text is built
 * directly: JavaScript objects would reorder fields named like numbers.
 */
import { createHash } from 'node:crypto';
import { isPresent, type ColumnBatch, type ColumnVector } from '../../catalog/column-batch.ts';
import type { DataType } from '../../catalog/data-type.ts';

/** How the types are written whose text differs between forms; the rest is the same everywhere. */
export interface ValueForms {
  readonly long: (value: bigint) => string;
  readonly float: (value: number) => string;
  readonly double: (value: number) => string;
  readonly binary: (value: Uint8Array) => string;
  readonly micros: (micros: bigint) => string;
  readonly variant: (json: string) => string;
  readonly sortMaps: boolean;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The corpus's form. */
export const canonicalForms: ValueForms = {
  long: (value) => quote(String(value)),
  float: (value) => exponential(Math.fround(value), 8),
  double: (value) => exponential(value, 16),
  binary: (value) => quote(Buffer.from(value).toString('hex')),
  micros: (micros) => timestampText(micros),
  variant: (json) => quote(canonicalVariant(json)),
  sortMaps: true,
};

/** Row `row` of the batch as one JSON array. */
export function rowText(
  batch: ColumnBatch,
  types: readonly DataType[],
  row: number,
  forms: ValueForms = canonicalForms,
): string {
  const cells = batch.columns.map((column, index) => {
    const type = types[index];
    if (type === undefined) throw new Error(`column ${index} has no type`);
    return valueText(column, type, row, forms);
  });
  return `[${cells.join(',')}]`;
}

/** The rows' texts in the order of their UTF-8 bytes, and the hash of all of them. */
export function sortAndHash(rows: readonly string[]): { rows: readonly string[]; sha256: string } {
  const sorted = [...rows].sort(rows.every(isAscii) ? undefined : compareBytes);
  return { rows: sorted, sha256: createHash('sha256').update(sorted.join('\n')).digest('hex') };
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function valueText(
  vector: ColumnVector,
  type: DataType,
  row: number,
  forms: ValueForms,
): string {
  if (!isPresent(vector, row)) return 'null';
  switch (vector.kind) {
    case 'boolean':
      return vector.values[row] === 0 ? 'false' : 'true';
    case 'int': {
      const value = vector.values[row] ?? 0;
      return type.kind === 'date' ? quote(dateText(value)) : String(value);
    }
    case 'long': {
      const value = vector.values[row] ?? 0n;
      if (type.kind === 'timestamp') return quote(`${forms.micros(value)}Z`);
      if (type.kind === 'timestamp_ntz') return quote(forms.micros(value));
      return forms.long(value);
    }
    case 'float': {
      const value = vector.values[row] ?? 0;
      return type.kind === 'float' ? forms.float(value) : forms.double(value);
    }
    case 'decimal': {
      const low = BigInt.asUintN(64, vector.words[2 * row] ?? 0n);
      const unscaled = ((vector.words[2 * row + 1] ?? 0n) << 64n) | low;
      return quote(decimalText(unscaled, type.kind === 'decimal' ? type.scale : 0));
    }
    case 'bytes': {
      const bytes = vector.bytes.subarray(vector.offsets[row], vector.offsets[row + 1]);
      if (type.kind === 'binary') return forms.binary(bytes);
      const text = utf8.decode(bytes);
      return type.kind === 'variant' ? forms.variant(text) : quote(text);
    }
    case 'list': {
      if (type.kind !== 'array') throw mismatch(vector, type);
      const items: string[] = [];
      for (let i = vector.offsets[row] ?? 0; i < (vector.offsets[row + 1] ?? 0); i += 1) {
        items.push(valueText(vector.child, type.elementType, i, forms));
      }
      return `[${items.join(',')}]`;
    }
    case 'struct': {
      if (type.kind !== 'struct') throw mismatch(vector, type);
      const fields = type.fields.map(({ name, type: fieldType }, index) => {
        const child = vector.children[index];
        if (child === undefined) throw mismatch(vector, type);
        return `${quote(name)}:${valueText(child, fieldType, row, forms)}`;
      });
      return `{${fields.join(',')}}`;
    }
    case 'map': {
      if (type.kind !== 'map') throw mismatch(vector, type);
      const entries: { key: string; text: string }[] = [];
      for (let i = vector.offsets[row] ?? 0; i < (vector.offsets[row + 1] ?? 0); i += 1) {
        const key = valueText(vector.keys, type.keyType, i, forms);
        entries.push({
          key,
          text: `[${key},${valueText(vector.values, type.valueType, i, forms)}]`,
        });
      }
      if (forms.sortMaps) entries.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
      return `[${entries.map(({ text }) => text).join(',')}]`;
    }
  }
}

function mismatch(vector: ColumnVector, type: DataType): Error {
  return new Error(`a ${vector.kind} vector does not hold ${type.kind} values`);
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function exponential(value: number, digits: number): string {
  return quote(
    Number.isFinite(value) ? (value === 0 ? 0 : value).toExponential(digits) : String(value),
  );
}

export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Proleptic Gregorian; a year outside 0000..9999 with sign and six digits, as ISO 8601 has it. */
export function dateText(days: number): string {
  return new Date(days * 86_400_000).toISOString().split('T')[0] ?? '';
}

export function timestampText(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, -5);
  return `${seconds}.${String(fraction).padStart(6, '0')}`;
}

/**
 * Compact JSON with its object keys in code point order; a whole number as an integer, any other as
 * `{"num":"<plain decimal>"}`. Numbers keep all their digits.
 */
export function canonicalVariant(json: string): string {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]|[a-z]+/g) ?? [];
  let at = 0;
  const next = (): string => tokens[at++] ?? '';
  const value = (): string => {
    const token = next();
    if (token === '[') {
      const items: string[] = [];
      while (tokens[at] !== ']' && at < tokens.length) {
        items.push(value());
        if (tokens[at] === ',') at += 1;
      }
      at += 1;
      return `[${items.join(',')}]`;
    }
    if (token === '{') {
      const fields: { key: string; text: string }[] = [];
      while (tokens[at] !== '}' && at < tokens.length) {
        const key = JSON.parse(next()) as string;
        at += 1;
        fields.push({ key, text: `${quote(key)}:${value()}` });
        if (tokens[at] === ',') at += 1;
      }
      at += 1;
      fields.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
      return `{${fields.map(({ text }) => text).join(',')}}`;
    }
    if (token.startsWith('"')) return quote(JSON.parse(token) as string);
    return /^-?\d/.test(token) ? variantNumber(token) : token;
  };
  return value();
}

function variantNumber(token: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  let digits = whole + fraction;
  let scale = fraction.length - Number(exponent);
  if (scale < 0) {
    digits += '0'.repeat(-scale);
    scale = 0;
  }
  while (scale > 0 && digits.endsWith('0')) {
    digits = digits.slice(0, -1);
    scale -= 1;
  }
  const unscaled = BigInt(sign + (digits === '' ? '0' : digits));
  if (scale === 0) return String(unscaled);
  return `{"num":${quote(decimalText(unscaled, scale))}}`;
}
