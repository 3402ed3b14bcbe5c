"""What every test needs: no window, no accelerator, and no file outside a folder of its own."""

import os
import tempfile

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
_FOLDER = tempfile.TemporaryDirectory(prefix="xdvn-tests-")
for _name in ("XDVN_CACHE_DIR", "XDVN_DATA_DIR"):
    os.environ.setdefault(_name, os.path.join(_FOLDER.name, _name))


def pytest_unconfigure() -> None:
    _FOLDER.cleanup()
