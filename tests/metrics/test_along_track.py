"""Along-track scores against an independent code of the challenge, closed forms, and the excluded points."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.interpolate import interp1d
from scipy.signal import welch

from xdvn.metrics import BlockBootstrap, TrackSegments, along_track_scores

START = np.datetime64("2017-01-01")


def maps(seed=0, days=12, std=0.3):
    """Return smooth maps in the box 295..305, 33..43."""
    lat, lon, t = 33 + 0.25 * np.arange(41), 295 + 0.25 * np.arange(41), np.arange(days)
    rng = np.random.default_rng(seed)
    field = np.zeros((days, 41, 41))
    for _ in range(12):
        ky, kx, w, phase = rng.normal(0, 1.5), rng.normal(0, 1.5), rng.normal(0, 0.2), rng.uniform(0, 2 * np.pi)
        field += np.cos(ky * lat[:, None] + kx * lon + (w * t)[:, None, None] + phase)
    coords = {
        "time": pd.date_range(START, periods=days, unit="ns"),
        "lat": ("lat", lat, {"units": "degrees_north"}),
        "lon": ("lon", lon, {"units": "degrees_east"}),
    }
    field = std * field / field.std() + 0.5
    return xr.DataArray(field, coords, ("time", "lat", "lon"), name="ssh", attrs={"units": "m"})


def passes(days=12, per_day=3, seed=0, south=32.5, north=43.5):
    """Return slanted tracks at 1 Hz that cross the box."""
    rng = np.random.default_rng(seed)
    n = 200
    t, lat, lon = [], [], []
    for day in range(days):
        for i in range(per_day):
            t.append((day + (i + rng.uniform(0.1, 0.7)) / per_day) * 86400 + 0.9434 * np.arange(n))
            lat.append(np.linspace(south, north, n))
            lon.append(rng.uniform(294, 304) + np.linspace(0, 2, n))
    t, lat, lon = map(np.concatenate, (t, lat, lon))
    time = START.astype("datetime64[ns]") + (t * 1e9).astype("timedelta64[ns]")
    coords = {
        "time": ("point", time),
        "latitude": ("point", lat, {"units": "degrees_north"}),
        "longitude": ("point", lon, {"units": "degrees_east"}),
    }
    return xr.DataArray(np.zeros(t.size), coords, ("point",), name="ssh", attrs={"units": "m"})


def measured(field, noise=0.05, seed=0, **options):
    """Return a field interpolated by xarray to tracks, with white noise."""
    track = passes(**options)
    places = {"time": track.time, "lat": track.latitude, "lon": track.longitude}
    inside = field.interp(places, method="linear").fillna(0.5)
    rng = np.random.default_rng(seed + 100)
    return track.copy(data=inside.values + noise * rng.normal(size=track.size))


def challenge(field, track, minimum=10):
    """Return the scores of the challenge, computed with pandas, loops, welch and interp1d."""
    inside = (track.longitude >= 295.25) & (track.longitude <= 304.75)
    inside &= (track.latitude >= 33.25) & (track.latitude <= 42.75)
    track = track[inside.values]
    mapped = field.interp(time=track.time, lat=track.latitude, lon=track.longitude).values
    finite = np.isfinite(mapped)
    ssh, mapped, time = track.values[finite], mapped[finite], track.time.values[finite]
    squares = pd.DataFrame({"e": (ssh - mapped) ** 2, "y": ssh**2}, index=pd.DatetimeIndex(time)).resample("1D")
    mean, count = squares.mean(), squares["e"].count()
    daily = (1 - np.sqrt(mean["e"] / mean["y"]))[count >= minimum]
    dx = 0.9434 * 6.77
    npt = int(1000 / dx)
    jumps = np.flatnonzero(np.diff(time) > np.timedelta64(4, "s"))
    pieces = []
    for track_no, end in enumerate(jumps):
        begin = jumps[track_no - 1] if track_no else 0
        if end - begin >= npt:
            pieces += [slice(i, i + npt) for i in range(begin, end - npt, int(0.25 * npt))]
    ref = np.concatenate([ssh[p] for p in pieces])
    study = np.concatenate([mapped[p] for p in pieces])
    k, psd_ref = welch(ref, fs=1 / dx, nperseg=npt, noverlap=0)
    _, psd_diff = welch(study - ref, fs=1 / dx, nperseg=npt, noverlap=0)
    with np.errstate(divide="ignore"):
        scale = float(interp1d(1 - psd_diff / psd_ref, 1 / k)(0.5))
    return daily.mean(), daily.std(ddof=0), scale, len(pieces)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4])
def test_scores_equal_those_of_the_challenge(seed):
    truth, other = maps(seed), maps(seed + 5, std=0.04)
    track = measured(truth, seed=seed)
    reconstruction = (truth + other - 0.5).assign_attrs(units="m")
    scores = along_track_scores(reconstruction, track)
    mu, sigma, scale, n = challenge(reconstruction, track)
    assert float(scores.mu) == pytest.approx(mu, abs=1e-10)
    assert float(scores.sigma) == pytest.approx(sigma, abs=1e-10)
    if np.isfinite(scale):
        assert float(scores.lambda_x) == pytest.approx(scale, rel=1e-8)
    else:  # the challenge interpolates between wavenumber 0 and the next
        assert np.isnan(float(scores.lambda_x))
        assert "beyond the length of a segment" in scores.lambda_x.attrs["reason"]
    assert np.isfinite(scale) == (seed != 2)
    assert scores.attrs["segments"] == n > 10
    assert 0.5 < mu < 0.95
    assert sigma > 0.002


def test_mu_is_the_mean_of_days_not_pooled():
    """Two days of unequal error have mu = (score_1 + score_2) / 2."""
    field = maps(days=3) * 0 + 2.0
    field.attrs["units"] = "m"
    track = passes(days=2)
    day = track.time.dt.floor("D") > START
    track = track.copy(data=np.where(day, 2.5, 4.0))
    scores = along_track_scores(field, track)
    assert float(scores.mu) == pytest.approx((0.5 + 0.8) / 2)
    assert float(scores.sigma) == pytest.approx(0.15)
    np.testing.assert_allclose(scores.score_by_day, [0.5, 0.8])
    n = {d: int((scored_points(track) & (day.values == d)).sum()) for d in (False, True)}
    pooled = np.sqrt((n[False] * 2.0**2 + n[True] * 0.5**2) / (n[False] + n[True]))
    assert float(scores.rmse) == pytest.approx(pooled)


def scored_points(track, rim=0.25):
    lon, lat = track.longitude.values, track.latitude.values
    return (lon >= 295 + rim) & (lon <= 305 - rim) & (lat >= 33 + rim) & (lat <= 43 - rim)


def test_trilinear_interpolation_is_exact_for_trilinear_fields():
    field = maps(days=4)
    t = (field.time - field.time[0]) / np.timedelta64(1, "D")
    field = (1 + 0.3 * t + 0.2 * field.lat - 0.01 * field.lon * field.lat).transpose("time", "lat", "lon")
    field.attrs["units"] = "m"
    track = passes(days=3)
    days = (track.time - field.time[0]) / np.timedelta64(1, "D")
    values = 1 + 0.3 * days + 0.2 * track.latitude - 0.01 * track.longitude * track.latitude
    scores = along_track_scores(field, track.copy(data=values.values))
    assert float(scores.mu) == pytest.approx(1, abs=1e-9)
    assert float(scores.rmse) < 1e-8


def test_order_longitudes_and_names_do_not_matter():
    field, track = maps(0), measured(maps(1))
    expected = along_track_scores(field, track)
    west = (track.longitude + 180) % 360 - 180
    for change in (
        lambda m, t: (m.isel(lat=slice(None, None, -1), lon=slice(None, None, -1)), t),
        lambda m, t: (m.transpose("lon", "time", "lat"), t),
        lambda m, t: (m, t.assign_coords(longitude=west.assign_attrs(units="degrees_east"))),
        lambda m, t: (m.assign_coords(lon=("lon", m.lon.values - 360, {"units": "degrees_east"})), t),
        lambda m, t: (m, t.rename(latitude="lat", longitude="lon")),
        lambda m, t: (m, t.swap_dims(point="time")),
        lambda m, t: (m.chunk(time=3), t),
    ):
        scores = along_track_scores(*change(field, track))
        for name in ("mu", "sigma", "lambda_x"):
            assert float(scores[name]) == pytest.approx(float(expected[name]), rel=1e-6, nan_ok=True), name


@pytest.mark.parametrize("order", ["as stored", "sorted"])
@pytest.mark.parametrize("middle", [0.0, 180.0])
def test_maps_across_the_cut_of_longitudes(middle, order):
    field, track = maps(0), measured(maps(1))
    expected = along_track_scores(field, track)
    turn = middle - float(field.lon.mean())
    for wrap in (lambda x: x % 360, lambda x: (x + 180) % 360 - 180):
        across = field.assign_coords(lon=("lon", wrap(np.round(field.lon.values + turn, 9)), field.lon.attrs))
        across = across.sortby("lon") if order == "sorted" else across
        moved = track.assign_coords(longitude=wrap(track.longitude + turn).assign_attrs(track.longitude.attrs))
        scores = along_track_scores(across, moved)
        assert scores.attrs["points"] == expected.attrs["points"]
        assert float(scores.mu) == pytest.approx(float(expected.mu), rel=1e-6)


@pytest.mark.parametrize("west", [0.0, -180.0, -90.0])
def test_a_global_map_is_interpolated_across_its_ends(west):
    """A track along a parallel around the globe: the map is linear between neighbouring longitudes everywhere."""
    lon = west + np.arange(0.0, 360, 5)
    wave = np.cos(np.deg2rad(lon)) + np.zeros((2, 3, 1))
    coords = {"time": [0.0, 1.0], "lat": [10.0, 20.0, 30.0], "lon": ("lon", lon, {"units": "degrees_east"})}
    field = xr.DataArray(wave, coords, ("time", "lat", "lon"))
    at = np.arange(0.0, 360, 0.1)
    exact = np.interp(at, np.arange(0.0, 361, 5), np.cos(np.deg2rad(np.arange(0.0, 361, 5))))
    places = {"time": np.linspace(0, 0.9, at.size), "latitude": np.full(at.size, 20.0), "longitude": at}
    track = xr.DataArray(exact, {n: ("point", v) for n, v in places.items()}, ("point",))
    scores = along_track_scores(field, track)
    assert scores.attrs["points"] == at.size
    assert float(scores.rmse) < 1e-9
    box = along_track_scores(field, track, box={"lon": slice(-10, 10)}, rim=0.0)
    assert box.attrs["points"] == ((at <= 10) | (at >= 350)).sum()


def test_excluded_points_are_counted():
    field, track = maps(0), measured(maps(0))
    scores = along_track_scores(field, track)
    assert scores.attrs["points"] == scored_points(track).sum() - late(track)
    assert scores.attrs["points"] + scores.attrs["points_outside"] == track.size
    assert scores.attrs["points_unmapped"] == 0
    n_all = scores.attrs["points"]
    holes = field.where(~((field.lat > 36) & (field.lat < 38)))
    scores = along_track_scores(holes, track)
    assert scores.attrs["points_unmapped"] > 100
    smaller = along_track_scores(field, track, box={"lat": slice(35, 40), "lon": slice(-63, -57)}, rim=0.0)
    lon, lat = track.longitude.values, track.latitude.values
    inside = (lon >= 297) & (lon <= 303) & (lat >= 35) & (lat <= 40) & (track.time <= field.time[-1]).values
    assert smaller.attrs["points"] == inside.sum()
    gaps = track.copy()
    gaps[::5] = np.nan
    assert along_track_scores(field, gaps).attrs["points"] == pytest.approx(0.8 * n_all, rel=0.01)


def late(track):
    return int((scored_points(track) & (track.time > START + np.timedelta64(11, "D")).values).sum())


def test_days_with_few_points_have_no_score():
    field, track = maps(0), measured(maps(0))
    few = track.where((track.time.dt.dayofyear != 3) | (track.latitude > 42.65), drop=True)
    scores = along_track_scores(field, few)
    assert np.isnan(scores.score_by_day.values[2])
    assert "fewer than 10 points" in scores.score_by_day.attrs["reason"]
    assert float(scores.mu) == pytest.approx(np.nanmean(scores.score_by_day))
    none = along_track_scores(field, few, min_per_day=10_000)
    assert np.isnan(float(none.mu))
    assert "no day has 10000 points" in none.mu.attrs["reason"]


def test_scale_reasons():
    field, track = maps(0), measured(maps(0), noise=0.0)
    scores = along_track_scores(field, track)
    assert np.isnan(float(scores.lambda_x))
    assert "all scales of the grid are resolved" in scores.lambda_x.attrs["reason"]
    short = along_track_scores(field, track, segments=TrackSegments(length=3000))
    assert "no track contains a segment of 3000 km" in short.lambda_x.attrs["reason"]
    zero = (field * 0).assign_attrs(units="m")
    assert "no scale is resolved" in along_track_scores(zero, track).lambda_x.attrs["reason"]


def test_noise_of_a_known_spectrum():
    """A perfect map against tracks with white noise has mu = 1 - noise / RMS."""
    truth = maps(3, std=0.3)
    scores = along_track_scores(truth, measured(truth, noise=0.1, per_day=6))
    signal = np.sqrt(float((truth**2).mean()) + 0.1**2)
    assert float(scores.rmse) == pytest.approx(0.1, rel=0.02)
    assert float(scores.mu) == pytest.approx(1 - 0.1 / signal, abs=0.03)


def test_parity_affects_segments_and_not_mu():
    field, track = maps(0), measured(maps(1))
    corrected = along_track_scores(field, track, segments=TrackSegments(parity=False))
    parity = along_track_scores(field, track)
    assert corrected.attrs["segments"] > parity.attrs["segments"]
    assert float(corrected.mu) == float(parity.mu)


def test_intervals():
    field, track = maps(0, days=30), measured(maps(0, days=30), noise=0.15, days=30)
    scores = along_track_scores(field, track, bootstrap=BlockBootstrap(block_days=5, n=60))
    for name in ("mu", "rmse", "lambda_x"):
        assert float(scores[f"{name}_low"]) < float(scores[name]) < float(scores[f"{name}_high"]), name
    assert float(scores.mu_high - scores.mu_low) < 0.1


def test_the_file_of_the_challenge():
    """The challenge publishes CryoSat-2 with longitudes 0..360 and a dimension named time."""
    paths = sorted(Path(os.environ.get("XDVN_DATA_DIR", "nowhere")).rglob("l3_c2_subset.nc"))
    if not paths:
        pytest.skip("l3_c2_subset.nc is not below XDVN_DATA_DIR")
    with xr.open_dataset(paths[0]) as ds:
        ds = ds.load()
    ssh = (ds.sla_unfiltered + ds.mdt - ds.lwe).assign_attrs(units="m")
    ssh.longitude.attrs, ssh.latitude.attrs = ds.longitude.attrs, ds.latitude.attrs
    field = (maps(days=40) * 0).assign_attrs(units="m").assign_coords(time=START + np.arange(-13, 27).astype("m8[D]"))
    scores = along_track_scores(field, ssh)
    assert scores.attrs["points"] > 700
    assert float(scores.mu) == pytest.approx(0, abs=1e-12)  # a map of zeros


def test_every_score_has_attributes():
    scores = along_track_scores(maps(0), measured(maps(1)))
    assert set(scores.data_vars) == {"mu", "sigma", "rmse", "score_by_day", "spectral_score", "lambda_x"}
    for da in scores.data_vars.values():
        assert {"units", "long_name", "perfect", "orientation"} <= set(da.attrs)
    assert scores.lambda_x.attrs["units"] == "km"
    assert scores.rmse.attrs["units"] == "m"


def test_errors_name_a_cure():
    field, track = maps(0), measured(maps(1))
    with pytest.raises(ValueError, match=r"none of the 7200 points .*latitudes -43.5 to -32.5, expected 33 to 43"):
        along_track_scores(field, track.assign_coords(latitude=-track.latitude.assign_attrs(units="degrees_north")))
    with pytest.raises(ValueError, match="the track has no point: expected one or more. Check its box"):
        along_track_scores(field, track[:0])
    with pytest.raises(ValueError, match=r"\('time', 'lat', 'lon'\): expected one, with .*Convert grids with da.stack"):
        along_track_scores(field, field)
    with pytest.raises(
        ValueError, match=r"no coordinate for latitude .*: expected one. Use .*\(latitude=\('point', values\)\)"
    ):
        along_track_scores(field, track.drop_vars("latitude"))
    with pytest.raises(ValueError, match="is in 'm', the truth 'ssh' in 'cm'"):
        along_track_scores(field, track.assign_attrs(units="cm"))
    with pytest.raises(
        ValueError, match="float64 in the maps and datetime64.* in the track: expected dates in both. Decode"
    ):
        along_track_scores(field.assign_coords(time=np.arange(12.0)), track)
    with pytest.raises(ValueError, match="are NaN at all of the .* points .*Check the maps"):
        along_track_scores((field * np.nan).assign_attrs(units="m"), track)
    with pytest.raises(ValueError, match=r"'member', .*: expected time, latitude and longitude"):
        along_track_scores(field.expand_dims(member=2), track)
    with pytest.raises(ValueError, match=r"box= has the dimensions \['latitude'\]: expected some of \('lat', 'lon'\)"):
        along_track_scores(field, track, box={"latitude": slice(33, 43)})
