/**
 * What the catalog does with whole folders, beyond the objects in them. A part of the outside world
 * like `ports.ts`; `store/local-folders.ts` implements it for a disk.
 */
export interface FolderOperations {
  /**
   * Whether `moveFolder` takes all of the folder at one moment. Where it does not, a table must be
   * closed to writers beforehand, and is gone only bit by bit.
   */
  movesAtOnce(location: string): boolean;
  /**
   * The location with every symbolic link on the way resolved; the missing end of a location stays
   * as it is. An object store has no links and gives back what it got. A link to something
   * that does not exist is `PATH_NOT_ALLOWED`: where a write through it would end is unknown.
   */
  realLocation(location: string): Promise<string>;
  /** Gives the folder another name, durably, and at once where it can. `target` must not exist. */
  moveFolder(names: {
    readonly source: string;
    readonly target: string;
  }): Promise<'moved' | 'missing'>;
  removeEmptyFolder(location: string): Promise<'removed' | 'missing' | 'not empty'>;
}
