/**
 * Whatever the text, the parsers end quickly in a result or in a CodedError with a place. The seed is
 * printed when a case fails; `LEVEE_FUZZ_SEED` replays it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../../../catalog/coded-error.ts';
import { dialects, type Dialect } from '../../../sql/parse/dialect.ts';
import { reservedWords, typeOrFunctionWords } from '../../../sql/parse/keywords.ts';
import { parseStatement } from '../../../sql/parse/parse-statement.ts';
import { toDuckdbQuery } from '../../../sql/parse/query-text.ts';
import { sliceText, wholeText } from '../../../sql/parse/source-slice.ts';
import { statementParts } from '../../../sql/parse/statement-parts.ts';
import type { Statement } from '../../../sql/parse/statement.ts';
import { tableReferenceAt } from '../../../sql/parse/table-reference.ts';
import { tokenize } from '../../../sql/parse/tokenize.ts';
import { skipWithoutShared } from '../../support/shared-folder.ts';
import { parseWithDuckdb, tablesOf } from './duckdb-parser.ts';
import { readCorpus, readSparkQueries } from './statement-corpora.ts';

const seed = Number(process.env['LEVEE_FUZZ_SEED'] ?? Date.now() & 0x7fffffff);
const random = (numRuns: number) => ({ seed, numRuns });

/** The result, or `undefined` for a proper error; anything else thrown fails the test. */
function outcome<T>(text: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    assert.ok(error instanceof CodedError, `${String(error)} for ${JSON.stringify(text)}`);
    if (error.code === 'STATEMENT_TOO_LARGE') return undefined;
    assert.ok(error.position, `${error.message} has no place for ${JSON.stringify(text)}`);
    const lines = text.split(/\r\n|\r|\n/);
    const line = lines[error.position.line - 1];
    assert.ok(line !== undefined, `${error.message} lies beyond the last line`);
    assert.ok(error.position.column >= 1 && error.position.column <= line.length + 1);
    return undefined;
  }
}

function parseEverything(text: string, dialect: Dialect): void {
  const statement = outcome(text, () => parseStatement(text, dialect));
  outcome(text, () => toDuckdbQuery(wholeText(text), dialect));
  if (statement !== undefined) checkSlices(text, statement, dialect);
  if (statement !== undefined && 'query' in statement) {
    const query = outcome(text, () => toDuckdbQuery(statement.query, dialect));
    if (query === undefined) return;
    // Translating is done once: what comes out is read the same way in DuckDB's dialect.
    const again = toDuckdbQuery(wholeText(query.text), 'duckdb');
    assert.equal(again.text.replace(/\s+/g, ''), query.text.replace(/\s+/g, ''));
    for (const offset of [0, 1, query.text.length >> 1, query.text.length]) {
      const source = query.edited.toSource(offset);
      assert.ok(source >= statement.query.start && source <= statement.query.end);
    }
  }
}

/** They lie in the text, one behind the other, from a token to a token, and can be translated. */
function checkSlices(text: string, statement: Statement, dialect: Dialect): void {
  const { tables, queries, expressions } = statementParts(statement);
  for (const { name } of tables) assert.ok(name.start < text.length && name.parts.length <= 3);
  const slices = [...queries, ...expressions].sort((a, b) => a.start - b.start);
  let end = 0;
  for (const slice of slices) {
    assert.equal(slice.source, text);
    assert.ok(slice.start >= end && slice.end > slice.start && slice.end <= text.length, text);
    assert.doesNotMatch(sliceText(slice), /^[ \t\n\r\f]|[ \t\n\r\f]$/, text);
    ({ end } = slice);
    outcome(text, () => toDuckdbQuery(slice, dialect));
  }
}

const fragments = [
  'select',
  'from',
  'join',
  'where',
  'table',
  'with',
  'as',
  'values',
  'union all',
  'insert into',
  'update t set',
  'delete from t',
  'merge into t using s on',
  'when matched then',
  'when not matched and',
  'when not matched by source then',
  'update set',
  'copy into t from',
  'alter table t',
  'add column',
  'alter column',
  'after',
  'optimize t',
  'vacuum t',
  'restore t to',
  'shallow clone',
  'check',
  'constraint c',
  'cluster by',
  'zorder by',
  'tblproperties',
  'partition',
  'create table',
  'create view',
  'describe',
  'history',
  'show',
  'set',
  'use',
  'version as of',
  'timestamp as of',
  'for',
  'interval',
  'at (version => 1)',
  'not null',
  'default',
  'generated always as',
  'partitioned by',
  'replace where',
  'extended',
  'struct<',
  'array<',
  'map<',
  '>',
  '>>',
  'int',
  'decimal(3,2)',
  'lateral',
  'is distinct from',
  'case',
  'end',
  'limit 1',
  'a',
  'b.c',
  '"q"',
  '`t`',
  'delta.`/p@v1`',
  "'s'",
  "E'\\''",
  "r'x'",
  '$$d$$',
  '1',
  '1.5',
  '20190101000000000',
  '@',
  '@v1',
  '@20190101000000000',
  '?',
  '$1',
  '$n',
  ':n',
  '::',
  ':=',
  ':',
  ',',
  '.',
  ';',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '*',
  '-',
  '<=>',
  '==',
  '--x\n',
  '/*y*/',
  '\n',
  '\u00a0',
  '😀',
  'é',
  "'",
  '"',
  '`',
  '$',
  '\\',
  '/*',
];

test('random fragments of SQL', () => {
  const text = fc
    .array(fc.tuple(fc.constantFrom(...fragments), fc.constantFrom(' ', '', ' ')), {
      maxLength: 25,
    })
    .map((pairs) => pairs.flat().join(''));
  fc.assert(
    fc.property(text, fc.constantFrom(...dialects), (sql, dialect) =>
      parseEverything(sql, dialect),
    ),
    random(20_000),
  );
});

test('random bytes', () => {
  const text = fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => Buffer.from(bytes).toString('utf8'));
  const units = fc
    .array(fc.nat(0xffff), { maxLength: 60 })
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(fc.oneof(text, units), fc.constantFrom(...dialects), (sql, dialect) =>
      parseEverything(sql, dialect),
    ),
    random(3_000),
  );
});

test('random fragments read as DuckDB reads them', async () => {
  const words = fragments.filter((fragment) => !/[?$:@]|\/\*$|^['"`\\]$/.test(fragment));
  const text = fc
    .array(fc.tuple(fc.constantFrom(...words), fc.constantFrom(' ', '', ' ')), { maxLength: 12 })
    .map((pairs) => `select * from ${pairs.flat().join('')}`);
  await fc.assert(
    fc.asyncProperty(text, async (sql) => {
      const query = outcome(sql, () => toDuckdbQuery(wholeText(sql), 'duckdb'));
      if (query === undefined) return;
      const parsed = await parseWithDuckdb(query.text);
      if (parsed.kind === 'error') return;
      // What is one query alone is one query in brackets, with text behind it.
      const wrapped = await parseWithDuckdb(`select * from (${query.text}) as w where true`);
      assert.equal(wrapped.kind, 'tree', query.text);
      const tokens = tokenize(query.text, 'duckdb');
      for (const { parts, byteOffset, alias } of tablesOf(parsed.tree)) {
        const offset = Buffer.from(query.text).subarray(0, byteOffset).toString('utf8').length;
        const found = tableReferenceAt(tokens, offset);
        assert.deepEqual(found?.parts, parts, query.text);
        assert.equal(found.alias?.text ?? '', alias, query.text);
      }
    }),
    random(1_500),
  );
});

test('statements cut off at every place', { skip: skipWithoutShared('sql') }, () => {
  const statements = [...readCorpus('delta'), ...readCorpus('duckdb'), ...readCorpus('guide')];
  for (const { sql } of statements) {
    for (let end = 0; end <= sql.length; end++) {
      for (const dialect of dialects) parseEverything(sql.slice(0, end), dialect);
    }
  }
});

test('statements with a piece missing or doubled', { skip: skipWithoutShared('sql') }, () => {
  const all = [
    ...readCorpus('delta'),
    ...readCorpus('duckdb'),
    ...readCorpus('tpch'),
    ...readSparkQueries(),
  ];
  const damaged = fc.tuple(fc.constantFrom(...all), fc.nat(), fc.nat(40), fc.boolean());
  fc.assert(
    fc.property(
      damaged,
      fc.constantFrom(...dialects),
      ([{ sql }, place, length, twice], dialect) => {
        const at = place % (sql.length + 1);
        const piece = twice ? sql.slice(at, at + length).repeat(2) : '';
        parseEverything(sql.slice(0, at) + piece + sql.slice(at + length), dialect);
      },
    ),
    random(2_000),
  );
});

test('every keyword as a name, plain and quoted', () => {
  const words = [...reservedWords, ...typeOrFunctionWords, 'version', 'timestamp', 'of', 'history'];
  const frames = [
    'select * from X',
    'select X from t',
    'select * from t X',
    'select * from t as X',
    'select * from s.X',
    'select * from t version as of 1 X',
    'select * from X version as of 1',
    'create table X (X int)',
    'create view X as select 1',
    'insert into X (X) values (1)',
    'drop table X',
    'use X',
    'describe X',
    'set X = 1',
    'describe history X',
    'show tables in X',
    'X',
    'X X',
    'create X',
    'create table t (a struct<X:int>)',
    'create table X clone X',
    'update X X set X = X where X',
    'update t set a = X, X.X = default',
    'delete from X X where X',
    'merge into X X using X X on X when matched and X then update set X = X',
    'merge into t using s on a when not matched then insert (X) values (X)',
    'alter table X add column X int after X',
    'alter table X alter column X type int',
    'alter table X change X X int',
    'alter table X drop column X',
    'alter table t X',
    'optimize X where X zorder by (X)',
    'vacuum X',
    'restore X to version as of 1',
    "copy into X (X) from (select X from 'p') fileformat = X",
    'insert into X partition (X = X) replace where X table X',
    'comment on column X.X is null',
  ];
  for (const frame of frames) {
    for (const word of words) {
      for (const name of [word, word.toUpperCase(), `\`${word}\``, `"${word}"`]) {
        for (const dialect of dialects) parseEverything(frame.replaceAll('X', name), dialect);
      }
    }
  }
});
