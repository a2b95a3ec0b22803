/**
 * "Did you mean": of the names there are, the one a user most likely wanted, by edit distance
 * (Levenshtein, case ignored), or none when nothing is near enough to be more than a coincidence.
 */
const candidatesMax = 2000;
const lengthMax = 100;

export function closestName(wanted: string, names: readonly string[]): string | undefined {
  if (wanted.length > lengthMax) return undefined;
  const target = wanted.toLowerCase();
  const distanceMax = Math.max(1, Math.floor(target.length / 3));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names.slice(0, candidatesMax)) {
    if (Math.abs(name.length - target.length) > distanceMax) continue;
    const distance = editDistance(target, name.toLowerCase());
    if (distance <= distanceMax && distance < (best?.distance ?? Infinity)) {
      best = { name, distance };
    }
  }
  return best?.name;
}

/** The hint of a not-found error: the closest name, or `undefined` to keep the code's own hint. */
export function didYouMean(wanted: string, names: readonly string[]): string | undefined {
  const closest = closestName(wanted, names);
  return closest === undefined ? undefined : `Did you mean "${closest}"?`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
