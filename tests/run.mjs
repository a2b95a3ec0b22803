/**
 * Finds the tests of one level and gives them to Node's test runner.
 *
 *   node tests/run.mjs fast [filter]      *.test.ts           about a minute
 *   node tests/run.mjs slow [filter]      *.slow.test.ts      what takes longer than that
 *   node tests/run.mjs nightly [filter]   *.nightly.test.ts   long random and load tests
 *   node tests/run.mjs tidy [filter]      tests/tidy/         the code checks its own form
 *
 * A filter keeps the files whose path contains it. The files are listed here and not by a glob,
 * because Node 20 does not know globs; the exit code and the closing lines are the runner's own.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ['tests', 'examples'];

/**
 * Level -> which files, how long one test, or one file as a whole, may take, and how many files run at
 * once: the slow ones measure, and would measure each other.
 */
const levels = {
  fast: {
    timeoutMs: 120_000,
    filesAtOnce: 2,
    has: (path) => /(?<!\.slow|\.nightly)\.test\.ts$/.test(path),
  },
  slow: { timeoutMs: 900_000, filesAtOnce: 1, has: (path) => path.endsWith('.slow.test.ts') },
  nightly: {
    timeoutMs: 7_200_000,
    filesAtOnce: 1,
    has: (path) => path.endsWith('.nightly.test.ts'),
  },
  tidy: {
    timeoutMs: 120_000,
    filesAtOnce: 2,
    has: (path) => /^tests\/tidy\/.*\.test\.ts$/.test(path),
  },
};

function listFiles(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(path);
    return entry.isFile() ? [path.split(sep).join('/')] : [];
  });
}

const [name, ...filters] = process.argv.slice(2);
const level = Object.hasOwn(levels, name ?? '') ? levels[name] : undefined;
if (level === undefined) {
  console.error(`usage: node tests/run.mjs ${Object.keys(levels).join('|')} [filter]`);
  process.exit(2);
}

const files = folders
  .flatMap(listFiles)
  .filter((path) => level.has(path) && filters.every((filter) => path.includes(filter)))
  .sort();
if (files.length === 0) {
  console.error(`No ${name} tests${filters.length > 0 ? ` match ${filters.join(' ')}` : ''}.`);
  process.exit(1);
}

console.log(
  `${files.length} ${name} test file${files.length === 1 ? '' : 's'}, Node ${process.version}`,
);
const startedMs = Date.now();
const runner = spawn(
  process.execPath,
  [
    ...[
      '--import',
      'tsx',
      '--test',
      '--test-reporter=spec',
      `--test-concurrency=${level.filesAtOnce}`,
    ],
    `--test-timeout=${level.timeoutMs}`,
    ...files,
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // The launcher sets the same for the server: DuckDB runs on libuv's pool.
    env: { ...process.env, UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16' },
  },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => runner.kill(signal));
runner.on('error', (error) => {
  console.error(`Cannot start the test runner: ${error.message}`);
  process.exitCode = 1;
});
runner.on('exit', (code, signal) => {
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  if (signal !== null) console.error(`The test runner ended by ${signal} after ${seconds} s.`);
  process.exitCode = code ?? 1;
});
