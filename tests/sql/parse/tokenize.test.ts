import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { Dialect } from '../../../sql/parse/dialect.ts';
import { reservedWords, typeOrFunctionWords } from '../../../sql/parse/keywords.ts';
import {
  connectivesMax,
  nestingMax,
  statementBytesMax,
  tokenize,
} from '../../../sql/parse/tokenize.ts';
import { queryDuckdb } from './duckdb-parser.ts';

/** `kind:value` of every token but the last. */
function shortForm(text: string, dialect: Dialect): readonly string[] {
  const letters = {
    word: 'w',
    quoted: 'q',
    string: 's',
    number: 'n',
    parameter: 'p',
    operator: 'o',
  };
  return tokenize(text, dialect).flatMap((token) =>
    token.kind === 'eof' ? [] : [`${letters[token.kind]}:${token.value}`],
  );
}

const both: readonly Dialect[] = ['duckdb', 'spark'];

interface Case {
  readonly name: string;
  readonly text: string;
  readonly tokens: readonly string[];
  readonly dialects?: readonly Dialect[];
}

const cases: readonly Case[] = [
  {
    name: 'words and punctuation',
    text: 'a.b, c$d;',
    tokens: ['w:a', 'o:.', 'w:b', 'o:,', 'w:c$d', 'o:;'],
  },
  { name: 'a doubled quote in a string', text: "'it''s'", tokens: ["s:it's"] },
  { name: 'double quotes around a name', text: '"a""b"', tokens: ['q:a"b'], dialects: ['duckdb'] },
  { name: 'double quotes around a string', text: '"a\'b"', tokens: ["s:a'b"], dialects: ['spark'] },
  { name: 'backticks around a name', text: '`a``b`.`c d`', tokens: ['q:a`b', 'o:.', 'q:c d'] },
  {
    name: 'backslashes are plain in a string',
    text: "'a\\', 1",
    tokens: ['s:a\\', 'o:,', 'n:1'],
    dialects: ['duckdb'],
  },
  {
    name: 'backslashes escape in an E string',
    text: "E'\\'\\n\\x41\\101\\q'",
    tokens: ["s:'\nAAq"],
    dialects: ['duckdb'],
  },
  {
    name: 'backslashes escape in Spark',
    text: "'\\'\\n\\u0041\\101\\0\\q\\%\\_'",
    tokens: ["s:'\nAA\0q\\%\\_"],
    dialects: ['spark'],
  },
  {
    name: 'a doubled quote in Spark',
    text: '\'a\'\'b\' "c""d"',
    tokens: ["s:a'b", 's:c"d'],
    dialects: ['spark'],
  },
  {
    name: 'a raw string',
    text: 'r\'a\\\' R"\\n"',
    tokens: ['s:a\\', 's:\\n'],
    dialects: ['spark'],
  },
  {
    name: 'dollar quotes',
    text: "$$it's$$ $t$a$$b$t$",
    tokens: ["s:it's", 's:a$$b'],
    dialects: ['duckdb'],
  },
  {
    name: 'a string continued on the next line',
    text: "'a' -- x\n 'b'",
    tokens: ['s:ab'],
    dialects: ['duckdb'],
  },
  {
    name: 'an E string continued with its escapes',
    text: "E'a'\n'\\'b' 1",
    tokens: ["s:a'b", 'n:1'],
    dialects: ['duckdb'],
  },
  { name: 'two strings on one line', text: "'a' 'b'", tokens: ['s:a', 's:b'] },
  { name: 'comments', text: '1 -- 2\n/* 3 /* 4 */ */ 5 --', tokens: ['n:1', 'n:5'] },
  { name: 'a star and slash inside a comment', text: '/*/ * **/1', tokens: ['n:1'] },
  { name: 'quotes inside comments', text: "/* ' */ 1 -- ' \" `\n2", tokens: ['n:1', 'n:2'] },
  { name: 'comments inside strings', text: "'/*' '--'", tokens: ['s:/*', 's:--'] },
  {
    name: 'numbers',
    text: '1_000 1e5 .5 1. 1.5E-3 0x1F',
    tokens: ['n:1_000', 'n:1e5', 'n:.5', 'n:1.', 'n:1.5E-3', 'n:0x1F'],
  },
  { name: 'a range between numbers', text: '1..10', tokens: ['n:1', 'o:..', 'n:10'] },
  {
    name: 'an exponent without digits',
    text: '1e 2e+',
    tokens: ['n:1', 'w:e', 'n:2', 'w:e', 'o:+'],
  },
  {
    name: 'typed numbers of Spark',
    text: '1L 2.5D 3BD 4s',
    tokens: ['n:1L', 'n:2.5D', 'n:3BD', 'n:4s'],
    dialects: ['spark'],
  },
  {
    name: 'operators',
    text: 'a::b ->> c -> d || e // f ** g !~~ h == i <= j <> k != l',
    tokens: [
      'w:a',
      'o:::',
      'w:b',
      'o:->>',
      'w:c',
      'o:->',
      'w:d',
      'o:||',
      'w:e',
      'o://',
      'w:f',
      'o:**',
      'w:g',
      'o:!~~',
      'w:h',
      'o:==',
      'w:i',
      'o:<=',
      'w:j',
      'o:<>',
      'w:k',
      'o:!=',
      'w:l',
    ],
    dialects: ['duckdb'],
  },
  {
    name: 'a sign after an operator',
    text: 'a=-1 b<=>-c',
    tokens: ['w:a', 'o:=', 'o:-', 'n:1', 'w:b', 'o:<=>', 'o:-', 'w:c'],
  },
  {
    name: 'a comment after an operator',
    text: 'a+/* c */1*--\n2',
    tokens: ['w:a', 'o:+', 'n:1', 'o:*', 'n:2'],
  },
  {
    name: 'positional parameters',
    text: '?, ?, ?2, $1, $12',
    tokens: ['p:', 'o:,', 'p:', 'o:,', 'p:2', 'o:,', 'p:1', 'o:,', 'p:12'],
  },
  {
    name: 'named parameters',
    text: 'a = :b AND c = $d',
    tokens: ['w:a', 'o:=', 'p:b', 'w:AND', 'w:c', 'o:=', 'p:d'],
  },
  { name: 'a quoted parameter', text: 'select $"a b"', tokens: ['w:select', 'p:a b'] },
  {
    name: 'parameters after keywords',
    text: 'LIMIT :n OFFSET :m',
    tokens: ['w:LIMIT', 'p:n', 'w:OFFSET', 'p:m'],
  },
  {
    name: 'parameters in BETWEEN and VERSION AS OF',
    text: 'x BETWEEN :a AND :b, AS OF :v',
    tokens: ['w:x', 'w:BETWEEN', 'p:a', 'w:AND', 'p:b', 'o:,', 'w:AS', 'w:OF', 'p:v'],
  },
  {
    name: 'a parameter before a cast',
    text: '(:a::int)',
    tokens: ['o:(', 'p:a', 'o:::', 'w:int', 'o:)'],
  },
  {
    name: 'parameters in CASE',
    text: 'CASE WHEN :a THEN :b ELSE :c END',
    tokens: ['w:CASE', 'w:WHEN', 'p:a', 'w:THEN', 'p:b', 'w:ELSE', 'p:c', 'w:END'],
  },
  {
    name: 'slices',
    text: 'a[1:n] a[:n] a[m:n:k] a[:-1]',
    tokens: [
      'w:a',
      'o:[',
      'n:1',
      'o::',
      'w:n',
      'o:]',
      'w:a',
      'o:[',
      'o::',
      'w:n',
      'o:]',
      'w:a',
      'o:[',
      'w:m',
      'o::',
      'w:n',
      'o::',
      'w:k',
      'o:]',
      'w:a',
      'o:[',
      'o::',
      'o:-',
      'n:1',
      'o:]',
    ],
    dialects: ['duckdb'],
  },
  {
    name: 'a slice between parameters',
    text: 'a[:x : :y]',
    tokens: ['w:a', 'o:[', 'o::', 'w:x', 'o::', 'p:y', 'o:]'],
    dialects: ['duckdb'],
  },
  {
    name: 'a list of parameters',
    text: '= [:a, :b]',
    tokens: ['o:=', 'o:[', 'p:a', 'o:,', 'p:b', 'o:]'],
  },
  {
    name: 'an index in Spark',
    text: 'a[:i]',
    tokens: ['w:a', 'o:[', 'p:i', 'o:]'],
    dialects: ['spark'],
  },
  {
    name: 'structs',
    text: "{'a':x, b:y, c: :z}",
    tokens: [
      'o:{',
      's:a',
      'o::',
      'w:x',
      'o:,',
      'w:b',
      'o::',
      'w:y',
      'o:,',
      'w:c',
      'o::',
      'p:z',
      'o:}',
    ],
  },
  {
    name: 'a struct whose key is an operator elsewhere',
    text: '{rows:x}',
    tokens: ['o:{', 'w:rows', 'o::', 'w:x', 'o:}'],
  },
  {
    name: 'named arguments, lambdas and prefix aliases',
    text: 'f(a := 1) lambda x :x alias :y',
    tokens: [
      'w:f',
      'o:(',
      'w:a',
      'o::=',
      'n:1',
      'o:)',
      'w:lambda',
      'w:x',
      'o::',
      'w:x',
      'w:alias',
      'o::',
      'w:y',
    ],
  },
  {
    name: 'letters of all scripts and emoji as names',
    text: 'é 😀1 名',
    tokens: ['w:é', 'w:😀1', 'w:名'],
  },
  {
    name: 'blanks of all kinds',
    text: '\ufeff1\u00a02\u30003\u200b4\u2028',
    tokens: ['n:1', 'n:2', 'n:3', 'n:4'],
  },
  { name: 'binary literals', text: "x'1F' X'00'", tokens: ['s:1F', 's:00'] },
];

for (const { name, text, tokens, dialects = both } of cases) {
  for (const dialect of dialects) {
    test(`reads ${name} (${dialect})`, () => {
      assert.deepEqual(shortForm(text, dialect), tokens);
    });
  }
}

const failures = [
  { name: 'a string that is never closed', text: "select 1,\n 'abc", line: 2, column: 2 },
  { name: 'a comment that is never closed', text: 'select /* /* */ 1', line: 1, column: 8 },
  { name: 'a quoted name that is never closed', text: 'select `abc', line: 1, column: 8 },
  { name: 'an empty quoted name', text: 'select ``', line: 1, column: 8 },
  { name: 'a bracket that is never closed', text: 'select (1', line: 1, column: 8 },
  { name: 'a bracket that closes nothing', text: 'select 1)', line: 1, column: 9 },
  { name: 'brackets of different kinds', text: 'select (1]', line: 1, column: 10 },
  { name: 'a character outside SQL', text: 'select \\', line: 1, column: 8 },
  { name: 'a lone dollar', text: 'select $ 1', line: 1, column: 8 },
  { name: 'a control character', text: 'select \u0001', line: 1, column: 8 },
  { name: 'the character NUL', text: "select 'a\0'", line: 1, column: 10 },
  { name: 'half of a surrogate pair', text: "select '😀\ud800'", line: 1, column: 11 },
];

for (const { name, text, line, column } of failures) {
  for (const dialect of both) {
    test(`refuses ${name}, with its place (${dialect})`, () => {
      assert.throws(
        () => tokenize(text, dialect),
        (error) => {
          assert.ok(error instanceof CodedError);
          assert.equal(error.code, 'PARSE_SYNTAX_ERROR');
          assert.equal(error.sqlState, '42601');
          assert.deepEqual(error.position, { line, column });
          return true;
        },
      );
    });
  }
}

test('refuses dollar quotes in Spark, which has none', () => {
  assert.throws(() => tokenize('select $$a$$', 'spark'), { code: 'PARSE_SYNTAX_ERROR' });
});

test('takes a statement of the greatest size and refuses a longer one', () => {
  const filler = (bytes: number) => `select '${'é'.repeat((bytes - 10) / 2)}' `;
  assert.equal(Buffer.byteLength(filler(statementBytesMax)), statementBytesMax);
  assert.equal(tokenize(filler(statementBytesMax), 'duckdb').length, 3);
  assert.throws(() => tokenize(`${filler(statementBytesMax)} `, 'duckdb'), {
    code: 'STATEMENT_TOO_LARGE',
  });
});

test('takes brackets of the greatest depth and refuses deeper ones', () => {
  const nested = (depth: number) => `${'(['.repeat(depth / 2)}1${'])'.repeat(depth / 2)}`;
  assert.equal(tokenize(nested(nestingMax), 'duckdb').length, 2 * nestingMax + 2);
  assert.throws(
    () => tokenize(nested(nestingMax + 2), 'duckdb'),
    (error) => {
      assert.ok(error instanceof CodedError);
      assert.equal(error.code, 'STATEMENT_TOO_COMPLEX');
      assert.deepEqual(error.position, { line: 1, column: nestingMax + 1 });
      return true;
    },
  );
});

test('takes as many connectives as allowed and refuses more', () => {
  const chain = (count: number) => `select a${' or a'.repeat(count)}`;
  assert.equal(tokenize(chain(connectivesMax), 'duckdb').length, 2 * connectivesMax + 3);
  assert.throws(
    () => tokenize(chain(connectivesMax + 1), 'duckdb'),
    (error) => {
      assert.ok(error instanceof CodedError);
      assert.equal(error.code, 'STATEMENT_TOO_COMPLEX');
      assert.deepEqual(error.position, { line: 1, column: 10 + 5 * connectivesMax });
      return true;
    },
  );
});

test('knows the keywords of DuckDB', async () => {
  const keywords = async (category: string) => {
    const rows = await queryDuckdb(
      `SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = '${category}'`,
    );
    return rows.map(([name]) => String(name)).sort();
  };
  assert.deepEqual([...reservedWords].sort(), await keywords('reserved'));
  assert.deepEqual([...typeOrFunctionWords].sort(), await keywords('type_function'));
});
