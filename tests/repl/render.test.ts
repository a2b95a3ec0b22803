import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { displayWidth, truncate, wrap } from '../../repl/display-width.ts';
import { parseJson, type JsonValue } from '../../repl/lossless-json.ts';
import { objectKeys } from '../../repl/render/render-json.ts';
import { defaultRenderOptions, type RenderOptions } from '../../repl/render/render-options.ts';
import { renderResult } from '../../repl/render/render-result.ts';
import { fitWidths } from '../../repl/render/render-table.ts';
import type { Result, Row } from '../../repl/result.ts';

type Columns = readonly (readonly [name: string, type: string])[];

function makeResult(columns: Columns, rows: Iterable<string>): Result {
  async function* iterate(): AsyncGenerator<readonly Row[]> {
    for (const row of rows) yield [parseJson(row) as readonly JsonValue[]];
  }
  return { columns: columns.map(([name, type]) => ({ name, type })), batches: iterate() };
}

async function render(result: Result, options: Partial<RenderOptions> = {}): Promise<string> {
  let text = '';
  for await (const piece of renderResult(result, { ...defaultRenderOptions, ...options }))
    text += piece;
  return text;
}

const two: Columns = [
  ['name', 'STRING'],
  ['n', 'BIGINT'],
];

const tables: readonly {
  readonly name: string;
  readonly columns?: Columns;
  readonly rows: readonly string[];
  readonly options?: Partial<RenderOptions>;
  readonly text: string;
}[] = [
  {
    name: 'numbers to the right, text to the left',
    rows: ['["a",1]', '["bbbbbb",9223372036854775807]'],
    text: `
  name  |          n
--------+---------------------
 a      |                   1
 bbbbbb | 9223372036854775807
(2 rows)

`,
  },
  {
    name: 'one row',
    rows: ['["a",1]'],
    text: `
 name | n
------+---
 a    | 1
(1 row)

`,
  },
  {
    name: 'no rows',
    rows: [],
    text: `
 name | n
------+---
(0 rows)

`,
  },
  {
    name: 'wide characters by the cells they take',
    rows: ['["株価",1]', '["🚀👩‍👩‍👧",22]', '["e\u0301",3]'],
    text: `
 name | n
------+----
 株価 |  1
 🚀👩‍👩‍👧 | 22
 e\u0301    |  3
(3 rows)

`,
  },
  {
    name: 'NULL and the empty string apart',
    rows: ['[null,null]', '["",0]'],
    text: `
 name |  n
------+------
 NULL | NULL
      |    0
(2 rows)

`,
  },
  {
    name: 'NULL as it was set',
    rows: ['[null,1]'],
    options: { nullText: '∅' },
    text: `
 name | n
------+---
 ∅    | 1
(1 row)

`,
  },
  {
    name: 'a cell of several lines',
    rows: ['["one\\ntwo\\r\\nthree",1]'],
    text: `
 name  | n
-------+---
 one  +| 1
 two  +|
 three |
(1 row)

`,
  },
  {
    name: 'control and direction characters as escapes',
    rows: ['["\\u001b[2J\\u202ex\\ty",1]'],
    text: `
       name        | n
-------------------+---
 \\x1b[2J\\u202ex\\ty | 1
(1 row)

`,
  },
  {
    name: 'what is wider than the terminal, wrapped at a space',
    rows: ['["the quick brown fox jumps",1]'],
    options: { width: 20 },
    text: `
      name      | n
----------------+---
 the quick     .| 1
 brown fox     .|
 jumps          |
(1 row)

`,
  },
  {
    name: 'what is wider than the terminal, truncated',
    rows: ['["the quick brown fox jumps",1]'],
    options: { width: 20, fit: 'truncate' },
    text: `
      name      | n
----------------+---
 the quick bro… | 1
(1 row)

`,
  },
  {
    name: 'nothing but rows',
    rows: ['["a",1]'],
    options: { tuplesOnly: true },
    text: `
 a    | 1
`,
  },
  {
    name: 'nested values as JSON',
    columns: [['s', 'STRUCT<a: BIGINT>']],
    rows: ['[{"a":9007199254740993,"b":[1.50,null]}]'],
    text: `
                   s
----------------------------------------
 {"a":9007199254740993,"b":[1.50,null]}
(1 row)

`,
  },
];

for (const { name, columns = two, rows, options, text } of tables) {
  test(`draws ${name}`, async () => {
    assert.equal(await render(makeResult(columns, rows), options), text.slice(1));
  });
}

const formats: readonly {
  readonly name: string;
  readonly rows: readonly string[];
  readonly options: Partial<RenderOptions>;
  readonly text: string;
}[] = [
  {
    name: 'expanded, several lines and NULL',
    rows: ['["a\\nb",1]', '[null,2]'],
    options: { expanded: 'on' },
    text: `-[ RECORD 1 ]${'-'.repeat(27)}\nname | a\n     | b\nn    | 1\n-[ RECORD 2 ]${'-'.repeat(27)}\nname | NULL\nn    | 2\n`,
  },
  { name: 'expanded without rows', rows: [], options: { format: 'expanded' }, text: '(0 rows)\n' },
  {
    name: 'CSV with quotes where they are needed, NULL and "" apart',
    rows: ['["a,b",1]', '["say \\"x\\"",2]', '["a\\nb",3]', '[null,4]', '["",5]', '[" a",6]'],
    options: { format: 'csv' },
    text: 'name,n\n"a,b",1\n"say ""x""",2\n"a\nb",3\n,4\n"",5\n" a",6\n',
  },
  {
    name: 'TSV with escapes',
    rows: ['["a\\tb\\\\c\\n",1]', '[null,2]', '["\\\\N",3]'],
    options: { format: 'tsv' },
    text: 'name\tn\na\\tb\\\\c\\n\t1\n\\N\t2\n\\\\N\t3\n',
  },
  {
    name: 'JSON with all digits',
    rows: ['["a",9223372036854775807]', '[null,1.0]'],
    options: { format: 'json' },
    text: '[{"name":"a","n":9223372036854775807},\n {"name":null,"n":1.0}]\n',
  },
  { name: 'JSON without rows', rows: [], options: { format: 'json' }, text: '[]\n' },
  {
    name: 'NDJSON',
    rows: ['["a",1]', '["b",2]'],
    options: { format: 'ndjson' },
    text: '{"name":"a","n":1}\n{"name":"b","n":2}\n',
  },
  {
    name: 'Markdown with bars and lines kept in their cell',
    rows: ['["a|b\\nc",1]'],
    options: { format: 'markdown' },
    text: '| name | n |\n| --- | ---: |\n| a\\|b<br>c | 1 |\n',
  },
  {
    name: 'unaligned',
    rows: ['["a",1]', '[null,2]'],
    options: { format: 'unaligned', fieldSeparator: ';' },
    text: 'name;n\na;1\nNULL;2\n(2 rows)\n',
  },
];

for (const { name, rows, options, text } of formats) {
  test(`writes ${name}`, async () => {
    assert.equal(await render(makeResult(two, rows), options), text);
  });
}

test('expands a table by itself only when its narrowest columns do not fit', async () => {
  const many: Columns = Array.from({ length: 20 }, (_, index) => [`column_${index}`, 'INTEGER']);
  const row = `[${many.map((_, index) => index).join()}]`;
  const auto = { expanded: 'auto', width: 80 } as const;
  assert.match(await render(makeResult(many, [row]), auto), /^-\[ RECORD 1 \]/);
  assert.match(await render(makeResult(many, [row]), { ...auto, width: 400 }), /\(1 row\)\n\n$/);
  assert.match(await render(makeResult(two, ['["a",1]']), auto), /^ name \| n\n/);
});

test('no line of a wrapped table is wider than the terminal', async () => {
  const columns: Columns = [
    ['a', 'STRING'],
    ['b', 'STRING'],
    ['c', 'BIGINT'],
  ];
  const rows = [
    JSON.stringify(['株価'.repeat(30), 'words and words '.repeat(9), 1]),
    JSON.stringify(['👩‍👩‍👧'.repeat(10), null, 123456]),
  ];
  for (const width of [30, 41, 80]) {
    const text = await render(makeResult(columns, rows), { width });
    const widest = Math.max(...text.split('\n').map((line) => stringWidth(line)));
    assert.ok(widest <= width, `${widest} cells in a terminal of ${width}`);
  }
});

test('rows beyond the first thousand are drawn with the widths of those', async () => {
  function* rows(): Generator<string> {
    for (let n = 0; n < 1200; n += 1) yield `["${n < 1100 ? 'a' : 'longer than that'}",${n}]`;
  }
  const lines = (await render(makeResult(two, rows()))).split('\n');
  assert.equal(lines[0], ' name |  n');
  assert.equal(lines[2 + 1150], ' longer than that | 1150');
  assert.equal(lines.at(-3), '(1200 rows)');
});

test('a renderer that is left early leaves the rows as well', async () => {
  let isClosed = false;
  async function* rows(): AsyncGenerator<readonly Row[]> {
    try {
      for (;;) yield [['a', null]];
    } finally {
      isClosed = true;
    }
  }
  const result: Result = {
    columns: [
      { name: 'a', type: 'STRING' },
      { name: 'b', type: 'STRING' },
    ],
    batches: rows(),
  };
  for await (const _piece of renderResult(result, defaultRenderOptions)) break;
  assert.ok(isClosed);
});

for (const [wanted, available, widths] of [
  [[3, 4], undefined, [3, 4]],
  [[3, 4], 12, [3, 4]],
  [[50, 4], 40, [31, 4]],
  [[50, 40, 4], 60, [24, 24, 4]],
  [[50, 50], 10, undefined],
] as const) {
  test(`columns that want ${wanted.join(' and ')} of ${available ?? 'any'} cells get ${widths?.join(' and ')}`, () => {
    assert.deepEqual(fitWidths(wanted, available), widths);
  });
}

test('gives every column a key of its own', () => {
  const names = ['a', 'a', 'a_1', 'a', 'b'];
  const keys = objectKeys(names.map((name) => ({ name, type: 'STRING' })));
  assert.deepEqual(keys, ['a', 'a_2', 'a_1', 'a_3', 'b']);
});

test('cuts text between graphemes', () => {
  assert.deepEqual(wrap('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 4), ['👩‍👩‍👧👩‍👩‍👧', '👩‍👩‍👧']);
  assert.deepEqual(wrap('株株株', 3), ['株', '株', '株']);
  assert.equal(truncate('株株株', 5), '株株…');
  assert.equal(displayWidth('e\u0301'), 1);
});
