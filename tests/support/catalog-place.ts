/** A warehouse on disk with a catalog over it, an allowed path and a forbidden one beside it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { createCatalog, type Catalog } from '../../catalog/catalog.ts';
import { CodedError } from '../../catalog/coded-error.ts';
import type { ErrorCode } from '../../catalog/error-codes.ts';
import { createFileCatalogStore } from '../../catalog/store/file-catalog-store.ts';
import { createLocalFolders } from '../../catalog/store/local-folders.ts';
import { createLocalStore } from '../../catalog/store/local-store.ts';
import { scratchFolder } from './scratch-folder.ts';

export interface CatalogPlace {
  readonly root: string;
  readonly warehouse: string;
  /** An allowed path beside the warehouse. */
  readonly extra: string;
  readonly outside: string;
  readonly catalog: Catalog;
  /** A second server over the same warehouse. */
  readonly open: () => Catalog;
  readonly openOver: (allowedPaths: readonly string[]) => Catalog;
}

export function catalogPlace(t: TestContext): CatalogPlace {
  const root = scratchFolder(t);
  const [warehouse, extra, outside] = [`${root}/w`, `${root}/extra`, `${root}/outside`];
  for (const folder of [warehouse, extra, outside]) mkdirSync(folder);
  const openOver = (allowedPaths: readonly string[]): Catalog => {
    const store = createLocalStore();
    return createCatalog({
      store,
      catalogStore: createFileCatalogStore({ store, warehouse }),
      folders: createLocalFolders(),
      warehouse,
      allowedPaths,
      clock: { nowMs: () => 1000 },
    });
  };
  const open = (): Catalog => openOver([extra]);
  return { root, warehouse, extra, outside, catalog: open(), open, openOver };
}

export function makeTable(location: string, file = '00000000000000000000.json'): void {
  mkdirSync(`${location}/_delta_log`, { recursive: true });
  writeFileSync(`${location}/_delta_log/${file}`, '{}\n');
}

/** For `assert.rejects`: the code, and words that message or hint must have. */
export function isCoded(code: ErrorCode, ...words: readonly string[]) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof CodedError, String(error));
    assert.equal(error.code, code, error.message);
    const text = `${error.message} ${error.hint ?? ''}`;
    for (const word of words) assert.ok(text.includes(word), text);
    return true;
  };
}
