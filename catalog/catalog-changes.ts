/**
 * The changes of the catalog's contents, as pure functions from contents to contents. They look a
 * name up with `Object.hasOwn`: `constructor` is a name like any other.
 */
import type {
  CatalogContents,
  RegisteredTable,
  SchemaContents,
  ViewDefinition,
} from './catalog-store.ts';

const emptySchema: SchemaContents = Object.freeze({ comment: undefined, tables: {}, views: {} });

export function schemaOf(contents: CatalogContents, schema: string): SchemaContents | undefined {
  return own(contents.schemas, schema);
}

export function tableOf(
  contents: CatalogContents,
  schema: string,
  name: string,
): RegisteredTable | undefined {
  return own(schemaOf(contents, schema)?.tables ?? {}, name);
}

export function viewOf(
  contents: CatalogContents,
  schema: string,
  name: string,
): ViewDefinition | undefined {
  return own(schemaOf(contents, schema)?.views ?? {}, name);
}

export function withSchema(
  contents: CatalogContents,
  schema: string,
  comment: string | undefined,
): CatalogContents {
  return changeSchema(contents, schema, (before) => ({ ...before, comment }));
}

export function withoutSchema(contents: CatalogContents, schema: string): CatalogContents {
  return { ...contents, schemas: without(contents.schemas, schema) };
}

export function withTable(
  contents: CatalogContents,
  schema: string,
  name: string,
  table: RegisteredTable,
): CatalogContents {
  return changeSchema(contents, schema, (before) => ({
    ...before,
    tables: { ...before.tables, [name]: table },
  }));
}

export function withoutTable(
  contents: CatalogContents,
  schema: string,
  name: string,
): CatalogContents {
  return changeSchema(contents, schema, (before) => ({
    ...before,
    tables: without(before.tables, name),
  }));
}

export function withView(
  contents: CatalogContents,
  schema: string,
  name: string,
  view: ViewDefinition,
): CatalogContents {
  return changeSchema(contents, schema, (before) => ({
    ...before,
    views: { ...before.views, [name]: view },
  }));
}

export function withoutView(
  contents: CatalogContents,
  schema: string,
  name: string,
): CatalogContents {
  return changeSchema(contents, schema, (before) => ({
    ...before,
    views: without(before.views, name),
  }));
}

function changeSchema(
  contents: CatalogContents,
  schema: string,
  change: (before: SchemaContents) => SchemaContents,
): CatalogContents {
  const after = change(schemaOf(contents, schema) ?? emptySchema);
  return { ...contents, schemas: { ...contents.schemas, [schema]: after } };
}

function own<T>(record: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function without<T>(
  record: { readonly [name: string]: T },
  name: string,
): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}
