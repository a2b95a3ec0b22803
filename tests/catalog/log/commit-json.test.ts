import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action } from '../../../catalog/log/actions.ts';
import { findCommitInfo, parseCommit, serializeCommit } from '../../../catalog/log/commit-json.ts';
import { throwsCoded } from '../../support/coded.ts';
import { add, commitInfo, metaData, protocol, remove } from '../../support/table-builder.ts';

function parse(...lines: readonly string[]): Action[] {
  return parseCommit(Buffer.from(lines.join('\n')), 'log/5.json');
}

test('what is written is read again', () => {
  const actions: readonly Action[] = [
    commitInfo({ operation: 'WRITE', operationMetrics: { a: '1' } }),
    protocol({ minReaderVersion: 3, readerFeatures: ['deletionVectors'], writerFeatures: [] }),
    metaData({ name: 'n', configuration: { 'delta.appendOnly': 'true' } }),
    { kind: 'txn', appId: 'app "1"', version: 9223372036854775807n, lastUpdated: 5 },
    add('a%20b', {
      partitionValues: { p: null, q: 'ü' },
      stats: '{"numRecords":1}',
      tags: { t: '1' },
      deletionVector: { storageType: 'u', pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 2 },
      baseRowId: 0,
      defaultRowCommitVersion: 0,
    }),
    remove('b', {
      deletionVector: {
        storageType: 'i',
        pathOrInlineDv: 'y',
        offset: 0,
        sizeInBytes: 1,
        cardinality: 2,
      },
    }),
    { kind: 'cdc', path: 'c', partitionValues: {}, size: 1, dataChange: false },
    { kind: 'domainMetadata', domain: 'd', configuration: '{}', removed: true },
  ];
  const bytes = serializeCommit(actions);
  const plain = (value: readonly Action[]): unknown =>
    JSON.parse(JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v)));
  assert.deepEqual(plain(parseCommit(bytes, 'f')), plain(actions));
  const again = serializeCommit(parseCommit(bytes, 'f'));
  assert.deepEqual(serializeCommit(parseCommit(again, 'f')), again);
});

test('unknown actions, unknown fields and null actions are ignored', () => {
  const [only, ...rest] = parse(
    '{"futureThing":{"path":1}}',
    '{"protocol":{"minReaderVersion":1,"minWriterVersion":2,"future":{}},"add":null}',
    '{"constructor":{}}',
    '{}',
  );
  assert.deepEqual(rest, []);
  assert.equal(only?.kind, 'protocol');
});

test('statistics stay the text they are', () => {
  const stats = '{"minValues":{"a":9223372036854775807,"b":1.10}}';
  const [file] = parse(JSON.stringify({ add: { path: 'a', size: 1, stats } }));
  assert.equal(file?.kind === 'add' ? file.stats : undefined, stats);
});

test('a transaction version keeps all 64 bits', () => {
  const [txn] = parse('{"txn":{"appId":"a","version": -9223372036854775808 }}');
  assert.equal(txn?.kind === 'txn' ? txn.version : undefined, -9223372036854775808n);
});

test('blank lines, carriage returns and a missing last newline do no harm', () => {
  assert.equal(
    parse('{"txn":{"appId":"a","version":1}}\r', '', '{"txn":{"appId":"b","version":1}}').length,
    2,
  );
});

test('documents spread over lines are read as well', () => {
  const spread = [commitInfo({ text: 'a } b \\" {' }), add('x'), protocol()]
    .map(({ kind, ...body }) => JSON.stringify({ [kind]: body }, null, 2))
    .join('\n\n');
  assert.deepEqual(
    parse(spread).map(({ kind }) => kind),
    ['commitInfo', 'add', 'protocol'],
  );
});

const damaged: readonly (readonly [name: string, text: string | Uint8Array, message: RegExp])[] = [
  ['a file of zero bytes', '', /log\/5\.json, line 0: the file holds no action/],
  ['a file of blanks', '\n \n', /holds no action/],
  [
    'a cut last line',
    '{"txn":{"appId":"a","version":1}}\n{"add":{"path":"x","si',
    /line 2: is not JSON/,
  ],
  ['a cut only line', '{"add":{"path":"x","si', /does not end/],
  ['a cut spread document', '{\n"add": {\n"path": "x"', /line 1: the JSON document does not end/],
  [
    'garbage after a spread document',
    '{\n"txn":{"appId":"a","version":1}}\nxyz',
    /line 3: is not JSON/,
  ],
  ['zero bytes', new Uint8Array(100), /is not JSON/],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), /not UTF-8/],
  ['an array', '[]', /an action is a JSON object/],
  ['a number', '17', /an action is a JSON object/],
  [
    'two actions in one line',
    '{"add":{"path":"a","size":1},"remove":{"path":"a"}}',
    /both "add" and "remove"/,
  ],
  ['an action that is no object', '{"add":"x"}', /"add" is not an object/],
  [
    'a path that is a number',
    '{"add":{"path":1,"size":1}}',
    /"add\.path" is 1 instead of a string/,
  ],
  ['an empty path', '{"add":{"path":"","size":1}}', /"add\.path" is ""/],
  ['a path with a NUL', '{"add":{"path":"a\\u0000","size":1}}', /"add\.path"/],
  ['a file without a size', '{"add":{"path":"a"}}', /"add\.size" is nothing/],
  ['a negative size', '{"add":{"path":"a","size":-1}}', /"add\.size" is -1/],
  [
    'a size that would be rounded',
    '{"add":{"path":"a","size":9007199254740993}}',
    /"add\.size" is 9007199254740992/,
  ],
  [
    'a row id that would be rounded',
    '{"add":{"path":"a","size":1,"baseRowId":9007199254740993}}',
    /"add\.baseRowId"/,
  ],
  ['a size that is no integer', '{"add":{"path":"a","size":1.5}}', /"add\.size" is 1\.5/],
  ['statistics that are no text', '{"add":{"path":"a","size":1,"stats":{}}}', /"add\.stats"/],
  [
    'a partition value that is a number',
    '{"add":{"path":"a","size":1,"partitionValues":{"p":1}}}',
    /"add\.partitionValues"/,
  ],
  [
    'a deletion vector of another kind',
    '{"add":{"path":"a","size":1,"deletionVector":{"storageType":"z"}}}',
    /"add\.deletionVector\.storageType" is "z"/,
  ],
  [
    'a deletion vector without a size',
    '{"remove":{"path":"a","deletionVector":{"storageType":"u","pathOrInlineDv":"x"}}}',
    /"remove\.deletionVector\.sizeInBytes"/,
  ],
  [
    'features that are no list',
    '{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":"x"}}',
    /"protocol\.readerFeatures"/,
  ],
  [
    'a protocol without a version',
    '{"protocol":{"minWriterVersion":2}}',
    /"protocol\.minReaderVersion" is nothing/,
  ],
  ['metadata without a schema', '{"metaData":{"id":"a"}}', /"metaData\.schemaString" is nothing/],
  [
    'a configuration of numbers',
    '{"metaData":{"id":"a","schemaString":"","configuration":{"a":1}}}',
    /"metaData\.configuration"/,
  ],
  [
    'a transaction version beyond 64 bits',
    '{"txn":{"appId":"a","version":9223372036854775808}}',
    /"txn\.version"/,
  ],
  ['a transaction version that is text', '{"txn":{"appId":"a","version":"1"}}', /"txn\.version"/],
  [
    'an in-commit timestamp that is text',
    '{"commitInfo":{"inCommitTimestamp":"now"}}',
    /"commitInfo\.inCommitTimestamp"/,
  ],
];
for (const [name, content, message] of damaged) {
  test(`refuses ${name}, naming the place`, () => {
    throwsCoded('DELTA_LOG_CORRUPT', message, () =>
      parseCommit(typeof content === 'string' ? Buffer.from(content) : content, 'log/5.json'),
    );
  });
}

test('commitInfo is found without parsing the other lines', () => {
  const bytes = Buffer.from('{"add": this is not JSON}\n{"commitInfo":{"operation":"WRITE"}}\n');
  assert.deepEqual(findCommitInfo(bytes, 'f')?.fields, { operation: 'WRITE' });
});

test('commitInfo is found in any spelling, or not at all', () => {
  const spaced = Buffer.from('{ "commitInfo" : {"operation":"WRITE"} }');
  assert.deepEqual(findCommitInfo(spaced, 'f')?.fields, { operation: 'WRITE' });
  assert.equal(findCommitInfo(serializeCommit([protocol()]), 'f'), undefined);
});

const line = JSON.stringify({ add: { path: 'a', partitionValues: {}, size: 1, dataChange: true } });

test('lines are read together only where each is one document', () => {
  // The separator between lines, as an earlier line may hold it.
  const separator = '"\u007fline\u007f"';
  const cases: readonly (readonly string[])[] = [
    ['{"txn":[{}', '{}]}', `${line},${line}`],
    [line, `${line},${line}`],
    [line, `{"txn":[{}`, `{}]},${separator},{"cdc":null}`],
    [line, `${line},${separator},${line}`],
  ];
  for (const lines of cases) throwsCoded('DELTA_LOG_CORRUPT', /JSON/, () => parse(...lines));
});

test('the line of an error is counted over blocks and blank lines', () => {
  const many = Array.from({ length: 3000 }, (_, i) => (i === 700 ? '' : line));
  assert.equal(parse(...many).length, 2999);
  const damaged = many.with(2500, '{"add":{"path":7}}');
  assert.throws(() => parse(...damaged), /line 2501: "add\.path" is 7/);
});
