/**
 * Pure modules: the same arguments give the same result, at once. They neither wait nor look at a
 * clock, random numbers, the environment or the outside; time and ids come in as arguments.
 */
import ts from 'typescript';
import { isTest, place, visit, type SourceFile } from './source-files.ts';

export const purePaths: readonly string[] = [
  'catalog/log/',
  'catalog/data-skipping.ts',
  'catalog/commit/commit-base.ts',
  'catalog/commit/conflict-checker.ts',
  'catalog/commit/group-append.ts',
  'catalog/commit/prepare-commit.ts',
  'catalog/commit/remove-file.ts',
  'catalog/commit/table-change.ts',
  'catalog/commit/transaction-content.ts',
  'catalog/commit/winning-commit.ts',
  'sql/parse/',
  'sql/plan/',
  'streaming/view-state.ts',
];

const impureCalls =
  /^(Date\.now|Math\.random|performance\.now|crypto\.(randomUUID|getRandomValues)|randomUUID|randomBytes|setTimeout|setInterval|setImmediate|queueMicrotask|fetch|process\..*)$/;
const impureModules =
  /^(node:)?(fs|net|http|https|os|child_process|worker_threads|timers|process)\b/;

/** What makes the file impure, as sentences; nothing for a file that need not be pure. */
export function impurities(file: SourceFile): readonly string[] {
  if (isTest(file.path) || !purePaths.some((path) => file.path.startsWith(path))) return [];
  const found: string[] = [];
  for (const { specifier } of file.imports) {
    if (impureModules.test(specifier)) found.push(`${file.path} imports ${specifier}`);
  }
  visit(file.tree, (node) => {
    const what = impurity(node);
    if (what !== undefined) found.push(`${place(file, node)} ${what}`);
  });
  return found;
}

function impurity(node: ts.Node): string | undefined {
  if (ts.isAwaitExpression(node)) return 'awaits';
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return 'awaits';
  if (ts.isFunctionLike(node) && isAsync(node)) return 'has an async function';
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date') {
    return (node.arguments?.length ?? 0) === 0 ? 'reads the clock with new Date()' : undefined;
  }
  if (ts.isCallExpression(node) && impureCalls.test(node.expression.getText())) {
    return `calls ${node.expression.getText()}`;
  }
  if (ts.isPropertyAccessExpression(node) && node.getText().startsWith('process.')) {
    return `reads ${node.getText()}`;
  }
  return undefined;
}

function isAsync(node: ts.SignatureDeclaration): boolean {
  const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined;
  return (modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
}

/** Where a file reads the environment although it may not. */
export function environmentReads(file: SourceFile): readonly string[] {
  if (isTest(file.path) || file.path === 'server/config.ts') return [];
  const found: string[] = [];
  visit(file.tree, (node) => {
    if (isEnvironment(node)) found.push(`${place(file, node)} reads ${node.getText()}`);
  });
  return found;
}

function isEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) {
    return node.expression.getText() === 'process' && node.name.text === 'env';
  }
  if (ts.isElementAccessExpression(node)) {
    const key = node.argumentExpression;
    return (
      node.expression.getText() === 'process' && ts.isStringLiteralLike(key) && key.text === 'env'
    );
  }
  return false;
}
