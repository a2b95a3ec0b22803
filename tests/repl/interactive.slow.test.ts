/** The prompt in a pseudo-terminal, which Python's `pty` makes; skipped where there is no Python. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startFakeLevee, type FakeLevee } from '../support/fake-levee.ts';
import { replCommand, replEnvironment } from '../support/repl-process.ts';

const player = join(dirname(fileURLToPath(import.meta.url)), '../support/pseudo-terminal.py');
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
const skip = hasPython ? false : 'python3 with its pty module is not there';

type Step = { readonly expect: string } | { readonly send: string } | { readonly pause: number };

interface Played {
  readonly output: string;
  readonly code: number | null;
  readonly failed: string | null;
}

let server: FakeLevee;
let folder: string;
let historyPath: string;

before(async () => {
  server = await startFakeLevee();
  folder = await mkdtemp(join(tmpdir(), 'levee-pty-'));
  historyPath = join(folder, 'history');
});

after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function play(
  steps: readonly Step[],
  options: { readonly rows?: number; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const command = [player, '100', String(options.rows ?? 40), ...replCommand, server.url];
  const child = spawn('python3', command, {
    env: replEnvironment({ LEVEE_HISTORY: historyPath, TERM: 'xterm', ...options.environment }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(steps));
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk as string;
  const { output, code, failed } = JSON.parse(text) as Played;
  assert.equal(failed, null, `this never came; the output was ${JSON.stringify(output)}`);
  assert.equal(code, 0, `the output was ${JSON.stringify(output)}`);
  return output;
}

const expect = (text: string): Step => ({ expect: text });
const send = (text: string): Step => ({ send: text });
const pause = (seconds: number): Step => ({ pause: seconds });
const ctrlC = send('\x03');
const ctrlD = send('\x04');
const up = send('\x1b[A');
const tab = send('\t');

test('prompts, continues, answers and quits at Ctrl-D', { skip }, async () => {
  await play([
    expect('\\? for help'),
    expect('levee=> '),
    send('select (\r'),
    expect('levee(> '),
    send('1\r'),
    expect('levee(> '),
    send(') missing;\r'),
    expect('ERROR:  TABLE_OR_VIEW_NOT_FOUND (42P01)'),
    expect('LINE 3: ) missing'),
    expect('          ^'),
    expect('levee=> '),
    send('select 1;\r'),
    expect('(1 row)'),
    expect('levee=> '),
    ctrlD,
  ]);
});

test('Ctrl-C cancels the statement on the server and the prompt comes back', { skip }, async () => {
  const already = server.canceled.length;
  await play([
    expect('levee=> '),
    send('select slow;\r'),
    expect('\n'),
    pause(1),
    send('typed ahead'),
    // The terminal is in its normal mode: it shows what is typed, and Ctrl-C is a signal.
    expect('typed ahead'),
    ctrlC,
    expect('cancelled'),
    expect('levee=> '),
    send('\x15select 1;\r'),
    expect('(1 row)'),
    expect('levee=> '),
    send('\\q\r'),
  ]);
  assert.equal(server.canceled.length, already + 1);
});

test('Ctrl-C at the prompt drops what was typed', { skip }, async () => {
  await play([
    expect('levee=> '),
    send('select nonsense\r'),
    expect('levee-> '),
    send('and more'),
    ctrlC,
    expect('levee=> '),
    send('select 1;\r'),
    expect('(1 row)'),
    expect('levee=> '),
    send('quit\r'),
  ]);
  assert.equal(server.statements.at(-1), 'select 1');
});

test('keeps whole statements in the history, for its owner only', { skip }, async () => {
  await rm(historyPath, { force: true });
  await play([
    expect('levee=> '),
    send('select\r'),
    expect('levee-> '),
    send('1;\r'),
    expect('ERROR'),
    expect('levee=> '),
    send(' select 1;\r'),
    expect('(1 row)'),
    expect('levee=> '),
    send('\\q\r'),
  ]);
  assert.equal(await readFile(historyPath, 'utf8'), 'select\\n1;\n\\\\q\n');
  assert.equal((await stat(historyPath)).mode & 0o777, 0o600);
  const already = server.statements.length;
  await play([
    expect('levee=> '),
    up,
    up,
    expect('1;'),
    send('\r'),
    expect('ERROR'),
    expect('levee=> '),
    ctrlD,
  ]);
  assert.deepEqual(server.statements.slice(already), ['select\n1']);
});

test(
  'recalls a statement of several lines with one key in the same session',
  { skip },
  async () => {
    const already = server.statements.length;
    await play([
      expect('levee=> '),
      send('select\r'),
      expect('levee-> '),
      send('  2\r'),
      expect('levee-> '),
      send(';\r'),
      expect('ERROR'),
      expect('levee=> '),
      up,
      expect('  2'),
      send('\r'),
      expect('ERROR'),
      expect('levee=> '),
      ctrlD,
    ]);
    assert.deepEqual(server.statements.slice(already), ['select\n  2', 'select\n  2']);
  },
);

test('completes commands, tables, columns and keywords with Tab', { skip }, async () => {
  const already = server.statements.length;
  await play([
    expect('levee=> '),
    send('sel'),
    tab,
    expect('select'),
    send(' ti'),
    send('cker fro'),
    tab,
    expect('from'),
    send(' stocks.pr'),
    tab,
    expect('prices'),
    send(' where clo'),
    tab,
    expect('close'),
    send(' = 1 missing;\r'),
    expect('ERROR'),
    expect('levee=> '),
    send('\\histo'),
    tab,
    expect('ry'),
    send(' stocks.pri'),
    tab,
    expect('ces'),
    send('\r'),
    expect('CREATE TABLE'),
    expect('levee=> '),
    ctrlD,
  ]);
  assert.deepEqual(server.statements.slice(already), [
    'select ticker from stocks.prices where close = 1 missing',
    'DESCRIBE HISTORY stocks.prices',
  ]);
});

test('a pasted tab is text', { skip }, async () => {
  await play([
    expect('levee=> '),
    send('select\t1,\tmissing;\r'),
    expect('ERROR'),
    expect('levee=> '),
    ctrlD,
  ]);
  assert.equal(server.statements.at(-1), 'select\t1,\tmissing');
});

test(
  'a result longer than the screen goes to the pager, a shorter one does not',
  { skip },
  async () => {
    const environment = { PAGER: 'sed s/^/PAGED:/' };
    const steps = (count: number): Step[] => [
      expect('levee=> '),
      send(`select * from numbers(${count});\r`),
      expect(`(${count} rows)`),
      expect('levee=> '),
    ];
    assert.match(
      await play(
        [
          ...steps(60),
          send('\\pset pager off\r'),
          expect('pager is off.'),
          expect('levee=> '),
          ctrlD,
        ],
        {
          environment,
        },
      ),
      /PAGED: +59 \| row 59/,
    );
    assert.doesNotMatch(await play([...steps(10), ctrlD], { environment }), /PAGED/);
    const off = [expect('levee=> '), send('\\pset pager off\r'), ...steps(60), ctrlD];
    assert.doesNotMatch(await play(off, { environment }), /PAGED/);
  },
);

test('leaving the pager ends the statement, and the prompt comes back', { skip }, async () => {
  await play(
    [
      expect('levee=> '),
      send('select * from forever;\r'),
      expect('row 5'),
      expect('levee=> '),
      send('select 1;\r'),
      expect('(1 row)'),
      expect('levee=> '),
      ctrlD,
    ],
    { environment: { PAGER: 'head -n 12' } },
  );
  assert.ok(server.hungUp.includes('select * from forever'));
});

test('Ctrl-C stops rows that are being written', { skip }, async () => {
  await play([
    expect('levee=> '),
    send('\\pset pager off\r'),
    expect('levee=> '),
    send('select * from forever;\r'),
    expect('row 5000'),
    ctrlC,
    expect('cancelled'),
    expect('levee=> '),
    ctrlD,
  ]);
});

test('\\e runs what the editor leaves', { skip }, async () => {
  const editor = join(folder, 'editor');
  await writeFile(editor, '#!/bin/sh\nsed -i "s/nonsense/1;/" "$1"\n', { mode: 0o755 });
  await play(
    [
      expect('levee=> '),
      send('select nonsense\r'),
      expect('levee-> '),
      send('\\e\r'),
      expect('(1 row)'),
      expect('levee=> '),
      ctrlD,
    ],
    { environment: { EDITOR: editor } },
  );
  assert.equal(server.statements.at(-1), 'select 1');
});

test('a wide result is shown expanded', { skip }, async () => {
  await play(
    [
      expect('levee=> '),
      send('select wide;\r'),
      expect('-[ RECORD 1 ]'),
      expect('column_39'),
      expect('levee=> '),
      ctrlD,
    ],
    { rows: 100 },
  );
});
