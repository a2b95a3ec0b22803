/**
 * The verdicts on the corpus as the text of docs/corpus.md: counts, feature by feature, and every
 * table that was not answered with its rows.
 */
import type { CorpusCase, Verdict } from './corpus.ts';

export interface Judged {
  readonly item: CorpusCase;
  readonly verdict: Verdict;
}

export interface Counts {
  readonly right: number;
  readonly refused: number;
  readonly wrong: number;
}

export function countVerdicts(judged: readonly Judged[]): Counts {
  const of = (kind: Verdict['kind']): number =>
    judged.filter(({ verdict }) => verdict.kind === kind).length;
  return { right: of('right'), refused: of('refused'), wrong: of('wrong') };
}

export function corpusReport(judged: readonly Judged[]): string {
  const total = countVerdicts(judged);
  const features = [...new Set(judged.flatMap(({ item }) => item.features))].sort();
  const rows = features.map((feature) => {
    const { right, refused, wrong } = countVerdicts(
      judged.filter(({ item }) => item.features.includes(feature)),
    );
    return `| \`${feature}\` | ${right} | ${refused} | ${wrong} |`;
  });
  return `# The corpus of Delta tables

Tables written by other projects and by Apache Spark, read by Levee and compared with the rows that a
correct reader must return: names and types of the columns, and every value. A read at a version or a
timestamp counts as a read of its own. \`tests/corpus/corpus.test.ts\` checks it and keeps this page true
(\`LEVEE_UPDATE_DOCS=1\` writes it).

| | reads |
| --- | --- |
| right: the expected rows, or the clean error that a broken table must give | ${total.right} |
| refused: a typed error that names the feature | ${total.refused} |
| wrong | ${total.wrong} |
| all | ${judged.length} |

## Refused

${list(judged, 'refused')}

## Wrong

${list(judged, 'wrong')}

## By feature

The names are those of the corpus: \`rf:\` and \`wf:\` reader and writer features of the table's protocol,
\`type:\` types in its schema, \`dv-\` deletion vectors by storage, the rest as in the protocol.

| feature of the table | right | refused | wrong |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function list(judged: readonly Judged[], kind: 'refused' | 'wrong'): string {
  const lines = judged.flatMap(({ item, verdict }) => {
    if (verdict.kind !== kind) return [];
    const why = verdict.kind === 'refused' ? `${verdict.code}: ${verdict.message}` : verdict.why;
    return [`- \`${item.name}\`: ${oneLine(why)}`];
  });
  return lines.length === 0 ? 'None.' : lines.join('\n');
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 240 ? `${line.slice(0, 240)}...` : line;
}
