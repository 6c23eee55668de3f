#!/bin/sh
# All that needs an NVIDIA GPU: one table of how fast and how exact the age model is on it, then the tests.
#
#     tests/gpu/run.sh [BUNDLE]
#
# Exit code 0: all is well; 1: something is not; 2: there is no GPU here, or no TensorRT for it, and a line says which.
set -eu
cd "$(dirname "$0")/../.."
bundle=${1:-edge/models/age}
python=${PYTHON:-.venv/bin/python}
"$python" -m tests.gpu.table "$bundle"
exec "$python" -m pytest -q tests/gpu --bundle "$bundle"
