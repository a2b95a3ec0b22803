/**
 * Locations as text: `/folder/table` on a disk, `s3://bucket/prefix` in an object store, always with
 * `/`, absolute, without `.`, `..`, empty parts and a `/` at the end. Nothing here looks at a disk;
 * where links lead is `FolderOperations.realLocation`'s to say.
 */
import { CodedError } from './coded-error.ts';

const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/;
/** Schemes of which `scheme://authority` is the root that `..` cannot leave. */
const storeSchemes: ReadonlySet<string> = new Set(['s3', 's3a', 'memory']);

/**
 * What a user wrote, as a location. A relative path is taken from `base`; `file:` URIs become
 * paths, percent-decoded; `..` that would leave the root stays at the root.
 *
 * @throws INVALID_PARAMETER_VALUE for an empty path, a NUL byte or a scheme no store serves
 */
export function normaliseLocation(written: string, base: string): string {
  if (written.trim() === '') throw invalid(written, 'it is empty');
  if (written.includes('\0')) throw invalid(written, 'it holds a NUL byte');
  const name = scheme.exec(written)?.[1]?.toLowerCase();
  if (name === undefined || !written.slice(name.length).startsWith(':/')) {
    return written.startsWith('/')
      ? resolveParts('', written)
      : resolveParts(rootOf(base), `${base.slice(rootOf(base).length)}/${written}`);
  }
  if (name === 'file') return resolveParts('', pathOfFileUri(written));
  if (!storeSchemes.has(name)) throw invalid(written, `"${name}:" is no kind of store Levee reads`);
  // Hadoop's name for the same store.
  const kept = name === 's3a' ? 's3' : name;
  const url = kept + written.slice(name.length);
  const root = rootOf(url);
  if (root === '') throw invalid(written, 'it names no bucket');
  return resolveParts(root, url.slice(root.length));
}

/** `s3://bucket` of a URL, the empty string of a path. */
function rootOf(location: string): string {
  return /^[a-z0-9+.-]+:\/\/[^/]+/.exec(location)?.[0] ?? '';
}

function resolveParts(root: string, path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const resolved = parts.map((part) => `/${part}`).join('');
  return root === '' && resolved === '' ? '/' : root + resolved;
}

/** `file:/a`, `file:///a` and `file://localhost/a` are all `/a`. */
function pathOfFileUri(uri: string): string {
  const path = /^file:(?:\/\/(?:localhost)?)?(\/(?!\/).*)$/is.exec(uri)?.[1];
  if (path === undefined) throw invalid(uri, 'a file URI looks like file:///folder/table');
  try {
    const decoded = decodeURIComponent(path);
    if (decoded.includes('\0')) throw invalid(uri, 'it holds a NUL byte');
    return decoded;
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw invalid(uri, 'its percent-encoding is damaged');
  }
}

function invalid(written: string, reason: string): CodedError {
  const shown = JSON.stringify(written.length > 512 ? `${written.slice(0, 512)}…` : written);
  return new CodedError('INVALID_PARAMETER_VALUE', `${shown} is no location: ${reason}.`, {
    hint: 'Write an absolute path, or one relative to the warehouse.',
  });
}

/** The location of something in a folder. */
export function childLocation(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

/** Whether `location` is `root` or lies below it. Both are normalised. */
export function isWithin(location: string, root: string): boolean {
  return location === root || location.startsWith(root === '/' ? '/' : `${root}/`);
}
