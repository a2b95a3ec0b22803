/**
 * The statements typed before, kept in `~/.levee_history`: readable by its owner alone, bounded,
 * one entry a line (line feeds and backslashes escaped). Entries are appended as they come, so a
 * crash loses none and two REPLs mix theirs. A history that cannot be kept is no reason to fail.
 */
import { appendFile, chmod, open, readFile, rename, writeFile } from 'node:fs/promises';

/** Entries that are kept. */
export const historyEntriesMax = 2000;
/** A longer entry is not kept: nobody edits a megabyte at a prompt. */
const entryLengthMax = 64 * 1024;

function encode(entry: string): string {
  return entry.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function decode(line: string): string {
  return line.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

export class HistoryFile {
  readonly #path: string | undefined;
  #last: string | undefined;
  #pending: Promise<void> = Promise.resolve();

  /** Without a path nothing is kept. */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** The entries, newest first; also shortens a file that has grown beyond its bound. */
  async load(): Promise<readonly string[]> {
    if (this.#path === undefined) return [];
    try {
      const text = await readFile(this.#path, 'utf8');
      await chmod(this.#path, 0o600);
      const lines = text.split('\n').filter((line) => line !== '');
      const kept = lines.slice(-historyEntriesMax);
      if (kept.length < lines.length) await this.#replace(this.#path, kept);
      const entries = kept.map(decode).reverse();
      this.#last = entries[0];
      return entries;
    } catch {
      return [];
    }
  }

  /** Adds an entry, unless it repeats the last one or begins with a space. */
  add(entry: string): void {
    const path = this.#path;
    if (path === undefined || entry === this.#last) return;
    if (entry === '' || entry.startsWith(' ') || entry.length > entryLengthMax) return;
    this.#last = entry;
    this.#pending = this.#pending
      .then(() => appendFile(path, `${encode(entry)}\n`, { mode: 0o600 }))
      .catch(() => undefined);
  }

  /** Resolves when everything added is on disk. */
  async close(): Promise<void> {
    await this.#pending;
  }

  async #replace(path: string, lines: readonly string[]): Promise<void> {
    const temporary = `${path}.${process.pid}.new`;
    await writeFile(temporary, `${lines.join('\n')}\n`, { mode: 0o600 });
    const file = await open(temporary, 'r');
    await file.sync();
    await file.close();
    await rename(temporary, path);
  }
}
