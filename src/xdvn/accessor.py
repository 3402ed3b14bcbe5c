"""The ``.dvn`` accessor of a Dataset: the verbs of xdvn as methods, with the signatures of the functions.

The accessor has no state. jax, cartopy and the other large packages load when a method is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import xarray as xr

if TYPE_CHECKING:
    from cartopy.feature import Feature
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from shapely.geometry.base import BaseGeometry

    from xdvn.comparison import Comparison
    from xdvn.core.losses import AbstractLoss
    from xdvn.core.networks.fourdvarnet import AbstractNetwork
    from xdvn.grid.axes import Axes as GridAxes
    from xdvn.grid.patches import Windows
    from xdvn.mapper import AbstractMapper, AbstractPosterior
    from xdvn.metrics import BlockBootstrap
    from xdvn.model import Model
    from xdvn.training.defaults import LossMaker, NetworkMaker, VariableWeights
    from xdvn.training.resampling import AbstractResampling
    from xdvn.training.settings import Training

__all__ = ["DvnAccessor"]


@xr.register_dataset_accessor("dvn")
class DvnAccessor:
    """Gap filling on a Dataset.

    Examples
    --------
    >>> import xarray as xr, xdvn
    >>> ds = xdvn.osse.Twin.small().make()
    >>> ds.dvn.axes.describe()
    'T=time, Y=lat, X=lon'
    """

    def __init__(self, ds: xr.Dataset) -> None:
        self._ds = ds

    @property
    def axes(self) -> GridAxes:
        """Names of the time, Y and X dimensions."""
        from xdvn.grid.axes import find_axes

        return find_axes(self._ds)

    def fit(
        self,
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
        from xdvn.api import fit

        return fit(
            self._ds,
            obs,
            truth=truth,
            tracks=tracks,
            obs_error=obs_error,
            covariates=covariates,
            ocean_mask=ocean_mask,
            validation=validation,
            dims=dims,
            first_guess=first_guess,
            network=network,
            loss=loss,
            windows=windows,
            resampling=resampling,
            training=training,
            init_from=init_from,
            progress=progress,
        )

    def reconstruct(
        self,
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
        from xdvn.api import reconstruct

        return reconstruct(
            self._ds,
            mapper,
            posterior=posterior,
            samples=samples,
            mdt=mdt,
            currents=currents,
            distances=distances,
            **options,
        )

    def score(
        self,
        truth: xr.DataArray,
        *,
        name: str | None = None,
        mean: xr.DataArray | None = None,
        bootstrap: BlockBootstrap | None = None,
    ) -> xr.Dataset:
        """Score a reconstruction against a gridded truth or an independent track.

        Parameters
        ----------
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
        from xdvn.api import score

        return score(self._ds, truth, name=name, mean=mean, bootstrap=bootstrap)

    def currents(self, name: str | None = None, mdt: xr.DataArray | None = None) -> xr.Dataset:
        """Return the geostrophic currents of a Dataset's sea surface height.

        Parameters
        ----------
        name : str, optional
            Variable. If None, the one with the CF standard_name of a sea surface height.
        mdt : xr.DataArray, optional
            Mean dynamic topography, if the heights are anomalies. Adds ``adt``; the currents are then absolute and ``eke``
            is that of the anomalies.

        Returns
        -------
        xr.Dataset
            ``u``, ``v``, ``speed``, ``vorticity``, ``vorticity_over_f``, ``strain``, ``eke`` as in
            ``geostrophic_currents``, and ``adt`` if there is an ``mdt``.

        Raises
        ------
        KeyError
            If there is no variable of that name.
        ValueError
            If not exactly one variable is a sea surface height, or as in ``absolute_topography`` and
            ``geostrophic_currents``.

        Examples
        --------
        >>> import numpy as np, xarray as xr, xdvn
        >>> coords = {"time": [0, 1], "lat": [30.0, 31.0, 32.0], "lon": [0.0, 1.0, 2.0]}
        >>> attrs = {"units": "m", "standard_name": "sea_surface_height_above_geoid"}
        >>> ds = xr.Dataset({"ssh": (("time", "lat", "lon"), np.zeros((2, 3, 3)), attrs)}, coords)
        >>> sorted(ds.dvn.currents())
        ['eke', 'speed', 'strain', 'u', 'v', 'vorticity', 'vorticity_over_f']
        """
        from xdvn.ocean.topography import surface_currents

        return surface_currents(self._ds, name, mdt)

    def compare(
        self,
        truth: str | xr.DataArray,
        methods: Mapping[str, AbstractMapper | xr.Dataset] | Sequence[AbstractMapper],
        *,
        mean: xr.DataArray | None = None,
        errors: bool = False,
        progress: bool = True,
    ) -> Comparison:
        """Map ``ds`` by several methods and score them against the truth.

        Parameters
        ----------
        truth : str or xr.DataArray
            The complete field, NaN where it is not scored, or its name in ``ds``. Scores and maps are on its days and
            cells: ``ds["ssh"].isel(time=split.evaluation)``. The methods do not receive it.
        methods : mapping or sequence
            Mappers by their names in the table, or a sequence of mappers, named by their classes. A Dataset of maps
            (``ds.dvn.reconstruct(oi, error=True)``) can replace a mapper; its time is NaN in the table.
        mean : xr.DataArray, optional
            Mean field on the horizontal dimensions: adds ``mu_anomaly``.
        errors : bool
            Add ``<name>_error``, map minus truth.
        progress : bool
            Show the progress bars of the methods.

        Returns
        -------
        Comparison
            ``maps`` contains ``<name>`` (method, ...) and ``<name>_std`` if a method has it. ``table`` contains mu, sigma,
            rmse, lambda_x, lambda_t, mu_anomaly and seconds, where available.

        Raises
        ------
        KeyError
            A variable is missing.
        ValueError
            There is no method, two have the same name, or maps and truth do not fit.

        Examples
        --------
        >>> import xdvn
        >>> ds = xdvn.osse.Twin.small().make()
        >>> result = xdvn.compare(ds, "ssh", [xdvn.baselines.LinearInTime("ssh_obs"), xdvn.OptimalInterpolation("ssh_obs")])
        >>> result.table.method.values.tolist(), bool(result.table.mu[1] > result.table.mu[0])
        (['LinearInTime', 'OptimalInterpolation'], True)
        """
        from xdvn.comparison import compare

        return compare(self._ds, truth, methods, mean=mean, errors=errors, progress=progress)

    def plot(
        self,
        *names: str,
        truth: xr.DataArray | None = None,
        observations: xr.DataArray | None = None,
        time: Any = None,
        ax: Axes | None = None,
        land: Feature | BaseGeometry | bool = True,
    ) -> Figure:
        """Draw variables of a Dataset, side by side: grids and swaths as maps, tracks as points, sections as diagrams.

        Variables with the same units and standard name (a truth, its observations, a reconstruction) share a colour scale.
        A grid of one row or column is a section: a Hovmöller diagram if there are several times, otherwise a line.

        Parameters
        ----------
        *names : str
            Variables to draw. If none, the floats of the first kind found: maps in time, maps, tracks, sections, lines.
            Offsets and distances of observations are excluded.
        truth, observations : xr.DataArray, optional
            Truth and observations, drawn with the variables of the same units and standard name, or with ``names``. Rows
            below contain the errors and the ``<name>_std``.
        time : optional
            Nearest instant to draw: a date such as ``"2012-11-03"`` (also for cftime calendars), or a position such as -1.
            A list or a slice draws one map per instant, at most 12. If None, the middle of the time series.
        ax : matplotlib Axes, optional
            Axes that the panels replace in their figure. If None, a new figure.
        land : cartopy Feature, shapely geometry (in degrees), True (bundled outline) or False (none)
            Land to draw.

        Returns
        -------
        matplotlib Figure
            A figure with one panel per variable.

        Raises
        ------
        KeyError
            There is no variable of this name. The message suggests the nearest one.
        ValueError
            There is nothing to draw, or the instant is outside the period.

        Examples
        --------
        >>> import numpy as np, xarray as xr, xdvn
        >>> import matplotlib.pyplot as plt
        >>> lat, lon = np.arange(34.0, 38), np.arange(-65.0, -60)
        >>> ds = xr.Dataset({"ssh": (("time", "lat", "lon"), np.zeros((2, 4, 5)), {"units": "m"})},
        ...                 {"time": np.array(["2020-01-01", "2020-01-02"], "datetime64[ns]"), "lat": lat, "lon": lon})
        >>> figure = ds.dvn.plot()
        >>> [ax.get_title() for ax in figure.axes]
        ['ssh']
        >>> plt.close(figure)
        """
        from xdvn.plot import overview

        return overview(self._ds, *names, truth=truth, observations=observations, time=time, ax=ax, land=land)

    def __repr__(self) -> str:
        """Return a summary: axes, variables, coverage and the next step."""
        from xdvn.grid.describe import summarise

        return summarise(self._ds).text()

    def _repr_html_(self) -> str:
        """Return the same as an HTML table for notebooks."""
        from xdvn.grid.describe import summarise

        return summarise(self._ds).html()
