/**
 * Small made-up tables for the guide's queries: advertising, a mobile game, a DNA sequencer. Always
 * the same rows, from a fixed seed. Times are in UTC.
 */
export interface Impression {
  readonly uid: number;
  readonly advertiserID: number;
  readonly campaign: string;
  readonly impTimestamp: string;
}
export interface Conversion {
  readonly conversionID: number;
  readonly uid: number;
  readonly advertiserID: number;
  readonly convTimestamp: string;
  readonly revenue: number;
}
export interface Click {
  readonly uid: number;
  readonly campaign: string;
  readonly clickTimestamp: string;
}
export interface GameEvent {
  readonly eventName: 'login' | 'level' | 'purchase';
  readonly eventTime: string;
  readonly deviceId: string | null;
  readonly country: string;
  /** Of a purchase, in cents; null for the others. */
  readonly priceCents: number | null;
}
export interface Variant {
  readonly contig: string;
  readonly position: number;
  readonly referenceAllele: string;
  readonly alternateAllele: string;
  readonly sampledOn: string;
}

const campaigns = ['spring', 'summer', 'autumn'] as const;

/** About a hundred impressions of four advertisers shown to twelve users within two days. */
export function impressions(): readonly Impression[] {
  const random = seededRandom(1);
  return times(100, () => ({
    uid: 1 + random(12),
    advertiserID: 10 + random(4),
    campaign: campaigns[random(3)] ?? '',
    impTimestamp: time('2026-03-01', random(2 * 86_400)),
  }));
}

/** Thirty conversions from noon of the first day on. Some have no impression before them. */
export function conversions(): readonly Conversion[] {
  const random = seededRandom(2);
  return times(30, (index) => ({
    conversionID: 1000 + index,
    uid: 1 + random(14),
    advertiserID: 10 + random(4),
    convTimestamp: time('2026-03-01', 43_200 + random(2 * 86_400)),
    revenue: 5 + random(50),
  }));
}

export function clicks(): readonly Click[] {
  const random = seededRandom(3);
  return impressions()
    .filter(() => random(4) === 0)
    .map(({ uid, campaign, impTimestamp }) => ({
      uid,
      campaign,
      clickTimestamp: time(impTimestamp, 1 + random(20)),
    }));
}

/** Events of a game over three days, some without a device, some on the hour. */
export function gameEvents(): readonly GameEvent[] {
  const random = seededRandom(4);
  return times(120, (index) => {
    const eventName = (['login', 'level', 'level', 'purchase'] as const)[random(4)] ?? 'login';
    const second = index % 10 === 0 ? random(72) * 3600 : random(3 * 86_400);
    return {
      eventName,
      eventTime: time('2026-03-01', second),
      deviceId: random(15) === 0 ? null : `device-${random(20)}`,
      country: ['DE', 'US', 'JP'][random(3)] ?? '',
      priceCents: eventName === 'purchase' ? 99 + 100 * random(5) : null,
    };
  });
}

/** Variants of two contigs: single nucleotides, insertions and deletions, many of them repeated. */
export function variants(): readonly Variant[] {
  const random = seededRandom(5);
  const bases = ['A', 'C', 'G', 'T'];
  return times(140, () => {
    const position = 100 + random(25);
    // One reference base for each position, as in a real genome.
    const referenceAllele = `${bases[position % 4]}${position % 5 === 0 ? 'GG' : ''}`;
    const other = bases[(position + 1 + random(3)) % 4] ?? '';
    const inserted = position % 7 === 0 ? `${referenceAllele[0]}TT` : other;
    return {
      contig: random(3) === 0 ? 'chr2' : 'chr1',
      position,
      referenceAllele,
      alternateAllele: referenceAllele.length > 1 ? (referenceAllele[0] ?? '') : inserted,
      sampledOn: time('2026-03-01', random(4) * 86_400).slice(0, 10),
    };
  });
}

/** `YYYY-MM-DD HH:MM:SS`, so many seconds after `start`. */
function time(start: string, seconds: number): string {
  const startMs = Date.parse(
    `${start.length > 10 ? start.replace(' ', 'T') : `${start}T00:00:00`}Z`,
  );
  return new Date(startMs + seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Whole numbers from 0 up to and without `below`; Park and Miller's generator, exact in doubles. */
function seededRandom(seed: number): (below: number) => number {
  let state = seed * 7919;
  const step = (): number => (state = (state * 48_271) % 2_147_483_647);
  times(10, step);
  return (below) => Math.floor((step() / 2_147_483_647) * below);
}
