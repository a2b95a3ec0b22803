/**
 * Errors of the file system as `CodedError`s that name the path and what was being done to it. A
 * missing file is no error here: the callers ask `isMissing` first and answer `undefined`.
 */
import { CodedError } from '../coded-error.ts';
import type { ErrorCode } from '../error-codes.ts';

interface ErrnoException extends Error {
  readonly code: string;
}

/** What each errno means to a user; the path and the action are put around it. */
const causes: { readonly [errno: string]: readonly [code: ErrorCode, text: string] } = {
  ENOSPC: ['DISK_FULL', 'no space is left on the disk'],
  EDQUOT: ['DISK_FULL', 'the disk quota is used up'],
  EFBIG: ['DISK_FULL', 'the file would be larger than the file system allows'],
  EACCES: ['IO_ERROR', 'permission denied'],
  EPERM: ['IO_ERROR', 'the operation is not permitted'],
  EROFS: ['IO_ERROR', 'the file system is read-only'],
  EIO: ['IO_ERROR', 'the disk reported an input/output error'],
  EISDIR: ['IO_ERROR', 'a folder is in the place of the file'],
  ENOTDIR: ['IO_ERROR', 'a file is in the place of a folder'],
  ENOTEMPTY: ['IO_ERROR', 'the folder is not empty'],
  ELOOP: ['IO_ERROR', 'the symbolic links form a loop'],
  EMFILE: ['IO_ERROR', 'too many files are open'],
  ENFILE: ['IO_ERROR', 'too many files are open'],
  ENOENT: ['IO_ERROR', 'it is gone'],
  ENAMETOOLONG: ['INVALID_NAME', 'the name is too long for the file system'],
};

/** `action` completes "Could not ... <location>": `read`, `write`, `list`. */
export function codedFsError(error: unknown, action: string, location: string): CodedError {
  if (error instanceof CodedError) return error;
  const errno = errnoOf(error);
  const [code, text] = (errno === undefined ? undefined : causes[errno]) ?? [
    'IO_ERROR',
    errno ?? (error instanceof Error ? error.message : String(error)),
  ];
  return new CodedError(code, `Could not ${action} ${printable(location)}: ${text}.`, {
    cause: error,
  });
}

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && typeof (error as ErrnoException).code === 'string'
    ? (error as ErrnoException).code
    : undefined;
}

/** Whether the object, or a folder on the way to it, does not exist; links in a circle lead nowhere. */
export function isMissing(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP';
}

/** Whether `link` failed because the file system knows no hard links. */
export function lacksHardLinks(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'EPERM' || errno === 'ENOTSUP' || errno === 'EOPNOTSUPP' || errno === 'ENOSYS';
}

/** Refuses what no file system call may see: relative locations and NUL bytes. */
export function requireDiskLocation(location: string): void {
  if (location.startsWith('/') && !location.includes('\0')) return;
  throw new CodedError(
    'INVALID_NAME',
    `${printable(location)} is no location on disk: it must begin with "/" and hold no NUL byte.`,
  );
}

function printable(location: string): string {
  return JSON.stringify(location.length > 512 ? `${location.slice(0, 512)}…` : location);
}
