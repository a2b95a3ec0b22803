/**
 * The statements that change views. A change of the catalog store is checked again inside its
 * `update`, where no other process can come between.
 */
import { viewOf, withView, withoutView } from './catalog-changes.ts';
import type { CatalogContents, CatalogStore, ViewDefinition } from './catalog-store.ts';
import { CodedError } from './coded-error.ts';
import { requireName } from './object-names.ts';
import { qualifiedName, type Relation, type TargetName } from './relation.ts';
import { alreadyExists, requireFree } from './taken-names.ts';

export interface ViewDefinitions {
  /** @throws TABLE_OR_VIEW_ALREADY_EXISTS; WRONG_OBJECT_TYPE when a table is in its place */
  createView(
    target: TargetName,
    definition: ViewDefinition,
    options?: { readonly orReplace?: boolean; readonly ifNotExists?: boolean },
  ): Promise<'created' | 'replaced' | 'exists'>;
  /** @throws WRONG_OBJECT_TYPE for a table */
  dropView(relation: Relation): Promise<void>;
  /**
   * Makes another definition of the one that the view has at that moment.
   * @throws WRONG_OBJECT_TYPE for a table; TABLE_OR_VIEW_NOT_FOUND when it is gone
   */
  changeView(
    relation: Relation,
    change: (definition: ViewDefinition) => ViewDefinition,
  ): Promise<void>;
  /** @throws what `changeView` throws, TABLE_OR_VIEW_ALREADY_EXISTS */
  renameView(relation: Relation, target: TargetName): Promise<void>;
}

export interface ViewDefinitionsPorts {
  readonly catalogStore: CatalogStore;
  /** The relation that has the name already, whatever its case. */
  readonly findConflict: (target: TargetName) => Promise<Relation | undefined>;
}

export function createViewDefinitions({
  catalogStore,
  findConflict,
}: ViewDefinitionsPorts): ViewDefinitions {
  return {
    async createView(target, definition, { orReplace = false, ifNotExists = false } = {}) {
      requireName(target.name, 'view');
      const conflict = await findConflict(target);
      if (conflict !== undefined && (conflict.kind === 'table' || !orReplace)) {
        if (ifNotExists) return 'exists';
        throw conflict.kind === 'table' && orReplace
          ? new CodedError('WRONG_OBJECT_TYPE', `${qualifiedName(conflict)} is a table.`, {
              hint: 'Choose another name for the view.',
            })
          : alreadyExists(conflict);
      }
      const { schema } = target;
      const name = conflict?.name ?? target.name;
      await catalogStore.update((contents) => {
        const replaces = orReplace && viewOf(contents, schema, name) !== undefined;
        if (!replaces) requireFree(contents, { schema, name });
        return withView(contents, schema, name, definition);
      });
      return conflict === undefined ? 'created' : 'replaced';
    },

    async dropView(relation) {
      if (relation.kind === 'table') {
        throw new CodedError('WRONG_OBJECT_TYPE', `${qualifiedName(relation)} is a table.`, {
          hint: 'Use DROP TABLE.',
        });
      }
      const { schema, name } = relation;
      await catalogStore.update((contents) => withoutView(contents, schema, name));
    },

    async changeView(relation, change) {
      const { schema, name } = requireView(relation);
      await catalogStore.update((contents) =>
        withView(contents, schema, name, change(existingView(contents, relation))),
      );
    },

    async renameView(relation, target) {
      const { schema, name } = requireView(relation);
      requireName(target.name, 'view');
      const conflict = await findConflict(target);
      if (conflict !== undefined) throw alreadyExists(conflict);
      await catalogStore.update((contents) => {
        const definition = existingView(contents, relation);
        requireFree(contents, target);
        const without = withoutView(contents, schema, name);
        return withView(without, target.schema, target.name, definition);
      });
    },
  };
}

function requireView(relation: Relation): Relation {
  if (relation.kind === 'view') return relation;
  throw new CodedError('WRONG_OBJECT_TYPE', `${qualifiedName(relation)} is a table.`, {
    hint: 'Use ALTER TABLE.',
  });
}

/** @throws TABLE_OR_VIEW_NOT_FOUND when another process has dropped it meanwhile */
function existingView(contents: CatalogContents, relation: Relation): ViewDefinition {
  const definition = viewOf(contents, relation.schema, relation.name);
  if (definition !== undefined) return definition;
  throw new CodedError(
    'TABLE_OR_VIEW_NOT_FOUND',
    `There is no view ${qualifiedName(relation)} any more.`,
  );
}
