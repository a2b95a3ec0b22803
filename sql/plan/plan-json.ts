/**
 * DuckDB's plan as `json_serialize_plan` writes it, read without losing digits: it has 64-bit integers
 * as bare numbers, which JSON.parse would round, and NaN and Infinity, which are no JSON at all.
 */

export type PlanJson =
  null | boolean | number | string | PlanJson[] | { readonly [name: string]: PlanJson };
export type PlanNode = { readonly [name: string]: PlanJson };

/** Before the digits of a number that became a string; half of a character, so in no real text. */
const numberMark = '\ud800';
const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.]{15,}(?:[eE][+-]?\d+)?|-?\b(?:NaN|Infinity)\b/g;

/** `undefined` for text that is not the plan of one query. */
export function parsePlan(text: string): PlanNode | undefined {
  let root: PlanJson;
  try {
    root = JSON.parse(
      text.replace(token, (found) => (found.startsWith('"') ? found : `"\\ud800${found}"`)),
    ) as PlanJson;
  } catch {
    return undefined;
  }
  if (!isNode(root) || root.error === true) return undefined;
  const plans = listOf(root, 'plans');
  const [plan] = plans;
  return plans.length === 1 && isNode(plan) ? plan : undefined;
}

export function isNode(json: PlanJson | undefined): json is PlanNode {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

export function nodeOf(node: PlanNode, name: string): PlanNode | undefined {
  const value = node[name];
  return isNode(value) ? value : undefined;
}

export function listOf(node: PlanNode, name: string): readonly PlanJson[] {
  const value = node[name];
  return Array.isArray(value) ? value : [];
}

/** The members of a list that are objects; `undefined` when one is not. */
export function nodesOf(node: PlanNode, name: string): readonly PlanNode[] | undefined {
  const nodes = listOf(node, name);
  return nodes.every(isNode) ? nodes : undefined;
}

/** A text; not a number that was kept as one. */
export function textOf(json: PlanJson | undefined): string | undefined {
  return typeof json === 'string' && !json.startsWith(numberMark) ? json : undefined;
}

export function integerOf(json: PlanJson | undefined): bigint | undefined {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : undefined;
  if (typeof json !== 'string' || !json.startsWith(numberMark)) return undefined;
  const digits = json.slice(numberMark.length);
  return /^-?\d+$/.test(digits) ? BigInt(digits) : undefined;
}

/** An integer that is the number of something. */
export function indexOf(json: PlanJson | undefined): number | undefined {
  return typeof json === 'number' && Number.isSafeInteger(json) && json >= 0 ? json : undefined;
}

export function doubleOf(json: PlanJson | undefined): number | undefined {
  if (typeof json === 'number') return json;
  if (typeof json !== 'string' || !json.startsWith(numberMark)) return undefined;
  return Number(json.slice(numberMark.length));
}
