-- The ETL of one day: each price of the day with the latest results that were known then.
-- ${day} stands for the day. Dialect: spark.

INSERT INTO stocks.stocksDailyPricesWFund
SELECT p.ticker, p.price_date, p.open, p.high, p.low, p.close, p.adj_close, p.volume,
       f.period_end, f.eps_basic_net, f.revenue_millions, 1 AS revision
FROM stocks.stocksDailyPrices AS p
JOIN (
  SELECT *, row_number() OVER (PARTITION BY ticker ORDER BY period_end DESC, revision DESC) AS nth
  FROM stocks.stocksFundamentals
  WHERE published <= DATE '${day}'
) AS f ON f.ticker = p.ticker
WHERE f.nth = 1 AND p.price_date = DATE '${day}';
