/**
 * Reads fields of one action with their types checked. What is wrong is told with the file, the
 * line, the action and the field, and never repaired by guessing.
 */
import { CodedError } from '../coded-error.ts';
import type { PartitionValues, StringMap } from './actions.ts';

type Fields = { readonly [key: string]: unknown };

/** A place in the log, for messages. */
export interface Where {
  /** DELTA_LOG_CORRUPT: "<file>, line <n>: <what>". */
  corrupt(what: string, cause?: unknown): CodedError;
}

/** A place made of a file's location and a line counted from 1 (a row, in a Parquet file). */
export function placeInFile(file: string, line: () => string): Where {
  return {
    corrupt: (what, cause) =>
      new CodedError('DELTA_LOG_CORRUPT', `${file}, ${line()}: ${what}.`, { cause }),
  };
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** In what an optional field may be absent, `null` counts as absent. */
export class FieldReader {
  readonly fields: Fields;
  readonly #action: string;
  readonly #where: Where;

  constructor(action: string, fields: Fields, where: Where) {
    this.#action = action;
    this.fields = fields;
    this.#where = where;
  }

  wrong(name: string, expected: string): CodedError {
    const value = this.#own(name);
    const found = value === undefined ? 'nothing' : clip(JSON.stringify(value));
    return this.#where.corrupt(`"${this.#action}.${name}" is ${found} instead of ${expected}`);
  }

  #own(name: string): unknown {
    return Object.hasOwn(this.fields, name) ? (this.fields[name] ?? undefined) : undefined;
  }

  text(name: string): string {
    const value = this.#own(name);
    if (typeof value !== 'string') throw this.wrong(name, 'a string');
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.#own(name) === undefined ? undefined : this.text(name);
  }

  /** A path: not empty, and without the NUL that no file name holds. */
  path(): string {
    const value = this.text('path');
    if (value === '' || value.includes('\0')) throw this.wrong('path', 'the path of a file');
    return value;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#own(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.wrong(name, 'true or false');
  }

  optionalInteger(name: string): number | undefined {
    const value = this.#own(name);
    if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value))) {
      return value;
    }
    throw this.wrong(name, 'an integer of at most 2^53 - 1');
  }

  /** An integer that is not negative. */
  count(name: string): number {
    const value = this.optionalInteger(name);
    if (value === undefined || value < 0) throw this.wrong(name, 'an integer from 0 to 2^53 - 1');
    return value;
  }

  optionalCount(name: string): number | undefined {
    return this.#own(name) === undefined ? undefined : this.count(name);
  }

  /** A 64-bit integer; digits that JSON.parse rounded are taken from `text`, the JSON source. */
  longAsBigInt(name: string, text: string): bigint {
    const value = this.#own(name);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
    if (typeof value === 'number' && Number.isInteger(value)) {
      const digits = new RegExp(`"${name}"\\s*:\\s*(-?\\d+)\\s*[,}]`).exec(text)?.[1];
      if (digits !== undefined && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits)) {
        return BigInt(digits);
      }
    }
    throw this.wrong(name, 'a 64-bit integer');
  }

  optionalTexts(name: string): readonly string[] | undefined {
    const value = this.#own(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
      throw this.wrong(name, 'an array of strings');
    }
    return value;
  }

  object(name: string): FieldReader | undefined {
    const value = this.#own(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.wrong(name, 'an object');
    return new FieldReader(`${this.#action}.${name}`, value, this.#where);
  }

  /** Entries whose value is null are left out: they say nothing. */
  optionalStringMap(name: string): StringMap | undefined {
    const value = this.#own(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.wrong(name, 'an object of strings');
    const entries: [string, string][] = [];
    for (const [key, text] of Object.entries(value)) {
      if (text === null) continue;
      if (typeof text !== 'string') throw this.wrong(name, 'an object of strings');
      entries.push([key, text]);
    }
    return Object.fromEntries(entries);
  }

  partitionValues(): PartitionValues | undefined {
    const value = this.#own('partitionValues');
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.wrong('partitionValues', 'an object of strings');
    for (const key in value) {
      const text = value[key];
      if (text !== null && typeof text !== 'string') {
        throw this.wrong('partitionValues', 'an object of strings and nulls');
      }
    }
    return value as PartitionValues;
  }
}

function clip(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}...`;
}
