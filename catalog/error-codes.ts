/**
 * Every error code a client can see, with its SQLSTATE and the hint that fits when the place that
 * raises it knows nothing better. Codes are Delta's error classes where one exists
 * (https://github.com/delta-io/delta, delta-error-classes.json), otherwise Spark's, otherwise
 * PostgreSQL's name for the condition. `docs/errors.md` lists them; a test keeps the two equal.
 */
export interface ErrorCodeInfo {
  readonly sqlState: string;
  readonly hint: string;
}

function define<T extends Record<string, ErrorCodeInfo>>(codes: T): Readonly<T> {
  return Object.freeze(codes);
}

export const errorCodes = define({
  // --- SQL text -----------------------------------------------------------------------------
  PARSE_SYNTAX_ERROR: { sqlState: '42601', hint: 'Check the statement at the given position.' },
  STATEMENT_TOO_LARGE: { sqlState: '54000', hint: 'Send a shorter statement.' },
  STATEMENT_TOO_COMPLEX: { sqlState: '54001', hint: 'Nest the statement less deeply.' },
  MULTIPLE_STATEMENTS: { sqlState: '42601', hint: 'Send one statement in each request.' },
  MERGE_WITHOUT_WHEN: { sqlState: '42601', hint: 'Add a WHEN clause.' },
  NON_LAST_MATCHED_CLAUSE_OMIT_CONDITION: {
    sqlState: '42613',
    hint: 'Give every WHEN MATCHED clause but the last a condition.',
  },
  NON_LAST_NOT_MATCHED_BY_TARGET_CLAUSE_OMIT_CONDITION: {
    sqlState: '42613',
    hint: 'Give every WHEN NOT MATCHED clause but the last a condition.',
  },
  NON_LAST_NOT_MATCHED_BY_SOURCE_CLAUSE_OMIT_CONDITION: {
    sqlState: '42613',
    hint: 'Give every WHEN NOT MATCHED BY SOURCE clause but the last a condition.',
  },
  COLUMN_ALIASES_NOT_ALLOWED: { sqlState: '42601', hint: 'Leave out the names in brackets.' },
  SPECIFY_CLUSTER_BY_WITH_PARTITIONED_BY_IS_NOT_ALLOWED: {
    sqlState: '42908',
    hint: 'Use CLUSTER BY or PARTITIONED BY.',
  },
  UNSUPPORTED_STATEMENT: { sqlState: '0A000', hint: 'docs/sql.md lists the statements that run.' },
  UNSUPPORTED_FEATURE: { sqlState: '0A000', hint: 'docs/sql.md lists what is supported.' },
  INVALID_PARAMETER_VALUE: { sqlState: '22023', hint: 'Check the request.' },
  UNBOUND_SQL_PARAMETER: { sqlState: '42P02', hint: 'Give a value for every parameter.' },
  // --- names --------------------------------------------------------------------------------
  TABLE_OR_VIEW_NOT_FOUND: { sqlState: '42P01', hint: 'SHOW TABLES lists the tables.' },
  TABLE_OR_VIEW_ALREADY_EXISTS: {
    sqlState: '42P07',
    hint: 'Choose another name, or add IF NOT EXISTS.',
  },
  SCHEMA_NOT_FOUND: { sqlState: '42704', hint: 'SHOW SCHEMAS lists the schemas.' },
  SCHEMA_ALREADY_EXISTS: { sqlState: '42P06', hint: 'Choose another name, or add IF NOT EXISTS.' },
  SCHEMA_NOT_EMPTY: { sqlState: '2BP01', hint: 'Drop its tables and views first, or add CASCADE.' },
  CATALOG_NOT_FOUND: { sqlState: '42704', hint: 'The only catalog is "main".' },
  AMBIGUOUS_NAME: { sqlState: '42702', hint: 'Write the name with its exact case.' },
  WRONG_OBJECT_TYPE: { sqlState: '42809', hint: 'Use the statement for that kind of object.' },
  INVALID_NAME: { sqlState: '42602', hint: 'Use letters, digits, spaces, dots or underscores.' },
  RECURSIVE_VIEW: { sqlState: '42K0H', hint: 'Make the view read from something else.' },
  COLUMN_NOT_FOUND: { sqlState: '42703', hint: 'DESCRIBE lists the columns of a table.' },
  COLUMN_ALREADY_EXISTS: { sqlState: '42711', hint: 'Give every column a name of its own.' },
  FUNCTION_NOT_FOUND: { sqlState: '42883', hint: 'docs/sql.md says which functions there are.' },
  BINDING_FAILED: { sqlState: '42000', hint: 'Check names and types at the given position.' },
  DATATYPE_MISMATCH: { sqlState: '42804', hint: 'Add a CAST.' },
  MISSING_GROUP_BY: {
    sqlState: '42803',
    hint: 'Add the GROUP BY clause, or a window to the aggregate.',
  },
  GROUPING_ERROR: {
    sqlState: '42803',
    hint: 'Name every column that is not aggregated in GROUP BY.',
  },
  // --- values -------------------------------------------------------------------------------
  CAST_INVALID_INPUT: { sqlState: '22018', hint: 'Use TRY_CAST to get NULL instead.' },
  NUMERIC_VALUE_OUT_OF_RANGE: { sqlState: '22003', hint: 'Cast to a wider type.' },
  DIVIDE_BY_ZERO: { sqlState: '22012', hint: 'Guard the divisor with nullif(x, 0).' },
  INVALID_INPUT: { sqlState: '22000', hint: 'Check the values the statement works on.' },
  CARDINALITY_VIOLATION: { sqlState: '21000', hint: 'Make the subquery return one row.' },
  UNSUPPORTED_RESULT_TYPE: {
    sqlState: '0A000',
    hint: 'CAST the column to a type Levee can return.',
  },
  UNSUPPORTED_DATATYPE: { sqlState: '0A000', hint: 'Use a type of the Delta protocol.' },
  CAST_OVERFLOW_IN_TABLE_INSERT: {
    sqlState: '22003',
    hint: 'Use TRY_CAST to get NULL instead, or a wider type for the column.',
  },
  DELTA_CAST_OVERFLOW_IN_TABLE_WRITE: {
    sqlState: '22003',
    hint: 'Use TRY_CAST to get NULL instead, or a wider type for the column.',
  },
  DELTA_NOT_NULL_CONSTRAINT_VIOLATED: { sqlState: '23502', hint: 'Give the column a value.' },
  DELTA_MISSING_NOT_NULL_COLUMN_VALUE: { sqlState: '23502', hint: 'Give the column a value.' },
  DELTA_VIOLATE_CONSTRAINT_WITH_VALUES: {
    sqlState: '23001',
    hint: 'DESCRIBE DETAIL shows the constraints of a table.',
  },
  DELTA_EXCEED_CHAR_VARCHAR_LIMIT: { sqlState: '22001', hint: 'Write a shorter text.' },
  DELTA_REPLACE_WHERE_MISMATCH: {
    sqlState: '44000',
    hint: 'Write only rows that meet the condition of REPLACE WHERE.',
  },
  // --- rights -------------------------------------------------------------------------------
  FUNCTION_NOT_ALLOWED: {
    sqlState: '42501',
    hint: 'Queries reach catalog tables only; this function reaches beyond them.',
  },
  PATH_NOT_ALLOWED: {
    sqlState: '42501',
    hint: 'Start the server with --allow-path for that folder.',
  },
  INSUFFICIENT_PRIVILEGES: { sqlState: '42501', hint: 'Ask the owner for the right.' },
  UNAUTHENTICATED: { sqlState: '28000', hint: 'Send an Authorization header.' },
  // --- Delta --------------------------------------------------------------------------------
  DELTA_PATH_DOES_NOT_EXIST: { sqlState: '42K03', hint: 'Check the path.' },
  DELTA_TABLE_NOT_FOUND: {
    sqlState: '42P01',
    hint: 'Check the path: a Delta table has a _delta_log folder.',
  },
  DELTA_TABLE_ALREADY_EXISTS: { sqlState: '42P07', hint: 'Choose another location.' },
  DELTA_UNSUPPORTED_FEATURES_FOR_READ: {
    sqlState: '56038',
    hint: 'Read the table with an engine that supports the feature.',
  },
  DELTA_UNSUPPORTED_FEATURES_FOR_WRITE: {
    sqlState: '56038',
    hint: 'Write the table with an engine that supports the feature.',
  },
  DELTA_INVALID_PROTOCOL_VERSION: {
    sqlState: 'KD004',
    hint: 'Read the table with an engine that supports this protocol version.',
  },
  DELTA_VERSION_NOT_FOUND: { sqlState: '22003', hint: 'DESCRIBE HISTORY lists the versions.' },
  DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION: {
    sqlState: '42816',
    hint: 'DESCRIBE HISTORY lists the versions and their times.',
  },
  DELTA_TIMESTAMP_GREATER_THAN_COMMIT: {
    sqlState: '42816',
    hint: 'Leave out the time travel to read the latest version.',
  },
  DELTA_TIMESTAMP_INVALID: {
    sqlState: '42816',
    hint: "Write the timestamp like '2026-01-31 12:00:00'.",
  },
  DELTA_UNSUPPORTED_TIME_TRAVEL_VIEWS: {
    sqlState: '0AKDC',
    hint: 'Put the time travel on the tables inside the view.',
  },
  DELTA_STATE_RECOVER_ERROR: {
    sqlState: 'XXKDS',
    hint: 'The table log is damaged or incomplete; restore the missing files.',
  },
  DELTA_TXN_LOG_FAILED_INTEGRITY: {
    sqlState: 'XXKDS',
    hint: 'Restore the log from a copy, or remove a checksum that is known to be wrong.',
  },
  DELTA_LOG_CORRUPT: { sqlState: 'XXKDS', hint: 'Restore the named log file from a copy.' },
  DELTA_LOG_FILE_NOT_FOUND: { sqlState: '42K03', hint: 'Restore the named log file from a copy.' },
  DELTA_VERSIONS_NOT_CONTIGUOUS: {
    sqlState: 'KD00C',
    hint: 'Restore the missing log files from a copy.',
  },
  DELTA_FILE_NOT_FOUND: {
    sqlState: '42K03',
    hint: 'The data file is gone: VACUUM, or a deletion outside Delta, removed it.',
  },
  DELTA_FAILED_TO_READ_FILE: {
    sqlState: 'XX001',
    hint: 'The data file is damaged or is not the file the log describes.',
  },
  DELTA_MISSING_CHANGE_DATA: {
    sqlState: 'KD002',
    hint: 'DESCRIBE HISTORY shows since when delta.enableChangeDataFeed is true.',
  },
  DELTA_INVALID_CDC_RANGE: { sqlState: '22003', hint: 'Give the earlier version first.' },
  DELTA_CDC_START_VERSION_AFTER_LATEST: {
    sqlState: '22003',
    hint: 'DESCRIBE HISTORY lists the versions.',
  },
  DELTA_CDC_READ_NULL_RANGE_BOUNDARY: { sqlState: '22004', hint: 'Give a version or a timestamp.' },
  DELTA_UNSUPPORTED_SUBQUERY: {
    sqlState: '0AKDC',
    hint: 'Use MERGE INTO, or the DuckDB dialect, which takes subqueries.',
  },
  DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED: {
    sqlState: '0AKDC',
    hint: 'Put the value into a column of the source first.',
  },
  DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE: {
    sqlState: '21506',
    hint: 'Leave one row of the source for each row of the target, by GROUP BY or a condition.',
  },
  DELTA_CONFLICT_SET_COLUMN: { sqlState: '42701', hint: 'Set each column and field once.' },
  DELTA_DUPLICATE_COLUMNS_ON_INSERT: { sqlState: '42701', hint: 'Insert each column once.' },
  DELTA_MISSING_SET_COLUMN: { sqlState: '42703', hint: 'DESCRIBE lists the columns of a table.' },
  DELTA_UNSUPPORTED_FIELD_UPDATE_NON_STRUCT: {
    sqlState: '0AKDC',
    hint: 'Set the whole column: only fields of structs are set one by one.',
  },
  DELTA_UNSUPPORTED_NESTED_FIELD_IN_OPERATION: {
    sqlState: '0AKDC',
    hint: 'Insert a whole struct.',
  },
  DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED: {
    sqlState: '42808',
    hint: 'Leave the column as it is: the table gives out its values.',
  },
  DELTA_MERGE_UNRESOLVED_EXPRESSION: {
    sqlState: '42601',
    hint: 'Name the columns to set or to insert instead of *.',
  },
  DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_DATA_SCHEMA: {
    sqlState: '0AKDC',
    hint: 'Ask for the changes before and after that version apart.',
  },
  DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE: {
    sqlState: '0AKDC',
    hint: 'Ask for the changes before and after that version apart.',
  },
  DELTA_REMOVE_FILE_CDC_MISSING_EXTENDED_METADATA: {
    sqlState: 'XXKDS',
    hint: 'Ask for the changes before and after that version apart.',
  },
  DELTA_CONCURRENT_WRITE: { sqlState: '2D521', hint: 'Run the statement again.' },
  DELTA_CONCURRENT_APPEND: { sqlState: '2D521', hint: 'Run the statement again.' },
  DELTA_CONCURRENT_DELETE_READ: { sqlState: '2D521', hint: 'Run the statement again.' },
  DELTA_CONCURRENT_DELETE_DELETE: { sqlState: '2D521', hint: 'Run the statement again.' },
  DELTA_CONCURRENT_TRANSACTION: {
    sqlState: '2D521',
    hint: 'Run the statement again, one writer of an application at a time.',
  },
  DELTA_PROTOCOL_CHANGED: { sqlState: '2D521', hint: 'Run the statement again.' },
  DELTA_MAX_COMMIT_RETRIES_EXCEEDED: {
    sqlState: '40000',
    hint: 'Run the statement again when fewer others write to the table.',
  },
  DELTA_CANNOT_MODIFY_APPEND_ONLY: {
    sqlState: '42809',
    hint: 'Set delta.appendOnly to false to change or delete rows.',
  },
  DELTA_DOMAIN_METADATA_NOT_SUPPORTED: {
    sqlState: '0A000',
    hint: 'Add the table feature domainMetadata.',
  },
  DELTA_CLUSTERING_COLUMN_MISSING_STATS: {
    sqlState: '22000',
    hint: 'Let delta.dataSkippingStatsColumns name the clustering columns.',
  },
  DELTA_ROW_ID_ASSIGNMENT_WITHOUT_STATS: {
    sqlState: '22000',
    hint: 'Compute the statistics of the table first.',
  },
  DELTA_ROW_TRACKING_ILLEGAL_PROPERTY_COMBINATION: {
    sqlState: '55000',
    hint: 'Set one of the two properties to false.',
  },
  DELTA_UNSUPPORTED_FEATURES_IN_CONFIG: {
    sqlState: '56038',
    hint: 'docs/sql.md lists the table features.',
  },
  DELTA_METADATA_CHANGED: { sqlState: '2D521', hint: 'Run the statement again.' },
  DELTA_INSERT_COLUMN_ARITY_MISMATCH: {
    sqlState: '42802',
    hint: 'Give a value for every column, or list the columns.',
  },
  INSERT_COLUMN_ARITY_MISMATCH: {
    sqlState: '21S01',
    hint: 'Give as many values as the statement lists columns.',
  },
  DELTA_METADATA_MISMATCH: {
    sqlState: '42KDG',
    hint: 'Make the columns of the query match those of the table, or write WITH SCHEMA EVOLUTION.',
  },
  DELTA_DUPLICATE_COLUMNS_FOUND: {
    sqlState: '42711',
    hint: 'Give every column a name of its own.',
  },
  DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED: {
    sqlState: '42808',
    hint: 'Leave the column out: the table gives its values.',
  },
  DELTA_IDENTITY_COLUMN_INCONSISTENT_METADATA: {
    sqlState: '42000',
    hint: 'Define the identity column anew.',
  },
  DELTA_INVALID_GENERATED_COLUMN_REFERENCES: {
    sqlState: '42621',
    hint: 'Define the generated column anew.',
  },
  DELTA_NON_BOOLEAN_CHECK_CONSTRAINT: {
    sqlState: '42621',
    hint: 'Drop the constraint and add it as a condition.',
  },
  DELTA_UNRECOGNIZED_INVARIANT: {
    sqlState: '56038',
    hint: 'Write the table with an engine that knows the invariant.',
  },
  DELTA_INVALID_PARTITION_COLUMN_TYPE: {
    sqlState: '42996',
    hint: 'Partition by a column of a primitive type.',
  },
  DELTA_NON_PARTITION_COLUMN_SPECIFIED: {
    sqlState: '42P10',
    hint: 'PARTITION names columns that the table is partitioned by.',
  },
  DELTA_CREATE_TABLE_SCHEME_MISMATCH: {
    sqlState: '42KD7',
    hint: 'Leave out the columns, or write those the table has.',
  },
  DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES: {
    sqlState: '42K05',
    hint: 'Use letters, digits and underscores, or give the column an alias.',
  },
  DELTA_MISSING_PART_COLUMN: {
    sqlState: '42KD6',
    hint: 'PARTITIONED BY names columns of the table.',
  },
  NOT_SUPPORTED_CHANGE_COLUMN: {
    sqlState: '0A000',
    hint: 'Change it to a type that holds all values it has.',
  },
  FIELD_ALREADY_EXISTS: { sqlState: '42710', hint: 'Choose another name.' },
  DELTA_OPERATION_NOT_ALLOWED: {
    sqlState: '0AKDC',
    hint: 'docs/sql.md says what ALTER TABLE does.',
  },
  DELTA_ADD_COLUMN_PARENT_NOT_STRUCT: { sqlState: '42KD3', hint: 'Name a struct column.' },
  DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP: {
    sqlState: '0AKDC',
    hint: 'docs/sql.md says what ALTER TABLE does.',
  },
  DELTA_UNSUPPORTED_ALTER_TABLE_REPLACE_COL_OP: {
    sqlState: '0AKDC',
    hint: 'Use ADD, ALTER and DROP COLUMN.',
  },
  DELTA_UNSUPPORTED_RENAME_COLUMN: {
    sqlState: '0AKDC',
    hint: "SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name') first.",
  },
  DELTA_UNSUPPORTED_DROP_COLUMN: {
    sqlState: '0AKDC',
    hint: "SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name') first.",
  },
  DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN: {
    sqlState: '0AKDC',
    hint: 'Make a new table with other partitions.',
  },
  DELTA_UNSUPPORTED_DROP_CLUSTERING_COLUMN: {
    sqlState: '0AKDC',
    hint: 'Use ALTER TABLE ... CLUSTER BY first.',
  },
  DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA: {
    sqlState: '0AKDC',
    hint: 'A table keeps at least one column.',
  },
  DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE: {
    sqlState: '42K09',
    hint: 'Drop the constraints first.',
  },
  DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE: {
    sqlState: '42K09',
    hint: 'Drop the generated columns first.',
  },
  DELTA_CONSTRAINT_DATA_TYPE_MISMATCH: { sqlState: '42K09', hint: 'Drop the constraints first.' },
  DELTA_GENERATED_COLUMNS_DATA_TYPE_MISMATCH: {
    sqlState: '42K09',
    hint: 'Drop the generated columns first.',
  },
  DELTA_IDENTITY_COLUMNS_ALTER_COLUMN_NOT_SUPPORTED: {
    sqlState: '429BQ',
    hint: 'Identity columns stay as they were made.',
  },
  WRONG_COLUMN_DEFAULTS_FOR_DELTA_ALTER_TABLE_ADD_COLUMN_NOT_SUPPORTED: {
    sqlState: '0AKDC',
    hint: 'Add the column first, then use ALTER COLUMN ... SET DEFAULT.',
  },
  WRONG_COLUMN_DEFAULTS_FOR_DELTA_FEATURE_NOT_ENABLED: {
    sqlState: '0AKDE',
    hint: 'Use ALTER TABLE ... ADD FEATURE allowColumnDefaults first.',
  },
  DELTA_CONSTRAINT_ALREADY_EXISTS: { sqlState: '42710', hint: 'Drop the old constraint first.' },
  DELTA_CONSTRAINT_DOES_NOT_EXIST: {
    sqlState: '42704',
    hint: 'Add IF EXISTS, or see SHOW TBLPROPERTIES.',
  },
  DELTA_NEW_CHECK_CONSTRAINT_VIOLATION: {
    sqlState: '23512',
    hint: 'Change or delete the rows that break it first.',
  },
  DELTA_UNKNOWN_CONFIGURATION: {
    sqlState: 'F0000',
    hint: 'Properties of your own must not begin with "delta.".',
  },
  DELTA_INVALID_INTERVAL: {
    sqlState: '22006',
    hint: 'Write an interval such as "interval 30 days".',
  },
  DELTA_ADD_CONSTRAINTS: { sqlState: '0A000', hint: 'Use ALTER TABLE ... ADD CONSTRAINT.' },
  DELTA_CANNOT_DROP_CHECK_CONSTRAINT_FEATURE: {
    sqlState: '0AKDE',
    hint: 'Drop the constraints first.',
  },
  DELTA_CANNOT_MODIFY_TABLE_PROPERTY: {
    sqlState: '42939',
    hint: 'Leave the property out: Levee sets it.',
  },
  DELTA_UNSET_NON_EXISTENT_PROPERTY: {
    sqlState: '42616',
    hint: 'Add IF EXISTS, or see SHOW TBLPROPERTIES.',
  },
  DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE: {
    sqlState: '0AKDC',
    hint: 'Make a new table with CREATE TABLE ... AS SELECT.',
  },
  DELTA_ALTER_TABLE_CLUSTER_BY_ON_PARTITIONED_TABLE_NOT_ALLOWED: {
    sqlState: '42000',
    hint: 'A table is clustered or partitioned.',
  },
  DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS: {
    sqlState: '54000',
    hint: 'Cluster by at most 4 columns.',
  },
  DELTA_CLUSTERING_REPLACE_TABLE_WITH_PARTITIONED_TABLE: {
    sqlState: '42000',
    hint: 'Drop the table and make it anew.',
  },
  DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED: {
    sqlState: '0A000',
    hint: 'Cluster by columns of types that have statistics.',
  },
  DELTA_ALTER_TABLE_SET_CLUSTERING_TABLE_FEATURE_NOT_ALLOWED: {
    sqlState: '42000',
    hint: 'Use CREATE OR REPLACE TABLE ... CLUSTER BY.',
  },
  DELTA_FEATURE_DROP_FEATURE_NOT_PRESENT: {
    sqlState: '55000',
    hint: 'DESCRIBE DETAIL lists the features of a table.',
  },
  DELTA_FEATURE_DROP_NONREMOVABLE_FEATURE: {
    sqlState: '0AKDC',
    hint: 'Make a new table with CREATE TABLE ... AS SELECT.',
  },
  DELTA_FEATURE_DROP_DEPENDENT_FEATURE: {
    sqlState: '55000',
    hint: 'Drop the other features first.',
  },
  DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED: {
    sqlState: '42000',
    hint: 'Leave out TRUNCATE HISTORY.',
  },
  DELTA_CLONE_AMBIGUOUS_TARGET: { sqlState: '42613', hint: 'Leave the LOCATION out.' },
  DELTA_CLONE_UNSUPPORTED_SOURCE: { sqlState: '0AKDC', hint: 'Use CREATE TABLE ... AS SELECT.' },
  DELTA_UNSUPPORTED_CLONE_REPLACE_SAME_TABLE: {
    sqlState: '0AKDC',
    hint: 'Give the clone another name.',
  },
  DELTA_UNSUPPORTED_NON_EMPTY_CLONE: {
    sqlState: '0AKDC',
    hint: 'DELETE FROM the table before, or make a DEEP CLONE.',
  },
  DELTA_FEATURE_DROP_UNSUPPORTED_CLIENT_FEATURE: {
    sqlState: '0AKDC',
    hint: 'Drop it with an engine that knows the feature.',
  },
  DELTA_FEATURE_DROP_WAIT_FOR_RETENTION_PERIOD: {
    sqlState: '22KD0',
    hint: 'Give the statement again later, or leave out TRUNCATE HISTORY.',
  },
  DELTA_FEATURE_DROP_HISTORICAL_VERSIONS_EXIST: {
    sqlState: '22KD0',
    hint: 'Give the statement again later, or leave out TRUNCATE HISTORY.',
  },
  DELTA_FEATURE_DROP_CHECKPOINT_FAILED: { sqlState: '22KD0', hint: 'Try again.' },
  DELTA_FEATURE_DROP_CHECKPOINT_PROTECTION_WAIT_FOR_RETENTION_PERIOD: {
    sqlState: '22KD0',
    hint: 'Give the statement again later.',
  },
  DELTA_FEATURE_DROP_CONFLICT_REVALIDATION_FAIL: { sqlState: '40000', hint: 'Try again.' },
  DELTA_FEATURE_CAN_ONLY_DROP_CHECKPOINT_PROTECTION_WITH_HISTORY_TRUNCATION: {
    sqlState: '55000',
    hint: 'Add TRUNCATE HISTORY.',
  },
  DELTA_INVALID_COLUMN_NAMES_WHEN_REMOVING_COLUMN_MAPPING: {
    sqlState: '42K05',
    hint: 'Rename the column first.',
  },
  DELTA_UNSUPPORTED_FEATURE_STATUS: { sqlState: '0AKDE', hint: 'Write supported.' },
  DELTA_READ_FEATURE_PROTOCOL_REQUIRES_WRITE: {
    sqlState: 'KD004',
    hint: "Set 'delta.minWriterVersion' to 7 as well.",
  },
  DELTA_FEATURES_REQUIRE_MANUAL_ENABLEMENT: {
    sqlState: '42000',
    hint: "ALTER TABLE ... SET TBLPROPERTIES ('delta.feature.<name>' = 'supported') adds a feature.",
  },
  DELTA_CREATE_TABLE_SET_CLUSTERING_TABLE_FEATURE_NOT_ALLOWED: {
    sqlState: '42000',
    hint: 'Write CLUSTER BY instead.',
  },
  DELTA_CANNOT_REPLACE_MISSING_TABLE: { sqlState: '42P01', hint: 'Use CREATE OR REPLACE TABLE.' },
  DELTA_TABLE_LOCATION_MISMATCH: {
    sqlState: '42613',
    hint: 'Leave out LOCATION, or give that of the table.',
  },
  DELTA_VACUUM_RETENTION_PERIOD_NEGATIVE: {
    sqlState: '22003',
    hint: 'Give a retention of 0 hours or more.',
  },
  DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT: {
    sqlState: '22003',
    hint: 'Give a retention at least as long as the table’s.',
  },
  DELTA_CANNOT_RESTORE_TABLE_VERSION: {
    sqlState: '22003',
    hint: 'DESCRIBE HISTORY lists the versions.',
  },
  DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER: {
    sqlState: '22003',
    hint: 'Restore a later time.',
  },
  DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER: {
    sqlState: '22003',
    hint: 'Restore an earlier time.',
  },
  DELTA_NON_PARTITION_COLUMN_REFERENCE: {
    sqlState: '42P10',
    hint: 'Compare columns that the table is partitioned by with constants.',
  },
  DELTA_ZORDERING_ON_PARTITION_COLUMN: {
    sqlState: '42P10',
    hint: 'Order by columns that the table is not partitioned by.',
  },
  DELTA_ZORDERING_COLUMN_DOES_NOT_EXIST: {
    sqlState: '42703',
    hint: 'DESCRIBE lists the columns of a table.',
  },
  DELTA_ZORDERING_ON_COLUMN_WITHOUT_STATS: {
    sqlState: 'KD00D',
    hint: 'Order by columns that have statistics: see delta.dataSkippingNumIndexedCols.',
  },
  DELTA_CLUSTERING_WITH_PARTITION_PREDICATE: {
    sqlState: '0A000',
    hint: 'Leave out WHERE.',
  },
  DELTA_CLUSTERING_WITH_ZORDER_BY: { sqlState: '42613', hint: 'Leave out ZORDER BY.' },
  DELTA_OPTIMIZE_FULL_NOT_SUPPORTED: {
    sqlState: '42601',
    hint: 'Leave out FULL: the table is not clustered.',
  },
  DELTA_CONVERT_NON_PARQUET_TABLE: {
    sqlState: '0AKDC',
    hint: 'Name a folder of Parquet files: parquet.`/path`.',
  },
  DELTA_CANNOT_VACUUM_LITE: { sqlState: '55000', hint: 'Run VACUUM without LITE.' },
  DELTA_STORE_UNSUITABLE: {
    sqlState: '0A000',
    hint: 'Put the table on a file system with hard links.',
  },
  // --- running ------------------------------------------------------------------------------
  QUERY_CANCELED: { sqlState: '57014', hint: 'The query was cancelled before it ended.' },
  QUERY_TIMEOUT: { sqlState: '57014', hint: 'Raise "timeout", or read less.' },
  QUERY_NOT_FOUND: { sqlState: '42704', hint: 'GET /v1/queries lists the queries.' },
  QUERY_ID_IN_USE: { sqlState: '42710', hint: 'Give every running query an id of its own.' },
  SESSION_NOT_FOUND: { sqlState: '08003', hint: 'Open a session with POST /v1/sessions.' },
  TOO_MANY_SESSIONS: { sqlState: '53300', hint: 'Close sessions that are no longer used.' },
  SERVER_BUSY: { sqlState: '53300', hint: 'Try again after the time in Retry-After.' },
  SERVER_SHUTTING_DOWN: { sqlState: '57P01', hint: 'Connect again once the server is back.' },
  RESULT_TOO_LARGE: { sqlState: '54000', hint: 'Read less, or raise the limit resultRowsMax.' },
  ACTIVE_SQL_TRANSACTION: { sqlState: '25001', hint: 'COMMIT or ROLLBACK first.' },
  NO_ACTIVE_SQL_TRANSACTION: { sqlState: '25P01', hint: 'BEGIN starts a transaction.' },
  IN_FAILED_SQL_TRANSACTION: { sqlState: '25P02', hint: 'End it with ROLLBACK.' },
  IDLE_IN_TRANSACTION_SESSION_TIMEOUT: {
    sqlState: '25P03',
    hint: 'End it with ROLLBACK, or raise the limit transactionIdleMsMax.',
  },
  READ_ONLY_SQL_TRANSACTION: {
    sqlState: '25006',
    hint: 'Send statements that change something with POST.',
  },
  OUT_OF_MEMORY: { sqlState: '53200', hint: 'Read less at a time, or raise the memory limit.' },
  DISK_FULL: { sqlState: '53100', hint: 'Free space on the disk, then try again.' },
  IO_ERROR: { sqlState: '58030', hint: 'Check the disk and its permissions.' },
  BUCKET_NOT_FOUND: {
    sqlState: '42K03',
    hint: 'Check the name of the bucket, and the endpoint and region it is looked for at.',
  },
  STORE_ACCESS_DENIED: {
    sqlState: '42501',
    hint: 'Give the server’s credentials the right to list, read, write and delete there.',
  },
  STORE_CREDENTIALS_INVALID: {
    sqlState: '58030',
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or s3Anonymous, for the server.',
  },
  STORE_UNREACHABLE: {
    sqlState: '08001',
    hint: 'Check endpoint, region and network; then try again.',
  },
  STORE_TIMEOUT: { sqlState: '08006', hint: 'Check the network to the store; then try again.' },
  FETCH_CACHE_FULL: {
    sqlState: '53100',
    hint: 'Raise fetchCacheBytesMax, or read less at a time.',
  },
  CATALOG_CORRUPT: { sqlState: 'XX001', hint: 'Restore the named catalog file from a copy.' },
  // --- HTTP ---------------------------------------------------------------------------------
  INVALID_REQUEST: { sqlState: '22023', hint: '/docs describes the request.' },
  ROUTE_NOT_FOUND: { sqlState: '42704', hint: '/docs lists the routes.' },
  NOT_ACCEPTABLE: {
    sqlState: '22023',
    hint: 'Ask for one of the media types in docs/http-api.md.',
  },
  UNSUPPORTED_MEDIA_TYPE: { sqlState: '22023', hint: 'Send application/json or application/sql.' },
  REQUEST_TOO_LARGE: { sqlState: '54000', hint: 'Send less in one request.' },
  REQUEST_HEADERS_TOO_LARGE: { sqlState: '54000', hint: 'Send long statements with POST.' },
  METHOD_NOT_ALLOWED: { sqlState: '22023', hint: 'Use one of the methods in the Allow header.' },
  REQUEST_TIMEOUT: { sqlState: '08006', hint: 'Send the whole request without pauses.' },
  HOST_NOT_ALLOWED: {
    sqlState: '42501',
    hint: 'Start the server with --allow-host for that name.',
  },
  // --- command line -------------------------------------------------------------------------
  INVALID_CONFIGURATION: { sqlState: 'F0000', hint: 'levee serve --help lists the settings.' },
  COMMAND_NOT_AVAILABLE: { sqlState: '0A000', hint: 'levee --help lists the commands.' },
  // --- ours ---------------------------------------------------------------------------------
  INTERNAL_ERROR: {
    sqlState: 'XX000',
    hint: 'This is a defect of Levee. Report it with the query id.',
  },
});

export type ErrorCode = keyof typeof errorCodes;
