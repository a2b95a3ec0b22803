/**
 * Asserting which `CodedError` something ends in.
 */
import assert from 'node:assert/strict';
import { CodedError } from '../../catalog/coded-error.ts';
import type { ErrorCode } from '../../catalog/error-codes.ts';

export function assertCoded(error: unknown, code: ErrorCode, message: RegExp): true {
  assert.ok(error instanceof CodedError, `not a CodedError: ${String(error)}`);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
}

export function throwsCoded(code: ErrorCode, message: RegExp, act: () => unknown): void {
  assert.throws(act, (error) => assertCoded(error, code, message));
}

export async function rejectsWith(
  promise: Promise<unknown>,
  code: ErrorCode,
  message = /./,
): Promise<void> {
  await assert.rejects(promise, (error) => assertCoded(error, code, message));
}
