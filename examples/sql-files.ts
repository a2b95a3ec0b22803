/**
 * The SQL files of the examples, as a reader of the repository sees them. They lie beside their
 * TypeScript, which may have been compiled into another folder: they are looked up from the
 * package's root.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The statements of `examples/<path>`, without their `;`. Every statement ends with a `;` at the end
 * of a line, and no line within one does: that is how these files are written.
 */
export function readStatements(path: string): readonly string[] {
  return splitStatements(readFileSync(join(packageRoot(), 'examples', path), 'utf8'));
}

export function splitStatements(text: string): readonly string[] {
  return text
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.replace(/^(?:\s*--[^\n]*(?:\n|$)|\s+)+/, '').trimEnd())
    .filter((statement) => statement !== '');
}

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the package of the examples has no package.json');
    folder = parent;
  }
  return folder;
}
