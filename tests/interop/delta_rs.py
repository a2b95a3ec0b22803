"""delta-rs: reads and writes tables for the tests of `delta-rs.slow.test.ts`."""
import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake

from canonical import canonical_rows
from serve import serve


def read(path, version=None):
    """All rows, through its query engine, which knows deletion vectors and column mapping."""
    table = DeltaTable(path, version=version)
    result = QueryBuilder().register("t", table).execute("SELECT * FROM t")
    data = pa.table(result.read_all())
    return {"version": table.version(), "columns": data.column_names, "rows": canonical_rows(data)}


def sql(path, query):
    result = QueryBuilder().register("t", DeltaTable(path)).execute(query)
    return {"rows": canonical_rows(pa.table(result.read_all()))}


def write(path, query, mode="append", partition_by=None, configuration=None, schema_mode=None):
    """The rows of a DataFusion query, `t` being the table if there is one."""
    builder = QueryBuilder()
    if DeltaTable.is_deltatable(path):
        builder = builder.register("t", DeltaTable(path))
    data = pa.table(builder.execute(query).read_all())
    write_deltalake(
        path,
        data,
        mode=mode,
        partition_by=partition_by,
        configuration=configuration,
        schema_mode=schema_mode,
    )
    return {"version": DeltaTable(path).version()}


def delete(path, predicate=None):
    return DeltaTable(path).delete(predicate)


def update(path, updates, predicate=None):
    return DeltaTable(path).update(updates=updates, predicate=predicate)


def merge(path, query, predicate):
    """Updates all columns of rows that match, inserts the others."""
    source = pa.table(QueryBuilder().execute(query).read_all())
    return (
        DeltaTable(path)
        .merge(source, predicate, source_alias="s", target_alias="t")
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )


def optimize(path, z_order=None):
    table = DeltaTable(path)
    return table.optimize.z_order(z_order) if z_order else table.optimize.compact()


def vacuum(path, retention_hours=0):
    return DeltaTable(path).vacuum(
        retention_hours=retention_hours, enforce_retention_duration=False, dry_run=False
    )


def checkpoint(path):
    DeltaTable(path).create_checkpoint()
    return {}


def restore(path, version):
    return DeltaTable(path).restore(version)


def history(path):
    return [entry["operation"] for entry in DeltaTable(path).history()]


serve({f.__name__: f for f in (read, sql, write, delete, update, merge, optimize, vacuum, checkpoint, restore, history)})
