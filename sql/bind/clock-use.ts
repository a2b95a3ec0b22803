/**
 * How a query depends on the time. It is planned in one DuckDB and run in another; where a filter
 * compares with the time, both must see the same one, or rows that the later one wants would have been
 * left out by the earlier one. So the functions that tell the time are replaced by macros of the
 * connection with one time in them.
 */
import type { QueryReferences } from './query-references.ts';

export type ClockUse =
  | { readonly kind: 'none' }
  /** Macros that make every function of the query that tells the time tell the same. */
  | { readonly kind: 'replaceable'; readonly macros: readonly ClockMacro[] }
  /** It asks for the time in a way that cannot be replaced. */
  | { readonly kind: 'free' };

export type ClockMacro =
  | 'now'
  | 'get_current_timestamp'
  | 'transaction_timestamp'
  | 'current_date'
  | 'today'
  | 'current_localtimestamp'
  | 'current_localtime'
  | 'get_current_time';

/** What each function calls in the end. */
const functions: { readonly [name: string]: readonly ClockMacro[] | undefined } = {
  now: ['now'],
  get_current_timestamp: ['get_current_timestamp'],
  transaction_timestamp: ['transaction_timestamp'],
  current_date: ['current_date'],
  today: ['today'],
  current_localtimestamp: ['current_localtimestamp'],
  current_localtime: ['current_localtime'],
  get_current_time: ['get_current_time'],
  ago: ['now', 'get_current_timestamp'],
};

/** Written like columns, without brackets. */
const words: { readonly [name: string]: readonly ClockMacro[] | undefined } = {
  current_timestamp: ['get_current_timestamp'],
  current_date: ['current_date'],
  current_time: ['get_current_time'],
  localtimestamp: ['current_localtimestamp'],
  localtime: ['current_localtime'],
};

/** With one argument it counts from today. */
const irreplaceable: ReadonlySet<string> = new Set(['age']);

/** `views` are the uses of the views that the query reads. */
export function clockUse(
  { functions: calls, columns }: QueryReferences,
  views: readonly ClockUse[],
): ClockUse {
  const macros = new Set<ClockMacro>();
  let isFree = false;
  const use = (found: readonly ClockMacro[] | undefined): void =>
    found?.forEach((macro) => macros.add(macro));
  for (const { name, isQualified } of calls) {
    const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
    // A macro of the connection does not hide a function that is named with its schema.
    isFree ||= irreplaceable.has(name) || (found !== undefined && isQualified);
    use(found);
  }
  for (const { names } of columns) {
    const word = names.length === 1 ? names[0]?.toLowerCase() : undefined;
    if (word !== undefined && Object.hasOwn(words, word)) use(words[word]);
  }
  for (const view of views) {
    if (view.kind === 'free') isFree = true;
    if (view.kind === 'replaceable') use(view.macros);
  }
  if (isFree) return { kind: 'free' };
  return macros.size === 0 ? { kind: 'none' } : { kind: 'replaceable', macros: [...macros] };
}

/** Statements that make the macros, for one connection; `nowMs` counts from 1970. */
export function clockMacroSql(macros: readonly ClockMacro[], nowMs: number): readonly string[] {
  return macros.map(
    (macro) => `CREATE OR REPLACE TEMP MACRO ${macro}() AS ${timeSql(macro, nowMs)}`,
  );
}

/** All sessions are in UTC. */
function timeSql(macro: ClockMacro, nowMs: number): string {
  const timestamp = `make_timestamp(CAST('${BigInt(nowMs) * 1000n}' AS BIGINT))`;
  switch (macro) {
    case 'now':
    case 'get_current_timestamp':
    case 'transaction_timestamp':
      return `CAST(${timestamp} AS TIMESTAMP WITH TIME ZONE)`;
    case 'current_date':
    case 'today':
      return `CAST(${timestamp} AS DATE)`;
    case 'current_localtimestamp':
      return timestamp;
    case 'current_localtime':
      return `CAST(${timestamp} AS TIME)`;
    case 'get_current_time':
      return `CAST(CAST(${timestamp} AS TIMESTAMP WITH TIME ZONE) AS TIME WITH TIME ZONE)`;
  }
}
