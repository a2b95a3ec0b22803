import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderRules } from './dependencies.ts';
import { readText, repositoryFiles } from './source-files.ts';

const text = readText('docs/architecture.md');

test('every file and folder that docs/architecture.md names exists', () => {
  const named = [...text.matchAll(/`([a-z][\w./-]*(?:\.ts|\/))`/g)].map(([, path = '']) => path);
  assert.ok(named.length > 30, 'the names were not found');
  const missing = named.filter(
    (path) =>
      !repositoryFiles.some((file) => `/${file}`.includes(`/${path}`) || file.startsWith(path)),
  );
  assert.deepEqual(missing, []);
});

test('docs/architecture.md has a row for every folder with a rule', () => {
  const folders = folderRules
    .map(({ folder }) => folder)
    .filter((folder) => repositoryFiles.some((file) => file.startsWith(`${folder}/`)));
  assert.deepEqual(
    folders.filter((folder) => !text.includes(`| \`${folder}/\` |`)),
    [],
  );
});
