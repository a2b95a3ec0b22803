/**
 * The guide's genomics queries: single nucleotide variants, kinds of mutations, distinct ones by
 * day. Expected rows are computed in plain loops.
 */
import { variants } from './guide-data.ts';
import { groupBy, header, insert, table, type Row } from './slt-text.ts';

export function mutations(): string {
  const all = variants();
  const kind = ({ referenceAllele: from, alternateAllele: to }: (typeof all)[number]): string =>
    from.length === 1 && to.length === 1
      ? 'SNV'
      : from.length < to.length
        ? 'insertion'
        : 'deletion';
  const snvs = all.filter((row) => kind(row) === 'SNV');
  const perChange = groupBy(snvs, (row) => `${row.referenceAllele}\t${row.alternateAllele}`)
    .map(([change, rows]): Row => [...change.split('\t'), rows.length])
    .sort((a, b) => Number(b[2]) - Number(a[2]));
  const perKind = groupBy(all, kind).map(([name, rows]) => [name, rows.length]);
  const name = (row: (typeof all)[number]): string =>
    [row.contig, row.position, row.referenceAllele, row.alternateAllele].join(':');
  const perDay = groupBy(all, ({ sampledOn }) => sampledOn).map(([date, rows]) => [
    date,
    rows.length,
    new Set(rows.map(name)).size,
  ]);
  return `${header('Mutations of a sequencer: single nucleotide variants, kinds, distinct ones by day.')}
dialect spark

statement ok
CREATE TABLE variants (
  contig STRING, position BIGINT, referenceAllele STRING, alternateAllele STRING, sampledOn DATE
) USING DELTA PARTITIONED BY (sampledOn)

${insert(
  'variants',
  all.map((row) => [
    `'${row.contig}'`,
    row.position,
    `'${row.referenceAllele}'`,
    `'${row.alternateAllele}'`,
    `DATE '${row.sampledOn}'`,
  ]),
)}
statement ok
CREATE OR REPLACE TEMPORARY VIEW snvs AS
SELECT * FROM variants WHERE length(referenceAllele) = 1 AND length(alternateAllele) = 1

names referenceAllele, alternateAllele, GroupCount
query TTI rowsort
select referenceAllele, alternateAllele, count(1) as GroupCount from snvs group by referenceAllele, alternateAllele order by GroupCount desc
----
${table(perChange)}

# The same, in the order asked for.
query I
SELECT GroupCount FROM (
  select referenceAllele, alternateAllele, count(1) as GroupCount
  from snvs group by referenceAllele, alternateAllele
) AS counted ORDER BY GroupCount DESC
----
${table(perChange.map((row) => [row[2] ?? null]))}

query TI rowsort
SELECT CASE WHEN length(referenceAllele) = 1 AND length(alternateAllele) = 1 THEN "SNV"
            WHEN length(referenceAllele) < length(alternateAllele) THEN "insertion"
            ELSE "deletion" END AS mutationType,
       count(*) AS mutations
FROM variants GROUP BY mutationType
----
${table(perKind)}

query TII
SELECT sampledOn, count(*) AS mutations,
       count(DISTINCT (contig, position, referenceAllele, alternateAllele)) AS distinctMutations
FROM variants GROUP BY sampledOn ORDER BY sampledOn
----
${table(perDay)}
`;
}
