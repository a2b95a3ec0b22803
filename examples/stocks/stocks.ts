/**
 * The stocks example as its loader takes it: forty days of loading, one commit a day and table, with
 * the results published in between. README.md tells the story, market.ts makes the numbers.
 */
import type { Example, Write } from '../example.ts';
import { readStatements } from '../sql-files.ts';
import { makeMarket, mistake, type Fundamental, type Price } from './market.ts';

export function stocksExample(): Example {
  return {
    name: 'stocks',
    schema: 'stocks',
    tables: readStatements('stocks/tables.sql'),
    writes: dailyLoads(),
    views: readStatements('stocks/views.sql'),
    firstQuery:
      'SELECT ticker, AVG(close) AS Average_Close FROM priceWithFundamentals GROUP BY ticker',
  };
}

/** Day n: the prices, the results that came in, then the ETL, whose version is n until day 25. */
function dailyLoads(): readonly Write[] {
  const { days, prices, fundamentals } = makeMarket();
  const [etlOfDay = ''] = readStatements('stocks/etl-day.sql');
  const [etlOfCorrection = ''] = readStatements('stocks/etl-correction.sql');
  const writes: Write[] = [];
  const versions = new Map<string, number>();
  const add = (table: string, sql: string): void => {
    const version = (versions.get(table) ?? 0) + 1;
    versions.set(table, version);
    writes.push({ table, version, sql });
  };

  const known = fundamentals.filter(({ published }) => published < (days[0] ?? ''));
  add('stocksFundamentals', insertFundamentals(known));
  for (const day of days) {
    add('stocksDailyPrices', insertPrices(prices.filter(({ date }) => date === day)));
    const delivered = fundamentals.filter(({ published }) => published === day);
    if (delivered.length > 0) add('stocksFundamentals', insertFundamentals(delivered));
    add('stocksDailyPricesWFund', etlOfDay.replaceAll('${day}', day));
    if (day === days[mistake.correctedDay - 1]) add('stocksDailyPricesWFund', etlOfCorrection);
  }
  return writes;
}

function insertPrices(rows: readonly Price[]): string {
  const values = rows.map(
    ({ ticker, date, open, high, low, close, adjClose, volume }) =>
      `('${ticker}', DATE '${date}', ${open}, ${high}, ${low}, ${close}, ${adjClose}, ${volume})`,
  );
  return `INSERT INTO stocks.stocksDailyPrices VALUES\n${values.join(',\n')}`;
}

function insertFundamentals(rows: readonly Fundamental[]): string {
  const values = rows.map(
    (row) =>
      `('${row.ticker}', DATE '${row.periodEnd}', DATE '${row.published}', ${row.revision}, ` +
      `${row.epsBasicNet}, ${row.revenueMillions}, ${row.sharesMillions})`,
  );
  return `INSERT INTO stocks.stocksFundamentals VALUES\n${values.join(',\n')}`;
}
