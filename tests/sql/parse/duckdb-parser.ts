/** DuckDB's own parser, for tests to compare with. */
import { DuckDBInstance } from '@duckdb/node-api';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();

export type Parsed =
  | { readonly kind: 'tree'; readonly tree: Json }
  | { readonly kind: 'error'; readonly message: string };

/** The syntax tree of one SELECT. */
export async function parseWithDuckdb(text: string): Promise<Parsed> {
  const literal = `'${text.replaceAll("'", "''")}'`;
  const reader = await connection.runAndReadAll(`SELECT json_serialize_sql(${literal})::VARCHAR`);
  const tree = JSON.parse(String(reader.getRows()[0]?.[0])) as JsonObject;
  if (tree['error'] !== true) return { kind: 'tree', tree };
  return { kind: 'error', message: textOf(tree['error_message']) };
}

/** Rows of a query, for facts about the engine. */
export async function queryDuckdb(text: string): Promise<readonly (readonly unknown[])[]> {
  return (await connection.runAndReadAll(text)).getRows();
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Every object in the tree, outermost first. */
export function* objectsOf(node: Json): Generator<JsonObject> {
  if (node === null || typeof node !== 'object') return;
  if (!Array.isArray(node)) yield node;
  for (const child of Object.values(node)) yield* objectsOf(child);
}

export interface ParsedTable {
  readonly parts: readonly string[];
  readonly alias: string;
  readonly byteOffset: number;
  readonly timeTravel: 'VERSION' | 'TIMESTAMP' | undefined;
}

/** The table references of a tree, CTEs among them. */
export function tablesOf(tree: Json): readonly ParsedTable[] {
  return [...objectsOf(tree)]
    .filter((node) => node['type'] === 'BASE_TABLE')
    .map((node) => {
      const at = node['at_clause'] as JsonObject | null;
      return {
        parts: ['catalog_name', 'schema_name', 'table_name']
          .map((key) => textOf(node[key]))
          .filter((part) => part !== ''),
        alias: textOf(node['alias']),
        byteOffset: Number(node['query_location']),
        timeTravel: at === null ? undefined : (at['unit'] as ParsedTable['timeTravel']),
      };
    });
}

export function cteNamesOf(tree: Json): ReadonlySet<string> {
  const names = [...objectsOf(tree)].flatMap((node) => {
    const map = node['cte_map'];
    if (map === null || typeof map !== 'object' || Array.isArray(map)) return [];
    return (map['map'] as JsonObject[]).map((entry) => textOf(entry['key']).toLowerCase());
  });
  return new Set(names);
}
