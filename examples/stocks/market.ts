/**
 * An invented stock market: forty trading days of prices and the results that companies published
 * meanwhile. Always the same, on every machine: seeded, whole cents, no transcendental functions.
 * The tickers are real or look so; the numbers are not.
 */
export interface Price {
  readonly ticker: string;
  readonly date: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** The close without the dividends that were paid later, in four decimals. */
  readonly adjClose: number;
  readonly volume: number;
}

/** A company's results as the data vendor delivered them. */
export interface Fundamental {
  readonly ticker: string;
  readonly periodEnd: string;
  /** The day on which the delivery came in; results count from this day on. */
  readonly published: string;
  /** 1 for the first delivery for a period, 2 for its correction. */
  readonly revision: number;
  /** Basic earnings per share of the last four quarters, after tax. */
  readonly epsBasicNet: number;
  readonly revenueMillions: number;
  readonly sharesMillions: number;
}

export interface Market {
  /** ISO dates, ascending. Day n is `days[n - 1]`. */
  readonly days: readonly string[];
  readonly prices: readonly Price[];
  readonly fundamentals: readonly Fundamental[];
}

/** The planted mistake: a decimal point slipped in one delivery, and was put right later. */
export const mistake = Object.freeze({
  ticker: 'JO1',
  /** The day of the wrong delivery and that of its correction. */
  wrongDay: 8,
  correctedDay: 25,
  wrongEps: 0.412,
  rightEps: 4.12,
});

interface Company {
  readonly ticker: string;
  readonly firstCloseCents: number;
  /** Earnings per share before and after the results that come in on `reportDay`. */
  readonly eps: readonly [before: number, after: number];
  readonly reportDay: number;
  readonly sharesMillions: number;
  /** Paid per share, and when. */
  readonly dividend?: { readonly day: number; readonly cents: number };
}

const companies: readonly Company[] = [
  {
    ticker: 'AAPL',
    firstCloseCents: 24310,
    eps: [6.42, 6.75],
    reportDay: 20,
    sharesMillions: 15200,
    dividend: { day: 26, cents: 25 },
  },
  {
    ticker: 'AMZN',
    firstCloseCents: 21845,
    eps: [4.67, 5.02],
    reportDay: 22,
    sharesMillions: 10500,
  },
  {
    ticker: 'GOOG',
    firstCloseCents: 18890,
    eps: [7.54, 8.11],
    reportDay: 21,
    sharesMillions: 12200,
  },
  {
    ticker: 'IBM',
    firstCloseCents: 22475,
    eps: [6.81, 6.5],
    reportDay: 14,
    sharesMillions: 925,
    dividend: { day: 27, cents: 167 },
  },
  { ticker: 'J01', firstCloseCents: 4120, eps: [2.05, 2.11], reportDay: 12, sharesMillions: 310 },
  {
    ticker: 'JN2',
    firstCloseCents: 9875,
    eps: [5.1, 4.94],
    reportDay: 17,
    sharesMillions: 128,
    dividend: { day: 19, cents: 60 },
  },
  {
    ticker: 'JO1',
    firstCloseCents: 7350,
    eps: [4.05, mistake.rightEps],
    reportDay: mistake.wrongDay,
    sharesMillions: 205,
  },
  { ticker: 'JQ4', firstCloseCents: 1530, eps: [-0.85, -0.62], reportDay: 29, sharesMillions: 96 },
  {
    ticker: 'MSFT',
    firstCloseCents: 42250,
    eps: [12.41, 12.93],
    reportDay: 19,
    sharesMillions: 7430,
    dividend: { day: 31, cents: 83 },
  },
  {
    ticker: 'NVDA',
    firstCloseCents: 13760,
    eps: [2.54, 2.97],
    reportDay: 36,
    sharesMillions: 24500,
  },
  { ticker: 'ORCL', firstCloseCents: 16620, eps: [4.02, 4.1], reportDay: 33, sharesMillions: 2790 },
  { ticker: 'SAP', firstCloseCents: 24390, eps: [2.68, 3.15], reportDay: 18, sharesMillions: 1165 },
];

const dayCount = 40;
const holidays: ReadonlySet<string> = new Set(['2026-01-19', '2026-02-16']);

export function makeMarket(): Market {
  const days = tradingDays();
  const random = seededRandom(20260105);
  const prices = companies.flatMap((company) => pricesOf(company, days, random));
  return { days, prices, fundamentals: companies.flatMap((company) => resultsOf(company, days)) };
}

function tradingDays(): readonly string[] {
  const days: string[] = [];
  for (let ms = Date.UTC(2026, 0, 5); days.length < dayCount; ms += 86_400_000) {
    const day = new Date(ms);
    const date = day.toISOString().slice(0, 10);
    if (day.getUTCDay() % 6 !== 0 && !holidays.has(date)) days.push(date);
  }
  return days;
}

function pricesOf(company: Company, days: readonly string[], random: () => number): Price[] {
  let previous = company.firstCloseCents;
  return days.map((date, index) => {
    // The sum of four uniform numbers is close enough to a bell curve for a market.
    const change = (random() + random() + random() + random() - 2) * 0.022;
    const open = Math.max(1, Math.round(previous * (1 + (random() - 0.5) * 0.008)));
    const close = Math.max(1, Math.round(previous * (1 + change)));
    const high = Math.round(Math.max(open, close) * (1 + random() * 0.006));
    const low = Math.round(Math.min(open, close) * (1 - random() * 0.006));
    const volume = Math.round(company.sharesMillions * 1e6 * (0.002 + random() * 0.004));
    previous = close;
    const { dividend } = company;
    const isBefore = dividend !== undefined && index + 1 < dividend.day;
    const adjusted = isBefore ? close * (1 - dividend.cents / close) : close;
    return {
      ticker: company.ticker,
      date,
      open: open / 100,
      high: high / 100,
      low: low / 100,
      close: close / 100,
      adjClose: Math.round(adjusted * 100) / 1e4,
      volume,
    };
  });
}

function resultsOf(company: Company, days: readonly string[]): Fundamental[] {
  const { ticker, sharesMillions } = company;
  const [before, after] = company.eps;
  const reported = days[company.reportDay - 1] ?? '';
  const autumn = { ticker, periodEnd: '2025-09-30', published: '2025-11-14', revision: 1 };
  const winter = { ticker, periodEnd: '2025-12-31', published: reported, revision: 1 };
  const results = (epsBasicNet: number) => ({
    epsBasicNet,
    revenueMillions: Math.round(Math.abs(epsBasicNet) * sharesMillions * 4),
    sharesMillions,
  });
  const first = { ...autumn, ...results(before) };
  const second = { ...winter, ...results(after) };
  if (ticker !== mistake.ticker) return [first, second];
  // Only the earnings per share were wrong in the delivery; the revenue was right all along.
  const wrong = { ...second, epsBasicNet: mistake.wrongEps };
  return [
    first,
    wrong,
    { ...second, published: days[mistake.correctedDay - 1] ?? '', revision: 2 },
  ];
}

/** Mulberry32: 32 bits of state, the same numbers from the same seed everywhere; [0, 1). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
