import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ActiveFiles } from '../../catalog/active-files.ts';
import { ActiveFilesEditor } from '../../catalog/active-files-editor.ts';
import { matchChunk, matchPartitions } from '../../catalog/chunk-filter.ts';
import { bindPredicate, fileMightMatch, type Skipping } from '../../catalog/data-skipping.ts';
import type { StructType } from '../../catalog/data-type.ts';
import { partitionValueAt, textAt, type FileChunk } from '../../catalog/file-chunk.ts';
import { parseFileStats } from '../../catalog/log/file-stats.ts';
import { formatPartitionValue } from '../../catalog/log/partition-values.ts';
import type { PredicateColumn } from '../../catalog/predicate.ts';
import { selectFiles } from '../../catalog/scan.ts';
import {
  nullableField,
  predicatesOver,
  skippingTypes,
  statsJson,
  valuesOf,
} from '../support/skipping-arbitraries.ts';
import { add, metaData, protocol } from '../support/table-builder.ts';

/** A column of each type as data, one in a struct, and one of each as partition column. */
const dataColumns: readonly PredicateColumn[] = [
  ...skippingTypes.map((type, i) => ({ path: [`c${i}`], type })),
  { path: ['s', 'x y'], type: { kind: 'long' } },
];
const partitionColumns: readonly PredicateColumn[] = skippingTypes.map((type, i) => ({
  path: [`p${i}`],
  type,
}));
const schema: StructType = {
  kind: 'struct',
  fields: [
    ...skippingTypes.map((type, i) => nullableField(`c${i}`, type)),
    nullableField('s', { kind: 'struct', fields: [nullableField('x y', { kind: 'long' })] }),
    ...skippingTypes.map((type, i) => nullableField(`p${i}`, type)),
  ],
};
const table = {
  schema,
  metadata: metaData({
    schema,
    partitionColumns: partitionColumns.map(({ path }) => path[0] ?? ''),
  }),
  protocol: protocol(),
};

const bound = ({ type }: PredicateColumn): fc.Arbitrary<string | undefined> =>
  fc.option(
    fc.oneof(
      {
        weight: 10,
        arbitrary: fc
          .tuple(fc.constantFrom(...valuesOf(type)), fc.boolean())
          .map(([value, cut]) => statsJson(type, value, cut)),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom('null', '1e2', '"x"', '{}', '1.5', '-0', '[1,"}"]'),
      },
    ),
    { nil: undefined, freq: 4 },
  );

/** The JSON text of a section, nested columns in their structs. */
function sectionOf(values: readonly (string | undefined)[]): string {
  const members = dataColumns.flatMap(({ path }, i) => {
    const value = values[i];
    if (value === undefined) return [];
    const [first = '', second] = path;
    return second === undefined
      ? [`${JSON.stringify(first)}:${value}`]
      : [`${JSON.stringify(first)}: {"other":"}","${second}" :${value}}`];
  });
  return `{"unasked":"\\"{",${members.join(' , ')}${members.length === 0 ? '"z":1' : ''}}`;
}

const statistics: fc.Arbitrary<string | undefined> = fc
  .record({
    numRecords: fc.constantFrom('0', '3', '3', 'null', '1e1', undefined),
    tightBounds: fc.constantFrom('true', 'false', undefined, undefined),
    min: fc.option(fc.tuple(...dataColumns.map(bound)), { nil: undefined }),
    max: fc.option(fc.tuple(...dataColumns.map(bound)), { nil: undefined }),
    nulls: fc.array(fc.constantFrom('0', '1', '3', '-1', 'null', undefined), {
      minLength: dataColumns.length,
      maxLength: dataColumns.length,
    }),
    end: fc.constantFrom('}', '}', '}', '}', '} ', ''),
    none: fc.constantFrom(false, false, false, true),
  })
  .map(({ numRecords, tightBounds, min, max, nulls, end, none }) => {
    if (none) return undefined;
    const members = [
      numRecords === undefined ? [] : [`"numRecords":${numRecords}`],
      min === undefined ? [] : [`"minValues":${sectionOf(min)}`],
      max === undefined ? [] : [`"maxValues":${sectionOf(max)}`],
      [`"nullCount":${sectionOf(nulls)}`],
      tightBounds === undefined ? [] : [`"tightBounds":${tightBounds}`],
    ].flat();
    return `{${members.join(',')}${end}`;
  });

const partitions: fc.Arbitrary<Record<string, string | null>> = fc
  .tuple(
    ...partitionColumns.map(({ type, path }) =>
      fc
        .constantFrom(null, 'broken!', ...valuesOf(type))
        .map((value) =>
          value === 'broken!' ? value : formatPartitionValue({ name: path[0] ?? '', type }, value),
        ),
    ),
  )
  .map((texts) => Object.fromEntries(texts.map((text, i) => [`p${i}`, text])));

const filesOf = fc.array(fc.record({ stats: statistics, partitionValues: partitions }), {
  minLength: 1,
  maxLength: 8,
});

function chunkOf(
  files: readonly { stats: string | undefined; partitionValues: Record<string, string | null> }[],
) {
  const [live] = activeFilesOf(files).chunks;
  assert.ok(live !== undefined);
  return live.indexed;
}

function activeFilesOf(
  files: readonly { stats: string | undefined; partitionValues: Record<string, string | null> }[],
): ActiveFiles {
  const editor = new ActiveFilesEditor(ActiveFiles.empty('/t'));
  files.forEach((file, i) => editor.add(add(`f${i}`, file)));
  return editor.finish();
}

function oneByOne(skipping: Skipping, chunk: FileChunk): number[] {
  return Array.from({ length: chunk.rowCount }, (_, row) =>
    Number(
      fileMightMatch(skipping, {
        partitionValue: (name) => partitionValueAt(chunk, name, row),
        stats: parseFileStats(textAt(chunk.stats, row), skipping.columns),
      }),
    ),
  );
}

test('a chunk of files is judged as each file is; where numbers were rounded, no file is lost', () => {
  const predicates = predicatesOver([...dataColumns, ...partitionColumns]);
  let exact = 0;
  let pruned = 0;
  fc.assert(
    fc.property(filesOf, predicates, (files, predicate) => {
      const { chunk, statistics: known } = chunkOf(files);
      const skipping = bindPredicate(table, predicate);
      const { matches, isExact } = matchChunk(skipping, chunk, known);
      const expected = oneByOne(skipping, chunk);
      if (isExact) {
        assert.deepEqual([...matches], expected);
        exact++;
      } else {
        expected.forEach((might, row) => assert.ok((matches[row] ?? 0) >= might, `row ${row}`));
      }
      pruned += expected.filter((might) => might === 0).length;
      // Asked again, the columns come from the memory of the chunk.
      assert.ok(known.has(skipping.columns));
      assert.deepEqual([...matchChunk(skipping, chunk, known).matches], [...matches]);
    }),
    { numRuns: 1500 },
  );
  assert.ok(exact > 300 && pruned > 300, `${exact} exact, ${pruned} pruned`);
});

test('each file is taken or left out as it is judged alone, and counted once', async () => {
  const predicates = predicatesOver([...dataColumns, ...partitionColumns]);
  const reasons = new Set<string>();
  await fc.assert(
    fc.asyncProperty(filesOf, predicates, async (files, predicate) => {
      const active = activeFilesOf(files);
      const { chunk } = chunkOf(files);
      const skipping = bindPredicate(table, predicate);
      const expected = oneByOne(skipping, chunk);
      const { files: taken, pruned } = await selectFiles(
        { ...table, files: active },
        { predicate },
      );
      assert.deepEqual(
        taken,
        expected.flatMap((might, row) => (might === 1 ? [row] : [])),
      );
      const count = pruned.reduce((sum, reason) => sum + reason.files, 0);
      assert.equal(count, files.length - taken.length);
      // What partition values alone leave out is said to be left out by them.
      const byPartition = pruned.filter(({ by }) => by !== 'statistics');
      assert.equal(
        byPartition.reduce((sum, reason) => sum + reason.files, 0),
        matchPartitions(skipping, chunk).filter((might) => might === 0).length,
      );
      for (const { by, columns, evidence } of pruned) {
        reasons.add(by);
        assert.equal(columns.length > 0, by !== 'never');
        assert.equal(evidence.length > 0, by === 'statistics');
      }
    }),
    { numRuns: 1000 },
  );
  assert.ok(reasons.has('partition') && reasons.has('statistics'));
});
