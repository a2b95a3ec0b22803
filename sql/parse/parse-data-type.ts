/**
 * Type names of Spark, Delta and DuckDB -> Delta's types.
 *
 * TIMESTAMP is Delta's in both dialects: an instant, like TIMESTAMP WITH TIME ZONE; without a zone it
 * is TIMESTAMP_NTZ or TIMESTAMP WITHOUT TIME ZONE. DECIMAL alone is DECIMAL(10,0) in Spark and
 * DECIMAL(18,3) in DuckDB. A type that Delta does not have is refused, never replaced by a near one.
 *
 * Source: https://spark.apache.org/docs/latest/sql-ref-datatypes.html,
 * https://duckdb.org/docs/stable/sql/data_types/overview
 */
import type { DataType, PrimitiveName, StructField } from '../../catalog/data-type.ts';
import { errorAt, syntaxErrorAt } from '../errors.ts';
import type { TokenCursor } from './token-cursor.ts';
import type { Token } from './tokenize.ts';

const primitives = new Map<string, PrimitiveName>(
  (
    [
      ['boolean', 'boolean bool logical'],
      ['byte', 'tinyint byte int1'],
      ['short', 'smallint short int2 int16'],
      ['integer', 'int integer int4 int32 signed'],
      ['long', 'bigint long int8 int64'],
      ['float', 'float real float4'],
      ['double', 'double float8'],
      ['string', 'string text'],
      ['binary', 'binary blob bytea varbinary'],
      ['date', 'date'],
      ['timestamp', 'timestamp timestamptz timestamp_ltz'],
      ['timestamp_ntz', 'timestamp_ntz'],
      ['variant', 'variant'],
      ['void', 'void'],
    ] as const
  ).flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind] as const)),
);

const hints = new Map<string, string>([
  ['hugeint', 'Use DECIMAL(38,0).'],
  ['uhugeint', 'Use DECIMAL(38,0).'],
  ['ubigint', 'Use DECIMAL(20,0).'],
  ['uinteger', 'Use BIGINT.'],
  ['usmallint', 'Use INT.'],
  ['utinyint', 'Use SMALLINT.'],
  ['datetime', 'Use TIMESTAMP, or TIMESTAMP_NTZ for a time without a zone.'],
  ['timestamp_s', 'Use TIMESTAMP_NTZ.'],
  ['timestamp_ms', 'Use TIMESTAMP_NTZ.'],
  ['timestamp_ns', 'Use TIMESTAMP_NTZ; it keeps microseconds.'],
  ['time', 'Use STRING.'],
  ['uuid', 'Use STRING.'],
  ['json', 'Use STRING or VARIANT.'],
  ['interval', 'Use two columns, or STRING.'],
  ['char', 'Use STRING.'],
  ['varchar', 'Use STRING.'],
]);

export function parseDataType(cursor: TokenCursor): DataType {
  const token = cursor.peek();
  if (token.kind !== 'word') throw cursor.unexpected('a type');
  cursor.next();
  return parseTypeAfter(cursor, token, token.value);
}

/** The type whose first word is `word`, from `token`, already taken. */
function parseTypeAfter(cursor: TokenCursor, token: Token, word: string): DataType {
  let type = parseBase(cursor, token, word.toLowerCase());
  // DuckDB's lists: INTEGER[][].
  while (cursor.isOperator('[')) {
    const length = cursor.takeBrackets();
    if (
      length.start !== length.end &&
      length.source.slice(length.start, length.end).trim() !== ''
    ) {
      throw unsupportedType(cursor, token, 'An array of fixed length', 'Leave out the length.');
    }
    type = { kind: 'array', elementType: type, containsNull: true };
  }
  return type;
}

function parseBase(cursor: TokenCursor, token: Token, name: string): DataType {
  switch (name) {
    case 'decimal':
    case 'dec':
    case 'numeric':
      return parseDecimal(cursor);
    case 'array':
      return {
        kind: 'array',
        elementType: parseBracketed(cursor, parseDataType),
        containsNull: true,
      };
    case 'map':
      return parseBracketed(cursor, parseMap);
    case 'struct':
    case 'row':
      return { kind: 'struct', fields: parseFields(cursor) };
    case 'double':
      cursor.takeWords('precision');
      return { kind: 'double' };
    case 'timestamp':
      if (cursor.takeWords('without', 'time', 'zone')) return { kind: 'timestamp_ntz' };
      cursor.takeWords('with', 'time', 'zone');
      return { kind: 'timestamp' };
    case 'varchar':
    case 'char':
    case 'character':
    case 'bpchar':
      return parseText(cursor, token);
    default: {
      const kind = primitives.get(name);
      if (kind !== undefined) return { kind };
      const hint = hints.get(name);
      throw unsupportedType(
        cursor,
        token,
        `The type ${token.value.replace(/^:/, '').toUpperCase()}`,
        hint,
      );
    }
  }
}

/** In DuckDB the length of a VARCHAR means nothing; in Spark it is a check that Levee lacks. */
function parseText(cursor: TokenCursor, token: Token): DataType {
  cursor.takeWords('varying');
  const hasLength = cursor.isOperator('(');
  if (hasLength) cursor.takeBrackets();
  if (hasLength && cursor.dialect === 'spark') {
    throw unsupportedType(cursor, token, 'A string type with a length', hints.get('varchar'));
  }
  return { kind: 'string' };
}

function parseDecimal(cursor: TokenCursor): DataType {
  if (!cursor.isOperator('(')) {
    const isSpark = cursor.dialect === 'spark';
    return { kind: 'decimal', precision: isSpark ? 10 : 18, scale: isSpark ? 0 : 3 };
  }
  cursor.expectOperator('(');
  const { start } = cursor.peek();
  const precision = parseNumber(cursor);
  const scale = cursor.takeOperator(',') ? parseNumber(cursor) : 0;
  cursor.expectOperator(')');
  if (precision < 1 || precision > 38 || scale > precision) {
    throw syntaxErrorAt(
      cursor.source,
      start,
      `DECIMAL(${precision},${scale}) does not exist`,
      'The precision lies between 1 and 38, the scale between 0 and the precision.',
    );
  }
  return { kind: 'decimal', precision, scale };
}

function parseNumber(cursor: TokenCursor): number {
  const { kind, value } = cursor.peek();
  if (kind !== 'number' || !/^\d{1,9}$/.test(value)) throw cursor.unexpected('a number');
  cursor.next();
  return Number(value);
}

function parseMap(cursor: TokenCursor): DataType {
  const keyType = parseDataType(cursor);
  cursor.expectOperator(',');
  const valueType = parseDataType(cursor);
  return { kind: 'map', keyType, valueType, valueContainsNull: true };
}

/** `<...>`, or DuckDB's `(...)`. */
function parseBracketed<T>(cursor: TokenCursor, parse: (cursor: TokenCursor) => T): T {
  const closer = cursor.isOperator('(') ? ')' : '>';
  if (!cursor.takeOperator('(') && !cursor.takeAngle('<')) throw cursor.unexpected('"<"');
  const parsed = parse(cursor);
  if (closer === ')') cursor.expectOperator(')');
  else if (!cursor.takeAngle('>')) throw cursor.unexpected('">"');
  return parsed;
}

function parseFields(cursor: TokenCursor): readonly StructField[] {
  if (cursor.takeOperator('<>')) return [];
  return parseBracketed(cursor, (inside) => {
    const fields: StructField[] = [];
    if (inside.isAngle('>')) return fields;
    do fields.push(parseField(inside));
    while (inside.takeOperator(','));
    const names = new Set(fields.map((field) => field.name.toLowerCase()));
    if (names.size < fields.length) throw inside.unexpected('fields with different names');
    return fields;
  });
}

/** `a: INT`, `a INT NOT NULL COMMENT 'c'`. */
function parseField(cursor: TokenCursor): StructField {
  const name = cursor.expectName('the name of a field').value;
  const token = cursor.peek();
  // After a reserved word the lexer takes `:INT` for a parameter.
  const isGlued = token.kind === 'parameter' && cursor.source.charAt(token.start) === ':';
  if (isGlued) cursor.next();
  else cursor.takeOperator(':');
  const type = isGlued ? parseTypeAfter(cursor, token, token.value) : parseDataType(cursor);
  const nullable = !cursor.takeWords('not', 'null');
  const comment = cursor.takeWords('comment')
    ? cursor.expectString('the comment as a string')
    : undefined;
  return { name, type, nullable, metadata: comment === undefined ? {} : { comment } };
}

function unsupportedType(
  cursor: TokenCursor,
  token: Token,
  what: string,
  hint: string | undefined,
) {
  return errorAt(cursor.source, token.start, {
    code: 'UNSUPPORTED_DATATYPE',
    message: `${what} has no counterpart in Delta`,
    hint,
  });
}
