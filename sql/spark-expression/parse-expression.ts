/**
 * The text of an expression in Spark's SQL -> `Expression`. It knows the operators, CASE, CAST and
 * calls of functions; anything else (subqueries, lambdas, windows, intervals, indexes) is a syntax
 * error at its place, so that nothing is taken for what it is not.
 * Source: Spark's SqlBaseParser.g4, rules booleanExpression and valueExpression.
 */
import type { DataType } from '../../catalog/data-type.ts';
import { syntaxErrorAt } from '../errors.ts';
import { parseDataType } from '../parse/parse-data-type.ts';
import { isName } from '../parse/table-reference.ts';
import { TokenCursor } from '../parse/token-cursor.ts';
import { tokenize } from '../parse/tokenize.ts';
import type { BinaryOperator, Expression } from './expression.ts';

const depthMax = 100;

/** Throws PARSE_SYNTAX_ERROR with the position in `text`. */
export function parseExpression(text: string): Expression {
  const cursor = new TokenCursor(
    text,
    tokenize(text, 'spark').filter(({ kind }) => kind !== 'eof'),
    text.length,
    'spark',
  );
  const expression = parseOr(cursor, 0);
  cursor.expectEnd();
  return expression;
}

function parseOr(cursor: TokenCursor, depth: number): Expression {
  if (depth > depthMax)
    throw syntaxErrorAt(cursor.source, cursor.peek().start, 'Nested too deeply');
  let left = parseAnd(cursor, depth);
  while (cursor.takeWords('or')) left = binary('or', left, parseAnd(cursor, depth));
  return left;
}

function parseAnd(cursor: TokenCursor, depth: number): Expression {
  let left = parseNot(cursor, depth);
  while (cursor.takeWords('and')) left = binary('and', left, parseNot(cursor, depth));
  return left;
}

function parseNot(cursor: TokenCursor, depth: number): Expression {
  if (!cursor.takeWords('not') && !cursor.takeOperator('!')) return parsePredicate(cursor, depth);
  return { kind: 'unary', operator: 'not', operand: parseNot(cursor, nested(cursor, depth)) };
}

function parsePredicate(cursor: TokenCursor, depth: number): Expression {
  let operand = parseComparison(cursor, depth);
  for (;;) {
    if (cursor.isWord('is')) {
      operand = parseIs(cursor, operand, depth);
      continue;
    }
    const follows = cursor.isWord('not') ? 1 : 0;
    const word = ['between', 'in', 'like'].find((one) => cursor.isWord(one, follows));
    if (word === undefined) return operand;
    const negated = cursor.takeWords('not');
    cursor.expectWords(word);
    operand =
      word === 'between'
        ? parseBetween(cursor, operand, negated, depth)
        : word === 'in'
          ? parseIn(cursor, operand, negated, depth)
          : parseLike(cursor, operand, negated, depth);
  }
}

function parseIs(cursor: TokenCursor, operand: Expression, depth: number): Expression {
  cursor.expectWords('is');
  const negated = cursor.takeWords('not');
  if (cursor.takeWords('distinct', 'from')) {
    const same = binary('<=>', operand, parseComparison(cursor, depth));
    return negated ? same : { kind: 'unary', operator: 'not', operand: same };
  }
  const word = cursor.takeAnyWord('null', 'unknown', 'true', 'false');
  if (word === undefined) throw cursor.unexpected('NULL, TRUE or FALSE');
  const test = word === 'true' || word === 'false' ? word : 'null';
  return { kind: 'is', test, negated, operand };
}

function parseBetween(
  cursor: TokenCursor,
  operand: Expression,
  negated: boolean,
  depth: number,
): Expression {
  const low = parseComparison(cursor, depth);
  cursor.expectWords('and');
  return { kind: 'between', negated, operand, low, high: parseComparison(cursor, depth) };
}

function parseIn(
  cursor: TokenCursor,
  operand: Expression,
  negated: boolean,
  depth: number,
): Expression {
  cursor.expectOperator('(');
  return { kind: 'in', negated, operand, items: parseList(cursor, nested(cursor, depth)) };
}

function parseLike(
  cursor: TokenCursor,
  operand: Expression,
  negated: boolean,
  depth: number,
): Expression {
  if (cursor.isAnyWord('any', 'some', 'all')) throw cursor.unexpected('a pattern');
  const pattern = parseComparison(cursor, depth);
  if (cursor.isWord('escape')) throw cursor.unexpected('the end of LIKE');
  return { kind: 'like', negated, operand, pattern };
}

const comparisons: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ['=', '='],
  ['==', '='],
  ['<=>', '<=>'],
  ['<>', '<>'],
  ['!=', '<>'],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);

function parseComparison(cursor: TokenCursor, depth: number): Expression {
  return parseLeft(cursor, comparisons, () => parseSum(cursor, depth));
}

const sums: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ['+', '+'],
  ['-', '-'],
  ['||', '||'],
]);

function parseSum(cursor: TokenCursor, depth: number): Expression {
  return parseLeft(cursor, sums, () => parseProduct(cursor, depth));
}

const products: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ['*', '*'],
  ['/', '/'],
  ['%', '%'],
  ['div', 'div'],
]);

function parseProduct(cursor: TokenCursor, depth: number): Expression {
  return parseLeft(cursor, products, () => parseUnary(cursor, depth));
}

function parseLeft(
  cursor: TokenCursor,
  operators: ReadonlyMap<string, BinaryOperator>,
  operand: () => Expression,
): Expression {
  let left = operand();
  for (;;) {
    const token = cursor.peek();
    const isOperator = token.kind === 'operator' || token.kind === 'word';
    const operator = isOperator ? operators.get(token.value.toLowerCase()) : undefined;
    if (operator === undefined) return left;
    cursor.next();
    left = binary(operator, left, operand());
  }
}

function parseUnary(cursor: TokenCursor, depth: number): Expression {
  const operator = cursor.takeOperator('-') ? '-' : cursor.takeOperator('+') ? '+' : undefined;
  if (operator === undefined) return parsePrimary(cursor, depth);
  const token = cursor.peek();
  // The sign belongs to a number: -9223372036854775808 is a BIGINT.
  if (operator === '-' && token.kind === 'number') {
    return numberLiteral(cursor, '-');
  }
  return { kind: 'unary', operator, operand: parseUnary(cursor, nested(cursor, depth)) };
}

const typedLiterals = ['date', 'timestamp', 'timestamp_ntz'] as const;

function parsePrimary(cursor: TokenCursor, depth: number): Expression {
  const token = cursor.peek();
  if (cursor.takeOperator('(')) {
    const inner = parseOr(cursor, nested(cursor, depth));
    cursor.expectOperator(')');
    return refuseSuffix(cursor, inner);
  }
  if (token.kind === 'number') return numberLiteral(cursor, '');
  if (token.kind === 'string') return stringLiteral(cursor);
  if (cursor.takeWords('null')) return { kind: 'literal', type: { kind: 'void' }, text: '' };
  const truth = cursor.takeAnyWord('true', 'false');
  if (truth !== undefined) return { kind: 'literal', type: { kind: 'boolean' }, text: truth };
  const typed = typedLiterals.find((word) => cursor.isWord(word));
  if (typed !== undefined && cursor.peek(1).kind === 'string') {
    cursor.next();
    return { kind: 'literal', type: { kind: typed }, text: cursor.next().value };
  }
  if (cursor.isWord('case')) return parseCase(cursor, nested(cursor, depth));
  if (cursor.isWord('cast') && cursor.isOperator('(', 1)) {
    return parseCast(cursor, nested(cursor, depth));
  }
  if (token.kind === 'word' && cursor.isOperator('(', 1)) {
    return parseCall(cursor, nested(cursor, depth));
  }
  if (!isName(token)) throw cursor.unexpected('an expression');
  return parseName(cursor);
}

function parseName(cursor: TokenCursor): Expression {
  const first = cursor.peek();
  const path = cursor.expectDottedName('a column');
  const isClock =
    first.kind === 'word' && path.length === 1 && clockWords.has(first.value.toLowerCase());
  if (isClock) return { kind: 'call', name: first.value.toLowerCase(), arguments: [] };
  return refuseSuffix(cursor, { kind: 'column', path });
}

/** Functions that Spark lets be called without brackets. */
const clockWords: ReadonlySet<string> = new Set([
  'current_date',
  'current_timestamp',
  'localtimestamp',
  'current_user',
  'user',
  'session_user',
]);

/** `a[0]`, `(x).y` and `a::INT` are not read. */
function refuseSuffix(cursor: TokenCursor, expression: Expression): Expression {
  if (['[', '.', '::', '->'].some((operator) => cursor.isOperator(operator))) {
    throw cursor.unexpected('an operator');
  }
  return expression;
}

function parseCase(cursor: TokenCursor, depth: number): Expression {
  cursor.expectWords('case');
  const operand = cursor.isWord('when') ? undefined : parseOr(cursor, depth);
  const branches: { when: Expression; then: Expression }[] = [];
  while (cursor.takeWords('when')) {
    const when = parseOr(cursor, depth);
    cursor.expectWords('then');
    branches.push({ when, then: parseOr(cursor, depth) });
  }
  if (branches.length === 0) throw cursor.unexpected('WHEN');
  const otherwise = cursor.takeWords('else') ? parseOr(cursor, depth) : undefined;
  cursor.expectWords('end');
  return { kind: 'case', operand, branches, otherwise };
}

function parseCast(cursor: TokenCursor, depth: number): Expression {
  cursor.expectWords('cast');
  cursor.expectOperator('(');
  const operand = parseOr(cursor, depth);
  cursor.expectWords('as');
  const type: DataType = parseDataType(cursor);
  cursor.expectOperator(')');
  return { kind: 'cast', operand, type };
}

function parseCall(cursor: TokenCursor, depth: number): Expression {
  const name = cursor.next().value.toLowerCase();
  cursor.expectOperator('(');
  if (cursor.takeOperator(')')) return { kind: 'call', name, arguments: [] };
  const call: Expression = { kind: 'call', name, arguments: parseList(cursor, depth) };
  if (cursor.isAnyWord('over', 'filter')) throw cursor.unexpected('an operator');
  return call;
}

/** Behind the opening bracket; takes the closing one. */
function parseList(cursor: TokenCursor, depth: number): readonly Expression[] {
  const items: Expression[] = [];
  do items.push(parseOr(cursor, depth));
  while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return items;
}

function stringLiteral(cursor: TokenCursor): Expression {
  const { start } = cursor.peek();
  let text = '';
  while (cursor.peek().kind === 'string') {
    if (/x/i.test(cursor.source.charAt(cursor.peek().start))) throw cursor.unexpected('a text');
    text += cursor.next().value;
  }
  if (text.includes('\0'))
    throw syntaxErrorAt(cursor.source, start, 'A text holds the character NUL');
  return { kind: 'literal', type: { kind: 'string' }, text };
}

const suffixes: { readonly [suffix: string]: DataType | undefined } = {
  Y: { kind: 'byte' },
  S: { kind: 'short' },
  L: { kind: 'long' },
  F: { kind: 'float' },
  D: { kind: 'double' },
};

/** Spark's types of numbers: INT or the next that has room, DECIMAL, and with an exponent DOUBLE. */
function numberLiteral(cursor: TokenCursor, sign: '' | '-'): Expression {
  const token = cursor.peek();
  const match = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(BD|[YSLFD])?$/i.exec(token.value);
  const [, digits = '', exponent = '', suffix = ''] = match ?? [];
  if (match === null) throw cursor.unexpected('a number');
  const text = `${sign}${digits}${exponent}`;
  const marked = suffixes[suffix.toUpperCase()];
  const type =
    marked ?? (exponent !== '' && suffix === '' ? { kind: 'double' } : exactType(digits));
  const isWhole = /^\d+$/.test(digits);
  const needsWhole = marked !== undefined && ['Y', 'S', 'L'].includes(suffix.toUpperCase());
  if (type === undefined || (needsWhole && !isWhole) || (suffix !== '' && exponent !== '')) {
    throw cursor.unexpected('a number that has room in a type');
  }
  cursor.next();
  if (suffix.toUpperCase() === 'BD' && isWhole) {
    return { kind: 'literal', type: decimalType(digits, 0), text };
  }
  return {
    kind: 'literal',
    type: isWhole && marked === undefined && exponent === '' ? wholeType(text, digits) : type,
    text,
  };
}

function wholeType(text: string, digits: string): DataType {
  const value = BigInt(text);
  if (BigInt.asIntN(32, value) === value) return { kind: 'integer' };
  if (BigInt.asIntN(64, value) === value) return { kind: 'long' };
  return decimalType(digits, 0);
}

function exactType(digits: string): DataType | undefined {
  const [whole = '', fraction = ''] = digits.split('.');
  const significant = whole.replace(/^0+/, '');
  const precision = Math.max(significant.length + fraction.length, 1);
  return precision > 38 ? undefined : decimalType(significant + fraction, fraction.length);
}

function decimalType(digits: string, scale: number): DataType {
  const precision = Math.max(digits.replace(/^0+/, '').length, scale, 1);
  return { kind: 'decimal', precision, scale };
}

function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', operator, left, right };
}

function nested(cursor: TokenCursor, depth: number): number {
  if (depth < depthMax) return depth + 1;
  throw syntaxErrorAt(cursor.source, cursor.peek().start, 'Nested too deeply');
}
