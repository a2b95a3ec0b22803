/**
 * Kills a writer at random moments, and looks each time with a new process at what it has left:
 *
 * 1. What was acknowledged is there; the statement under way is there whole or not at all.
 * 2. Every version that can be read reads as it did; one that cannot is an error, never other rows.
 * 3. Each checkpoint says what the log says without it, and checksums agree (reading compares them).
 * 4. delta-rs reads the same rows.
 * 5. VACUUM leaves the table's files and nothing else, and cleaning up the log leaves no temporary file.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { OtherEngine, skipWithout } from '../../interop/other-engine.ts';
import { makeScratch } from '../../support/open-engine.ts';
import {
  RandomHistory,
  rowsText,
  type HistoryStatement,
  type ModelRows,
} from '../../support/random-history.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { ChildDied, StatementProcess } from '../../support/statement-process.ts';
import {
  ageLog,
  compareCheckpoints,
  compareFolder,
  unfinishedInLog,
} from '../../support/table-audit.ts';

const table = 't';
const statementsMax = 14;
/** The longest interval between checkpoints that `random-history.ts` gives a table. */
const checkpointIntervalMax = 5;
const delayMsMax = 900;
const callsMax = 160;
/** Versions that cannot be read any more: their files were vacuumed or their commits cleaned up. */
const goneCodes =
  /^(DELTA_FILE_NOT_FOUND|DELTA_VERSION_NOT_FOUND|VERSION_NOT_FOUND|DELTA_LOG_FILE_NOT_FOUND\w*|DELTA_\w*(NOT_FOUND|TRUNCATED)\w*|DELTA_UNSUPPORTED_TIME_TRAVEL\w*)$/;

export interface KillFacts {
  kills: number;
  acknowledged: number;
  /** Statements under way that turned out to be done. */
  doneUnheard: number;
  versionsRead: number;
  versionsGone: number;
  checkpoints: number;
  filesKept: number;
  readonly kinds: Map<string, number>;
}

class KilledTable {
  readonly warehouse: string;
  readonly facts: KillFacts = {
    kills: 0,
    acknowledged: 0,
    doneUnheard: 0,
    versionsRead: 0,
    versionsGone: 0,
    checkpoints: 0,
    filesKept: 0,
    kinds: new Map(),
  };
  readonly #random: SeededRandom;
  readonly #history: RandomHistory;
  /** What every version held, as far as it is known. */
  readonly #known = new Map<number, ModelRows>();
  /** Older ones may have lost their files. */
  #readableFrom = 0;
  #version = -1;
  #rows: ModelRows = [];
  /** Of several, where VACUUM was under way. */
  #underWay: HistoryStatement | undefined;
  #sources = 0;
  trace: string[] = [];

  constructor(seed: number, warehouse: string) {
    this.warehouse = warehouse;
    this.#random = new SeededRandom(seed);
    const landing = `${warehouse}/landing`;
    mkdirSync(landing);
    this.#history = new RandomHistory(this.#random, {
      table,
      makeSource: (csv) => {
        const path = `${landing}/${this.#sources++}.csv`;
        writeFileSync(path, csv);
        return path;
      },
      restorable: () =>
        [...this.#known].filter(([v]) => v >= this.#readableFrom && v < this.#version),
    });
  }

  get location(): string {
    return `${this.warehouse}/default/${table}`;
  }

  /** Statements until the process dies, or for so long. */
  async writeAndKill(): Promise<void> {
    this.trace = [];
    const random = this.#random;
    const isTimed = random.chance(0.5);
    const when = random.chance(0.5) ? 'before' : 'after';
    const death = { at: random.below(callsMax), when } as const;
    const child = await StatementProcess.start({
      warehouse: this.warehouse,
      death: isTimed ? undefined : death,
    }).catch((error: unknown) => {
      if (error instanceof ChildDied) return undefined;
      throw error;
    });
    if (child === undefined) return;
    const delayMs = random.below(delayMsMax);
    const killed = isTimed ? sleep(delayMs).then(() => child.kill()) : undefined;
    try {
      for (let n = 0; isTimed || n < statementsMax; n++) await this.#write(child);
    } catch (error) {
      if (!(error instanceof ChildDied)) throw error;
      if (!isTimed && !/^the process has ended: $/.test(error.message)) throw error;
    } finally {
      await killed;
      await child.kill();
    }
    this.facts.kills++;
  }

  async #write(child: StatementProcess): Promise<void> {
    const statement = this.#version < 0 ? this.#history.create() : this.#history.next(this.#rows);
    this.#underWay = statement;
    this.trace.push(statement.sql);
    if (statement.forgetsVersions === true) this.#readableFrom = this.#version;
    const reply = await child.ask(statement.sql, table);
    const { version, failure } = reply;
    if (version === undefined) {
      assert.fail(`${failure?.code} ${failure?.message}: ${statement.sql}`);
    }
    this.#learn(version, statement);
    this.facts.acknowledged++;
  }

  #learn(version: number, { kind, after, versionsMax }: HistoryStatement): void {
    const made = version - this.#version;
    assert.ok(made >= 0 && made <= versionsMax, `${kind} made ${made} versions`);
    // VACUUM's versions all hold the same.
    for (let v = this.#version + 1; v <= version; v++) this.#known.set(v, after);
    if (made === 0) assert.equal(rowsText(after), rowsText(this.#rows), `${kind} made no version`);
    const { kinds } = this.facts;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    this.#version = version;
    this.#rows = after;
    this.#underWay = undefined;
  }

  async check(deltaRs: OtherEngine | undefined, isThorough: boolean): Promise<void> {
    const child = await StatementProcess.start({ warehouse: this.warehouse });
    try {
      await this.#checkNewest(child);
      if (this.#version < 0) return;
      await this.#checkVersions(child);
      this.facts.checkpoints += await compareCheckpoints(this.location);
      if (deltaRs !== undefined) await this.#checkWith(deltaRs);
      if (isThorough) await this.#checkLeftovers(child);
    } finally {
      await child.close();
    }
    if (isThorough) assert.deepEqual(unfinishedInLog(this.location), [], 'left in the log');
  }

  async #checkNewest(child: StatementProcess): Promise<void> {
    const exists = (await child.rows('SHOW TABLES')).some((row) => row.includes(table));
    if (!exists) {
      assert.equal(this.#version, -1, 'the table is gone');
      return;
    }
    const {
      rows = [],
      version = -1,
      failure,
    } = await child.ask(`SELECT id, v, p FROM ${table}`, table);
    assert.equal(failure, undefined);
    const found = rowsText(rows);
    const underWay = this.#underWay;
    if (underWay !== undefined && version > this.#version) {
      assert.equal(
        found,
        rowsText(underWay.after),
        `what was under way is half done: ${underWay.sql}`,
      );
      this.#learn(version, underWay);
      this.facts.doneUnheard++;
    }
    this.#underWay = undefined;
    assert.equal(version, this.#version);
    assert.equal(found, rowsText(this.#rows), 'what was acknowledged is not there');
  }

  async #checkVersions(child: StatementProcess): Promise<void> {
    for (const [version, expected] of this.#known) {
      const sql = `SELECT id, v, p FROM ${table} VERSION AS OF ${version}`;
      const { rows, failure } = await child.ask(sql);
      if (rows !== undefined) {
        assert.equal(rowsText(rows), rowsText(expected), `version ${version} reads otherwise`);
        this.facts.versionsRead++;
        continue;
      }
      const why = `version ${version}: ${failure?.code} ${failure?.message}`;
      assert.ok(version < this.#readableFrom, why);
      assert.match(failure?.code ?? '', goneCodes, why);
      this.#known.delete(version);
      this.facts.versionsGone++;
    }
  }

  async #checkWith(deltaRs: OtherEngine): Promise<void> {
    const path = this.location;
    const answer = (await deltaRs.call('sql', { path, query: 'SELECT id, v, p FROM t' })) as {
      readonly rows: readonly string[];
    };
    const rows = answer.rows.map((row) => (JSON.parse(row) as unknown[]).map(Number));
    assert.equal(rowsText(rows), rowsText(this.#rows), 'delta-rs reads other rows');
  }

  /** Takes away what was left, and looks that nothing else went. */
  async #checkLeftovers(child: StatementProcess): Promise<void> {
    this.#readableFrom = this.#version;
    const before = this.#version;
    const { failure, version = 0 } = await child.ask(`VACUUM ${table} RETAIN 0 HOURS`, table);
    assert.equal(failure, undefined);
    for (let v = before + 1; v <= version; v++) this.#known.set(v, this.#rows);
    this.#version = version;
    const { rows = [] } = await child.ask(`SELECT id, v, p FROM ${table}`);
    assert.equal(rowsText(rows), rowsText(this.#rows), 'VACUUM took too much');
    this.facts.filesKept += await compareFolder(this.location);
    // The log is three days old now: whoever writes the next checkpoint cleans it up.
    ageLog(this.location);
    for (let n = 0; n < checkpointIntervalMax; n++) {
      const sql = `ALTER TABLE ${table} SET TBLPROPERTIES ('cleaned' = '${n}')`;
      const altered = await child.ask(sql, table);
      assert.equal(altered.failure, undefined);
      this.#version = altered.version ?? 0;
      this.#known.set(this.#version, this.#rows);
    }
    this.#readableFrom = this.#version;
  }
}

/** Plays a history with so many kills. Throws with the seed and the statements of the last round. */
export async function killRepeatedly(seed: number, kills: number): Promise<KillFacts> {
  const { folder, remove } = await makeScratch();
  const deltaRs = skipWithout('delta-rs') === false ? new OtherEngine('delta-rs') : undefined;
  const killed = new KilledTable(seed, folder);
  try {
    for (let round = 1; killed.facts.kills < kills; round++) {
      try {
        await killed.writeAndKill();
        await killed.check(deltaRs, round % 5 === 0);
      } catch (cause) {
        const replay = `play it again with LEVEE_SEED=${seed}`;
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new Error(
          `seed ${seed}, round ${round} (${replay}): ${why}\n${killed.trace.join('\n')}`,
          {
            cause,
          },
        );
      }
    }
    return killed.facts;
  } finally {
    await deltaRs?.close();
    if (process.env['LEVEE_KEEP'] === undefined) await remove();
    else console.error(`kept ${folder}`);
  }
}
