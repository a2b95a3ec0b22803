/** Lets the user change a text in an editor of their choice. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from './repl-error.ts';

/** The text after editing. The file it is in is the user's alone, and gone afterwards. */
export async function editInEditor(text: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const editor =
    environment['LEVEE_EDITOR'] ?? environment['VISUAL'] ?? environment['EDITOR'] ?? 'vi';
  const folder = await mkdtemp(join(tmpdir(), 'levee-'));
  const path = join(folder, 'statement.sql');
  try {
    await writeFile(path, text.endsWith('\n') || text === '' ? text : `${text}\n`, { mode: 0o600 });
    const code = await new Promise<number | null>((resolve, reject) => {
      // By the shell, as the variable may hold arguments; the path comes as one of its own.
      const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', path], { stdio: 'inherit' });
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new UsageError(`the editor (${editor}) ended with ${code ?? 'a signal'}`);
    return await readFile(path, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
