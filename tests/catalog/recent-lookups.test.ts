import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentLookups } from '../../catalog/recent-lookups.ts';

test('what was looked up before a change and found after it is not remembered', async () => {
  const lookups = new RecentLookups<string>({ nowMs: () => 0 });
  let answer: (text: string) => void = () => undefined;
  const slow = new Promise<string>((resolve) => (answer = resolve));
  const first = lookups.find('v', 1000, () => slow);
  lookups.clear();
  answer('old');
  assert.equal((await first).value, 'old');
  const next = await lookups.find('v', 1000, () => Promise.resolve('new'));
  assert.deepEqual(next, { value: 'new', isRemembered: false });
  const again = await lookups.find('v', 1000, () => Promise.resolve('newer'));
  assert.deepEqual(again, { value: 'new', isRemembered: true });
});
