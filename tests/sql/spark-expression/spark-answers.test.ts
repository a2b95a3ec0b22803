/**
 * Expressions that Spark itself has answered (`shared/sql/spark-expressions.json`, ANSI mode): where
 * Levee translates one, it has Spark's value in every row; the others are refused.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { DataType, StructField } from '../../../catalog/data-type.ts';
import { parseExpression } from '../../../sql/spark-expression/parse-expression.ts';
import { translateExpression } from '../../../sql/spark-expression/translate-expression.ts';
import { UnknownMeaning } from '../../../sql/spark-expression/typed-sql.ts';
import { tokenize } from '../../../sql/parse/tokenize.ts';
import { openRawDuckdb } from '../../support/raw-duckdb.ts';
import { requireShared, skipWithoutShared } from '../../support/shared-folder.ts';

interface Answer {
  readonly rows?: readonly (readonly unknown[])[];
  readonly error?: string;
}
interface Query {
  readonly id: string;
  readonly sql: string;
  readonly expect: Answer;
  readonly expect_ansi?: Answer;
}
interface Corpus {
  readonly fixture_duckdb: readonly string[];
  readonly queries: readonly Query[];
}

const integer: DataType = { kind: 'integer' };
const string: DataType = { kind: 'string' };
function field(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} };
}
const fields: readonly StructField[] = [
  field('id', integer),
  field('g', string),
  field('x', integer),
  field('y', { kind: 'double' }),
  field('dec', { kind: 'decimal', precision: 10, scale: 2 }),
  field('s', string),
  field('ts', { kind: 'timestamp_ntz' }),
  field('d', { kind: 'date' }),
  field('arr', { kind: 'array', elementType: integer, containsNull: true }),
  field('m', { kind: 'map', keyType: string, valueType: integer, valueContainsNull: true }),
  field('st', { kind: 'struct', fields: [field('a', integer), field('b', string)] }),
];

/** The items of a SELECT list over all rows of `t`, without their names; `undefined` for others. */
function selectItems(sql: string): readonly string[] | undefined {
  const match = /^SELECT (.*) FROM t(?: WHERE id ?= ?\d+)?(?: ORDER BY id)?$/s.exec(sql);
  const list = match?.[1] ?? (/\bFROM\b/i.test(sql) ? undefined : /^SELECT (.*)$/s.exec(sql)?.[1]);
  if (list === undefined) return undefined;
  const items: string[] = [];
  let [start, depth] = [0, 0];
  for (const token of tokenize(list, 'spark')) {
    if ('([{'.includes(token.value) && token.kind === 'operator') depth++;
    if (')]}'.includes(token.value) && token.kind === 'operator') depth--;
    if (token.kind === 'eof' || (depth === 0 && token.kind === 'operator' && token.value === ',')) {
      items.push(list.slice(start, token.start));
      start = token.end;
    }
  }
  return items.map((item) => item.replace(/\s+AS\s+\w+\s*$/i, '').trim());
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value)) {
    return String(Number(value));
  }
  // An instant, shown in UTC.
  return JSON.stringify(value)?.replace(/(:\d{2})\+00"$/, '$1"');
}

const corpusFile = 'sql/spark-expressions.json';

test(
  'has the value that Spark has, or refuses',
  { skip: skipWithoutShared(corpusFile) },
  async (t) => {
    const corpus = JSON.parse(readFileSync(requireShared(corpusFile), 'utf8')) as Corpus;
    const duckdb = await openRawDuckdb(t, [`SET TimeZone = 'UTC'`]);
    for (const statement of corpus.fixture_duckdb) await duckdb.rows(statement);
    let accepted = 0;
    for (const { id, sql, expect, expect_ansi } of corpus.queries) {
      const condition = /^SELECT id FROM t WHERE (.*) ORDER BY id$/s.exec(sql)?.[1];
      const items = condition === undefined ? selectItems(sql) : [condition];
      const answer = expect_ansi ?? expect;
      if (items === undefined) continue;
      for (const [index, item] of items.entries()) {
        let translated: string;
        try {
          translated = translateExpression(parseExpression(item), {
            fields,
            allowClock: false,
          }).sql;
        } catch (error) {
          assert.ok(error instanceof UnknownMeaning || error instanceof CodedError, String(error));
          continue;
        }
        accepted++;
        const where = /WHERE id ?= ?\d+/.exec(sql)?.[0] ?? '';
        const from = /FROM t/.test(sql) ? `FROM t ${where} ORDER BY id` : '';
        const rows = await duckdb
          .rows(
            condition === undefined
              ? `SELECT ${translated} ${from}`
              : `SELECT id FROM t WHERE ${translated} ORDER BY id`,
          )
          .catch((error: unknown) => String(error));
        if (answer.rows === undefined) {
          assert.equal(typeof rows, 'string', `${id}: ${item} is an error in Spark`);
          continue;
        }
        assert.ok(Array.isArray(rows), `${id}: ${item}: ${String(rows)}`);
        const expected = answer.rows.map((row) => shown(row[index]));
        const actual = (rows as unknown[][]).map(([value]) => shown(value));
        assert.deepEqual(actual, expected, `${id}: ${item} as ${translated}`);
      }
    }
    assert.ok(accepted >= 30, `only ${accepted} expressions are translated`);
  },
);
