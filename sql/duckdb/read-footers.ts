/**
 * The footers of Parquet files -> their shapes: columns with DuckDB's types, the calendar that the
 * writer's notes tell of, and what is known of NULLs in annotated variants.
 */
import { DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';
import type {
  FileCalendar,
  FileColumn,
  FileShape,
  FileType,
  VariantNulls,
} from '../plan/file-shape.ts';
import { quoteFileName, quoteString } from '../quote.ts';
import type { EngineConnection } from './engine-connection.ts';

/** What one footer says, short of its columns. */
interface Footer {
  /** Equal for files of equal schema. */
  readonly fingerprint: string;
  readonly hasInt96: boolean;
  notes: SparkNotes;
}

interface SparkNotes {
  readonly version?: string | undefined;
  readonly legacyDateTime?: string | undefined;
  readonly legacyInt96?: string | undefined;
  readonly timeZone?: string | undefined;
}

/**
 * The shape of each file. `shapes` holds those that are known, by a text of all that makes them;
 * new ones are added. Throws what DuckDB throws on a file that it cannot open.
 */
export async function readFooters(
  connection: EngineConnection,
  locations: readonly string[],
  shapes: Map<string, FileShape>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FileShape>> {
  const footers = await readFacts(connection, locations, signal);
  const found = new Map<string, FileShape>();
  const withVariants: string[] = [];
  for (const [location, footer] of footers) {
    const calendar = calendarOf(footer);
    const key = `${footer.fingerprint} ${JSON.stringify(calendar)}`;
    let shape = shapes.get(key);
    if (shape === undefined) {
      shape = await readShape(connection, location, calendar, signal);
      shapes.set(key, shape);
    }
    found.set(location, shape);
    if (variantPaths(shape).length > 0) withVariants.push(location);
  }
  if (withVariants.length > 0) {
    const facts = await readVariantNulls(connection, withVariants, found, signal);
    for (const [location, variantNulls] of facts) {
      const shape = found.get(location);
      const footer = footers.get(location);
      if (shape === undefined || footer === undefined) continue;
      const key = `${footer.fingerprint} ${JSON.stringify([shape.calendar, ...variantNulls])}`;
      const own = shapes.get(key) ?? { ...shape, variantNulls };
      shapes.set(key, own);
      found.set(location, own);
    }
  }
  return found;
}

async function readFacts(
  connection: EngineConnection,
  locations: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Footer>> {
  const list = `[${locations.map(quoteFileName).join(', ')}]`;
  const facts = ['name', 'type', 'num_children', 'converted_type', 'logical_type', 'field_id']
    .concat(['scale', 'precision', 'type_length', 'repetition_type'])
    .map((fact) => `coalesce(CAST(${fact} AS VARCHAR), '')`);
  const schemas = await connection.rows(
    `SELECT file_name, md5(string_agg(concat_ws(chr(1), ${facts.join(', ')}), chr(2) ORDER BY column_id)),
       bool_or(type = 'INT96')
     FROM parquet_schema(${list}) GROUP BY file_name`,
    signal,
  );
  const footers = new Map<string, Footer>();
  for (const [location, fingerprint, hasInt96] of schemas) {
    footers.set(String(location), {
      fingerprint: String(fingerprint),
      hasInt96: hasInt96 === true,
      notes: {},
    });
  }
  const keys = Object.keys(noteNames).map((key) => `${quoteString(key)}::BLOB`);
  const notes = await connection.rows(
    `SELECT file_name, decode(key), coalesce(try(decode(value)), '') FROM parquet_kv_metadata(${list})
     WHERE key IN (${keys.join(', ')})`,
    signal,
  );
  for (const [location, key, value] of notes) {
    const footer = footers.get(String(location));
    const name = noteNames[String(key)];
    if (footer !== undefined && name !== undefined) {
      footer.notes = { ...footer.notes, [name]: String(value) };
    }
  }
  return footers;
}

const noteNames: { readonly [key: string]: keyof SparkNotes | undefined } = {
  'org.apache.spark.version': 'version',
  'org.apache.spark.legacyDateTime': 'legacyDateTime',
  'org.apache.spark.legacyINT96': 'legacyInt96',
  'org.apache.spark.timeZone': 'timeZone',
};

const proleptic: FileCalendar = Object.freeze({
  dates: 'proleptic',
  timestamps: 'proleptic',
  zone: undefined,
});

/** As Spark's `DataSourceUtils.datetimeRebaseSpec` and `int96RebaseSpec` decide it. */
function calendarOf({ notes, hasInt96 }: Footer): FileCalendar {
  const { version, legacyDateTime, legacyInt96, timeZone } = notes;
  // Only Spark says so; what others write is proleptic.
  if (version === undefined) return proleptic;
  const dates = version < '3.0.0' || legacyDateTime !== undefined;
  const int96 = version < '3.1.0' || legacyInt96 !== undefined;
  const timestamps = hasInt96 ? int96 : dates;
  if (!dates && !timestamps) return proleptic;
  return {
    dates: dates ? 'hybrid' : 'proleptic',
    timestamps: timestamps ? 'hybrid' : 'proleptic',
    zone: timeZone,
  };
}

async function readShape(
  connection: EngineConnection,
  location: string,
  calendar: FileCalendar,
  signal: AbortSignal,
): Promise<FileShape> {
  const file = quoteFileName(location);
  const types = await connection.columnTypes(
    `SELECT * FROM read_parquet(${file}, hive_partitioning = false)`,
  );
  const elements = await connection.rows(
    `SELECT name, field_id, num_children FROM parquet_schema(${file}) ORDER BY column_id`,
    signal,
  );
  const columns = [...types].map(([name, type]): [string, FileColumn] => [
    name,
    { typeText: type.toString(), type: fileType(type) },
  ]);
  const topLevel = topLevelElements(elements);
  return {
    columns: new Map(columns),
    ambiguousNames: ambiguousNames(topLevel.map(({ name }) => name)),
    namesById: new Map(
      topLevel.flatMap(({ name, id }) => (id === undefined ? [] : [[id, name] as const])),
    ),
    calendar,
    variantNulls: new Map(),
  };
}

function fileType(type: DuckDBType): FileType {
  if (type.typeId === DuckDBTypeId.STRUCT) {
    const { entryNames, entryTypes } = type;
    const fields = entryTypes.map((entry, index): [string, FileType] => [
      entryNames[index] ?? '',
      fileType(entry),
    ]);
    return { kind: 'struct', fields: new Map(fields) };
  }
  if (type.typeId === DuckDBTypeId.LIST) return { kind: 'list', element: fileType(type.valueType) };
  if (type.typeId === DuckDBTypeId.MAP) {
    return { kind: 'map', key: fileType(type.keyType), value: fileType(type.valueType) };
  }
  return { kind: 'leaf', name: type.toString() };
}

/** The elements of a Parquet schema lie depth first, each with the number of its children. */
function topLevelElements(
  elements: readonly (readonly unknown[])[],
): readonly { readonly name: string; readonly id: number | undefined }[] {
  const found: { name: string; id: number | undefined }[] = [];
  const open: number[] = [];
  for (const [name, fieldId, children] of elements.slice(1)) {
    const id = fieldId === null ? undefined : Number(fieldId);
    if (open.length === 0) found.push({ name: String(name), id });
    if (open.length > 0) open[open.length - 1] = (open.at(-1) ?? 0) - 1;
    if (Number(children ?? 0) > 0) open.push(Number(children));
    while (open.at(-1) === 0) open.pop();
  }
  return found;
}

/** DuckDB takes a column by its name but for case, and gives all but the first other names. */
function ambiguousNames(names: readonly string[]): ReadonlySet<string> {
  const lower = names.map((name) => name.toLowerCase());
  return new Set(lower.filter((name, index) => lower.indexOf(name) !== index));
}

/** Where annotated variants lie that are in no list and no map. */
function variantPaths({ columns }: FileShape): readonly (readonly string[])[] {
  const paths: string[][] = [];
  const visit = (type: FileType, path: string[]): void => {
    if (type.kind === 'leaf' && type.name === 'VARIANT') paths.push(path);
    if (type.kind !== 'struct') return;
    for (const [name, field] of type.fields) visit(field, [...path, name]);
  };
  for (const [name, { type }] of columns) visit(type, [name]);
  return paths;
}

/**
 * By the statistics of `value` and `metadata`: a variant `null` is the one value whose bytes are a
 * single zero, which sorts before all others; a NULL has no metadata.
 */
async function readVariantNulls(
  connection: EngineConnection,
  locations: readonly string[],
  shapes: ReadonlyMap<string, FileShape>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadonlyMap<string, VariantNulls>>> {
  const rows = await connection.rows(
    `SELECT file_name, path_in_schema,
       bool_and(stats_null_count = num_values OR coalesce(stats_min_value <> '\\x00', false)),
       bool_and(coalesce(stats_null_count = 0, false))
     FROM parquet_metadata([${locations.map(quoteFileName).join(', ')}])
     WHERE suffix(path_in_schema, ', value') OR suffix(path_in_schema, ', metadata')
     GROUP BY file_name, path_in_schema`,
    signal,
  );
  const facts = new Map(
    rows.map(([file, path, noNull, full]) => [
      `${String(file)}\0${String(path)}`,
      { noNull, full },
    ]),
  );
  return new Map(
    locations.map((location) => {
      const shape = shapes.get(location);
      const nulls = (shape === undefined ? [] : variantPaths(shape)).map(
        (path): [string, VariantNulls] => {
          const name = `${location}\0${path.join(', ')}`;
          const key = path.join('\0');
          if (facts.get(`${name}, value`)?.noNull === true) return [key, 'sql'];
          return [key, facts.get(`${name}, metadata`)?.full === true ? 'variant' : 'unknown'];
        },
      );
      return [location, new Map(nulls)];
    }),
  );
}
