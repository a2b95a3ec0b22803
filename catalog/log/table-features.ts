/**
 * The one table of Delta's table features: which of them Levee reads and writes, and why not.
 * Whoever adds support for a feature changes its line here, and the gate (`protocol.ts`) follows.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#valid-feature-names-in-table-features
 */
export type Support =
  | { readonly kind: 'yes' }
  /** Fine as long as the table does not use the feature (protocol: supported, not active). */
  | { readonly kind: 'unless-active'; readonly reason: string }
  | { readonly kind: 'no'; readonly reason: string };

export interface TableFeature {
  /** `writer` features ask nothing of readers. */
  readonly kind: 'reader-writer' | 'writer';
  readonly read: Support;
  readonly write: Support;
  /** The writer version that brought the feature before features had names. */
  readonly legacyWriterVersion?: number | undefined;
}

const yes: Support = { kind: 'yes' };
function no(reason: string): Support {
  return { kind: 'no', reason };
}
function unlessActive(reason: string): Support {
  return { kind: 'unless-active', reason };
}
function writer(write: Support, legacyWriterVersion?: number): TableFeature {
  return { kind: 'writer', read: yes, write, legacyWriterVersion };
}
function both(read: Support, write: Support, legacyWriterVersion?: number): TableFeature {
  return { kind: 'reader-writer', read, write, legacyWriterVersion };
}

const catalogManaged = no(
  'its latest commits are known only to the catalog that manages the table, not to its folder',
);
const variant = no('variant values are not written yet');
const redirected = no('the table has moved to another place');

export const tableFeatures: { readonly [name: string]: TableFeature } = Object.freeze({
  appendOnly: writer(yes, 2),
  invariants: writer(unlessActive('column invariants are not checked yet'), 2),
  checkConstraints: writer(unlessActive('CHECK constraints are not checked yet'), 3),
  changeDataFeed: writer(yes, 4),
  generatedColumns: writer(unlessActive('generated columns are not computed yet'), 4),
  columnMapping: both(yes, unlessActive('physical column names are not written yet'), 5),
  identityColumns: writer(unlessActive('identity values are not generated yet'), 6),
  allowColumnDefaults: writer(unlessActive('column defaults are not applied yet')),
  deletionVectors: both(yes, yes),
  rowTracking: writer(no('row ids are not assigned yet')),
  timestampNtz: both(yes, yes),
  typeWidening: both(yes, yes),
  'typeWidening-preview': both(yes, yes),
  domainMetadata: writer(yes),
  v2Checkpoint: both(yes, yes),
  catalogManaged: both(catalogManaged, catalogManaged),
  'catalogOwned-preview': both(catalogManaged, catalogManaged),
  catalogOwned: both(catalogManaged, catalogManaged),
  'redirectReaderWriter-preview': both(redirected, redirected),
  icebergCompatV1: writer(unlessActive('Iceberg metadata is not written')),
  icebergCompatV2: writer(unlessActive('Iceberg metadata is not written')),
  icebergCompatV3: writer(unlessActive('Iceberg metadata is not written')),
  clustering: writer(no('clustered files are not written yet')),
  vacuumProtocolCheck: both(yes, yes),
  inCommitTimestamp: writer(unlessActive('in-commit timestamps are not written yet')),
  checkpointProtection: writer(yes),
  variantType: both(yes, variant),
  'variantType-preview': both(yes, variant),
  variantShredding: both(yes, variant),
  'variantShredding-preview': both(yes, variant),
});

export function tableFeature(name: string): TableFeature | undefined {
  return Object.hasOwn(tableFeatures, name) ? tableFeatures[name] : undefined;
}
