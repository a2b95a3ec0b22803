/** Statements that are parsed and have nothing yet that runs them: refused by name, here alone. */
import { CodedError } from '../catalog/coded-error.ts';
import type { Statement } from './parse/statement.ts';

/** The name for people, and what to do instead. */
const unrun = {
  generate: ['GENERATE', 'Readers of Delta tables need no manifests.'],
} as const satisfies {
  readonly [kind in Statement['kind']]?: readonly [name: string, hint: string | undefined];
};

export type UnrunKind = keyof typeof unrun;

/** UNSUPPORTED_STATEMENT with the statement's name. */
export function unrunStatement(kind: UnrunKind): CodedError {
  const [name, hint] = unrun[kind];
  return new CodedError('UNSUPPORTED_STATEMENT', `${name} is not supported.`, { hint });
}
