import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promptFor, StatementScanner } from '../../repl/statement-scanner.ts';
import type { Dialect } from '../../sql/parse/dialect.ts';

interface Scanned {
  readonly statements: readonly string[];
  readonly commands: readonly string[];
  readonly rest: string;
}

function scan(text: string, dialect: Dialect = 'duckdb'): Scanned {
  const scanner = new StatementScanner(dialect);
  const statements: string[] = [];
  const commands: string[] = [];
  for (const line of text.split('\n')) {
    scanner.feed(line);
    for (let item = scanner.next(); item !== undefined; item = scanner.next()) {
      (item.kind === 'statement' ? statements : commands).push(item.text);
    }
  }
  return { statements, commands, rest: scanner.finish()?.text ?? '' };
}

const cases: readonly {
  readonly name: string;
  readonly text: string;
  readonly dialect?: Dialect;
  readonly statements: readonly string[];
  readonly commands?: readonly string[];
  readonly rest?: string;
}[] = [
  {
    name: 'two statements on a line',
    text: 'select 1; select 2;',
    statements: ['select 1', 'select 2'],
  },
  { name: 'a statement over lines', text: 'select\n  1\n;', statements: ['select\n  1'] },
  {
    name: 'a last statement without its end',
    text: 'select 1; select 2',
    statements: ['select 1'],
    rest: 'select 2',
  },
  { name: 'empty statements', text: ';;\n ; \n;', statements: [] },
  { name: 'only a comment', text: '-- nothing; here\n/* nor ; here */ ;', statements: [] },
  { name: 'a semicolon in a string', text: "select ';';", statements: ["select ';'"] },
  { name: 'a doubled quote', text: "select 'it''s; fine';", statements: ["select 'it''s; fine'"] },
  { name: 'a string over lines', text: "select 'a;\nb;\n';", statements: ["select 'a;\nb;\n'"] },
  { name: 'a quoted name', text: 'select ";""x";', statements: ['select ";""x"'] },
  { name: 'backticks', text: 'select `a;``b`;', statements: ['select `a;``b`'] },
  {
    name: 'a backslash is no escape in DuckDB',
    text: "select '\\'; select 1;",
    statements: ["select '\\'", 'select 1'],
  },
  {
    name: 'an escape string in DuckDB',
    text: "select e'\\';'; select 1;",
    statements: ["select e'\\';'", 'select 1'],
  },
  {
    name: 'an escape string with a doubled quote',
    text: "select e'a''\\';';",
    statements: ["select e'a''\\';'"],
  },
  {
    name: 'a word that ends in e is no prefix',
    text: "select type'\\'; x;",
    statements: ["select type'\\'", 'x'],
  },
  {
    name: 'a backslash is an escape in Spark',
    text: "select '\\';';",
    dialect: 'spark',
    statements: ["select '\\';'"],
  },
  {
    name: 'a double-quoted string in Spark',
    text: 'select "\\";";',
    dialect: 'spark',
    statements: ['select "\\";"'],
  },
  {
    name: 'a raw string in Spark',
    text: "select r'\\'; x;",
    dialect: 'spark',
    statements: ["select r'\\'", 'x'],
  },
  {
    name: 'adjacent strings in Spark',
    text: "select 'a''\\';';",
    dialect: 'spark',
    statements: ["select 'a''\\';'"],
  },
  {
    name: 'a line comment',
    text: "select 1 -- it's; \n;",
    statements: ["select 1 -- it's;"],
  },
  {
    name: 'a comment in a comment',
    text: 'select /* a; /* b; */ c; */ 1;',
    statements: ['select /* a; /* b; */ c; */ 1'],
  },
  {
    name: 'minus and slash that begin no comment',
    text: 'select 3 - 2 / 1;',
    statements: ['select 3 - 2 / 1'],
  },
  { name: 'a dollar quote', text: "select $$it's; $x$ $$;", statements: ["select $$it's; $x$ $$"] },
  {
    name: 'a tagged dollar quote over lines',
    text: 'select $a$ ;\n$$ ; $a$;',
    statements: ['select $a$ ;\n$$ ; $a$'],
  },
  {
    name: 'parameters are no dollar quotes',
    text: 'select $1, $2; select a$b$c;',
    statements: ['select $1, $2', 'select a$b$c'],
  },
  { name: 'a semicolon in parentheses', text: 'select (1;\n2);', statements: ['select (1;\n2)'] },
  {
    name: 'more closed than opened',
    text: 'select 1); select 2;',
    statements: ['select 1)', 'select 2'],
  },
  { name: 'a command', text: '\\d stocks.prices', statements: [], commands: ['\\d stocks.prices'] },
  {
    name: 'a command within a statement',
    text: 'select 1\n\\x\n;',
    statements: ['select 1'],
    commands: ['\\x'],
  },
  {
    name: 'a command after a statement',
    text: 'select 1 \\g out.csv',
    statements: [],
    commands: ['\\g out.csv'],
    rest: 'select 1',
  },
  {
    name: 'a backslash in a string is no command',
    text: "select '\\d';",
    statements: ["select '\\d'"],
  },
  {
    name: 'space and a comment before',
    text: '\n  \n  -- why\n  select 1;',
    statements: ['-- why\n  select 1'],
  },
  { name: 'a string left open', text: "select 'a;\nb", statements: [], rest: "select 'a;\nb" },
];

for (const { name, text, dialect, statements, commands = [], rest = '' } of cases) {
  test(`scans ${name}`, () => {
    assert.deepEqual(scan(text, dialect), { statements, commands, rest });
  });
}

test('says where a statement begins', () => {
  const scanner = new StatementScanner('duckdb');
  const starts: unknown[] = [];
  for (const line of ['select 1;  select', ' 2; -- x', '', '   /* a', '*/ select 3;']) {
    scanner.feed(line);
    for (let item = scanner.next(); item !== undefined; item = scanner.next()) {
      if (item.kind === 'statement') starts.push(item.start);
    }
  }
  assert.deepEqual(starts, [
    { line: 1, column: 1 },
    { line: 1, column: 12 },
    { line: 2, column: 5 },
  ]);
});

for (const [text, prompt] of [
  ['', 'levee=> '],
  ['select', 'levee-> '],
  ['select (', 'levee(> '],
  ["select 'a", "levee'> "],
  ['select "a', 'levee"> '],
  ['select `a', 'levee`> '],
  ['select $$a', 'levee$> '],
  ['/* a', 'levee*> '],
  ['select 1;', 'levee=> '],
  ['-- a', 'levee=> '],
] as const) {
  test(`prompts ${JSON.stringify(prompt)} after ${JSON.stringify(text)}`, () => {
    const scanner = new StatementScanner('duckdb');
    scanner.feed(text);
    while (scanner.next() !== undefined);
    assert.equal(promptFor(scanner.state), prompt);
  });
}

test('the prompt shows an open and a failed transaction as psql does', () => {
  assert.equal(promptFor('nothing', 'open'), 'levee=*> ');
  assert.equal(promptFor('nothing', 'failed'), 'levee=!> ');
});

test('a change of dialect counts for the rest of the line', () => {
  const scanner = new StatementScanner('duckdb');
  scanner.feed("set dialect = spark; select '\\';';");
  assert.equal((scanner.next() as { text: string }).text, 'set dialect = spark');
  scanner.dialect = 'spark';
  assert.equal((scanner.next() as { text: string }).text, "select '\\';'");
});

test('a line of a megabyte with many quotes is scanned in linear time', () => {
  const text = `select ${"'a', e'b', $1, ".repeat(60_000)}1;`;
  const startedMs = performance.now();
  assert.equal(scan(text).statements.length, 1);
  assert.ok(performance.now() - startedMs < 5000);
});
