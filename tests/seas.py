"""Small seas made in a moment, and models of them that nobody trained: for tests of everything around a network."""

import os

import jax
import numpy as np
import xarray as xr

from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.priors import BilinearPrior
from xdvn.core.solvers import GradientSolver
from xdvn.grid.axes import find_axes
from xdvn.grid.spec import GridSpec
from xdvn.model import History, Model


def tiny(channels, ndim, *, key):
    """A network that compiles fast and still reaches several cells."""
    cost = VariationalCost(BilinearPrior(channels, ndim, hidden=3, downsampling=1, key=key))
    modulator = ConvLSTMModulator(channels, ndim, hidden=3, factor=1, key=key)
    return FourDVarNet(cost, GradientSolver(n_steps=2, modulator=modulator, normalise=True))


def sea(n=(12, 10, 12), *, first_lon=-65.0, step=0.5, land=False, seed=0, share=0.3):
    """Return random observations of a smooth truth on (time, lat, lon)."""
    rng = np.random.default_rng(seed)
    time = np.datetime64("2012-10-01T12", "ns") + np.arange(n[0]) * np.timedelta64(1, "D")
    lat, lon = 33 + step * np.arange(n[1]), first_lon + step * np.arange(n[2])
    t, y, x = np.meshgrid(np.arange(n[0]), lat, lon, indexing="ij")
    truth = np.sin(np.deg2rad(12 * x) + 0.3 * t) * np.cos(0.4 * y) + 0.02 * y + 0.1 * rng.normal(size=n)
    if land:
        truth[:, : n[1] // 3, : n[2] // 3] = np.nan
    obs = np.where(rng.random(n) < share, truth, np.nan)
    dims, attrs = ("time", "lat", "lon"), {"units": "m", "standard_name": "sea_surface_height_above_geoid"}
    ds = xr.Dataset(
        {"ssh": (dims, truth.astype(np.float32), attrs), "ssh_obs": (dims, obs.astype(np.float32), attrs)},
        {"time": time, "lat": lat, "lon": lon},
    )
    ds.lat.attrs = {"units": "degrees_north", "standard_name": "latitude"}
    ds.lon.attrs = {"units": "degrees_east", "standard_name": "longitude"}
    return ds


def untrained(ds, patch=(5, 6, 6), overlap=None, *, names=(("ssh_obs", "ssh"),), covariates=(), network=tiny, seed=0):
    """Return a model of ``ds`` with the weights it starts from."""
    axes = find_axes(ds[names[0][1]])
    shared = None if overlap is None else dict(zip(axes.dims, overlap, strict=True))
    spec = GridSpec.from_dataset(ds, list(names), axes, slice(None), patch, shared, covariates=covariates)
    made = network(spec.n_channels, len(axes.space), key=jax.random.key(seed))
    return Model(made, spec, History((), (), 0, 0.0))


class Logged(FourDVarNet):
    """A network that notes, in the file named by XDVN_TEST_LOG, in which process it was unpickled."""

    def __reduce__(self):
        return _logged, (self.cost, self.solver)


def _logged(cost, solver):
    with open(os.environ["XDVN_TEST_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{os.getpid()}\n")
    return Logged(cost, solver)


def logged(channels, ndim, *, key):
    """Return the tiny network, logged."""
    network = tiny(channels, ndim, key=key)
    return Logged(network.cost, network.solver)
