/**
 * A mebibyte of anything is read or refused in about a second of CPU: nothing in the parsers grows
 * faster than the text.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import { parseStatement } from '../../../sql/parse/parse-statement.ts';
import { toDuckdbQuery } from '../../../sql/parse/query-text.ts';
import { wholeText } from '../../../sql/parse/source-slice.ts';
import { splitStatements } from '../../../sql/parse/split-statements.ts';

const mebibyte = 1024 * 1024;
const repeated: readonly string[] = [
  '(',
  '((',
  ')',
  '[',
  '{',
  '/*',
  '/**/',
  '--',
  '-- \n',
  "'",
  "''",
  '"',
  '""',
  '`',
  '``',
  '$',
  '$$',
  '$a$',
  '$1 ',
  '?',
  ':',
  ':a ',
  '::',
  '@',
  '@v1',
  'a@v1,',
  '\\',
  ';',
  'select ',
  'from ',
  'from t,',
  'from t version as of 1 ',
  'join t ',
  'table ',
  'with a as (',
  'version as of ',
  'timestamp as of 1 + ',
  'interval 1 day ',
  '.',
  'a.',
  'a',
  'é',
  '😀',
  '\u00a0',
  ' ',
  '\n',
  "'a' ",
  "'a'\n",
  "E'\\'",
  'r"',
  '1',
  '1.',
  '1_',
  '.1',
  '1e',
  '-',
  '- ',
  'not ',
  '<',
  '>',
  '<>',
  '=',
  '!',
  'case ',
  'array<',
  'a[1:',
  '{a:',
  'x between :a ',
  'div ',
  'union all select 1 ',
  'a,',
  "'a'||",
  'as ',
  'for ',
  'at (',
  'x: ',
];

/** Milliseconds of CPU, so that a busy machine does not matter. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const prefixes = [
  '',
  'select ',
  'select * from ',
  'select * from t timestamp as of ',
  'create table t (a ',
];

for (const prefix of prefixes) {
  test(`a mebibyte of anything after "${prefix}"`, () => {
    for (const piece of repeated) {
      const count = Math.floor((mebibyte - prefix.length) / Buffer.byteLength(piece));
      const text = prefix + piece.repeat(count);
      for (const dialect of ['duckdb', 'spark'] as const) {
        const works: readonly (readonly [string, () => void])[] = [
          ['parse', () => parseStatement(text, dialect)],
          ['translate', () => toDuckdbQuery(wholeText(text), dialect)],
          ['split', () => splitStatements(text, dialect)],
        ];
        for (const [name, work] of works) {
          // The collector runs on other cores and counts too: twice the time that is asked for.
          const ms = cpuMs(work);
          assert.ok(
            ms < 2_000,
            `${name} ${JSON.stringify(piece)} in ${dialect}: ${ms.toFixed()} ms`,
          );
        }
      }
    }
  });
}

/** What begins, and what is repeated after it. */
const writes: readonly (readonly [head: string, pieces: readonly string[], tail: string])[] = [
  ['create table t (', ['a int, ', 'check (a), '], 'z int)'],
  ['create table t (a int default ', ['1 + ', 'case when ', '(1),'], '1)'],
  ['alter table t add columns (', ['a int first, ', 'a.b.'], 'z int)'],
  ['insert into t values ', ['(1, default), ', '(), ', '1, ', 'default, '], '(1)'],
  ['insert into t partition (', ['a, ', 'a = 1 + '], 'z) select 1'],
  ['update t set a = 1', [', a = 1', ' + case when 1 then 2 end', ', a.b = default'], ' where b'],
  ['delete from t where a', [' and b', ' + (1)', ' is distinct from b'], ''],
  [
    'merge into t using s on a ',
    [
      'when matched and a then delete ',
      '+ (1) ',
      '+ case when a then b end ',
      'when matched then ',
    ],
    'when matched then delete',
  ],
  ['merge into t using (select 1', [' + 1', ', 1', ', (1)'], ') s on a when matched then delete'],
];

test('a mebibyte of a writing statement', () => {
  for (const [head, pieces, tail] of writes) {
    for (const piece of pieces) {
      const count = Math.floor((mebibyte - head.length - tail.length) / piece.length);
      const text = head + piece.repeat(count) + tail;
      for (const dialect of ['duckdb', 'spark'] as const) {
        const ms = cpuMs(() => parseStatement(text, dialect));
        assert.ok(ms < 2_000, `${head}${piece} in ${dialect}: ${ms.toFixed()} ms`);
      }
    }
  }
});
