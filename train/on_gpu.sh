#!/bin/sh
# Everything to do with an NVIDIA GPU that is at hand for a short time: trains both models from a pack, and measures the card.
#
#     train/on_gpu.sh PACK OUT [TEACHER]
#
# PACK: of `edge-train pack`. OUT: folder for the checkpoints and logs; run it again to resume after a stop.
# TEACHER: face-recognition ONNX model; without it only the model for shops (`open`, from bands/ alone) is trained.
#
# PASSES: over the photos, for each model; default 30. BATCH: photos a step; default 512.
# The errors on all validation photos, by source, are in OUT/*/log.jsonl. `edge-train evaluate OUT/open/last.safetensors DATA`
# measures on test photos, and `edge-export bundle` makes a bundle: both need the photos themselves.
set -eu
pack=${1:?PACK is missing: train/on_gpu.sh PACK OUT [TEACHER]}
out=${2:?OUT is missing: train/on_gpu.sh PACK OUT [TEACHER]}
teacher=${3:-}
python=${PYTHON:-.venv/bin/python}
passes=${PASSES:-30} batch=${BATCH:-512}

"$python" -m train fit "$pack" --out "$out/open" --sources bands --recipe open --batch-size "$batch" --epochs "$passes"
if [ -n "$teacher" ]; then
  "$python" -m train fit "$pack" --out "$out/research" --teacher "$teacher" --recipe carry --batch-size "$batch" \
    --epochs "$passes"
fi
PYTHON=$python tests/gpu/run.sh
