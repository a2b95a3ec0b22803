/** An S3 store over a server of the tests, and its parts. */
import { createS3Clients } from '../../catalog/store/s3/s3-clients.ts';
import { S3Objects } from '../../catalog/store/s3/s3-objects.ts';
import { createS3Store } from '../../catalog/store/s3/s3-store.ts';
import {
  defaultS3Limits,
  type S3Limits,
  type S3Settings,
} from '../../catalog/store/s3/s3-settings.ts';
import { Staging } from '../../catalog/store/staging.ts';
import type { ObjectStore } from '../../catalog/ports.ts';

export interface OpenedS3Store {
  readonly store: ObjectStore;
  readonly objects: S3Objects;
  readonly staging: Staging;
  close(): void;
}

export function openS3Store(
  settings: S3Settings,
  scratch: string,
  limits: Partial<S3Limits> = {},
): OpenedS3Store {
  const all = { ...defaultS3Limits, ...limits };
  const clients = createS3Clients(settings, all);
  const objects = new S3Objects(clients, all);
  const staging = new Staging(`${scratch}/staging`);
  return {
    store: createS3Store({ objects, staging }),
    objects,
    staging,
    close: () => clients.close(),
  };
}
