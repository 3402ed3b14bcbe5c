"""What is shipped: the wheel holds everything that the package reads, and works without the repository."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from this tree with the tools that are installed; nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", folder, ROOT], check=True, capture_output=True, text=True)
    (built,) = folder.glob("xdvn-*.whl")
    return built


def test_holds_code_data_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {"xdvn/py.typed", "xdvn/data_registry.txt", "xdvn/plot/land_50m.npz"} <= set(names)
    sources = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src" / "xdvn").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == sources
    assert all(name.startswith(("xdvn/", "xdvn-")) for name in names)
    assert wheel.stat().st_size < 1_000_000


def test_works_away_from_the_repository(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import xdvn, xdvn.datasets, xdvn.plot.land as land\n"
        "print(xdvn.__file__, len(xdvn.datasets.list_files()), land.land_within(0, 10, 44, 48).area > 10, sep='|')"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site"), "XDVN_DATA_DIR": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    file, files, land = done.stdout.strip().split("|")
    assert Path(file).is_relative_to(tmp_path)
    assert int(files) > 0
    assert land == "True"


def test_says_its_version_and_licence(wheel):
    import xdvn

    archive = zipfile.ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    text = archive.read(metadata).decode()
    assert f"\nVersion: {xdvn.__version__}\n" in text
    assert "\nLicense-Expression: MIT\n" in text
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
