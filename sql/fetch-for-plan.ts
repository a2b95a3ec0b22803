/**
 * THE FETCH STAGE: what a plan needs and the engine does not have yet. Data files of an object store
 * come to this machine, and stay until the connection is closed; the deletion vectors of the plan's
 * files -> the relations of packed positions that its SQL names.
 * They are temporary tables of the statement's own connection.
 */
import { deletionVectorId, type DeletionVectorDescriptor } from '../catalog/log/actions.ts';
import { forEachRange, positionsOf, type PositionSet } from '../catalog/log/roaring-bitmap.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { CodedError } from '../catalog/coded-error.ts';
import type { EngineConnection } from './duckdb/engine-connection.ts';
import type { DeletedRows, QueryPlan } from './plan/query-plan.ts';
import { rowNumberBits } from './plan/row-columns.ts';
import type { StatementContext } from './statement-context.ts';

/** Vectors that are read at the same time. */
const parallelReads = 16;

export async function fetchForPlan(
  plan: QueryPlan,
  connection: EngineConnection,
  context: StatementContext,
): Promise<void> {
  await fetchFiles(plan, connection, context);
  for (const statement of plan.setUp) await connection.rows(statement, context.signal);
  for (const deleted of plan.deletedRows) {
    await connection.putPositions(deleted.name, await packedPositions(deleted, context));
  }
}

async function fetchFiles(
  plan: QueryPlan,
  connection: EngineConnection,
  { services, signal }: StatementContext,
): Promise<void> {
  if (plan.isAnsweredFromLog) return;
  const files = plan.scans.flatMap(({ table, files: handles }) => {
    const active = table.snapshot.files;
    return handles.map((file) => ({
      location: active.location(file),
      sizeBytes: active.sizeBytes(file),
    }));
  });
  const held = await services.files.hold(files, { signal });
  connection.whenClosed(() => held.release());
}

/**
 * Runs `use` on a connection that has all the plan's SQL needs: that of the statement where it has
 * one, else one of its own. For statements that end with `use`; a query whose rows are streamed keeps
 * its connection: see `run-query.ts`.
 */
export async function withPlanConnection<T>(
  plan: QueryPlan,
  context: StatementContext,
  use: (connection: EngineConnection) => Promise<T>,
): Promise<T> {
  if (context.connection !== undefined) {
    await fetchForPlan(plan, context.connection, context);
    return await use(context.connection);
  }
  return await context.services.duckdb.withConnection(async (connection) => {
    await fetchForPlan(plan, connection, context);
    return await use(connection);
  });
}

/** `(number of the file in the list << 40) | row number`, for every deleted row. */
async function packedPositions(
  { snapshot, files, except }: DeletedRows,
  context: StatementContext,
): Promise<BigInt64Array> {
  const descriptors = files.map((file) => {
    const descriptor = snapshot.files.deletionVector(file);
    if (descriptor === undefined)
      throw new TypeError('a file without a deletion vector was planned as one with');
    return descriptor;
  });
  const total = descriptors.reduce((sum, { cardinality }) => sum + cardinality, 0);
  const packed = new BigInt64Array(total);
  // Its halves, low then high: no BigInt is made of them.
  const halves = new Uint32Array(packed.buffer);
  let next = 0;
  let read = 0;
  for (let from = 0; from < descriptors.length; from += parallelReads) {
    const to = from + parallelReads;
    const sets = await readSets(snapshot, descriptors.slice(from, to), context);
    const excepted = await readSets(snapshot, except?.slice(from, to) ?? [], context);
    sets.forEach((set, index) => {
      if (set === undefined) return;
      const others = excepted[index];
      const left = others === undefined ? undefined : new Set(positionsOf(others));
      const high = (from + index) * 2 ** (rowNumberBits - 32);
      forEachRange(set, (start, end) => {
        read += end - start;
        for (let row = start; row < end; row++) {
          if (left?.has(row) === true) continue;
          halves[2 * next] = row;
          halves[2 * next + 1] = high + Math.floor(row / 2 ** 32);
          next++;
        }
      });
    });
  }
  if (read !== total) {
    const ids = descriptors.map((descriptor) => deletionVectorId(descriptor)).join(', ');
    throw new CodedError(
      'DELTA_LOG_CORRUPT',
      `The deletion vectors ${ids} do not hold the ${total} rows of the log.`,
    );
  }
  return packed.subarray(0, next);
}

async function readSets(
  { location }: Snapshot,
  descriptors: readonly (DeletionVectorDescriptor | undefined)[],
  { services, signal }: StatementContext,
): Promise<readonly (PositionSet | undefined)[]> {
  return await Promise.all(
    descriptors.map(async (descriptor) =>
      descriptor === undefined
        ? undefined
        : await services.deletionVectors.read(location, descriptor, { signal }),
    ),
  );
}
