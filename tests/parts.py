"""Small priors, modulators and adjoints of every class, and test windows, for tests of combinations."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from xdvn.core.adjoints import Implicit, RecursiveCheckpoint, TruncatedAdjoint, Unrolled
from xdvn.core.layers.convolution import Padding
from xdvn.core.modulators import AttentionModulator, ConvLSTMModulator, IdentityModulator, MLPModulator
from xdvn.core.observations import Observations
from xdvn.core.priors import (
    BilinearPrior,
    ConvPrior,
    DenseBilinearPrior,
    DynamicalPrior,
    EOFPrior,
    ExponentialCovariance,
    GaussianPrior,
    IdentityPrior,
    MLPPrior,
    TruncatedSVDPrior,
    TwoScalePrior,
)
from xdvn.dynamics import Lorenz96, QGForecast, Rescaled, RungeKutta4, TwoLayerQG

KEY = jax.random.key(0)
SHAPES = {1: (12, 6), 2: (8, 8, 6)}  # two variables at three times, or one at six


def size(ndim):
    return int(np.prod(SHAPES[ndim]))


def dynamical(ndim):
    if ndim == 1:
        return DynamicalPrior(RungeKutta4(Lorenz96(forcing=jnp.asarray(8.0)), dt=0.05), n_variables=1)
    return DynamicalPrior(Rescaled(QGForecast(TwoLayerQG(n=8, length=320e3)), scale=0.1), n_variables=2)


def gaussian(ndim):
    axes = [np.arange(float(n)) for n in SHAPES[ndim]]
    return GaussianPrior.stationary(axes, ExponentialCovariance((2.0,) * (ndim + 1), nugget=0.1))


def eof(ndim):
    return EOFPrior.from_samples(np.random.default_rng(0).normal(size=(9, *SHAPES[ndim])), 3, n_variables=2)


PRIORS = {
    "identity": lambda ndim: IdentityPrior(),
    "bilinear": lambda ndim: BilinearPrior(6, ndim, hidden=4, key=KEY),
    "dense bilinear": lambda ndim: DenseBilinearPrior(size(ndim), hidden=4, key=KEY),
    "two-scale": lambda ndim: TwoScalePrior(
        ConvPrior(6, ndim, hidden=3, key=KEY), ConvPrior(6, ndim, hidden=3, key=jax.random.key(1))
    ),
    "convolutional": lambda ndim: ConvPrior(
        6, ndim, hidden=4, padding=(Padding.CIRCULAR, Padding.ZERO)[:ndim], key=KEY
    ),
    "MLP": lambda ndim: MLPPrior(size(ndim), hidden=6, latent=4, key=KEY),
    "dynamical": dynamical,
    "Gaussian": gaussian,
    "EOF": eof,
    "truncated SVD": lambda ndim: TruncatedSVDPrior(2, n_variables=1),
}
MODULATORS = {
    "identity": lambda ndim: IdentityModulator(),
    "ConvLSTM": lambda ndim: ConvLSTMModulator(6, ndim, hidden=4, scale=1.0, key=KEY),
    "MLP": lambda ndim: MLPModulator(size(ndim), hidden=6, memory=4, scale=1.0, key=KEY),
    "attention": lambda ndim: AttentionModulator(6, ndim, patch=3, heads=2, width=8, scale=1.0, key=KEY),
}
EXACT = {
    "save all": Unrolled(None),
    "save gates": Unrolled(),
    "save nothing": Unrolled(()),
    "recursive": RecursiveCheckpoint(),
}
ADJOINTS = {**EXACT, "one-step": TruncatedAdjoint(1)}
IMPLICIT = Implicit()


def windows(ndim):
    """Return seven windows: {no, all, half} of the cells observed x {no land, land}, and one of land only."""
    shape = SHAPES[ndim]
    rng = np.random.default_rng(0)
    masks = [np.zeros(shape, bool), np.ones(shape, bool), rng.random(shape) < 0.5]
    coast = np.broadcast_to(np.arange(shape[0]).reshape(-1, *[1] * ndim) < 5, shape)
    ocean_masks = [np.ones(shape, bool), coast]
    cases = [(mask, ocean) for mask in masks for ocean in ocean_masks] + [(masks[1], np.zeros(shape, bool))]
    values = [np.where(mask & ocean, rng.normal(size=shape), np.nan) for mask, ocean in cases]
    masks, ocean_masks = zip(*cases, strict=True)
    stacked = (jnp.asarray(np.stack(a)) for a in (np.float32(values), masks, ocean_masks))
    return jax.vmap(lambda y, mask, ocean: Observations(y, mask, ocean_mask=ocean))(*stacked)


# These programs run once, and less optimisation halves their compilation time.
quickly = partial(eqx.filter_jit, compiler_options={"xla_backend_optimization_level": 0})
