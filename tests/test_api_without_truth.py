"""Learning without a truth, and what else a fit may be told: losses, framings, records observed once more."""

from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from xdvn import Training, Windows
from xdvn.api import fit
from xdvn.baselines import OptimalInterpolation
from xdvn.core.layers.unet import UNet
from xdvn.core.losses import GaussianNLL, SupervisedLoss, VariationalLoss, WithheldLoss
from xdvn.core.networks.feed_forward import ConditionalFeedForwardNetwork, FeedForwardNetwork
from xdvn.core.networks.fixed_point import DeepEquilibriumNetwork
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.grid.axes import find_axes
from xdvn.training import WholeTracks
from xdvn.training.resampling import ObservationSplit, ShuffleMasks, WithholdObservations

QUICK = {"progress": False, "windows": {"time": 5, "lat": 8, "lon": 8}}


def small(channels, ndim, *, key):
    return ConditionalFeedForwardNetwork(UNet(3 * channels, channels, ndim, widths=(8, 8), scale=0.1, key=key))


def test_without_a_truth_better_than_the_mean(small_twin):
    """Nothing complete is ever seen: the truth is not in the Dataset."""
    blind = small_twin.drop_vars(["ssh", "ssh_front"])
    model = fit(
        blind,
        "ssh_obs",
        network=small,
        validation=0,
        resampling=WithholdObservations(n_realisations=3),
        training=Training(epochs=6),
        **QUICK,
    )
    maps = model.reconstruct(blind, progress=False)
    assert maps.ssh_obs.notnull().all()
    assert "ssh_obs_observed" in maps
    mean = model.spec.variables[0].normaliser.mean.on([small_twin.lat.values, small_twin.lon.values])
    error = np.sqrt(((maps.ssh_obs - small_twin.ssh) ** 2).mean())
    assert error < 0.9 * np.sqrt(((small_twin.ssh - mean) ** 2).mean())
    # Tracks say little of each cell: its mean would be that of a few eddies, a plane is not.
    assert np.allclose(np.diff(mean, 2, axis=0), 0, atol=1e-9)


def test_a_first_guess_never_knows_what_was_withheld(small_twin):
    """Were it told, a guess that returns the data where it has them would leave nothing to learn."""
    told = []

    class Spy(OptimalInterpolation):
        def reconstruct(self, ds, **options):
            told.append(int(ds["ssh_obs"].notnull().sum()))
            return super().reconstruct(ds, **options)

    spy = Spy("ssh_obs", noise_ratio=0.1)
    all_seen = int(small_twin.ssh_obs.notnull().sum())
    fit(
        small_twin, "ssh_obs", network=small, first_guess=spy, validation=0, windows={"time": 9}, progress=False,
        resampling=WithholdObservations(WholeTracks(0.3), n_realisations=1), training=Training(epochs=1),
    )  # fmt: skip
    assert 0.5 < max(told) / all_seen < 0.85


def test_a_fit_without_a_truth_validates_on_withheld_observations(small_twin):
    model = fit(
        small_twin,
        "ssh_obs",
        network=small,
        validation=0.3,
        resampling=WithholdObservations(n_realisations=2),
        training=Training(epochs=2),
        **QUICK,
    )
    assert np.isfinite(model.history.validation_loss).all()
    assert len(set(model.history.validation_loss)) == 2


def test_a_truth_and_withheld_observations_together(small_twin):
    def loss(window):
        return SupervisedLoss(window) + 0.5 * WithheldLoss(window)

    options = {
        "resampling": WithholdObservations(n_realisations=2),
        "network": small,
        "validation": 0,
        "training": Training(epochs=2),
    }
    model = fit(small_twin, "ssh_obs", truth="ssh", loss=loss, **options, **QUICK)
    assert model.spec.variables[0].name == "ssh"
    with pytest.raises(ValueError, match="WithheldLoss: got a sample without withheld observations"):
        fit(
            small_twin,
            "ssh_obs",
            truth="ssh",
            loss=loss,
            network=small,
            validation=0,
            training=Training(epochs=1),
            **QUICK,
        )


def test_other_days_take_turns(small_twin):
    options = {"network": small, "validation": 0, "training": Training(epochs=2)}
    plain = fit(small_twin, "ssh_obs", truth="ssh", **options, **QUICK)
    turned = fit(small_twin, "ssh_obs", truth="ssh", resampling=ShuffleMasks(n_realisations=2), **options, **QUICK)
    assert plain.history.loss[0] == pytest.approx(turned.history.loss[0], rel=1e-5)
    assert plain.history.loss[1] != pytest.approx(turned.history.loss[1], rel=1e-3)


def test_covariates_are_neither_withheld_nor_scored(small_twin):
    ds = small_twin.assign(depth=0 * small_twin.ssh.isel(time=0) + small_twin.lat)
    model = fit(
        ds,
        "ssh_obs",
        network=small,
        covariates=["depth"],
        validation=0,
        resampling=WithholdObservations(n_realisations=1),
        training=Training(epochs=1),
        **QUICK,
    )
    assert np.isfinite(model.history.loss).all()


@pytest.mark.parametrize(
    "maker",
    [
        FourDVarNet.default,
        FeedForwardNetwork.default,
        ConditionalFeedForwardNetwork.default,
        DeepEquilibriumNetwork.default,
    ],
)
@pytest.mark.usefixtures("quick_compile")
def test_every_framing_by_the_same_call(small_twin, maker, tmp_path):
    import xdvn

    ds = small_twin.isel(time=slice(12))
    model = fit(ds, "ssh_obs", truth="ssh", network=maker, validation=0, training=Training(epochs=1), **QUICK)
    maps = ds.dvn.reconstruct(model, progress=False)
    model.save(tmp_path / "m.xdvn")
    again = ds.dvn.reconstruct(xdvn.load(tmp_path / "m.xdvn"), progress=False)
    assert np.array_equal(maps.ssh, again.ssh)
    assert np.isfinite(maps.ssh).all()


def test_an_explicit_network_learns_from_its_two_terms_alone(small_twin):
    """A data term and a model term to the first guess: no truth, nothing withheld, as an explicit framing has it."""
    oi = OptimalInterpolation("ssh_obs", scales=(30.0, 3.0, 3.0), noise_ratio=1.0)
    model = fit(
        small_twin, "ssh_obs", network=FeedForwardNetwork.default, loss=VariationalLoss(1.0, 0.02), first_guess=oi,
        validation=0, windows={"time": 5}, resampling=WithholdObservations(n_realisations=1),
        training=Training(epochs=4, batch_size=4), progress=False,
    )  # fmt: skip
    maps = model.reconstruct(small_twin, progress=False).ssh_obs
    misfit = [float(((m - small_twin.ssh_obs) ** 2).mean()) for m in (oi.reconstruct(small_twin).ssh_obs, maps)]
    assert misfit[1] < 0.9 * misfit[0]


def as_tracks(ds):
    """The cells' values as measurements at their centres."""
    points = ds.ssh_obs.stack(point=("time", "lat", "lon")).dropna("point").reset_index("point")
    return points.reset_coords(drop=True).assign_coords({d: points[d] for d in ds.ssh_obs.dims}).to_dataset()


def test_measurements_along_tracks_are_withheld_as_the_cells_they_lie_in(small_twin):
    """At the centres of cells both ways withhold the same, and train the same network."""
    ds = small_twin[["ssh_obs"]]
    # Points have no weight within a window.
    evenly = lambda window: WithheldLoss(jnp.ones_like(window))  # noqa: E731
    options = {
        "loss": evenly, "validation": 0, **QUICK, "training": Training(epochs=1),
        "resampling": WithholdObservations(n_realisations=1),
    }  # fmt: skip
    in_cells = fit(ds, "ssh_obs", **options)
    tracks = as_tracks(ds)
    before = tracks.copy(deep=True)
    along = fit(ds, "ssh_obs", tracks=tracks, **options)
    xr.testing.assert_identical(tracks, before)
    # Weights that no loss depends on go where rounding pushes Adam; losses are what both have in common.
    np.testing.assert_allclose(along.history.loss, in_cells.history.loss, rtol=1e-3)


def test_withheld_measurements_are_those_left_out(small_twin):
    ds, axes = small_twin, find_axes(small_twin.ssh_obs)
    far = as_tracks(ds).assign_coords(lat=lambda d: d.lat.where(np.arange(d.sizes["point"]) > 5, 80.0))
    take = WithholdObservations().draw_tracks(ObservationSplit(ds), far, [("ssh_obs", "ssh_obs")], axes, seed=0)
    shown, withheld = (t.ssh_obs.notnull().values for t in (take.tracks, take.withheld_tracks))
    np.testing.assert_array_equal(shown ^ withheld, np.ones(shown.size, bool))
    assert 0.1 < withheld.mean() < 0.3
    assert shown[:6].all()  # not on the grid, not to judge by
    # A first guess, which reads cells, does not know them either.
    known = as_tracks(take.observed)
    assert not set(zip(*(known[d].values for d in ("time", "lat", "lon")), strict=True)) & set(
        zip(*(far[d].values[withheld] for d in ("time", "lat", "lon")), strict=True)
    )
    with pytest.raises(ValueError, match=r"tracks= lacks the coordinates \['lat'\]"):
        WithholdObservations().draw_tracks(
            ObservationSplit(ds), far.drop_vars("lat"), [("ssh_obs", "ssh_obs")], axes, seed=0
        )


def test_what_does_not_go_together_is_told(small_twin):
    options = {
        "tracks": as_tracks(small_twin),
        "network": small,
        "validation": 0,
        **QUICK,
        "training": Training(epochs=1),
    }
    with pytest.raises(
        ValueError, match=r"ShuffleMasks\(\) resamples cells, not tracks=\. Bin the tracks to the grid, or use W"
    ):
        fit(small_twin, "ssh_obs", truth="ssh", resampling=ShuffleMasks(n_realisations=2), **options)
    for blind in (small, DeepEquilibriumNetwork.default, FeedForwardNetwork.default):
        with pytest.raises(ValueError, match=r"tracks= given: expected gridded observations, .* Bin them with xdvn"):
            fit(small_twin, "ssh_obs", truth="ssh", **{**options, "network": blind})
    with pytest.raises(TypeError, match="expected a network that predicts a variance"):
        fit(
            small_twin,
            "ssh_obs",
            truth="ssh",
            network=small,
            loss=partial(GaussianNLL),
            validation=0,
            training=Training(epochs=1),
            **QUICK,
        )


def test_maps_of_today_do_not_know_tomorrow(small_twin):
    """Neither through the windows nor through the first guess; and only the last time of a window is trained hard."""
    oi = OptimalInterpolation("ssh_obs", name="ssh", noise_ratio=0.1)
    options = {
        "first_guess": oi,
        "network": small,
        "validation": 0,
        "progress": False,
        "windows": Windows({"time": 5}, target="last"),
        "training": Training(epochs=1),
    }
    ds = small_twin.isel(time=slice(16))
    model = fit(ds, "ssh_obs", truth="ssh", **options)
    whole = model.reconstruct(ds, progress=False).ssh
    until = model.reconstruct(ds.isel(time=slice(11)), progress=False).ssh
    np.testing.assert_allclose(whole.isel(time=slice(4, 11)), until.isel(time=slice(4, 11)), atol=1e-5)
    assert float(np.abs(whole.isel(time=0) - oi.reconstruct(ds).ssh.isel(time=0)).max()) > 1e-4
    with pytest.raises(ValueError, match="target='tomorrow': expected 'centre' or 'last'"):
        fit(ds, "ssh_obs", truth="ssh", **{**options, "windows": Windows(target="tomorrow")})
