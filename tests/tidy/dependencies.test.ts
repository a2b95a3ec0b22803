import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbiddenImports } from './dependencies.ts';
import { parseSource, sourceFiles } from './source-files.ts';

test('imports follow the dependency direction and each foreign module has one owner', () => {
  assert.ok(sourceFiles().length > 5, 'the source files were not found');
  assert.deepEqual(sourceFiles().flatMap(forbiddenImports), []);
});

const broken: { readonly name: string; readonly path: string; readonly text: string }[] = [
  { name: 'back from catalog to sql', path: 'catalog/a.ts', text: `import '../sql/x.ts';` },
  {
    name: 'back from sql to server, as a type',
    path: 'sql/a.ts',
    text: `import type { A } from '../server/x.ts';`,
  },
  { name: 'a re-export', path: 'catalog/a.ts', text: `export * from '../sql/x.ts';` },
  { name: 'a dynamic import', path: 'sql/a.ts', text: `await import('../server/x.ts');` },
  { name: 'a computed import', path: 'sql/a.ts', text: `await import('../server/' + name);` },
  { name: 'an import type', path: 'catalog/a.ts', text: `let a: import('../sql/x.ts').A;` },
  { name: 'code from a client', path: 'repl/a.ts', text: `import { a } from '../sql/x.ts';` },
  { name: 'DuckDB outside its folder', path: 'sql/a.ts', text: `import '@duckdb/node-api';` },
  { name: 'fs outside the store', path: 'sql/a.ts', text: `import 'node:fs/promises';` },
  { name: 'fs by require', path: 'sql/a.ts', text: `require('fs');` },
  { name: 'Fastify outside the server', path: 'sql/a.ts', text: `import f from 'fastify';` },
  { name: 'a file without its extension', path: 'sql/a.ts', text: `import './b';` },
  { name: 'a folder nobody has spoken of', path: 'extra/a.ts', text: `import '../sql/b.ts';` },
];
for (const { name, path, text } of broken) {
  test(`the import check refuses ${name}`, () => {
    assert.equal(forbiddenImports(parseSource(path, text)).length, 1);
  });
}

const sound: { readonly name: string; readonly path: string; readonly text: string }[] = [
  { name: 'server on catalog', path: 'server/a.ts', text: `import { a } from '../catalog/x.ts';` },
  {
    name: 'a type in a client',
    path: 'repl/a.ts',
    text: `import type { A } from '../server/x.ts'; import { type B } from '../sql/y.ts';`,
  },
  { name: 'an import in a comment', path: 'catalog/a.ts', text: `// import '../sql/x.ts';` },
  { name: 'an import in a string', path: 'catalog/a.ts', text: `f("import '../sql/x.ts'");` },
  { name: 'anything in a test', path: 'tests/a.test.ts', text: `import '@duckdb/node-api';` },
];
for (const { name, path, text } of sound) {
  test(`the import check allows ${name}`, () => {
    assert.deepEqual(forbiddenImports(parseSource(path, text)), []);
  });
}
