/**
 * Which formats there are, and which one an `Accept` header asks for
 * (https://www.rfc-editor.org/rfc/rfc9110#name-accept).
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { arrowEncoder } from './arrow/arrow.ts';
import { csvEncoder } from './csv.ts';
import { jsonEncoder } from './json.ts';
import { ndjsonEncoder } from './ndjson.ts';
import type { ResultEncoder, ResultHead } from './result-encoder.ts';

export type FormatName = 'json' | 'ndjson' | 'csv' | 'arrow';

export interface ResultFormat {
  readonly name: FormatName;
  /** What a client may ask for; the first is the format's own. */
  readonly mediaTypes: readonly [string, ...string[]];
  /** The Content-Type of the answer. */
  readonly contentType: string;
  readonly encoder: (head: ResultHead) => ResultEncoder;
}

/** In order of preference, for a client that takes several alike. */
export const resultFormats: readonly ResultFormat[] = [
  {
    name: 'json',
    mediaTypes: ['application/json'],
    contentType: 'application/json; charset=utf-8',
    encoder: jsonEncoder,
  },
  {
    name: 'ndjson',
    mediaTypes: ['application/x-ndjson', 'application/ndjson', 'application/jsonl'],
    contentType: 'application/x-ndjson; charset=utf-8',
    encoder: ndjsonEncoder,
  },
  {
    name: 'csv',
    mediaTypes: ['text/csv'],
    contentType: 'text/csv; charset=utf-8; header=present',
    encoder: csvEncoder,
  },
  {
    name: 'arrow',
    mediaTypes: ['application/vnd.apache.arrow.stream'],
    contentType: 'application/vnd.apache.arrow.stream',
    encoder: arrowEncoder,
  },
];

export const formatNames: readonly FormatName[] = resultFormats.map(({ name }) => name);

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/** @throws CodedError NOT_ACCEPTABLE */
export function negotiateFormat(accept: string | undefined): ResultFormat {
  const ranges = parseAccept(accept ?? '*/*');
  let best: ResultFormat | undefined;
  let bestQuality = 0;
  for (const format of resultFormats) {
    const quality = Math.max(...format.mediaTypes.map((type) => qualityOf(type, ranges)));
    if (quality > bestQuality) {
      best = format;
      bestQuality = quality;
    }
  }
  if (best !== undefined) return best;
  const known = resultFormats.map(({ mediaTypes }) => mediaTypes[0]).join(', ');
  throw new CodedError(
    'NOT_ACCEPTABLE',
    `no answer can be given as "${(accept ?? '').slice(0, 200)}"`,
    {
      hint: `Ask for one of ${known}.`,
    },
  );
}

export function formatByName(name: FormatName): ResultFormat {
  const format = resultFormats.find((candidate) => candidate.name === name);
  if (format === undefined) throw new Error(`no format ${name}`);
  return format;
}

function parseAccept(accept: string): readonly MediaRange[] {
  return accept.split(',').flatMap((part) => {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    if (type === '') return [];
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = weight === undefined ? 1 : Number(weight.slice(2));
    return [{ type, quality: quality >= 0 && quality <= 1 ? quality : 0 }];
  });
}

/** The most specific range that covers the type decides, whatever its weight. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const group = `${type.split('/')[0] ?? ''}/*`;
  for (const wanted of [type, group, '*/*']) {
    const range = ranges.find((candidate) => candidate.type === wanted);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
