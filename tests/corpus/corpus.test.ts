import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { corpusReport, countVerdicts, type Judged } from '../support/corpus-report.ts';
import { judge, prepareCorpus, readCorpusCases } from '../support/corpus.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { repositoryRoot, requireShared, skipWithoutShared } from '../support/shared-folder.ts';

const skip = skipWithoutShared('corpus');
const reportPath = join(repositoryRoot, 'docs/corpus.md');
/** At most so many reads at a time; the machine's cores are the limit, not the engine. */
const readsMax = 4;

let engine: SqlEngine | undefined;
let removeScratch: (() => Promise<void>) | undefined;
let judged: readonly Judged[] = [];

before(async () => {
  if (skip !== false) return;
  const corpus = requireShared('corpus');
  const { folder, remove } = await makeScratch();
  removeScratch = remove;
  await prepareCorpus(corpus, folder);
  engine = await openEngine({ warehouse: folder });
  judged = await judgeAll(engine, folder, corpus);
  const { right, refused, wrong } = countVerdicts(judged);
  console.log(`corpus: ${right} right, ${refused} refused, ${wrong} wrong of ${judged.length}`);
  if (process.env['LEVEE_UPDATE_DOCS'] === '1') writeFileSync(reportPath, corpusReport(judged));
});

after(async () => {
  await engine?.close();
  await removeScratch?.();
});

async function judgeAll(
  engine: SqlEngine,
  scratch: string,
  corpus: string,
): Promise<readonly Judged[]> {
  const cases = readCorpusCases(corpus);
  const results: Judged[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < cases.length; index = next++) {
      const item = cases[index];
      if (item === undefined) return;
      results[index] = { item, verdict: await judge(item, { engine, scratch, timeoutMs: 30_000 }) };
    }
  };
  await Promise.all(Array.from({ length: readsMax }, work));
  return results;
}

test(
  'every table of the corpus is read rightly, or refused with its feature named',
  { skip },
  () => {
    assert.ok(judged.length > 400, `only ${judged.length} expected files were found`);
    const wrong = judged.flatMap(({ item, verdict }) =>
      verdict.kind === 'wrong' ? [`${item.name}: ${verdict.why.slice(0, 400)}`] : [],
    );
    assert.deepEqual(wrong, []);
  },
);

test('docs/corpus.md says what was found', { skip }, () => {
  assert.equal(
    readFileSync(reportPath, 'utf8'),
    corpusReport(judged),
    'LEVEE_UPDATE_DOCS=1 node tests/run.mjs fast corpus writes it',
  );
});
