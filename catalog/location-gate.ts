/**
 * Which locations clients may name: those below the warehouse or an `--allow-path`, after every
 * `..` and symbolic link is resolved, and never the catalog's own data.
 *
 * It is asked before a location is used, each time. It does not watch the disk: who may make links
 * inside the roots is trusted not to change one between the question and the use.
 */
import { CodedError } from './coded-error.ts';
import type { FolderOperations } from './folder-operations.ts';
import { isWithin, normaliseLocation } from './location.ts';

export interface LocationGate {
  /**
   * A location that a client wrote (relative ones lie in the warehouse) or the catalog found, as
   * the one spelling of it: links resolved, beginning with the root as it was configured.
   *
   * @throws PATH_NOT_ALLOWED, INVALID_PARAMETER_VALUE
   */
  admit(written: string): Promise<string>;
}

interface Root {
  /** As configured, normalised: what DuckDB's `allowed_directories` are given too. */
  readonly location: string;
  readonly real: string;
  readonly isWarehouse: boolean;
}

/** Parts of a location that belong to Levee or to a table's log. */
const catalogFolder = '_levee';
const logFolder = '_delta_log';

export function createLocationGate(options: {
  readonly warehouse: string;
  readonly allowedPaths: readonly string[];
  readonly folders: FolderOperations;
}): LocationGate {
  const { warehouse, allowedPaths, folders } = options;

  async function findRoots(): Promise<readonly Root[]> {
    const locations = [warehouse, ...allowedPaths];
    return Promise.all(
      locations.map(async (location, i) => ({
        location,
        real: await folders.realLocation(location),
        isWarehouse: i === 0,
      })),
    );
  }

  return {
    async admit(written) {
      const location = normaliseLocation(written, warehouse);
      const roots = await findRoots();
      // Outside of the roots nothing is even looked up: the answer must not tell what is there.
      const near = roots.some(
        (root) => isWithin(location, root.location) || isWithin(location, root.real),
      );
      if (!near)
        throw notAllowed(written, 'it lies outside of the warehouse and the allowed paths');
      const real = await folders.realLocation(location);
      const root = innermostRoot(real, roots);
      if (root === undefined) {
        throw notAllowed(written, 'a link leads out of the warehouse and the allowed paths');
      }
      const rest = real.slice(root.real === '/' ? 0 : root.real.length);
      const real0 = roots[0]?.real ?? '';
      if (isWithin(real, `${real0}/${catalogFolder}`) || rest.split('/').includes(logFolder)) {
        throw notAllowed(written, 'it belongs to the catalog');
      }
      if (rest === '' && root.isWarehouse) {
        throw notAllowed(written, 'it is the warehouse itself, not a table in it');
      }
      return root.location === '/' ? real : root.location + rest;
    },
  };
}

/** Of the roots that hold the location the deepest; an allowed path before the warehouse itself. */
function innermostRoot(real: string, roots: readonly Root[]): Root | undefined {
  let best: Root | undefined;
  for (const root of roots) {
    if (!isWithin(real, root.real)) continue;
    if (best === undefined || root.real.length >= best.real.length) best = root;
  }
  return best;
}

function notAllowed(written: string, reason: string): CodedError {
  const shown = JSON.stringify(written.length > 512 ? `${written.slice(0, 512)}…` : written);
  return new CodedError('PATH_NOT_ALLOWED', `${shown} may not be used: ${reason}.`);
}
