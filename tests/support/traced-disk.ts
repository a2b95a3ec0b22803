/**
 * A disk made of the system calls of a process, which knows what a loss of power leaves at any moment: as
 * strict as POSIX lets a file system be.
 *
 * 1. What was written to a file is safe from the end of an fsync of that file on, if it was written before
 *    that began. A file that was never flushed may be there and be empty.
 * 2. A name in a folder, and its absence, is safe from the end of an fsync of the folder on.
 * 3. What is not safe may survive or not, each thing for itself, in any order.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { SeededRandom } from './seeded-random.ts';
import type { CallMoment, SystemCall } from './system-calls.ts';

interface FileNode {
  readonly kind: 'file';
  data: Buffer;
  safe: Buffer;
  /** When the fsync began that `safe` is of. */
  safeSince: number;
}

interface FolderNode {
  readonly kind: 'folder';
  readonly entries: Map<string, Node>;
  safe: ReadonlyMap<string, Node>;
  safeSince: number;
}

type Node = FileNode | FolderNode;

/** Relative path -> contents. */
export type Survivors = ReadonlyMap<string, Buffer>;

export type LossKind =
  /** Nothing survives that was not flushed. */
  | { readonly kind: 'unflushed' }
  /** All names survive, no contents that were not flushed. */
  | { readonly kind: 'contents' }
  /** Each thing that was not flushed survives or not. */
  | { readonly kind: 'some'; readonly random: SeededRandom }
  /** As after the death of the process alone. */
  | { readonly kind: 'nothing' };

const folder = (): FolderNode => {
  return { kind: 'folder', entries: new Map(), safe: new Map(), safeSince: -1 };
};

export class TracedDisk {
  readonly #root: string;
  readonly #top = folder();
  readonly #flushes = new Map<SystemCall, () => void>();
  #time = 0;

  /** @param root an empty folder, in which everything happens that counts */
  constructor(root: string) {
    this.#root = root;
  }

  /** Whether what survives may have changed by it. */
  apply({ moment, call }: CallMoment): boolean {
    this.#time++;
    if (call.result < 0) return false;
    const { name } = call;
    if (name === 'fsync' || name === 'fdatasync') return this.#flush(moment, call);
    // What is under way may be there already: of contents nothing is promised, names are made at once.
    if (moment === 'begins') return false;
    const [first, second] = this.#paths(call);
    switch (name) {
      case 'open':
      case 'openat':
      case 'creat':
        return first !== undefined && this.#open(first, call);
      case 'write':
      case 'writev':
      case 'pwrite64':
      case 'pwritev':
        return this.#write(call);
      case 'ftruncate':
        return this.#truncate(call);
      case 'mkdir':
      case 'mkdirat':
        if (first === undefined) return false;
        this.#folderOf(first).entries.set(posix.basename(first), folder());
        return true;
      case 'link':
      case 'linkat':
      case 'rename':
      case 'renameat':
      case 'renameat2':
        return this.#move(first, second, !name.startsWith('link'), call);
      case 'unlink':
      case 'unlinkat':
      case 'rmdir':
        if (first === undefined) return false;
        this.#folderOf(first).entries.delete(posix.basename(first));
        return true;
      case 'sync_file_range':
        return false;
      default:
        if (call.files.some(({ path }) => this.#relative(path) !== undefined)) {
          throw new Error(`${name} changes a file in a way that is not modelled`);
        }
        return false;
    }
  }

  survivors(loss: LossKind): Survivors {
    const found = new Map<string, Buffer>();
    const visit = (node: FolderNode, path: string): void => {
      for (const name of new Set([...node.safe.keys(), ...node.entries.keys()])) {
        const inner = survivor(node.safe.get(name), node.entries.get(name), loss);
        if (inner === undefined) continue;
        if (inner.kind === 'folder') visit(inner, `${path}${name}/`);
        else found.set(`${path}${name}`, contents(inner, loss));
      }
    };
    visit(this.#top, '');
    return found;
  }

  #relative(path: string): string | undefined {
    return path.startsWith(`${this.#root}/`) ? path.slice(this.#root.length + 1) : undefined;
  }

  /** The paths among the arguments, below the root; those of others are undefined. */
  #paths({ texts, files, name }: SystemCall): readonly (string | undefined)[] {
    if (name.includes('write')) return [];
    return texts.map((bytes, n) => {
      const text = bytes.toString();
      const base = files[n]?.path ?? '/';
      return this.#relative(text.startsWith('/') ? text : posix.join(base, text));
    });
  }

  #folderOf(path: string): FolderNode {
    const found = this.#find(posix.dirname(path));
    if (found?.kind !== 'folder') throw new Error(`no folder for ${path}`);
    return found;
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#top;
    for (const name of path === '.' || path === '' ? [] : path.split('/')) {
      node = node?.kind === 'folder' ? node.entries.get(name) : undefined;
    }
    return node;
  }

  /** What the first descriptor of a call stands for. */
  #opened({ files }: SystemCall): Node | undefined {
    const path = files[0]?.path ?? '';
    if (path === this.#root) return this.#top;
    const relative = this.#relative(path);
    return relative === undefined ? undefined : this.#find(relative);
  }

  #openedFile(call: SystemCall): FileNode | undefined {
    const node = this.#opened(call);
    if (node?.kind === 'file') return node;
    const path = call.files[0]?.path ?? '';
    if (this.#relative(path) !== undefined) throw new Error(`${call.name} to unknown ${path}`);
    return undefined;
  }

  #open(path: string, { text }: SystemCall): boolean {
    const found = this.#find(path);
    if (found === undefined) {
      // Somebody else's: to write to it would be an error later on.
      if (!text.includes('O_CREAT')) return false;
      const made: FileNode = { kind: 'file', data: empty, safe: empty, safeSince: -1 };
      this.#folderOf(path).entries.set(posix.basename(path), made);
      return true;
    }
    if (found.kind === 'folder' || !text.includes('O_TRUNC')) return false;
    found.data = empty;
    return true;
  }

  #write(call: SystemCall): boolean {
    const file = this.#openedFile(call);
    if (file === undefined) return false;
    const bytes = Buffer.concat(call.texts).subarray(0, call.result);
    const offset = call.name.startsWith('p') ? lastNumber(call.text) : file.data.length;
    const data = Buffer.alloc(Math.max(file.data.length, offset + bytes.length));
    file.data.copy(data);
    bytes.copy(data, offset);
    file.data = data;
    return true;
  }

  #truncate(call: SystemCall): boolean {
    const file = this.#openedFile(call);
    if (file === undefined) return false;
    const data = Buffer.alloc(lastNumber(call.text));
    file.data.copy(data);
    file.data = data;
    return true;
  }

  #move(
    from: string | undefined,
    to: string | undefined,
    isMoved: boolean,
    call: SystemCall,
  ): boolean {
    if (from === undefined && to === undefined) return false;
    const node = from === undefined ? undefined : this.#find(from);
    if (from === undefined || to === undefined || node === undefined) {
      throw new Error(`${call.name} of what is unknown: ${from} to ${to}`);
    }
    this.#folderOf(to).entries.set(posix.basename(to), node);
    if (isMoved) this.#folderOf(from).entries.delete(posix.basename(from));
    return true;
  }

  #flush(moment: CallMoment['moment'], call: SystemCall): boolean {
    if (moment === 'ends') {
      this.#flushes.get(call)?.();
      return this.#flushes.delete(call);
    }
    const node = this.#opened(call);
    if (node === undefined) return false;
    const since = this.#time;
    const state = node.kind === 'file' ? node.data : new Map(node.entries);
    this.#flushes.set(call, () => {
      // Another one that began later may have ended before.
      if (since < node.safeSince) return;
      node.safeSince = since;
      (node as { safe: unknown }).safe = state;
    });
    return false;
  }
}

const empty = Buffer.alloc(0);

function survivor(safe: Node | undefined, now: Node | undefined, loss: LossKind): Node | undefined {
  switch (loss.kind) {
    case 'unflushed':
      return safe;
    case 'contents':
    case 'nothing':
      return now;
    case 'some':
      return safe === now || loss.random.chance(0.5) ? safe : now;
  }
}

function contents({ safe, data }: FileNode, loss: LossKind): Buffer {
  switch (loss.kind) {
    case 'unflushed':
    case 'contents':
      return safe;
    case 'nothing':
      return data;
    case 'some':
      return safe === data || loss.random.chance(0.5) ? safe : data;
  }
}

function lastNumber(text: string): number {
  return Number(/(\d+)$/.exec(text)?.[1]);
}

/** One text for each set of survivors. */
export function survivorsKey(survivors: Survivors): string {
  const hash = createHash('sha256');
  for (const [path, bytes] of [...survivors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

export function writeSurvivors(survivors: Survivors, target: string): void {
  for (const [path, bytes] of survivors) {
    const file = join(target, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
