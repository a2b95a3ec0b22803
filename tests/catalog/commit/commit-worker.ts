/**
 * One writer of the race in `committer.test.ts`, a process of its own: says when it is ready, waits
 * for a line, tries to commit every version, and prints those it won.
 *
 *     <table> <writer> <versions>
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { commitVersion } from '../../../catalog/commit/committer.ts';
import { createLocalStore } from '../../../catalog/store/local-store.ts';

const [table = '', writer = '', versions = '0'] = process.argv.slice(2);
const store = createLocalStore();
const won: number[] = [];
process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (let version = 0; version < Number(versions); version++) {
  const info = { commitInfo: { txnId: randomUUID(), writer, padding: 'x'.repeat(20_000) } };
  const actions = new TextEncoder().encode(`${JSON.stringify(info)}\n`);
  const outcome = await commitVersion(store, table, version, actions);
  if (outcome.kind === 'committed') won.push(version);
}
process.stdout.write(JSON.stringify(won));
process.stdin.destroy();
