import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ActiveFiles } from '../../catalog/active-files.ts';
import { ActiveFilesEditor } from '../../catalog/active-files-editor.ts';
import type { AddFile, DeletionVectorDescriptor } from '../../catalog/log/actions.ts';
import { canonicalPath } from '../../catalog/log/file-path.ts';
import { add } from '../support/table-builder.ts';
import { throwsCoded } from '../support/coded.ts';

type Change =
  | AddFile
  | {
      readonly kind: 'remove';
      readonly path: string;
      readonly deletionVector?: DeletionVectorDescriptor | undefined;
    };

function advance(files: ActiveFiles, ...changes: readonly Change[]): ActiveFiles {
  const editor = new ActiveFilesEditor(files);
  for (const change of changes) {
    if (change.kind === 'add') editor.add(change);
    else editor.remove(change.path, change.deletionVector);
  }
  return editor.finish();
}

function remove(path: string, deletionVector?: DeletionVectorDescriptor): Change {
  return { kind: 'remove', path, deletionVector };
}

function vector(id: string, offset?: number): DeletionVectorDescriptor {
  return { storageType: 'u', pathOrInlineDv: id, offset, sizeInBytes: 1, cardinality: 1 };
}

function paths(files: ActiveFiles): readonly string[] {
  return [...files].map((file) => files.rawPath(file));
}

const none = ActiveFiles.empty('/t');

test('a file gives back all that its add said', () => {
  const file = add('p=a%20b/part-0', {
    partitionValues: { p: 'a b', q: null },
    size: 2 ** 40,
    modificationTime: 1_700_000_000_000,
    dataChange: false,
    stats: '{"numRecords":1,"x":"ü"}',
    tags: { a: 'b' },
    deletionVector: vector('x', 4),
    baseRowId: 0,
    defaultRowCommitVersion: 7,
    clusteringProvider: 'liquid',
  });
  const files = advance(none, file, add('plain'));
  const [first, second] = files;
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual(files.addFile(first), file);
  assert.equal(files.location(first), '/t/p=a b/part-0');
  assert.equal(files.partitionValue(first, 'p'), 'a b');
  assert.equal(files.partitionValue(first, 'q'), null);
  assert.equal(files.partitionValue(second, 'p'), null);
  assert.equal(files.partitionValue(second, 'no such column'), null);
  assert.equal(files.stats(second), undefined);
  assert.equal(files.deletionVector(second), undefined);
  assert.equal(files.baseRowId(second), undefined);
  assert.equal(files.count, 2);
  assert.equal(files.totalBytes, 2 ** 40 + 100);
});

test('the last word on a file wins, within a commit too', () => {
  assert.deepEqual(paths(advance(none, add('a'), remove('a'))), []);
  assert.deepEqual(paths(advance(none, remove('a'), add('a'))), ['a']);
  const files = advance(none, add('a', { size: 1 }), add('b'), add('a', { size: 2 }));
  assert.deepEqual(paths(files), ['b', 'a']);
  assert.equal(files.totalBytes, 102);
});

test('an older version stays as it was', () => {
  const one = advance(none, add('a'), add('b'), add('c'));
  const two = advance(one, remove('b'));
  const three = advance(two, remove('a'), add('d'));
  assert.deepEqual(paths(one), ['a', 'b', 'c']);
  assert.deepEqual(paths(two), ['a', 'c']);
  assert.deepEqual(paths(three), ['c', 'd']);
  assert.equal(two.totalBytes, 200);
});

test('a file is the same in every spelling of its path', () => {
  const spellings = [
    ['a b', 'a%20b'],
    ['special p@%23h', 'special%20p@%23h'],
    ['/abs/x', 'file:/abs/x'],
    ['file:///abs/x', '/abs/x'],
    ['a//b', './a/b'],
    ['p=%C3%BC', 'p=ü'],
  ] as const;
  for (const [added, removed] of spellings) {
    assert.deepEqual(paths(advance(none, add(added), remove(removed))), [], `${added}, ${removed}`);
    const base = advance(none, add(added));
    assert.deepEqual(paths(advance(base, remove(removed))), [], `${added}, ${removed}, later`);
    assert.notEqual(base.find(removed), undefined);
  }
});

test('a relative and an absolute path are two files', () => {
  assert.deepEqual(paths(advance(none, add('x'), remove('/t/x'))), ['x']);
});

test('a file with another deletion vector is another file', () => {
  const one = advance(none, add('a'));
  const two = advance(one, add('a', { deletionVector: vector('v', 1) }), remove('a'));
  assert.deepEqual(paths(two), ['a']);
  const [file = -1] = two;
  assert.equal(two.deletionVector(file)?.offset, 1);
  assert.deepEqual(paths(advance(two, remove('a'))), ['a'], 'not this one');
  assert.deepEqual(paths(advance(two, remove('a', vector('v', 2)))), ['a'], 'nor this one');
  assert.deepEqual(paths(advance(two, remove('a', vector('v')))), ['a'], 'nor this one');
  assert.deepEqual(paths(advance(two, remove('a', vector('v', 1)))), []);
});

test('a broken path is damage of the log', () => {
  throwsCoded('DELTA_LOG_CORRUPT', /not a valid URI: "100%"/, () => advance(none, add('100%')));
});

test('a broken path in a checkpoint is damage each time it is met, and nothing hangs', () => {
  const editor = new ActiveFilesEditor(none);
  const append = (path: string): void => {
    const bytes = Buffer.from(path);
    const columns = {
      paths: { bytes, offsets: Uint32Array.of(0, bytes.length) },
      stats: { bytes, offsets: Uint32Array.of(0, 0) },
      sizes: Float64Array.of(1),
      modificationTimes: Float64Array.of(1),
      baseRowIds: undefined,
      defaultRowCommitVersions: undefined,
      rest: () => ({ partitionValues: {} }),
    };
    editor.append(columns, 0, 1);
  };
  for (let i = 0; i < 20; i++) append(`part-${i}`);
  append('100%');
  const files = editor.finish();
  for (let i = 0; i < 100; i++) {
    throwsCoded('DELTA_LOG_CORRUPT', /"100%"/, () => files.find('part-1'));
  }
});

test('files by column go on in the next chunk where one is full', () => {
  const count = 70_000;
  const texts = Array.from({ length: count }, (_, i) => `part-${i}`);
  const offsets = new Uint32Array(count + 1);
  texts.forEach((text, i) => (offsets[i + 1] = (offsets[i] ?? 0) + text.length));
  const names = { bytes: Buffer.from(texts.join('')), offsets };
  const numbers = Float64Array.from(texts, (_, i) => (i % 3 === 0 ? NaN : i));
  const editor = new ActiveFilesEditor(none);
  editor.add(add('first', { size: 1 }));
  const columns = {
    paths: names,
    stats: names,
    sizes: Float64Array.from(texts, (_, i) => i),
    modificationTimes: new Float64Array(count),
    baseRowIds: numbers,
    defaultRowCommitVersions: undefined,
    rest: (row: number) => ({ partitionValues: { p: String(row % 7) } }),
  };
  editor.append(columns, 10, 69_000);
  editor.append(columns, 69_000, count);
  editor.remove('part-65000', undefined);
  const files = editor.finish();
  assert.equal(files.count, count - 10);
  assert.equal(files.totalBytes, (count * (count - 1)) / 2 - 45 - 65_000 + 1);
  for (const i of [10, 64_999, 65_545, 65_546, 69_000, 69_999]) {
    const file = files.find(`part-${i}`) ?? -1;
    assert.deepEqual(
      [files.rawPath(file), files.stats(file), files.sizeBytes(file), files.baseRowId(file)],
      [`part-${i}`, `part-${i}`, i, i % 3 === 0 ? undefined : i],
    );
    assert.equal(files.partitionValue(file, 'p'), String(i % 7));
    assert.equal(files.defaultRowCommitVersion(file), undefined);
  }
  assert.equal(files.find('part-9'), undefined);
  assert.equal(files.find('part-65000'), undefined);
  assert.ok(files.sizeInMemoryBytes < 8e6, `${files.sizeInMemoryBytes} bytes`);
});

test('many small commits make few chunks, and removals leave no chunk mostly dead', () => {
  let files = none;
  for (let i = 0; i < 1000; i++) files = advance(files, add(`part-${i}`));
  assert.equal(files.count, 1000);
  assert.ok(files.chunks.length <= 12, `${files.chunks.length} chunks`);
  for (let i = 0; i < 990; i++) files = advance(files, remove(`part-${i}`));
  assert.deepEqual(
    paths(files),
    [...Array(10).keys()].map((i) => `part-${990 + i}`),
  );
  const rows = files.chunks.reduce((sum, { indexed }) => sum + indexed.chunk.rowCount, 0);
  assert.ok(rows <= 20, `${rows} rows for 10 files`);
});

test('more files than a chunk holds', () => {
  const changes = Array.from({ length: 70_000 }, (_, i) =>
    add(`part-${i}`, { partitionValues: { p: String(i) }, size: i }),
  );
  const files = advance(none, ...changes);
  assert.equal(files.chunks.length, 2);
  const handles = [...files];
  const last = handles.at(-1) ?? -1;
  assert.equal(files.rawPath(last), 'part-69999');
  assert.equal(files.partitionValue(last, 'p'), '69999');
  assert.equal(files.partitionValue(handles[65_535] ?? -1, 'p'), '65535');
  assert.equal(files.find('part-65536'), handles[65_536]);
  const fewer = advance(files, remove('part-0'), remove('part-69999'));
  assert.equal(fewer.count, 69_998);
  assert.equal(fewer.totalBytes, files.totalBytes - 69_999);
});

/** What the log says, kept the simple way. */
class Model {
  readonly #files = new Map<string, AddFile>();

  apply(change: Change): void {
    const key = `${canonicalPath(change.path)}\0${change.deletionVector?.pathOrInlineDv ?? ''}`;
    this.#files.delete(key);
    if (change.kind === 'add') this.#files.set(key, change);
  }

  hasPathTwice(): boolean {
    const paths = [...this.#files.keys()].map((key) => key.slice(0, key.indexOf('\0')));
    return new Set(paths).size < paths.length;
  }

  list(): readonly string[] {
    return [...this.#files.values()].map((file) => JSON.stringify(file)).sort();
  }
}

const path = fc.constantFrom(
  'a',
  'b',
  'c%20d',
  'c d',
  '/x',
  'file:/x',
  'p=1/a',
  'p=1//a',
  'ü',
  '%C3%BC',
);
const change: fc.Arbitrary<Change> = fc
  .record({
    kind: fc.constantFrom('add', 'remove'),
    path,
    vector: fc.constantFrom(undefined, 'v', 'w'),
    size: fc.nat(9),
    partition: fc.constantFrom(null, '', '1', '2'),
    stats: fc.constantFrom(undefined, '{}'),
  })
  .map(({ kind, path, vector: id, size, partition, stats }): Change => {
    const deletionVector = id === undefined ? undefined : vector(id);
    if (kind === 'remove') return remove(path, deletionVector);
    return add(path, { size, partitionValues: { p: partition }, stats, deletionVector });
  });

test('after any commits the files are those of a simple map', () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 12 }), (commits) => {
      const model = new Model();
      let files = none;
      for (const commit of commits) {
        for (const each of commit) model.apply(each);
        if (model.hasPathTwice()) {
          assert.throws(() => advance(files, ...commit), { code: 'DELTA_LOG_CORRUPT' });
          return;
        }
        files = advance(files, ...commit);
        const found = [...files].map((file) => {
          const { dataChange: _, ...rest } = files.addFile(file);
          return JSON.stringify(add(rest.path, { ...rest, dataChange: true }));
        });
        assert.equal(files.count, found.length);
        const normal = (text: string): string => {
          const parsed = JSON.parse(text) as Record<string, unknown>;
          return JSON.stringify(Object.entries(parsed).sort(([a], [b]) => (a < b ? -1 : 1)));
        };
        assert.deepEqual(found.map(normal).sort(), model.list().map(normal).sort());
        const bytes = [...files].reduce((sum, file) => sum + files.sizeBytes(file), 0);
        assert.equal(files.totalBytes, bytes);
      }
    }),
    { numRuns: 300 },
  );
});

test('actions after a checkpoint find its files, whatever the spelling of the paths', () => {
  for (const spelled of [(path: string) => path, (path: string) => path.replace('-', '%2D')]) {
    const names = Array.from({ length: 300 }, (_, i) => `part-${i}`);
    const [first, second] = [new ActiveFilesEditor(none), new ActiveFilesEditor(none)];
    for (const editor of [first, second]) {
      names.forEach((name, i) => {
        editor.add(
          add(spelled(name), { size: 1, deletionVector: i === 5 ? vector('v') : undefined }),
        );
      });
      // Only the first is settled as a checkpoint is.
      if (editor === first) for (const _ of editor.settling());
      editor.remove('part-5', undefined);
      editor.remove('part-6', undefined);
      editor.remove('part%2D7', undefined);
      editor.remove('part-300', undefined);
      editor.add(add('part%2D8', { size: 10 }));
      editor.remove('part-5', vector('v'));
      editor.add(add('part-5', { size: 100 }));
      editor.add(add('part-9', { size: 1000 }));
      editor.remove('part-9', undefined);
    }
    const [settled, plain] = [first.finish(), second.finish()];
    assert.deepEqual(paths(settled), paths(plain));
    assert.equal(settled.totalBytes, 295 + 110);
    assert.equal(settled.totalBytes, plain.totalBytes);
  }
});
