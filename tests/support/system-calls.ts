/**
 * The calls of a process and its threads that change files, as `strace` writes them down, in the order in
 * which they began and ended. Nothing is left out of what is written.
 */
import { spawnSync } from 'node:child_process';

const calls =
  'openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync_file_range,' +
  'rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,ftruncate,truncate,' +
  'fallocate,copy_file_range,sendfile';

/** `false`, or why no process can be traced here. */
export function skipWithoutTracing(): string | false {
  const { status } = spawnSync('strace', ['-f', '-qq', '-e', 'trace=none', 'true']);
  return status === 0 ? false : 'needs strace, and the right to trace a process of one’s own';
}

/** What is to stand before a command. */
export function tracingInto(file: string): readonly string[] {
  const bytesMax = String(2 ** 24);
  return ['strace', '-f', '-qq', '-y', '-xx', '-s', bytesMax, '-o', file, '-e', `trace=${calls}`];
}

export interface SystemCall {
  readonly name: string;
  /** Its strings: paths, or what is written. */
  readonly texts: readonly Buffer[];
  /** The descriptors among its arguments, with the paths they stand for. */
  readonly files: readonly { readonly number: string; readonly path: string }[];
  /** The arguments as they stand there. */
  readonly text: string;
  readonly result: number;
}

export interface CallMoment {
  readonly moment: 'begins' | 'ends';
  readonly call: SystemCall;
}

/** Throws for a line that it cannot make out: what is not understood could be a write. */
export function parseTrace(trace: string): readonly CallMoment[] {
  const moments: (CallMoment | { readonly pending: string })[] = [];
  const unfinished = new Map<string, { readonly index: number; readonly text: string }>();
  for (const line of trace.split('\n')) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text === '' || /^(\+\+\+|---) /.test(text)) continue;
    const begun = /^(.*?) <unfinished \.\.\.>$/.exec(text)?.[1];
    if (begun !== undefined) {
      unfinished.set(thread, { index: moments.length, text: begun });
      moments.push({ pending: begun });
      continue;
    }
    const rest = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1];
    if (rest === undefined) {
      const call = parseCall(text);
      moments.push({ moment: 'begins', call }, { moment: 'ends', call });
      continue;
    }
    const head = unfinished.get(thread);
    if (head === undefined) throw new Error(`resumed without a beginning: ${line}`);
    unfinished.delete(thread);
    const call = parseCall(head.text + rest);
    moments[head.index] = { moment: 'begins', call };
    moments.push({ moment: 'ends', call });
  }
  return moments.filter((moment) => 'call' in moment);
}

function parseCall(text: string): SystemCall {
  const parts = /^(\w+)\((.*)\)\s+= (-?\d+|\?)/.exec(text);
  if (parts === null) throw new Error(`not understood: ${text.slice(0, 300)}`);
  const [, name = '', inner = '', result = ''] = parts;
  if (/"\.\.\./.test(inner)) throw new Error(`cut short: ${text.slice(0, 300)}`);
  return {
    name,
    texts: [...inner.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => bytesOf(hex)),
    files: [...inner.matchAll(/(\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)[^>]*>/g)].map(
      ([, number = '', hex = '']) => ({ number, path: bytesOf(hex).toString() }),
    ),
    text: inner,
    result: result === '?' ? -1 : Number(result),
  };
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
}
