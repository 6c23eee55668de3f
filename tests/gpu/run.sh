#!/bin/sh
# Everything that needs an NVIDIA GPU: a table of the age model's speed and accuracy on it, one of the speed of training,
# then the tests.
#
#     tests/gpu/run.sh [BUNDLE]
#
# Exit code 0: success; 1: failure; 2: no GPU, or no TensorRT for it; an error line says which.
set -eu
cd "$(dirname "$0")/../.."
bundle=${1:-edge/models/age}
python=${PYTHON:-.venv/bin/python}
"$python" -m tests.gpu.table "$bundle"
"$python" -m tests.gpu.training
exec "$python" -m pytest -q tests/gpu --bundle "$bundle"
