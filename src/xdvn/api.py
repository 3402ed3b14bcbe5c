"""The verbs ``fit``, ``reconstruct`` and ``score`` on Datasets, which resolve their arguments and call lower layers."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
import xarray as xr

from xdvn._version import __version__
from xdvn.core.compilation import computation, to_single
from xdvn.core.losses import AbstractLoss
from xdvn.core.networks.fourdvarnet import AbstractNetwork
from xdvn.core.observations import IdentityOperator, SubcellOperator
from xdvn.core.training import Progress, TrainingState, train
from xdvn.grid.ancillary import add_distances, add_provenance
from xdvn.grid.axes import find_axes, require_variable, without_single
from xdvn.grid.coordinates import LongitudeShift
from xdvn.grid.matching import match_grids
from xdvn.grid.patches import Target, Windows
from xdvn.grid.spec import GridSpec
from xdvn.grid.static_fields import mask_on_grid_of
from xdvn.grid.time_chunks import with_one_chunking
from xdvn.grid.time_split import TimeSplit
from xdvn.inference.solve import FitDiagnostics
from xdvn.mapper import AbstractMapper, AbstractPosterior, variable_named
from xdvn.metrics import BlockBootstrap, along_track_scores, gridded_scores
from xdvn.model import History, Model
from xdvn.ocean.topography import add_absolute_topography, surface_currents
from xdvn.tracks.binning import add_gridded_observations
from xdvn.training.checkpoint import Checkpoint, fingerprint
from xdvn.training.checks import check_training_data, pair_variables
from xdvn.training.collocation import check_collocation
from xdvn.training.defaults import LossMaker, NetworkMaker, VariableWeights, resolve_loss, resolve_network
from xdvn.training.loader import WindowLoader, load_if_small
from xdvn.training.progress import TrainingBar, run_and_keep_best
from xdvn.training.resampling import AbstractResampling
from xdvn.training.settings import Training

__all__ = ["fit", "reconstruct", "score"]


@computation()
def fit(
    ds: xr.Dataset,
    obs: str | Sequence[str],
    *,
    truth: str | Sequence[str] | None = None,
    tracks: xr.Dataset | None = None,
    obs_error: float | str | Sequence[float | str] | None = None,
    covariates: Sequence[str] = (),
    ocean_mask: xr.DataArray | None = None,
    validation: slice | float = 0.15,
    dims: Mapping[str, str] | None = None,
    first_guess: AbstractMapper | None = None,
    network: AbstractNetwork | NetworkMaker | None = None,
    loss: AbstractLoss | LossMaker | VariableWeights | None = None,
    windows: Windows | Mapping[str, int] | None = None,
    resampling: AbstractResampling | None = None,
    training: Training | Mapping[str, Any] | None = None,
    init_from: Model | None = None,
    progress: bool = True,
) -> Model:
    """Train a model that maps ``obs``, with a truth or without one.

    The network minimises the error of its maps against ``truth``. If ``truth`` is None, part of the observations is
    withheld and the network minimises the misfit there. The arguments form three groups:

    - data: ``obs`` to ``dims``;
    - method: ``first_guess``, ``network``, ``loss``, ``windows``;
    - training: ``resampling``, ``training``, ``init_from``, ``progress``.

    Parameters
    ----------
    ds : xr.Dataset
        Training data: observations, NaN where there are none, and the complete truth. Never changed.
    obs : str or sequence of str
        Names of the observed variables.
    truth : str or sequence of str, optional
        Names of the complete variables, in the same order. If None, maps keep the names of the observations.
    tracks : xr.Dataset, optional
        Along-track measurements on one dimension, with variables named as in ``obs`` and coordinates named as
        the dimensions of ``ds``. They are used at their own positions and times instead of in grid cells. First guesses
        use cells: those of ``ds``, or cell means of the measurements where ``ds`` has none.
    obs_error : float, str or sequence, optional
        Standard deviation of the observation errors in the variable's unit, or the name of a variable of ``ds``
        (or ``tracks``) that holds it; one for each of ``obs``. Misfits are divided by it. If None, all observations
        have equal weight.
    covariates : sequence of str
        Variables or coordinates of ``ds`` that are known everywhere, on some of its dimensions (depth,
        latitude), or ``"dayofyear"``. The network reads them; they enter no loss and no augmentation.
    ocean_mask : xr.DataArray, optional
        Booleans on the horizontal dimensions, True at sea. If None, the cells in which the truth is ever known;
        without a truth, all cells.
    validation : slice or float
        Time labels (``slice("2013-08-20", None)``) or the last fraction of days, kept 16 days away from the
        training days where the data allow. The epoch with the lowest validation loss is returned. 0 returns the last
        epoch. Default: 0.15.
    dims : mapping, optional
        Axes that are not identified from attributes and names: ``{"T": "t", "Y": "j", "X": "i"}``.
    first_guess : AbstractMapper, optional
        Mapper whose map each solve starts from, such as ``OptimalInterpolation(...)``; saved with the model
        and run again by ``reconstruct``. Half of the training windows start from a map made without the days after
        them. If None, solves start from the training mean.
    network : AbstractNetwork or callable, optional
        A network, or a function ``network(channels, ndim, key=key)`` that makes one. If None,
        ``FourDVarNet.default``.
    loss : AbstractLoss, callable or VariableWeights, optional
        A loss; a function that makes one from the weights inside a window, such as ``GaussianNLL``; or
        ``training.VariableWeights({"sst": 0.1})``. If None, squared errors of the field and of its differences, with
        the largest weight at the window's centre; without a truth, squared misfits to the withheld observations.
    windows : Windows or mapping, optional
        How fields are cut into windows, or the window sizes alone: ``{"time": 15, "lat": 32, "lon": 32}``.
        ``Windows(target="last")`` trains for near-real-time maps.
    resampling : AbstractResampling, optional
        How the data are observed once more during training: ``training.ShuffleMasks()``,
        ``PerturbObservations(std)``, ``WithholdObservations()``. If None, the data are used as they are; without a
        truth, ``WithholdObservations()``.
    training : Training or mapping, optional
        Epochs, batches, optimiser, checkpoint and seed; see ``Training``.
    init_from : Model, optional
        Continue from this model: its network, statistics and windows (fine-tuning).
    progress : bool
        Show a bar with loss and time left.

    Returns
    -------
    Model
        A new model, for ``reconstruct`` and ``model.save(path)``.

    Raises
    ------
    KeyError
        A variable is missing; the nearest name is suggested.
    ValueError
        Axes are missing or uneven, a window does not fit, nothing is observed, too few days.

    Examples
    --------
    >>> import xdvn
    >>> ds = xdvn.osse.Twin.small().make()
    >>> once = xdvn.Training(epochs=1)
    >>> model = xdvn.fit(ds, "ssh_obs", truth="ssh", windows={"time": 5}, training=once, validation=0, progress=False)
    >>> model.spec.variables[0].name
    'ssh'
    """
    started = time.monotonic()
    settings, windows, supervised = Training.of(training), Windows.of(windows), truth is not None

    # Checks
    pairs = pair_variables(obs, truth)
    observed = [name for name, _ in pairs]
    for name, true in pairs:
        if tracks is None or name != true:
            require_variable(ds, true, "observed" if name == true else "truth")
    first = pairs[0][1]
    axes = init_from.spec.axes if init_from is not None else find_axes(ds[first] if first in ds else ds, dims)
    ds = without_single(ds, [name for pair in pairs for name in pair], axes.dims)
    if init_from is None:
        shift = LongitudeShift.contiguous(ds, axes.space[-1])
    else:
        shift = LongitudeShift.between(init_from.spec.land.coords[-1], ds, axes.space[-1])
    if shift is not None:
        if ocean_mask is not None:
            ocean_mask = shift.apply(mask_on_grid_of(ocean_mask, ds[first if first in ds else observed[0]], axes))
        ds = shift.apply(ds)
    ds = load_if_small(add_gridded_observations(ds, tracks, observed, axes), pairs)
    check_training_data(ds, pairs, covariates, supervised=supervised)

    # What the model expects of a Dataset
    if init_from is None:
        sizes = windows.sizes(axes.dims, [ds[observed[0]].sizes[d] for d in axes.dims])
        split = TimeSplit.from_dataset(ds, axes, validation, sizes[0])
        spec = GridSpec.from_dataset(
            ds, pairs, axes, split.train, sizes, windows.overlap, ocean_mask, covariates, Target(windows.target)
        )
    else:
        if covariates:
            raise ValueError(f"covariates={list(covariates)}: expected none with init_from=, which has its own")
        spec = init_from.spec
        split = TimeSplit.from_dataset(ds, axes, validation, spec.patch[0])
        first_guess = init_from.first_guess if first_guess is None else first_guess
    if tracks is not None:
        spec = spec.with_tracks([name for name in observed if name in tracks.variables])
    spec = spec.with_obs_error(obs_error)
    spec.check(ds)
    check_collocation(ds, pairs, axes)

    # Batches, network and loss
    loader = WindowLoader.of(
        ds, pairs, spec, split, settings, supervised=supervised, ocean_mask=ocean_mask, tracks=tracks,
        first_guess=first_guess, resampling=resampling, progress=progress,
    )  # fmt: skip
    example, seed = loader.example, settings.seed
    operator = IdentityOperator() if example.offsets is None else SubcellOperator()
    trained = None if init_from is None else init_from.network
    network = to_single(resolve_network(network, trained, spec, operator, jax.random.key(seed)))
    loss = to_single(resolve_loss(loss, spec, example.ocean_mask.shape, operator, supervised))

    # Training
    epochs = settings.n_epochs(loader.batches_per_epoch)
    n_batches = loader.n_batches(epochs)
    optimiser = settings.make_optimiser(n_batches)
    state = TrainingState.of(network, optimiser)
    checkpoint: Checkpoint | None = None
    before: list[Progress] = []
    if settings.checkpoint is not None:
        numbers = (epochs, settings.batch_size, settings.accumulation_steps, seed)
        decisive = (example.values, loader.training_domain, spec, loss, *numbers, settings.augmentation, resampling)
        checkpoint = Checkpoint(settings.checkpoint, fingerprint(*decisive))
        state, before = checkpoint.resume(state)
    batches = loader.training(epochs, np.random.default_rng(seed))
    batches = itertools.islice(batches, len(before), None)  # those before take their share of the random numbers
    bar = TrainingBar(n_batches, progress)
    # Not the key of the initial weights, so that dropout does not depend on them.
    key = jax.random.fold_in(jax.random.key(seed), 1)
    run = train(
        state, loss, optimiser, batches, loader.validation, key=key, first_epoch=len(before) + 1,
        after_step=bar.after_step,
    )  # fmt: skip
    best, losses, validated = run_and_keep_best(run, bar, checkpoint, before)

    history = History(tuple(losses), tuple(validated), best.epoch, time.monotonic() - started)
    fits = FitDiagnostics.of_training(best.network, next(loader.training(1, np.random.default_rng(seed))))
    domain = loader.training_domain.with_fits(fits.misfit, fits.prior_residual)
    return Model(best.network, spec, history, first_guess, domain)


@computation()
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
    """Map ``ds`` with a trained model or a baseline method.

    Parameters
    ----------
    ds : xr.Dataset
        Observations; never changed.
    mapper : AbstractMapper
        A ``Model``, ``OptimalInterpolation(...)``, or your own mapper.
    posterior : AbstractPosterior, optional
        Adds ``<name>_std``, the standard error of each map: ``uncertainty.Ensemble()``, ``Laplace``, ``Calibrated``.
    samples : bool
        Add the posterior's samples, ``<name>_sample``. Default: False.
    mdt : xr.DataArray, optional
        Mean dynamic topography [m], if the maps are sea level anomalies. Adds the absolute dynamic topography ``adt``
        and makes the currents absolute.
    currents : bool
        Add the geostrophic currents of the sea surface height (``ocean.surface_currents``). Default: False.
    distances : bool
        Add the distance to the nearest observation of the same day [km] and the time to the nearest observation of the
        same cell [days] (``grid.ancillary.add_distances``). Default: False.
    **options
        Arguments of ``mapper.reconstruct``, such as ``batch_size=``, ``tracks=`` and ``progress=`` of a Model.

    Returns
    -------
    xr.Dataset
        Complete maps with the dimensions, coordinates, units and global attributes of ``ds``, a flag
        ``<name>_observed`` for each, and a new line in ``history``. The ``ancillary_variables`` of a map (CF) name
        its flag, errors and distances.

    Raises
    ------
    TypeError
        ``mapper`` is not a mapper.
    ValueError
        The Dataset does not fit the mapper, or the mean dynamic topography does not fit the maps.
    """
    if not isinstance(mapper, AbstractMapper):
        raise TypeError(
            f"mapper={type(mapper).__name__}: expected a Model or another mapper. Train one with ds.dvn.fit(...), or "
            "load one with xdvn.load(path)"
        )
    if samples and posterior is None:
        raise ValueError("samples=True requires posterior=, for example posterior=Ensemble()")
    maps = (
        mapper.reconstruct(ds, **options)
        if posterior is None
        else posterior.reconstruct(ds, mapper, samples=samples, **options)
    )
    if distances:
        maps = add_distances(maps)
    moving = surface_currents(maps, mdt=mdt).drop_vars("adt", errors="ignore") if currents else {}
    if mdt is not None:
        maps = add_absolute_topography(maps, mdt)
    note = f"reconstructed by xdvn {__version__} with {type(mapper).__name__}"
    return with_one_chunking(add_provenance(maps.assign(moving), ds, note))


def score(
    ds: xr.Dataset,
    truth: xr.DataArray,
    *,
    name: str | None = None,
    mean: xr.DataArray | None = None,
    bootstrap: BlockBootstrap | None = None,
) -> xr.Dataset:
    """Score a reconstruction against a gridded truth or an independent track.

    Parameters
    ----------
    ds : xr.Dataset
        Maps, as ``reconstruct`` returns them.
    truth : xr.DataArray
        The complete field; or measurements on one dimension with coordinates of time, latitude and longitude.
    name : str, optional
        Variable of ``ds``. If None, the one named as the truth, or the only candidate.
    mean : xr.DataArray, optional
        Mean field on the horizontal dimensions: adds ``mu_anomaly``, 1 - RMSE / RMS(truth - mean).
    bootstrap : BlockBootstrap, optional
        Adds a confidence interval to every score.

    Returns
    -------
    xr.Dataset
        mu, sigma, lambda_x, lambda_t and more, on the times and cells that maps and truth share
        (``grid.matching.match_grids``); see ``metrics.gridded_scores`` and, for a track,
        ``metrics.along_track_scores``. Attributes count the scored ``cells`` of the truth and the ``cells_outside``
        the maps.

    Raises
    ------
    KeyError
        The variable is missing.
    ValueError
        Maps and truth share no coordinates or are on different grids, or ``mean`` is given for a track.
    """
    mapped = variable_named(ds, truth.name) if name is None else require_variable(ds, name, "reconstructed")
    if truth.ndim == 1:
        if mean is not None:
            raise ValueError("mean=: expected a gridded truth, got a track. Leave mean= out")
        return along_track_scores(mapped, truth, bootstrap=bootstrap)
    shared = [str(d) for d in truth.dims if d in mapped.dims]
    maps, target = match_grids(mapped, truth, shared, ("maps", "truth"), whole=False)
    scores = gridded_scores(maps, target, mean=mean, bootstrap=bootstrap)
    known, scored = (int(da.notnull().sum()) for da in (truth, target))
    return scores.assign_attrs(cells=scored, cells_outside=known - scored)
