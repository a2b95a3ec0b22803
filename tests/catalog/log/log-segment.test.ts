import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLogName } from '../../../catalog/log/log-path.ts';
import { parseLastCheckpoint } from '../../../catalog/log/last-checkpoint.ts';
import {
  buildLogSegment,
  sortLogListing,
  type LogSegment,
} from '../../../catalog/log/log-segment.ts';
import { nameOf } from '../../../catalog/log/log-path.ts';
import { throwsCoded } from '../../support/coded.ts';

const uuid = '80a083e8-7026-4e79-81be-64bd76c43a11';
/** `7` is a commit, `7c` a classic checkpoint, `7p1/3` a part, `7u` and `7j` UUID-named ones. */
function fileName(short: string): string {
  const match = /^(\d+)(?:(c|u|j)|p(\d+)\/(\d+))?$/.exec(short);
  if (match === null) return short;
  const [, version = '', letter, part, parts] = match;
  const padded = version.padStart(20, '0');
  if (letter === 'c') return `${padded}.checkpoint.parquet`;
  if (letter === 'u') return `${padded}.checkpoint.${uuid}.parquet`;
  if (letter === 'j') return `${padded}.checkpoint.${uuid}.json`;
  if (part === undefined || parts === undefined) return `${padded}.json`;
  return `${padded}.checkpoint.${part.padStart(10, '0')}.${parts.padStart(10, '0')}.parquet`;
}

function segment(names: string, version?: number, emptyFiles: readonly string[] = []): LogSegment {
  const files = names.split(' ').map((short) => ({
    location: `/t/_delta_log/${fileName(short)}`,
    sizeBytes: emptyFiles.includes(short) ? 0 : 10,
    modifiedMs: 0,
  }));
  return buildLogSegment(sortLogListing(files), { table: '/t', version });
}

function describe({ version, checkpoint, commits, anchor }: LogSegment): string {
  const names = checkpoint?.files.map(({ location }) => nameOf(location)) ?? [];
  return [
    `v${version}`,
    ...(checkpoint === undefined ? [] : [`checkpoint ${checkpoint.version} (${names.length})`]),
    `commits ${commits.map((commit) => commit.version).join(',')}`,
    `time of ${nameOf(anchor.location).replace(/^0+(?=\d)/, '')}`,
  ].join('; ');
}

const segments: readonly (readonly [
  name: string,
  files: string,
  version: number | undefined,
  expected: string,
])[] = [
  ['commits alone', '0 1 2', undefined, 'v2; commits 0,1,2; time of 2.json'],
  ['an older version', '0 1 2', 1, 'v1; commits 0,1; time of 1.json'],
  [
    'the newest checkpoint',
    '0 1 1c 2 2c 3',
    undefined,
    'v3; checkpoint 2 (1); commits 3; time of 3.json',
  ],
  [
    'no checkpoint after the version',
    '0 1 1c 2 2c 3',
    1,
    'v1; checkpoint 1 (1); commits ; time of 1.json',
  ],
  ['commits before the version’s checkpoint', '0 1 2 2c', 1, 'v1; commits 0,1; time of 1.json'],
  ['a cleaned log', '5c 5 6', undefined, 'v6; checkpoint 5 (1); commits 6; time of 6.json'],
  [
    'a checkpoint without its commit',
    '5c',
    undefined,
    'v5; checkpoint 5 (1); commits ; time of 5.checkpoint.parquet',
  ],
  [
    'a checkpoint newer than all commits',
    '0 1 2c',
    undefined,
    'v2; checkpoint 2 (1); commits ; time of 2.checkpoint.parquet',
  ],
  ['all parts', '0 1 1p1/2 1p2/2', undefined, 'v1; checkpoint 1 (2); commits ; time of 1.json'],
  [
    'an older checkpoint when a part is missing',
    '0 1c 1 2p1/2 2 3',
    undefined,
    'v3; checkpoint 1 (1); commits 2,3; time of 3.json',
  ],
  ['commits when a part is missing', '0 1 1p2/2', undefined, 'v1; commits 0,1; time of 1.json'],
  [
    'parts of two writers apart',
    '0 1 1p1/2 1p2/3 1p3/3',
    undefined,
    'v1; commits 0,1; time of 1.json',
  ],
  [
    'a gap before the checkpoint',
    '0 2c 2 3',
    undefined,
    'v3; checkpoint 2 (1); commits 3; time of 3.json',
  ],
  [
    'a UUID-named Parquet checkpoint',
    '0 1 1u 2',
    undefined,
    'v2; checkpoint 1 (1); commits 2; time of 2.json',
  ],
  [
    'a UUID-named JSON checkpoint',
    '0 1 1j 2',
    undefined,
    'v2; checkpoint 1 (1); commits 2; time of 2.json',
  ],
  [
    'names without a meaning',
    `0 _last_checkpoint 0.crc .tmp 1.json.tmp ${'1'.padStart(20, '0')}.${uuid}.json ${'9'.repeat(20)}.json`,
    undefined,
    'v0; commits 0; time of 0.json',
  ],
  [
    'compacted commits left alone',
    `0 1 2 ${'0'.repeat(20)}.${'2'.padStart(20, '0')}.compacted.json`,
    undefined,
    'v2; commits 0,1,2; time of 2.json',
  ],
];
for (const [name, files, version, expected] of segments) {
  test(`a segment of ${name}`, () => assert.equal(describe(segment(files, version)), expected));
}

test('an empty checkpoint file is passed over', () => {
  const found = segment('0 1 1c 2', undefined, ['1c']);
  assert.equal(describe(found), 'v2; commits 0,1,2; time of 2.json');
});

const errors: readonly (readonly [
  name: string,
  files: string,
  version: number | undefined,
  code: Parameters<typeof throwsCoded>[0],
  message: RegExp,
])[] = [
  ['no log', '_last_checkpoint', undefined, 'DELTA_TABLE_NOT_FOUND', /no Delta table at \/t/],
  [
    'a gap',
    '0 1 3',
    undefined,
    'DELTA_VERSIONS_NOT_CONTIGUOUS',
    /Version 3 of \/t .* commit of version 2 is missing although version 3 is there/,
  ],
  [
    'a gap after the checkpoint',
    '0 1 1c 3',
    undefined,
    'DELTA_VERSIONS_NOT_CONTIGUOUS',
    /commit of version 2/,
  ],
  [
    'no beginning',
    '2 3',
    undefined,
    'DELTA_STATE_RECOVER_ERROR',
    /neither version 0 nor a complete checkpoint; it starts at version 2/,
  ],
  [
    'no beginning but parts',
    '1p1/2 2 3',
    undefined,
    'DELTA_STATE_RECOVER_ERROR',
    /starts at version 2/,
  ],
  [
    'a version not yet there',
    '0 1',
    2,
    'DELTA_VERSION_NOT_FOUND',
    /no version 2: its versions are 0 to 1/,
  ],
  [
    'a version cleaned up',
    '5 5c 6',
    4,
    'DELTA_VERSION_NOT_FOUND',
    /no version 4: its versions are 5 to 6/,
  ],
];
for (const [name, files, version, code, message] of errors) {
  test(`${name} is refused`, () => throwsCoded(code, message, () => segment(files, version)));
}

test('an older version is made although a later commit is missing', () => {
  assert.equal(segment('0 1 3', 1).version, 1);
});

for (const name of [
  '',
  '1.json',
  'x.json',
  `${'0'.repeat(21)}.json`,
  `${'0'.repeat(20)}.checkpoint.json`,
]) {
  test(`"${name}" is no name of the log`, () => assert.equal(parseLogName(name), undefined));
}

for (const [text, version] of [
  ['{"version":10,"size":5}', 10],
  ['{"version":0}', 0],
  ['', undefined],
  ['{"version":{', undefined],
  ['[]', undefined],
  ['null', undefined],
  ['{"version":"10"}', undefined],
  ['{"version":-1}', undefined],
  ['{"version":1.5}', undefined],
  ['{"size":1}', undefined],
] as const) {
  test(`the hint in ${JSON.stringify(text)} is ${version}`, () =>
    assert.equal(parseLastCheckpoint(Buffer.from(text)), version));
}
