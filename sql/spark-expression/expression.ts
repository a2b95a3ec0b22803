/** An expression in Spark's SQL, as parsed: names not looked up, types not known. */
import type { DataType } from '../../catalog/data-type.ts';

export type Expression =
  | Literal
  | ColumnReference
  | Unary
  | Binary
  | IsTest
  | Between
  | InList
  | Like
  | Case
  | Cast
  | Call;

/** `text` is the value as the literal writes it; NULL has none. */
export interface Literal {
  readonly kind: 'literal';
  readonly type: DataType;
  readonly text: string;
}

/** `a.b.c`, unquoted. */
export interface ColumnReference {
  readonly kind: 'column';
  readonly path: readonly string[];
}

export interface Unary {
  readonly kind: 'unary';
  readonly operator: '-' | '+' | 'not';
  readonly operand: Expression;
}

export type BinaryOperator =
  | 'and'
  | 'or'
  | '='
  | '<=>'
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | 'div'
  | '||';

export interface Binary {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `IS [NOT] NULL`, `TRUE`, `FALSE`; UNKNOWN is NULL. */
export interface IsTest {
  readonly kind: 'is';
  readonly test: 'null' | 'true' | 'false';
  readonly negated: boolean;
  readonly operand: Expression;
}

export interface Between {
  readonly kind: 'between';
  readonly negated: boolean;
  readonly operand: Expression;
  readonly low: Expression;
  readonly high: Expression;
}

export interface InList {
  readonly kind: 'in';
  readonly negated: boolean;
  readonly operand: Expression;
  readonly items: readonly Expression[];
}

export interface Like {
  readonly kind: 'like';
  readonly negated: boolean;
  readonly operand: Expression;
  readonly pattern: Expression;
}

export interface Case {
  readonly kind: 'case';
  readonly operand: Expression | undefined;
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
  readonly otherwise: Expression | undefined;
}

export interface Cast {
  readonly kind: 'cast';
  readonly operand: Expression;
  readonly type: DataType;
}

export interface Call {
  readonly kind: 'call';
  /** In lower case. */
  readonly name: string;
  readonly arguments: readonly Expression[];
}
