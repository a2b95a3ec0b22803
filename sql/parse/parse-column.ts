/** The columns of CREATE TABLE, ADD COLUMNS, REPLACE COLUMNS and CHANGE COLUMN. */
import { syntaxErrorAt } from '../errors.ts';
import { constraintWords, parseCheck } from './parse-check.ts';
import { parseDataType } from './parse-data-type.ts';
import type { SourceSlice } from './source-slice.ts';
import type {
  AddedColumn,
  CheckConstraint,
  ColumnDefinition,
  ColumnGeneration,
  ColumnPosition,
} from './statement.ts';
import { takeBracketed, takeExpression } from './take-expression.ts';
import type { TokenCursor } from './token-cursor.ts';

/** The column, and the CHECKs written beside it. */
export interface ParsedColumn {
  readonly column: ColumnDefinition;
  readonly constraints: readonly CheckConstraint[];
}

export function parseColumn(cursor: TokenCursor): ParsedColumn {
  const { value: name, start } = cursor.expectName('the name of a column');
  const type = parseDataType(cursor);
  const constraints: CheckConstraint[] = [];
  let notNull = false;
  let comment: string | undefined;
  let defaultValue: SourceSlice | undefined;
  let generated: ColumnGeneration | undefined;
  while (!isAfterColumn(cursor)) {
    if (cursor.takeWords('not', 'null')) notNull = true;
    else if (cursor.takeWords('null')) notNull = false;
    else if (cursor.takeWords('comment')) comment = cursor.expectString('the comment as a string');
    else if (cursor.takeWords('default')) defaultValue = parseDefault(cursor);
    else if (cursor.takeWords('generated')) generated = parseGeneration(cursor);
    else if (cursor.isAnyWord(...constraintWords)) constraints.push(parseCheck(cursor));
    else if (cursor.isAnyWord(...foreignWords)) throw unsupportedWord(cursor);
    else throw cursor.unexpected('NOT NULL, COMMENT, DEFAULT, GENERATED, CHECK, "," or ")"');
  }
  const column = { name, type, notNull, comment, defaultValue, generated, start };
  return { column, constraints };
}

/** One that is added to a table: its name may lie inside structs, and it has a place. */
export function parseAddedColumn(cursor: TokenCursor): AddedColumn {
  const column = cursor.expectColumnName('the name of a column');
  const type = parseDataType(cursor);
  let notNull = false;
  let comment: string | undefined;
  let defaultValue: SourceSlice | undefined;
  let position: ColumnPosition | undefined;
  while (!isAfterColumn(cursor)) {
    if (cursor.takeWords('not', 'null')) notNull = true;
    else if (cursor.takeWords('null')) notNull = false;
    else if (cursor.takeWords('comment')) comment = cursor.expectString('the comment as a string');
    else if (cursor.takeWords('default')) defaultValue = parseDefault(cursor);
    else if (cursor.isAnyWord('first', 'after')) position = parsePosition(cursor);
    else if (cursor.isAnyWord('generated', ...constraintWords, ...foreignWords))
      throw unsupportedWord(cursor);
    else throw cursor.unexpected('NOT NULL, COMMENT, DEFAULT, FIRST, AFTER or ","');
  }
  return { column, type, notNull, comment, defaultValue, position };
}

/** At FIRST or AFTER. */
export function parsePosition(cursor: TokenCursor): ColumnPosition {
  if (cursor.takeWords('first')) return { kind: 'first' };
  cursor.expectWords('after');
  return { kind: 'after', name: cursor.expectName('the name of a column').value };
}

const foreignWords = ['collate', 'mask'] as const;

function isAfterColumn(cursor: TokenCursor): boolean {
  return cursor.isOperator(',') || cursor.isOperator(')') || cursor.isAtEnd();
}

function unsupportedWord(cursor: TokenCursor) {
  return cursor.unsupported(`${cursor.peek().value.toUpperCase()} for a column`);
}

/** After DEFAULT: an expression, to where the column goes on. */
export function parseDefault(cursor: TokenCursor): SourceSlice {
  return takeExpression(
    cursor,
    'a default value',
    (at) =>
      (at.isWord('comment') && at.peek(1).kind === 'string') ||
      (at.areWords('not', 'null') && !at.isWord('is', -1)) ||
      at.areWords('generated', 'always') ||
      at.areWords('generated', 'by') ||
      (at.isWord('first') && !at.isOperator('(', 1)) ||
      (at.isWord('after') && !at.isOperator('(', 1)) ||
      at.isAnyWord(...constraintWords, ...foreignWords),
  );
}

/** After GENERATED. */
function parseGeneration(cursor: TokenCursor): ColumnGeneration {
  const always = cursor.takeWords('always');
  if (!always && !cursor.takeWords('by', 'default'))
    throw cursor.unexpected('ALWAYS or BY DEFAULT');
  cursor.expectWords('as');
  if (cursor.takeWords('identity')) return parseIdentity(cursor, always);
  if (!always || !cursor.isOperator('('))
    throw cursor.unexpected('IDENTITY or an expression in brackets');
  return { kind: 'expression', expression: takeBracketed(cursor) };
}

function parseIdentity(cursor: TokenCursor, always: boolean): ColumnGeneration {
  let startWith = 1n;
  let incrementBy = 1n;
  if (cursor.takeOperator('(')) {
    while (!cursor.takeOperator(')')) {
      if (cursor.takeWords('start', 'with')) startWith = parseInteger(cursor);
      else if (cursor.takeWords('increment', 'by')) incrementBy = parseInteger(cursor);
      else throw cursor.unexpected('START WITH or INCREMENT BY');
    }
  }
  return { kind: 'identity', always, startWith, incrementBy };
}

function parseInteger(cursor: TokenCursor): bigint {
  const isNegative = cursor.takeOperator('-');
  const { kind, value, start } = cursor.peek();
  if (kind !== 'number' || !/^\d+$/.test(value)) throw cursor.unexpected('a whole number');
  cursor.next();
  const number = BigInt(value) * (isNegative ? -1n : 1n);
  if (BigInt.asIntN(64, number) !== number) {
    throw syntaxErrorAt(cursor.source, start, `${number} does not fit into a BIGINT`);
  }
  return number;
}
