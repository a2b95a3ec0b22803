/**
 * Names and paths -> tables and views. One catalog, `main`; in it every
 * `<warehouse>/<schema>/<table>/_delta_log` is a table at once, beside the locations and views kept in
 * the catalog store.
 *
 * A name is looked up exactly as written first, then without regard to case when only one differs
 * so. It opens no snapshot and checks no rights.
 */
import { randomUUID } from 'node:crypto';
import { schemaOf } from './catalog-changes.ts';
import { createCatalogDefinitions, type CatalogDefinitions } from './catalog-definitions.ts';
import type { CatalogContents, CatalogStore } from './catalog-store.ts';
import { didYouMean } from './closest-name.ts';
import { CodedError } from './coded-error.ts';
import type { FolderOperations } from './folder-operations.ts';
import { createLocationGate } from './location-gate.ts';
import { matchName } from './object-names.ts';
import { RecentLookups } from './recent-lookups.ts';
import type { CallOptions, Clock, NewId, ObjectStore } from './ports.ts';
import { createRelationLookup } from './relation-lookup.ts';
import {
  catalogName,
  qualifiedName,
  type NamedTable,
  type NamedView,
  type PathTable,
  type Relation,
  type TargetName,
} from './relation.ts';

export interface CatalogOptions {
  readonly store: ObjectStore;
  readonly catalogStore: CatalogStore;
  readonly folders: FolderOperations;
  /** Normalised, like the allowed paths. */
  readonly warehouse: string;
  readonly allowedPaths: readonly string[];
  readonly clock?: Clock | undefined;
  readonly newId?: NewId | undefined;
}

export interface LookupOptions extends CallOptions {
  /** Where a name without a schema is looked up. */
  readonly currentSchema: string;
  /** What was found so long ago is good enough: saves looking again. Default 0. */
  readonly maxStalenessMs?: number | undefined;
}

export interface SchemaEntry {
  readonly name: string;
  readonly comment: string | undefined;
}

export interface Catalog extends CatalogDefinitions {
  /**
   * What `[[catalog.]schema.]name` stands for.
   *
   * @throws TABLE_OR_VIEW_NOT_FOUND with the closest name as hint, AMBIGUOUS_NAME, CATALOG_NOT_FOUND,
   *   PATH_NOT_ALLOWED when its registered location is no longer under a root
   */
  resolveTable(nameParts: readonly string[], options: LookupOptions): Promise<Relation>;
  /** The same with `undefined` for what does not exist. */
  findTable(nameParts: readonly string[], options: LookupOptions): Promise<Relation | undefined>;
  /**
   * The table of delta.`path`: absolute, relative to the warehouse, a `file:` URI or a URL.
   *
   * @throws PATH_NOT_ALLOWED, DELTA_TABLE_NOT_FOUND, INVALID_PARAMETER_VALUE
   */
  tablePath(
    path: string,
    options?: CallOptions & Pick<LookupOptions, 'maxStalenessMs'>,
  ): Promise<PathTable>;
  /** The location a new or registered table may have; whether it is a table is not looked at. */
  checkLocation(path: string): Promise<string>;
  /** Whether the location has a Delta log. */
  isTable(location: string, options?: CallOptions): Promise<boolean>;
  /** A schema's name as it was made. @throws SCHEMA_NOT_FOUND, CATALOG_NOT_FOUND */
  resolveSchema(nameParts: readonly string[], options?: CallOptions): Promise<string>;
  listSchemas(options?: CallOptions): Promise<readonly SchemaEntry[]>;
  /** Tables and views of a schema by name. Ones that cannot be used now are left out. */
  listRelations(schema: string, options?: CallOptions): Promise<readonly Relation[]>;
  listTables(schema: string, options?: CallOptions): Promise<readonly NamedTable[]>;
  listViews(schema: string, options?: CallOptions): Promise<readonly NamedView[]>;
}

export function createCatalog(options: CatalogOptions): Catalog {
  const { store, catalogStore, folders, warehouse, allowedPaths } = options;
  const gate = createLocationGate({ warehouse, allowedPaths, folders });
  const lookup = createRelationLookup({ store, gate, warehouse });
  const clock = options.clock ?? { nowMs: () => Date.now() };
  const recentRelations = new RecentLookups<Relation>(clock);
  const recentPaths = new RecentLookups<PathTable>(clock);

  async function find(
    nameParts: readonly string[],
    { currentSchema, signal }: LookupOptions,
  ): Promise<Search> {
    const wanted = splitName(nameParts, currentSchema);
    const contents = await catalogStore.read();
    const exact = await lookup.findExact(contents, wanted, { signal });
    if (exact !== undefined) return { kind: 'found', relation: exact };
    const schemas = await lookup.schemaNames(contents, { signal });
    const schema = matchName(wanted.schema, schemas);
    if (schema === undefined) return { kind: 'no schema', wanted, schemas };
    const names = await lookup.relationNames(contents, schema, { signal });
    const name = matchName(wanted.name, names);
    const relation = name && (await lookup.findExact(contents, { schema, name }, { signal }));
    return relation ? { kind: 'found', relation } : { kind: 'no relation', wanted, schema, names };
  }

  async function matchSchema(
    contents: CatalogContents,
    wanted: string,
    callOptions: CallOptions,
  ): Promise<string> {
    const schemas = await lookup.schemaNames(contents, callOptions);
    const schema = matchName(wanted, schemas);
    if (schema !== undefined) return schema;
    throw new CodedError('SCHEMA_NOT_FOUND', `There is no schema "${wanted}".`, {
      hint: didYouMean(wanted, schemas),
    });
  }

  async function listRelations(
    schema: string,
    callOptions: CallOptions = {},
  ): Promise<readonly Relation[]> {
    const contents = await catalogStore.read();
    const name = await matchSchema(contents, schema, callOptions);
    const relations: Relation[] = [];
    for (const relationName of await lookup.relationNames(contents, name, callOptions)) {
      const target = { schema: name, name: relationName };
      const relation = await lookup.findExact(contents, target, callOptions).catch(skipUnusable);
      if (relation !== undefined) relations.push(relation);
    }
    return relations;
  }

  const definitions = createCatalogDefinitions({
    catalogStore,
    folders,
    gate,
    lookup,
    matchSchema,
    splitName,
    store,
    warehouse,
    clock,
    newId: options.newId ?? randomUUID,
  });

  const forgetAfter = <T>(change: Promise<T>): Promise<T> =>
    change.finally(() => {
      recentRelations.clear();
      recentPaths.clear();
    });

  return {
    ...definitions,
    // Names that this process changes mean something else at once, whatever staleness is allowed.
    createSchema: (...args) => forgetAfter(definitions.createSchema(...args)),
    dropSchema: (...args) => forgetAfter(definitions.dropSchema(...args)),
    registerTable: (...args) => forgetAfter(definitions.registerTable(...args)),
    dropTable: (...args) => forgetAfter(definitions.dropTable(...args)),
    undropTable: (...args) => forgetAfter(definitions.undropTable(...args)),
    renameTable: (...args) => forgetAfter(definitions.renameTable(...args)),
    createView: (...args) => forgetAfter(definitions.createView(...args)),
    dropView: (...args) => forgetAfter(definitions.dropView(...args)),
    changeView: (...args) => forgetAfter(definitions.changeView(...args)),
    renameView: (...args) => forgetAfter(definitions.renameView(...args)),
    isTable: (location, callOptions) => lookup.isTable(location, callOptions),
    listRelations,

    async resolveTable(nameParts, lookupOptions) {
      const key = JSON.stringify([lookupOptions.currentSchema, ...nameParts]);
      const found = await recentRelations.find(key, lookupOptions.maxStalenessMs, async () => {
        const search = await find(nameParts, lookupOptions);
        if (search.kind === 'found') return search.relation;
        throw notFound(search);
      });
      // The roots are looked at each time: a link may lead elsewhere by now.
      if (found.isRemembered && found.value.kind === 'table') {
        await gate.admit(found.value.location);
      }
      return found.value;
    },

    async findTable(nameParts, lookupOptions) {
      const search = await find(nameParts, lookupOptions);
      return search.kind === 'found' ? search.relation : undefined;
    },

    async tablePath(path, callOptions = {}) {
      const location = await gate.admit(path);
      const found = await recentPaths.find(location, callOptions.maxStalenessMs, async () => {
        if (await lookup.isTable(location, callOptions)) return { kind: 'path', location } as const;
        throw new CodedError('DELTA_TABLE_NOT_FOUND', `There is no Delta table at ${location}.`);
      });
      return found.value;
    },

    checkLocation: (path) => gate.admit(path),

    async resolveSchema(nameParts, callOptions = {}) {
      const wanted = splitSchemaName(nameParts);
      return matchSchema(await catalogStore.read(), wanted, callOptions);
    },

    async listSchemas(callOptions = {}) {
      const contents = await catalogStore.read();
      const names = await lookup.schemaNames(contents, callOptions);
      return names.map((name) => ({ name, comment: schemaOf(contents, name)?.comment }));
    },

    async listTables(schema, callOptions) {
      const relations = await listRelations(schema, callOptions);
      return relations.filter((relation) => relation.kind === 'table');
    },

    async listViews(schema, callOptions) {
      const relations = await listRelations(schema, callOptions);
      return relations.filter((relation) => relation.kind === 'view');
    },
  };
}

type Search = { readonly kind: 'found'; readonly relation: Relation } | NoSchema | NoRelation;
interface NoSchema {
  readonly kind: 'no schema';
  readonly wanted: TargetName;
  readonly schemas: readonly string[];
}
interface NoRelation {
  readonly kind: 'no relation';
  readonly wanted: TargetName;
  readonly schema: string;
  readonly names: readonly string[];
}

function notFound(search: NoSchema | NoRelation): CodedError {
  const { wanted } = search;
  const message =
    search.kind === 'no schema'
      ? `There is no table or view ${qualifiedName(wanted)}: no schema has that name.`
      : `There is no table or view ${qualifiedName({ ...wanted, schema: search.schema })}.`;
  const hint =
    search.kind === 'no schema'
      ? didYouMean(wanted.schema, search.schemas)
      : didYouMean(wanted.name, search.names);
  return new CodedError('TABLE_OR_VIEW_NOT_FOUND', message, { hint });
}

/** `[[catalog.]schema.]name`. @throws CATALOG_NOT_FOUND, INVALID_NAME */
export function splitName(nameParts: readonly string[], currentSchema: string): TargetName {
  const [first, second, third, ...rest] = nameParts;
  if (first === undefined || rest.length > 0) throw tooManyParts(nameParts, 'catalog.schema.table');
  if (second === undefined) return { schema: currentSchema, name: first };
  if (third === undefined) return { schema: first, name: second };
  requireCatalog(first);
  return { schema: second, name: third };
}

function splitSchemaName(nameParts: readonly string[]): string {
  const [first, second, ...rest] = nameParts;
  if (first === undefined || rest.length > 0) throw tooManyParts(nameParts, 'catalog.schema');
  if (second === undefined) return first;
  requireCatalog(first);
  return second;
}

function requireCatalog(name: string): void {
  if (name.toLowerCase() === catalogName) return;
  throw new CodedError('CATALOG_NOT_FOUND', `There is no catalog "${name}".`);
}

function tooManyParts(nameParts: readonly string[], form: string): CodedError {
  return new CodedError(
    'INVALID_NAME',
    `A name has the form ${form}; this one has ${nameParts.length} parts: ${nameParts.join('.')}.`,
  );
}

/** A listing shows what can be used; naming the relation tells why it cannot. */
function skipUnusable(error: unknown): undefined {
  if (!(error instanceof CodedError)) throw error;
  if (error.code !== 'PATH_NOT_ALLOWED' && error.code !== 'AMBIGUOUS_NAME') throw error;
  return undefined;
}
