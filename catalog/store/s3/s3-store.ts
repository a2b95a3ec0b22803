/**
 * `ObjectStore` over S3 and the stores that speak its language. Locations are `s3://bucket/key`.
 *
 * DuckDB writes files of this machine only: what it wrote for a location lies in the staging folder
 * (`staging.ts`) until `sync` or `publish` sends it. Objects are durable as soon as they are there.
 */
import type { ObjectStore, StoredObject } from '../../ports.ts';
import { CodedError } from '../../coded-error.ts';
import { throwIfAborted } from '../../throw-if-aborted.ts';
import type { Staging } from '../staging.ts';
import { parseS3Location } from './s3-location.ts';
import type { S3Objects } from './s3-objects.ts';
import { uploadFile } from './s3-transfer.ts';

/** Files that `sync` sends at a time. */
const uploadsAtOnceMax = 4;

export interface S3StoreParts {
  readonly objects: S3Objects;
  readonly staging: Staging;
  /** Told of a staged file that is an object now, before it is removed: it may be taken away. */
  readonly onUploaded?: ((location: string, path: string) => Promise<void>) | undefined;
}

export function createS3Store({ objects, staging, onUploaded }: S3StoreParts): ObjectStore {
  async function upload(location: string, signal: AbortSignal | undefined): Promise<void> {
    const path = staging.pathOf(location);
    if (!(await staging.has(location))) return;
    await uploadFile(objects, path, location, { signal });
    await onUploaded?.(location, path);
    await staging.remove(location);
  }

  return {
    async *list(folder, { startAfter, signal } = {}): AsyncGenerator<StoredObject> {
      let token: string | undefined;
      do {
        throwIfAborted(signal);
        const page = await objects.listPage(folder, { startAfter, token, signal });
        for (const object of page.objects) {
          const name = object.location.slice(folder.length + 1);
          if (startAfter === undefined || name !== startAfter) yield object;
        }
        ({ token } = page);
      } while (token !== undefined);
    },

    async listFolders(folder, { signal } = {}) {
      const folders: string[] = [];
      let token: string | undefined;
      do {
        const page = await objects.listPage(folder, { token, signal });
        folders.push(...page.folders);
        ({ token } = page);
      } while (token !== undefined);
      return [...new Set(folders)];
    },

    async read(location, { range, signal } = {}) {
      if (parseS3Location(location).key === '') return undefined;
      return (await objects.get(location, { range, signal }))?.bytes;
    },

    async stat(location, { signal } = {}) {
      const found = await objects.head(location, { signal });
      if (found === undefined) return undefined;
      const { sizeBytes, modifiedMs } = found;
      return { location, sizeBytes, modifiedMs };
    },

    async put(location, bytes, { signal } = {}) {
      await objects.put(location, bytes, { signal });
    },

    putIfAbsent: (location, bytes, { signal } = {}) =>
      objects.put(location, bytes, { ifAbsent: true, signal }),

    // The names are new ones that nobody else makes: looking first is enough.
    async copy({ from, to }, { signal } = {}) {
      if ((await objects.head(to, { signal })) !== undefined) return 'exists';
      if ((await objects.head(from, { signal })) === undefined) return 'missing';
      await objects.copy(from, to, { signal });
      return 'created';
    },

    async publish({ from, to }, { signal } = {}) {
      if (await staging.has(from)) {
        const path = staging.pathOf(from);
        const outcome = await uploadFile(objects, path, to, { ifAbsent: true, signal });
        await staging.remove(from);
        return outcome;
      }
      const found = await objects.get(from, { signal });
      if (found === undefined) throw new CodedError('IO_ERROR', `There is no ${from} to publish.`);
      const outcome = await objects.put(to, found.bytes, { ifAbsent: true, signal });
      await objects.remove(from).catch(() => undefined);
      return outcome;
    },

    async remove(location, { signal } = {}) {
      await staging.remove(location);
      await objects.remove(location, { signal });
    },

    prepareFolder: (folder) => staging.makeFolder(folder),

    async sync(locations, { signal } = {}) {
      for (let from = 0; from < locations.length; from += uploadsAtOnceMax) {
        throwIfAborted(signal);
        const some = locations.slice(from, from + uploadsAtOnceMax);
        const outcomes = await Promise.allSettled(some.map((location) => upload(location, signal)));
        for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      }
    },
  };
}
