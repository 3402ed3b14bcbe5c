"""Every tutorial runs at its small size, as a script: ``make tutorials``. ``make docs`` runs them as notebooks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "tutorials").glob("*.py"))
NEEDS = {"mediterranean": "ssh/dt_med_allsat_phy_l4_2005T2.nc"}


@pytest.mark.tutorial
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_tutorial(script, tmp_path, request):
    if script.stem in NEEDS:
        request.getfixturevalue("real")(NEEDS[script.stem])
    # Most of the time is compilation, and the results are not used here.
    small = {"XDVN_TUTORIAL": "small", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    path = {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))}
    finished = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=os.environ | small | path,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]


def test_every_tutorial_has_a_size_and_a_page():
    page = (ROOT / "docs" / "tutorials.md").read_text("utf-8")
    for script in SCRIPTS:
        assert 'os.environ.get("XDVN_TUTORIAL"' in script.read_text("utf-8"), script.name
        assert f"tutorials/{script.stem}\n" in page, f"add {script.stem} to docs/tutorials.md"
