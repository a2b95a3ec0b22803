/** Plans as parts of larger SQL of ours. Pure. */
import type { QueryPlan } from './query-plan.ts';

/**
 * Plans and text of ours, one after the other, as one plan. An error in our own text is shown where
 * the next plan begins, or the last one before it.
 */
export function joinPlans(...parts: readonly (QueryPlan | string)[]): QueryPlan {
  const plans = parts.filter((part) => typeof part !== 'string');
  const starts: { readonly start: number; readonly plan: QueryPlan }[] = [];
  let sql = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      sql += part;
    } else {
      starts.push({ start: sql.length, plan: part });
      sql += part.sql;
    }
  }
  const sum = (of: (plan: QueryPlan) => number): number =>
    plans.reduce((total, plan) => total + of(plan), 0);
  return {
    sql,
    toSource(offset) {
      const at = starts.filter(({ start }) => start <= offset).at(-1) ?? starts[0];
      if (at === undefined) return 0;
      return at.plan.toSource(Math.min(Math.max(offset - at.start, 0), at.plan.sql.length));
    },
    setUp: plans.flatMap(({ setUp }) => setUp),
    scans: plans.flatMap(({ scans }) => scans),
    isAnsweredFromLog: false,
    unskipped: undefined,
    collations: [],
    deletedRows: plans.flatMap(({ deletedRows }) => deletedRows),
    filesTotal: sum(({ filesTotal }) => filesTotal),
    filesScanned: sum(({ filesScanned }) => filesScanned),
    bytesScanned: sum(({ bytesScanned }) => bytesScanned),
  };
}
