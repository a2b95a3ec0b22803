/**
 * What COPY INTO's FORMAT_OPTIONS and COPY_OPTIONS ask for. An option that is not known here, or a value
 * that Levee would read otherwise than Spark, is refused: rows read by other rules are wrong rows.
 */
import { errorAt } from '../../errors.ts';
import type { CopyInto } from '../../parse/statement.ts';
import type { Property } from '../../parse/table-statement.ts';

export interface CopyOptions {
  readonly format: SourceFormat;
  /** Columns that the table lacks are added to it. */
  readonly mergeSchema: boolean;
  /** Files are loaded again that were loaded before. */
  readonly force: boolean;
  readonly recursive: boolean;
}

export type SourceFormat =
  | { readonly kind: 'parquet' }
  | { readonly kind: 'json'; readonly multiLine: boolean }
  | {
      readonly kind: 'csv';
      readonly header: boolean;
      /** Types are guessed; otherwise all columns are texts. */
      readonly inferSchema: boolean;
      readonly delimiter: string;
      readonly quote: string;
      readonly escape: string | undefined;
      /** The text that stands for NULL. */
      readonly nullValue: string;
    };

/** @throws UNSUPPORTED_FEATURE, INVALID_PARAMETER_VALUE */
export function copyOptions(statement: CopyInto, source: string): CopyOptions {
  const own = new Options(statement.formatOptions, statement, source);
  const copy = new Options(statement.copyOptions, statement, source);
  const options: CopyOptions = {
    format: formatOf(statement, own, source),
    // Spark merges the schemas of files by the one, and adds to the table's by the other.
    mergeSchema: copy.boolean('mergeSchema', false),
    force: copy.boolean('force', false),
    recursive: own.boolean('recursiveFileLookup', false),
  };
  own.boolean('mergeSchema', true);
  own.refuseOthers();
  copy.refuseOthers();
  return options;
}

function formatOf(statement: CopyInto, options: Options, source: string): SourceFormat {
  switch (statement.format) {
    case 'parquet':
      return { kind: 'parquet' };
    case 'json':
      options.boolean('inferSchema', true);
      options.one('mode', ['FAILFAST'], 'FAILFAST');
      return { kind: 'json', multiLine: options.boolean('multiLine', false) };
    case 'csv': {
      options.one('encoding', ['UTF-8', 'UTF8'], 'UTF-8');
      options.one('charset', ['UTF-8', 'UTF8'], 'UTF-8');
      options.one('mode', ['FAILFAST'], 'FAILFAST');
      options.boolean('multiLine', true);
      const separator = options.text('sep') ?? options.text('delimiter') ?? ',';
      return {
        kind: 'csv',
        header: options.boolean('header', false),
        inferSchema: options.boolean('inferSchema', false),
        delimiter: separator === '\\t' ? '\t' : separator,
        quote: options.text('quote') ?? '"',
        escape: options.text('escape'),
        nullValue: options.text('nullValue') ?? '',
      };
    }
    default:
      throw errorAt(source, statement.target.start, {
        code: 'UNSUPPORTED_FEATURE',
        message: `COPY INTO from ${statement.format.toUpperCase()} is not supported.`,
        hint: 'Levee loads PARQUET, CSV and JSON.',
      });
  }
}

/** Options by their names without regard to case; those that nobody asked for are refused. */
class Options {
  readonly #values: ReadonlyMap<string, Property>;
  readonly #asked = new Set<string>();
  readonly #statement: CopyInto;
  readonly #source: string;

  constructor(properties: readonly Property[], statement: CopyInto, source: string) {
    this.#values = new Map(properties.map((property) => [property.key.toLowerCase(), property]));
    this.#statement = statement;
    this.#source = source;
  }

  text(name: string): string | undefined {
    this.#asked.add(name.toLowerCase());
    return this.#values.get(name.toLowerCase())?.value;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.text(name);
    if (value === undefined) return fallback;
    if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
    throw this.#error('INVALID_PARAMETER_VALUE', `${name} is "${value}": it is true or false.`);
  }

  one(name: string, values: readonly string[], fallback: string): string {
    const value = this.text(name) ?? fallback;
    if (values.some((known) => known.toLowerCase() === value.toLowerCase())) return value;
    throw this.#error('UNSUPPORTED_FEATURE', `${name} = "${value}" is not supported.`);
  }

  refuseOthers(): void {
    const other = [...this.#values].find(([name]) => !this.#asked.has(name))?.[1];
    if (other === undefined) return;
    const { format } = this.#statement;
    throw this.#error(
      'UNSUPPORTED_FEATURE',
      `The option "${other.key}" is not supported for ${format.toUpperCase()} files.`,
    );
  }

  #error(code: 'INVALID_PARAMETER_VALUE' | 'UNSUPPORTED_FEATURE', message: string) {
    return errorAt(this.#source, this.#statement.target.start, { code, message });
  }
}
