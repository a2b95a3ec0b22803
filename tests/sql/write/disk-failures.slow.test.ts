/**
 * Disks that refuse: full, limited, read-only, forbidden. Every kind of statement ends with a clear error,
 * commits nothing and leaves nothing that VACUUM does not take; afterwards the same server goes on.
 *
 * Root may do everything and can mount a small disk: then the server runs as another user, and once on
 * such a disk. Without root it runs as it is, and the small disk is left out.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { makeScratch } from '../../support/open-engine.ts';
import { rowsText } from '../../support/random-history.ts';
import { repositoryRoot } from '../../support/shared-folder.ts';
import { StatementProcess } from '../../support/statement-process.ts';
import { compareFolder } from '../../support/table-audit.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const asNobody = isRoot
  ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--']
  : [];

/** `false`, or why the server cannot run as somebody else. */
function whyNot(): string | false {
  if (!isRoot) return false;
  const [command = '', ...rest] = asNobody;
  const program = join(repositoryRoot, 'tests/support/statement-child.ts');
  if (spawnSync(command, [...rest, 'test', '-r', program]).status === 0) return false;
  return 'needs setpriv, and a clone that every user may read';
}

const skip = whyNot();

const values = '(9, 9, 0), (10, 10, 1)';
const big = `SELECT i AS id, (hash(i) % 1000000007)::INT AS v, 0 AS p FROM range(2000000) r(i)`;

interface Case {
  readonly kind: string;
  readonly table: 'rewritten' | 'marked';
  readonly sql: string;
}

const small: readonly Case[] = (['rewritten', 'marked'] as const).flatMap((table) =>
  [
    ['INSERT', `INSERT INTO ${table} VALUES ${values}`],
    ['INSERT OVERWRITE', `INSERT OVERWRITE ${table} VALUES ${values}`],
    ['REPLACE WHERE', `INSERT INTO ${table} REPLACE WHERE p = 0 VALUES (9, 9, 0)`],
    ['UPDATE', `UPDATE ${table} SET v = v + 1 WHERE id = 1`],
    ['DELETE', `DELETE FROM ${table} WHERE id = 1`],
    [
      'MERGE',
      `MERGE INTO ${table} t USING (SELECT * FROM (VALUES ${values}, (1, 5, 1)) x(id, v, p)) s ` +
        `ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v ` +
        `WHEN NOT MATCHED THEN INSERT (id, v, p) VALUES (s.id, s.v, s.p)`,
    ],
    ['OPTIMIZE', `OPTIMIZE ${table}`],
    ['ALTER TABLE', `ALTER TABLE ${table} SET TBLPROPERTIES ('note' = 'x')`],
    ['RESTORE', `RESTORE TABLE ${table} TO VERSION AS OF 1`],
    [
      'CREATE OR REPLACE',
      `CREATE OR REPLACE TABLE ${table} USING DELTA AS SELECT 1::BIGINT AS id, 2 AS v, 3 AS p`,
    ],
    [
      'COPY INTO',
      `COPY INTO ${table} FROM 'landing' FILEFORMAT = CSV ` +
        `FORMAT_OPTIONS ('header' = 'true', 'inferSchema' = 'true')`,
    ],
    ['TRUNCATE', `TRUNCATE TABLE ${table}`],
    ['VACUUM', `VACUUM ${table} RETAIN 0 HOURS`],
  ].map(([kind = '', sql = '']) => ({ kind, table, sql })),
);

/** Those that write more than some room for a log. */
const large: readonly Case[] = (['rewritten', 'marked'] as const).flatMap((table) =>
  [
    ['INSERT', `INSERT INTO ${table} ${big}`],
    ['INSERT OVERWRITE', `INSERT OVERWRITE ${table} ${big}`],
    ['REPLACE WHERE', `INSERT INTO ${table} REPLACE WHERE p = 0 ${big}`],
    [
      'MERGE',
      `MERGE INTO ${table} t USING (${big}) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v ` +
        `WHEN NOT MATCHED THEN INSERT (id, v, p) VALUES (s.id, s.v, s.p)`,
    ],
    ['CREATE OR REPLACE', `CREATE OR REPLACE TABLE ${table} USING DELTA AS ${big}`],
  ].map(([kind = '', sql = '']) => ({ kind, table, sql })),
);

async function makeTables(child: StatementProcess, warehouse: string): Promise<void> {
  mkdirSync(join(warehouse, 'landing'));
  writeFileSync(join(warehouse, 'landing', '1.csv'), 'id,v,p\n20,20,1\n');
  for (const table of ['rewritten', 'marked']) {
    const marks = table === 'marked';
    await child.rows(
      `CREATE TABLE ${table} (id BIGINT, v INT, p INT) USING DELTA ` +
        `TBLPROPERTIES ('delta.enableDeletionVectors' = '${marks}')`,
    );
    for (const start of [0, 3]) {
      const rows = [0, 1, 2].map((n) => `(${start + n}, ${start + n}, ${n})`).join(', ');
      await child.rows(`INSERT INTO ${table} VALUES ${rows}`);
    }
    // Something for VACUUM to take.
    await child.rows(`UPDATE ${table} SET v = 7 WHERE id = 0`);
  }
}

type State = readonly [rows: string, version: number | undefined];

async function stateOf(child: StatementProcess, table: string): Promise<State> {
  const { rows, version, failure } = await child.ask(`SELECT * FROM ${table}`, table);
  assert.equal(failure, undefined);
  return [rowsText(rows ?? []), version];
}

/** Each statement fails with one of the codes, and changes nothing. */
async function expectRefusals(
  child: StatementProcess,
  cases: readonly Case[],
  expected: { readonly code: RegExp; readonly message: RegExp },
): Promise<void> {
  for (const { kind, table, sql } of cases) {
    const before = await stateOf(child, table);
    const { failure, rows } = await child.ask(sql);
    const what = `${kind} of ${table}: ${JSON.stringify(failure ?? rows)}`;
    assert.match(failure?.code ?? '', expected.code, what);
    assert.match(failure?.message ?? '', expected.message, what);
    assert.match(failure?.sqlState ?? '', /^(53100|58030)$/, what);
    assert.deepEqual(await stateOf(child, table), before, what);
  }
}

/** The same server writes again, and VACUUM leaves nothing behind. */
async function expectRecovery(child: StatementProcess, warehouse: string): Promise<void> {
  for (const { kind, sql } of small) {
    const { failure } = await child.ask(sql);
    assert.equal(failure, undefined, `${kind} afterwards`);
  }
  for (const table of ['rewritten', 'marked']) {
    await child.rows(`INSERT INTO ${table} VALUES (77, 77, 0)`);
    await child.rows(`VACUUM ${table} RETAIN 0 HOURS`);
    await compareFolder(join(warehouse, 'default', table));
  }
}

interface Warehouse {
  readonly warehouse: string;
  /** A process that ends with the test. */
  readonly start: (...limits: readonly string[]) => Promise<StatementProcess>;
}

/** `mount` makes a disk of the folder, or says that it may not. */
async function openWarehouse(
  t: TestContext,
  mount: (folder: string) => boolean = () => false,
): Promise<Warehouse> {
  const { folder: scratch, remove } = await makeScratch();
  const warehouse = join(scratch, 'warehouse');
  mkdirSync(warehouse);
  chmodSync(scratch, 0o755);
  const isMounted = mount(warehouse);
  if (isRoot) chownSync(warehouse, nobody, nobody);
  const children: StatementProcess[] = [];
  t.after(async () => {
    for (const child of children) await child.close();
    setModes(warehouse, 0o755);
    if (isMounted) spawnSync('umount', [warehouse]);
    await remove();
  });
  const start = async (...limits: readonly string[]): Promise<StatementProcess> => {
    const child = await StatementProcess.start({ warehouse, through: [...asNobody, ...limits] });
    children.push(child);
    return child;
  };
  return { warehouse, start };
}

function setModes(folder: string, mode: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) setModes(join(folder, entry.name), mode);
  }
  chmodSync(folder, mode);
}

const denied = { code: /^IO_ERROR$/, message: /ermission denied/ };
const full = { code: /^DISK_FULL$/, message: /./ };

interface Denial {
  readonly name: string;
  /** Which folders may not be written to. */
  readonly folders: (table: string) => readonly string[];
  /** Those that need no write there succeed. */
  readonly except?: RegExp;
}

const denials: readonly Denial[] = [
  { name: 'a table that is read-only', folders: (table) => [table, `${table}/_delta_log`] },
  { name: 'a log that is read-only', folders: (table) => [`${table}/_delta_log`] },
  {
    name: 'a data folder that is read-only',
    folders: (table) => [table],
    except: /^(ALTER TABLE|RESTORE|TRUNCATE|VACUUM)/,
  },
];

for (const { name, folders, except } of denials) {
  test(`every statement on ${name} says that permission is denied`, { skip }, async (t) => {
    const { warehouse, start } = await openWarehouse(t);
    const child = await start();
    await makeTables(child, warehouse);
    const tables = ['rewritten', 'marked'].map((table) => `${warehouse}/default/${table}`);
    for (const folder of tables.flatMap(folders)) chmodSync(folder, 0o555);
    const cases = small.filter(({ kind }) => except?.test(kind) !== true);
    await expectRefusals(child, cases, denied);
    setModes(warehouse, 0o755);
    await expectRecovery(child, warehouse);
  });
}

test('a table that may not be made or read says that permission is denied', { skip }, async (t) => {
  const { warehouse, start } = await openWarehouse(t);
  const child = await start();
  await makeTables(child, warehouse);
  chmodSync(`${warehouse}/default`, 0o555);
  for (const sql of ['CREATE TABLE made (a INT)', 'CREATE TABLE made AS SELECT 1 AS a']) {
    const { failure } = await child.ask(sql);
    assert.deepEqual([failure?.code, failure?.sqlState], ['IO_ERROR', '58030'], failure?.message);
  }
  assert.deepEqual(readdirSync(`${warehouse}/default`).sort(), ['marked', 'rewritten']);
  const log = `${warehouse}/default/rewritten/_delta_log`;
  const other = await start();
  chmodSync(log, 0o000);
  const { failure } = await other.ask('SELECT * FROM rewritten');
  assert.deepEqual([failure?.code, failure?.sqlState], ['IO_ERROR', '58030'], failure?.message);
  chmodSync(log, 0o755);
  const table = `${warehouse}/default/rewritten`;
  for (const name of readdirSync(table)) {
    if (name.endsWith('.parquet')) chmodSync(`${table}/${name}`, 0o000);
  }
  const unread = (await other.ask('SELECT * FROM rewritten')).failure;
  assert.deepEqual([unread?.code, unread?.sqlState], ['IO_ERROR', '58030'], unread?.message);
});

test(
  'statements that write more than a file may hold say that the disk is full',
  { skip },
  async (t) => {
    const { warehouse, start } = await openWarehouse(t);
    // In blocks of 512 bytes or of 1024, as the shell has it.
    const limited = ['sh', '-c', 'ulimit -f 200; exec "$@"', 'sh'];
    const child = await start(...limited);
    await makeTables(child, warehouse);
    await expectRefusals(child, large, full);
    await expectRecovery(child, warehouse);
  },
);

test(
  'statements on a full disk say so, and go on once there is room',
  { skip: isRoot ? skip : 'needs root, to mount a small disk' },
  async (t) => {
    let isMounted = false;
    const { warehouse, start } = await openWarehouse(t, (folder) => {
      const mount = ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder];
      return (isMounted = spawnSync('mount', mount).status === 0);
    });
    if (!isMounted) {
      t.skip('may not mount a disk');
      return;
    }
    const child = await start();
    await makeTables(child, warehouse);
    await expectRefusals(child, large, full);
    // Now without any room at all.
    const ballast = join(warehouse, 'ballast');
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096']);
    assert.equal(statfsSync(warehouse).bfree, 0);
    await expectRefusals(child, small, full);
    await rm(ballast);
    await expectRecovery(child, warehouse);
  },
);
