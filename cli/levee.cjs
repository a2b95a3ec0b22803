#!/usr/bin/env node
// The launcher. DuckDB runs its work on libuv's thread pool, whose size is read once, when the pool
// is first used. Loading ES modules uses the pool, so the size is set here, in a CommonJS file that
// is read synchronously, before the first `import()`.
process.env.UV_THREADPOOL_SIZE ??= '16';
import('../dist/cli/main.js').then(
  ({ main }) => main(process.argv.slice(2)),
  (error) => {
    process.stderr.write(`levee: cannot start: ${error.message}\n`);
    process.exitCode = 1;
  },
);
