/** Finds the `.test` files and makes each of them one test of Node's runner. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { parseSltFile } from './slt-file.ts';
import { runSltFile, type SltTarget } from './slt-runner.ts';
import { repositoryRoot } from './shared-folder.ts';

/** Opens an empty warehouse and a client of it; `close` takes both away. */
export type OpenTarget = () => Promise<SltTarget & { readonly close: () => Promise<void> }>;

export function testSltFolder(folder: string, open: OpenTarget): void {
  const paths = readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test'))
    .map((path) => relative(repositoryRoot, join(repositoryRoot, folder, path)))
    .sort();
  if (paths.length === 0) throw new Error(`${folder} has no .test files`);
  for (const path of paths) testSltFile(path, open);
}

export function testSltFile(path: string, open: OpenTarget): void {
  test(path, async (context) => {
    const file = parseSltFile(path, readFileSync(join(repositoryRoot, path), 'utf8'));
    if (file.skip !== undefined) {
      context.skip(file.skip);
      return;
    }
    const target = await open();
    try {
      for (const reason of await runSltFile(path, file, target)) {
        context.diagnostic(`${path}: skipped ${reason}`);
      }
    } finally {
      await target.close();
    }
  });
}
