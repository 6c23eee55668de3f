"""`python -m edge.language`: brings the catalogues up to date with the texts in the code.

New texts come in without a translation, which a person writes; texts that the code no longer has go. With `--check`
nothing is written: it prints what is wrong with the catalogues and exits with 1.
"""

from __future__ import annotations

import sys

from edge.language.catalogue import FOLDER
from edge.language.texts import check, update

if sys.argv[1:] == ["--check"]:
    problems = [problem for file in sorted(FOLDER.glob("*.po")) for problem in check(file)]
    sys.exit("\n".join(problems) or 0)
for catalogue in sorted(FOLDER.glob("*.po")):
    update(catalogue)
