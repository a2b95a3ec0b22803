/**
 * One request, repeated while that may help: pauses double and are random, so that many who were told
 * to slow down do not come back together; attempts, the time of each and the time of all are bounded.
 *
 * An attempt ends once its whole answer is read: a body that breaks off is asked for again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted } from '../../throw-if-aborted.ts';
import { isTransient } from './s3-errors.ts';
import type { S3Limits } from './s3-settings.ts';

export interface Attempt {
  /** Ends the attempt: the caller's wish, or its time is over. */
  readonly signal: AbortSignal;
  /** 0 for the first. */
  readonly number: number;
}

/**
 * @throws the last failure as it came, or the reason of `signal`. `TimeoutError` when an attempt took
 *   too long
 */
export async function request<T>(
  attempt: (attempt: Attempt) => Promise<T>,
  limits: S3Limits,
  signal: AbortSignal | undefined,
): Promise<T> {
  const endMs = performance.now() + limits.requestMsMax;
  for (let number = 0; ; number++) {
    throwIfAborted(signal);
    const timeLeft = Math.max(1, endMs - performance.now());
    try {
      return await once(attempt, number, Math.min(limits.attemptMsMax, timeLeft), signal);
    } catch (error) {
      throwIfAborted(signal);
      const pauseMs = pause(number, limits);
      const isLast = number + 1 >= limits.attemptsMax || performance.now() + pauseMs >= endMs;
      if (isLast || !isTransient(error)) throw error;
      await sleep(pauseMs, undefined, { signal }).catch(() => throwIfAborted(signal));
    }
  }
}

async function once<T>(
  attempt: (attempt: Attempt) => Promise<T>,
  number: number,
  msMax: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const timeout = new AbortController();
  const end = timeoutError(msMax);
  const timer = setTimeout(() => timeout.abort(end), msMax);
  const both = signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]);
  try {
    return await attempt({ signal: both, number });
  } catch (error) {
    throw timeout.signal.aborted ? end : error;
  } finally {
    clearTimeout(timer);
  }
}

function timeoutError(msMax: number): Error {
  const error = new Error(`no answer within ${Math.round(msMax)} ms`);
  error.name = 'TimeoutError';
  return error;
}

function pause(number: number, { backoffMsMin, backoffMsMax }: S3Limits): number {
  return Math.random() * Math.min(backoffMsMax, backoffMsMin * 2 ** number);
}
