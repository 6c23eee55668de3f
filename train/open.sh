#!/bin/sh
# Makes `open`, the model that a shop may use: from the photos of bands/ alone (FairFace, CC BY 4.0), without a teacher.
#
#     train/open.sh DATA OUT
#
# DATA: folder of sources as for `edge-train fit`. It trains on `bands`; photos of all sources set its limits and measure it.
# OUT: folder for all that is made; run it again to resume after a stop. The model is OUT/open, its report card OUT/card.
#
# PASSES: over the photos; default 30. BATCH: photos a step; default 64.
set -eu
data=${1:?DATA is missing: train/open.sh DATA OUT}
out=${2:?OUT is missing: train/open.sh DATA OUT}
python=${PYTHON:-.venv/bin/python}
passes=${PASSES:-30} batch=${BATCH:-64}

mkdir -p "$out"
[ -f "$out/photos.pack" ] || "$python" -m train pack "$data" --out "$out/photos.pack"
"$python" -m train fit "$out/photos.pack" --out "$out/run" --sources bands --recipe open --batch-size "$batch" \
  --epochs "$passes" --validation-steps 15
"$python" -m export bundle "$out/run/last.safetensors" --data "$data" --out "$out/open" --name open
"$python" -m train evaluate "$out/open" "$data" --out "$out/card"
