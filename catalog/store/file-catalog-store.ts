/**
 * `CatalogStore` as JSON files below the warehouse:
 *
 *     <warehouse>/_levee/catalog/00000000000000000012.json     the contents, whole; the newest wins
 *
 * An update reads the newest version and puts the next one if it is absent, so of several processes
 * that update at the same time one succeeds and the others run their change again on its
 * result. Versions that fell far behind are removed, but for the first. Damaged contents are an error, never an empty
 * catalog.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CatalogContents, CatalogStore } from '../catalog-store.ts';
import { CodedError } from '../coded-error.ts';
import type { NewId, ObjectStore } from '../ports.ts';
import { parseCatalogJson, toCatalogJson } from './catalog-json.ts';
import { putOwn } from './put-own.ts';

export interface FileCatalogStoreOptions {
  readonly store: ObjectStore;
  /** The folder or URL of the warehouse. */
  readonly warehouse: string;
  readonly newId?: NewId | undefined;
}

/** An update gives up after losing against other processes this often. */
const attemptsMax = 200;
/** So many versions stay behind the newest, for processes that are reading or writing them. */
const versionsKept = 100;
const backoffMsMax = 20;
const fileName = /^(\d{20})\.json$/;

interface Stored {
  /** -1 when nothing was ever stored. */
  readonly version: number;
  readonly contents: CatalogContents;
}

export function createFileCatalogStore(options: FileCatalogStoreOptions): CatalogStore {
  const { store, warehouse, newId = randomUUID } = options;
  const folder = `${warehouse}/_levee/catalog`;
  let known: Stored = { version: -1, contents: { schemas: {} } };
  /** Whether `known` was ever looked up. */
  let isKnown = false;
  let lastUpdate: Promise<unknown> = Promise.resolve();

  function locationOf(version: number): string {
    return `${folder}/${String(version).padStart(20, '0')}.json`;
  }

  async function listVersions(): Promise<readonly number[]> {
    const versions: number[] = [];
    for await (const { location } of store.list(folder)) {
      const digits = fileName.exec(location.slice(folder.length + 1))?.[1];
      if (digits !== undefined) versions.push(Number(digits));
    }
    return versions;
  }

  /**
   * Two `stat`s instead of a listing. Versions are put one after the other and removed oldest first: a
   * version that is there after its successor was not is the newest, or was a moment ago. Only the
   * first one of all is never removed, so that its absence says that there was none yet; its
   * presence says nothing of its successor.
   */
  async function isStillNewest({ version }: Stored): Promise<boolean> {
    if (version === 0) return false;
    if ((await store.stat(locationOf(version + 1))) !== undefined) return false;
    return version === -1 || (await store.stat(locationOf(version))) !== undefined;
  }

  async function readNewest(): Promise<Stored> {
    if (isKnown && (await isStillNewest(known))) return known;
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const version = (await listVersions()).at(-1) ?? -1;
      isKnown = true;
      if (version === known.version) return known;
      if (version === -1) return (known = { version, contents: { schemas: {} } });
      const bytes = await store.read(locationOf(version));
      // Removed between the listing and the reading: a newer one is there now.
      if (bytes === undefined) continue;
      return (known = { version, contents: parseCatalogJson(bytes, locationOf(version)) });
    }
    throw contention('read');
  }

  async function updateOnce(
    change: (contents: CatalogContents) => CatalogContents,
  ): Promise<CatalogContents | undefined> {
    const base = await readNewest();
    const contents = change(base.contents);
    if (contents === base.contents) return contents;
    const version = base.version + 1;
    const bytes = toCatalogJson(contents, newId());
    if ((await putOwn(store, locationOf(version), bytes)) === 'exists') return undefined;

    const versions = await listVersions();
    const newest = versions.at(-1) ?? version;
    // A version far behind the newest may have been free because it was removed, not because it
    // was the next: then nobody will ever read what we wrote.
    if (newest - version >= versionsKept) throw contention('update');
    if (newest === version) known = { version, contents };
    for (const old of versions) {
      if (old > 0 && old <= version - versionsKept) await store.remove(locationOf(old));
    }
    return contents;
  }

  async function update(
    change: (contents: CatalogContents) => CatalogContents,
  ): Promise<CatalogContents> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const contents = await updateOnce(change);
      if (contents !== undefined) return contents;
      await sleep(Math.random() * Math.min(backoffMsMax, attempt + 1));
    }
    throw contention('update');
  }

  function contention(what: 'read' | 'update'): CodedError {
    return new CodedError(
      'IO_ERROR',
      `Could not ${what} the catalog in ${folder}: other processes kept changing it.`,
      { hint: 'Look whether the change was made, then try again.' },
    );
  }

  return {
    read: async () => (await readNewest()).contents,
    update(change) {
      // Updates of one process take turns instead of losing against each other.
      const result = lastUpdate.then(
        () => update(change),
        () => update(change),
      );
      lastUpdate = result;
      return result;
    },
  };
}
