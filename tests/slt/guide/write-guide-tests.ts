/**
 * Writes the guide's queries as SQL tests. The expected rows are computed in plain loops over the
 * same data, without any SQL: agreement is between two independent computations.
 *
 *   node --import tsx tests/slt/guide/write-guide-tests.ts
 *
 * guide-tests.test.ts checks that the committed files are what this writes.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clickThrough, globalTempViews, lastTouch, weighted } from './advertising-tests.ts';
import { dailyActiveUsers, eventsPerWindow } from './game-tests.ts';
import { mutations } from './mutation-tests.ts';

/** File name -> text of every test. */
export function guideTests(): ReadonlyMap<string, string> {
  return new Map([
    ['last-touch-attribution.test', lastTouch()],
    ['weighted-attribution.test', weighted()],
    ['click-through.test', clickThrough()],
    ['global-temp-views.test', globalTempViews()],
    ['events-per-window.test', eventsPerWindow()],
    ['daily-active-users.test', dailyActiveUsers()],
    ['mutations.test', mutations()],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of guideTests()) {
    writeFileSync(join(dirname(fileURLToPath(import.meta.url)), name), text);
  }
}
