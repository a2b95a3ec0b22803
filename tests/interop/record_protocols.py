"""Writes the fixture `tests/sql/write/spark-protocols.json`: what real Spark with Delta makes of a table's
protocol, statement by statement. The statements are in `protocol-cases.json` beside this file.

    .interop/spark/bin/python tests/interop/record_protocols.py .interop/jars

`setup.sh spark` installs what it needs. Each case gets a table {t} of its own. After each statement is kept:
its error class and SQLSTATE, if it was refused, and the newest protocol, properties and operations of the
log as they then are. Values that differ from run to run (times, physical names) are left out.
"""
import glob
import json
import os
import re
import sys
import tempfile

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

here = os.path.dirname(os.path.abspath(__file__))
fixture = os.path.join(here, "..", "sql", "write", "spark-protocols.json")
jars, *wanted = sys.argv[1:]
warehouse = tempfile.mkdtemp()
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", ",".join(sorted(glob.glob(os.path.join(jars, "*.jar")))))
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.sql.warehouse.dir", warehouse)
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.databricks.delta.snapshotPartitions", "1")
    .config("spark.driver.memory", "1500m")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")


def log_of(table):
    """The newest protocol and properties in the log, and its operations, oldest first."""
    protocol, properties, operations = None, None, []
    for name in sorted(glob.glob(os.path.join(warehouse, table, "_delta_log", "0*.json"))):
        if len(os.path.basename(name)) != 25:
            continue
        for line in open(name):
            action = json.loads(line)
            protocol = action.get("protocol", protocol)
            properties = action.get("metaData", {}).get("configuration", properties)
            if "commitInfo" in action:
                operations.append(action["commitInfo"]["operation"])
    for part in ("readerFeatures", "writerFeatures"):
        if protocol is not None and part in protocol:
            protocol[part] = sorted(protocol[part])
    varying = "delta.inCommitTimestampEnablementTimestamp", "delta.rowTracking.materialized"
    kept = {k: v for k, v in (properties or {}).items() if not k.startswith(varying)}
    return {"protocol": protocol, "properties": dict(sorted(kept.items())), "operations": operations}


def error_class(error):
    """What the error calls itself; errors of the JVM that PySpark does not know say so in their text."""
    known = error.getCondition() if isinstance(error, PySparkException) else None
    named = re.search(r"\[([A-Z][A-Z0-9_.]+)\]", str(error))
    return known or (named and named.group(1))


def run(number, statements):
    table = f"t{number}"
    steps = []
    for sql in statements:
        step = {"sql": sql}
        try:
            spark.sql(sql.replace("{t}", table)).collect()
        except Exception as error:
            step["error"] = error_class(error)
        step.update(log_of(table))
        steps.append(step)
    spark.sql(f"DROP TABLE IF EXISTS {table}")
    return steps


cases = json.load(open(os.path.join(here, "protocol-cases.json")))
recorded = {}
if wanted and os.path.exists(fixture):
    recorded = json.load(open(fixture))["cases"]
for number, (name, statements) in enumerate(cases.items()):
    if wanted and name in recorded and not any(word in name for word in wanted):
        continue
    print(name, file=sys.stderr)
    recorded[name] = run(number, statements)
about = f"Made by tests/interop/record_protocols.py with Spark {spark.version} and Delta 4.0.1."
with open(fixture, "w") as out:
    out.write('{\n"about": ' + json.dumps(about) + ',\n"cases": {\n')
    out.write(",\n".join(
        json.dumps(name) + ": [\n  " + ",\n  ".join(json.dumps(step) for step in recorded[name]) + "\n]"
        for name in cases
    ))
    out.write("\n}\n}\n")
spark.stop()
