/**
 * A predicate taken apart into conditions that leave files out one after another, so that each file
 * that is left out has one reason: those on partition values first, then those on statistics. Pure.
 */
import type { Skipping, SkippingPredicate } from './data-skipping.ts';
import { columnText } from './predicate.ts';

/** What of the log a condition looked at. */
export type Evidence = 'min' | 'max' | 'nullCount';

/** Files left out for one reason. */
export interface PrunedFiles {
  /** `never`: no row at all can meet the predicate. `limit`: the files before have rows enough. */
  readonly by: 'partition' | 'statistics' | 'never' | 'limit';
  /** The columns that were looked at, as SQL spells them. */
  readonly columns: readonly string[];
  /** Of the columns' statistics, those that were looked at. */
  readonly evidence: readonly Evidence[];
  readonly files: number;
}

export interface PruningStep extends Pick<PrunedFiles, 'by' | 'columns' | 'evidence'> {
  /** Its predicate is the step's own. */
  readonly skipping: Skipping;
}

/** All steps together are the predicate; none where it takes every file. */
export function pruningSteps(skipping: Skipping): readonly PruningStep[] {
  const parts = conjuncts(skipping.predicate);
  return [
    ...parts.map(withoutStatistics).flatMap((part) => stepOf(skipping, part)),
    ...parts.filter(readsStatistics).flatMap((part) => stepOf(skipping, part)),
  ];
}

function conjuncts(predicate: SkippingPredicate): readonly SkippingPredicate[] {
  return predicate.kind === 'and' ? predicate.parts.flatMap(conjuncts) : [predicate];
}

/** What is left of a condition where nothing is known of statistics. */
function withoutStatistics(predicate: SkippingPredicate): SkippingPredicate {
  switch (predicate.kind) {
    case 'true':
    case 'false':
    case 'partition':
      return predicate;
    case 'statistics':
      return { kind: 'true' };
    case 'and':
    case 'or': {
      const parts = predicate.parts.map(withoutStatistics);
      const isTrue = ({ kind }: SkippingPredicate): boolean => kind === 'true';
      const isAllTrue = predicate.kind === 'and' ? parts.every(isTrue) : parts.some(isTrue);
      return isAllTrue ? { kind: 'true' } : { kind: predicate.kind, parts };
    }
  }
}

function readsStatistics(predicate: SkippingPredicate): boolean {
  switch (predicate.kind) {
    case 'true':
    case 'false':
    case 'partition':
      return false;
    case 'statistics':
      return true;
    case 'and':
    case 'or':
      return predicate.parts.some(readsStatistics);
  }
}

function stepOf(skipping: Skipping, predicate: SkippingPredicate): readonly PruningStep[] {
  if (predicate.kind === 'true') return [];
  const columns = new Set<string>();
  const evidence = new Set<Evidence>();
  function visit(part: SkippingPredicate): void {
    switch (part.kind) {
      case 'true':
      case 'false':
        return;
      case 'partition':
        columns.add(columnText([part.field.name]));
        return;
      case 'statistics':
        columns.add(columnText(skipping.columnPaths[part.column] ?? []));
        for (const kind of evidenceOf(part)) evidence.add(kind);
        return;
      case 'and':
      case 'or':
        part.parts.forEach(visit);
    }
  }
  visit(predicate);
  const by = evidence.size > 0 ? 'statistics' : columns.size > 0 ? 'partition' : 'never';
  // Columns whose statistics are not needed are not read.
  const own = { ...skipping, predicate, columns: evidence.size > 0 ? skipping.columns : [] };
  return [{ skipping: own, by, columns: [...columns], evidence: [...evidence] }];
}

function evidenceOf({
  condition,
}: Extract<SkippingPredicate, { kind: 'statistics' }>): readonly Evidence[] {
  switch (condition.kind) {
    case 'null':
      return ['nullCount'];
    case 'in':
      return ['min', 'max'];
    case 'comparison':
      switch (condition.operator) {
        case '<':
        case '<=':
          return ['min'];
        case '>':
        case '>=':
          return ['max'];
        case '=':
        case '<>':
          return ['min', 'max'];
      }
  }
}
