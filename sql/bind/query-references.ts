/**
 * What a SELECT refers to, read off DuckDB's own syntax tree (`json_serialize_sql`): tables, columns
 * and functions, with the UTF-8 byte offset of each. Names of CTEs are told apart from tables by the
 * scopes of SQL, not by spelling.
 *
 * The tree is walked generically, since a node that is overlooked would be a hole: any object that
 * looks like a table, a function or a column is reported, wherever it hangs.
 */
import { CodedError } from '../../catalog/coded-error.ts';

export interface TableReference {
  /** `[table]`, `[schema, table]` or `[catalog, schema, table]`, unquoted. */
  readonly name: readonly string[];
  /** Of the first byte of the name in the text. */
  readonly byteOffset: number;
  readonly timeTravel: TimeTravelNode | undefined;
}

export interface TimeTravelNode {
  readonly unit: 'VERSION' | 'TIMESTAMP';
  /** The constant, when the expression is one. */
  readonly constant: string | undefined;
}

export interface FunctionReference {
  readonly name: string;
  readonly byteOffset: number | undefined;
  readonly isTable: boolean;
  /** Whether its schema is named. */
  readonly isQualified: boolean;
}

export interface ColumnReference {
  readonly names: readonly string[];
  readonly byteOffset: number | undefined;
}

export interface QueryReferences {
  readonly tables: readonly TableReference[];
  readonly functions: readonly FunctionReference[];
  readonly columns: readonly ColumnReference[];
  /** The aliases that FROM clauses introduce, lower case. */
  readonly aliases: ReadonlySet<string>;
  /** Names of all CTEs, lower case. */
  readonly cteNames: ReadonlySet<string>;
  readonly hasGroupBy: boolean;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** Byte offset of a syntax error, with what DuckDB says of it. */
export class TreeError extends CodedError {
  readonly byteOffset: number | undefined;
  constructor(message: string, byteOffset: number | undefined) {
    super('PARSE_SYNTAX_ERROR', message);
    this.byteOffset = byteOffset;
  }
}

/**
 * Reads the answer of `json_serialize_sql`. Throws PARSE_SYNTAX_ERROR with its place, and
 * MULTIPLE_STATEMENTS or UNSUPPORTED_STATEMENT for what is not one SELECT.
 */
export function readQueryReferences(serialized: string): QueryReferences {
  const root = JSON.parse(serialized) as JsonObject;
  if (root.error === true) {
    const message = typeof root.error_message === 'string' ? root.error_message : 'syntax error';
    if (root.error_type === 'not implemented') {
      throw new CodedError('UNSUPPORTED_STATEMENT', `This statement is not supported: ${message}`, {
        hint: 'Write it as a SELECT; PIVOT can be written with aggregates and FILTER.',
      });
    }
    const position = typeof root.position === 'string' ? Number(root.position) : undefined;
    throw new TreeError(capitalise(message), position);
  }
  const statements = Array.isArray(root.statements) ? root.statements : [];
  if (statements.length !== 1) {
    throw new CodedError(
      'MULTIPLE_STATEMENTS',
      `One SELECT was expected, not ${statements.length}.`,
    );
  }
  const walk = new Walk();
  walk.visit(statements[0] ?? null, noNames);
  return walk.found();
}

function capitalise(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, '.');
}

/** The names of the CTEs that are visible at a place, lower case. */
type Scope = ReadonlySet<string>;
const noNames: Scope = new Set();

class Walk {
  readonly #tables: TableReference[] = [];
  readonly #functions: FunctionReference[] = [];
  readonly #columns: ColumnReference[] = [];
  readonly #aliases = new Set<string>();
  readonly #cteNames = new Set<string>();
  #hasGroupBy = false;

  found(): QueryReferences {
    return {
      tables: this.#tables,
      functions: this.#functions,
      columns: this.#columns,
      aliases: this.#aliases,
      cteNames: this.#cteNames,
      hasGroupBy: this.#hasGroupBy,
    };
  }

  visit(node: Json, scope: Scope): void {
    if (Array.isArray(node)) {
      for (const item of node) this.visit(item, scope);
      return;
    }
    if (node === null || typeof node !== 'object') return;
    const inner = this.#enterCtes(node, scope);
    this.#report(node, inner);
    this.#visitParts(node, inner);
  }

  #visitParts(node: JsonObject, scope: Scope): void {
    for (const [key, value] of Object.entries(node)) {
      if (key === 'cte_map') continue;
      // The plain text of a type or a value holds no references.
      if (node.class === 'CONSTANT' && key === 'value') continue;
      // The call of a table function was reported as such: it is no scalar function as well.
      if (node.type === 'TABLE_FUNCTION' && key === 'function' && isObject(value)) {
        this.#visitParts(value, scope);
        continue;
      }
      this.visit(value, scope);
    }
  }

  /** Visits the CTEs of a query node, each seeing those before it, and gives the scope of its body. */
  #enterCtes(node: JsonObject, scope: Scope): Scope {
    let inner = scope;
    for (const { name, body } of ctes(node)) {
      const lower = name.toLowerCase();
      this.#cteNames.add(lower);
      const extended = new Set(inner).add(lower);
      // Only a recursive CTE sees itself; in any other, its own name is that of a table.
      this.visit(body, isRecursive(body) ? extended : inner);
      inner = extended;
    }
    return inner;
  }

  #report(node: JsonObject, scope: Scope): void {
    const byteOffset = offsetOf(node);
    if (typeof node.alias === 'string' && node.alias !== '' && typeof node.type === 'string') {
      if (fromTypes.has(node.type)) this.#aliases.add(node.alias.toLowerCase());
    }
    if (node.type === 'BASE_TABLE') this.#reportTable(node, scope, byteOffset);
    if (node.type === 'SHOW_REF') {
      throw new CodedError(
        'UNSUPPORTED_FEATURE',
        'DESCRIBE, SHOW and SUMMARIZE are statements, not tables, in Levee.',
        {
          hint: 'Query information_schema instead.',
        },
      );
    }
    if (typeof node.function_name === 'string') {
      const isQualified = typeof node.schema === 'string' && node.schema !== '';
      const name = node.function_name.toLowerCase();
      this.#functions.push({ name, byteOffset, isTable: false, isQualified });
    }
    if (node.type === 'TABLE_FUNCTION') {
      const call = node.function;
      if (call !== null && typeof call === 'object' && !Array.isArray(call)) {
        const name = typeof call.function_name === 'string' ? call.function_name : '';
        const isQualified = typeof call.schema === 'string' && call.schema !== '';
        this.#functions.push({ name: name.toLowerCase(), byteOffset, isTable: true, isQualified });
      }
    }
    if (node.class === 'COLUMN_REF' && Array.isArray(node.column_names)) {
      this.#columns.push({ names: node.column_names.map(String), byteOffset });
    }
    if (Array.isArray(node.group_expressions) && node.group_expressions.length > 0)
      this.#hasGroupBy = true;
    if (node.aggregate_handling === 'FORCE_AGGREGATES') this.#hasGroupBy = true;
  }

  #reportTable(node: JsonObject, scope: Scope, byteOffset: number | undefined): void {
    const name = [node.catalog_name, node.schema_name, node.table_name].filter(
      (part): part is string => typeof part === 'string' && part !== '',
    );
    const [only] = name;
    const timeTravel = timeTravelOf(node);
    if (name.length === 1 && only !== undefined && scope.has(only.toLowerCase())) {
      if (timeTravel === undefined) return;
      throw new TreeError(
        `"${only}" is a common table expression: time travel applies to tables.`,
        byteOffset,
      );
    }
    if (name.length === 0 || byteOffset === undefined) {
      throw new TreeError('A table name was expected.', byteOffset);
    }
    this.#tables.push({ name, byteOffset, timeTravel });
  }
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

const fromTypes = new Set([
  'BASE_TABLE',
  'SUBQUERY',
  'TABLE_FUNCTION',
  'EXPRESSION_LIST',
  'JOIN',
  'PIVOT',
]);

function ctes(node: JsonObject): { name: string; body: Json }[] {
  const map = node.cte_map;
  if (map === null || typeof map !== 'object' || Array.isArray(map) || !Array.isArray(map.map))
    return [];
  return map.map.flatMap((entry) => {
    if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return [];
    const name = typeof entry.key === 'string' ? entry.key : '';
    return [{ name, body: entry.value ?? null }];
  });
}

function isRecursive(body: Json): boolean {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return false;
  const { query } = body;
  if (query === undefined || query === null || typeof query !== 'object' || Array.isArray(query))
    return false;
  const { node } = query;
  if (node === undefined || node === null || typeof node !== 'object' || Array.isArray(node))
    return false;
  return node.type === 'RECURSIVE_CTE_NODE';
}

function timeTravelOf(node: JsonObject): TimeTravelNode | undefined {
  const clause = node.at_clause;
  if (
    clause === undefined ||
    clause === null ||
    typeof clause !== 'object' ||
    Array.isArray(clause)
  )
    return undefined;
  const unit = clause.unit === 'VERSION' ? 'VERSION' : 'TIMESTAMP';
  const expression = clause.expr;
  if (
    expression === undefined ||
    expression === null ||
    typeof expression !== 'object' ||
    Array.isArray(expression)
  ) {
    return { unit, constant: undefined };
  }
  const value = expression.class === 'CONSTANT' ? expression.value : undefined;
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) {
    return { unit, constant: undefined };
  }
  const constant = value.value;
  // Only these hold their value as it is written: a DECIMAL has it unscaled.
  const isPlain = ['INTEGER', 'BIGINT', 'VARCHAR'].includes(typeId(value.type));
  const isScalar = typeof constant === 'string' || typeof constant === 'number';
  return { unit, constant: isPlain && isScalar ? String(constant) : undefined };
}

function typeId(type: Json | undefined): string {
  if (type === undefined || type === null || typeof type !== 'object' || Array.isArray(type))
    return '';
  return typeof type.id === 'string' ? type.id : '';
}

function offsetOf(node: JsonObject): number | undefined {
  const offset = node.query_location;
  // DuckDB writes 2^64 - 1 where it knows no place.
  return typeof offset === 'number' && Number.isSafeInteger(offset) ? offset : undefined;
}
