"""The Laplace posterior of a trained model over a whole Dataset."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from xdvn.core.compilation import inference_jit, single_precision, to_single
from xdvn.core.laplace import LaplaceCurvature, LaplaceNoise, smallest_eigenvalue
from xdvn.core.networks.fourdvarnet import AbstractNetwork, FourDVarNet
from xdvn.core.networks.gaussian_head import GaussianHead
from xdvn.core.observations import Observations
from xdvn.grid.ancillary import add_samples, add_std
from xdvn.grid.arrays import EncodedFields
from xdvn.grid.patches import Patcher
from xdvn.inference.batches import channels_first, channels_last
from xdvn.mapper import AbstractMapper, AbstractPosterior
from xdvn.model import Model

__all__ = ["Laplace"]


@dataclass(frozen=True)
class Laplace(AbstractPosterior):
    """Samples of N(x*, A^-1) with the curvature A of the learned cost (mathematics: ``core.laplace``).

    Samples are computed from white noise on the whole field, which neighbouring windows share, so that they have no
    seams. Variances of windows are merged by weighted mean, an upper bound of the variance of the merged map. Calibrate
    them before use.

    Parameters
    ----------
    prior_variance : float
        Mean s^2 of (x - phi(x))^2 over true states, in normalised units; ``Laplace.measured`` estimates it.
    obs_variance : float, optional
        Variance of the observation errors in normalised units, for a model trained without ``obs_error=``.
    damping : float
        Inverse lambda of the climatological variance. Default: 1, in normalised units. The attribute ``comment`` of the
        result states its fraction of the variance.
    n_samples : int
        Samples per window; the relative error of the standard deviation is 1/sqrt(2 n). Default: 16.
    n_gauss_newton_steps : int
        Gauss-Newton steps from the map to the minimum of J, where the curvature is computed. The map is unchanged.
    seed : int
        Seed of the samples.

    References
    ----------
    MacKay 1992, doi:10.1162/neco.1992.4.3.448.
    """

    prior_variance: float
    obs_variance: float | None = None
    damping: float = 1.0
    n_samples: int = 16
    n_gauss_newton_steps: int = 0
    seed: int = 0

    @classmethod
    def measured(cls, model: Model, ds: xr.Dataset, **options: Any) -> Laplace:
        """Return a posterior with s^2 estimated from the truth of ``ds``, days that the model was not trained on.

        Parameters
        ----------
        model : Model
            A trained ``FourDVarNet``.
        ds : xr.Dataset
            Truth, named as the model's maps, and observations.
        **options
            Other parameters of this class.
        """
        prior, spec = _net_of(model.network).cost.prior, model.spec
        field = model.prepare(ds, first_guess=ds[[v.name for v in spec.variables]], batch_size=1)
        total, count = 0.0, 0
        for _, obs, truth in field.solver.batches(field.encode(), field.patcher, field.patcher.starts):
            prior_residual = np.asarray(obs.mask_land(truth - jax.vmap(prior)(truth)))[..., : spec.n_mapped]
            total, count = total + float((prior_residual**2).sum()), count + prior_residual.size
        return cls(prior_variance=total / count, **options)

    @single_precision()
    def reconstruct(
        self, ds: xr.Dataset, mapper: AbstractMapper, *, samples: bool = False, **options: Any
    ) -> xr.Dataset:
        """Map ``ds``; see ``AbstractPosterior.reconstruct``.

        Raises
        ------
        TypeError
            The mapper is not a trained 4DVarNet.
        """
        if not isinstance(mapper, Model):
            raise TypeError(
                f"Laplace: expected a trained Model with a cost, got {type(mapper).__name__}. Use Ensemble() instead."
            )
        network = to_single(_net_of(mapper.network))
        batch_size, progress = options.pop("batch_size", 4), options.pop("progress", True)
        field = mapper.prepare(ds, batch_size=batch_size, **options)
        maps, encoded = mapper.reconstruct_prepared(field, progress=progress), field.encode()
        curvature = LaplaceCurvature(network.cost, self.obs_variance, self.prior_variance, self.damping)
        noise = _WhiteField(encoded, field.patcher, self.n_samples, self.seed)
        diagnostics: list[tuple[float, float]] = []
        spec, n = mapper.spec, len(mapper.spec.variables)
        n_returned = self.n_samples if samples else 0

        def windows() -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
            for chosen, obs, guess in field.solver.batches(encoded, field.patcher, field.patcher.starts):
                white = noise.of(chosen + [chosen[-1]] * (batch_size - len(chosen)), obs)
                drawn, offset = _samples(curvature, network, obs, guess, white, self.n_gauss_newton_steps)
                if not diagnostics:
                    diagnostics.append((float(offset[0]), float(_smallest_eigenvalue(curvature, network, obs, guess))))
                for at, window in zip(chosen, np.asarray(drawn)[..., : spec.n_mapped], strict=False):
                    fields = [channels_first(sample, n) for sample in window]
                    yield at, np.concatenate([np.mean(np.square(fields), 0), *fields[:n_returned]])

        merged = field.patcher.merge(windows(), leading=((1 + n_returned) * n,))

        def to_dataset(departures: np.ndarray) -> xr.Dataset:
            return field.restore_longitudes(spec.unpack_departures(departures, field.ds, encoded.sea))

        offset, smallest = diagnostics[0]
        _warn_if_not_at_minimum(offset, smallest, self.n_gauss_newton_steps)
        comment = (
            f"Laplace posterior of {self.n_samples} samples, not calibrated; {self.damping * merged[:n].mean():.2f} of "
            f"the variance is set by the damping; the map is {offset:.2f} standard deviations from the minimum of J"
        )
        stds = to_dataset(np.sqrt(merged[:n]))
        deviations = [to_dataset(sample) for sample in merged[n:].reshape(n_returned, n, *merged.shape[1:])]
        for name in [v.name for v in spec.variables]:
            maps = add_std(maps, name, stds[name], comment=comment)
            if samples:
                maps = add_samples(maps, name, maps[name] + xr.concat([d[name] for d in deviations], "sample"))
        return maps


class _WhiteField:
    """White noise on a whole field for each sample, which neighbouring windows share."""

    def __init__(self, encoded: EncodedFields, patcher: Patcher, n_samples: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        shape = encoded.values.shape
        self._parts = rng.standard_normal((n_samples, 3, *shape), np.float32)
        points = encoded.points
        self._points = None
        if points is not None:
            white = rng.standard_normal((n_samples, points.values.size), np.float32)
            self._points = [dataclasses.replace(points, values=w) for w in white]
        self._patcher = patcher

    def of(self, starts: Sequence[tuple[int, ...]], obs: Observations) -> LaplaceNoise:
        """Return the noise of windows, with leading axes (window, sample); covariates have none."""
        windows = [self._parts[:, part] for part in range(3)]
        n_covariates = obs.values.shape[-1] - self._parts.shape[2] * self._patcher.patch[0]
        parts = []
        for white in windows:
            cut = np.stack([[channels_last(self._patcher.take(w, at)) for w in white] for at in starts])
            parts.append(jnp.asarray(np.pad(cut, [(0, 0)] * (cut.ndim - 1) + [(0, n_covariates)])))
        points = None
        if self._points is not None:
            cut = np.stack([[w.window(at, self._patcher.patch)["values"] for w in self._points] for at in starts])
            points = jnp.asarray(cut)
        data, prior, damping = parts
        return LaplaceNoise(data, prior, damping, points)


@inference_jit
def _samples(
    curvature: LaplaceCurvature,
    network: AbstractNetwork,
    obs: Observations,
    guess: Any,
    noise: LaplaceNoise,
    n_gauss_newton_steps: int,
) -> tuple[Array, Array]:
    """Return samples (window, sample, *space, channel), and each map's distance from the minimum of J."""

    def of_window(y: Observations, start: Any, white: LaplaceNoise) -> tuple[Array, Array]:
        x = network(y, start).x
        offset = curvature.gradient_norm(x, y)
        x = curvature.descend(x, y, n_gauss_newton_steps)
        return jax.lax.map(lambda one: curvature.draw(x, y, one), white), offset

    return jax.vmap(of_window)(obs, guess, noise)


@inference_jit
def _smallest_eigenvalue(curvature: LaplaceCurvature, network: AbstractNetwork, obs: Observations, guess: Any) -> Array:
    """Return the smallest eigenvalue of the full Hessian in the first window, from 20 products."""
    y, start = jax.tree.map(lambda leaf: leaf[0], (obs, guess))
    x = network(y, start).x
    steps = min(20, x.size)
    return smallest_eigenvalue(curvature.full_product(x, y), x, steps, jax.random.key(0))


def _warn_if_not_at_minimum(offset: float, smallest: float, n_gauss_newton_steps: int) -> None:
    if offset > 1 and not n_gauss_newton_steps:
        warnings.warn(
            f"the map is {offset:.1f} standard deviations from the minimum of J, the centre of a Laplace posterior. "
            "Use Laplace(..., n_gauss_newton_steps=2) and compare with withheld data.",
            stacklevel=4,
        )
    if smallest < 0:
        warnings.warn(
            f"the Hessian of J has the negative eigenvalue {smallest:.2g} at the map, which is not a minimum; the "
            "Gauss-Newton curvature ignores it. Calibrate the result on withheld data.",
            stacklevel=4,
        )


def _net_of(network: AbstractNetwork) -> FourDVarNet:
    inner = network.network if isinstance(network, GaussianHead) else network
    if not isinstance(inner, FourDVarNet):
        raise TypeError(
            f"Laplace: expected a network with a cost, a FourDVarNet, got {type(inner).__name__}. Use Ensemble() "
            "instead."
        )
    return inner
