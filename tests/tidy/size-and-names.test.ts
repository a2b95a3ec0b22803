import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repositoryFiles, sourceFiles } from './source-files.ts';

/** Files that are longer than the guide's 400 lines, each with why one file serves a reader best. */
const longFiles: { readonly [path: string]: string } = {
  'catalog/error-codes.ts': 'one table, which grows by an entry for each error',
};

const linesMax = 400;

test(`files have at most ${linesMax} lines, unless it is said why not`, () => {
  const long = sourceFiles()
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > linesMax);
  assert.deepEqual(
    long.filter(({ path }) => longFiles[path] === undefined),
    [],
    'split the file, or give the reason in longFiles',
  );
  const stillLong = new Set(long.map(({ path }) => path));
  assert.deepEqual(
    Object.keys(longFiles).filter((path) => !stillLong.has(path)),
    [],
    'these files are short now: take them off the list',
  );
});

test('source files and folders have kebab-case names', () => {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|slow\.test|nightly\.test|d))?$/;
  const odd = sourceFiles()
    .map(({ path }) => path)
    .filter((path) =>
      path
        .replace(/\.[cm]?tsx?$/, '')
        .split('/')
        .some((part) => !kebab.test(part)),
    );
  assert.deepEqual(odd, []);
});

test('no file or folder is named after being handy', () => {
  const vague = /(^|[/-])(utils?|helpers?|commons?|managers?|misc|shared)([/.-]|$)/;
  const allowed = new Set(['tests/support/shared-folder.ts']);
  assert.deepEqual(
    repositoryFiles.filter((path) => vague.test(path) && !allowed.has(path)),
    [],
  );
});

test('every module opens with a comment that says what it is', () => {
  const without = sourceFiles()
    .filter(({ path }) => !path.endsWith('.test.ts'))
    .filter(({ text }) => !/^(#![^\n]*\n)?\s*(\/\*\*|\/\/)/.test(text))
    .map(({ path }) => path);
  assert.deepEqual(without, []);
});
