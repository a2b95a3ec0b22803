#!/usr/bin/env bash
# The other engines that the interop tests talk to, from PyPI and Maven Central, into .interop/.
#   tests/interop/setup.sh delta-rs|spark...      needs python3 (3.10 or newer); spark: Java 17 and Maven
set -euo pipefail
cd "$(dirname "$0")/../.."

python() { # name packages...
  local folder=".interop/$1"
  shift
  [ -x "$folder/bin/python" ] || python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
}

for engine in "${@:-delta-rs}"; do
  case "$engine" in
    delta-rs) python delta-rs deltalake==1.6.6 pyarrow==26.0.1 ;;
    spark)
      python spark pyspark==4.0.1 delta-spark==4.0.1 pyarrow==26.0.1 'pandas<3'
      for artifact in delta-spark_2.13 delta-storage; do
        mvn -q -B dependency:copy -Dartifact="io.delta:$artifact:4.0.1" \
          -DoutputDirectory="$PWD/.interop/jars"
      done
      ;;
    *) echo "unknown engine: $engine" >&2 && exit 2 ;;
  esac
done
