/**
 * Statements of Delta, Databricks, Spark and DuckDB that Levee knows by name and does not run. They
 * are refused by that name; words that begin no statement at all are a syntax error.
 */
import type { Unsupported } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** First word, then the words that may follow it and belong to the name. */
const known = new Map<string, readonly string[]>(
  [
    'abort:',
    'add: archive file jar',
    'alter: catalog column database schema sequence share table type view',
    'analyze: table',
    'attach:',
    'begin: transaction',
    'cache: lazy select table',
    'call:',
    'checkpoint:',
    'clear: cache',
    'comment: catalog connection function on provider recipient share volume',
    'commit:',
    'convert: delta to',
    'copy: from into',
    'create: aggregate catalog connection constraint external function index live location ' +
      'macro materialized or persistent property recipient recursive refresh replace role ' +
      'secret sequence share streaming table temp temporary type unique variable view volume',
    'deallocate: prepare',
    'declare: variable',
    'delete: from',
    'deny:',
    'describe: catalog connection function share volume',
    'desc: catalog connection function share volume',
    'detach: database',
    'do:',
    'drop: catalog connection function index macro materialized secret sequence share ' +
      'streaming table temporary type variable view volume',
    'end:',
    'execute: immediate',
    'export: database',
    'force: checkpoint install',
    'fsck: repair table',
    'generate:',
    'get:',
    'grant:',
    'import: database',
    'insert: directory ignore into local or overwrite replace',
    'install:',
    'list: archive file jar',
    'load: data',
    'lock: table',
    'merge: evolution into schema with',
    'msck: repair table',
    'optimize:',
    'pragma:',
    'prepare:',
    'put:',
    'refresh: foreign function materialized streaming table view',
    'reindex:',
    'release: savepoint',
    'remove:',
    'reorg: table',
    'repair: table',
    'replace: table',
    'restore: table',
    'revoke:',
    'rollback:',
    'savepoint:',
    'start: transaction',
    'sync: schema table',
    'truncate: table',
    'uncache: table',
    'undrop: schema table',
    'unload:',
    'unlock: table',
    'unset:',
    'update: extensions',
    'vacuum:',
  ].map((line) => {
    const [first = '', followers = ''] = line.split(':');
    return [first, followers.trim().split(' ')] as const;
  }),
);

const selectHints = new Map([
  ['PIVOT', 'Write the query with SELECT ... FROM t PIVOT (...), or with aggregates and FILTER.'],
  ['UNPIVOT', 'Write the query with SELECT ... FROM t UNPIVOT (...).'],
  ['SUMMARIZE', 'Select the aggregates of the columns: min, max, avg, count.'],
]);

/**
 * The refusal for the statement at the cursor, or for the one that `name` gives. Throws
 * PARSE_SYNTAX_ERROR when no statement begins with these words.
 */
export function unsupportedStatement(cursor: TokenCursor, name: string | undefined): Unsupported {
  if (name !== undefined) {
    return { kind: 'unsupported', name, hint: selectHints.get(name.split(' ').at(-1) ?? '') };
  }
  const first = cursor.peek();
  const followers = first.kind === 'word' ? known.get(first.value.toLowerCase()) : undefined;
  if (followers === undefined) throw cursor.unexpected('a statement');
  const words = [first.value.toUpperCase()];
  for (let ahead = 1; ; ahead++) {
    const next = cursor.peek(ahead);
    if (next.kind !== 'word' || !followers.includes(next.value.toLowerCase())) break;
    words.push(next.value.toUpperCase());
  }
  return { kind: 'unsupported', name: tidyName(words), hint: undefined };
}

/** `DESC` and `TEMP` in full; OR REPLACE says nothing about the kind of statement. */
function tidyName(words: readonly string[]): string {
  const full = words.map((word) =>
    word === 'DESC' ? 'DESCRIBE' : word === 'TEMP' ? 'TEMPORARY' : word,
  );
  const name = full.join(' ');
  return name.startsWith('CREATE ') ? name.replace(' OR REPLACE', '') : name;
}
