/**
 * What a loss of power leaves of a table, at every step of real statements: DuckDB's writing included,
 * since the steps are the system calls of the process. What was acknowledged must be there, and the
 * table read right, when nothing survives that was not flushed, and when some of it does.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openParts } from '../../../server/open-parts.ts';
import { makeScratch } from '../../support/open-engine.ts';
import {
  RandomHistory,
  rowsText,
  type HistoryStatement,
  type ModelRows,
} from '../../support/random-history.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { engineClient, SqlFailure, type SqlClient } from '../../support/sql-client.ts';
import { StatementProcess } from '../../support/statement-process.ts';
import {
  parseTrace,
  skipWithoutTracing,
  tracingInto,
  type CallMoment,
} from '../../support/system-calls.ts';
import { testConfig } from '../../support/test-server.ts';
import {
  survivorsKey,
  TracedDisk,
  writeSurvivors,
  type LossKind,
  type Survivors,
} from '../../support/traced-disk.ts';

const seed = Number(process.env['LEVEE_SEED'] ?? Date.now() % 2 ** 31);
const statements = Number(process.env['LEVEE_STATEMENTS'] ?? 40);
const skip = skipWithoutTracing();

interface Places {
  /** Where the traced process writes. */
  readonly warehouse: string;
  /** Where what survives is laid out. */
  readonly survived: string;
  readonly landing: string;
  readonly traceFile: string;
}

async function places(t: TestContext): Promise<Places> {
  const { folder, remove } = await makeScratch();
  t.after(() => (process.env['LEVEE_KEEP'] === undefined ? remove() : undefined));
  const found = {
    warehouse: join(folder, 'warehouse'),
    survived: join(folder, 'survived'),
    landing: join(folder, 'warehouse', 'landing'),
    traceFile: join(folder, 'trace'),
  };
  for (const path of [found.warehouse, found.survived, found.landing]) mkdirSync(path);
  return found;
}

/** Without io_uring, whose work no tracer sees. */
const env = { UV_USE_IO_URING: '0' };

/** Reads what survived, as a server that is started afterwards would. */
class AfterLoss {
  readonly #root: string;
  readonly #client: SqlClient;
  readonly #newest: (location: string) => Promise<number>;
  readonly close: () => Promise<void>;
  #count = 0;

  private constructor(root: string, { engine, snapshots }: Awaited<ReturnType<typeof openParts>>) {
    this.#root = root;
    this.#client = engineClient(engine);
    this.#newest = async (location) => (await snapshots?.latest(location))?.version ?? -1;
    this.close = () => engine.close();
  }

  static async open(root: string): Promise<AfterLoss> {
    const parts = await openParts(testConfig({ config: { warehouse: root } }));
    return new AfterLoss(root, parts);
  }

  /** The rows and the version; undefined where there is no table. */
  async read(
    survivors: Survivors,
    version?: number,
  ): Promise<{ readonly rows: string; readonly version: number } | undefined> {
    const schema = `s${this.#count++}`;
    const target = join(this.#root, schema);
    const own = [...survivors].flatMap(([path, bytes]): [string, Buffer][] =>
      path.startsWith('default/') ? [[path.slice('default/'.length), bytes]] : [],
    );
    writeSurvivors(new Map(own), target);
    try {
      const at = version === undefined ? '' : ` VERSION AS OF ${version}`;
      const { rows } = await this.#client.run({ sql: `SELECT id, v, p FROM ${schema}.t${at}` });
      return { rows: rowsText(rows), version: version ?? (await this.#newest(`${target}/t`)) };
    } catch (error) {
      if (!(error instanceof SqlFailure) || error.code !== 'TABLE_OR_VIEW_NOT_FOUND') throw error;
      return undefined;
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
  }
}

/** The replies that a call writes. */
function acknowledged({ moment, call }: CallMoment): readonly number[] {
  if (moment !== 'begins' || call.name !== 'write' || call.files[0]?.number !== '1') return [];
  return Buffer.concat(call.texts)
    .toString()
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { id: number }).id]));
}

/** The folder as it is, to see that the trace has all of it. */
function foldersOf(root: string, path = ''): Map<string, Buffer> {
  return new Map(
    readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
      const inner = path === '' ? entry.name : `${path}/${entry.name}`;
      if (inner === 'landing') return [];
      if (entry.isDirectory()) return [...foldersOf(root, inner)];
      return [[inner, readFileSync(join(root, inner))] as [string, Buffer]];
    }),
  );
}

interface Done extends HistoryStatement {
  readonly id: number;
  readonly version: number;
}

test(
  `what was acknowledged survives a loss of power at any step (seed ${seed})`,
  { skip },
  async (t) => {
    const place = await places(t);
    const random = new SeededRandom(seed);
    const done = await writeTraced(random, place);
    const moments = parseTrace(readFileSync(place.traceFile, 'utf8'));
    const disk = new TracedDisk(place.warehouse);
    const after = await AfterLoss.open(place.survived);
    const seen = new Set<string>();
    let [count, states, calls] = [0, 0, 0];
    try {
      for (const moment of moments) {
        const last = acknowledged(moment).at(-1);
        if (last !== undefined) count = done.filter(({ id }) => id <= last).length;
        if (!disk.apply(moment) && last === undefined) continue;
        calls++;
        const losses: LossKind[] = [{ kind: 'unflushed' }, { kind: 'contents' }];
        if (random.chance(0.2)) losses.push({ kind: 'some', random });
        for (const loss of losses) {
          const survivors = disk.survivors(loss);
          const key = `${count} ${survivorsKey(survivors)}`;
          if (seen.has(key)) continue;
          seen.add(key);
          states++;
          await checkSurvivors(survivors, { done, count, loss, after, random });
        }
      }
    } finally {
      await after.close();
    }
    assert.equal(count, done.length, 'the trace has not all acknowledgements');
    const whole = new Map(
      [...disk.survivors({ kind: 'nothing' })].filter(([path]) => !path.startsWith('landing/')),
    );
    assert.equal(
      survivorsKey(whole),
      survivorsKey(foldersOf(place.warehouse)),
      'not all was traced',
    );
    t.diagnostic(`${done.length} statements, ${calls} calls, ${states} different states`);
  },
);

async function writeTraced(random: SeededRandom, place: Places): Promise<readonly Done[]> {
  const { warehouse, landing, traceFile } = place;
  const done: Done[] = [];
  let sources = 0;
  let readableFrom = 0;
  const history = new RandomHistory(random, {
    table: 't',
    makeSource: (csv) => {
      const path = `${landing}/${sources++}.csv`;
      writeFileSync(path, csv);
      return path;
    },
    restorable: () =>
      done
        .filter(({ version }) => version >= readableFrom && version < (done.at(-1)?.version ?? 0))
        .map(({ version, after }) => [version, after] as const),
  });
  const child = await StatementProcess.start({ warehouse, through: tracingInto(traceFile), env });
  try {
    for (let n = 1; n <= statements; n++) {
      const last = done.at(-1);
      const statement = last === undefined ? history.create() : history.next(last.after);
      if (statement.forgetsVersions === true) readableFrom = last?.version ?? 0;
      const { version, failure } = await child.ask(statement.sql, 't');
      if (version === undefined) assert.fail(`${failure?.code} ${failure?.message}`);
      done.push({ ...statement, id: n, version });
    }
  } finally {
    await child.close();
  }
  return done;
}

interface Moment {
  readonly done: readonly Done[];
  /** How many of them are acknowledged. */
  readonly count: number;
  readonly loss: LossKind;
  readonly after: AfterLoss;
  readonly random: SeededRandom;
}

async function checkSurvivors(survivors: Survivors, moment: Moment): Promise<void> {
  const { done, count, loss, after, random } = moment;
  const last = done[count - 1];
  const next = done[count];
  const where = `seed ${seed}: ${loss.kind} lost after statement ${count} (${last?.sql}), in ${next?.sql}`;
  const found = await after.read(survivors).catch((cause: unknown) => {
    throw new Error(`${where}: ${cause instanceof Error ? cause.message : ''}`, { cause });
  });
  if (found === undefined) {
    assert.equal(count, 0, `${where}: the table is gone`);
    return;
  }
  const isOld = last !== undefined && found.version === last.version;
  const rows: ModelRows | undefined = isOld ? last.after : next?.after;
  assert.ok(rows !== undefined && found.version >= (last?.version ?? 0), where);
  assert.ok(found.version <= (next ?? last)!.version, where);
  assert.equal(found.rows, rowsText(rows), where);
  if (count < 2 || !random.chance(0.1)) return;
  // Files of versions before the newest VACUUM may be gone.
  const begun = done.slice(0, count + 1);
  const vacuumed = begun.findLastIndex(({ forgetsVersions }) => forgetsVersions === true);
  const kept = begun.slice(Math.max(vacuumed, 0), count);
  const older = kept[random.below(kept.length)];
  if (older === undefined) return;
  const past = await after.read(survivors, older.version);
  assert.equal(past?.rows, rowsText(older.after), `${where}: version ${older.version}`);
}

test(
  'inserts that share a commit are each safe when they are acknowledged',
  { skip },
  async (t) => {
    const place = await places(t);
    const { warehouse, traceFile } = place;
    const child = await StatementProcess.start({ warehouse, through: tracingInto(traceFile), env });
    const ids = new Map<number, number>();
    let nextId = 1;
    const insert = async (v: number): Promise<void> => {
      ids.set(nextId++, v);
      const { failure } = await child.ask(`INSERT INTO t VALUES (${v}, ${v}, 0)`);
      assert.equal(failure, undefined);
    };
    nextId++;
    await child.ask('CREATE TABLE t (id INT, v INT, p INT)');
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 12 }, (_, n) => insert(12 * round + n)));
    }
    await child.close();

    const disk = new TracedDisk(warehouse);
    const after = await AfterLoss.open(place.survived);
    const safe: number[] = [];
    let checked = 0;
    try {
      for (const moment of parseTrace(readFileSync(traceFile, 'utf8'))) {
        const now = acknowledged(moment).flatMap((id) => ids.get(id) ?? []);
        disk.apply(moment);
        if (now.length === 0) continue;
        safe.push(...now);
        const found = await after.read(disk.survivors({ kind: 'unflushed' }));
        const rows = new Set(found?.rows.split(' '));
        for (const v of safe) assert.ok(rows.has(`${v},${v},0`), `row ${v} is lost`);
        checked++;
      }
      const versions = (await after.read(disk.survivors({ kind: 'unflushed' })))?.version ?? 0;
      assert.ok(versions < 60, 'none shared a commit');
    } finally {
      await after.close();
    }
    assert.deepEqual([safe.length, checked], [60, 60]);
  },
);
