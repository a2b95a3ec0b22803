/**
 * The guide's advertising queries: attribution of conversions to impressions, click-through rates,
 * global temporary views. Expected rows are computed in plain loops.
 */
import {
  clicks,
  conversions,
  impressions,
  type Conversion,
  type Impression,
} from './guide-data.ts';
import { compare, groupBy, header, insert, isoTime, table, type Row } from './slt-text.ts';

const advertisingTables = `dialect spark

statement ok
CREATE SCHEMA IF NOT EXISTS adtech

statement ok
use adtech

statement ok
CREATE TABLE impressions (uid BIGINT, advertiserID INT, campaign STRING, impTimestamp TIMESTAMP)
USING DELTA LOCATION 'tmp/adtech/impressions'

statement ok
CREATE TABLE conversions (
  conversionID BIGINT, uid BIGINT, advertiserID INT, convTimestamp TIMESTAMP, revenue DOUBLE
) USING DELTA LOCATION 'tmp/adtech/conversions'

${insert(
  'impressions',
  impressions().map((row) => [
    row.uid,
    row.advertiserID,
    `'${row.campaign}'`,
    `TIMESTAMP '${row.impTimestamp}'`,
  ]),
)}
${insert(
  'conversions',
  conversions().map((row) => [
    row.conversionID,
    row.uid,
    row.advertiserID,
    `TIMESTAMP '${row.convTimestamp}'`,
    row.revenue,
  ]),
)}
statement ok
create or replace view impressionsDelta as select * from delta.\`tmp/adtech/impressions\`

statement ok
create or replace view conversionsDelta as select * from delta.\`tmp/adtech/conversions\`
`;

/** The impressions that can have led to a conversion, newest first. */
function touches(conversion: Conversion): readonly Impression[] {
  return impressions()
    .filter(
      ({ uid, advertiserID, impTimestamp }) =>
        uid === conversion.uid &&
        advertiserID === conversion.advertiserID &&
        impTimestamp < conversion.convTimestamp,
    )
    .sort((a, b) => compare(b.impTimestamp, a.impTimestamp));
}

export function lastTouch(): string {
  const attributed = conversions().flatMap((conversion): Row[] => {
    const [last] = touches(conversion);
    if (last === undefined) return [];
    const { conversionID, uid, advertiserID } = conversion;
    return [[conversionID, uid, advertiserID, isoTime(last.impTimestamp), conversion.revenue]];
  });
  const perAdvertiser = groupBy(attributed, (row) => Number(row[2])).map(([advertiser, rows]) => [
    advertiser,
    rows.length,
    rows.reduce((sum, row) => sum + Number(row[4]), 0),
  ]);
  return `${header('Last-touch attribution: the newest impression before a conversion gets all of it.')}
${advertisingTables}
statement ok
CREATE OR REPLACE VIEW lastTouch AS
SELECT conversionID, uid, advertiserID, impTimestamp, revenue
FROM (
  SELECT c.conversionID, c.uid, c.advertiserID, i.impTimestamp, c.revenue,
         dense_rank() OVER (
           PARTITION BY c.conversionID, i.uid, i.advertiserID ORDER BY i.impTimestamp DESC
         ) AS dense_rank
  FROM conversionsDelta AS c
  JOIN impressionsDelta AS i
    ON i.uid = c.uid AND i.advertiserID = c.advertiserID AND i.impTimestamp < c.convTimestamp
) AS ranked
WHERE dense_rank = 1

names conversionID, uid, advertiserID, impTimestamp, revenue
query IIITR rowsort
SELECT * FROM lastTouch
----
${table(attributed)}

# Conversions without any impression before them are attributed to nobody.
query I
SELECT count(*) FROM conversionsDelta WHERE conversionID NOT IN (SELECT conversionID FROM lastTouch)
----
${conversions().length - attributed.length}

query IIR
SELECT advertiserID, count(*) AS attributed, sum(revenue) AS revenue
FROM lastTouch GROUP BY advertiserID ORDER BY advertiserID
----
${table(perAdvertiser)}
`;
}

export function weighted(): string {
  const perAdvertiser = new Map<number, number>();
  const ranks: Row[] = [];
  for (const conversion of conversions()) {
    const oldestFirst = [...touches(conversion)].reverse();
    const distinct = [...new Set(oldestFirst.map(({ impTimestamp }) => impTimestamp))];
    const maxRank = distinct.length;
    let share = 0;
    for (const { impTimestamp } of oldestFirst) {
      const rank = distinct.indexOf(impTimestamp) + 1;
      share += (conversion.revenue * rank) / ((maxRank * (maxRank + 1)) / 2);
    }
    if (maxRank === 0) continue;
    ranks.push([conversion.conversionID, oldestFirst.length, maxRank]);
    const sum = perAdvertiser.get(conversion.advertiserID) ?? 0;
    perAdvertiser.set(conversion.advertiserID, sum + share);
  }
  const sums = [...perAdvertiser].sort(([a], [b]) => a - b).map(([id, sum]) => [sum, id]);
  return `${header('Weighted attribution: the later an impression, the larger its share of the revenue.')}
${advertisingTables}
statement ok
CREATE OR REPLACE VIEW attributed AS
SELECT conversionID, advertiserID, rank, maxRank,
       revenue * rank / (maxRank * (maxRank + 1) / 2) AS weightedRevAttr
FROM (
  SELECT *, max(rank) OVER (PARTITION BY conversionID) AS maxRank
  FROM (
    SELECT c.conversionID, c.advertiserID, c.revenue,
           dense_rank() OVER (PARTITION BY c.conversionID ORDER BY i.impTimestamp) AS rank
    FROM conversionsDelta AS c
    JOIN impressionsDelta AS i
      ON i.uid = c.uid AND i.advertiserID = c.advertiserID AND i.impTimestamp < c.convTimestamp
  ) AS ranked
) AS weighted

query III rowsort
SELECT conversionID, count(*) AS touches, max(maxRank) AS maxRank FROM attributed GROUP BY conversionID
----
${table(ranks)}

query RI rowsort
select sum(weightedRevAttr), advertiserID from attributed group by advertiserID
----
${table(sums)}
`;
}

export function clickThrough(): string {
  const hour = (text: string): string => `${text.slice(0, 13)}:00:00`;
  const shown = impressions();
  const clicked = clicks();
  const rows: Row[] = [];
  const add = (campaign: string | null, from: string | null): void => {
    const fits = (row: { campaign: string }, at: string): boolean =>
      (campaign === null || row.campaign === campaign) && (from === null || hour(at) === from);
    const shownHere = shown.filter((row) => fits(row, row.impTimestamp)).length;
    const clickedHere = clicked.filter((row) => fits(row, row.clickTimestamp)).length;
    if (shownHere + clickedHere === 0) return;
    rows.push([
      campaign,
      from === null ? null : isoTime(from),
      shownHere,
      clickedHere,
      shownHere === 0 ? null : clickedHere / shownHere,
    ]);
  };
  const hours = new Set([
    ...shown.map(({ impTimestamp }) => hour(impTimestamp)),
    ...clicked.map(({ clickTimestamp }) => hour(clickTimestamp)),
  ]);
  add(null, null);
  for (const campaign of ['autumn', 'spring', 'summer']) {
    add(campaign, null);
    for (const from of hours) add(campaign, from);
  }
  return `${header('Click-through rates by campaign and hour, rolled up to campaigns and to all.')}
${advertisingTables}
statement ok
CREATE TABLE clicks (uid BIGINT, campaign STRING, clickTimestamp TIMESTAMP) USING DELTA

${insert(
  'clicks',
  clicked.map((row) => [row.uid, `'${row.campaign}'`, `TIMESTAMP '${row.clickTimestamp}'`]),
)}
dialect duckdb

query TTIIR rowsort
SELECT campaign, hour, sum(shown)::BIGINT AS shown, sum(clicked)::BIGINT AS clicked,
       sum(clicked) / nullif(sum(shown), 0) AS ctr
FROM (
  SELECT campaign, date_trunc('hour', impTimestamp) AS hour, 1 AS shown, 0 AS clicked
  FROM impressionsDelta
  UNION ALL
  SELECT campaign, date_trunc('hour', clickTimestamp) AS hour, 0 AS shown, 1 AS clicked
  FROM clicks
) AS events
GROUP BY ROLLUP (campaign, hour)
----
${table(rows)}
`;
}

export function globalTempViews(): string {
  const perCampaign = groupBy(impressions(), ({ campaign }) => campaign).map(([campaign, rows]) => [
    campaign,
    rows.length,
    new Set(rows.map(({ uid }) => uid)).size,
  ]);
  return `${header('Global temporary views over paths: named global_temp.<view>, from any schema.')}
${advertisingTables}
statement ok
CREATE OR REPLACE GLOBAL TEMPORARY VIEW realTimeAttribution AS
SELECT campaign, count(*) AS shown, count(DISTINCT uid) AS users
FROM delta.\`tmp/adtech/impressions\`
GROUP BY campaign

query TII rowsort
select * from global_temp.realTimeAttribution
----
${table(perCampaign)}

# Not a name of the current schema, nor of any other.
statement error TABLE_OR_VIEW_NOT_FOUND
select * from realTimeAttribution

statement error TABLE_OR_VIEW_NOT_FOUND
select * from adtech.realTimeAttribution

# It sees what is written to the path after it was made.
statement ok
INSERT INTO impressions VALUES (99, 10, 'winter', TIMESTAMP '2026-03-04 00:00:00')

query TII
select * from global_temp.realTimeAttribution where campaign == "winter"
----
winter\t1\t1

statement ok
DROP VIEW global_temp.realTimeAttribution

statement error TABLE_OR_VIEW_NOT_FOUND
select * from global_temp.realTimeAttribution
`;
}
