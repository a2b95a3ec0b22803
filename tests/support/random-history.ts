/**
 * Random statements of every kind on one table, each with what it makes of the rows: a model of a table
 * in as many lines as there are kinds. The same seed gives the same statements on the same rows.
 */
import type { SeededRandom } from './seeded-random.ts';

/** `[id, v, p]`; ids are given once. */
export type ModelRow = readonly [id: number, v: number, p: number];
export type ModelRows = readonly ModelRow[];

export interface HistoryStatement {
  readonly kind: string;
  readonly sql: string;
  /** The rows once it is done. */
  readonly after: ModelRows;
  /** How many versions it makes at most. */
  readonly versionsMax: number;
  /** Files of older versions may be gone from its beginning on. */
  readonly forgetsVersions?: boolean;
}

export interface HistoryPlaces {
  readonly table: string;
  /** Writes a file with these rows, to be loaded, and gives its path. */
  readonly makeSource: (csv: string) => string;
  /** Rows of versions that can still be read. */
  readonly restorable: () => readonly (readonly [version: number, rows: ModelRows])[];
}

/** How tables may be, each in turn with every CREATE OR REPLACE. */
const properties: readonly [string, ...string[]] = [
  `'delta.checkpointInterval' = '3'`,
  `'delta.checkpointInterval' = '4', 'delta.enableDeletionVectors' = 'true'`,
  `'delta.checkpointInterval' = '2', 'delta.checkpointPolicy' = 'v2', 'delta.feature.v2Checkpoint' = 'supported'`,
  `'delta.checkpointInterval' = '3', 'delta.enableChangeDataFeed' = 'true'`,
  `'delta.checkpointInterval' = '5', 'delta.enableDeletionVectors' = 'true', ` +
    `'delta.enableChangeDataFeed' = 'true', 'delta.checkpointPolicy' = 'v2', ` +
    `'delta.feature.v2Checkpoint' = 'supported'`,
];

const valuesMax = 6;

export class RandomHistory {
  readonly #random: SeededRandom;
  readonly #places: HistoryPlaces;
  #ids = 0;

  constructor(random: SeededRandom, places: HistoryPlaces) {
    this.#random = random;
    this.#places = places;
  }

  /** CREATE OR REPLACE, with which a history begins. */
  create(): HistoryStatement {
    const rows = this.#newRows();
    const { table } = this.#places;
    const partitions = this.#random.chance(0.4) ? ' PARTITIONED BY (p)' : '';
    const retention = `'delta.logRetentionDuration' = 'interval 1 day'`;
    return {
      kind: 'CREATE OR REPLACE',
      sql:
        `CREATE OR REPLACE TABLE ${table} USING DELTA${partitions} ` +
        `TBLPROPERTIES (${this.#random.pick(properties)}, ${retention}) ` +
        `AS SELECT * FROM (VALUES ${literals(rows)}) x(id, v, p)`,
      after: rows,
      versionsMax: 1,
    };
  }

  next(rows: ModelRows): HistoryStatement {
    const one = (kind: string, sql: string, after: ModelRows): HistoryStatement => {
      return { kind, sql, after, versionsMax: 1 };
    };
    const { table: t } = this.#places;
    const added = this.#newRows();
    const values = literals(added);
    const random = this.#random;
    const p = random.below(3);
    const [m, r] = [2 + random.below(4), random.below(2)];
    const roll = random.below(100);
    // Large enough that statements change some rows and not always all.
    if (roll < 20 || rows.length < 4) {
      return one('INSERT', `INSERT INTO ${t} (id, v, p) VALUES ${values}`, [...rows, ...added]);
    }
    if (roll < 24) {
      return one('INSERT OVERWRITE', `INSERT OVERWRITE ${t} (id, v, p) VALUES ${values}`, added);
    }
    if (roll < 31) {
      const own = added.map(([id, v]): ModelRow => [id, v, p]);
      return one(
        'REPLACE WHERE',
        `INSERT INTO ${t} (id, v, p) REPLACE WHERE p = ${p} VALUES ${literals(own)}`,
        [...rows.filter((row) => row[2] !== p), ...own],
      );
    }
    if (roll < 44) {
      return one(
        'UPDATE',
        `UPDATE ${t} SET v = v + 7 WHERE id % ${m} = ${r}`,
        rows.map(([id, v, q]) => [id, id % m === r ? v + 7 : v, q]),
      );
    }
    if (roll < 55) {
      return one(
        'DELETE',
        `DELETE FROM ${t} WHERE id % ${m + 2} = ${r}`,
        rows.filter(([id]) => id % (m + 2) !== r),
      );
    }
    if (roll < 67) return this.#merge(rows, added);
    if (roll < 74) return one('OPTIMIZE', `OPTIMIZE ${t}`, rows);
    if (roll < 78) {
      const sql = `ALTER TABLE ${t} SET TBLPROPERTIES ('note' = '${random.below(1000)}')`;
      return one('ALTER TABLE', sql, rows);
    }
    if (roll < 82) return this.#restore(rows);
    if (roll < 86) return this.create();
    if (roll < 93) {
      const csv = added.map((row) => row.join(',')).join('\n');
      const path = this.#places.makeSource(`id,v,p\n${csv}\n`);
      return one(
        'COPY INTO',
        `COPY INTO ${t} FROM '${path}' FILEFORMAT = CSV ` +
          `FORMAT_OPTIONS ('header' = 'true', 'inferSchema' = 'true')`,
        [...rows, ...added],
      );
    }
    return {
      kind: 'VACUUM',
      sql: `VACUUM ${t} RETAIN 0 HOURS`,
      after: rows,
      versionsMax: 2,
      forgetsVersions: true,
    };
  }

  #merge(rows: ModelRows, added: ModelRows): HistoryStatement {
    const { table } = this.#places;
    const met = rows.filter(() => this.#random.chance(0.3)).slice(0, valuesMax);
    const source: ModelRows = [...met.map(([id, v, p]): ModelRow => [id, v + 100, p]), ...added];
    const byId = new Map(source.map((row) => [row[0], row]));
    const after = rows.flatMap((row): ModelRow[] => {
      const found = byId.get(row[0]);
      if (found === undefined) return [row];
      return row[0] % 5 === 0 ? [] : [[row[0], found[1], row[2]]];
    });
    return {
      kind: 'MERGE',
      sql:
        `MERGE INTO ${table} t USING (SELECT * FROM (VALUES ${literals(source)}) x(id, v, p)) s ` +
        `ON t.id = s.id WHEN MATCHED AND t.id % 5 = 0 THEN DELETE ` +
        `WHEN MATCHED THEN UPDATE SET v = s.v ` +
        `WHEN NOT MATCHED THEN INSERT (id, v, p) VALUES (s.id, s.v, s.p)`,
      after: [...after, ...added],
      versionsMax: 1,
    };
  }

  #restore(rows: ModelRows): HistoryStatement {
    const versions = this.#places.restorable();
    const found = versions[this.#random.below(Math.max(versions.length, 1))];
    const { table } = this.#places;
    if (found === undefined) {
      return { kind: 'OPTIMIZE', sql: `OPTIMIZE ${table}`, after: rows, versionsMax: 1 };
    }
    const [version, after] = found;
    const sql = `RESTORE TABLE ${table} TO VERSION AS OF ${version}`;
    return { kind: 'RESTORE', sql, after, versionsMax: 1 };
  }

  #newRows(): ModelRows {
    const count = 2 + this.#random.below(valuesMax);
    return Array.from({ length: count }, () => {
      return [this.#ids++, this.#random.below(1000), this.#random.below(3)];
    });
  }
}

function literals(rows: ModelRows): string {
  return rows.map((row) => `(${row.join(', ')})`).join(', ');
}

/** One text for each set of rows, whatever their order. */
export function rowsText(rows: Iterable<readonly unknown[]>): string {
  return [...rows]
    .map((row) => row.join(','))
    .sort()
    .join(' ');
}
