"""The accessor forwards, keeps nothing, and tells what it sees."""

import inspect

import xarray as xr

import xdvn
from xdvn.accessor import DvnAccessor


def test_it_tells_what_was_found_and_what_to_type_next(small_twin):
    text = repr(small_twin.dvn)
    assert "T=time, Y=lat, X=lon (40 x 16 x 16)" in text
    assert "ssh_obs" in text
    assert "fit(obs='ssh_obs', truth='ssh')" in text
    assert "offset" not in text
    assert "cannot map this Dataset yet: no time axis" in repr(xr.Dataset({"a": ("x", [1.0])}).dvn)


def test_methods_only_forward():
    for name, method in inspect.getmembers(DvnAccessor, inspect.isfunction):
        body = inspect.getsource(method).split('"""')[-1].strip().splitlines()
        assert len(body) <= 10, name


def test_axes_and_maps(small_twin, small_model):
    assert small_twin.dvn.axes.dims == ("time", "lat", "lon")
    maps = small_twin.dvn.reconstruct(small_model, progress=False)
    assert maps.dvn.plot("ssh") is not None


def test_a_model_tells_what_it_is(small_model):
    text = repr(small_model)
    assert "ssh_obs -> ssh [m]" in text
    assert "5 time x 8 lat x 8 lon" in text
    assert "FourDVarNet" in text


def test_every_public_name_resolves_and_unknown_ones_teach():
    import pytest

    for name in xdvn.__all__:
        assert getattr(xdvn, name) is not None
    assert set(xdvn.__all__) <= set(dir(xdvn))
    with pytest.raises(AttributeError, match="has no attribute 'fitt'; it offers"):
        xdvn.fitt  # noqa: B018
