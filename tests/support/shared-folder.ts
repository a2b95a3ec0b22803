/**
 * Where the material lies that tests share with other projects: the Delta table corpus and lists of
 * SQL statements. It is not part of this repository. Without it the tests that need it are skipped,
 * saying so; on CI they fail, because there a test that did not run must not look like a pass.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The folder itself: `LEVEE_SHARED`, else `../shared` beside the repository. */
export const sharedFolder = resolve(repositoryRoot, process.env['LEVEE_SHARED'] ?? '../shared');

/**
 * For the `skip` option of a test that needs `<shared>/<path>`: the reason to skip, or `false`.
 * With `CI=true` it is always `false`, and the test fails at `requireShared`.
 */
export function skipWithoutShared(path: string): string | false {
  if (process.env['CI'] === 'true' || existsSync(join(sharedFolder, path))) return false;
  return `${path} is not in the shared folder; set LEVEE_SHARED to the folder that has it`;
}

/** The absolute path of `<shared>/<path>`, which must exist. */
export function requireShared(path: string): string {
  const found = join(sharedFolder, path);
  if (existsSync(found)) return found;
  throw new Error(`${found} is missing; set LEVEE_SHARED to the folder that has ${path}`);
}
