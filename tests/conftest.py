"""What every test needs: no window, no accelerator, and no file outside a folder of its own."""

import gc
import importlib.metadata
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xarray as xr

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Most of a test's time goes to the compiler: programs that run a few times need little optimisation.
_FLAGS = "--xla_backend_optimization_level=0"
_FOLDER = tempfile.TemporaryDirectory(prefix="xdvn-tests-")
if importlib.metadata.version("jaxlib").startswith("0.10."):  # another one may not know the flag, and would not start
    _FLAGS += " --xla_cpu_use_fusion_emitters=false"
    # Many files compile the same programs; all processes of a run share them, and no run sees those of another.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", os.path.join(_FOLDER.name, "compiled"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "0")
os.environ.setdefault("XLA_FLAGS", _FLAGS)
os.environ.setdefault("XDVN_COMPILATION_CACHE", "off")
for _name in ("XDVN_CACHE_DIR", "XDVN_DATA_DIR"):
    os.environ.setdefault(_name, os.path.join(_FOLDER.name, _name))


import jax  # noqa: E402  (after the platform has been chosen)

if not hasattr(jax, "enable_x64"):  # JAX of 2024 keeps it elsewhere
    from jax import experimental

    jax.enable_x64 = experimental.enable_x64

from xdvn import Training  # noqa: E402
from xdvn.api import fit  # noqa: E402
from xdvn.model import Model  # noqa: E402
from xdvn.osse import Twin  # noqa: E402

# Python's collector of cycles would walk through everything imported again and again while JAX traces.
gc.freeze()
gc.set_threshold(50_000, 20, 100)


def pytest_unconfigure() -> None:
    _FOLDER.cleanup()


@pytest.fixture
def quick_compile() -> Iterator[None]:
    """Spare the compiler's optimisations where a test compiles much and computes little: about half the time."""
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", before)


@pytest.fixture(scope="module", autouse=True)
def forget_what_was_compiled():
    """Free each file's programs: thousands of them in one process exhaust the memory maps that a kernel grants."""
    yield
    jax.clear_caches()


@pytest.fixture
def real() -> Callable[[str], Path]:
    """Path of a real file in the folder XDVN_DATA_DIR; the test is skipped where it is absent."""

    def path_of(name: str) -> Path:
        path = Path(os.environ["XDVN_DATA_DIR"]) / name
        if not path.is_file():
            pytest.skip(f"the real file {name} is not in XDVN_DATA_DIR; docs/data.md says where it comes from")
        return path

    return path_of


@pytest.fixture(scope="session")
def small_twin() -> xr.Dataset:
    """Forty days of a small sea and its tracks."""
    return Twin.small(days=40).make()


@pytest.fixture(scope="session")
def small_model(small_twin: xr.Dataset) -> Model:
    """Trained for a moment on the western part of the small sea."""
    west = small_twin.isel(lon=slice(0, 12))
    return fit(
        west,
        "ssh_obs",
        truth="ssh",
        validation=0,
        progress=False,
        windows={"time": 5, "lat": 8, "lon": 8},
        training=Training(epochs=2),
    )
