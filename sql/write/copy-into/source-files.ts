/**
 * The files that a COPY INTO names: one file, the files of a folder, those that FILES lists or PATTERN
 * matches. Each is admitted on its own, so that no link leads out of the places that may be read.
 *
 * Names that begin with `_` or `.` are no data, as everywhere in Hadoop's world.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import { errorAt } from '../../errors.ts';
import type { CopyInto } from '../../parse/statement.ts';
import type { StatementContext } from '../../statement-context.ts';
import { globExpression } from './glob-expression.ts';

export interface SourceFile {
  /** With links resolved: one name for a file, however it is reached. */
  readonly location: string;
}

/** Files that one statement takes. */
const filesMax = 50_000;
const checksAtOnceMax = 16;

/**
 * In the order of their names.
 *
 * @throws PATH_NOT_ALLOWED, DELTA_PATH_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE for a pattern
 */
export async function sourceFiles(
  statement: Pick<CopyInto, 'path' | 'pathStart' | 'files' | 'pattern'>,
  recursive: boolean,
  context: StatementContext,
): Promise<readonly SourceFile[]> {
  const { services, source, signal } = context;
  const { path, pathStart, files, pattern } = statement;
  const fail = (code: 'DELTA_PATH_DOES_NOT_EXIST' | 'UNSUPPORTED_FEATURE', message: string) =>
    errorAt(source, pathStart, { code, message });
  const root = await services.catalog.checkLocation(path);
  if (services.files.writePath(root) !== root) {
    throw fail(
      'UNSUPPORTED_FEATURE',
      `${root} is in an object store, from which no files are loaded.`,
    );
  }
  const isThere = async (location: string): Promise<boolean> =>
    (await services.store.stat(location, { signal })) !== undefined;
  const names: string[] = [];
  if (files !== undefined) {
    for (const name of files) names.push(`${root}/${name}`);
  } else if (await isThere(root)) {
    names.push(root);
  } else {
    const wanted = pattern === undefined ? undefined : globExpression(pattern);
    const deep = recursive || (pattern?.includes('/') ?? false);
    for await (const location of walk(root, deep, context)) {
      if (wanted !== undefined && !wanted.test(location.slice(root.length + 1))) continue;
      names.push(location);
      if (names.length > filesMax) {
        throw fail(
          'UNSUPPORTED_FEATURE',
          `More than ${filesMax} files in one statement are not supported.`,
        );
      }
    }
    if (names.length === 0 && !(await hasEntries(root, context))) {
      throw fail('DELTA_PATH_DOES_NOT_EXIST', `There is nothing at ${root}.`);
    }
  }
  const admitted: string[] = [];
  for (let start = 0; start < names.length; start += checksAtOnceMax) {
    const some = names.slice(start, start + checksAtOnceMax);
    const found = await Promise.all(
      some.map(async (name) => {
        const location = await services.catalog.checkLocation(name);
        if (await isThere(location)) return location;
        throw fail('DELTA_PATH_DOES_NOT_EXIST', `There is no file ${location}.`);
      }),
    );
    admitted.push(...found);
  }
  return [...new Set(admitted)].sort().map((location) => ({ location }));
}

async function* walk(
  folder: string,
  recursive: boolean,
  context: StatementContext,
): AsyncGenerator<string, void, undefined> {
  const { services, signal } = context;
  const isHidden = (name: string): boolean => /^[_.]/.test(name);
  for await (const { location } of services.store.list(folder, { signal })) {
    if (!isHidden(location.slice(folder.length + 1))) yield location;
  }
  if (!recursive) return;
  for (const name of await services.store.listFolders(folder, { signal })) {
    if (isHidden(name)) continue;
    const inner = `${folder}/${name}`;
    // A link to another folder could lead round in a circle.
    if (
      (await services.folders.realLocation(inner)) !==
      `${await services.folders.realLocation(folder)}/${name}`
    ) {
      continue;
    }
    yield* walk(inner, recursive, context);
  }
}

async function hasEntries(
  folder: string,
  { services, signal }: StatementContext,
): Promise<boolean> {
  for await (const _ of services.store.list(folder, { signal })) return true;
  try {
    return (await services.store.listFolders(folder, { signal })).length > 0;
  } catch (error) {
    if (error instanceof CodedError) return false;
    throw error;
  }
}
