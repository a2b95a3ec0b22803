/**
 * Row positions below 2^32 as Delta's portable bitmap: arrays for few positions in 65,536, bit sets
 * for many. https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-format
 */
export function portableBitmap(positions: readonly number[]): Buffer {
  const containers = new Map<number, number[]>();
  for (const position of positions) {
    const high = Math.floor(position / 65_536);
    containers.set(high, [...(containers.get(high) ?? []), position % 65_536]);
  }
  const bodies = [...containers.values()].map(container);
  const header = Buffer.alloc(8 + 8 * bodies.length);
  header.writeUInt32LE(12_346, 0);
  header.writeUInt32LE(bodies.length, 4);
  let offset = header.length;
  [...containers].forEach(([high, lows], i) => {
    header.writeUInt16LE(high, 8 + 4 * i);
    header.writeUInt16LE(lows.length - 1, 10 + 4 * i);
    header.writeUInt32LE(offset, 8 + 4 * bodies.length + 4 * i);
    offset += bodies[i]?.length ?? 0;
  });
  const outer = Buffer.alloc(16);
  outer.writeUInt32LE(1_681_511_377, 0);
  outer.writeBigUInt64LE(1n, 4);
  return Buffer.concat([outer, header, ...bodies]);
}

function container(lows: readonly number[]): Buffer {
  if (lows.length <= 4096) {
    const array = Buffer.alloc(2 * lows.length);
    lows.forEach((low, i) => array.writeUInt16LE(low, 2 * i));
    return array;
  }
  const bits = Buffer.alloc(8192);
  for (const low of lows) bits[low >> 3] = (bits[low >> 3] ?? 0) | (1 << (low & 7));
  return bits;
}
