/**
 * Finds schemas, tables and views: in the warehouse's folders, looked at anew for each request, and
 * in the contents of the catalog store.
 *
 *     <warehouse>/<schema>/<table>/_delta_log     a table
 *     registered tables and views                 beside it, under the same schema names
 */
import { schemaOf, tableOf, viewOf } from './catalog-changes.ts';
import type { CatalogContents } from './catalog-store.ts';
import { CodedError } from './coded-error.ts';
import type { LocationGate } from './location-gate.ts';
import { childLocation } from './location.ts';
import { nameProblem } from './object-names.ts';
import type { CallOptions, ObjectStore } from './ports.ts';
import { defaultSchema, qualifiedName, type Relation, type TargetName } from './relation.ts';

export interface RelationLookup {
  /** The relation of exactly these names: a `stat` or two for a table of the warehouse. */
  findExact(
    contents: CatalogContents,
    target: TargetName,
    options?: CallOptions,
  ): Promise<Relation | undefined>;
  /** Sorted; `default` is always among them. */
  schemaNames(contents: CatalogContents, options?: CallOptions): Promise<readonly string[]>;
  /** The names in a schema, sorted: one listing, and one `stat` for each folder in it. */
  relationNames(
    contents: CatalogContents,
    schema: string,
    options?: CallOptions,
  ): Promise<readonly string[]>;
  isTable(location: string, options?: CallOptions): Promise<boolean>;
}

const lookupsAtOnceMax = 32;
const logFileName = /^(?:\d{20}\..+|_last_checkpoint)$/;

export function createRelationLookup(ports: {
  readonly store: ObjectStore;
  readonly gate: LocationGate;
  readonly warehouse: string;
}): RelationLookup {
  const { store, gate, warehouse } = ports;

  function folderOf({ schema, name }: TargetName): string {
    return childLocation(childLocation(warehouse, schema), name);
  }

  /** Whether the folder has a Delta log with something in it. */
  async function isTable(location: string, options: CallOptions = {}): Promise<boolean> {
    const log = childLocation(location, '_delta_log');
    const first = childLocation(log, '00000000000000000000.json');
    if ((await store.stat(first, options)) !== undefined) return true;
    // The first commits of an old table are cleaned away, after a checkpoint.
    const hint = childLocation(log, '_last_checkpoint');
    if ((await store.stat(hint, options)) !== undefined) return true;
    for await (const object of store.list(log, options)) {
      if (logFileName.test(object.location.slice(log.length + 1))) return true;
    }
    return false;
  }

  async function findExact(
    contents: CatalogContents,
    target: TargetName,
    options: CallOptions = {},
  ): Promise<Relation | undefined> {
    const { schema, name } = target;
    if (nameProblem(schema) !== undefined || nameProblem(name) !== undefined) return undefined;
    const registered = tableOf(contents, schema, name);
    const definition = viewOf(contents, schema, name);
    const folder = folderOf(target);
    const inWarehouse = await isTable(folder, options);
    if (inWarehouse && (registered !== undefined || definition !== undefined)) {
      throw new CodedError(
        'AMBIGUOUS_NAME',
        `${qualifiedName(target)} is both a table in the warehouse and ` +
          `${definition === undefined ? 'a registered table' : 'a view'}.`,
        { hint: `Move the folder ${folder} away, or read it as delta.\`${schema}/${name}\`.` },
      );
    }
    if (definition !== undefined) return { kind: 'view', schema, name, definition };
    if (registered !== undefined) {
      const location = await gate.admit(registered.location);
      return { kind: 'table', schema, name, location, isRegistered: true };
    }
    if (!inWarehouse) return undefined;
    return { kind: 'table', schema, name, location: await gate.admit(folder), isRegistered: false };
  }

  async function schemaNames(
    contents: CatalogContents,
    options: CallOptions = {},
  ): Promise<readonly string[]> {
    const folders = await usableFolders(warehouse, options);
    const tables = await whichAreTables(warehouse, folders, options);
    const schemas = folders.filter((name) => !tables.has(name));
    return sortedSet([defaultSchema, ...Object.keys(contents.schemas), ...schemas]);
  }

  async function relationNames(
    contents: CatalogContents,
    schema: string,
    options: CallOptions = {},
  ): Promise<readonly string[]> {
    const known = schemaOf(contents, schema);
    const schemaFolder = childLocation(warehouse, schema);
    const folders = await usableFolders(schemaFolder, options);
    const tables = await whichAreTables(schemaFolder, folders, options);
    const registered = Object.keys(known?.tables ?? {});
    return sortedSet([...tables, ...registered, ...Object.keys(known?.views ?? {})]);
  }

  async function usableFolders(folder: string, options: CallOptions): Promise<readonly string[]> {
    const names = await store.listFolders(folder, options);
    return names.filter((name) => nameProblem(name) === undefined);
  }

  async function whichAreTables(
    folder: string,
    names: readonly string[],
    options: CallOptions,
  ): Promise<ReadonlySet<string>> {
    const tables = new Set<string>();
    for (let start = 0; start < names.length; start += lookupsAtOnceMax) {
      const batch = names.slice(start, start + lookupsAtOnceMax);
      const answers = await Promise.all(
        batch.map((name) => isTable(childLocation(folder, name), options)),
      );
      batch.forEach((name, i) => answers[i] === true && tables.add(name));
    }
    return tables;
  }

  return { findExact, schemaNames, relationNames, isTable };
}

function sortedSet(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
