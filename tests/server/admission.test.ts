import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../catalog/coded-error.ts';
import { Admission } from '../../server/admission.ts';

const never = new AbortController().signal;

function codeIs(code: string): (error: unknown) => boolean {
  return (error) => error instanceof CodedError && error.code === code;
}

test('admits as many as may run, then one for each that leaves, in the order they came', async () => {
  const admission = new Admission({
    statementsRunningMax: 2,
    statementsWaitingMax: 10,
    statementWaitMsMax: 1000,
  });
  const order: number[] = [];
  const leaves = [await admission.enter(never), await admission.enter(never)];
  const waiting = [1, 2, 3].map(async (number) => {
    const leave = await admission.enter(never);
    order.push(number);
    return leave;
  });
  await Promise.resolve();
  assert.deepEqual([admission.running, admission.waiting], [2, 3]);
  leaves[0]?.();
  leaves[0]?.();
  (await waiting[0])?.();
  (await waiting[1])?.();
  await waiting[2];
  assert.deepEqual(order, [1, 2, 3]);
  assert.deepEqual([admission.running, admission.waiting], [2, 0]);
});

test('refuses with SERVER_BUSY when too many wait, and when one waits too long', async () => {
  const admission = new Admission({
    statementsRunningMax: 1,
    statementsWaitingMax: 1,
    statementWaitMsMax: 20,
  });
  const leave = await admission.enter(never);
  const waiting = admission.enter(never);
  await assert.rejects(admission.enter(never), codeIs('SERVER_BUSY'));
  await assert.rejects(waiting, codeIs('SERVER_BUSY'));
  assert.deepEqual([admission.running, admission.waiting, admission.refused], [1, 0, 2]);
  leave();
  assert.equal(admission.running, 0);
});

test('one that is aborted while it waits frees its place in the queue', async () => {
  const admission = new Admission({
    statementsRunningMax: 1,
    statementsWaitingMax: 1,
    statementWaitMsMax: 1000,
  });
  const leave = await admission.enter(never);
  const controller = new AbortController();
  const waiting = admission.enter(controller.signal);
  controller.abort(new CodedError('QUERY_CANCELED', 'enough'));
  await assert.rejects(waiting, codeIs('QUERY_CANCELED'));
  assert.equal(admission.waiting, 0);
  leave();
  (await admission.enter(never))();
  assert.equal(admission.running, 0);
});
