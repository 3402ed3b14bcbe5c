"""Conversion between states and named variables, and errors, also without xarray-jax."""

import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from xdvn import Model
from xdvn.labelled import Labels
from xdvn.labelled.registration import register

LABELS = Labels(("ssh", "sst"), ("time", "lat", "lon"), n_times=2, scales=(0.5, 3.0))
STATE = jnp.asarray(np.random.default_rng(0).normal(size=(3, 4, 5)), jnp.float32)

needs_xarray_jax = pytest.mark.skipif(
    "not __import__('importlib.util').util.find_spec('xarray_jax')",
    reason="xarray-jax is not installed; make test-lowest runs these tests",
)


@needs_xarray_jax
def test_channels_become_variables_in_units_and_return():
    ds = LABELS.name(STATE)
    assert ds.ssh.dims == ("time", "lat", "lon")
    assert not ds.coords
    np.testing.assert_allclose(ds.sst.values[1], 3 * STATE[..., 3], rtol=1e-6)
    # The fifth channel is a covariate, without a name.
    np.testing.assert_allclose(LABELS.flatten(ds, like=STATE), STATE, rtol=1e-6)
    np.testing.assert_allclose(LABELS.flatten(ds.transpose("lon", ...), like=STATE), STATE, rtol=1e-6)


@needs_xarray_jax
def test_missing_variables_are_unchanged():
    changed = LABELS.flatten(LABELS.name(STATE)[["sst"]] * 2, like=STATE)
    np.testing.assert_allclose(changed[..., 2:4], 2 * STATE[..., 2:4], rtol=1e-6)
    np.testing.assert_array_equal(changed[..., :2], STATE[..., :2])


@needs_xarray_jax
def test_other_variables_and_shapes_are_refused():
    ds = LABELS.name(STATE)
    with pytest.raises(ValueError, match=r"variables .'u'.: expected some of .*\. Return only variables of the state"):
        LABELS.flatten(ds.rename(ssh="u")[["u"]], like=STATE)
    with pytest.raises(ValueError, match=r"'ssh' on dimensions \('lat', 'lon'\): expected .*\. Return all of them"):
        LABELS.flatten(ds[["ssh"]].isel(time=0), like=STATE)
    with pytest.raises(ValueError, match=r"'ssh' of shape .*: expected \(3, 4, 2\)\. Pad it to the full window"):
        LABELS.flatten(ds[["ssh"]].isel(lat=slice(2)), like=STATE)
    with pytest.raises(
        ValueError, match=r"shape \(4, 5\): expected 2 space axes and at least 4 channels\. Check names"
    ):
        LABELS.name(STATE[0])


@needs_xarray_jax
def test_options_of_xarray_are_unchanged():
    """In a separate interpreter, because the first import of xarray-jax sets them."""
    code = """
import jax.numpy as jnp, numpy as np, xarray as xr
from xdvn.labelled import Labels
Labels(("ssh",), ("time", "x"), n_times=2).name(jnp.ones((3, 2)))
print(xr.get_options()["keep_attrs"], float(xr.DataArray([1.0, np.nan, 3.0]).mean()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["default", "2.0"]


def test_repeated_names_are_refused():
    with pytest.raises(ValueError, match=r"names=\('ssh', 'ssh'\), .*: expected unique names\. Rename"):
        Labels(("ssh", "ssh"), ("time", "x"), n_times=2)
    with pytest.raises(ValueError, match=r"scales=\(1\.0,\): expected one value for each of \('ssh', 'sst'\)\. Give 2"):
        Labels(("ssh", "sst"), ("time", "x"), n_times=2, scales=(1.0,))


def test_labels_of_a_model(small_model: Model):
    labels = Labels.of(small_model.spec)
    assert labels.names == ("ssh",)
    assert labels.dims == ("time", "lat", "lon")
    assert labels.n_times == 5
    assert labels.scales == (small_model.spec.variables[0].normaliser.std,)


def test_without_xarray_jax_the_error_names_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray_jax", None)
    register.cache_clear()
    with pytest.raises(ImportError, match=r"pip install 'xdvn\[xarray-jax\]'"):
        LABELS.name(STATE)
    register.cache_clear()
