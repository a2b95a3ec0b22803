/**
 * `FolderOperations` in an object store, which has no folders: there are names with `/` in them. No
 * links, either: every location is what it says.
 */
import type { FolderOperations } from '../../folder-operations.ts';
import type { S3Objects } from './s3-objects.ts';

/** Objects that are copied at a time. */
const copiesAtOnceMax = 16;

export function createS3Folders(objects: S3Objects): FolderOperations {
  async function locationsBelow(folder: string): Promise<readonly string[]> {
    const locations: string[] = [];
    let token: string | undefined;
    do {
      const page = await objects.listPage(folder, { token, isDeep: true });
      locations.push(...page.objects.map(({ location }) => location));
      ({ token } = page);
    } while (token !== undefined);
    return locations;
  }

  return {
    movesAtOnce: () => false,
    realLocation: async (location) => location,

    async moveFolder({ source, target }) {
      const locations = await locationsBelow(source);
      if (locations.length === 0) return 'missing';
      for (let from = 0; from < locations.length; from += copiesAtOnceMax) {
        const some = locations.slice(from, from + copiesAtOnceMax);
        await Promise.all(
          some.map((location) => objects.copy(location, target + location.slice(source.length))),
        );
      }
      // The log goes last, oldest file first: what is left of it never reads as a table.
      const isLog = (location: string): boolean => location.includes('/_delta_log/');
      await objects.removeAll(locations.filter((location) => !isLog(location)));
      for (const location of locations.filter(isLog)) await objects.remove(location);
      return 'moved';
    },

    async removeEmptyFolder(location) {
      const page = await objects.listPage(location, { isDeep: true, keysMax: 2 });
      if (page.objects.length > 0 || page.token !== undefined) return 'not empty';
      // The object that stands for an empty folder, if somebody made one.
      await objects.remove(`${location}/`);
      return 'missing';
    },
  };
}
