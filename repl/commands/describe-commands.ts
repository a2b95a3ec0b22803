/** `\l`, `\dn`, `\d`, `\dt`, `\dv`, `\history`: what there is in the catalog. */
import {
  describeTable,
  listSchemas,
  listTables,
  type DescribedTable,
  type ListedTable,
} from '../catalog-client.ts';
import { matchesPattern, splitName } from '../command-arguments.ts';
import { executeStatement, showResult, showText } from '../execute-statement.ts';
import { escapeControls } from '../escape-controls.ts';
import { ServerError, UsageError } from '../repl-error.ts';
import { renderOptions, type ReplContext } from '../repl-context.ts';
import { renderResult } from '../render/render-result.ts';
import { listResult } from '../result.ts';
import { done, type Command, type CommandCall, type CommandOutcome } from './command.ts';

export const describeCommands: readonly Command[] = [
  {
    names: ['l', 'list'],
    usage: '',
    help: 'list the catalogs',
    run: async ({ context }) => {
      const rows = [['main', context.session.client.url]];
      await showResult(context, listResult(['Catalog', 'Server'], rows));
      return done;
    },
  },
  {
    names: ['dn'],
    usage: '[PATTERN]',
    help: 'list the schemas',
    run: async ({ context, args }) => {
      const names = await context.interrupts.during((signal) =>
        listSchemas(context.session.client, signal),
      );
      const rows = names
        .filter((name) => matchesPattern(name, args[0] ?? '*'))
        .map((name) => [name]);
      await showResult(context, listResult(['Schema'], rows));
      return done;
    },
  },
  {
    names: ['d', 'd+'],
    usage: '[NAME]',
    help: 'describe a table or view, or list them all',
    run: (call) => (call.rest === '' ? listMatching(call, () => true) : describe(call)),
  },
  {
    names: ['dt', 'dt+'],
    usage: '[PATTERN]',
    help: 'list the tables (dt+ with their locations)',
    run: (call) => listMatching(call, (table) => !isView(table)),
  },
  {
    names: ['dv', 'dv+'],
    usage: '[PATTERN]',
    help: 'list the views',
    run: (call) => listMatching(call, isView),
  },
  {
    names: ['history'],
    usage: 'TABLE',
    help: 'list the versions of a table',
    run: async ({ context, rest }) => {
      if (rest === '') throw new UsageError('\\history needs the name of a table');
      await executeStatement(context, `DESCRIBE HISTORY ${rest}`);
      return done;
    },
  },
];

function isView(table: ListedTable): boolean {
  return table.kind.includes('VIEW');
}

/** Schema and name as patterns; without a schema, that of any. */
function parsePattern(text: string): {
  readonly schema: string | undefined;
  readonly name: string;
} {
  const parts = splitName(text);
  const name = parts.at(-1) ?? '';
  return { schema: parts.at(-2), name: name === '' ? '*' : name };
}

async function findTables(context: ReplContext, text: string): Promise<readonly ListedTable[]> {
  const { schema, name } = parsePattern(text);
  const { client } = context.session;
  // With a schema that is no pattern, the server needs to look at that one only.
  const only = schema === undefined || /[*?]/.test(schema) ? undefined : schema;
  const tables = await context.interrupts
    .during((signal) => listTables(client, only, signal))
    .catch((error: unknown) => {
      if (error instanceof ServerError && error.code === 'SCHEMA_NOT_FOUND') return [];
      throw error;
    });
  return tables
    .filter(
      (table) => matchesPattern(table.schema, schema ?? '*') && matchesPattern(table.name, name),
    )
    .sort((a, b) => a.schema.localeCompare(b.schema) || a.name.localeCompare(b.name));
}

async function listMatching(
  { context, name, rest }: CommandCall,
  isWanted: (table: ListedTable) => boolean,
): Promise<CommandOutcome> {
  const tables = (await findTables(context, rest === '' ? '*' : rest)).filter(isWanted);
  const hasMore = name.endsWith('+');
  const columns = ['Schema', 'Name', 'Type', ...(hasMore ? ['Location'] : [])];
  const rows = tables.map((table) => [
    table.schema,
    table.name,
    table.kind.toLowerCase(),
    ...(hasMore ? [table.location ?? null] : []),
  ]);
  await showResult(context, listResult(columns, rows));
  return done;
}

async function describe({ context, name, rest }: CommandCall): Promise<CommandOutcome> {
  const isPath = /^delta\s*\./i.test(rest);
  const found = isPath ? [] : await findTables(context, rest);
  const { schema, name: pattern } = parsePattern(rest);
  // A bare name means the current schema, if that has such a table.
  const isBare = schema === undefined && !/[*?]/.test(pattern);
  const schemaNow = context.session.schema ?? 'default';
  const current = found.filter((table) => table.schema === schemaNow);
  const chosen = isBare && current.length > 0 ? current : found;
  // Temporary views and paths are not in the catalog; the server knows them by their SQL.
  if (chosen.length === 0) {
    await executeStatement(context, `DESCRIBE ${rest}`);
    return done;
  }
  for (const table of chosen) {
    const described = await context.interrupts.during((signal) =>
      describeTable(context.session.client, table, signal),
    );
    await showText(context, await describedText(context, described, name === 'd+'));
  }
  return done;
}

/** A table as `\d` shows it: title, columns, then what else there is to say. */
async function describedText(
  context: ReplContext,
  table: DescribedTable,
  hasMore: boolean,
): Promise<string> {
  const hasComments = table.columns.some(({ comment }) => comment !== undefined);
  const columns = ['Column', 'Type', 'Nullable', ...(hasComments ? ['Comment'] : [])];
  const rows = table.columns.map(({ name, type, nullable, comment }) => [
    name,
    type,
    nullable ? '' : 'not null',
    ...(hasComments ? [comment ?? ''] : []),
  ]);
  const kind = table.kind.charAt(0) + table.kind.slice(1).toLowerCase();
  let text = `${kind} "${escapeControls(`${table.schema}.${table.name}`)}"\n`;
  const options = { ...renderOptions(context), footer: false };
  for await (const piece of renderResult(listResult(columns, rows), options)) text += piece;
  if (table.partitionColumns.length > 0) {
    text += `Partitioned by: ${table.partitionColumns.map(escapeControls).join(', ')}\n`;
  }
  if (table.location !== undefined) text += `Location: ${escapeControls(table.location)}\n`;
  if (hasMore) {
    for (const [key, value] of table.properties) {
      text += `${escapeControls(key)}: ${escapeControls(value)}\n`;
    }
  }
  return `${text}\n`;
}
