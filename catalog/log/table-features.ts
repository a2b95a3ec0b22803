/**
 * The one table of Delta's table features: which of them Levee reads and writes, and why not.
 * Whoever adds support for a feature changes its line here, and the gate (`protocol.ts`) follows.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#valid-feature-names-in-table-features
 */
export type Support =
  | { readonly kind: 'yes' }
  /**
   * Writing only: fine for a statement that says that it enforces the feature (`checkWritable`), and
   * for others as long as the table does not use it. `reason` is what is wrong otherwise.
   */
  | { readonly kind: 'if-enforced'; readonly reason: string }
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
  /** The reader version that did. */
  readonly legacyReaderVersion?: number | undefined;
  /** Features that a table with this one must have as well. */
  readonly requires?: readonly string[] | undefined;
  /**
   * Whether a writer that began before the table got the feature may go on: what it wrote by the
   * old rules is right by the new ones, or is made so when it commits.
   */
  readonly mayArriveMeanwhile?: boolean | undefined;
}

const yes: Support = { kind: 'yes' };
function no(reason: string): Support {
  return { kind: 'no', reason };
}
function ifEnforced(reason: string): Support {
  return { kind: 'if-enforced', reason };
}
function unlessActive(reason: string): Support {
  return { kind: 'unless-active', reason };
}
type More = Omit<TableFeature, 'kind' | 'read' | 'write'>;
function writer(write: Support, more: More = {}): TableFeature {
  return { ...more, kind: 'writer', read: yes, write };
}
function both(read: Support, write: Support, more: More = {}): TableFeature {
  return { ...more, kind: 'reader-writer', read, write };
}

const catalogManaged = no(
  'its latest commits are known only to the catalog that manages the table, not to its folder',
);
const variant = no('variant values are not written yet');
const redirected = no('the table has moved to another place');

export const tableFeatures: { readonly [name: string]: TableFeature } = Object.freeze({
  appendOnly: writer(yes, { legacyWriterVersion: 2, mayArriveMeanwhile: true }),
  invariants: writer(ifEnforced('this statement does not check column invariants'), {
    legacyWriterVersion: 2,
  }),
  checkConstraints: writer(ifEnforced('this statement does not check CHECK constraints'), {
    legacyWriterVersion: 3,
  }),
  changeDataFeed: writer(ifEnforced('this statement does not write change data'), {
    legacyWriterVersion: 4,
    mayArriveMeanwhile: true,
  }),
  generatedColumns: writer(ifEnforced('this statement does not compute generated columns'), {
    legacyWriterVersion: 4,
  }),
  columnMapping: both(yes, ifEnforced('this statement does not write physical column names'), {
    legacyWriterVersion: 5,
    legacyReaderVersion: 2,
    mayArriveMeanwhile: true,
  }),
  identityColumns: writer(ifEnforced('this statement does not generate identity values'), {
    legacyWriterVersion: 6,
  }),
  allowColumnDefaults: writer(ifEnforced('this statement does not apply column defaults')),
  deletionVectors: both(yes, yes, { mayArriveMeanwhile: true }),
  rowTracking: writer(yes, { requires: ['domainMetadata'], mayArriveMeanwhile: true }),
  timestampNtz: both(yes, yes, { mayArriveMeanwhile: true }),
  typeWidening: both(yes, yes),
  'typeWidening-preview': both(yes, yes),
  domainMetadata: writer(yes, { mayArriveMeanwhile: true }),
  v2Checkpoint: both(yes, yes, { mayArriveMeanwhile: true }),
  catalogManaged: both(catalogManaged, catalogManaged),
  'catalogOwned-preview': both(catalogManaged, catalogManaged),
  catalogOwned: both(catalogManaged, catalogManaged),
  'redirectReaderWriter-preview': both(redirected, redirected),
  icebergCompatV1: writer(unlessActive('Iceberg metadata is not written'), {
    requires: ['columnMapping'],
  }),
  icebergCompatV2: writer(unlessActive('Iceberg metadata is not written'), {
    requires: ['columnMapping'],
  }),
  icebergCompatV3: writer(unlessActive('Iceberg metadata is not written')),
  clustering: writer(yes, { requires: ['domainMetadata'] }),
  vacuumProtocolCheck: both(yes, yes, { mayArriveMeanwhile: true }),
  inCommitTimestamp: writer(yes, { mayArriveMeanwhile: true }),
  checkpointProtection: writer(yes),
  variantType: both(yes, variant),
  'variantType-preview': both(yes, variant),
  variantShredding: both(yes, variant),
  'variantShredding-preview': both(yes, variant),
});

export function tableFeature(name: string): TableFeature | undefined {
  return Object.hasOwn(tableFeatures, name) ? tableFeatures[name] : undefined;
}
