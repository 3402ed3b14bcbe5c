"""Twin experiments: a simulated ocean, observed by nadir altimeters and SWOT."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from tqdm import tqdm

from xdvn.dynamics import TwoLayerQG
from xdvn.osse.orbits import ENVISAT, GFO, JASON1, SWOT, TOPEX_INTERLEAVED, Mission
from xdvn.osse.sampling import along_track, resample, sample
from xdvn.osse.swaths import along_swath
from xdvn.osse.temperature import TemperatureProxy
from xdvn.tracks.binning import bin_files, bin_points

__all__ = ["BOX", "Twin", "observe_with_swot"]


BOX = {"lat": slice(33.0, 43.0), "lon": slice(-65.0, -55.0)}
"""Gulf Stream box of the challenge, for ``maps.sel(BOX)``."""

_KM_PER_DEGREE = 111.32
_DAYS_PER_CHUNK = 30  # a year of the swath is eight million points
_COOLING = 1.2  # across the Gulf Stream [degC per degree of latitude]
_SST = {"standard_name": "sea_surface_temperature", "units": "degC"}
_SSH = {"standard_name": "sea_surface_height_above_geoid", "units": "m"}
_AXES: dict[str, dict[str, str]] = {
    "time": {"standard_name": "time", "long_name": "time", "axis": "T"},
    "lat": {"standard_name": "latitude", "long_name": "latitude", "units": "degrees_north", "axis": "Y"},
    "lon": {"standard_name": "longitude", "long_name": "longitude", "units": "degrees_east", "axis": "X"},
}


@dataclass(frozen=True)
class Twin:
    """Settings of a twin experiment. On one machine, equal settings give equal Datasets.

    A two-layer quasi-geostrophic model simulates the eddies. Its imposed current adds a mean front
    ``-(f0 U_1 / g)(y - y_mid)`` to the sea surface height, similar to the Gulf Stream. Tracks sample the grid of the
    model; truth and daily mean observations are on one regular grid.

    Parameters
    ----------
    seed : int
        Seed of the simulation, and by default of orbits and noise.
    days : int
        Length of the Dataset [days].
    start : str
        First calendar day.
    lat, lon : (float, float)
        First and last grid value [degrees]. The box must fit into the period of the model, by default 11.5 degrees of
        latitude and 14.6 of longitude.
    spacing : float
        Grid spacing in latitude and longitude [degrees].
    missions : tuple of Mission
        Altimeters. Default: the four nadir altimeters of the challenge.
    noise : float
        Standard deviation of the white noise of each measurement [m].
    orbit_seed : int, optional
        Seed of the phase of the tracks and of the noise. If None, ``seed``.
    spin_up : int
        Days of simulation before the start.
    model : TwoLayerQG
        Model of the ocean.
    sst : bool
        Whether to add a complete temperature field, stirred by the eddies (``TemperatureProxy``).

    Raises
    ------
    ValueError
        If a length is not positive or the box does not fit into the period of the model.

    References
    ----------
    SSH mapping data challenge 2020a, https://github.com/ocean-data-challenges/2020a_SSH_mapping_NATL60
    (doi:10.24400/527896/a01-2020.002).

    Examples
    --------
    A small ocean, simulated in about two seconds:

    >>> dict(Twin.small().make().sizes)
    {'time': 14, 'lat': 16, 'lon': 16}
    """

    seed: int = 0
    days: int = 365
    start: str = "2012-10-01"
    lat: tuple[float, float] = (32.4, 43.6)
    lon: tuple[float, float] = (-65.6, -54.4)
    spacing: float = 0.2
    missions: tuple[Mission, ...] = (JASON1, TOPEX_INTERLEAVED, ENVISAT, GFO)
    noise: float = 0.0
    orbit_seed: int | None = None
    spin_up: int = 300
    model: TwoLayerQG = TwoLayerQG()
    sst: bool = False

    def __post_init__(self) -> None:
        if self.days < 2 or self.spin_up < 0 or not self.spacing > 0:
            raise ValueError(
                f"days={self.days}, spin_up={self.spin_up}, spacing={self.spacing}: expected at least 2 days, "
                "a spin_up of 0 or more days and a positive spacing. Use e.g. days=30."
            )
        for name in ("lat", "lon"):
            (low, high), period = getattr(self, name), self._periods[name]
            if not 0 < high - low <= period - self.spacing:
                raise ValueError(
                    f"{name}={(low, high)}: expected an increasing box within the period of {period:.2f} degrees. "
                    "Use a smaller box, or model=TwoLayerQG(n=256, length=2560e3)."
                )

    @property
    def json(self) -> str:
        """All settings as text, stored in the Dataset."""
        settings = dataclasses.asdict(self)
        if not self.sst:
            del settings["sst"]  # keeps the text of earlier versions
        return json.dumps(settings, sort_keys=True)

    @property
    def coords(self) -> dict[str, xr.Variable]:
        """Coordinates of the grid: noon of each day, and the box with both ends."""
        noon = pd.Timestamp(self.start) + pd.Timedelta("12h")
        values = {"time": pd.date_range(noon, periods=self.days).values.astype("datetime64[ns]")}
        for name in ("lat", "lon"):
            low, high = getattr(self, name)
            values[name] = np.round(low + self.spacing * np.arange(round((high - low) / self.spacing) + 1), 9)
        return {name: xr.Variable(name, v, _AXES[name]) for name, v in values.items()}

    @property
    def temperature(self) -> TemperatureProxy:
        """Temperature of the simulated ocean, smoothed by half a grid step."""
        step = self.spacing * _KM_PER_DEGREE * 1e3
        return TemperatureProxy(self.model, _COOLING / (_KM_PER_DEGREE * 1e3), 18.0, step / 2)

    @classmethod
    def small(cls, seed: int = 0, days: int = 14) -> Twin:
        """Return a small experiment: 48 x 48 points of 10 km, two weeks, a 3-degree box, in two seconds."""
        sea = TwoLayerQG(n=48, length=480e3)
        return cls(seed=seed, days=days, lat=(33.0, 36.0), lon=(-65.0, -62.0), spin_up=60, model=sea)

    def make(self, *, progress: bool = False) -> xr.Dataset:
        """Run the model and return truth and observations on the grid.

        Parameters
        ----------
        progress : bool
            Whether to show a progress bar.

        Returns
        -------
        xr.Dataset
            On (time, lat, lon), all float32: ``ssh``, the truth at noon [m]; ``ssh_front`` (lat, lon), its constant
            part [m]; ``ssh_obs``, the mean of the measurements in each cell and calendar day [m], NaN without any, with
            ``ssh_obs_offset_time``, ``_lat`` and ``_lon`` as in ``bin_points``. With ``sst=True`` also ``sst`` at noon
            [degC].
        """
        coords = self.coords
        run = self._run(progress)
        grid = xr.Dataset(coords=coords)
        ds = bin_points(self.observe(run["ssh"]), grid)
        front = self.front(grid["lat"]).expand_dims(lon=grid["lon"], axis=1)
        inside = run.isel(time=slice(1, -1)).assign_coords(time=grid["time"])
        target = {k: coords[k].values for k in ("lat", "lon")}
        truth = resample(inside["ssh"], target, periodic=True) + front
        ds = ds.assign(ssh=truth.astype(np.float32), ssh_front=front.astype(np.float32)).assign_coords(coords)
        ds["ssh"].attrs = {**_SSH, "long_name": "sea surface height, truth"}
        ds["ssh_front"].attrs = {**_SSH, "long_name": "sea surface height of the imposed current"}
        ds["ssh_obs"].attrs["long_name"] = "sea surface height, mean of the nadir altimeter measurements in the cell"
        if self.sst:
            north = (grid["lat"] - np.mean(self.lat)) * _KM_PER_DEGREE * 1e3
            sst = resample(inside["sst"], target, periodic=True) + north.copy(data=self.temperature.mean(north.values))
            ds = ds.assign(sst=sst.astype(np.float32)).assign_coords(coords)
            ds["sst"].attrs = {**_SST, "long_name": "sea surface temperature, truth"}
        ds.attrs = {
            "Conventions": "CF-1.11",
            "title": "Twin experiment: two-layer quasi-geostrophic eddies seen by nadir altimeters",
            "twin": self.json,
        }
        first = ["ssh", "ssh_front"]
        return ds[[*first, *(v for v in ds.data_vars if v not in first)]]

    def tracks(self, *, progress: bool = False) -> xr.Dataset:
        """Run the model and return the measurements at their positions and times, before binning.

        Returns
        -------
        xr.Dataset
            ``ssh_obs`` [m] on ``point``, with coordinates ``time``, ``lat``, ``lon`` and ``mission``, in order of time,
            for ``fit(..., tracks=...)``.
        """
        return self.observe(self.simulate(progress=progress)).to_dataset()

    def simulate(self, *, progress: bool = False) -> xr.DataArray:
        """Run the model and return the height of the eddies on its periodic grid.

        Parameters
        ----------
        progress : bool
            Whether to show a progress bar.

        Returns
        -------
        xr.DataArray
            SSH without the front [m] on (time, lat, lon), at noon of each day and of one more day at either end.

        Raises
        ------
        ValueError
            If the time step of the model does not divide a day.
        """
        return self._run(progress)["ssh"]

    def observe(self, ssh: xr.DataArray) -> xr.DataArray:
        """Return along-track measurements of the SSH from ``simulate``, front included, on ``point``."""
        seed = self.seed if self.orbit_seed is None else self.orbit_seed
        random = np.random.default_rng(seed)
        half = self.spacing / 2
        (south, north), (west, east) = self.lat, self.lon
        points = along_track(
            self.missions, self.start, self.days, (south - half, north + half), (west - half, east + half),
            epoch=random.uniform(0, 3650),
        )  # fmt: skip
        eddies = sample(ssh, points, periodic=True, noise=self.noise, seed=int(random.integers(2**31)))
        return (eddies + self.front(points["lat"])).rename("ssh_obs").assign_attrs(_SSH)

    def front(self, lat: xr.DataArray) -> xr.DataArray:
        """Return the height of the imposed current [m] at latitudes, zero in the middle of the box."""
        slope = self.model.coriolis * self.model.shear / self.model.gravity
        return -slope * (lat - np.mean(self.lat)) * _KM_PER_DEGREE * 1e3

    @property
    def _periods(self) -> dict[str, float]:
        """Period of the plane [degrees], for longitudes at the middle latitude of the box."""
        lat = self.model.length / 1e3 / _KM_PER_DEGREE
        return {"lat": lat, "lon": lat / np.cos(np.radians(np.mean(self.lat)))}

    def _run(self, progress: bool) -> xr.Dataset:
        """Return the height of the eddies, and the temperature anomaly if ``sst``."""
        model = self.model
        if 86400 % model.dt:
            raise ValueError(f"dt={model.dt}: expected a divisor of 86400 s. Use dt=2400 or dt=1800.")
        steps = int(86400 / model.dt)
        state = model.random_state(self.seed)
        maps: dict[str, list[np.ndarray]] = {"ssh": [], "sst": []} if self.sst else {"ssh": []}
        with tqdm(total=self.spin_up + self.days + 1, desc="ocean", unit="day", disable=not progress) as bar:
            for day in range(-self.spin_up, self.days + 2):
                if day > -self.spin_up:
                    state = model.advance(state, steps)
                    bar.update()
                if day >= 0:
                    maps["ssh"].append(np.asarray(model.ssh(state)))
                if day >= 0 and self.sst:
                    maps["sst"].append(self.temperature.anomaly(np.asarray(state.q_hat[0])))
        time = pd.date_range(pd.Timestamp(self.start) - pd.Timedelta("12h"), periods=self.days + 2)
        grid = {k: getattr(self, k)[0] + p * np.arange(model.n) / model.n for k, p in self._periods.items()}
        attrs = {"ssh": _SSH, "sst": _SST}
        fields = {name: (("time", "lat", "lon"), np.stack(days), attrs[name]) for name, days in maps.items()}
        return xr.Dataset(fields, coords={"time": time, **grid})


def observe_with_swot(twin: Twin, ssh: xr.DataArray) -> xr.Dataset:
    """Measure the SSH of a twin with its altimeters and SWOT, and bin the measurements to its grid.

    The measurements of the altimeters are the same as without SWOT. The seed of the twin also gives the phase and noise
    of SWOT.

    Parameters
    ----------
    twin : Twin
        The experiment.
    ssh : xr.DataArray
        SSH from ``twin.simulate()``.

    Returns
    -------
    xr.Dataset
        ``ssh_obs`` [m] on the grid of the twin, NaN without measurements, with its offsets as in ``bin_points``.

    Examples
    --------
    >>> twin = Twin.small()
    >>> both = observe_with_swot(twin, twin.simulate()).ssh_obs.notnull().sum()
    >>> bool(both > 2 * twin.make().ssh_obs.notnull().sum())
    True
    """
    grid = xr.Dataset(coords=twin.coords)
    cells = bin_files(_measurements(twin, ssh), grid)
    offsets = [str(v) for v in cells.data_vars if "offset" in str(v)]
    attrs = {"ancillary_variables": " ".join(offsets)}
    attrs["long_name"] = "sea surface height, mean of the nadir altimeter and SWOT measurements in the cell"
    observed = cells["ssh_obs"].assign_attrs(attrs)
    return cells[offsets].assign(ssh_obs=observed)


def _measurements(twin: Twin, ssh: xr.DataArray) -> Iterator[xr.DataArray]:
    yield twin.observe(ssh)
    seed = twin.seed if twin.orbit_seed is None else twin.orbit_seed
    random = np.random.default_rng([seed, 1])  # not the random numbers of the nadir altimeters
    epoch = random.uniform(0, 3650)
    half = twin.spacing / 2
    lat, lon = ((low - half, high + half) for low, high in (twin.lat, twin.lon))
    for first in range(0, twin.days, _DAYS_PER_CHUNK):
        start, days = pd.Timestamp(twin.start) + pd.Timedelta(days=first), min(_DAYS_PER_CHUNK, twin.days - first)
        for points in (
            along_track([SWOT], start, days, lat, lon, epoch=epoch + first),
            along_swath(SWOT, start, days, lat, lon, epoch=epoch + first),
        ):
            eddies = sample(ssh, points, periodic=True, noise=twin.noise, seed=int(random.integers(2**31)))
            yield (eddies + twin.front(points["lat"])).rename("ssh_obs").assign_attrs(ssh.attrs)
