import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complete, quoteName, type CompletionCatalog } from '../../repl/completion.ts';

const catalog: CompletionCatalog = {
  schemas: async () => ['default', 'stocks', 'odd schema'],
  tables: async () => [
    { schema: 'default', name: 'events' },
    { schema: 'default', name: 'Odd name' },
    { schema: 'stocks', name: 'prices' },
    { schema: 'stocks', name: 'fundamentals' },
  ],
  columns: async ({ name }) =>
    name === 'prices' ? ['ticker', 'price_date', 'close'] : ['id', 'ticker', 'select'],
};

/** `|` is the cursor. */
async function completionsOf(text: string, currentSchema?: string): Promise<readonly string[]> {
  const [before = '', after = ''] = text.split('|');
  const { candidates, word } = await complete({
    before,
    statement: before + after,
    currentSchema,
    catalog,
    commandNames: ['d', 'dt', 'dn', 'pset', 'history'],
    settingNames: ['format', 'footer', 'null'],
  });
  assert.ok(before.endsWith(word));
  return candidates;
}

for (const [text, candidates, currentSchema] of [
  ['sel|', ['select']],
  ['SEL|', ['SELECT']],
  ['select * from |', ['events', '`Odd name`', 'default.', 'stocks.', '`odd schema`.']],
  ['select * from ev|', ['events']],
  ['select * from odd|', []],
  ['select * from `odd|', ['`Odd name`', '`odd schema`.']],
  ['select * from |', ['prices', 'fundamentals', 'default.', 'stocks.', '`odd schema`.'], 'stocks'],
  ['select * from stocks.|', ['stocks.prices', 'stocks.fundamentals']],
  ['select * from stocks.pr|', ['stocks.prices']],
  ['select * from events, st|', ['stocks.']],
  ['select * from events e join stocks.f|', ['stocks.fundamentals']],
  ['insert into ev|', ['events']],
  ['describe history ev|', ['events']],
  ['select cl| from stocks.prices', ['close']],
  ['select tick| from stocks.prices', ['ticker']],
  ['select * from stocks.prices where pri|', ['price_date']],
  ['select p.| from stocks.prices p', ['p.ticker', 'p.price_date', 'p.close']],
  ['select p.cl| from stocks.prices as p', ['p.close']],
  [
    'select f.| from stocks.prices p join stocks.fundamentals f',
    ['f.id', 'f.ticker', 'f.`select`'],
  ],
  ['select prices.cl| from stocks.prices where true', ['prices.close']],
  ['select x.| from stocks.prices p', []],
  ['use st|', ['stocks']],
  ['use |', ['default', 'stocks', '`odd schema`']],
  ["select 'fro|", []],
  ["select 'it''s' fro|", ['from']],
  ["select 'a' -- it's\n fro|", ['from']],
  ['\\d|', ['\\d', '\\dt', '\\dn']],
  ['\\hist|', ['\\history']],
  ['\\pset f|', ['format', 'footer']],
  ['\\d stocks.p|', ['stocks.prices']],
  ['\\dn s|', ['stocks']],
  ['select 1\n\\p|', ['\\pset']],
] as readonly (readonly [string, readonly string[], string?])[]) {
  test(`completes ${JSON.stringify(text)}${currentSchema === undefined ? '' : ` in ${currentSchema}`}`, async () => {
    assert.deepEqual(await completionsOf(text, currentSchema), candidates);
  });
}

test('quotes a name only where it must be', () => {
  assert.deepEqual(['a_1', 'Ab', '1a', 'a b', 'order', 'a`b', 'ä'].map(quoteName), [
    'a_1',
    'Ab',
    '`1a`',
    '`a b`',
    '`order`',
    '`a``b`',
    '`ä`',
  ]);
});
