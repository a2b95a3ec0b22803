/** Running again what lost against other commits: on a clock that only the waits move. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attemptsMin,
  ConflictRetries,
  giveUpAfterMs,
  nextWaitMs,
  type RetryTime,
} from '../../../sql/write/conflict-retries.ts';

const conflict = new Error('another commit came in between');
const isConflict = (error: unknown): boolean => error === conflict;

interface FakeTime extends RetryTime {
  now: number;
  readonly waits: number[];
}

function fakeTime(within: RetryTime['within'] = (_, signal) => signal): FakeTime {
  const time: FakeTime = {
    now: 0,
    waits: [],
    nowMs: () => time.now,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      time.waits.push(ms);
      time.now += ms;
      await Promise.resolve();
    },
    within,
    random: () => 0.99,
  };
  return time;
}

const signal = new AbortController().signal;
const table = (): string => '/t';

test('a statement that loses is begun again until it wins', async () => {
  const time = fakeTime();
  const numbers: number[] = [];
  const attempt = async (number: number): Promise<string> => {
    await Promise.resolve();
    numbers.push(number);
    if (number <= 60) throw conflict;
    return 'won';
  };
  const won = await new ConflictRetries(time).run({ attempt, isConflict, table, signal });
  assert.equal(won, 'won');
  assert.equal(numbers.length, 61);
  assert.ok(time.now < giveUpAfterMs);
});

test('the conflict is told after the limit of time, not before', async () => {
  const time = fakeTime();
  let attempts = 0;
  const attempt = async (): Promise<never> => {
    await Promise.resolve();
    attempts++;
    throw conflict;
  };
  const lost = new ConflictRetries(time).run({ attempt, isConflict, table, signal });
  await assert.rejects(lost, conflict);
  assert.ok(time.now >= giveUpAfterMs && time.now < giveUpAfterMs + 1000, `${time.now}`);
  assert.ok(attempts > attemptsMin);
});

test('a statement whose attempts take long has no fewer of them', async () => {
  const time = fakeTime();
  let attempts = 0;
  const attempt = async (): Promise<never> => {
    await Promise.resolve();
    time.now += giveUpAfterMs;
    attempts++;
    throw conflict;
  };
  const lost = new ConflictRetries(time).run({ attempt, isConflict, table, signal });
  await assert.rejects(lost, conflict);
  assert.equal(attempts, attemptsMin);
});

test('another failure is told at once, and gives the turn to the next', async () => {
  const time = fakeTime();
  const retries = new ConflictRetries(time);
  const failure = new Error('the disk is full');
  const attempt = async (number: number): Promise<never> => {
    await Promise.resolve();
    throw number === 1 ? conflict : failure;
  };
  await assert.rejects(retries.run({ attempt, isConflict, table, signal }), failure);
  await assert.rejects(retries.run({ attempt, isConflict, table, signal }), failure);
  assert.equal(time.waits.length, 2);
});

test('statements that lost on a table run one at a time, in the order they lost', async () => {
  const retries = new ConflictRetries(fakeTime());
  let running = 0;
  const ended: number[] = [];
  const one = async (id: number): Promise<void> => {
    const attempt = async (number: number): Promise<void> => {
      if (number === 1) throw conflict;
      assert.equal(++running, 1);
      await new Promise(setImmediate);
      running--;
      if (number < 4) throw conflict;
      ended.push(id);
    };
    await retries.run({ attempt, isConflict, table, signal });
  };
  await Promise.all([0, 1, 2, 3, 4].map(one));
  assert.deepEqual(ended, [0, 1, 2, 3, 4]);
});

/** Has the turn of `/t` until it is let go. */
function holdTurn(retries: ConflictRetries): { letGo: () => void; ended: Promise<void> } {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const attempt = async (number: number): Promise<void> => {
    if (number === 1) throw conflict;
    await held;
  };
  const ended = retries.run({ attempt, isConflict, table, signal });
  return { letGo, ended };
}

const loseOnce = async (number: number): Promise<number> => {
  await Promise.resolve();
  if (number === 1) throw conflict;
  return number;
};

test('statements on other tables do not wait for the turn', async () => {
  const retries = new ConflictRetries(fakeTime());
  const { letGo, ended } = holdTurn(retries);
  const other = { attempt: loseOnce, isConflict, table: () => '/other', signal };
  assert.equal(await retries.run(other), 2);
  letGo();
  await ended;
});

test('a statement that is cancelled while it waits for the turn leaves at once', async () => {
  const retries = new ConflictRetries(fakeTime());
  const { letGo, ended } = holdTurn(retries);
  const controller = new AbortController();
  const cancelled = retries.run({
    attempt: loseOnce,
    isConflict,
    table,
    signal: controller.signal,
  });
  const behind = retries.run({ attempt: loseOnce, isConflict, table, signal });
  await new Promise(setImmediate);
  const reason = new Error('cancelled');
  controller.abort(reason);
  await assert.rejects(cancelled, reason);
  letGo();
  await ended;
  assert.equal(await behind, 2);
});

test('who has waited long for the turn goes without it', async () => {
  const timeOut = new AbortController();
  const retries = new ConflictRetries(fakeTime(() => timeOut.signal));
  const { letGo, ended } = holdTurn(retries);
  const waiting = retries.run({ attempt: loseOnce, isConflict, table, signal });
  await new Promise(setImmediate);
  timeOut.abort();
  assert.equal(await waiting, 2);
  letGo();
  await ended;
});

test('waits grow with each loss and with what an attempt takes, and shrink near the limit', () => {
  const wait = (lastMs: number, attemptMs: number, lostForMs = 0, random = 1): number =>
    nextWaitMs({ lastMs, attemptMs, lostForMs, random });
  let last = 5;
  const waits = Array.from({ length: 6 }, () => (last = wait(last, 10)));
  assert.deepEqual(waits, [15, 45, 135, 405, 1000, 1000]);
  assert.equal(wait(1000, 300), 2400);
  assert.equal(wait(8000, 60_000), 10_000);
  assert.equal(wait(1000, 10, giveUpAfterMs / 2), 500);
  assert.equal(wait(1000, 10, giveUpAfterMs * 2), 5);
  assert.equal(wait(1000, 10, 0, 0), 5);
});
