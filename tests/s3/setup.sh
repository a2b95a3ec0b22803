#!/usr/bin/env bash
# The S3-compatible server that the tests of object stores talk to, built by Go from its module proxy
# into .interop/bin. Needs Go 1.26; some minutes when Go's caches are empty.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v go >/dev/null || { echo "tests/s3/setup.sh needs go" >&2; exit 3; }
GOBIN="$PWD/.interop/bin" go install github.com/versity/versitygw/cmd/versitygw@v1.8.0
