/**
 * One writer of `committer.test.ts`, a process of its own. It says `ready`, then for each line, a
 * version, tries to commit it and answers with the outcome; `on` instead of a version makes it commit
 * one version after the other until it is killed.
 *
 *     <table> <writer>
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { commitVersion } from '../../../catalog/commit/committer.ts';
import { createLocalStore } from '../../../catalog/store/local-store.ts';

const [table = '', writer = ''] = process.argv.slice(2);
const store = createLocalStore();

async function commit(version: number): Promise<string> {
  const info = { commitInfo: { txnId: randomUUID(), writer, padding: 'x'.repeat(20_000) } };
  const actions = new TextEncoder().encode(`${JSON.stringify(info)}\n`);
  return (await commitVersion(store, table, version, actions)).kind;
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'on') {
    process.stdout.write(`${await commit(Number(line))}\n`);
    continue;
  }
  for (let version = 0; ; version++) await commit(version);
}
