/** Figures of two sides that took turns in one run, as a Markdown table on standard output. */

export interface ReportRow {
  readonly name: string;
  /** Median milliseconds of each side. */
  readonly ms: readonly [number, number];
  /** Median of the ratios, round by round. */
  readonly ratio: number;
}

export function report(options: {
  readonly title: string;
  readonly sides: readonly [string, string];
  readonly rows: readonly ReportRow[];
}): void {
  const { title, sides, rows } = options;
  const lines = [
    `## ${title}`,
    '',
    `| | ${sides[0]} ms | ${sides[1]} ms | ratio |`,
    '| --- | ---: | ---: | ---: |',
    ...rows.map(({ name, ms, ratio }) => line(name, ms, ratio)),
  ];
  const total = [0, 1].map((side) => rows.reduce((sum, { ms }) => sum + (ms[side] ?? 0), 0));
  const [ours = 0, theirs = 0] = total;
  lines.push(line('sum', [ours, theirs], ours / theirs));
  const logs = rows.reduce((sum, { ratio }) => sum + Math.log(ratio), 0);
  lines.push(`| geometric mean of the ratios | | | ${Math.exp(logs / rows.length).toFixed(3)} |`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function line(name: string, [ours, theirs]: readonly [number, number], ratio: number): string {
  return `| ${name} | ${ours.toFixed(1)} | ${theirs.toFixed(1)} | ${ratio.toFixed(3)} |`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
