import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PassThrough } from 'node:stream';
import { matchesPattern, parseCommand, splitName } from '../../repl/command-arguments.ts';
import { runReplWith } from '../../repl/main.ts';
import { startFakeLevee, type FakeLevee } from '../support/fake-levee.ts';

let server: FakeLevee;

before(async () => {
  server = await startFakeLevee();
});

after(async () => {
  await server.close();
});

async function run(
  ...commands: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let [out, err] = ['', ''];
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const args = [server.url, ...commands.flatMap((command) => ['-c', command])];
  const code = await runReplWith(args, { stdin, stdout, stderr, environment: {} });
  return { code, stdout: out, stderr: err };
}

const cases: readonly (readonly [name: string, commands: readonly string[], stdout: RegExp])[] = [
  ['\\dn lists the schemas', ['\\dn'], /^ Schema\n-+\n default\n stocks\n\(2 rows\)\n/],
  ['\\dn takes a pattern', ['\\dn st*'], /^ Schema\n-+\n stocks\n\(1 row\)\n/],
  [
    '\\d lists tables and views',
    ['\\d'],
    /default \| Odd name \| table\n stocks {2}\| prices {3}\| table\n stocks {2}\| v_pe {5}\| view\n\(3 rows\)/,
  ],
  ['\\dt lists tables only', ['\\dt stocks.*'], /stocks \| prices \| table\n\(1 row\)/],
  ['\\dt+ shows locations', ['\\dt+ prices'], /Location[^]*\/warehouse\/stocks\/prices/],
  ['\\dv lists views only', ['\\dv'], /stocks \| v_pe \| view\n\(1 row\)/],
  [
    '\\d describes a table',
    ['\\d stocks.prices'],
    /^Table "stocks\.prices"\n[^]* ticker {5}\| STRING {8}\| not null \|\n[^]*of the close[^]*Partitioned by: ticker\nLocation: \/warehouse\/stocks\/prices\n\n$/,
  ],
  ['\\d finds a table without its schema', ['\\d PRICES;'], /^Table "stocks\.prices"/],
  ['\\d+ shows what else there is', ['\\d+ stocks.prices'], /version: 20\n/],
  ['\\d asks the server about what is not in the catalog', ['\\d my_view'], / a {8}\| INT\n/],
  ['\\history describes the versions', ['\\history stocks.prices'], / {7}1 \| WRITE\n/],
  ['\\l names the catalog', ['\\l'], / main {4}\| http:\/\/127/],
  [
    '\\conninfo says where statements go',
    ['select 1', '\\conninfo'],
    /Server: {2}http:\/\/127\.0\.0\.1:\d+\nSession: [0-9a-f-]{36}\nSchema: {2}stocks\nDialect: duckdb\nToken: {3}none\n/,
  ],
  [
    '\\timing shows times, files and versions',
    ['\\timing on', 'select 1'],
    /Time: [\d.]+ ms \(server 3 ms, 2 of 120 files\)\nRead: main\.stocks\.prices@v20\n/,
  ],
  ['\\x expands', ['\\x', 'select 1'], /^-\[ RECORD 1 \]-+\n1 \| 1\n/],
  ['\\gx expands once', ['select 1 \\gx', 'select 1'], /^-\[ RECORD 1 \]-+\n1 \| 1\n 1\n---\n/],
  ['\\g runs the last statement again', ['select 1;', '\\g'], /^( 1\n---\n 1\n\(1 row\)\n\n){2}$/],
  [
    '\\pset null sets the text for NULL',
    ["\\pset null '(none)'", 'select text'],
    / \(none\) {6}\| {6}3\n/,
  ],
  ['\\pset alone shows all', ['\\pset'], / fieldsep {4}\| "\|" /],
  ['\\t leaves only rows', ['\\t', 'select 1'], /^ 1\n$/],
  ['\\a changes to unaligned', ['\\a', 'select 1'], /^1\n1\n\(1 row\)\n$/],
  [
    '\\watch runs again and again',
    ['select 1 \\watch 0.01 c=3'],
    /^(\d{4}-\d\d-\d\dT[\d:]+Z \(every 0\.01 s\)\n 1\n---\n 1\n\(1 row\)\n\n){3}$/,
  ],
  ['\\p shows the statement being typed', ['select 2 +\n\\p\n\\r'], /^select 2 \+\n$/],
  ['\\r forgets it', ['nonsense\n\\r\nselect 1;'], /^ 1\n/],
  ['\\? lists the commands', ['\\?'], /\\history TABLE +list the versions of a table\n/],
];

for (const [name, commands, stdout] of cases) {
  test(name, async () => {
    const result = await run(...commands);
    assert.equal(result.stderr, '');
    assert.match(result.stdout, stdout);
    assert.equal(result.code, 0);
  });
}

test('\\c goes to another server, which does not get the token of the first', async () => {
  const other = await startFakeLevee();
  try {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    let err = '';
    stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    stdout.resume();
    const args = [
      server.url,
      '--token',
      'secret',
      '-c',
      'select 1',
      '-c',
      `\\c ${other.url}`,
      '-c',
      'select 1',
    ];
    assert.equal(await runReplWith(args, { stdin, stdout, stderr, environment: {} }), 0);
    assert.deepEqual(other.statements, ['select 1']);
    assert.ok(other.requests.every(({ headers }) => headers.authorization === undefined));
    assert.match(err, /NOTICE: {2}The token is not sent to http:/);
  } finally {
    await other.close();
  }
});

for (const [name, command, message] of [
  [
    'a setting that is not there',
    '\\pset nonsense on',
    /unknown setting "nonsense"; there are columns,/,
  ],
  ['a value that is not there', '\\x sideways', /expected "on" or "off", not "sideways"/],
  ['a format that is not there', '\\pset format xml', /unknown format "xml"/],
  ['\\g without a statement', '\\g', /there is no statement to run/],
  ['a timeout that is none', '\\pset timeout soon', /expected a time like 90s or 1h, not "soon"/],
  ['\\history without a table', '\\history', /needs the name of a table/],
  ['\\e without a terminal', '\\e', /needs a terminal/],
  ['a quote left open', "\\pset null 'x", /without its partner/],
  ['\\watch with nonsense', 'select 1 \\watch often', /not a number: "often"/],
] as const) {
  test(`refuses ${name}`, async () => {
    const result = await run(command);
    assert.match(result.stderr, message);
    assert.equal(result.code, 1);
  });
}

for (const [text, name, args] of [
  ['\\d', 'd', []],
  ['\\d+  a.b ;', 'd+', ['a.b']],
  ["\\pset null 'a b'", 'pset', ['null', 'a b']],
  ["\\pset fieldsep '\\t'", 'pset', ['fieldsep', '\t']],
  ["\\pset null 'it''s'", 'pset', ['null', "it's"]],
  ["\\pset null ''", 'pset', ['null', '']],
  ['\\d "my schema".`a b`', 'd', ['"my schema".`a b`']],
  ['\\?', '?', []],
] as const) {
  test(`reads ${text}`, () => {
    const command = parseCommand(text);
    assert.deepEqual([command.name, command.args], [name, args]);
  });
}

for (const [text, parts] of [
  ['t', ['t']],
  ['main.s.t', ['main', 's', 't']],
  ['`a.b`."c""d"', ['a.b', 'c"d']],
] as const) {
  test(`splits the name ${text}`, () => {
    assert.deepEqual(splitName(text), parts);
  });
}

test('patterns match with * and ? and are no regular expressions', () => {
  assert.ok(matchesPattern('Prices', 'pri*'));
  assert.ok(matchesPattern('a.b', 'a.b'));
  assert.ok(!matchesPattern('axb', 'a.b'));
  assert.ok(!matchesPattern('prices', 'price'));
  assert.ok(matchesPattern('(x', '(?'));
});
