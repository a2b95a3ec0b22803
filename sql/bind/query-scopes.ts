/**
 * The SELECTs of a query and what stands in each, read off DuckDB's own syntax tree: the tables of
 * its FROM clause, its stars, its column names, and the joins that show columns by themselves.
 * Like `query-references.ts`, it walks the tree generically, so that nothing is overlooked.
 */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type TreeNode = { readonly [key: string]: Json };

/** A table of a FROM clause. */
export interface ScopeTable {
  /** Of the name in the text; `undefined` where DuckDB does not say. */
  readonly byteOffset: number | undefined;
  /** Empty where the query gives none. */
  readonly alias: string;
  readonly columnAliases: readonly string[];
}

/** A SELECT. */
export interface Scope {
  /** The SELECT whose columns this one sees as well. */
  readonly outer: Scope | undefined;
  /** The tables that stand in its FROM clause themselves, common table expressions among them. */
  readonly tables: readonly ScopeTable[];
  /** Those of them that `*` covers: not the right side of a SEMI or ANTI join. */
  readonly starTables: readonly ScopeTable[];
  /** The first table or subquery in the text of its FROM clause. */
  readonly firstByteOffset: number | undefined;
  readonly joins: readonly ScopeJoin[];
}

/** What gives columns to its result that nobody named. */
export interface ScopeJoin {
  readonly kind: 'natural' | 'using' | 'pivot';
  readonly byteOffset: number | undefined;
  readonly left: JoinSide;
  readonly right: JoinSide;
  /** Of USING. */
  readonly columns: readonly string[];
}

export interface JoinSide {
  readonly tables: readonly ScopeTable[];
  /** Whether it has more in it than tables: subqueries, table functions. */
  readonly hasOthers: boolean;
}

export interface ScopeStar {
  readonly scope: Scope;
  /** Of the star, or of what stands before it: `t.`, `COLUMNS(`. 0 for the star `FROM t` lacks. */
  readonly byteOffset: number | undefined;
  /** `t` of `t.*`, else empty. */
  readonly relation: string;
  /** `COLUMNS('...')`, which takes columns by their names, and has no star in it. */
  readonly isByName: boolean;
  /** `COLUMNS(* LIKE '...')`: the star in it is one of its own. */
  readonly isAround: boolean;
  readonly hasExclude: boolean;
}

export interface ScopeColumn {
  readonly scope: Scope | undefined;
  readonly names: readonly string[];
  readonly byteOffset: number | undefined;
}

export interface QueryScopes {
  readonly scopes: readonly Scope[];
  readonly stars: readonly ScopeStar[];
  readonly columns: readonly ScopeColumn[];
  /** `#3`: a column of the FROM clause by its number. */
  readonly numbers: readonly { readonly scope: Scope; readonly byteOffset: number | undefined }[];
}

/** Reads the answer of `json_serialize_sql` for a query that it could serialize. */
export function readQueryScopes(serialized: string): QueryScopes {
  const walk = new ScopeWalk();
  walk.visit(JSON.parse(serialized) as Json, undefined);
  return walk.found;
}

class ScopeWalk {
  readonly found = {
    scopes: [] as Scope[],
    stars: [] as ScopeStar[],
    columns: [] as ScopeColumn[],
    numbers: [] as { scope: Scope; byteOffset: number | undefined }[],
  };

  visit(node: Json, scope: Scope | undefined): void {
    if (Array.isArray(node)) {
      for (const item of node) this.visit(item, scope);
      return;
    }
    if (!isTreeNode(node)) return;
    const inner = node.type === 'SELECT_NODE' ? this.#enter(node, scope) : scope;
    this.#report(node, inner);
    for (const [key, value] of Object.entries(node)) {
      // A common table expression does not see the FROM clause of the query it belongs to.
      this.visit(value, key === 'cte_map' ? scope : inner);
    }
  }

  #enter(node: TreeNode, outer: Scope | undefined): Scope {
    const from = readFrom(node.from_table ?? null);
    const { tables, starTables, firstByteOffset, joins } = from;
    const scope = { outer, tables, starTables, firstByteOffset, joins };
    this.found.scopes.push(scope);
    return scope;
  }

  #report(node: TreeNode, scope: Scope | undefined): void {
    const byteOffset = offsetOf(node);
    if (node.class === 'COLUMN_REF') {
      this.found.columns.push({ scope, names: textsOf(node.column_names), byteOffset });
    }
    if (scope === undefined) return;
    if (node.class === 'POSITIONAL_REFERENCE') this.found.numbers.push({ scope, byteOffset });
    if (node.class === 'STAR') {
      this.found.stars.push({
        scope,
        byteOffset,
        relation: typeof node.relation_name === 'string' ? node.relation_name : '',
        isByName: isTreeNode(node.expr ?? null) && !hasStar(node.expr ?? null),
        isAround: isTreeNode(node.expr ?? null) && hasStar(node.expr ?? null),
        hasExclude: isFull(node.exclude_list) || isFull(node.qualified_exclude_list),
      });
    }
  }
}

interface From extends JoinSide {
  readonly starTables: readonly ScopeTable[];
  readonly firstByteOffset: number | undefined;
  readonly joins: readonly ScopeJoin[];
}

function readFrom(node: Json): From {
  if (!isTreeNode(node)) {
    return { tables: [], starTables: [], hasOthers: false, firstByteOffset: undefined, joins: [] };
  }
  switch (node.type) {
    case 'BASE_TABLE': {
      const table = {
        byteOffset: offsetOf(node),
        alias: typeof node.alias === 'string' ? node.alias : '',
        columnAliases: textsOf(node.column_name_alias),
      };
      const tables = [table];
      const firstByteOffset = table.byteOffset;
      return { tables, starTables: tables, hasOthers: false, firstByteOffset, joins: [] };
    }
    case 'JOIN':
      return readJoin(node);
    case 'PIVOT': {
      const source = readFrom(node.source ?? null);
      const right = readFrom(null);
      const join = { kind: 'pivot', byteOffset: offsetOf(node), left: source, right } as const;
      return { ...source, hasOthers: true, joins: [...source.joins, { ...join, columns: [] }] };
    }
    default:
      return {
        tables: [],
        starTables: [],
        hasOthers: node.type !== 'EMPTY',
        firstByteOffset: offsetOf(node),
        joins: [],
      };
  }
}

function readJoin(node: TreeNode): From {
  const left = readFrom(node.left ?? null);
  const right = readFrom(node.right ?? null);
  const columns = textsOf(node.using_columns);
  const common = { byteOffset: offsetOf(node), left, right, columns };
  const joins: ScopeJoin[] = [...left.joins, ...right.joins];
  if (node.ref_type === 'NATURAL') joins.push({ kind: 'natural', ...common });
  else if (columns.length > 0) joins.push({ kind: 'using', ...common });
  const isLeftOnly = node.join_type === 'SEMI' || node.join_type === 'ANTI';
  return {
    tables: [...left.tables, ...right.tables],
    starTables: isLeftOnly ? left.starTables : [...left.starTables, ...right.starTables],
    hasOthers: left.hasOthers || right.hasOthers,
    firstByteOffset: left.firstByteOffset,
    joins,
  };
}

function hasStar(node: Json): boolean {
  if (Array.isArray(node)) return node.some(hasStar);
  return isTreeNode(node) && (node.class === 'STAR' || Object.values(node).some(hasStar));
}

function isTreeNode(node: Json): node is { [key: string]: Json } {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

function isFull(list: Json | undefined): boolean {
  return Array.isArray(list) && list.length > 0;
}

function textsOf(list: Json | undefined): readonly string[] {
  return Array.isArray(list) ? list.map(String) : [];
}

function offsetOf({ query_location: offset }: TreeNode): number | undefined {
  // DuckDB writes 2^64 - 1 where it knows no place.
  return typeof offset === 'number' && Number.isSafeInteger(offset) ? offset : undefined;
}
