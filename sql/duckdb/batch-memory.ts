/**
 * The memory of the batches of one result. A batch's buffers are allocated one by one as long as
 * nobody gives batches back; once one came back, the following batches lie in a single block that
 * is used again and again. Fresh memory would make the collector run for every few batches.
 */
const alignment = 8;

/** Where the buffers of one batch come from. What it hands out may hold bytes of earlier batches. */
export class BatchMemory {
  #block: ArrayBuffer | undefined;
  /** How much of the block is taken. */
  #used = 0;
  /** What the batch took, in the block and outside. */
  #taken = 0;

  /** Bytes to be written in full, at an offset that suits every typed array. */
  take(byteCount: number): Uint8Array<ArrayBuffer> {
    const rounded = Math.ceil(byteCount / alignment) * alignment;
    this.#taken += rounded;
    if (this.#block === undefined || this.#used + rounded > this.#block.byteLength) {
      return new Uint8Array(byteCount);
    }
    const bytes = new Uint8Array(this.#block, this.#used, byteCount);
    this.#used += rounded;
    return bytes;
  }

  /** The batch is no longer read: the next one may have its memory. */
  reuse(): void {
    const held = this.#block?.byteLength ?? 0;
    // A little more than was needed, as batches of text differ.
    if (this.#taken > held) this.#block = new ArrayBuffer(Math.ceil(this.#taken / 32) * 40);
    this.#used = 0;
    this.#taken = 0;
  }
}

/** The memories that came back, for the batches to come. */
export class BatchMemories {
  readonly #free: BatchMemory[] = [];

  /** The memory of the next batch, and what the batch's consumer calls to give it back. */
  next(): { readonly memory: BatchMemory; readonly release: () => void } {
    const memory = this.#free.pop() ?? new BatchMemory();
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      memory.reuse();
      this.#free.push(memory);
    };
    return { memory, release };
  }
}
