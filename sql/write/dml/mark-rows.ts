/**
 * Touched rows -> new deletion vectors of their files, the rows marked before included. The vectors
 * are written, several to a file, before the actions that name them are given; no data file is opened.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vectors
 */
import type { FileHandle } from '../../../catalog/active-files.ts';
import type { AddFile, DeletionVectorDescriptor } from '../../../catalog/log/actions.ts';
import { deletionVectorFile } from '../../../catalog/log/deletion-vector-file.ts';
import type { PositionSet } from '../../../catalog/log/roaring-bitmap.ts';
import { wideStatsJson } from '../../../catalog/log/wide-stats.ts';
import { PositionSetBuilder } from '../../../catalog/log/write-position-set.ts';
import { rowNumberBits } from '../../plan/row-columns.ts';
import { quoteIdentifier } from '../../quote.ts';
import type { RowTarget } from './row-target.ts';
import type { WorkContext } from './work-context.ts';
import type { TouchedFile } from './touched-files.ts';
import { touchedAddress, touchedTable } from './work-tables.ts';

/** Vectors are gathered up to about this size before they are written as a file. */
const fileBytesMax = 2 * 1024 * 1024;

/** The files anew, with the vectors that have `files`' touched rows too. */
export async function markTouchedRows(
  files: readonly TouchedFile[],
  target: RowTarget,
  context: WorkContext,
): Promise<readonly AddFile[]> {
  // There need be no table of touched rows then.
  if (files.length === 0) return [];
  const active = target.snapshot.files;
  const wanted = new Map(files.map((touched) => [touched.file, touched]));
  const adds: AddFile[] = [];
  let gathered: { readonly file: FileHandle; readonly set: PositionSet }[] = [];
  let gatheredBytes = 0;

  async function write(): Promise<void> {
    const sets = gathered.map(({ set }) => set);
    const descriptors = await writeVectors(sets, target, context);
    gathered.forEach(({ file }, n) => {
      const deletionVector = descriptors[n];
      const touched = wanted.get(file);
      if (deletionVector === undefined || touched === undefined) return;
      const old = active.addFile(file);
      const physicalRows = touched.liveRows + (old.deletionVector?.cardinality ?? 0);
      adds.push({
        ...old,
        dataChange: true,
        deletionVector,
        stats: wideStatsJson(old.stats, physicalRows),
      });
    });
    gathered = [];
    gatheredBytes = 0;
  }

  for await (const { file, builder } of touchedPositions(wanted, context)) {
    const old = active.deletionVector(file);
    if (old !== undefined) {
      const { location } = target.snapshot;
      const { signal } = context;
      builder.addAll(await context.services.deletionVectors.read(location, old, { signal }));
    }
    const set = builder.finish();
    gathered.push({ file, set });
    gatheredBytes += sizeBytes(set);
    if (gatheredBytes >= fileBytesMax) await write();
  }
  if (gathered.length > 0) await write();
  return adds;
}

/** The touched rows of each wanted file, one file after the other. */
async function* touchedPositions(
  wanted: ReadonlyMap<FileHandle, unknown>,
  context: WorkContext,
): AsyncGenerator<{ readonly file: FileHandle; readonly builder: PositionSetBuilder }> {
  const address = quoteIdentifier(touchedAddress);
  const { batches } = await context.connection.stream(
    `SELECT ${address} FROM ${quoteIdentifier(touchedTable)} ORDER BY ${address}`,
    undefined,
    context.signal,
  );
  let current: { readonly file: FileHandle; readonly builder: PositionSetBuilder } | undefined;
  for await (const { columns } of batches) {
    const [vector] = columns;
    if (vector?.kind !== 'long') throw new TypeError('an address is a BIGINT');
    for (const packed of vector.values) {
      const file = Number(packed >> BigInt(rowNumberBits));
      if (!wanted.has(file)) continue;
      if (current?.file !== file) {
        if (current !== undefined) yield current;
        current = { file, builder: new PositionSetBuilder() };
      }
      current.builder.add(Number(BigInt.asUintN(rowNumberBits, packed)));
    }
  }
  if (current !== undefined) yield current;
}

async function writeVectors(
  sets: readonly PositionSet[],
  { snapshot }: RowTarget,
  { services, signal }: WorkContext,
): Promise<readonly DeletionVectorDescriptor[]> {
  const { name, bytes, descriptors } = deletionVectorFile(services.newId(), sets);
  await services.store.put(`${snapshot.location}/${name}`, bytes, { signal });
  return descriptors;
}

function sizeBytes({ containers }: PositionSet): number {
  return containers.reduce((sum, container) => {
    switch (container.kind) {
      case 'array':
        return sum + container.values.byteLength;
      case 'bitset':
        return sum + container.bytes.byteLength;
      case 'runs':
        return sum + container.runs.byteLength;
    }
  }, 64);
}
