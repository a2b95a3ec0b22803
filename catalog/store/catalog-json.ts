/**
 * The catalog's contents <-> the bytes of its file. Reading checks every field: what was damaged or
 * written by a newer Levee is an error that names the file, never a smaller catalog.
 */
import type {
  CatalogContents,
  RegisteredTable,
  SchemaContents,
  ViewDefinition,
} from '../catalog-store.ts';
import { CodedError } from '../coded-error.ts';

const formatVersion = 1;

/** @param writeId unique, so that a writer can recognise its own bytes */
export function toCatalogJson(contents: CatalogContents, writeId: string): Uint8Array {
  const text = JSON.stringify({ formatVersion, writeId, ...contents }, undefined, 1);
  return new TextEncoder().encode(`${text}\n`);
}

/** @throws CATALOG_CORRUPT with `location` and the first thing that is wrong */
export function parseCatalogJson(bytes: Uint8Array, location: string): CatalogContents {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const root = asObject(JSON.parse(text), 'the file');
    if (root['formatVersion'] !== formatVersion) {
      throw new Error(`formatVersion is ${JSON.stringify(root['formatVersion'])}, not 1`);
    }
    return { schemas: mapValues(root['schemas'], 'schemas', toSchema) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CodedError('CATALOG_CORRUPT', `The catalog file ${location} is damaged: ${reason}.`, {
      cause: error,
    });
  }
}

function toSchema(value: unknown, where: string): SchemaContents {
  const schema = asObject(value, where);
  return {
    comment: optional(schema['comment'], `${where}.comment`, asString),
    tables: mapValues(schema['tables'], `${where}.tables`, toTable),
    views: mapValues(schema['views'], `${where}.views`, toView),
  };
}

function toTable(value: unknown, where: string): RegisteredTable {
  const table = asObject(value, where);
  return {
    location: asString(table['location'], `${where}.location`),
    createdMs: asNumber(table['createdMs'], `${where}.createdMs`),
  };
}

function toView(value: unknown, where: string): ViewDefinition {
  const view = asObject(value, where);
  const properties = view['properties'];
  return {
    sql: asString(view['sql'], `${where}.sql`),
    dialect: asDialect(view['dialect'], `${where}.dialect`),
    defaultSchema: asString(view['defaultSchema'], `${where}.defaultSchema`),
    owner: asString(view['owner'], `${where}.owner`),
    columnNames: optional(view['columnNames'], `${where}.columnNames`, asStrings),
    comment: optional(view['comment'], `${where}.comment`, asString),
    ...(properties === undefined
      ? {}
      : { properties: mapValues(properties, `${where}.properties`, asString) }),
    createdMs: asNumber(view['createdMs'], `${where}.createdMs`),
  };
}

function mapValues<T>(
  value: unknown,
  where: string,
  convert: (value: unknown, where: string) => T,
): { readonly [name: string]: T } {
  const entries = Object.entries(asObject(value, where));
  return Object.fromEntries(entries.map(([k, v]) => [k, convert(v, `${where}[${k}]`)]));
}

function optional<T>(
  value: unknown,
  where: string,
  convert: (value: unknown, where: string) => T,
): T | undefined {
  return value === undefined ? undefined : convert(value, where);
}

function asObject(value: unknown, where: string): { readonly [key: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${where} is no object`);
  }
  return value as { readonly [key: string]: unknown };
}

function asString(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new Error(`${where} is no string`);
  return value;
}

function asStrings(value: unknown, where: string): readonly string[] {
  if (!Array.isArray(value)) throw new Error(`${where} is no array`);
  return value.map((item, i) => asString(item, `${where}[${i}]`));
}

function asNumber(value: unknown, where: string): number {
  if (typeof value !== 'number') throw new Error(`${where} is no number`);
  return value;
}

function asDialect(value: unknown, where: string): ViewDefinition['dialect'] {
  if (value !== 'duckdb' && value !== 'spark') throw new Error(`${where} is no known dialect`);
  return value;
}
