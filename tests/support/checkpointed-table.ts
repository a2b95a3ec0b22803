/**
 * A `TableBuilder` whose log may have checkpoints: their rows are kept in a `FakeParquet`.
 */
import type { JsonValue } from '../../catalog/data-type.ts';
import type { ActiveFiles } from '../../catalog/active-files.ts';
import type { Action } from '../../catalog/log/actions.ts';
import { paddedVersion } from '../../catalog/log/log-path.ts';
import { advanceSnapshot, loadSnapshot } from '../../catalog/snapshot-loader.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { CountingStore } from './counting-store.ts';
import { FakeParquet, type ParquetRows } from './fake-parquet.ts';
import { MemoryStore } from './memory-store.ts';
import { metaData, protocol, TableBuilder } from './table-builder.ts';

export const uuid = '80a083e8-7026-4e79-81be-64bd76c43a11';

export const base = [protocol(), metaData()] as const;

/** The rows a checkpoint has for these actions. */
export function rows(...actions: readonly Action[]): ParquetRows {
  return actions.map(({ kind, ...body }) => {
    const json = JSON.stringify(body, (_, value: unknown) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
    return { [kind]: JSON.parse(json) as JsonValue };
  });
}

export class CheckpointedTable extends TableBuilder {
  readonly counting = new CountingStore(this.store);
  readonly parquet = new FakeParquet();

  constructor() {
    super(new MemoryStore());
  }

  name(version: number, suffix: string): string {
    return `${this.location}/_delta_log/${paddedVersion(version)}.${suffix}`;
  }

  checkpoint(
    version: number,
    content: ParquetRows | 'damaged',
    suffix = 'checkpoint.parquet',
  ): this {
    this.store.set(this.name(version, suffix), 'PAR1');
    this.parquet.files.set(this.name(version, suffix), content);
    return this;
  }

  hint(text: string): this {
    this.store.set(`${this.location}/_delta_log/_last_checkpoint`, text);
    return this;
  }

  forget(version: number): this {
    this.store.delete(this.name(version, 'json'));
    return this;
  }

  load(version?: number): Promise<Snapshot> {
    return loadSnapshot({ store: this.counting, parquet: this.parquet }, this.location, {
      version,
    });
  }

  advance(snapshot: Snapshot): Promise<Snapshot> {
    return advanceSnapshot({ store: this.counting, parquet: this.parquet }, snapshot);
  }
}

export function paths({ files }: { readonly files: ActiveFiles }): readonly string[] {
  return [...files].map((file) => files.rawPath(file));
}
