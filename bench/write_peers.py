"""One peer that writes, in a process of its own: JSON lines in, JSON lines out (see bench/writes.ts).

    python bench/write_peers.py duckdb|delta-rs|spark THREADS [JARS]

Every operation answers {"ms", "cpuMs", "conflicts"} or {"error"}: the time of the write alone, without reading its
source where that is kept in memory; "cpuMs" is the processor time of all threads of the process, which Spark's are
not. `duckdb` writes Parquet files and no log: it is the limit, not a peer.
"""

import glob
import json
import os
import shutil
import sys
import threading
import time

name, threads = sys.argv[1], int(sys.argv[2])
jars = sys.argv[3] if len(sys.argv) > 3 else None
os.environ.setdefault("TOKIO_WORKER_THREADS", str(threads))

keys = "t.l_orderkey = s.l_orderkey AND t.l_linenumber = s.l_linenumber"
small_rows = 100
attempts_max = 50


def timed(write):
    start, cpu = time.perf_counter(), time.process_time()
    conflicts = write() or 0
    return {
        "ms": (time.perf_counter() - start) * 1000,
        "cpuMs": (time.process_time() - cpu) * 1000,
        "conflicts": conflicts,
    }


def in_threads(clients, write):
    """The sum of what `write(client)` gives, each in a thread of its own; fails with the first failure."""
    counts, failures = [], []

    def run(client):
        try:
            counts.append(write(client))
        except BaseException as failure:
            failures.append(failure)

    running = [threading.Thread(target=run, args=(client,)) for client in range(clients)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if failures:
        raise failures[0]
    return sum(counts)


def insisting(write):
    """Tries again what met a conflict, as a client must, and tells how often it did."""
    for attempt in range(attempts_max):
        try:
            write()
            return attempt
        except Exception as failure:
            text = f"{type(failure).__name__} {failure}".lower()
            if not any(word in text for word in ["conflict", "concurrent", "failed to commit transaction"]):
                raise
    raise RuntimeError(f"given up after {attempts_max} conflicts")


class Duckdb:
    def __init__(self):
        import duckdb

        self.connection = duckdb.connect(config={"threads": threads})
        # Files need no order of their rows, neither here nor in the tables.
        self.connection.execute("SET preserve_insertion_order = false")

    def copy(self, rows, table):
        into = os.path.join(table, "limit")
        shutil.rmtree(into, ignore_errors=True)
        os.makedirs(into)
        return timed(lambda: self.connection.execute(f"COPY ({rows}) TO '{into}/rows.parquet' (FORMAT parquet)") and 0)

    def files(self, table):
        return f"read_parquet('{table}/*.parquet')"

    def append(self, table, source):
        return self.copy(f"SELECT * FROM {self.files(source)}", table)

    def merge(self, table, source):
        rows = f"""SELECT * FROM {self.files(table)} t ANTI JOIN {self.files(source)} s ON {keys}
            UNION ALL SELECT * FROM {self.files(source)}"""
        return self.copy(rows, table)

    def delete(self, table, condition):
        return self.copy(f"SELECT * FROM {self.files(table)} WHERE NOT ({condition})", table)


class DeltaRs:
    def rows(self, source):
        import pyarrow.parquet

        files = [os.path.join(source, file) for file in os.listdir(source) if file.endswith(".parquet")]
        return pyarrow.concat_tables([pyarrow.parquet.ParquetFile(file).read() for file in files])

    def append(self, table, source):
        from deltalake import write_deltalake

        rows = self.rows(source)
        return timed(lambda: write_deltalake(table, rows, mode="append"))

    def merge(self, table, source):
        from deltalake import DeltaTable

        rows = self.rows(source)

        def write():
            merge = DeltaTable(table).merge(rows, keys, source_alias="s", target_alias="t")
            merge.when_matched_update_all().when_not_matched_insert_all().execute()

        return timed(write)

    def delete(self, table, condition):
        from deltalake import DeltaTable

        return timed(lambda: DeltaTable(table).delete(condition) and 0)

    def commits(self, table, clients, commits, writer=0):
        import pyarrow
        from deltalake import DeltaTable, write_deltalake

        def write(client):
            known = DeltaTable(table)
            conflicts = 0
            for commit in range(commits):
                rows = pyarrow.table(
                    {
                        "writer": pyarrow.array([writer + client] * small_rows, pyarrow.int32()),
                        "commit": pyarrow.array([commit] * small_rows, pyarrow.int32()),
                        "v": pyarrow.array([float(v) for v in range(small_rows)], pyarrow.float64()),
                    }
                )
                conflicts += insisting(lambda: write_deltalake(known, rows, mode="append"))
            return conflicts

        return timed(lambda: in_threads(clients, write))


class Spark:
    def __init__(self):
        from pyspark.sql import SparkSession

        self.spark = (
            SparkSession.builder.master(f"local[{threads}]")
            .config("spark.jars", ",".join(sorted(glob.glob(os.path.join(jars, "*.jar")))))
            .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
            .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
            .config("spark.sql.shuffle.partitions", str(2 * threads))
            .config("spark.default.parallelism", str(threads))
            .config("spark.databricks.delta.snapshotPartitions", "2")
            .config("spark.driver.memory", "4g")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .getOrCreate()
        )
        self.spark.sparkContext.setLogLevel("ERROR")

    def run(self, sql):
        return timed(lambda: self.spark.sql(sql).collect() and 0)

    def append(self, table, source):
        return self.run(f"INSERT INTO delta.`{table}` SELECT * FROM delta.`{source}`")

    def merge(self, table, source):
        return self.run(
            f"""MERGE INTO delta.`{table}` t USING delta.`{source}` s ON {keys}
            WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"""
        )

    def delete(self, table, condition):
        return self.run(f"DELETE FROM delta.`{table}` WHERE {condition}")

    def commits(self, table, clients, commits, writer=0):
        def write(client):
            conflicts = 0
            for commit in range(commits):
                rows = f"SELECT CAST({writer + client} AS INT), CAST({commit} AS INT), CAST(id AS DOUBLE) FROM range(0, {small_rows}, 1, 1)"
                conflicts += insisting(lambda: self.spark.sql(f"INSERT INTO delta.`{table}` {rows}").collect())
            return conflicts

        return timed(lambda: in_threads(clients, write))


peers = {"duckdb": Duckdb, "delta-rs": DeltaRs, "spark": Spark}
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # what libraries print goes to standard error
peer = peers[name]()
answers.write(json.dumps({"ready": name}) + "\n")
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = getattr(peer, request.pop("op"))(**request)
    except BaseException as failure:
        answer = {"error": f"{type(failure).__name__}: {failure}"[:300]}
    answers.write(json.dumps(answer) + "\n")
