/** Deletion vectors of few rows, in the log itself. */
import { encodeBase85 } from '../../catalog/log/base85.ts';

/** The descriptor for an `add` whose file has lost `rows`: numbers below 2^16, in rising order. */
export function inlineDeletionVector(rows: readonly number[]): Record<string, unknown> {
  const bytes = new DataView(new ArrayBuffer(4 + 8 + 4 + 4 + 4 + 4 + 4 + 2 * rows.length));
  let at = 0;
  const u32 = (value: number): void => {
    bytes.setUint32(at, value, true);
    at += 4;
  };
  const u16 = (value: number): void => {
    bytes.setUint16(at, value, true);
    at += 2;
  };
  u32(1_681_511_377);
  // One bitmap of 32 bits, for the upper half 0, with one container, for the upper quarter 0.
  u32(1);
  u32(0);
  u32(0);
  u32(12_346);
  u32(1);
  u16(0);
  u16(rows.length - 1);
  // Where the container starts, from the cookie on.
  const withOffset = new Uint8Array(at + 4 + 2 * rows.length);
  withOffset.set(new Uint8Array(bytes.buffer, 0, at));
  const rest = new DataView(withOffset.buffer);
  rest.setUint32(at, 16, true);
  rows.forEach((row, i) => rest.setUint16(at + 4 + 2 * i, row, true));
  return {
    storageType: 'i',
    pathOrInlineDv: encodeBase85(withOffset),
    sizeInBytes: withOffset.length,
    cardinality: rows.length,
  };
}
