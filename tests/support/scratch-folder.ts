/** A folder of a test's own on the disk, gone when the test ends. */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export function scratchFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'levee-test-'));
  t.after(() => {
    makeWritable(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Tests take rights away; without them a folder cannot be emptied. */
function makeWritable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
  }
}
