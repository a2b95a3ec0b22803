-- Loads again what was loaded before the vendor corrected its delivery: for every row whose results
-- have a later revision, one more row with that revision. The wrong rows stay. Dialect: spark.

INSERT INTO stocks.stocksDailyPricesWFund
SELECT w.ticker, w.price_date, w.open, w.high, w.low, w.close, w.adj_close, w.volume,
       f.period_end, f.eps_basic_net, f.revenue_millions, f.revision
FROM stocks.stocksDailyPricesWFund AS w
JOIN stocks.stocksFundamentals AS f
  ON f.ticker = w.ticker AND f.period_end = w.period_end AND f.revision > w.revision
WHERE w.price_date < f.published;
