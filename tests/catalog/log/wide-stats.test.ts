import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wideStatsJson } from '../../../catalog/log/wide-stats.ts';

const cases: readonly [name: string, stats: string | undefined, expected: string][] = [
  ['no statistics', undefined, '{"numRecords":7,"tightBounds":false}'],
  ['no row count', '{"minValues":{"a":1}}', '{"numRecords":7,"tightBounds":false}'],
  ['damaged text', '{"numRecords":', '{"numRecords":7,"tightBounds":false}'],
  ['text that is no object', '[1]', '{"numRecords":7,"tightBounds":false}'],
  ['nothing said of bounds', '{"numRecords":9}', '{"numRecords":9,"tightBounds":false}'],
  ['tight bounds', '{"tightBounds":true,"numRecords":9}', '{"tightBounds":false,"numRecords":9}'],
  [
    'tight bounds at the end',
    '{"numRecords":9,"tightBounds" : true }',
    '{"numRecords":9,"tightBounds" : false }',
  ],
  ['wide bounds', '{"numRecords":9,"tightBounds":false}', '{"numRecords":9,"tightBounds":false}'],
  [
    'a column of that name, and text that looks like it',
    '{"numRecords":9,"minValues":{"tightBounds":true,"s":"\\"},\\"tightBounds\\":true"},"nullCount":{"a":[0]}}',
    '{"numRecords":9,"minValues":{"tightBounds":true,"s":"\\"},\\"tightBounds\\":true"},"nullCount":{"a":[0]},"tightBounds":false}',
  ],
  [
    'numbers beyond 2^53',
    '{"numRecords":9,"minValues":{"a":9007199254740993}}',
    '{"numRecords":9,"minValues":{"a":9007199254740993},"tightBounds":false}',
  ],
];
for (const [name, stats, expected] of cases) {
  test(`statistics become wide: ${name}`, () => {
    assert.equal(wideStatsJson(stats, 7), expected);
  });
}
