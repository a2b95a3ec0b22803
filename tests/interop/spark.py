"""Spark with Delta: runs SQL for the tests of `spark.nightly.test.ts`."""
import glob
import os
import sys

from pyspark.sql import SparkSession

from canonical import canonical_rows
from serve import serve

jars, warehouse = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", ",".join(sorted(glob.glob(os.path.join(jars, "*.jar")))))
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.sql.warehouse.dir", warehouse)
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.databricks.delta.snapshotPartitions", "2")
    .config("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    .config("spark.driver.memory", "1500m")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")


def sql(query):
    result = spark.sql(query)
    if not result.columns:
        return {"columns": [], "rows": []}
    data = result.toArrow()
    return {"columns": data.column_names, "rows": canonical_rows(data)}


def run(query):
    """A statement whose result does not matter."""
    spark.sql(query).collect()
    return {}


def read(path, version=None):
    travel = "" if version is None else f" VERSION AS OF {version}"
    spark.catalog.clearCache()
    return sql(f"SELECT * FROM delta.`{path}`{travel}")


serve({"sql": sql, "run": run, "read": read})
