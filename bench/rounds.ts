/** Several rounds of questions to contestants that take turns, and what came of them, as a table. */
import {
  startContestant,
  type Contestant,
  type ContestantName,
  type ContestantOptions,
  type Measured,
} from './contestants.ts';
import { median } from './report.ts';

/** Milliseconds by contestant and by what was measured; a text where it failed. */
export class Figures {
  readonly #samples = new Map<string, number[]>();
  readonly #failures = new Map<string, string>();
  readonly #answers = new Map<string, string>();

  add(contestant: string, what: string, measured: Pick<Measured, 'ms' | 'cpuMs'>): void {
    this.#push(`${contestant}\0${what}`, measured.ms);
    if (measured.cpuMs !== undefined) this.#push(`${contestant}\0${cpu(what)}`, measured.cpuMs);
  }

  #push(key: string, ms: number): void {
    this.#samples.set(key, [...(this.#samples.get(key) ?? []), ms]);
  }

  fail(contestant: string, what: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#failures.set(`${contestant}\0${what}`, text);
    process.stderr.write(`${contestant}, ${what}: ${text.slice(0, 200)}\n`);
  }

  hasFailed(contestant: string, what: string): boolean {
    return this.#failures.has(`${contestant}\0${what}`);
  }

  /** Told on standard error when contestants disagree. */
  compare(contestant: string, what: string, { rows, value }: Measured): void {
    const answer = `${rows} rows: ${value}`;
    const other = this.#answers.get(what);
    this.#answers.set(what, other ?? answer);
    if (other === undefined || normal(other) === normal(answer)) return;
    process.stderr.write(`${what}: ${contestant} says ${answer}, not ${other}\n`);
  }

  /** The median; `undefined` where nothing was measured. */
  ms(contestant: string, what: string): number | undefined {
    const samples = this.#samples.get(`${contestant}\0${what}`);
    return samples === undefined ? undefined : median(samples);
  }

  /** The median of the ratios, round by round. */
  ratio(contestant: string, what: string, base: string, baseWhat = what): number | undefined {
    const samples = this.#samples.get(`${contestant}\0${what}`);
    const others = this.#samples.get(`${base}\0${baseWhat}`);
    if (samples === undefined || others === undefined) return undefined;
    return median(samples.map((ms, round) => ms / (others[round] ?? NaN)));
  }

  /** A row a contestant, a column a measurement: milliseconds, and the ratio to `base`. */
  table(contestants: readonly string[], columns: readonly string[], base: string): string {
    const cell = (contestant: string, what: string): string => {
      const ms = this.ms(contestant, what);
      if (ms === undefined) return this.hasFailed(contestant, what) ? 'fails' : '-';
      const ratio = contestant === base ? undefined : this.ratio(contestant, what, base);
      return `${ms.toFixed(1)}${ratio === undefined ? '' : ` (${ratio.toFixed(2)})`}`;
    };
    return [
      `| ms (times ${base}) | ${columns.join(' | ')} |`,
      `| --- |${' ---: |'.repeat(columns.length)}`,
      ...contestants.map(
        (name) => `| ${name} | ${columns.map((what) => cell(name, what)).join(' | ')} |`,
      ),
    ].join('\n');
  }
}

/** The name under which the processor time of a measurement is kept. */
export function cpu(what: string): string {
  return `${what}, processor time`;
}

/** Numbers alone: engines write types and quotes in their own ways. */
function normal(answer: string): string {
  return (answer.match(/\d+/g) ?? []).join(' ');
}

/** Those that can be started, the others told on standard error. */
export async function startAll(
  names: readonly ContestantName[],
  options: ContestantOptions,
): Promise<readonly Contestant[]> {
  const started: Contestant[] = [];
  for (const name of names) {
    try {
      started.push(await startContestant(name, options));
    } catch (error) {
      process.stderr.write(`${name} does not take part: ${String(error)}\n`);
    }
  }
  return started;
}

/** Another one begins each round. */
export function rotated<T>(items: readonly T[], round: number): readonly T[] {
  const first = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
