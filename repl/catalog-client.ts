/** The catalog routes, as the REPL needs them: names, columns, versions. */
import type { HttpClient } from './http-client.ts';
import {
  isJsonArray,
  isJsonObject,
  JsonNumber,
  stringMember,
  writeJson,
  type JsonObject,
  type JsonValue,
} from './lossless-json.ts';

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export interface ListedTable extends TableName {
  /** `TABLE`, `VIEW`, ... as the server says. */
  readonly kind: string;
  readonly location: string | undefined;
}

export interface DescribedColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly comment: string | undefined;
}

export interface DescribedTable extends ListedTable {
  readonly columns: readonly DescribedColumn[];
  readonly partitionColumns: readonly string[];
  /** Everything else the server says, as name and text. */
  readonly properties: readonly (readonly [name: string, text: string])[];
}

export async function listSchemas(
  client: HttpClient,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answer = await client.json({ method: 'GET', path: '/v1/catalog/schemas', signal });
  return itemsOf(answer, 'schemas').flatMap((item) => {
    const name = isJsonObject(item) ? nameOf(item) : item;
    return typeof name === 'string' ? [name] : [];
  });
}

/** The tables and views of a schema, or of all. */
export async function listTables(
  client: HttpClient,
  schema: string | undefined,
  signal: AbortSignal,
): Promise<readonly ListedTable[]> {
  const query = schema === undefined ? '' : `?schema=${encodeURIComponent(schema)}`;
  const path = `/v1/catalog/tables${query}`;
  const answer = await client.json({ method: 'GET', path, signal });
  return itemsOf(answer, 'tables').flatMap((item) =>
    isJsonObject(item) ? [readListedTable(item, { schema: schema ?? '', name: '' })] : [],
  );
}

export async function describeTable(
  client: HttpClient,
  table: TableName,
  signal: AbortSignal,
): Promise<DescribedTable> {
  const answer = await client.json({ method: 'GET', path: tablePath(table), signal });
  const object: JsonObject = isJsonObject(answer) ? answer : new Map<string, JsonValue>();
  const listed = readListedTable(object, table);
  const columns = itemsOf(object.get('columns'), 'columns').flatMap(readColumn);
  const partitionColumns = itemsOf(object.get('partitionColumns'), 'partitionColumns').flatMap(
    (item) => (typeof item === 'string' ? [item] : []),
  );
  const shown = ['catalog', 'schema', 'name', 'table', 'kind', 'type', 'columns', 'location'];
  const properties = [...object].flatMap(([name, value]) =>
    shown.includes(name) || name === 'partitionColumns' || isEmpty(value)
      ? []
      : [[name, plainText(value)] as const],
  );
  return { ...listed, columns, partitionColumns, properties };
}

/** A value as a person reads it: text without quotes, everything else as JSON. */
export function plainText(value: JsonValue): string {
  return typeof value === 'string' ? value : writeJson(value);
}

function tablePath({ schema, name }: TableName): string {
  return `/v1/catalog/tables/${encodeURIComponent(schema)}/${encodeURIComponent(name)}`;
}

/** A bare array, or the one under `key` (or under any key, if there is only one array). */
function itemsOf(answer: JsonValue | undefined, key: string): readonly JsonValue[] {
  if (isJsonArray(answer)) return answer;
  if (!isJsonObject(answer)) return [];
  const named = answer.get(key);
  if (isJsonArray(named)) return named;
  return [...answer.values()].find(isJsonArray) ?? [];
}

function nameOf(object: JsonObject): string | undefined {
  return stringMember(object, 'name') ?? stringMember(object, 'schema');
}

function readListedTable(object: JsonObject, fallback: TableName): ListedTable {
  return {
    schema: stringMember(object, 'schema') ?? fallback.schema,
    name: stringMember(object, 'name') ?? stringMember(object, 'table') ?? fallback.name,
    kind: (stringMember(object, 'kind') ?? stringMember(object, 'type') ?? 'table').toUpperCase(),
    location: stringMember(object, 'location'),
  };
}

function readColumn(item: JsonValue): readonly DescribedColumn[] {
  if (!isJsonObject(item)) return [];
  return [
    {
      name: stringMember(item, 'name') ?? '',
      type: stringMember(item, 'type') ?? '',
      nullable: item.get('nullable') !== false,
      comment: stringMember(item, 'comment'),
    },
  ];
}

function isEmpty(value: JsonValue): boolean {
  if (value === null || value === '') return true;
  if (value instanceof JsonNumber) return false;
  if (isJsonArray(value)) return value.length === 0;
  return isJsonObject(value) && value.size === 0;
}
