/**
 * The statements that change what the catalog knows: schemas and registered tables; views are in
 * `view-definitions.ts`. A change of the catalog store is checked again inside its `update`, where no other process can come between.
 *
 * A dropped table of the warehouse is moved, not deleted, so that it can be brought back: see
 * `dropped-tables.ts`. The folder of a dropped schema goes the same way.
 */
import {
  schemaOf,
  tableOf,
  withSchema,
  withTable,
  withoutSchema,
  withoutTable,
} from './catalog-changes.ts';
import type { CatalogContents, CatalogStore } from './catalog-store.ts';
import { CodedError } from './coded-error.ts';
import type { FolderOperations } from './folder-operations.ts';
import type { LocationGate } from './location-gate.ts';
import { closeTable } from './close-table.ts';
import {
  droppedFolder,
  noteLocation,
  readDroppedTables,
  tableLocation,
  type DroppedTable,
} from './dropped-tables.ts';
import { childLocation, isWithin } from './location.ts';
import { matchName, requireName } from './object-names.ts';
import type { CallOptions, Clock, NewId, ObjectStore } from './ports.ts';
import type { RelationLookup } from './relation-lookup.ts';
import { defaultSchema, qualifiedName, type Relation, type TargetName } from './relation.ts';
import { alreadyExists, requireFree } from './taken-names.ts';
import { createViewDefinitions, type ViewDefinitions } from './view-definitions.ts';

export interface CatalogDefinitions extends ViewDefinitions {
  /** `false` when it exists and that is no error. @throws SCHEMA_ALREADY_EXISTS, INVALID_NAME */
  createSchema(
    name: string,
    options?: { readonly ifNotExists?: boolean; readonly comment?: string | undefined },
  ): Promise<boolean>;
  /**
   * `cascade` drops what is in it, too: views and registrations are forgotten, the folder with its
   * tables is moved away. @throws SCHEMA_NOT_FOUND, SCHEMA_NOT_EMPTY
   */
  dropSchema(
    name: string,
    options?: { readonly ifExists?: boolean; readonly cascade?: boolean },
  ): Promise<boolean>;

  /**
   * The schema and name that a new table or view gets. Whether the name is free is not looked at.
   * @throws SCHEMA_NOT_FOUND, INVALID_NAME, PATH_NOT_ALLOWED
   */
  targetName(nameParts: readonly string[], currentSchema: string): Promise<TargetName>;
  /** The relation that has the name already, whatever its case. */
  findConflict(target: TargetName, options?: CallOptions): Promise<Relation | undefined>;
  /** Where a new table without LOCATION lies. */
  warehouseLocation(target: TargetName): string;
  /**
   * Remembers a table's location under a name.
   * @throws TABLE_OR_VIEW_ALREADY_EXISTS, PATH_NOT_ALLOWED
   */
  registerTable(target: TargetName, location: string): Promise<void>;
  /**
   * Forgets a registered table (its folder stays), or moves the folder of a table in the warehouse
   * away. @throws WRONG_OBJECT_TYPE for a view
   */
  dropTable(relation: Relation): Promise<void>;
  /**
   * What `undropTable` can bring back, the latest first; nothing where folders are not moved at once.
   */
  listDroppedTables(schema: string, options?: CallOptions): Promise<readonly DroppedTable[]>;
  /**
   * Moves the table that was dropped last under this name back into the warehouse.
   * @throws TABLE_OR_VIEW_NOT_FOUND when none was, TABLE_OR_VIEW_ALREADY_EXISTS, UNSUPPORTED_STATEMENT
   *   where folders are not moved at once
   */
  undropTable(target: TargetName, options?: CallOptions): Promise<void>;

  /**
   * Gives a table another name, and its folder too where it lies in the warehouse.
   * @throws TABLE_OR_VIEW_ALREADY_EXISTS; WRONG_OBJECT_TYPE for a view
   */
  renameTable(relation: Relation, target: TargetName): Promise<void>;

  /** @throws SCHEMA_NOT_FOUND */
  commentOnSchema(name: string, comment: string | undefined): Promise<void>;
}

export interface CatalogDefinitionsPorts {
  readonly store: ObjectStore;
  readonly catalogStore: CatalogStore;
  readonly folders: FolderOperations;
  readonly gate: LocationGate;
  readonly lookup: RelationLookup;
  readonly warehouse: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly splitName: (nameParts: readonly string[], currentSchema: string) => TargetName;
  readonly matchSchema: (
    contents: CatalogContents,
    wanted: string,
    options: CallOptions,
  ) => Promise<string>;
}

export function createCatalogDefinitions(ports: CatalogDefinitionsPorts): CatalogDefinitions {
  const { catalogStore, folders, gate, lookup, matchSchema, splitName, store, warehouse } = ports;

  function warehouseLocation({ schema, name }: TargetName): string {
    return childLocation(childLocation(warehouse, schema), name);
  }

  async function findConflict(
    { schema, name }: TargetName,
    options: CallOptions = {},
  ): Promise<Relation | undefined> {
    const contents = await catalogStore.read();
    const names = await lookup.relationNames(contents, schema, options);
    const existing = matchName(name, names);
    if (existing === undefined) return undefined;
    return lookup.findExact(contents, { schema, name: existing }, options);
  }

  /** Puts a folder where nothing looks it up, with a note of what it was. */
  async function moveAway(folder: string, what: object): Promise<void> {
    const trash = childLocation(droppedFolder(warehouse), ports.newId());
    const note = { ...what, location: folder, droppedMs: ports.clock.nowMs() };
    const bytes = new TextEncoder().encode(`${JSON.stringify(note)}\n`);
    await store.put(noteLocation(trash), bytes);
    if (!folders.movesAtOnce(folder)) await closeTables(folder);
    await folders.moveFolder({ source: folder, target: tableLocation(trash) });
  }

  /** Before objects are moved one by one: no commit may be made, nor half a table be read, meanwhile. */
  async function closeTables(folder: string): Promise<void> {
    if (await lookup.isTable(folder)) return closeTable(store, folder);
    for (const name of await store.listFolders(folder)) {
      const table = childLocation(folder, name);
      if (await lookup.isTable(table)) await closeTable(store, table);
    }
  }

  async function requireEmpty(contents: CatalogContents, schema: string): Promise<void> {
    const names = await lookup.relationNames(contents, schema);
    if (names.length === 0) return;
    const shown = names.slice(0, 3).join(', ');
    const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
    throw new CodedError('SCHEMA_NOT_EMPTY', `Schema "${schema}" holds ${shown}${more}.`);
  }

  return {
    ...createViewDefinitions({ catalogStore, findConflict }),
    findConflict,
    warehouseLocation,

    async createSchema(name, { ifNotExists = false, comment } = {}) {
      requireName(name, 'schema');
      const folderSchemas = await lookup.schemaNames({ schemas: {} });
      let created = false;
      await catalogStore.update((contents) => {
        const existing = matchName(name, [...folderSchemas, ...Object.keys(contents.schemas)]);
        created = existing === undefined;
        if (created) return withSchema(contents, name, comment);
        if (ifNotExists) return contents;
        throw new CodedError('SCHEMA_ALREADY_EXISTS', `There is a schema "${existing}" already.`);
      });
      return created;
    },

    async dropSchema(name, { ifExists = false, cascade = false } = {}) {
      const contents = await catalogStore.read();
      const schemas = await lookup.schemaNames(contents);
      if (ifExists && matchName(name, schemas) === undefined) return false;
      const schema = await matchSchema(contents, name, {});
      if (schema === defaultSchema) {
        throw new CodedError('UNSUPPORTED_STATEMENT', `Schema "${schema}" cannot be dropped.`, {
          hint: 'Drop the tables and views in it.',
        });
      }
      const folder = childLocation(warehouse, schema);
      if (cascade) {
        if ((await folders.removeEmptyFolder(folder)) === 'not empty') {
          await moveAway(folder, { kind: 'schema', schema });
        }
        await catalogStore.update((latest) => withoutSchema(latest, schema));
        return true;
      }
      await requireEmpty(contents, schema);
      if ((await folders.removeEmptyFolder(folder)) === 'not empty') {
        throw new CodedError('SCHEMA_NOT_EMPTY', `The folder of schema "${schema}" holds files.`);
      }
      await catalogStore.update((latest) => {
        const known = schemaOf(latest, schema);
        const inUse = [...Object.keys(known?.tables ?? {}), ...Object.keys(known?.views ?? {})];
        if (inUse.length === 0) return withoutSchema(latest, schema);
        throw new CodedError('SCHEMA_NOT_EMPTY', `Schema "${schema}" holds ${inUse.join(', ')}.`);
      });
      return true;
    },

    async targetName(nameParts, currentSchema) {
      const { schema, name } = splitName(nameParts, currentSchema);
      requireName(name, 'table');
      const target = { schema: await matchSchema(await catalogStore.read(), schema, {}), name };
      // A schema's folder may be a link; nothing is to be made where it leads out.
      await gate.admit(warehouseLocation(target));
      return target;
    },

    async registerTable(target, location) {
      const admitted = await gate.admit(location);
      if (isWithin(warehouse, admitted)) {
        throw new CodedError('PATH_NOT_ALLOWED', `The warehouse lies in ${admitted}.`);
      }
      const conflict = await findConflict(target);
      if (conflict !== undefined) throw alreadyExists(conflict);
      const createdMs = ports.clock.nowMs();
      await catalogStore.update((contents) => {
        requireFree(contents, target);
        return withTable(contents, target.schema, target.name, { location: admitted, createdMs });
      });
    },

    async dropTable(relation) {
      if (relation.kind === 'view') {
        throw new CodedError('WRONG_OBJECT_TYPE', `${qualifiedName(relation)} is a view.`, {
          hint: 'Use DROP VIEW.',
        });
      }
      const { schema, name } = relation;
      if (relation.isRegistered) {
        await catalogStore.update((contents) => withoutTable(contents, schema, name));
      } else {
        await moveAway(warehouseLocation(relation), { kind: 'table', schema, name });
      }
    },

    async listDroppedTables(schema, options) {
      return folders.movesAtOnce(warehouse) ? readDroppedTables(ports, schema, options) : [];
    },

    async undropTable(target, options = {}) {
      if (!folders.movesAtOnce(warehouse)) {
        throw new CodedError(
          'UNSUPPORTED_STATEMENT',
          'UNDROP TABLE is not supported in an object store: a dropped table there is closed for good.',
        );
      }
      const { schema } = target;
      const known = await readDroppedTables(ports, schema, options);
      const wanted = matchName(
        target.name,
        known.map(({ name }) => name),
      );
      const dropped = known.find(({ name }) => name === wanted);
      if (dropped === undefined) {
        throw new CodedError(
          'TABLE_OR_VIEW_NOT_FOUND',
          `No table ${qualifiedName(target)} of the warehouse was dropped.`,
          { hint: 'CREATE TABLE ... LOCATION names a table outside of the warehouse again.' },
        );
      }
      const { name, trash } = dropped;
      const conflict = await findConflict({ schema, name }, options);
      if (conflict !== undefined) throw alreadyExists(conflict);
      options.signal?.throwIfAborted();
      // The note stays until the table has its place: without its table it means nothing.
      const moved = await folders.moveFolder({
        source: tableLocation(trash),
        target: warehouseLocation({ schema, name }),
      });
      if (moved === 'missing') {
        throw new CodedError(
          'TABLE_OR_VIEW_NOT_FOUND',
          `The dropped table ${qualifiedName({ schema, name })} is not there any more.`,
        );
      }
      await store.remove(noteLocation(trash));
      await folders.removeEmptyFolder(trash);
    },

    async renameTable(relation, target) {
      if (relation.kind === 'view') {
        throw new CodedError('WRONG_OBJECT_TYPE', `${qualifiedName(relation)} is a view.`);
      }
      const conflict = await findConflict(target);
      if (conflict !== undefined) throw alreadyExists(conflict);
      const { schema, name, location } = relation;
      if (!relation.isRegistered) {
        const source = warehouseLocation(relation);
        if (!folders.movesAtOnce(source)) {
          throw new CodedError(
            'UNSUPPORTED_STATEMENT',
            `${qualifiedName(relation)} lies in an object store, where folders have no names to change.`,
            { hint: 'CREATE TABLE ... AS SELECT copies the rows.' },
          );
        }
        const moved = await folders.moveFolder({ source, target: warehouseLocation(target) });
        if (moved === 'moved') return;
        throw new CodedError(
          'TABLE_OR_VIEW_NOT_FOUND',
          `There is no table ${qualifiedName(relation)} any more.`,
        );
      }
      await catalogStore.update((contents) => {
        requireFree(contents, target);
        const known = tableOf(contents, schema, name) ?? { location, createdMs: 0 };
        return withTable(withoutTable(contents, schema, name), target.schema, target.name, known);
      });
    },

    async commentOnSchema(name, comment) {
      const schema = await matchSchema(await catalogStore.read(), name, {});
      await catalogStore.update((contents) => withSchema(contents, schema, comment));
    },
  };
}
