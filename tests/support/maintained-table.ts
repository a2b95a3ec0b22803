/** A `TableBuilder` with all that checkpoints, cleanup and VACUUM need around it; times are made up. */
import type { JsonValue } from '../../catalog/data-type.ts';
import type { ObjectStore } from '../../catalog/ports.ts';
import { loadSnapshot } from '../../catalog/snapshot-loader.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { MemoryStore } from './memory-store.ts';
import { StoredParquet } from './stored-parquet.ts';
import { TableBuilder } from './table-builder.ts';

export const dayMs = 86_400_000;
export const now = Date.UTC(2026, 5, 15, 12);

export class MaintainedTable extends TableBuilder {
  readonly parquet = new StoredParquet(this.store);
  nowMs = now;
  #ids = 0;

  constructor(store = new MemoryStore()) {
    super(store);
  }

  get ports() {
    return this.portsOver(this.store);
  }

  /** The same over another store, one that dies for example. */
  portsOver(store: ObjectStore) {
    const parquet = store === this.store ? this.parquet : new StoredParquet(store);
    parquet.rowsPerBatch = this.parquet.rowsPerBatch;
    return {
      store,
      parquet,
      parquetWriter: parquet,
      clock: { nowMs: () => this.nowMs },
      newId: () => `00000000-0000-4000-8000-${String(this.#ids++).padStart(12, '0')}`,
    };
  }

  load(version?: number): Promise<Snapshot> {
    return loadSnapshot(this.ports, this.location, { version });
  }

  /** The names in the log, sub-folders included. */
  log(): readonly string[] {
    const folder = `${this.location}/_delta_log/`;
    return this.store
      .locations()
      .filter((location) => location.startsWith(folder))
      .map((location) => location.slice(folder.length))
      .sort();
  }

  /** The rows of a "Parquet" file of the log, or any other JSON document in it. */
  async json(name: string): Promise<JsonValue> {
    const bytes = await this.store.read(`${this.location}/_delta_log/${name}`);
    return JSON.parse(Buffer.from(bytes ?? []).toString()) as JsonValue;
  }

  async rows(name: string): Promise<readonly { readonly [column: string]: JsonValue }[]> {
    return (await this.json(name)) as never;
  }

  /** Takes the commits before a version away, so that only the checkpoint can tell. */
  forgetBefore(version: number): void {
    for (let v = 0; v < version; v++) {
      this.store.delete(`${this.location}/_delta_log/${String(v).padStart(20, '0')}.json`);
    }
  }

  /** The next files of the log are written at this time. */
  at(ms: number): this {
    this.store.nextModifiedMs = ms;
    return this;
  }
}
