-- Who changed the P/E of JO1? Run it with:
--   npx levee sql --schema stocks --dialect spark -f examples/stocks/investigate.sql
-- Version n of priceWithFundamentalsHistory is the evening of trading day n, up to day 25.

-- 1. A report of the evening of day 20 (2026-02-02) says that JO1 trades at 180 times its earnings.
--    Today nothing is to be seen of that: the P/E never leaves 17 to 19.
SELECT min(pe) AS lowest, max(pe) AS highest FROM viewPE WHERE ticker == "JO1";

-- 2. What did the table say on that evening? VERSION AS OF 20 still knows: the report was right
--    about what it saw. From 2026-01-14 on the P/E is ten times what it was.
SELECT ticker, price_date, adj_close as price, (adj_close/eps_basic_net) as pe
FROM priceWithFundamentalsHistory VERSION AS OF 20
WHERE ticker == "JO1"
ORDER BY price_date;

-- 3. And on the first evening? One day, and nothing wrong with it.
SELECT ticker, price_date, adj_close as price, (adj_close/eps_basic_net) as pe
FROM priceWithFundamentalsHistory VERSION AS OF 1
WHERE ticker == "JO1";

-- 4. The price did not jump; the earnings did. In which version? The last good one is 7, for the
--    newest row of version 8 has 0.412 where 4.05 was.
SELECT "version 7" AS seen_in, price_date, close, eps_basic_net
FROM priceWithFundamentalsHistory VERSION AS OF 7
WHERE ticker == "JO1" AND price_date == "2026-01-13"
UNION ALL
SELECT "version 8" AS seen_in, price_date, close, eps_basic_net
FROM priceWithFundamentalsHistory VERSION AS OF 8
WHERE ticker == "JO1" AND price_date == "2026-01-14"
ORDER BY seen_in;

-- 5. Where do earnings come from? From the vendor's delivery of that day. The decimal point had
--    slipped; the correction came on 2026-02-09, as revision 2.
SELECT ticker, period_end, published, revision, eps_basic_net
FROM stocksFundamentals
WHERE ticker == "JO1"
ORDER BY published;

-- 6. Was anybody else hit? What version 20 said against what is known now, for every ticker.
SELECT o.ticker, count(*) AS days_wrong, min(o.price_date) AS first_day, max(o.price_date) AS last_day
FROM priceWithFundamentalsHistory VERSION AS OF 20 AS o
JOIN priceWithFundamentals AS n ON n.ticker = o.ticker AND n.price_date = o.price_date
WHERE o.eps_basic_net <> n.eps_basic_net
GROUP BY o.ticker;

-- 7. When was it put right? Version 26 added the seventeen days again with the corrected earnings;
--    the wrong rows are still there, as revision 1, and priceWithFundamentals passes them over.
SELECT revision, count(*) AS days, min(price_date) AS first_day, max(price_date) AS last_day,
       min(adj_close/eps_basic_net) AS lowest_pe, max(adj_close/eps_basic_net) AS highest_pe
FROM priceWithFundamentalsHistory VERSION AS OF 26
WHERE ticker == "JO1" AND price_date >= "2026-01-14" AND price_date < "2026-02-09"
GROUP BY revision
ORDER BY revision;

-- 8. The log of the table names every one of these commits.
DESCRIBE HISTORY priceWithFundamentalsHistory;
