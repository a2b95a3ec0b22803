/**
 * The protocol a table needs for what its metadata uses and its owner asks for: always the weakest
 * that has all the features, so that as many engines as possible can use the table. Versions without
 * names are used where they mean exactly the features there are, else features by name.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#table-features-for-new-and-existing-tables
 */
import { CodedError } from '../coded-error.ts';
import type { StructType } from '../data-type.ts';
import type { Metadata, Protocol, StringMap } from './actions.ts';
import { usedFeatures } from './active-features.ts';
import { requiredReaderFeatures, requiredWriterFeatures } from './protocol.ts';
import { tableFeature, tableFeatures } from './table-features.ts';

/** What every new table has, as in Delta: writer version 2. */
const newTableFeatures: readonly string[] = ['appendOnly', 'invariants'];

/** Features under another name, by the name that came before it. */
const previews: { readonly [feature: string]: string } = {
  typeWidening: 'typeWidening-preview',
  variantType: 'variantType-preview',
  variantShredding: 'variantShredding-preview',
};

/**
 * @param current the table's protocol; `undefined` for a new table
 * @param wanted features to have besides, whether the metadata uses them or not
 * @param newFeatures what a new table has at least
 * @returns `current` itself when it has them all
 */
export function protocolFor(
  current: Protocol | undefined,
  metadata: Metadata,
  schema: StructType,
  wanted: Iterable<string> = [],
  newFeatures: readonly string[] = newTableFeatures,
): Protocol {
  const present = current === undefined ? newFeatures : featuresOf(current);
  const features = new Set(present);
  const take = (name: string): void => {
    if (features.has(name)) return;
    features.add(name);
    tableFeature(name)?.requires?.forEach(take);
  };
  for (const name of usedFeatures(metadata, schema)) {
    const preview = Object.hasOwn(previews, name) ? previews[name] : undefined;
    if (preview === undefined || !features.has(preview)) take(name);
  }
  for (const name of wanted) take(name);
  if (current !== undefined && features.size === present.length) return current;
  return protocolWith(features);
}

/** The weakest protocol with exactly these features. */
export function protocolWith(features: ReadonlySet<string>): Protocol {
  const known = Object.keys(tableFeatures).filter((name) => features.has(name));
  const names = [...known, ...[...features].filter((name) => tableFeature(name) === undefined)];
  const legacy = legacyProtocol(names);
  if (legacy !== undefined) return legacy;
  const readers = names.filter((name) => tableFeature(name)?.kind === 'reader-writer');
  const needsReaderFeatures = readers.some(
    (name) => tableFeature(name)?.legacyReaderVersion === undefined,
  );
  return {
    kind: 'protocol',
    minReaderVersion: needsReaderFeatures ? 3 : readers.length > 0 ? 2 : 1,
    minWriterVersion: 7,
    ...(needsReaderFeatures ? { readerFeatures: readers } : {}),
    writerFeatures: names,
  };
}

/** The versions that mean exactly these features, if there are such. */
function legacyProtocol(names: readonly string[]): Protocol | undefined {
  let minReaderVersion = 1;
  let minWriterVersion = 1;
  for (const name of names) {
    const feature = tableFeature(name);
    if (feature?.legacyWriterVersion === undefined) return undefined;
    minWriterVersion = Math.max(minWriterVersion, feature.legacyWriterVersion);
    minReaderVersion = Math.max(minReaderVersion, feature.legacyReaderVersion ?? 1);
  }
  const protocol: Protocol = { kind: 'protocol', minReaderVersion, minWriterVersion };
  return featuresOf(protocol).length === names.length ? protocol : undefined;
}

/** The names of a protocol's features, those of unnamed versions included, each once. */
export function featuresOf(protocol: Protocol): readonly string[] {
  return [...new Set([...requiredWriterFeatures(protocol), ...requiredReaderFeatures(protocol)])];
}

export interface ProtocolProperties {
  /** The properties that stay in the metadata. */
  readonly configuration: StringMap;
  /** What `delta.feature.<name> = supported` asks for. */
  readonly wanted: readonly string[];
  /** What the version properties mean, where there are any: versions 3 and 7 alone name no feature. */
  readonly versionFeatures: readonly string[] | undefined;
}

/**
 * Takes out of a statement's properties those that speak of the protocol, which is where they go.
 *
 * @throws DELTA_UNSUPPORTED_FEATURES_IN_CONFIG for a feature not known here, INVALID_PARAMETER_VALUE
 *   for values that the properties do not take
 */
export function splitProtocolProperties(properties: StringMap): ProtocolProperties {
  const configuration: Record<string, string> = {};
  const wanted: string[] = [];
  let minReaderVersion: number | undefined;
  let minWriterVersion: number | undefined;
  for (const [key, value] of Object.entries(properties)) {
    const feature = /^delta\.feature\.(.+)$/i.exec(key)?.[1];
    if (feature !== undefined) wanted.push(wantedFeature(feature, value));
    else if (/^delta\.minReaderVersion$/i.test(key)) minReaderVersion = versionIn(key, value, 3);
    else if (/^delta\.minWriterVersion$/i.test(key)) minWriterVersion = versionIn(key, value, 7);
    else if (!/^delta\.ignoreProtocolDefaults$/i.test(key)) configuration[key] = value;
  }
  return {
    configuration,
    wanted: [...new Set(wanted)],
    versionFeatures: versionFeatures(minReaderVersion, minWriterVersion),
  };
}

function versionFeatures(
  minReaderVersion: number | undefined,
  minWriterVersion = 2,
): readonly string[] | undefined {
  if (minReaderVersion === undefined && minWriterVersion === 2) return undefined;
  const named = minWriterVersion === 7 ? { writerFeatures: [] } : {};
  // Reader versions mean nothing without the writer version that brought the feature.
  const reader = minWriterVersion === 7 || minWriterVersion < 5 ? 1 : (minReaderVersion ?? 1);
  return featuresOf({
    kind: 'protocol',
    minReaderVersion: Math.min(reader, 2),
    minWriterVersion,
    ...named,
  });
}

function wantedFeature(name: string, value: string): string {
  const known = Object.keys(tableFeatures).find(
    (candidate) => candidate.toLowerCase() === name.toLowerCase(),
  );
  if (known === undefined) {
    throw new CodedError(
      'DELTA_UNSUPPORTED_FEATURES_IN_CONFIG',
      `There is no table feature "${name}".`,
    );
  }
  if (/^(?:supported|enabled)$/i.test(value.trim())) return known;
  throw new CodedError(
    'DELTA_UNSUPPORTED_FEATURE_STATUS',
    `The property delta.feature.${known} is ${JSON.stringify(value)}; it must be supported.`,
  );
}

function versionIn(key: string, value: string, max: number): number {
  const version = /^\d+$/.test(value.trim()) ? Number(value) : 0;
  if (version >= 1 && version <= max) return version;
  throw new CodedError(
    'INVALID_PARAMETER_VALUE',
    `The property ${key} is ${JSON.stringify(value)}; it must be a version from 1 to ${max}.`,
  );
}
