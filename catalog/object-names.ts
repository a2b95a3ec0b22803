/**
 * The names schemas, tables and views may have: what can be a folder's name on every store and is
 * not hidden. Names are found exactly first, then without regard to case.
 */
import { CodedError } from './coded-error.ts';

const nameBytesMax = 255;
/** Control characters and halves of surrogate pairs, which no folder name can keep. */
const unprintable = /[\p{Cc}\p{Cs}]/u;

/** Why a name cannot be used, or `undefined` when it can. */
export function nameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'it is empty';
  if (name.startsWith('_') || name.startsWith('.')) return `it begins with "${name[0]}"`;
  if (name.includes('/')) return 'it holds a "/"';
  if (unprintable.test(name)) return 'it holds control characters';
  if (Buffer.byteLength(name) > nameBytesMax) return `it is longer than ${nameBytesMax} bytes`;
  return undefined;
}

/** @throws INVALID_NAME */
export function requireName(name: string, what: 'schema' | 'table' | 'view'): void {
  const problem = nameProblem(name);
  if (problem === undefined) return;
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  throw new CodedError('INVALID_NAME', `${shown} cannot name a ${what}: ${problem}.`);
}

/**
 * The one of `names` that `wanted` means: the same name, else the only one that differs in case.
 *
 * @throws AMBIGUOUS_NAME when several differ in case alone and none is the same
 */
export function matchName(wanted: string, names: readonly string[]): string | undefined {
  if (names.includes(wanted)) return wanted;
  const folded = wanted.toLowerCase();
  const matches = [...new Set(names.filter((name) => name.toLowerCase() === folded))];
  if (matches.length <= 1) return matches[0];
  const listed = matches.sort().map((name) => `"${name}"`);
  throw new CodedError('AMBIGUOUS_NAME', `"${wanted}" may be any of ${listed.join(', ')}.`);
}
