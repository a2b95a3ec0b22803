/**
 * The one place that knows schemes: `s3:` (and Hadoop's `s3a:`, `s3n:`) is S3, everything else a path on
 * a disk. What is opened here takes locations of either kind.
 */
import { posix } from 'node:path';
import { rm } from 'node:fs/promises';
import { copyThroughMemory } from '../copy-object.ts';
import type { FolderOperations } from '../folder-operations.ts';
import { filesOfDisk, type DataFile, type LocalFiles } from '../local-files.ts';
import type { ObjectStore } from '../ports.ts';
import { claimFolder } from './claim-folder.ts';
import { FileCache } from './file-cache.ts';
import { createLocalFolders } from './local-folders.ts';
import { createLocalStore } from './local-store.ts';
import { createS3Clients } from './s3/s3-clients.ts';
import { createS3Folders } from './s3/s3-folders.ts';
import { isS3Location } from './s3/s3-location.ts';
import { S3Objects } from './s3/s3-objects.ts';
import { defaultS3Limits, type S3Limits, type S3Settings } from './s3/s3-settings.ts';
import { createS3Store } from './s3/s3-store.ts';
import { downloadInto } from './s3/s3-transfer.ts';
import { Staging } from './staging.ts';

export interface Stores {
  readonly store: ObjectStore;
  readonly folders: FolderOperations;
  readonly files: LocalFiles;
  /** Folders that DuckDB has to have besides those of the disk among the roots. */
  readonly engineFolders: readonly string[];
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly s3: S3Settings;
  /** Where fetched files and those to be sent lie. */
  readonly cacheFolder: string;
  readonly cacheBytesMax: number;
  readonly s3Limits?: S3Limits | undefined;
  /** Of the disk, if a test looks on. */
  readonly localStore?: ObjectStore | undefined;
}

/** Only what the roots need is opened. */
export async function openStores(roots: readonly string[], options: StoreOptions): Promise<Stores> {
  const { localStore = createLocalStore() } = options;
  const localFolders = createLocalFolders();
  if (!roots.some(isS3Location)) {
    return {
      store: localStore,
      folders: localFolders,
      files: filesOfDisk,
      engineFolders: [],
      close: async () => undefined,
    };
  }
  const limits = options.s3Limits ?? defaultS3Limits;
  const clients = createS3Clients(options.s3, limits);
  const objects = new S3Objects(clients, limits);
  const claimed = await claimFolder(options.cacheFolder);
  const staging = new Staging(posix.join(claimed.path, 'staging'));
  await rm(staging.folder, { recursive: true, force: true });
  const cache = await FileCache.open(
    posix.join(claimed.path, 'files'),
    options.cacheBytesMax,
    (file, into, signal) => downloadInto(objects, file, into, signal),
  );
  const s3Store = createS3Store({
    objects,
    staging,
    onUploaded: (location, path) => cache.adopt(location, path),
  });
  const s3Folders = createS3Folders(objects);
  return {
    store: routedStore(s3Store, localStore),
    folders: routedFolders(s3Folders, localFolders),
    files: filesOf(cache, staging),
    engineFolders: [claimed.path],
    close: async () => {
      clients.close();
      await rm(staging.folder, { recursive: true, force: true });
      await claimed.release();
    },
  };
}

function routedStore(s3: ObjectStore, disk: ObjectStore): ObjectStore {
  const of = (location: string): ObjectStore => (isS3Location(location) ? s3 : disk);
  return {
    list: (folder, options) => of(folder).list(folder, options),
    listUnfinished: (folder, options) => of(folder).listUnfinished?.(folder, options) ?? nothing(),
    async copy(names, options) {
      const store = of(names.from);
      if (store.copy === undefined || store !== of(names.to)) {
        return await copyThroughMemory({ from: store, to: of(names.to) }, names, options);
      }
      return await store.copy(names, options);
    },
    listFolders: (folder, options) => of(folder).listFolders(folder, options),
    read: (location, options) => of(location).read(location, options),
    stat: (location, options) => of(location).stat(location, options),
    put: (location, bytes, options) => of(location).put(location, bytes, options),
    putIfAbsent: (location, bytes, options) => of(location).putIfAbsent(location, bytes, options),
    publish: (names, options) => of(names.to).publish(names, options),
    remove: (location, options) => of(location).remove(location, options),
    prepareFolder: (folder, options) => of(folder).prepareFolder(folder, options),
    async sync(locations, options) {
      const far = locations.filter(isS3Location);
      const near = locations.filter((location) => !isS3Location(location));
      if (far.length > 0) await s3.sync(far, options);
      if (near.length > 0) await disk.sync(near, options);
    },
  };
}

async function* nothing(): AsyncGenerator<never> {
  // Nothing unfinished lies in S3 under a name: what is not sent whole is not there.
}

function routedFolders(s3: FolderOperations, disk: FolderOperations): FolderOperations {
  const of = (location: string): FolderOperations => (isS3Location(location) ? s3 : disk);
  return {
    movesAtOnce: (location) => of(location).movesAtOnce(location),
    realLocation: (location) => of(location).realLocation(location),
    moveFolder: (names) => of(names.source).moveFolder(names),
    removeEmptyFolder: (location) => of(location).removeEmptyFolder(location),
  };
}

function filesOf(cache: FileCache, staging: Staging): LocalFiles {
  const isFar = ({ location }: DataFile): boolean => isS3Location(location);
  return {
    pathOf: (file) => (isFar(file) ? cache.pathOf(file) : file.location),
    hold: (files, options) => cache.hold(files.filter(isFar), options),
    copy: (locations, options) => cache.copy(locations.filter(isS3Location), options),
    writePath: (location) => (isS3Location(location) ? staging.pathOf(location) : location),
    writtenLocation: (path) => staging.locationOf(path),
    discard: async (folder, start) => {
      if (isS3Location(folder)) await staging.removeNamed(folder, start);
    },
    nameLocations: (text) => cache.nameLocations(text).replaceAll(`${staging.folder}/s3/`, 's3://'),
  };
}
