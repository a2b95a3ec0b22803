"""DuckDB with its delta extension, which reads through the delta kernel; see `checkpoints.slow.test.ts`."""
import duckdb
import duckdb_extensions

from serve import serve

connection = duckdb.connect()
duckdb_extensions.import_extension("delta", con=connection)
connection.execute("SET TimeZone = 'UTC'")


def sql(path, query):
    """The rows of a query over the table `t`, values as text."""
    scan = "(SELECT * FROM delta_scan('" + path.replace("'", "''") + "'))"
    rows = connection.sql(f"WITH t AS {scan} {query}").fetchall()
    return [[None if value is None else str(value) for value in row] for row in rows]


serve({"sql": sql})
