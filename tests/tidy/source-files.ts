/**
 * What the tidy tests look at: the files of the repository and, for TypeScript, their syntax trees.
 * Reading the tree and not the text keeps comments and strings from counting as code.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from '../support/shared-folder.ts';

/** Paths from the repository's root, with `/`, of everything that is committed or about to be. */
export const repositoryFiles: readonly string[] = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  { cwd: repositoryRoot, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
)
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(repositoryRoot, path)))
  .sort();

export function readText(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

export interface Import {
  /** As written: `./x.ts`, `node:fs`, `fastify`. */
  readonly specifier: string;
  /** Path from the root for a file of ours, otherwise undefined. */
  readonly target: string | undefined;
  /** Erased when compiled. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** Whether a file is part of the tests (which may reach anything) and not of the program. */
export function isTest(path: string): boolean {
  return /^(tests|bench)\//.test(path) || path.endsWith('.test.ts');
}

let parsed: readonly SourceFile[] | undefined;

/** Every TypeScript file of the repository, parsed once. */
export function sourceFiles(): readonly SourceFile[] {
  parsed ??= repositoryFiles
    .filter((path) => /\.[cm]?tsx?$/.test(path))
    .map((path) => parseSource(path, readText(path)));
  return parsed;
}

export function parseSource(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const imports: Import[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    const target = specifier.startsWith('.')
      ? posix.join(posix.dirname(path), specifier)
      : undefined;
    imports.push({ specifier, target, typeOnly });
  };
  visit(tree, (node) => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node.moduleSpecifier.text, isErased(node.importClause));
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      add(node.moduleSpecifier.text, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const { literal } = node.argument;
      if (ts.isStringLiteral(literal)) add(literal.text, true);
    } else if (ts.isCallExpression(node) && loadsModule(node.expression)) {
      const [argument] = node.arguments;
      const known = argument !== undefined && ts.isStringLiteralLike(argument);
      add(known ? argument.text : '<computed>', false);
    }
  });
  return { path, text, tree, imports };
}

/** Calls `see` for `node` and everything below it, in the order of the text. */
export function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

/** `path:line` of a node, for messages. */
export function place(file: SourceFile, node: ts.Node): string {
  const { line } = file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree));
  return `${file.path}:${line + 1}`;
}

function isErased(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) {
    return false;
  }
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function loadsModule(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(callee) && callee.text === 'require';
}
