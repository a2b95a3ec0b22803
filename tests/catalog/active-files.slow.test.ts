/**
 * A million active files: memory by column, no object a file, and small changes stay small.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ActiveFiles } from '../../catalog/active-files.ts';
import { ActiveFilesEditor } from '../../catalog/active-files-editor.ts';
import { add } from '../support/table-builder.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function file(i: number): ReturnType<typeof add> {
  const name = `d=${i % 1000}/part-${i}-c52c7d6a-0b0f-4a5e-9c0e-${String(i).padStart(12, '0')}.parquet`;
  return add(name, {
    partitionValues: { d: String(i % 1000) },
    size: i,
    stats: `{"numRecords":1000,"minValues":{"id":${i}},"maxValues":{"id":${i + 1000}},"nullCount":{"id":0}}`,
  });
}

test('a million files take a bounded amount of memory, and the next version hardly any', () => {
  const count = 1_000_000;
  const heapBefore = heapBytes();
  const editor = new ActiveFilesEditor(ActiveFiles.empty('/t'));
  for (let i = 0; i < count; i++) editor.add(file(i));
  const files = editor.finish();
  assert.equal(files.count, count);
  assert.equal(files.totalBytes, (count * (count - 1)) / 2);
  const heapGrowth = heapBytes() - heapBefore;
  assert.ok(heapGrowth < 40e6, `${heapGrowth} bytes of heap`);
  assert.ok(files.sizeInMemoryBytes < 300e6, `${files.sizeInMemoryBytes} bytes by its own count`);

  const next = new ActiveFilesEditor(files);
  next.remove(file(123_456).path, undefined);
  next.add(file(count));
  const after = next.finish();
  assert.equal(after.count, count);
  const owned = after.chunks.filter((chunk) => !files.chunks.includes(chunk));
  const shared = owned.filter(({ indexed }) => files.chunks.some((old) => old.indexed === indexed));
  assert.equal(shared.length, 1, 'one chunk has a new bitmap');
  assert.ok(owned.length <= 3, `${owned.length} chunks are new`);
  assert.equal([...after].length, count);
});
