import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLineBatches } from '../../repl/read-lines.ts';
import { ConnectionError } from '../../repl/repl-error.ts';
import { readAnswer } from '../../repl/statement-answer.ts';

async function* chunksOf(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

test('finds the same lines however the text is cut', async () => {
  const text = 'one\n\ntwo\r\nthree\n four';
  for (let size = 1; size <= text.length; size += 1) {
    const lines: string[] = [];
    for await (const batch of readLineBatches(chunksOf(text, size))) lines.push(...batch);
    assert.deepEqual(lines, ['one', '', 'two', 'three', ' four'], `in pieces of ${size}`);
  }
});

const head =
  '{"queryId":"q","columns":[{"name":"a","type":"INTEGER","nullable":true}],"snapshots":[]}\n';
const end = '{"rowCount":2,"truncated":false,"statistics":{"elapsedMs":1.5},"complete":true}\n';

async function readRows(text: string, size: number): Promise<number> {
  const answer = await readAnswer(chunksOf(text, size));
  let count = 0;
  for await (const batch of answer.batches) count += batch.length;
  assert.equal(answer.end()?.elapsedMs, 1.5);
  return count;
}

test('reads an answer however it is cut', async () => {
  const text = `${head}[1]\n[2]\n${end}`;
  for (const size of [1, 2, 7, 100, 1000]) assert.equal(await readRows(text, size), 2);
});

for (const [name, text] of [
  ['nothing', ''],
  ['only its columns', head],
  ['a row but no end', `${head}[1]\n`],
  ['a cut row', `${head}[1]\n[2`],
  ['something else than JSON', '<html>\n'],
  ['rows without columns', '[1]\n'],
] as const) {
  test(`an answer of ${name} is a failure`, async () => {
    await assert.rejects(readRows(text, 10), ConnectionError);
  });
}

test('an error in the last record is the failure of the statement, in the middle of rows as well', async () => {
  const text = `${head}[1]\n{"rowCount":1,"error":{"code":"DIVIDE_BY_ZERO","sqlState":"22012","detail":"no"}}\n`;
  await assert.rejects(readRows(text, 9), {
    name: 'ServerError',
    code: 'DIVIDE_BY_ZERO',
    sqlState: '22012',
  });
});
