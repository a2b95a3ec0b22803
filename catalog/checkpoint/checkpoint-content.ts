/**
 * What a checkpoint of a version holds, and its rows as `RowSource`s: one for a classic checkpoint,
 * several for the sidecars of a V2 one.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoints-1
 */
import type { ColumnBatch, ColumnVector } from '../column-batch.ts';
import type { StructType } from '../data-type.ts';
import type { Action } from '../log/actions.ts';
import { readProperty, tableProperties } from '../log/table-properties.ts';
import type { RowSource } from '../ports.ts';
import type { Snapshot } from '../snapshot.ts';
import { nullVector, vectorOf, type Value } from './build-vector.ts';
import { addLayout, classicSchema, sidecarSchema, type AddLayout } from './checkpoint-schema.ts';
import { FileRowReader, type FileRows } from './file-rows.ts';
import type { Tombstones } from './tombstones.ts';

export interface CheckpointContent {
  readonly snapshot: Snapshot;
  readonly tombstones: Tombstones;
  /** Protocol, metadata, transactions and domain metadata. */
  readonly others: readonly Action[];
  readonly layout: AddLayout;
}

/**
 * @param nowMs transactions that the table no longer keeps are left out. One that does not say when it
 *   was updated stays: forgetting it might let its application write twice
 */
export function checkpointContent(
  snapshot: Snapshot,
  tombstones: Tombstones,
  nowMs: number,
): CheckpointContent {
  const { protocol, metadata, txns, domainMetadata } = snapshot;
  const retentionMs = readProperty(metadata.configuration, tableProperties.transactionRetentionMs);
  const sinceMs = retentionMs === undefined ? -Infinity : nowMs - retentionMs;
  const kept = [...txns.values()].filter(({ lastUpdated = Infinity }) => lastUpdated > sinceMs);
  return {
    snapshot,
    tombstones,
    others: [protocol, metadata, ...kept, ...domainMetadata.values()],
    layout: addLayout(snapshot),
  };
}

export function fileActionCount({ snapshot, tombstones }: CheckpointContent): number {
  return snapshot.files.count + tombstones.count;
}

/** All actions in one stream. */
export function classicRows(content: CheckpointContent): RowSource {
  const schema = classicSchema(content.layout);
  const others = actionRows(schema, content.others);
  const files = fileReader(content, schema);
  return {
    schema,
    next: (rowsMax) => others.next(rowsMax) ?? asBatch(schema, files.next(rowsMax)),
  };
}

/** Sidecars of at most `rowsEach` files and tombstones; each must be read before the next is begun. */
export function* sidecarRows(
  content: CheckpointContent,
  rowsEach: number,
): Generator<RowSource, void, undefined> {
  const schema = sidecarSchema(content.layout);
  const files = fileReader(content, schema);
  for (let left = fileActionCount(content); left > 0; left -= rowsEach) {
    let room = rowsEach;
    yield {
      schema,
      next: (rowsMax) => {
        if (room === 0) return undefined;
        const batch = asBatch(schema, files.next(Math.min(rowsMax, room)));
        room -= batch?.rowCount ?? 0;
        return batch;
      },
    };
  }
}

function fileReader(content: CheckpointContent, schema: StructType): FileRowReader {
  const { snapshot, tombstones, layout } = content;
  const remove = schema.fields.find(({ name }) => name === 'remove')?.type;
  if (remove?.kind !== 'struct') throw new TypeError('no column remove');
  return new FileRowReader(snapshot.files, tombstones, layout, remove);
}

function asBatch(schema: StructType, rows: FileRows | undefined): ColumnBatch | undefined {
  if (rows === undefined) return undefined;
  const { kind, rowCount, vector } = rows;
  const columns = schema.fields.map(({ name, type }): ColumnVector =>
    name === kind ? vector : nullVector(type, rowCount),
  );
  return { rowCount, columns };
}

/** Few actions, one a row, each in the column of its kind. */
export function actionRows(schema: StructType, actions: readonly Action[]): RowSource {
  let taken = 0;
  return {
    schema,
    next: (rowsMax) => {
      const some = actions.slice(taken, taken + rowsMax);
      taken += some.length;
      if (some.length === 0) return undefined;
      const columns = schema.fields.map(({ name, type }) =>
        vectorOf(
          type,
          some.map((action): Value => {
            if (action.kind !== name) return null;
            const { kind: _, ...fields } = action;
            return fields as { readonly [field: string]: Value };
          }),
        ),
      );
      return { rowCount: some.length, columns };
    },
  };
}
