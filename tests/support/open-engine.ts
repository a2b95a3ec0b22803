/** The whole of SQL in this process over a scratch folder, put together as the server does it. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openParts, type PartOptions } from '../../server/open-parts.ts';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { testConfig } from './test-server.ts';

/** Makes a folder of its own for a test; `remove` takes it away with all that is in it. */
export async function makeScratch(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'levee-test-')));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Close the engine when done; the warehouse stays. Without `dataSkipping` it reads every file. */
export async function openEngine({
  warehouse,
  ...options
}: { warehouse: string } & PartOptions): Promise<SqlEngine> {
  const { engine } = await openParts(testConfig({ config: { warehouse } }), options);
  return engine;
}
