/** What a name or a path in a statement can stand for. */
import type { ViewDefinition } from './catalog-store.ts';

/** The one catalog there is. */
export const catalogName = 'main';
/** The schema that always exists. */
export const defaultSchema = 'default';

/** A table by name, its names spelled as it was made. */
export interface NamedTable {
  readonly kind: 'table';
  readonly schema: string;
  readonly name: string;
  /** Below the warehouse or an allowed path, links resolved: equal for equal tables. */
  readonly location: string;
  /** Registered with a LOCATION of its own; otherwise found in the warehouse. */
  readonly isRegistered: boolean;
}

export interface NamedView {
  readonly kind: 'view';
  readonly schema: string;
  readonly name: string;
  readonly definition: ViewDefinition;
}

export type Relation = NamedTable | NamedView;

/** A table by its path alone. */
export interface PathTable {
  readonly kind: 'path';
  readonly location: string;
}

/** A name for something that is to be made or dropped. */
export interface TargetName {
  readonly schema: string;
  readonly name: string;
}

/** `main.schema.name`, as the answers of `POST /v1/sql` call it. */
export function qualifiedName({ schema, name }: TargetName): string {
  return `${catalogName}.${schema}.${name}`;
}
