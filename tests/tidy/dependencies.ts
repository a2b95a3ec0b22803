/**
 * The rules of docs/architecture.md about who may import what, as data and as one pure check, so
 * that the check itself can be tested on made-up files.
 */
import { isTest, type Import, type SourceFile } from './source-files.ts';

/**
 * Which folders a folder's code may import besides itself. Types count as well, except where
 * `typesOf` allows them.
 */
export interface FolderRule {
  readonly folder: string;
  readonly mayImport: readonly string[];
  readonly typesOf?: readonly string[];
}

export const folderRules: readonly FolderRule[] = [
  { folder: 'catalog', mayImport: [] },
  { folder: 'sql', mayImport: ['catalog'] },
  { folder: 'streaming', mayImport: ['sql', 'catalog'] },
  { folder: 'server', mayImport: ['streaming', 'sql', 'catalog'] },
  // Clients: they speak HTTP and know no more of the server than its types.
  { folder: 'repl', mayImport: [], typesOf: ['server', 'sql', 'catalog'] },
  { folder: 'web', mayImport: [], typesOf: ['server', 'sql', 'catalog'] },
  { folder: 'examples', mayImport: [] },
  // The launcher puts the parts together: it starts servers, clients and examples.
  { folder: 'cli', mayImport: ['server', 'repl', 'examples', 'catalog'] },
];

/** Modules of others that one part of the program keeps to itself. */
export interface OwnerRule {
  readonly module: RegExp;
  readonly owners: readonly string[];
}

export const ownerRules: readonly OwnerRule[] = [
  { module: /^@?duckdb\b/, owners: ['sql/duckdb/'] },
  // Disks belong to the catalog's store. The others read what a user gives them: settings, scripts,
  // history, example files; none of them touches a table.
  {
    module: /^(node:)?fs(\/promises)?$/,
    owners: ['catalog/store/', 'server/config.ts', 'repl/', 'cli/', 'examples/'],
  },
  { module: /^@aws-sdk\//, owners: ['catalog/store/'] },
  { module: /^(fastify|@fastify\/.*|@scalar\/.*)$/, owners: ['server/'] },
  { module: /^node-sql-parser/, owners: ['sql/parse/'] },
  { module: /^yaml$/, owners: ['server/config.ts'] },
];

/** Every import of the file that breaks a rule, as a sentence. */
export function forbiddenImports(file: SourceFile): readonly string[] {
  if (isTest(file.path)) return [];
  return file.imports.flatMap((imported) => {
    const reason =
      imported.target === undefined
        ? ownerProblem(file.path, imported)
        : folderProblem(file.path, imported, imported.target);
    return reason === undefined ? [] : [`${file.path} imports ${imported.specifier}: ${reason}`];
  });
}

function folderProblem(path: string, imported: Import, target: string): string | undefined {
  const from = topFolder(path);
  const to = topFolder(target);
  if (!/\.(ts|mts|cts|json)$/.test(target)) return 'write the extension of the file';
  if (from === to) return undefined;
  const rule = folderRules.find(({ folder }) => folder === from);
  if (rule === undefined) return `no rule says what ${from}/ may import`;
  if (rule.mayImport.includes(to)) return undefined;
  if (imported.typeOnly && (rule.typesOf ?? []).includes(to)) return undefined;
  return `${from}/ may not depend on ${to}/`;
}

function ownerProblem(path: string, imported: Import): string | undefined {
  if (imported.specifier === '<computed>') return 'only literal module names can be checked';
  const rule = ownerRules.find(({ module }) => module.test(imported.specifier));
  if (rule === undefined || rule.owners.some((owner) => path.startsWith(owner))) return undefined;
  return `only ${rule.owners.join(', ')} may`;
}

function topFolder(path: string): string {
  return path.split('/')[0] ?? '';
}
