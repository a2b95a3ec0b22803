-- The views of the stocks example. Dialect: spark.

-- The truth as it is known now: of each ticker and day the row with the highest revision.
CREATE OR REPLACE VIEW stocks.priceWithFundamentals AS
SELECT ticker, price_date, open, high, low, close, adj_close, volume,
       period_end, eps_basic_net, revenue_millions
FROM (
  SELECT *, row_number() OVER (PARTITION BY ticker, price_date ORDER BY revision DESC) AS nth
  FROM stocks.priceWithFundamentalsHistory
) AS h
WHERE nth = 1;

-- Price over earnings, for companies that earn anything.
CREATE OR REPLACE VIEW stocks.viewPE AS
select ticker, price_date, first(close) as price, (close/eps_basic_net) as pe
from stocks.priceWithFundamentals
where eps_basic_net > 0
GROUP BY ticker, price_date, pe;

-- The average close of each ticker.
CREATE OR REPLACE VIEW stocks.averageClose AS
SELECT ticker, AVG(close) as Average_Close
FROM stocks.priceWithFundamentals
GROUP BY ticker
ORDER BY Average_Close;

-- The prices as they come in.
CREATE OR REPLACE VIEW stocks.priceStream AS
SELECT ticker, price_date, open, high, low, close, volume FROM stocks.stocksDailyPrices;
