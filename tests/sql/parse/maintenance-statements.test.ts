import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialects } from '../../../sql/parse/dialect.ts';
import { parseStatement } from '../../../sql/parse/parse-statement.ts';
import { plain, type Plain } from './plain-statement.ts';

const analyze = (scope: Plain): Plain => ({ kind: 'analyzeTable', target: 't', scope });

/** In both dialects. */
const cases: readonly (readonly [sql: string, is: Plain])[] = [
  // --- RESTORE
  [
    'restore table s.t to version as of 5',
    { kind: 'restoreTable', target: 's|t', version: { unit: 'VERSION', value: '5' } },
  ],
  [
    "restore '/p' timestamp as of current_timestamp() - interval 1 day",
    {
      kind: 'restoreTable',
      target: 'delta|/p',
      version: { unit: 'TIMESTAMP', value: 'current_timestamp() - interval 1 day' },
    },
  ],
  [
    'restore table table to version as of ?',
    { kind: 'restoreTable', target: 'table', version: { unit: 'VERSION', value: '?' } },
  ],
  // --- OPTIMIZE
  ['optimize t', { kind: 'optimize', target: 't' }],
  ['optimize t full', { kind: 'optimize', target: 't', full: true }],
  [
    "optimize '/p' where a >= 1 and b in (select zorder from c) zorder by (d, e.f)",
    {
      kind: 'optimize',
      target: 'delta|/p',
      condition: 'a >= 1 and b in (select zorder from c)',
      zOrderBy: ['d', 'e|f'],
    },
  ],
  ['optimize s.t zorder by a, b', { kind: 'optimize', target: 's|t', zOrderBy: ['a', 'b'] }],
  // --- VACUUM
  ['vacuum t', { kind: 'vacuum', target: 't' }],
  [
    'vacuum delta.`/p` dry run retain 0.5 hours lite',
    { kind: 'vacuum', target: 'delta|/p', mode: 'lite', retainHours: 0.5, dryRun: true },
  ],
  ["vacuum '/p' full", { kind: 'vacuum', target: 'delta|/p', mode: 'full' }],
  ['vacuum t retain -1 hours', { kind: 'vacuum', target: 't', retainHours: -1 }],
  ['vacuum', { kind: 'unsupported', name: 'VACUUM' }],
  ['vacuum analyze t', { kind: 'unsupported', name: 'VACUUM' }],
  // --- REORG
  ['reorg table t apply (purge)', { kind: 'reorgTable', target: 't' }],
  [
    'reorg table s.t where apply = 1 apply (purge)',
    { kind: 'reorgTable', target: 's|t', condition: 'apply = 1' },
  ],
  // --- CONVERT
  [
    "convert to delta parquet.`/p` no statistics partitioned by (a int, b date comment 'c')",
    {
      kind: 'convertToDelta',
      source: 'parquet|/p',
      noStatistics: true,
      partitionedBy: [
        { name: 'a', type: 'INT' },
        { name: 'b', type: 'DATE', comment: 'c' },
      ],
    },
  ],
  ['convert to delta s.t', { kind: 'convertToDelta', source: 's|t' }],
  // --- ANALYZE
  ['analyze table t compute statistics', analyze({ kind: 'table' })],
  ['analyze table t compute statistics noscan', analyze({ kind: 'sizes' })],
  ['analyze table t compute statistics for all columns', analyze({ kind: 'allColumns' })],
  [
    'analyze table s.t compute delta statistics for columns a, b.c',
    {
      kind: 'analyzeTable',
      target: 's|t',
      delta: true,
      scope: { kind: 'columns', columns: ['a', 'b|c'] },
    },
  ],
  // --- FSCK, GENERATE
  ['fsck repair table t', { kind: 'fsckRepairTable', target: 't' }],
  ['fsck repair table s.t dry run', { kind: 'fsckRepairTable', target: 's|t', dryRun: true }],
  [
    'generate symlink_format_manifest for table delta.`/p`',
    { kind: 'generate', mode: 'symlink_format_manifest', target: 'delta|/p' },
  ],
  // --- transactions
  ['begin', { kind: 'beginTransaction' }],
  ['BEGIN TRANSACTION;', { kind: 'beginTransaction' }],
  ['start transaction', { kind: 'beginTransaction' }],
  ['commit', { kind: 'commitTransaction' }],
  ['commit work', { kind: 'commitTransaction' }],
  ['rollback transaction', { kind: 'rollbackTransaction' }],
  // --- refused by name
  ['cache select * from t', { kind: 'unsupported', name: 'CACHE SELECT' }],
  ['cache lazy table t', { kind: 'unsupported', name: 'CACHE LAZY TABLE' }],
  ['uncache table t', { kind: 'unsupported', name: 'UNCACHE TABLE' }],
  ['msck repair table t', { kind: 'unsupported', name: 'MSCK REPAIR TABLE' }],
  ['analyze', { kind: 'unsupported', name: 'ANALYZE' }],
  ['abort', { kind: 'unsupported', name: 'ABORT' }],
  ['savepoint x', { kind: 'unsupported', name: 'SAVEPOINT' }],
];

for (const [sql, is] of cases) {
  test(`parses ${sql}`, () => {
    for (const dialect of dialects) {
      assert.deepEqual(plain(parseStatement(sql, dialect)), is, dialect);
    }
  });
}
