/** Many files, a thousand to a buffer: paths relative to a folder, and sizes. */
export interface ListedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

const batchLength = 1000;

export class FileList {
  readonly #packed: { readonly paths: Buffer; readonly sizes: Float64Array }[] = [];
  #open: ListedFile[] = [];
  count = 0;
  totalBytes = 0;

  add(file: ListedFile): void {
    this.#open.push(file);
    this.count++;
    this.totalBytes += file.sizeBytes;
    if (this.#open.length < batchLength) return;
    this.#packed.push({
      // No path holds a NUL byte.
      paths: Buffer.from(this.#open.map(({ path }) => path).join('\0'), 'utf8'),
      sizes: Float64Array.from(this.#open, ({ sizeBytes }) => sizeBytes),
    });
    this.#open = [];
  }

  /** In the order in which they came, up to a thousand at a time. */
  *batches(): Generator<readonly ListedFile[], void, undefined> {
    for (const { paths, sizes } of this.#packed) {
      yield paths
        .toString('utf8')
        .split('\0')
        .map((path, i) => ({ path, sizeBytes: sizes[i] ?? 0 }));
    }
    if (this.#open.length > 0) yield this.#open;
  }

  first(count: number): readonly ListedFile[] {
    const found: ListedFile[] = [];
    for (const batch of this.batches()) {
      if (found.length >= count) break;
      found.push(...batch.slice(0, count - found.length));
    }
    return found;
  }
}
