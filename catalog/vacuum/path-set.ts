/**
 * A set of paths that remembers only their hashes, of 64 bits: eight bytes a path and no object. It
 * may take one path for another, about once in 10^13 questions with a million paths, and then says
 * that it has it: right for what must be spared.
 */
export class PathSet {
  /** Pairs of halves; both zero is an empty slot. A power of two, at most half full. */
  #slots = new Uint32Array(2 * 1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(path: string): void {
    if (4 * (this.#size + 1) > this.#slots.length) this.#grow();
    const [high, low] = hashOf(path);
    if (this.#place(high, low)) this.#size++;
  }

  has(path: string): boolean {
    const [high, low] = hashOf(path);
    const slot = this.#find(high, low);
    return (this.#slots[slot] ?? 0) !== 0 || (this.#slots[slot + 1] ?? 0) !== 0;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    for (let i = 0; i < old.length; i += 2) {
      const high = old[i] ?? 0;
      const low = old[i + 1] ?? 0;
      if (high !== 0 || low !== 0) this.#place(high, low);
    }
  }

  #place(high: number, low: number): boolean {
    const slot = this.#find(high, low);
    if (this.#slots[slot] === high && this.#slots[slot + 1] === low) return false;
    this.#slots[slot] = high;
    this.#slots[slot + 1] = low;
    return true;
  }

  /** Where the hash is, or the empty slot where it would be. */
  #find(high: number, low: number): number {
    const mask = this.#slots.length / 2 - 1;
    let slot = low & mask;
    for (;;) {
      const first = this.#slots[2 * slot] ?? 0;
      const second = this.#slots[2 * slot + 1] ?? 0;
      if ((first === high && second === low) || (first === 0 && second === 0)) return 2 * slot;
      slot = (slot + 1) & mask;
    }
  }
}

/** Two runs with different constants of FNV-1a, mixed (Murmur3's finish); never both zero. */
function hashOf(path: string): readonly [high: number, low: number] {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b ^= b >>> 13;
  }
  return [mixed(a ^ path.length), mixed(b) || 1];
}

function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
