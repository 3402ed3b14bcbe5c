"""`compare`: all methods get the same observations without the truth, and the table equals `score`."""

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

import xdvn
from xdvn.baselines import CholeskyAnalysis, Climatology, LinearInTime, Persistence
from xdvn.comparison import compare
from xdvn.mapper import AbstractMapper, variable_named
from xdvn.osse import Twin


@pytest.fixture(scope="module")
def twin() -> xr.Dataset:
    return Twin.small(days=20).make()


METHODS = {
    "linear": LinearInTime("ssh_obs", name="ssh"),
    "OI": xdvn.OptimalInterpolation("ssh_obs", analysis=CholeskyAnalysis(), signal_std=0.1),
}


@dataclass(frozen=True)
class Spy(AbstractMapper):
    """A mapper that fails if its input contains the truth."""

    def reconstruct(self, ds: xr.Dataset) -> xr.Dataset:
        assert "ssh" not in ds
        return ds[["ssh_obs"]].fillna(0.0)


def test_the_table_equals_score_and_the_maps_equal_reconstruct(twin):
    maps, table = compare(twin, "ssh", METHODS, mean=twin.ssh_front, errors=True, progress=False)
    assert table["method"].values.tolist() == ["linear", "OI"]
    for name, mapper in METHODS.items():
        alone = twin.dvn.reconstruct(mapper)
        scores = xdvn.score(alone, twin.ssh, mean=twin.ssh_front)
        for key in ("mu", "sigma", "rmse", "mu_anomaly", "lambda_x", "lambda_t"):
            assert np.isclose(table[key].sel({"method": name}), scores[key], equal_nan=True), key
            assert table[key].attrs == scores[key].attrs
        assert np.array_equal(maps.ssh.sel({"method": name}).values, variable_named(alone, "ssh").values)
        error = maps.ssh_error.sel({"method": name})
        assert np.isclose(np.sqrt((error.astype(float) ** 2).mean()), scores.rmse)
    assert (table.seconds > 0).all()
    assert maps.ssh.attrs["units"] == maps.ssh_error.attrs["units"] == "m"


def test_the_truth_defines_the_scored_cells_and_is_no_input(twin):
    part = twin.ssh.isel(time=slice(5, 15), lat=slice(2, 9))
    before = twin.copy(deep=True)
    for truth in ("ssh", twin.ssh, part):
        maps, _ = compare(twin, truth, [Spy()])
        assert maps.ssh.sizes == {"method": 1, **(twin.ssh if isinstance(truth, str) else truth).sizes}
    xr.testing.assert_identical(twin, before)


def test_withheld_observations_as_the_truth_keep_their_name(twin):
    """Cross-validation: truth and observations are one variable, each NaN where the other is not."""
    withheld = twin.ssh_obs.notnull() & (twin.lat < float(twin.lat.mean()))
    ds = twin[["ssh_obs"]].where(~withheld)
    maps, table = compare(
        ds, twin.ssh_obs.where(withheld), [Persistence("ssh_obs"), Climatology.from_data(ds, "ssh_obs")]
    )
    expected = np.sqrt(((maps.ssh_obs - twin.ssh_obs.where(withheld)) ** 2).mean(["time", "lat", "lon"]))
    np.testing.assert_allclose(table.rmse, expected, rtol=1e-5)
    text = str(xdvn.comparison.Comparison(maps, table))
    assert "lambda_x" not in text, "no column without any number"


def test_existing_maps_are_compared_with_their_errors(twin):
    existing = twin.dvn.reconstruct(METHODS["OI"], error=True, progress=False)
    maps, table = twin.dvn.compare(twin.ssh, {"existing": existing, "linear": METHODS["linear"]}, progress=False)
    assert np.array_equal(maps.ssh_std.sel({"method": "existing"}).values, existing.ssh_obs_std.values)
    assert maps.ssh_std.sel({"method": "linear"}).isnull().all()
    assert table.seconds.isnull().values.tolist() == [True, False]


def test_the_format_of_the_table(twin):
    result = twin.dvn.compare("ssh", METHODS, mean=twin.ssh_front, progress=False)
    head, *rows = str(result).splitlines()
    assert head.split()[:3] == ["method", "mu", "sigma"]
    assert "rmse [m]" in head
    assert "lambda_x [degrees]" in head
    assert len({len(line) for line in (head, *rows)}) == 1
    assert rows[1].split()[1] == f"{float(result.table.mu[1]):.3f}"
    lines = result.to_markdown().splitlines()
    assert lines[0].startswith("| method | mu | sigma | mu_anomaly | rmse [m] |")
    assert lines[1].startswith("| --- | ---: |")
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["linear", "OI"]
    nothing = result.table.assign(
        lambda_x=result.table.lambda_x.where(result.table.method == "none"),
        sigma=result.table.sigma.where(result.table.method == "OI"),
    )
    assert "| - |" in xdvn.comparison.Comparison(result.maps, nothing).to_markdown()


def test_the_map_among_ancillary_variables(twin):
    maps = twin.dvn.reconstruct(METHODS["OI"], error=True, progress=False)
    assert variable_named(maps, "ssh").name == "ssh_obs"
    assert variable_named(twin[["ssh", "ssh_obs"]], "ssh").name == "ssh"
    with pytest.raises(ValueError, match=r"expected one map, got \['ssh', 'ssh_obs'\]\. Choose one with name="):
        variable_named(twin[["ssh", "ssh_obs"]], "sst")


def test_errors_name_the_cure(twin):
    with pytest.raises(ValueError, match=r"methods=\[\]: expected at least one mapper\. Pass e\.g\. \{'OI': "):
        compare(twin, "ssh", [])
    with pytest.raises(ValueError, match=r"\['LinearInTime', 'LinearInTime'\]: expected different names\. Pass a map"):
        compare(twin, "ssh", [LinearInTime("ssh_obs"), LinearInTime("ssh_obs")])
    with pytest.raises(KeyError, match="did you mean 'ssh'"):
        compare(twin, "shh", METHODS)
