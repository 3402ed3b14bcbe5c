"""``import xdvn`` is as light as the promise of its table of contents."""

import json
import subprocess
import sys

HEAVY = ("jax", "jaxlib", "equinox", "optax", "matplotlib", "cartopy", "pooch", "dask.array", "scipy", "netCDF4")


def run(code: str):
    """Run code in a fresh interpreter and return what it prints as JSON."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_import_loads_nothing_heavy():
    loaded = run("import sys, json, xdvn; print(json.dumps(sorted(sys.modules)))")
    assert not set(HEAVY) & set(loaded)


def test_import_costs_little_more_than_xarray():
    code = """
import json, sys, time, xarray
before, start = set(sys.modules), time.process_time()
import xdvn
print(json.dumps([time.process_time() - start, sorted(set(sys.modules) - before)]))
"""
    seconds, modules = min(run(code) for _ in range(3))
    assert seconds < 0.25  # xarray alone takes twice as long
    assert {name.split(".")[0] for name in modules} == {"xdvn"}


def test_fit_and_reconstruct_load_the_larger_parts_of_scipy_where_they_are_used():
    """Half a second of imports; hence ``import scipy`` and ``scipy.signal.periodogram``, wherever they are needed."""
    loaded = run("import sys, json, xdvn.api; print(json.dumps(sorted(sys.modules)))")
    parts = ("signal", "interpolate", "optimize", "ndimage", "spatial", "integrate", "stats")
    assert not {f"scipy.{part}" for part in parts} & set(loaded)


def test_names_are_resolved_when_used():
    code = """
import json, sys, xdvn
before = "jax" in sys.modules
xdvn.Model
print(json.dumps([before, "jax" in sys.modules, "plot" in dir(xdvn)]))
"""
    assert run(code) == [False, True, True]
