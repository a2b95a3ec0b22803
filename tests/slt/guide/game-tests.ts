/**
 * The guide's queries of a mobile game: events and bookings per window, daily active users. Expected
 * rows are computed in plain loops.
 */
import { gameEvents } from './guide-data.ts';
import { compare, groupBy, header, insert, isoTime, table, type Row } from './slt-text.ts';

const gameTables = `statement ok
CREATE TABLE IF NOT EXISTS mobile_events_delta_raw (
  eventName STRING,
  eventTime TIMESTAMP,
  eventParams STRUCT<device_id: STRING, country: STRING, price_cents: INT>
) USING DELTA location 'mobile_events_stream/'

${insert(
  'mobile_events_delta_raw',
  gameEvents().map((row) => [
    `'${row.eventName}'`,
    `TIMESTAMP '${row.eventTime}'`,
    `{'device_id': ${row.deviceId === null ? 'NULL' : `'${row.deviceId}'`}, ` +
      `'country': '${row.country}', 'price_cents': ${row.priceCents ?? 'NULL'}}`,
  ]),
)}`;

export function eventsPerWindow(): string {
  const hour = (text: string): string => isoTime(`${text.slice(0, 13)}:00:00`);
  const perWindow = groupBy(gameEvents(), ({ eventTime }) => hour(eventTime)).map(
    ([from, rows]): Row => {
      const bookings = rows.filter(({ eventName }) => eventName === 'purchase');
      const cents = bookings.reduce((sum, { priceCents }) => sum + (priceCents ?? 0), 0);
      return [from, rows.length, bookings.length, cents / 100];
    },
  );
  const busiest = [...perWindow].sort(
    (a, b) => Number(b[1]) - Number(a[1]) || compare(String(a[0]), String(b[0])),
  );
  return `${header('Events and bookings of a game per window of 60 minutes.')}
${gameTables}
query TIIR rowsort
SELECT time_bucket(INTERVAL '60 minutes', eventTime) AS start,
       count(*) AS events,
       count(*) FILTER (eventName = 'purchase') AS bookings,
       coalesce(sum(eventParams.price_cents), 0) / 100 AS booked
FROM mobile_events_delta_raw
GROUP BY start
----
${table(perWindow)}

query TI
SELECT date_trunc('hour', eventTime) AS start, count(*) AS events
FROM mobile_events_delta_raw
GROUP BY start
ORDER BY events DESC, start
LIMIT 5
----
${table(busiest.slice(0, 5).map(([from, count]) => [from ?? null, count ?? null]))}
`;
}

export function dailyActiveUsers(): string {
  const day = (text: string): string => text.slice(0, 10);
  const distinctDevices = (rows: ReturnType<typeof gameEvents>): number =>
    new Set(rows.flatMap(({ deviceId }) => deviceId ?? [])).size;
  const perDay = groupBy(gameEvents(), ({ eventTime }) => day(eventTime)).map(([date, rows]) => [
    date,
    distinctDevices(rows),
  ]);
  const perCountry = groupBy(gameEvents(), ({ country }) => country).map(([country, rows]) => [
    country,
    distinctDevices(rows),
  ]);
  const second = perDay.find(([date]) => date === '2026-03-02');
  return `${header('Daily active users, counted over a field of a struct. A device that is not known is nobody.')}
${gameTables}
# Made again for what is there already: the same table.
statement ok
CREATE TABLE IF NOT EXISTS mobile_events_delta_raw USING DELTA location 'mobile_events_stream/'

names DAU
query I
select count (distinct eventParams.device_id) as DAU from mobile_events_delta_raw where CAST(eventTime AS DATE) = DATE '2026-03-02'
----
${second?.[1] ?? 0}

query TI
SELECT CAST(eventTime AS DATE) AS day, count(DISTINCT eventParams.device_id) AS DAU
FROM mobile_events_delta_raw GROUP BY day ORDER BY day
----
${table(perDay)}

query TI rowsort
SELECT eventParams.country, count(DISTINCT eventParams.device_id) AS users
FROM mobile_events_delta_raw GROUP BY eventParams.country
----
${table(perCountry)}
`;
}
