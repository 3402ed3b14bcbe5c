"""The two verbs as plain lists of steps: ``fit`` trains a model on a Dataset, ``reconstruct`` maps one with it.

Everything with an idea in it lives in the layers below; here is only the order of things: find axes, split time,
measure statistics on training days, pack, cut windows, shuffle, train, keep the best.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import optax
import xarray as xr

from xdvn.cells import with_cells
from xdvn.checkpoint import Checkpoint, fingerprint
from xdvn.compilation import kept_programs
from xdvn.core.augmentation import AbstractAugmentation
from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.core.losses import AbstractLoss
from xdvn.core.observations import IdentityOperator, SubcellOperator
from xdvn.core.training import TrainingState, default_optimiser, train
from xdvn.grid.ancillary import with_distances
from xdvn.grid.axes import find_axes, require_variable
from xdvn.grid.holdout import Holdout
from xdvn.grid.patches import Target, window_sizes
from xdvn.grid.provenance import with_provenance
from xdvn.grid.survey import survey
from xdvn.mapper import AbstractMapper, AbstractPosterior
from xdvn.model import History, Model
from xdvn.objective import LossMaker, NetworkMaker, loss_of, network_of, window_weights
from xdvn.progress import TrainingBar, keep_best
from xdvn.record import read_record
from xdvn.retakes import AbstractRetake
from xdvn.schooling import check_training_data, name_pairs, with_fits
from xdvn.slabs import in_memory
from xdvn.topography import surface_currents, with_absolute_topography

__all__ = ["fit", "reconstruct"]


@kept_programs()
def fit(
    ds: xr.Dataset,
    obs: str | Sequence[str],
    *,
    truth: str | Sequence[str] | None = None,
    tracks: xr.Dataset | None = None,
    obs_error: float | str | Sequence[float | str] | None = None,
    covariates: Sequence[str] = (),
    valid: xr.DataArray | None = None,
    first_guess: AbstractMapper | None = None,
    patch: Mapping[str, int] | None = None,
    overlap: Mapping[str, int] | None = None,
    target: Target | str = Target.CENTRE,
    net: AbstractNetwork | NetworkMaker | None = None,
    loss: AbstractLoss | LossMaker | None = None,
    loss_weights: Mapping[str, float] | None = None,
    retake: AbstractRetake | None = None,
    n_retakes: int = 5,
    augmentation: AbstractAugmentation | None = None,
    optimiser: optax.GradientTransformation | None = None,
    epochs: int | None = None,
    batch_size: int = 2,
    accumulate: int = 1,
    checkpoint: str | os.PathLike[str] | None = None,
    validation: slice | float = 0.15,
    model: Model | None = None,
    dims: Mapping[str, str] | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Model:
    """Train a model to fill the gaps of ``obs`` so that the result is ``truth``, or without a truth.

    Without a truth, part of the observations is withheld, and the map is to be right there (docs/training.md).

    Parameters
    ----------
    ds : xr.Dataset
        Training days: observations with NaN where there are none, and the complete truth. Never changed.
    obs : str or sequence of str
        Names of the observed variables.
    truth : str or sequence of str, optional
        Names of their complete counterparts, in the same order. Without, maps are called as the observations.
    tracks : xr.Dataset, optional
        Measurements along one dimension, called as in ``obs``, with coordinates called as the dimensions of ``ds``. A
        variable in it is observed at its own places and times instead of in cells; others may stay on the grid. First
        guesses still see cells: those of ``ds``, or means of the measurements where ``ds`` has none.
    obs_error : float, str or sequence, optional
        Standard deviation of the errors of observation in the variable's unit, or the name of a variable of ``ds`` (or
        ``tracks``) that holds it; one for each of ``obs``. Misfits are weighed by it. Default: all alike.
    covariates : sequence of str
        Variables or coordinates of ``ds`` that are known everywhere, on some of its dimensions: depth, latitude; or
        ``"dayofyear"``. The network sees them, they are not scored. ``augmentation`` leaves them as they are.
    valid : xr.DataArray, optional
        Booleans on the horizontal dimensions, True at sea. Default: a variable's sea is where its truth is ever known;
        without a truth, everywhere.
    first_guess : AbstractMapper, optional
        Mapper whose map of the observations each solve starts from (``OptimalInterpolation(...)``); saved with the
        model and run again by ``reconstruct``. Half of the training windows start from a map that does not know the
        days after them, as at the end of a record. Default: start from the training mean.
    patch : mapping, optional
        Window sizes by dimension, in steps: ``{"time": 15, "lat": 32, "lon": 32}``. Default: 15 in time and up to 64
        in space. An odd number of days has a centre.
    overlap : mapping, optional
        How many steps neighbouring windows share in a reconstruction. Default: two thirds of the window in time and
        a half in space.
    target : Target or str
        ``"centre"`` for maps of the past, ``"last"`` for maps of today (near real time): the last time of a window
        counts, windows end with every time, and a first guess never knows what comes after.
    net : AbstractNetwork or callable, optional
        A network, or a maker called as ``net(channels, ndim, key=key)``. Default ``FourDVarNet.default``.
    loss : AbstractLoss or callable, optional
        A loss, or what makes one of the weights inside a window, such as ``GaussianNLL`` or ``lambda w: 0.5 *
        SupervisedLoss(w) + GaussianNLL(w)``. Default: squared errors of the field and of its differences, heaviest at
        the window's centre; without a truth, of the withheld observations.
    loss_weights : mapping, optional
        How much each variable counts in the default loss, by the name of its truth; 1 if not said.
    retake : AbstractRetake, optional
        How the record is observed once more for training: ``retakes.OtherDays()``, ``Noise(std)``, ``Withheld()``.
        Default: as it is; without a truth ``Withheld()``.
    n_retakes : int
        How many such records take turns, an epoch each. A first guess is made for every one; the windows that start
        from one that does not know the days after them are shared out among the records.
    augmentation : AbstractAugmentation, optional
        Transformation of samples that is as likely as they are, such as ``core.augmentation.Parity()`` for sea level.
    optimiser : optax.GradientTransformation, optional
        Default: Adam with warm-up, cosine decay and clipping (``core.training.default_optimiser``).
    epochs : int, optional
        Passes over all training windows. Default: as many as make about 1000 updates.
    batch_size : int
        Windows per update; many small steps learn faster than few large ones.
    accumulate : int
        Batches whose gradients are averaged before each update: a larger batch in the memory of one.
    checkpoint : path-like, optional
        File that the training is kept in after every epoch, and goes on from where it is there already.
    validation : slice or float
        Time labels (``slice("2013-08-20", None)``) or the last share of days, kept 16 days away from training where
        the data allow; decides which epoch's network is returned. 0 keeps the last epoch.
    model : Model, optional
        Continue from this model: its network, statistics and windows (fine-tuning).
    dims : mapping, optional
        Axes that cannot be found from attributes and names: ``{"T": "t", "Y": "j", "X": "i"}``.
    seed : int
        Randomness of starting weights, of the order of windows and of dropout; the same seed gives the same model.
    progress : bool
        Show a bar with loss and time left.

    Returns
    -------
    Model
        New; pass it to ``reconstruct``, ``model.save(path)``.

    Raises
    ------
    KeyError
        A variable is not there; the nearest name is suggested.
    ValueError
        Axes are missing or uneven, a window does not fit, nothing is observed, too few days.

    Examples
    --------
    >>> import xdvn
    >>> ds = xdvn.osse.Twin.small().make()
    >>> model = xdvn.fit(ds, "ssh_obs", truth="ssh", patch={"time": 5}, epochs=1, validation=0, progress=False)
    >>> model.spec.variables[0].name
    'ssh'
    """
    began = time.monotonic()
    names = name_pairs(obs, truth)
    for seen, true in names:
        if tracks is None or seen != true:
            require_variable(ds, true, "observed" if seen == true else "truth")
    first = names[0][1]
    axes = model.spec.axes if model is not None else find_axes(ds[first] if first in ds else ds, dims)
    ds = in_memory(with_cells(ds, tracks, [seen for seen, _ in names], axes), names)
    check_training_data(ds, names, covariates, supervised=truth is not None)
    if model is None:
        sizes = window_sizes(patch, axes.dims, [ds[names[0][0]].sizes[d] for d in axes.dims])
        split = Holdout.of(ds, axes, validation, sizes[0])
        spec = survey(ds, names, axes, split.train, sizes, overlap, valid, covariates, Target(target))
    else:
        if covariates:
            raise ValueError(f"model= brings its own covariates; leave out covariates={list(covariates)}")
        spec = model.spec
        split = Holdout.of(ds, axes, validation, spec.patch[0])
    if tracks is not None:
        spec = replace(spec, variables=tuple(replace(v, along_track=v.obs in tracks.variables) for v in spec.variables))
    spec = spec.with_obs_error(obs_error)
    spec.check(ds)
    mapper = model.first_guess if model is not None and first_guess is None else first_guess
    record = read_record(
        ds, names, spec, split, supervised=truth is not None, valid=valid, tracks=tracks, mapper=mapper, retake=retake,
        n_retakes=n_retakes, batch_size=batch_size, augmentation=augmentation, seed=seed, progress=progress,
    )  # fmt: skip
    turns, packed = record.batches, record.packed
    operator = IdentityOperator() if packed.offsets is None else SubcellOperator()
    network = network_of(net, None if model is None else model.net, spec, operator, jax.random.key(seed))
    loss = loss_of(loss, window_weights(spec, packed.valid.shape, loss_weights), operator, truth is not None)
    epochs = turns.default_epochs(_UPDATES) if epochs is None else epochs
    updates = turns.updates(epochs)
    optimiser = default_optimiser(-(-updates // accumulate)) if optimiser is None else optimiser
    if accumulate > 1:
        optimiser = optax.MultiSteps(optimiser, accumulate).gradient_transformation()
    bar = TrainingBar(updates, progress)
    # Not the key of the starting weights, which would tie what is dropped to them.
    key = jax.random.fold_in(jax.random.key(seed), 1)
    batches = turns.training(epochs, np.random.default_rng(seed))
    work = (packed.values, record.familiar, spec, loss, epochs, batch_size, accumulate, seed, augmentation, retake)
    keeper = None if checkpoint is None else Checkpoint(checkpoint, fingerprint(*work))
    state = TrainingState.of(network, optimiser)
    state, before = (state, []) if keeper is None else keeper.resume(state)
    batches = itertools.islice(batches, len(before), None)  # those before take their share of the draws
    n, after = len(before) + 1, bar.after_step
    run = train(state, loss, optimiser, batches, turns.validation, key=key, first_epoch=n, after_step=after)
    best, losses, validated = keep_best(run, bar, keeper, before)
    history = History(tuple(losses), tuple(validated), best.epoch, time.monotonic() - began)
    known = with_fits(record.familiar, best.net, next(turns.training(1, np.random.default_rng(seed))))
    return Model(best.net, spec, history, mapper, known)


@kept_programs()
def reconstruct(
    ds: xr.Dataset,
    mapper: AbstractMapper,
    *,
    posterior: AbstractPosterior | None = None,
    samples: bool = False,
    mdt: xr.DataArray | None = None,
    currents: bool = False,
    distances: bool = False,
    **options: Any,
) -> xr.Dataset:
    """Map ``ds`` whole with a trained model or a baseline.

    Parameters
    ----------
    ds : xr.Dataset
        Observations; never changed.
    mapper : AbstractMapper
        A ``Model``, ``OptimalInterpolation(...)``, or your own.
    posterior : AbstractPosterior, optional
        Adds ``<name>_std``, the standard error of each map: ``posteriors.Ensemble()``, ``Laplace``, ``Recalibrated``.
    samples : bool
        Add the posterior's equally likely maps, ``<name>_sample``.
    mdt : xr.DataArray, optional
        Mean dynamic topography, when sea level anomalies are mapped: adds ``adt``, the absolute dynamic topography, and
        makes the currents absolute.
    currents : bool
        Add the geostrophic currents of the reconstructed sea surface height (``topography.surface_currents``).
    distances : bool
        Add to each map the distance to the nearest observation of the same day [km], and the time to the nearest one
        of the same cell [days] (``grid.ancillary.with_distances``).
    **options
        Passed to ``mapper.reconstruct``, such as ``batch_size=`` and ``progress=`` of a Model.

    Returns
    -------
    xr.Dataset
        Complete maps with the caller's dimensions, order, coordinates, units and global attributes, a flag
        ``<name>_observed`` for each, and a line more in ``history``. What belongs to a map is named in its
        ``ancillary_variables`` (CF).

    Raises
    ------
    TypeError
        ``mapper`` is no mapper.
    ValueError
        The Dataset does not fit the mapper, or the mean dynamic topography not the maps; the message tells what to do.
    """
    if not isinstance(mapper, AbstractMapper):
        raise TypeError(
            f"reconstruct needs a Model or another mapper, got {type(mapper).__name__}; "
            "train one with ds.dvn.fit(...), or read one with xdvn.load(path)"
        )
    from xdvn import __version__

    if samples and posterior is None:
        raise ValueError("samples=True asks a posterior: reconstruct(..., posterior=Ensemble(), samples=True)")
    maps = (
        mapper.reconstruct(ds, **options)
        if posterior is None
        else posterior.reconstruct(ds, mapper, samples=samples, **options)
    )
    if distances:
        maps = with_distances(maps)
    moving = surface_currents(maps, mdt=mdt).drop_vars("adt", errors="ignore") if currents else {}
    if mdt is not None:
        maps = with_absolute_topography(maps, mdt)
    return with_provenance(maps.assign(moving), ds, f"reconstructed by xdvn {__version__} with {type(mapper).__name__}")


_UPDATES = 1000
