/**
 * Spark's SQL expressions -> DuckDB's SQL with the meaning they have in Spark in ANSI mode. Operands
 * are cast to Spark's common type explicitly, so that no rule of DuckDB's decides. What is not known to
 * mean the same is refused (`UnknownMeaning`), never passed on.
 */
import type { DataType, StructField } from '../../catalog/data-type.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import { raiseSql } from '../raise.ts';
import { duckdbType } from '../types.ts';
import { asDecimal, commonType } from './promoted-type.ts';
import type { Binary, Case, Expression, Like, Literal } from './expression.ts';
import { isFloating, isInteger, isNumeric } from './spark-cast.ts';
import { timeLiteralSql } from './time-literal.ts';
import { callFunction } from './spark-functions.ts';
import { castTo, coerce, unify, UnknownMeaning, type TypedSql } from './typed-sql.ts';

export interface ExpressionScope {
  /** What the names mean; none for an expression without columns. */
  readonly fields: readonly StructField[];
  /** Whether `current_timestamp()` and the like may be used. */
  readonly allowClock: boolean;
}

/** Longer ones would cost more to plan than they are worth. */
const sqlCharactersMax = 200_000;

/** Throws UnknownMeaning, naming what is not known. */
export function translateExpression(expression: Expression, scope: ExpressionScope): TypedSql {
  const typed = translate(expression, scope);
  if (typed.sql.length > sqlCharactersMax) throw new UnknownMeaning('an expression of this length');
  return typed;
}

/** The columns an expression names, each the first part of its path, in lower case. */
export function namedColumns(expression: Expression): ReadonlySet<string> {
  const names = new Set<string>();
  forEachColumn(expression, ([first = '']) => names.add(first.toLowerCase()));
  return names;
}

/** The columns that an expression names, under the names that the table has for them. */
export function forEachColumn(
  expression: Expression,
  visit: (path: readonly string[]) => void,
): void {
  if (expression.kind === 'column') visit(expression.path);
  for (const part of partsOf(expression)) forEachColumn(part, visit);
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'column':
      return [];
    case 'unary':
    case 'is':
    case 'cast':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'between':
      return [expression.operand, expression.low, expression.high];
    case 'in':
      return [expression.operand, ...expression.items];
    case 'like':
      return [expression.operand, expression.pattern];
    case 'case':
      return [
        expression.operand,
        ...expression.branches.flatMap(({ when, then }) => [when, then]),
        expression.otherwise,
      ].filter((part) => part !== undefined);
    case 'call':
      return expression.arguments;
  }
}

const boolean: DataType = { kind: 'boolean' };

function translate(expression: Expression, scope: ExpressionScope): TypedSql {
  const of = (inner: Expression): TypedSql => translate(inner, scope);
  switch (expression.kind) {
    case 'literal':
      return literal(expression);
    case 'column':
      return column(expression.path, scope.fields);
    case 'unary':
      return expression.operator === 'not'
        ? { sql: `(NOT ${coerce(of(expression.operand), boolean)})`, type: boolean }
        : signed(expression.operator, of(expression.operand));
    case 'binary':
      return binary(expression, of(expression.left), of(expression.right));
    case 'is': {
      const operand = of(expression.operand);
      const value = expression.test === 'null' ? operand.sql : coerce(operand, boolean);
      const not = expression.negated ? 'NOT ' : '';
      return { sql: `(${value} IS ${not}${expression.test.toUpperCase()})`, type: boolean };
    }
    case 'between': {
      const { operand, low, high } = expression;
      const [atLeast, atMost] = [
        binary(compare('>=', operand, low), of(operand), of(low)),
        binary(compare('<=', operand, high), of(operand), of(high)),
      ];
      const sql = `(${atLeast.sql} AND ${atMost.sql})`;
      return { sql: expression.negated ? `(NOT ${sql})` : sql, type: boolean };
    }
    case 'in': {
      const [operand = '', ...items] = comparable(
        [expression.operand, ...expression.items].map(of),
      );
      const not = expression.negated ? 'NOT ' : '';
      return { sql: `(${operand} ${not}IN (${items.join(', ')}))`, type: boolean };
    }
    case 'like':
      return like(expression, of(expression.operand), of(expression.pattern));
    case 'case':
      return caseOf(expression, of);
    case 'cast':
      return castTo(of(expression.operand), expression.type);
    case 'call':
      return callFunction(expression.name, expression.arguments.map(of), scope.allowClock);
  }
}

function literal(value: Literal): TypedSql {
  const { type, text } = value;
  const typed = (sql: string): TypedSql => ({ sql, type, literal: value });
  switch (type.kind) {
    case 'void':
      return typed('NULL');
    case 'boolean':
      return typed(text);
    case 'string':
      return typed(quoteString(text));
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz': {
      const sql = timeLiteralSql(type, text);
      if (sql === undefined) throw new UnknownMeaning(`the ${type.kind} ${JSON.stringify(text)}`);
      return typed(sql);
    }
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'decimal':
      return typed(`CAST(${text} AS ${duckdbType(type)})`);
    case 'float':
    case 'double':
      // By its digits: DuckDB would make a decimal of it first.
      return typed(`CAST(${quoteString(text)} AS ${duckdbType(type)})`);
    case 'binary':
    case 'variant':
    case 'struct':
    case 'array':
    case 'map':
      throw new UnknownMeaning(`a literal of type ${type.kind}`);
  }
}

function column(path: readonly string[], fields: readonly StructField[]): TypedSql {
  const find = (name: string, among: readonly StructField[]): StructField => {
    const field = among.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (field === undefined) throw new UnknownMeaning(`the column ${path.join('.')}`);
    return field;
  };
  const [first = '', ...rest] = path;
  const field = find(first, fields);
  let typed: TypedSql = { sql: quoteIdentifier(field.name), type: field.type };
  for (const name of rest) {
    if (typed.type.kind !== 'struct') throw new UnknownMeaning(`the column ${path.join('.')}`);
    const inner = find(name, typed.type.fields);
    typed = { sql: `struct_extract(${typed.sql}, ${quoteString(inner.name)})`, type: inner.type };
  }
  return typed;
}

function signed(operator: '-' | '+', operand: TypedSql): TypedSql {
  if (!isNumeric(operand.type)) throw new UnknownMeaning(`a sign before a ${operand.type.kind}`);
  return operator === '+' ? operand : { sql: `(- ${operand.sql})`, type: operand.type };
}

function compare(operator: '>=' | '<=', left: Expression, right: Expression): Binary {
  return { kind: 'binary', operator, left, right };
}

function binary({ operator }: Binary, left: TypedSql, right: TypedSql): TypedSql {
  switch (operator) {
    case 'and':
    case 'or':
      return {
        sql: `(${coerce(left, boolean)} ${operator.toUpperCase()} ${coerce(right, boolean)})`,
        type: boolean,
      };
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return { sql: `(${comparable([left, right]).join(` ${operator} `)})`, type: boolean };
    case '<=>':
      return {
        sql: `(${comparable([left, right]).join(' IS NOT DISTINCT FROM ')})`,
        type: boolean,
      };
    case '+':
    case '-':
    case '*':
      return arithmetic(operator, left, right);
    case '/':
    case '%':
    case 'div':
      return division(operator, left, right);
    case '||':
      return callFunction('concat', [left, right], false);
  }
}

function comparable(values: readonly TypedSql[]): readonly string[] {
  const nested = values.find(({ type }) =>
    ['struct', 'array', 'map', 'variant'].includes(type.kind),
  );
  if (nested !== undefined) throw new UnknownMeaning(`a comparison of a ${nested.type.kind}`);
  return unify(values).sql;
}

function arithmetic(operator: '+' | '-' | '*', left: TypedSql, right: TypedSql): TypedSql {
  if (left.type.kind === 'date' && isInteger(right.type) && operator !== '*') {
    return callFunction(operator === '+' ? 'date_add' : 'date_sub', [left, right], false);
  }
  const type = commonType(left.type, right.type);
  if (type === undefined || (!isNumeric(type) && type.kind !== 'void')) {
    throw new UnknownMeaning(`${left.type.kind} ${operator} ${right.type.kind}`);
  }
  if (type.kind === 'decimal') return decimalArithmetic(operator, left, right);
  // Two floats stay floats.
  return { sql: `(${coerce(left, type)} ${operator} ${coerce(right, type)})`, type };
}

function decimalArithmetic(operator: '+' | '-' | '*', left: TypedSql, right: TypedSql): TypedSql {
  const [a, b] = [asDecimal(left.type), asDecimal(right.type)];
  if (a === undefined || b === undefined) throw new UnknownMeaning('an operand that is no decimal');
  const scale = operator === '*' ? a.scale + b.scale : Math.max(a.scale, b.scale);
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale);
  const precision = operator === '*' ? a.precision + b.precision + 1 : whole + scale + 1;
  if (precision > 38) throw new UnknownMeaning(`a decimal of ${precision} digits`);
  const type: DataType = { kind: 'decimal', precision, scale };
  const operands = [coerce(left, a), coerce(right, b)];
  return { sql: `CAST((${operands.join(` ${operator} `)}) AS ${duckdbType(type)})`, type };
}

function division(operator: '/' | '%' | 'div', left: TypedSql, right: TypedSql): TypedSql {
  const isExact = (type: DataType): boolean => isInteger(type) || isFloating(type);
  if (!isExact(left.type) || !isExact(right.type)) {
    throw new UnknownMeaning(`${left.type.kind} ${operator} ${right.type.kind}`);
  }
  const common = commonType(left.type, right.type) ?? left.type;
  if (operator === 'div' && !isInteger(common)) throw new UnknownMeaning('div of fractions');
  const type: DataType = operator === '/' ? { kind: 'double' } : common;
  const [dividend, divisor] = [coerce(left, type), coerce(right, type)];
  const failure = raiseSql('DIVIDE_BY_ZERO', 'An expression of the table divides by zero.');
  const sign = operator === 'div' ? '//' : operator;
  const result = `CASE WHEN ${divisor} = 0 THEN ${failure} ELSE ${dividend} ${sign} ${divisor} END`;
  return operator === 'div'
    ? { sql: `CAST(${result} AS BIGINT)`, type: { kind: 'long' } }
    : { sql: `(${result})`, type };
}

function like({ negated }: Like, operand: TypedSql, pattern: TypedSql): TypedSql {
  const text = pattern.literal?.type.kind === 'string' ? pattern.literal.text : undefined;
  if (text === undefined) throw new UnknownMeaning('a pattern of LIKE that is not written out');
  if (operand.type.kind !== 'string') throw new UnknownMeaning(`LIKE of a ${operand.type.kind}`);
  if (!/^(?:[^\\]|\\[_%\\])*$/s.test(text))
    throw new UnknownMeaning('a backslash in a pattern of LIKE');
  const not = negated ? 'NOT ' : '';
  return { sql: `(${operand.sql} ${not}LIKE ${pattern.sql} ESCAPE '\\')`, type: boolean };
}

function caseOf(expression: Case, of: (inner: Expression) => TypedSql): TypedSql {
  const { operand, branches, otherwise } = expression;
  const results = [...branches.map(({ then }) => of(then)), ...(otherwise ? [of(otherwise)] : [])];
  const { type, sql } = unify(results);
  const whens = branches.map(({ when }) =>
    operand === undefined
      ? coerce(of(when), boolean)
      : binary({ kind: 'binary', operator: '=', left: operand, right: when }, of(operand), of(when))
          .sql,
  );
  const list = whens.map((when, index) => `WHEN ${when} THEN ${sql[index] ?? 'NULL'}`);
  const last = otherwise === undefined ? '' : ` ELSE ${sql.at(-1) ?? 'NULL'}`;
  return { sql: `(CASE ${list.join(' ')}${last} END)`, type };
}
