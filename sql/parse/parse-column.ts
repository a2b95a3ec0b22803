/** One column of CREATE TABLE. */
import { syntaxErrorAt } from '../errors.ts';
import { parseDataType } from './parse-data-type.ts';
import type { SourceSlice } from './source-slice.ts';
import type { ColumnDefinition, ColumnGeneration } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

const constraints = [
  'constraint',
  'primary',
  'foreign',
  'unique',
  'check',
  'references',
  'collate',
  'mask',
];

export function parseColumn(cursor: TokenCursor): ColumnDefinition {
  if (startsConstraint(cursor)) throw unsupportedConstraint(cursor);
  const { value: name, start } = cursor.expectName('the name of a column');
  const type = parseDataType(cursor);
  let notNull = false;
  let comment: string | undefined;
  let defaultValue: SourceSlice | undefined;
  let generated: ColumnGeneration | undefined;
  while (!cursor.isOperator(',') && !cursor.isOperator(')')) {
    if (cursor.takeWords('not', 'null')) notNull = true;
    else if (cursor.takeWords('null')) notNull = false;
    else if (cursor.takeWords('comment')) comment = cursor.expectString('the comment as a string');
    else if (cursor.takeWords('default')) defaultValue = parseDefault(cursor);
    else if (cursor.takeWords('generated')) generated = parseGeneration(cursor);
    else if (cursor.isAnyWord(...constraints)) throw unsupportedConstraint(cursor);
    else throw cursor.unexpected('NOT NULL, COMMENT, DEFAULT, GENERATED, "," or ")"');
  }
  return { name, type, notNull, comment, defaultValue, generated, start };
}

/** `PRIMARY KEY (id)` in place of a column; a column may be called `check` all the same. */
function startsConstraint(cursor: TokenCursor): boolean {
  return (
    cursor.isWord('constraint') ||
    cursor.areWords('primary', 'key') ||
    cursor.areWords('foreign', 'key') ||
    ((cursor.isWord('unique') || cursor.isWord('check')) && cursor.isOperator('(', 1))
  );
}

function unsupportedConstraint(cursor: TokenCursor) {
  return cursor.unsupported(`${cursor.peek().value.toUpperCase()} in a column list`);
}

function parseDefault(cursor: TokenCursor): SourceSlice {
  const value = cursor.takeUntil(
    (at) =>
      at.isOperator(',') ||
      (at.isWord('comment') && at.peek(1).kind === 'string') ||
      (at.areWords('not', 'null') && !at.isWord('is', -1)) ||
      at.areWords('generated', 'always') ||
      at.areWords('generated', 'by') ||
      at.isAnyWord(...constraints),
  );
  if (value.start === value.end) throw cursor.unexpected('a default value');
  return value;
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
  const expression = cursor.takeBrackets();
  if (expression.source.slice(expression.start, expression.end).trim() === '') {
    throw syntaxErrorAt(
      cursor.source,
      expression.start,
      'The expression of a generated column is empty',
    );
  }
  return { kind: 'expression', expression };
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
