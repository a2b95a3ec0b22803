/** Node's file system with some calls replaced, and errors as the kernel would raise them. */
import * as nodeFs from 'node:fs/promises';
import type { FileSystem } from '../../catalog/store/durable-write.ts';

export function errnoError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: made up, ${syscall}`), { code, syscall });
}

export function faultyFileSystem(faults: Partial<FileSystem>): FileSystem {
  return { ...nodeFs, ...faults };
}

/** Opened files whose `method` fails; everything else works. */
export function failingHandles(
  method: 'writeFile' | 'sync' | 'close',
  error: () => Error,
): Partial<FileSystem> {
  return {
    async open(...parameters) {
      const handle = await nodeFs.open(...parameters);
      const original = handle[method].bind(handle) as (...values: unknown[]) => Promise<unknown>;
      return Object.assign(handle, {
        [method]: async (...values: unknown[]) => {
          if (method === 'close') await original(...values);
          throw error();
        },
      });
    },
  };
}
