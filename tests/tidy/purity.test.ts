import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentReads, impurities } from './purity.ts';
import { parseSource, sourceFiles } from './source-files.ts';

test('pure modules neither await nor read a clock, random number or environment', () => {
  assert.deepEqual(sourceFiles().flatMap(impurities), []);
});

test('only server/config.ts reads the environment', () => {
  assert.deepEqual(sourceFiles().flatMap(environmentReads), []);
});

const impureTexts = {
  await: 'export const a = await b;',
  'an async function': 'export async function a() {}',
  'an async arrow': 'export const a = async () => 1;',
  'for await': 'for await (const a of b) c(a);',
  'the clock': 'export const a = () => Date.now();',
  'the clock by new Date()': 'export const a = () => new Date();',
  'a random number': 'export const a = () => Math.random();',
  'a random id': 'export const a = () => crypto.randomUUID();',
  'the environment': 'export const a = process.env;',
  'a file': `import 'node:fs';`,
};
for (const [name, text] of Object.entries(impureTexts)) {
  test(`the purity check refuses ${name}`, () => {
    assert.notEqual(impurities(parseSource('sql/plan/a.ts', text)).length, 0);
    assert.deepEqual(impurities(parseSource('sql/a.ts', text)), []);
  });
}

test('the purity check allows a Date made of a given time', () => {
  assert.deepEqual(
    impurities(parseSource('sql/plan/a.ts', 'export const a = (ms: number) => new Date(ms);')),
    [],
  );
});

for (const text of ['process.env.A', `process.env['A']`, 'process?.env', `process['env']`]) {
  test(`the environment check sees ${text}`, () => {
    assert.equal(environmentReads(parseSource('sql/a.ts', `f(${text});`)).length, 1);
    assert.deepEqual(environmentReads(parseSource('server/config.ts', `f(${text});`)), []);
  });
}
