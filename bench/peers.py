"""One peer in a process of its own: JSON lines in, JSON lines out (see bench/contestants.ts).

    python bench/peers.py duckdb-files|duckdb-delta|delta-rs|polars THREADS

{"op": "open", "name": "t", "path": "/x"} registers a table, again if it is known, with a new snapshot;
{"op": "ask", "sql": "..."} runs a query. Both answer {"ms", "cpuMs", "rows", "value"} or {"error"}; "cpuMs" is the
processor time of all threads.
`duckdb-files` is DuckDB over the list of files of the snapshot, which delta-rs tells it outside of the time.
"""

import json
import os
import sys
import time

name, threads = sys.argv[1], int(sys.argv[2])
os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
os.environ.setdefault("TOKIO_WORKER_THREADS", str(threads))


def first_row(table):
    values = [table.column(i)[0].as_py() for i in range(table.num_columns)] if table.num_rows else []
    return table.num_rows, str(values)[:200]


class DuckdbFiles:
    def __init__(self):
        import duckdb

        self.connection = duckdb.connect(config={"threads": threads})

    def open(self, table, path):
        from deltalake import DeltaTable

        files = [uri.replace("file://", "") for uri in DeltaTable(path).file_uris()]
        self.connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM read_parquet({files!r})")

    def ask(self, sql):
        return first_row(self.connection.execute(sql).to_arrow_table())


class DuckdbDelta(DuckdbFiles):
    def __init__(self):
        super().__init__()
        from duckdb_extensions import import_extension

        import_extension("delta", con=self.connection)
        self.connection.execute("LOAD delta")

    def open(self, table, path):
        self.connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM delta_scan('{path}')")


class DeltaRs:
    def __init__(self):
        self.tables = {}

    def open(self, table, path):
        from deltalake import DeltaTable, QueryBuilder

        self.tables[table] = DeltaTable(path)
        self.builder = QueryBuilder()
        for known, snapshot in self.tables.items():
            self.builder.register(known, snapshot)

    def ask(self, sql):
        import pyarrow

        result = self.builder.execute(sql)
        return first_row(pyarrow.table(result.read_all() if hasattr(result, "read_all") else result))


class Polars:
    def __init__(self):
        import polars

        self.polars = polars
        self.context = polars.SQLContext()

    def open(self, table, path):
        self.context.register(table, self.polars.scan_delta(path))

    def ask(self, sql):
        frame = self.context.execute(sql, eager=False).collect()
        return frame.height, str(list(frame.row(0)))[:200] if frame.height else "[]"


peers = {"duckdb-files": DuckdbFiles, "duckdb-delta": DuckdbDelta, "delta-rs": DeltaRs, "polars": Polars}
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # what libraries print goes to standard error
peer = peers[name]()
answers.write(json.dumps({"ready": name}) + "\n")
for line in sys.stdin:
    request = json.loads(line)
    start, cpu = time.perf_counter(), time.process_time()
    try:
        if request["op"] == "open":
            peer.open(request["name"], request["path"])
            answer = {}
        else:
            rows, value = peer.ask(request["sql"])
            answer = {"rows": rows, "value": value}
        answer["ms"] = (time.perf_counter() - start) * 1000
        answer["cpuMs"] = (time.process_time() - cpu) * 1000
    except BaseException as failure:
        answer = {"error": f"{type(failure).__name__}: {failure}"[:300]}
    answers.write(json.dumps(answer) + "\n")
