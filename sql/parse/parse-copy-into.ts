/**
 * COPY INTO.
 *
 * Source: https://docs.databricks.com/en/sql/language-manual/delta-copy-into.html
 */
import { syntaxErrorAt } from '../errors.ts';
import { parseProperties } from './parse-properties.ts';
import { parseNewest } from './parse-write-target.ts';
import type { CopyInto } from './statement.ts';
import { takeText } from './take-expression.ts';
import type { TokenCursor } from './token-cursor.ts';

/** At COPY INTO. */
export function parseCopyInto(cursor: TokenCursor): CopyInto {
  cursor.expectWords('copy', 'into');
  const target = parseNewest(cursor);
  const byPosition = cursor.takeWords('by', 'position');
  const columns =
    !byPosition && cursor.isOperator('(')
      ? cursor.expectColumnList('the name of a column')
      : undefined;
  cursor.expectWords('from');
  const source = parseSource(cursor);
  return { kind: 'copyInto', target, columns, byPosition, ...source, ...parseClauses(cursor) };
}

type Source = Pick<CopyInto, 'path' | 'pathStart' | 'select'>;

/** `'/path'`, or `(SELECT a, b FROM '/path')`. */
function parseSource(cursor: TokenCursor): Source {
  if (!cursor.takeOperator('(')) return { ...parsePath(cursor), select: undefined };
  cursor.expectWords('select');
  const select = takeText(
    cursor,
    'the columns to select',
    (at) => at.isWord('from') && !at.isWord('distinct', -1),
  );
  cursor.expectWords('from');
  const path = parsePath(cursor);
  if (!cursor.isOperator(')')) {
    throw cursor.unexpected('")": COPY INTO selects expressions, and nothing else');
  }
  cursor.expectOperator(')');
  return { ...path, select };
}

function parsePath(cursor: TokenCursor): Omit<Source, 'select'> {
  const { start: pathStart } = cursor.peek();
  const path = cursor.expectString('the path as a string');
  if (path.trim() === '') throw syntaxErrorAt(cursor.source, pathStart, 'The path is empty');
  if (cursor.isWord('with')) {
    throw cursor.unsupported('COPY INTO ... WITH', "Levee reads with the server's own rights.");
  }
  return { path, pathStart };
}

type Clauses = Omit<CopyInto, 'kind' | 'target' | 'columns' | 'byPosition' | keyof Source>;

const clauses = [
  'fileformat',
  'files',
  'pattern',
  'format_options',
  'copy_options',
  'validate',
] as const;

/** In any order, each at most once; FILEFORMAT must be there. */
function parseClauses(cursor: TokenCursor): Clauses {
  let format: string | undefined;
  let files: CopyInto['files'];
  let pattern: string | undefined;
  let formatOptions: CopyInto['formatOptions'] = [];
  let copyOptions: CopyInto['copyOptions'] = [];
  let validate: CopyInto['validate'];
  const seen = new Set<string>();
  while (!cursor.isAtEnd()) {
    const { start } = cursor.peek();
    const clause = clauses.find((word) => cursor.takeWords(word));
    if (clause === undefined) throw cursor.unexpected(clauseNames);
    if (seen.has(clause)) {
      throw syntaxErrorAt(cursor.source, start, `${clause.toUpperCase()} is given twice`);
    }
    seen.add(clause);
    if (seen.has('files') && seen.has('pattern')) {
      throw syntaxErrorAt(cursor.source, start, 'FILES and PATTERN exclude each other');
    }
    switch (clause) {
      case 'fileformat':
        cursor.expectOperator('=');
        format = cursor.expectName('a format').value.toLowerCase();
        break;
      case 'files':
        cursor.expectOperator('=');
        files = parseFiles(cursor);
        break;
      case 'pattern':
        cursor.expectOperator('=');
        pattern = cursor.expectString('a pattern as a string');
        break;
      case 'format_options':
        formatOptions = parseProperties(cursor);
        break;
      case 'copy_options':
        copyOptions = parseProperties(cursor);
        break;
      case 'validate':
        validate = parseValidate(cursor);
        break;
    }
  }
  if (format === undefined) throw cursor.unexpected('FILEFORMAT = ...');
  return { format, files, pattern, formatOptions, copyOptions, validate };
}

const clauseNames = clauses.map((word) => word.toUpperCase()).join(', ');

function parseFiles(cursor: TokenCursor): readonly string[] {
  const files: string[] = [];
  cursor.expectOperator('(');
  do files.push(cursor.expectString('the name of a file as a string'));
  while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return files;
}

/** `VALIDATE [ALL | 10 ROWS]`. */
function parseValidate(cursor: TokenCursor): number | 'all' {
  if (cursor.takeWords('all') || cursor.peek().kind !== 'number') return 'all';
  const rows = Number(cursor.peek().value);
  if (!Number.isSafeInteger(rows)) throw cursor.unexpected('a number of rows');
  cursor.next();
  cursor.expectWords('rows');
  return rows;
}
