/**
 * `table_changes('t', from [, to])` in a FROM clause -> the rows that changed from one version of a
 * table to another. It stands for a query of ours over the parts of the change feed, each of them
 * bound like a table.
 *
 * `from` and `to` are versions or timestamps, both included: from the first commit at or after `from`
 * to the last at or before `to`. The table is named as in a FROM clause, ``delta.`path` `` included;
 * `table_changes_by_path('path', ...)` takes a path alone.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { readChangeFeed } from '../../catalog/change-feed.ts';
import { versionAtOrAfter, versionAtOrBefore } from '../../catalog/change-range.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { editText, uneditedText } from '../parse/text-edits.ts';
import {
  closingBracket,
  isName,
  isOperator,
  readAlias,
  tokenIndexAt,
} from '../parse/table-reference.ts';
import { splitName } from '../parse/split-name.ts';
import type { Token } from '../parse/tokenize.ts';
import type { StatementContext } from '../statement-context.ts';
import type { BoundQuery, BoundReference, BoundRelation } from './bound-query.ts';
import { constantOf, timestampMs, type ConstantValue } from './constant-value.ts';
import type { PinnedTable } from './snapshot-pins.ts';

const functionNames: ReadonlySet<string> = new Set(['table_changes', 'table_changes_by_path']);

/** Whether a table function of this name, in lower case, is one of Levee's own. */
export function isTableChanges(name: string): boolean {
  return functionNames.has(name);
}

/** Where a call lies in the text of a query. */
export interface TableChangesCall {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly isAliased: boolean;
  readonly arguments: readonly string[];
}

/** The call whose name starts at `offset` of `text`, which `tokens` are of. */
export function tableChangesCallAt(
  text: string,
  tokens: readonly Token[],
  offset: number,
): TableChangesCall | undefined {
  const at = tokenIndexAt(tokens, offset);
  const name = at === undefined ? undefined : tokens[at];
  if (at === undefined || !isName(name) || !isTableChanges(name.value.toLowerCase()))
    return undefined;
  const open = tokens[at + 1];
  if (open === undefined || !isOperator(open, '(')) return undefined;
  const close = closingBracket(tokens, at + 1);
  const end = tokens[close]?.end ?? text.length;
  const isPrefixed = isOperator(tokens[at - 1], ':');
  return {
    name: name.value.toLowerCase(),
    start: name.start,
    end,
    isAliased: isPrefixed || readAlias(tokens, close + 1) !== undefined,
    arguments: argumentsBetween(text, tokens, at + 1, close),
  };
}

function argumentsBetween(
  text: string,
  tokens: readonly Token[],
  open: number,
  close: number,
): readonly string[] {
  const texts: string[] = [];
  let start = tokens[open]?.end ?? 0;
  for (let at = open + 1; at <= close; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (isOperator(token, '(') || isOperator(token, '[') || isOperator(token, '{')) {
      at = closingBracket(tokens, at);
    } else if (at === close || isOperator(token, ',')) {
      texts.push(text.slice(start, token.start).trim());
      start = token.end;
    }
  }
  return texts.length === 1 && texts[0] === '' ? [] : texts;
}

/** Finds out what a name in a FROM clause stands for. */
type ResolveName = (name: readonly string[]) => Promise<BoundRelation>;

/**
 * Throws INVALID_PARAMETER_VALUE for arguments that make no range, DELTA_CDC_READ_NULL_RANGE_BOUNDARY
 * for NULL, WRONG_OBJECT_TYPE for what is no table, and what `readChangeFeed` throws.
 */
export async function bindTableChanges(
  call: TableChangesCall,
  resolve: ResolveName,
  context: StatementContext,
): Promise<BoundReference> {
  const [nameText, fromText, toText] = call.arguments;
  if (nameText === undefined || fromText === undefined || call.arguments.length > 3) {
    throw new CodedError(
      'INVALID_PARAMETER_VALUE',
      `${call.name} takes a table, the first version and, if wanted, the last one; it was given ` +
        `${call.arguments.length} arguments.`,
      { hint: `Write ${call.name}('schema.table', 3, 5), or with timestamps.` },
    );
  }
  const table = await changedTable(call, await constantOf(nameText, context), resolve);
  const from = await constantOf(fromText, context);
  const to = toText === undefined ? undefined : await constantOf(toText, context);
  const relation = await changesOf(table, { from, to }, context);
  return {
    nameStart: call.start,
    nameEnd: call.end,
    addedAlias: call.isAliased ? undefined : call.name,
    timeTravel: undefined,
    relation,
  };
}

async function changedTable(
  { name }: TableChangesCall,
  { type, text }: ConstantValue,
  resolve: ResolveName,
): Promise<PinnedTable> {
  if (text === undefined || type !== 'VARCHAR') {
    throw new CodedError(
      'INVALID_PARAMETER_VALUE',
      `The first argument of ${name} is the name of a table as a string.`,
    );
  }
  const parts = name === 'table_changes_by_path' ? ['delta', text] : splitName(text);
  const relation = await resolve(parts);
  if (relation.kind === 'table') return relation.table;
  throw new CodedError('WRONG_OBJECT_TYPE', `${text} is no Delta table, so it has no changes.`);
}

interface RangeText {
  readonly from: ConstantValue;
  readonly to: ConstantValue | undefined;
}

async function changesOf(
  { name, snapshot: latest }: PinnedTable,
  range: RangeText,
  context: StatementContext,
): Promise<BoundRelation> {
  const { services, signal } = context;
  const from = await boundVersion(range.from, 'from', latest, context);
  const to = range.to && (await boundVersion(range.to, 'to', latest, context));
  const feed = await readChangeFeed(services, latest, { from, to }, { signal });
  const tables = feed.parts.map(({ snapshot, marked }): PinnedTable => ({
    name: `the changes of ${name} from version ${feed.from} to ${feed.to}`,
    snapshot,
    requested: { kind: 'version', version: feed.to },
    marked,
  }));
  return {
    kind: 'view',
    name,
    query: unionOf(tables, `${from} ${to} ${latest.version}`),
    columnNames: undefined,
  };
}

async function boundVersion(
  value: ConstantValue,
  bound: 'from' | 'to',
  latest: Snapshot,
  context: StatementContext,
): Promise<number> {
  const { services, signal } = context;
  const { type, text } = value;
  if (text === undefined) {
    throw new CodedError(
      'DELTA_CDC_READ_NULL_RANGE_BOUNDARY',
      `The ${bound === 'from' ? 'first' : 'last'} version of a range of changes is NULL.`,
    );
  }
  if (/^-?\d+$/.test(text)) {
    const version = Number(text);
    if (version >= 0 && Number.isSafeInteger(version)) return version;
    throw new CodedError('DELTA_VERSION_NOT_FOUND', `There is no version ${text}.`);
  }
  if (!/^(VARCHAR|DATE|TIMESTAMP.*)$/.test(type)) {
    throw new CodedError(
      'INVALID_PARAMETER_VALUE',
      `A range of changes goes by versions or timestamps, not by ${type} (${text}).`,
    );
  }
  const ms = await timestampMs(text, context);
  const find = bound === 'from' ? versionAtOrAfter : versionAtOrBefore;
  return await find(services.store, latest, ms, { signal });
}

/** `SELECT * FROM part UNION ALL ...`, `key` telling apart ranges of the same table. */
function unionOf(tables: readonly PinnedTable[], key: string): BoundQuery {
  const select = 'SELECT * FROM ';
  const union = ' UNION ALL ';
  let text = `/* ${key} */ `;
  const references = tables.map((table, index): BoundReference => {
    if (index > 0) text += union;
    text += select;
    const nameStart = text.length;
    text += 'part';
    return {
      nameStart,
      nameEnd: text.length,
      addedAlias: `part${index}`,
      timeTravel: undefined,
      relation: { kind: 'table', table },
    };
  });
  return {
    text: editText(uneditedText(text), []),
    references,
    edits: [],
    parameters: { kind: 'none' },
    isVolatile: false,
    clockUse: { kind: 'none' },
    hasGroupBy: false,
  };
}
