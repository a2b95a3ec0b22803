/**
 * The shared corpus of Delta tables (`<shared>/corpus/README.md`): its expected files, a copy whose
 * templates and commit times are filled in, and the judgement of one answer. A verdict is data; the
 * tests decide which verdicts fail, docs/corpus.md shows them all.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { cp, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, JsonValue } from '../../catalog/data-type.ts';
import { anonymous } from '../../sql/session.ts';
import type { SqlEngine, StatementResult } from '../../sql/sql-engine.ts';
import { rowText, sortAndHash } from './canonical-json.ts';
import { newSession } from './sql-client.ts';

export interface CorpusCase {
  /** The expected file's name without `.json`. */
  readonly name: string;
  readonly source: string;
  readonly table: string;
  readonly features: readonly string[];
  readonly version: number | null;
  readonly time_travel: boolean;
  readonly timestamp: string | null;
  readonly schema: readonly { readonly name: string; readonly type: JsonValue }[] | null;
  readonly row_count: number | null;
  readonly rows_sha256: string | null;
  readonly rows: readonly (readonly JsonValue[])[] | null;
  /** `must_fail: reason`, `may_refuse: reason`, or null for a read that must succeed. */
  readonly error: string | null;
}

export type Verdict =
  /** The expected rows, or the clean error that a broken table must give. */
  | { readonly kind: 'right' }
  /** A clean error that names what is not supported, for a table that others can read. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'wrong'; readonly why: string };

/** Codes that say "not supported" and not "damaged": only these make a refusal. */
const refusalCodes: ReadonlySet<string> = new Set([
  'DELTA_UNSUPPORTED_FEATURES_FOR_READ',
  'DELTA_INVALID_PROTOCOL_VERSION',
  'UNSUPPORTED_FEATURE',
  'UNSUPPORTED_DATATYPE',
  'UNSUPPORTED_RESULT_TYPE',
]);

export function readCorpusCases(corpus: string): readonly CorpusCase[] {
  const folder = join(corpus, 'expected');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const expected = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CorpusCase;
      return { ...expected, name: file.replace(/\.json$/, '') };
    });
}

/** Copies the corpus's tables to `scratch` and makes them readable there, as its README says. */
export async function prepareCorpus(corpus: string, scratch: string): Promise<void> {
  const entries = await readdir(corpus, { withFileTypes: true });
  for (const source of entries) {
    if (!source.isDirectory() || source.name.startsWith('expected')) continue;
    const sourceRoot = join(scratch, source.name);
    await cp(join(corpus, source.name), sourceRoot, { recursive: true });
    for (const table of await readdir(sourceRoot)) {
      await prepareTable(sourceRoot, join(sourceRoot, table));
    }
  }
}

async function prepareTable(sourceRoot: string, tableRoot: string): Promise<void> {
  const logFolder = join(tableRoot, '_delta_log');
  const names = await readdir(logFolder).catch(() => []);
  for (const name of names) {
    if (!name.endsWith('.json')) continue;
    const path = join(logFolder, name);
    const text = await readFile(path, 'utf8');
    const filled = text
      .replaceAll('{{SOURCE_ROOT}}', sourceRoot)
      .replaceAll('{{TABLE_ROOT}}', tableRoot)
      .replaceAll('{{FOLDER_WITH_SPECIAL_CHAR}}', `${tableRoot}/folder&with%25special%20char`);
    if (filled !== text) await writeFile(path, filled);
    const committedMs = /^\d{20}\.json$/.test(name) ? commitTimeMs(text) : undefined;
    if (committedMs !== undefined) await utimes(path, committedMs / 1000, committedMs / 1000);
  }
}

/** `commitInfo.timestamp` of a commit, which its file's modification time must show. */
function commitTimeMs(text: string): number | undefined {
  for (const line of text.split('\n')) {
    if (!line.includes('"commitInfo"')) continue;
    try {
      const { commitInfo } = JSON.parse(line) as { commitInfo?: { timestamp?: unknown } };
      if (typeof commitInfo?.timestamp === 'number') return commitInfo.timestamp;
    } catch {
      return undefined; // Some tables of the corpus have a damaged commit on purpose.
    }
  }
  return undefined;
}

export function corpusStatement(item: CorpusCase, scratch: string): string {
  const path = join(scratch, item.source, item.table).replaceAll('`', '``');
  const table = `delta.\`${path}\``;
  if (item.timestamp !== null) return `SELECT * FROM ${table} TIMESTAMP AS OF '${item.timestamp}'`;
  if (item.time_travel) return `SELECT * FROM ${table} VERSION AS OF ${item.version}`;
  return `SELECT * FROM ${table}`;
}

export interface JudgeOptions {
  readonly engine: SqlEngine;
  /** Where `prepareCorpus` put the tables. */
  readonly scratch: string;
  /** An answer that takes longer counts as a hang. */
  readonly timeoutMs: number;
}

export async function judge(item: CorpusCase, options: JudgeOptions): Promise<Verdict> {
  const timeout = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  // The engine is told to stop, and not relied upon to do so.
  const hang = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => {
      timeout.abort();
      resolve({ kind: 'wrong', why: `no answer within ${options.timeoutMs} ms` });
    }, options.timeoutMs);
  });
  try {
    return await Promise.race([judgeAnswer(item, options, timeout.signal), hang]);
  } finally {
    clearTimeout(timer);
  }
}

async function judgeAnswer(
  item: CorpusCase,
  { engine, scratch }: JudgeOptions,
  signal: AbortSignal,
): Promise<Verdict> {
  const sql = corpusStatement(item, scratch);
  try {
    const result = await engine.run({ sql, session: newSession(), identity: anonymous, signal });
    try {
      return await judgeRows(item, result);
    } finally {
      await result.close();
    }
  } catch (error) {
    return judgeError(item, error, scratch);
  }
}

async function judgeRows(item: CorpusCase, result: StatementResult): Promise<Verdict> {
  const types = result.columns.map(({ type }) => type);
  const texts: string[] = [];
  for await (const batch of result.batches) {
    for (let row = 0; row < batch.rowCount; row += 1) texts.push(rowText(batch, types, row));
  }
  if (item.error?.startsWith('must_fail') === true || item.schema === null) {
    return { kind: 'wrong', why: `answered ${texts.length} rows, but ${item.error}` };
  }
  const columns = result.columns.map(({ name, type }) => ({ name, type: corpusType(type) }));
  const [got, wanted] = [JSON.stringify(columns), JSON.stringify(item.schema)];
  if (got !== wanted) return { kind: 'wrong', why: `columns ${got} and not ${wanted}` };
  const { rows, sha256 } = sortAndHash(texts);
  if (rows.length === item.row_count && sha256 === item.rows_sha256) return { kind: 'right' };
  return { kind: 'wrong', why: describeDifference(item, rows) };
}

function judgeError(item: CorpusCase, error: unknown, scratch: string): Verdict {
  if (!(error instanceof CodedError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: 'wrong', why: `not a coded error: ${text}` };
  }
  const message = error.message.replaceAll(scratch, '');
  const text = `${error.code}: ${message}`;
  if (error.code === 'INTERNAL_ERROR') return { kind: 'wrong', why: text };
  if (item.error?.startsWith('must_fail') === true) return { kind: 'right' };
  const refusal: Verdict = { kind: 'refused', code: error.code, message };
  if (item.error?.startsWith('may_refuse') === true) return refusal;
  if (!refusalCodes.has(error.code)) return { kind: 'wrong', why: text };
  const words = item.features.flatMap(featureWords);
  const said = `${error.message} ${error.detail ?? ''}`.toLowerCase();
  if (words.some((word) => said.includes(word.toLowerCase()))) return refusal;
  return { kind: 'wrong', why: `the refusal names no feature of the table: ${text}` };
}

/** What a message may call a feature of the corpus. */
function featureWords(feature: string): readonly string[] {
  if (/^dv(-|$)/.test(feature)) return ['deletionVectors', 'deletion vector'];
  if (feature.startsWith('column-mapping')) return ['columnMapping', 'column mapping'];
  if (feature.startsWith('type:')) return [feature.slice('type:'.length).replace(/\(.*/, '')];
  if (/^[rw]f:/.test(feature)) return [feature.slice('rf:'.length)];
  return [];
}

/** A type as the corpus writes it. */
export function corpusType(type: DataType): JsonValue {
  switch (type.kind) {
    case 'struct':
      return {
        type: 'struct',
        fields: type.fields.map((field) => ({ name: field.name, type: corpusType(field.type) })),
      };
    case 'array':
      return { type: 'array', elementType: corpusType(type.elementType) };
    case 'map':
      return {
        type: 'map',
        keyType: corpusType(type.keyType),
        valueType: corpusType(type.valueType),
      };
    case 'string':
      return type.collation === undefined ? 'string' : `string collate ${type.collation}`;
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'boolean':
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
    case 'binary':
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'variant':
    case 'void':
      return type.kind;
  }
}

function describeDifference(item: CorpusCase, rows: readonly string[]): string {
  const counts = `${rows.length} rows, expected ${item.row_count}`;
  if (item.rows === null) return counts;
  const wanted = item.rows.map((row) => JSON.stringify(row));
  const missing = wanted.find((row) => !rows.includes(row));
  const extra = rows.find((row) => !wanted.includes(row));
  return `${counts}; lacks ${missing ?? 'nothing'}; has instead ${extra ?? 'nothing'}`;
}
