/** The values of vectors, for comparing. */
import type { ColumnVector } from '../../catalog/column-batch.ts';
import { isPresent } from '../../catalog/column-batch.ts';

/** A cell as plain JavaScript: bigint for 64 bits and decimals (unscaled), strings for bytes. */
export function cellOf(vector: ColumnVector, row: number): unknown {
  if (!isPresent(vector, row)) return null;
  switch (vector.kind) {
    case 'boolean':
      return vector.values[row] === 1;
    case 'int':
    case 'float':
    case 'long':
      return vector.values[row];
    case 'decimal':
      return (
        ((vector.words[2 * row + 1] ?? 0n) << 64n) | BigInt.asUintN(64, vector.words[2 * row] ?? 0n)
      );
    case 'bytes':
      return Buffer.from(
        vector.bytes.subarray(vector.offsets[row], vector.offsets[row + 1]),
      ).toString();
    case 'struct':
      return vector.children.map((child) => cellOf(child, row));
    case 'list': {
      const [from = 0, to = 0] = vector.offsets.subarray(row, row + 2);
      return Array.from({ length: to - from }, (_, i) => cellOf(vector.child, from + i));
    }
    case 'map': {
      const [from = 0, to = 0] = vector.offsets.subarray(row, row + 2);
      return Array.from({ length: to - from }, (_, i) => [
        cellOf(vector.keys, from + i),
        cellOf(vector.values, from + i),
      ]);
    }
  }
}
