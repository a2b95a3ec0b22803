/**
 * Tab completion: what could stand at the cursor, from the statement up to there and the names in
 * the catalog. It knows positions after certain words (`FROM`, `USE`), tables that the statement
 * names, and dots; it does not parse SQL.
 */
import type { TableName } from './catalog-client.ts';
import { splitName } from './command-arguments.ts';

/** Names from the catalog. All resolve to nothing rather than fail. */
export interface CompletionCatalog {
  readonly schemas: () => Promise<readonly string[]>;
  readonly tables: () => Promise<readonly TableName[]>;
  readonly columns: (table: TableName) => Promise<readonly string[]>;
}

export interface CompletionRequest {
  /** The statement and the line, up to the cursor. */
  readonly before: string;
  /** All of the statement that has been typed, for the tables it names after the cursor. */
  readonly statement: string;
  readonly currentSchema: string | undefined;
  readonly catalog: CompletionCatalog;
  readonly commandNames: readonly string[];
  readonly settingNames: readonly string[];
}

export interface Completions {
  /** Texts that may take the place of `word`. */
  readonly candidates: readonly string[];
  /** What is completed: the end of `before`. */
  readonly word: string;
}

const keywords = (
  'ALL AND ANTI AS ASC BETWEEN BY CASE CAST COLUMNS CREATE CROSS DELETE DELTA DESC DESCRIBE DETAIL ' +
  'DISTINCT DROP ELSE END EXCEPT EXISTS EXPLAIN FALSE FIRST FROM FULL GLOBAL GROUP HAVING HISTORY ' +
  'IF IN INNER INSERT INTERSECT INTERVAL INTO IS JOIN LAST LATERAL LEFT LIKE LIMIT LOCATION MERGE ' +
  'NOT NULL NULLS OF OFFSET ON OPTIMIZE OR ORDER OUTER OVER PARTITION PARTITIONED QUALIFY REPLACE ' +
  'RIGHT SCHEMA SCHEMAS SELECT SEMI SET SHOW TABLE TABLES TEMPORARY THEN TIMESTAMP TRUE UNION ' +
  'UPDATE USE USING VACUUM VALUES VERSION VIEW VIEWS WHEN WHERE WINDOW WITH'
).split(' ');

const name = '(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[A-Za-z_\\u0080-\\uffff][\\w\\u0080-\\uffff]*)';
const dottedName = `${name}(?:\\s*\\.\\s*${name})*`;

/** The last word: perhaps dotted, perhaps with a quote that is still open. */
const lastWord = new RegExp(`(?:${name}\\s*\\.\\s*)*(?:[\`"][^\`"]*|[\\w\\u0080-\\uffff]*)$`);
const tableWord =
  /\b(?:from|join|into|table|update|describe|desc|history|detail|optimize|vacuum)\s+(?:only\s+)?$/i;
const tableListWord = new RegExp(
  `\\b(?:from|join)\\s+(?:${dottedName}(?:\\s+(?:as\\s+)?${name})?\\s*,\\s*)+$`,
  'i',
);
const schemaWord = /\b(?:use|schema|database|tables\s+(?:in|from)|views\s+(?:in|from))\s+$/i;
const namedTable = new RegExp(
  `(?:\\b(?:from|join|into|update|describe)\\s+|,\\s*)(${dottedName})(?:\\s+(?:as\\s+)?(${name}))?`,
  'gi',
);
const noAlias = new Set([...keywords, 'NATURAL', 'TABLESAMPLE', 'PIVOT', 'UNPIVOT', 'VALUES']);

/** A name as it can be written in a statement of either dialect. */
export function quoteName(text: string): string {
  const isPlain = /^[A-Za-z_]\w*$/.test(text) && !keywords.includes(text.toUpperCase());
  return isPlain ? text : `\`${text.replaceAll('`', '``')}\``;
}

export async function complete(request: CompletionRequest): Promise<Completions> {
  const command = /(?:^|\n)\s*(\\[^\s]*)(\s+(?:.*\s)?)?([^\s]*)$/.exec(request.before);
  if (command !== null) return completeCommand(request, command);

  const word = lastWord.exec(request.before)?.[0] ?? '';
  const ahead = request.before.slice(0, request.before.length - word.length);
  if (isInsideString(ahead)) return { candidates: [], word };
  return { candidates: await candidatesFor(request, ahead, word), word };
}

async function completeCommand(
  request: CompletionRequest,
  [, call = '', space, word = '']: RegExpExecArray,
): Promise<Completions> {
  if (space === undefined) {
    const names = request.commandNames.map((item) => `\\${item}`);
    return { candidates: startingWith(names, call), word: call };
  }
  switch (call) {
    case '\\pset':
      return { candidates: startingWith(request.settingNames, word), word };
    case '\\d':
    case '\\d+':
    case '\\dt':
    case '\\dt+':
    case '\\dv':
    case '\\dv+':
    case '\\history':
      return { candidates: await tableCandidates(request, word), word };
    case '\\dn':
      return { candidates: startingWith(await request.catalog.schemas(), word), word };
  }
  return { candidates: [], word };
}

async function candidatesFor(
  request: CompletionRequest,
  ahead: string,
  word: string,
): Promise<readonly string[]> {
  if (schemaWord.test(ahead)) {
    const schemas = (await request.catalog.schemas()).map(quoteName);
    return startingWith(schemas, word);
  }
  if (tableWord.test(ahead) || tableListWord.test(ahead)) return tableCandidates(request, word);

  const tables = await tablesOf(request, word);
  const dot = word.lastIndexOf('.');
  if (dot >= 0) {
    const owner = word.slice(0, dot).trim().toLowerCase();
    const owned = tables.filter(({ names }) => names.includes(owner));
    const columns = await columnsOf(
      request,
      owned.map(({ table }) => table),
    );
    const dotted = columns.map((column) => `${word.slice(0, dot + 1)}${column}`);
    const found = startingWith(dotted, word);
    return found.length > 0 ? found : tableCandidates(request, word);
  }
  const columns = await columnsOf(
    request,
    tables.map(({ table }) => table),
  );
  const isLower = word !== '' && word === word.toLowerCase();
  const words = word === '' ? [] : keywords.map((item) => (isLower ? item.toLowerCase() : item));
  return startingWith([...new Set([...columns, ...words])], word);
}

/** Tables of the current schema, and schemas to go on with. */
async function tableCandidates(
  { catalog, currentSchema }: CompletionRequest,
  word: string,
): Promise<readonly string[]> {
  const [schemas, tables] = await Promise.all([catalog.schemas(), catalog.tables()]);
  const dot = word.lastIndexOf('.');
  if (dot >= 0) {
    const schema = splitName(word.slice(0, dot)).at(-1)?.toLowerCase();
    const within = tables
      .filter((table) => table.schema.toLowerCase() === schema)
      .map((table) => `${word.slice(0, dot + 1)}${quoteName(table.name)}`);
    return startingWith(within, word);
  }
  const current = tables.filter((table) => table.schema === (currentSchema ?? 'default'));
  return startingWith(
    [
      ...current.map((table) => quoteName(table.name)),
      ...schemas.map((schema) => `${quoteName(schema)}.`),
    ],
    word,
  );
}

interface NamedTable {
  readonly table: TableName;
  /** What may stand before a dot to mean it, in lower case. */
  readonly names: readonly string[];
}

/** The tables that the statement names, with their aliases. */
async function tablesOf(
  { statement, currentSchema, catalog }: CompletionRequest,
  word: string,
): Promise<readonly NamedTable[]> {
  const known = await catalog.tables();
  const found: NamedTable[] = [];
  for (const [, dotted = '', alias] of statement.matchAll(namedTable)) {
    if (dotted === word) continue;
    const parts = splitName(dotted);
    const last = parts.at(-1) ?? '';
    const schema = parts.at(-2) ?? currentSchema ?? 'default';
    const table = known.find(
      (item) =>
        item.name.toLowerCase() === last.toLowerCase() &&
        item.schema.toLowerCase() === schema.toLowerCase(),
    );
    if (table === undefined) continue;
    const names = [dotted.toLowerCase(), last.toLowerCase()];
    const hasAlias = alias !== undefined && !noAlias.has(alias.toUpperCase());
    found.push({ table, names: hasAlias ? [alias.toLowerCase()] : names });
  }
  return found;
}

async function columnsOf(
  { catalog }: CompletionRequest,
  tables: readonly TableName[],
): Promise<readonly string[]> {
  const lists = await Promise.all(tables.map((table) => catalog.columns(table)));
  return [...new Set(lists.flat())].map(quoteName);
}

function startingWith(candidates: readonly string[], word: string): readonly string[] {
  const wanted = word.toLowerCase();
  const bare = wanted.replace(/^[`"]/, '');
  return candidates.filter((candidate) => {
    const text = candidate.toLowerCase();
    return text.startsWith(wanted) || (bare !== wanted && text.startsWith(`\`${bare}`));
  });
}

/** Whether a single quote is open at the end; names are not completed in strings. */
function isInsideString(text: string): boolean {
  const withoutComments = text.replace(/--[^\n]*/g, '').replace(/\/\*[^]*?\*\//g, '');
  return (withoutComments.split("'").length - 1) % 2 === 1;
}
