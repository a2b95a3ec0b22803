-- The tables of the stocks example. Dialect: spark.

CREATE SCHEMA IF NOT EXISTS stocks;

-- One row for each ticker and trading day, appended day by day: version n holds the first n days.
CREATE TABLE IF NOT EXISTS stocks.stocksDailyPrices (
  ticker STRING,
  price_date DATE,
  open DOUBLE,
  high DOUBLE,
  low DOUBLE,
  close DOUBLE,
  adj_close DOUBLE,
  volume BIGINT
) USING DELTA;

-- Results as the vendor delivered them. A correction is a new row with a higher revision.
CREATE TABLE IF NOT EXISTS stocks.stocksFundamentals (
  ticker STRING,
  period_end DATE,
  published DATE,
  revision INT,
  eps_basic_net DOUBLE,
  revenue_millions BIGINT,
  shares_millions BIGINT
) USING DELTA;

-- What the daily ETL makes of both: each price with the results known on that day. Nothing is ever
-- overwritten: a day that is loaded again after a correction gets rows with a higher revision.
CREATE TABLE IF NOT EXISTS stocks.stocksDailyPricesWFund (
  ticker STRING,
  price_date DATE,
  open DOUBLE,
  high DOUBLE,
  low DOUBLE,
  close DOUBLE,
  adj_close DOUBLE,
  volume BIGINT,
  period_end DATE,
  eps_basic_net DOUBLE,
  revenue_millions BIGINT,
  revision INT
) USING DELTA;

-- The same table under the name that analysts use: a name for a location.
CREATE TABLE IF NOT EXISTS stocks.priceWithFundamentalsHistory
USING DELTA LOCATION 'stocks/stocksDailyPricesWFund';
