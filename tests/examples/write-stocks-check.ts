/**
 * Writes examples/stocks/check.test: the answers that the stocks example must give, computed from
 * the made-up market in plain loops, without SQL.
 *
 *   node --import tsx tests/examples/write-stocks-check.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeMarket, mistake, type Price } from '../../examples/stocks/market.ts';
import { repositoryRoot } from '../support/shared-folder.ts';
import { groupBy, table, type Row } from '../slt/guide/slt-text.ts';

const market = makeMarket();

/** The earnings that the ETL of `day` knew; `corrected` as they are known now. */
function epsOn(ticker: string, day: string, corrected: boolean): number {
  const known = market.fundamentals.filter((row) => row.ticker === ticker && row.published <= day);
  const period = known[known.length - 1]?.periodEnd;
  const deliveries = (corrected ? market.fundamentals : known).filter(
    (row) => row.ticker === ticker && row.periodEnd === period,
  );
  return deliveries[deliveries.length - 1]?.epsBasicNet ?? NaN;
}

function pricesOf(ticker: string): readonly Price[] {
  return market.prices.filter((price) => price.ticker === ticker);
}

/** The rows of JO1 in the history: the loads of the first `dayCount` days. */
function firstLoads(dayCount: number): readonly Row[] {
  return pricesOf(mistake.ticker)
    .slice(0, dayCount)
    .map(({ ticker, date, adjClose }) => [
      ticker,
      date,
      adjClose,
      adjClose / epsOn(ticker, date, false),
    ]);
}

/** The rows of JO1 that the correction added. */
function corrections(): readonly Row[] {
  return pricesOf(mistake.ticker)
    .slice(mistake.wrongDay - 1, mistake.correctedDay - 1)
    .map(({ ticker, date, adjClose }) => [ticker, date, adjClose, adjClose / mistake.rightEps]);
}

export function stocksCheck(): string {
  const apple = pricesOf('AAPL').map(({ ticker, date, close }) => [
    ticker,
    date,
    close,
    close / epsOn(ticker, date, true),
  ]);
  const averages = groupBy(market.prices, ({ ticker }) => ticker)
    .map(([ticker, rows]): [string, number] => [
      ticker,
      rows.reduce((sum, { close }) => sum + close, 0) / rows.length,
    ])
    .sort(([, a], [, b]) => a - b);
  const stream = market.prices
    .filter(({ ticker }) => ticker === 'J01' || ticker === 'JN2')
    .map((row) => [row.ticker, row.date, row.open, row.high, row.low, row.close, row.volume]);
  const earning = groupBy(market.prices, ({ ticker }) => ticker)
    .map(([ticker, rows]): [string, number] => [
      ticker,
      rows.filter(({ date }) => epsOn(ticker, date, true) > 0).length,
    ])
    .filter(([, days]) => days > 0);
  const pes = [...firstLoads(market.days.length), ...corrections()];
  const wrongDays = market.days.slice(mistake.wrongDay - 1, 20);

  return `# The answers of the stocks example, the guide's own statements among them.
# Written by tests/examples/write-stocks-check.ts, which computes them without SQL.

dialect spark

statement ok
USE stocks

# As the guide prints it, the statement has lost its GROUP BY.
statement error MISSING_GROUP_BY
CREATE OR REPLACE TEMPORARY VIEW viewPE AS select ticker, price_date, first(close) as price, (close/eps_basic_net) as pe from priceWithFundamentals where eps_basic_net > 0

statement ok
CREATE OR REPLACE TEMPORARY VIEW viewPE AS select ticker, price_date, first(close) as price, (close/eps_basic_net) as pe from priceWithFundamentals where eps_basic_net > 0 group by ticker, price_date, pe

names ticker, price_date, price, pe
query TTRR
select * from viewPE where ticker == "AAPL" order by price_date
----
${table(apple)}

query TI
SELECT ticker, count(*) FROM viewPE GROUP BY ticker ORDER BY ticker
----
${table(earning)}

names ticker, Average_Close
query TR
SELECT ticker, AVG(close) as Average_Close FROM priceWithFundamentals GROUP BY ticker ORDER BY Average_Close
----
${table(averages)}

query TR
SELECT * FROM averageClose
----
${table(averages)}

query TTRRRRI rowsort
SELECT * FROM priceStream WHERE ticker IN ('J01', 'JN2')
----
${table(stream)}

# The planted mistake: three versions, three answers.
query TTRR rowsort
SELECT ticker, price_date, adj_close as price, (adj_close/eps_basic_net) as pe FROM priceWithFundamentalsHistory VERSION AS OF 1 WHERE ticker == "JO1"
----
${table(firstLoads(1))}

names ticker, price_date, price, pe
query TTRR rowsort
SELECT ticker, price_date, adj_close as price, (adj_close/eps_basic_net) as pe FROM priceWithFundamentalsHistory VERSION AS OF 20 WHERE ticker == "JO1"
----
${table(firstLoads(20))}

query TTRR rowsort
SELECT ticker, price_date, adj_close as price, (adj_close/eps_basic_net) as pe FROM priceWithFundamentalsHistory WHERE ticker == "JO1"
----
${table(pes)}

# The same table by its other name, by its path, and by @.
query III
SELECT (SELECT count(*) FROM stocksDailyPricesWFund VERSION AS OF 20),
       (SELECT count(*) FROM delta.\`stocks/stocksDailyPricesWFund\` VERSION AS OF 20),
       (SELECT count(*) FROM priceWithFundamentalsHistory@v20)
----
${table([[0, 0, 0].map(() => 20 * new Set(market.prices.map(({ ticker }) => ticker)).size)])}

# Which tickers version 20 was wrong about, against what is known now.
query TITT
SELECT o.ticker, count(*) AS days_wrong, min(o.price_date) AS first_day, max(o.price_date) AS last_day
FROM priceWithFundamentalsHistory VERSION AS OF 20 AS o
JOIN priceWithFundamentals AS n ON n.ticker = o.ticker AND n.price_date = o.price_date
WHERE o.eps_basic_net <> n.eps_basic_net
GROUP BY o.ticker
----
${table([[mistake.ticker, wrongDays.length, wrongDays[0] ?? '', wrongDays[wrongDays.length - 1] ?? '']])}

# What is known now is right: one row for each ticker and day, and no P/E out of line.
query IIR
SELECT count(*), count(DISTINCT (ticker, price_date)), max(adj_close / eps_basic_net) FILTER (ticker == "JO1")
FROM priceWithFundamentals
----
${table([[market.prices.length, market.prices.length, Math.max(...pricesOf(mistake.ticker).map(({ ticker, date, adjClose }) => adjClose / epsOn(ticker, date, true)))]])}

# One version for each day, and one for the correction.
query IIII
SELECT (SELECT count(*) FROM priceWithFundamentalsHistory VERSION AS OF 0),
       (SELECT count(*) FROM priceWithFundamentalsHistory VERSION AS OF 25),
       (SELECT count(*) FROM priceWithFundamentalsHistory VERSION AS OF 26),
       (SELECT count(*) FROM priceWithFundamentalsHistory VERSION AS OF 41)
----
${table([versionCounts()])}

statement error DELTA_VERSION_NOT_FOUND
SELECT count(*) FROM priceWithFundamentalsHistory VERSION AS OF 42
`;
}

function versionCounts(): Row {
  const perDay = market.prices.length / market.days.length;
  const corrected = corrections().length;
  return [0, 25 * perDay, 25 * perDay + corrected, market.prices.length + corrected];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(repositoryRoot, 'examples/stocks/check.test'), stocksCheck());
}
