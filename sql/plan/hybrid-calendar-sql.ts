/**
 * Days and instants that were counted in the hybrid calendar (Julian before 1582-10-15, Gregorian
 * from then on), as Spark 2 and older Hive did, -> the same dates counted in the proleptic Gregorian
 * calendar. Source: Spark's `RebaseDateTime`, `rebaseJulianToGregorianDays` and `-Micros`.
 *
 * The calendars drift apart by a day on March 1 of the century years that are leap years in only one
 * of them. With years that begin in March, y = floor((4 * days since Julian 0000-03-01 + 3) / 1461),
 * a date is off by floor(y / 100) - floor(y / 400) - 2 days. To stay above zero, where SQL's division
 * is a floor, all is moved up by 16,000 Julian years.
 */
import { quoteString } from '../quote.ts';
import { raisedText } from '../raise.ts';

const shiftDays = 5_844_000;
/** Julian 0000-03-01, in days before 1970-01-01. */
const epochDays = 719_470;
const microsPerDay = 86_400_000_000;

/** The first Gregorian day; from here on nothing changes. */
export const gregorianStart = '1582-10-15';
/** From here on, no zone of the two calendars' time zone rules differs from the other. */
export const commonEraStart = '1900-01-01';

/** How many days late a day is, `days` being since 1970-01-01 and `shiftDays`. */
function lateDaysSql(days: string): string {
  const year = `((4 * (${days} + ${epochDays}) + 3) // 1461)`;
  return `(${year} // 100 - ${year} // 400 - 122)`;
}

export function hybridDateSql(sql: string): string {
  const late = lateDaysSql(`((${sql} - DATE '1970-01-01') + ${shiftDays})`);
  return `CASE WHEN ${sql} < DATE '${gregorianStart}' THEN ${sql} - ${late}::INTEGER ELSE ${sql} END`;
}

/**
 * Instants of a writer whose clock showed `zone`: any but UTC would need its history, so old values
 * are refused. `undefined` is taken for UTC, as Spark does when its own zone is UTC.
 */
export function hybridTimestampSql(sql: string, zone: string | undefined): string {
  if (zone !== undefined && !isUtc(zone)) {
    const message = raisedText(
      'UNSUPPORTED_FEATURE',
      `A timestamp before 1900 was written in the hybrid calendar and the time zone ${zone} ` +
        '(org.apache.spark.legacyDateTime): Levee does not know the history of the zone.',
    );
    return (
      `CASE WHEN ${sql} < TIMESTAMPTZ '${commonEraStart} 00:00:00+00' ` +
      `THEN error(${quoteString(message)})::TIMESTAMPTZ ELSE ${sql} END`
    );
  }
  const days = `((epoch_us(${sql}) + ${shiftDays} * ${microsPerDay}) // ${microsPerDay})`;
  return (
    `CASE WHEN ${sql} < TIMESTAMPTZ '${gregorianStart} 00:00:00+00' ` +
    `THEN make_timestamptz(epoch_us(${sql}) - ${lateDaysSql(days)} * ${microsPerDay}) ELSE ${sql} END`
  );
}

function isUtc(zone: string): boolean {
  return /^(Etc\/)?(UTC|UCT|GMT|Zulu|Universal)([+-]0?0?(:?00)?)?$|^Z$|^[+-]00:?00$/i.test(zone);
}
