"""The Laplace posterior of a trained model over a whole record; the mathematics is ``core.laplace``.

Draws are made from white noise on the whole field, cut into windows like the observations: neighbouring windows share
it where they overlap, so that a draw has no seams. Variances of windows are put together by weighted mean, which is an
upper bound: the mean of several windows errs less than each of them. Cautious by nature; validate before you believe.
"""

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

from xdvn.batching import channels_first, channels_last
from xdvn.core.fourdvarnet import AbstractNetwork, FourDVarNet
from xdvn.core.gaussian_head import GaussianHead
from xdvn.core.jit import every_core_jit
from xdvn.core.lanczos import smallest_eigenvalue
from xdvn.core.laplace import LaplaceCurvature, Noise
from xdvn.core.observations import Observations
from xdvn.grid.ancillary import with_samples, with_std
from xdvn.mapper import AbstractMapper, AbstractPosterior
from xdvn.model import Model, Work

__all__ = ["Laplace"]


@dataclass(frozen=True)
class Laplace(AbstractPosterior):
    """N(x*, A^-1) with the curvature A of the learned cost, by draws.

    Parameters
    ----------
    prior_variance : float
        s^2: mean of (x - phi(x))^2 over true states, in normalised units; ``Laplace.measured`` finds it.
    obs_variance : float, optional
        Variance of the errors of observation in normalised units, where the model was trained without ``obs_error=``.
    damping : float
        lambda: 1 over the climatological variance, 1 in normalised units. The attributes of the result tell which
        share of the variance it alone has set.
    draws : int
        Draws for each window; the standard deviation errs by a relative 1/sqrt(2 draws).
    descend : int
        Gauss-Newton steps from the map to the minimum of J before the curvature is taken; the map itself is kept.
    seed : int
        Of the draws.

    References
    ----------
    MacKay 1992, doi:10.1162/neco.1992.4.3.448.
    """

    prior_variance: float
    obs_variance: float | None = None
    damping: float = 1.0
    draws: int = 16
    descend: int = 0
    seed: int = 0

    @classmethod
    def measured(cls, model: Model, ds: xr.Dataset, **options: Any) -> Laplace:
        """Return a posterior with s^2 measured on the truth of ``ds``, days that the model was not trained on.

        Parameters
        ----------
        model : Model
            A trained ``FourDVarNet``.
        ds : xr.Dataset
            Holds the truth, named as the model's maps, and its observed variables.
        **options
            Other parameters of this class.
        """
        prior, spec = _net_of(model.net).cost.prior, model.spec
        work = model.prepare(ds, first_guess=ds[[v.name for v in spec.variables]])
        assert work.start is not None
        total, count = 0.0, 0
        for _, obs, truth in model.batches(work, 1, progress=False):
            departure = np.asarray(obs.at_sea(truth - jax.vmap(prior)(truth)))[..., : spec.n_mapped]
            total, count = total + float((departure**2).sum()), count + departure.size
        return cls(prior_variance=total / count, **options)

    def reconstruct(
        self, ds: xr.Dataset, mapper: AbstractMapper, *, samples: bool = False, **options: Any
    ) -> xr.Dataset:
        """Map ``ds``; see ``AbstractPosterior.reconstruct``.

        Raises
        ------
        TypeError
            The mapper is no trained 4DVarNet.
        """
        if not isinstance(mapper, Model):
            raise TypeError(f"Laplace() needs a trained Model with a cost, got {type(mapper).__name__}; see Ensemble()")
        net = _net_of(mapper.net)
        batch_size, progress = options.pop("batch_size", 4), options.pop("progress", True)
        work = mapper.prepare(ds, **options)
        maps = mapper.solve(work, batch_size=batch_size, progress=progress)
        curvature = LaplaceCurvature(net.cost, self.obs_variance, self.prior_variance, self.damping)
        noise = _WhiteField(work, self.draws, self.seed)
        told: list[tuple[float, float]] = []
        spec, n = mapper.spec, len(mapper.spec.variables)
        kept = self.draws if samples else 0

        def answers() -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
            for chosen, obs, guess in mapper.batches(work, batch_size, progress):
                white = noise.of(chosen + [chosen[-1]] * (batch_size - len(chosen)), obs)
                drawn, offset = _draws(curvature, net, obs, guess, white, self.descend)
                if not told:
                    told.append((float(offset[0]), float(_lowest(curvature, net, obs, guess))))
                for at, window in zip(chosen, np.asarray(drawn)[..., : spec.n_mapped], strict=False):
                    each = [channels_first(d, n) for d in window]
                    yield at, np.concatenate([np.mean(np.square(each), 0), *each[:kept]])

        merged = work.patcher.merge(answers(), leading=((1 + kept) * n,))

        def labelled(departures: np.ndarray) -> xr.Dataset:
            return spec.unpack_departures(departures, work.ds, work.packed.sea)

        offset, lowest = told[0]
        _warn(offset, lowest, self.descend)
        comment = (
            f"Laplace posterior of {self.draws} draws, not calibrated; {self.damping * merged[:n].mean():.2f} of the "
            f"variance is set by the damping; the map is {offset:.2f} standard deviations from the minimum of J"
        )
        stds = labelled(np.sqrt(merged[:n]))
        every = [labelled(drawn) for drawn in merged[n:].reshape(kept, n, *merged.shape[1:])]
        for name in [v.name for v in spec.variables]:
            maps = with_std(maps, name, stds[name], comment=comment)
            if samples:
                maps = with_samples(maps, name, maps[name] + xr.concat([each[name] for each in every], "sample"))
        return maps


class _WhiteField:
    """White noise on a whole field, one for each draw, that neighbouring windows share."""

    def __init__(self, work: Work, draws: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        shape = work.packed.values.shape
        self._parts = rng.standard_normal((draws, 3, *shape), np.float32)
        points = work.packed.points
        self._points = None
        if points is not None:
            white = rng.standard_normal((draws, points.values.size), np.float32)
            self._points = [dataclasses.replace(points, values=w) for w in white]
        self._patcher = work.patcher

    def of(self, starts: Sequence[tuple[int, ...]], obs: Observations) -> Noise:
        """Return the noise of some windows, with leading axes (window, draw); covariates have none."""
        windows = [self._parts[:, part] for part in range(3)]
        beside = obs.values.shape[-1] - self._parts.shape[2] * self._patcher.patch[0]
        parts = []
        for white in windows:
            cut = np.stack([[channels_last(self._patcher.take(w, at)) for w in white] for at in starts])
            parts.append(jnp.asarray(np.pad(cut, [(0, 0)] * (cut.ndim - 1) + [(0, beside)])))
        points = None
        if self._points is not None:
            cut = np.stack([[w.window(at, self._patcher.patch)["values"] for w in self._points] for at in starts])
            points = jnp.asarray(cut)
        data, prior, damping = parts
        return Noise(data, prior, damping, points)


@every_core_jit
def _draws(
    curvature: LaplaceCurvature, net: AbstractNetwork, obs: Observations, guess: Any, noise: Noise, descend: int
) -> tuple[Array, Array]:
    """Return draws (window, draw, *space, channel), and how far each window's map is from the minimum of J."""

    def of_window(y: Observations, start: Any, white: Noise) -> tuple[Array, Array]:
        x = net(y, start).x
        offset = curvature.gradient_norm(x, y)
        x = curvature.descend(x, y, descend)
        return jax.lax.map(lambda one: curvature.draw(x, y, one), white), offset

    return jax.vmap(of_window)(obs, guess, noise)


@every_core_jit
def _lowest(curvature: LaplaceCurvature, net: AbstractNetwork, obs: Observations, guess: Any) -> Array:
    """Return the smallest eigenvalue of the whole Hessian in the first window, by 20 products."""
    y, start = jax.tree.map(lambda leaf: leaf[0], (obs, guess))
    x = net(y, start).x
    steps = min(20, x.size)
    return smallest_eigenvalue(curvature.full_product(x, y), x, steps, jax.random.key(0))


def _warn(offset: float, lowest: float, descend: int) -> None:
    if offset > 1 and not descend:
        warnings.warn(
            f"the map is {offset:.1f} standard deviations from the minimum of J, where a Laplace posterior belongs; "
            "take Laplace(..., descend=2), and compare with what came true",
            stacklevel=4,
        )
    if lowest < 0:
        warnings.warn(
            f"the Hessian of J has the negative eigenvalue {lowest:.2g} at the map, which is no minimum; the Gauss-"
            "Newton curvature leaves that out",
            stacklevel=4,
        )


def _net_of(net: AbstractNetwork) -> FourDVarNet:
    inner = net.net if isinstance(net, GaussianHead) else net
    if not isinstance(inner, FourDVarNet):
        raise TypeError(
            f"Laplace() needs a network with a cost, a FourDVarNet, not this {type(inner).__name__}; see Ensemble()"
        )
    return inner
