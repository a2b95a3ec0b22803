/**
 * One statement's text -> Statement: the kind from its first words, the rest by recursive descent in
 * the `parse-*.ts` files beside this one. Queries are not looked into; that is DuckDB's job.
 */
import { errorAt, syntaxErrorAt } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import { parseAlter } from './parse-alter.ts';
import { parseCommentOn } from './parse-comment-on.ts';
import { parseCopyInto } from './parse-copy-into.ts';
import { parseCreateTable } from './parse-create-table.ts';
import { parseCreateView } from './parse-create-view.ts';
import { parseDescribe } from './parse-describe.ts';
import { parseInsert } from './parse-insert.ts';
import {
  parseAnalyze,
  parseConvert,
  parseFsck,
  parseGenerate,
  parseOptimize,
  parseReorg,
  parseRestore,
} from './parse-maintenance.ts';
import { parseMerge } from './parse-merge.ts';
import { parseCreateSchema, parseDrop, parseTruncate, parseUndrop } from './parse-schema.ts';
import { parseReset, parseSet, parseUse } from './parse-session.ts';
import { parseShow } from './parse-show.ts';
import { parseTransaction } from './parse-transaction.ts';
import { parseDelete, parseUpdate } from './parse-update.ts';
import { parseVacuum } from './parse-vacuum.ts';
import { queryStart } from './query-start.ts';
import type { Statement } from './statement.ts';
import { TokenCursor } from './token-cursor.ts';
import { tokenize, type Token } from './tokenize.ts';
import { unsupportedStatement } from './unsupported-statement.ts';

/**
 * Throws PARSE_SYNTAX_ERROR, MULTIPLE_STATEMENTS, STATEMENT_TOO_LARGE, STATEMENT_TOO_COMPLEX,
 * UNSUPPORTED_FEATURE, UNSUPPORTED_DATATYPE, COLUMN_ALIASES_NOT_ALLOWED, MERGE_WITHOUT_WHEN,
 * NON_LAST_..._CLAUSE_OMIT_CONDITION and SPECIFY_CLUSTER_BY_WITH_PARTITIONED_BY_IS_NOT_ALLOWED. A statement that Levee knows but does not run is no
 * error here: it comes back as `unsupported`.
 */
export function parseStatement(text: string, dialect: Dialect): Statement {
  const tokens = onlyStatement(tokenize(text, dialect), text);
  const end = tokens.at(-1)?.end ?? text.length;
  const cursor = new TokenCursor(text, tokens, end, dialect);
  const statement = parseKind(cursor);
  cursor.expectEnd();
  return statement;
}

/** The tokens of the one statement in the text, without semicolons. */
function onlyStatement(tokens: readonly Token[], text: string): readonly Token[] {
  const isSemicolon = (token: Token) => token.kind === 'operator' && token.value === ';';
  const first = tokens.findIndex((token) => !isSemicolon(token));
  const semicolon = tokens.findIndex((token, index) => index > first && isSemicolon(token));
  const end = semicolon < 0 ? tokens.length - 1 : semicolon;
  if (tokens[first]?.kind === 'eof') {
    throw syntaxErrorAt(text, text.length, 'The statement is empty');
  }
  const another = tokens.slice(end).find((token) => !isSemicolon(token) && token.kind !== 'eof');
  if (another !== undefined) {
    throw errorAt(text, another.start, {
      code: 'MULTIPLE_STATEMENTS',
      message: 'Another statement follows the first one',
    });
  }
  return tokens.slice(first, end);
}

function parseKind(cursor: TokenCursor): Statement {
  const start = queryStart(cursor);
  if (start === 'query') return { kind: 'query', query: cursor.takeRest() };
  if (start !== undefined) return skipTo(cursor, unsupportedStatement(cursor, start));
  if (cursor.isOperator('(')) return { kind: 'query', query: cursor.takeRest() };

  if (cursor.takeWords('explain')) return parseExplain(cursor);
  if (cursor.isWord('create')) return parseCreate(cursor);
  if (cursor.isWord('drop')) return parseDrop(cursor);
  if (cursor.isWord('insert')) return parseInsert(cursor);
  const write = parseWrite(cursor) ?? parseUpkeep(cursor);
  if (write !== undefined) return write;
  if (cursor.isAnyWord('describe', 'desc')) return parseDescribe(cursor);
  if (cursor.isWord('show')) return parseShow(cursor);
  if (cursor.takeWords('use')) return parseUse(cursor);
  if (cursor.isWord('set')) return parseSet(cursor);
  if (cursor.takeWords('reset')) return parseReset(cursor);
  if (cursor.isWord('refresh') && !cursor.isAnyWord('function')) return parseRefresh(cursor);
  return skipTo(cursor, unsupportedStatement(cursor, undefined));
}

/** Statements that change rows or the definition of a table. */
function parseWrite(cursor: TokenCursor): Statement | undefined {
  if (cursor.areWords('update', 'extensions') && !cursor.isWord('set', 2)) return undefined;
  if (cursor.isWord('update')) return parseUpdate(cursor);
  if (cursor.isWord('delete')) return parseDelete(cursor);
  if (cursor.isWord('merge')) return parseMerge(cursor);
  if (cursor.areWords('copy', 'into')) return parseCopyInto(cursor);
  if (cursor.areWords('replace', 'table')) return parseCreateTable(cursor);
  if (cursor.areWords('truncate')) return parseTruncate(cursor);
  if (cursor.areWords('undrop') && !cursor.isWord('schema', 1)) return parseUndrop(cursor);
  if (cursor.areWords('alter', 'table') || cursor.areWords('alter', 'view')) {
    return parseAlter(cursor);
  }
  if (cursor.areWords('comment', 'on')) return parseCommentOn(cursor);
  return parseTransaction(cursor);
}

/** Statements that keep a table in shape. */
function parseUpkeep(cursor: TokenCursor): Statement | undefined {
  if (cursor.isWord('restore')) return parseRestore(cursor);
  if (cursor.isWord('optimize')) return parseOptimize(cursor);
  // VACUUM alone and VACUUM ANALYZE are DuckDB's.
  const isDuckdbVacuum = cursor.peek(1).kind === 'eof' || cursor.isWord('analyze', 1);
  if (cursor.isWord('vacuum') && !isDuckdbVacuum) return parseVacuum(cursor);
  if (cursor.isWord('reorg')) return parseReorg(cursor);
  if (cursor.isWord('convert')) return parseConvert(cursor);
  if (cursor.areWords('analyze', 'table')) return parseAnalyze(cursor);
  if (cursor.isWord('fsck')) return parseFsck(cursor);
  if (cursor.isWord('generate')) return parseGenerate(cursor);
  return undefined;
}

/** What Levee does not run it does not read to the end either. */
function skipTo(cursor: TokenCursor, statement: Statement): Statement {
  cursor.takeRest();
  return statement;
}

function parseExplain(cursor: TokenCursor): Statement {
  const mode = cursor.takeAnyWord('analyze', 'extended', 'formatted', 'cost', 'codegen');
  const start = queryStart(cursor);
  if (start === 'query' || cursor.isOperator('(')) {
    return {
      kind: 'explain',
      analyze: mode === 'analyze',
      mode: mode === 'analyze' ? undefined : mode?.toUpperCase(),
      query: cursor.takeRest(),
    };
  }
  if (cursor.isAtEnd()) throw cursor.unexpected('a query after EXPLAIN');
  const inner = unsupportedStatement(cursor, start);
  return skipTo(cursor, { ...inner, name: `EXPLAIN ${inner.name}` });
}

function parseCreate(cursor: TokenCursor): Statement {
  // CREATE [OR REPLACE] [GLOBAL] [TEMP | TEMPORARY] [EXTERNAL] VIEW | TABLE | SCHEMA | ...
  let ahead = cursor.isWord('or', 1) && cursor.isWord('replace', 2) ? 3 : 1;
  while (['global', 'temp', 'temporary', 'external'].some((word) => cursor.isWord(word, ahead)))
    ahead++;
  if (cursor.isWord('view', ahead)) return parseCreateView(cursor);
  if (cursor.isWord('table', ahead)) return parseCreateTable(cursor);
  if (cursor.isWord('schema', ahead) || cursor.isWord('database', ahead))
    return parseCreateSchema(cursor);
  return skipTo(cursor, unsupportedStatement(cursor, undefined));
}

function parseRefresh(cursor: TokenCursor): Statement {
  const isTable = cursor.isWord('table', 1);
  const isPlainName = cursor.peek(1).kind === 'quoted' || cursor.peek(1).kind === 'word';
  const isOther = ['function', 'foreign', 'materialized', 'streaming'].some((word) =>
    cursor.isWord(word, 1),
  );
  const startsName = cursor.peek(2).kind === 'eof' || cursor.isOperator('.', 2);
  if (!isTable && (!isPlainName || (isOther && !startsName))) {
    return skipTo(cursor, unsupportedStatement(cursor, undefined));
  }
  cursor.next();
  if (isTable) cursor.next();
  return { kind: 'refreshTable', name: cursor.expectObjectName('the name of a table') };
}
