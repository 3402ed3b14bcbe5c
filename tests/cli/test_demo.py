"""The demo on a small sea: the same code as ``xdvn demo``, in seconds."""

import numpy as np
import pytest

from xdvn.__main__ import main
from xdvn.cli import demo
from xdvn.osse import Split, Twin

SMALL = Split(slice(0, 18), slice(4, 18), slice(18, 24), slice(24, 58), slice(58, 80))


@pytest.fixture(scope="module")
def sea():
    return Twin.small(days=80).make()


def test_three_methods_are_mapped_and_scored_on_the_same_days(sea, monkeypatch):
    monkeypatch.setattr(demo, "Split", lambda: SMALL)
    monkeypatch.setattr(demo, "BOX", {"lat": slice(33.4, 35.6), "lon": slice(-64.6, -62.4)})
    messages = []
    with pytest.warns(UserWarning, match="too few days to keep training and validation 16 days apart"):
        maps, model, table = demo.compare_on_twin(sea, epochs=1, progress=False, log=messages.append)
    assert table.method.values.tolist() == ["OI, default scales", "OI, tuned", "xdvn"]
    inside = {"lat": slice(33.4, 35.6), "lon": slice(-64.6, -62.4)}
    truth = sea.ssh.isel(time=SMALL.evaluation).sel(inside)
    for method, name in zip(table.method.values, ("ssh_oi", "ssh_oi_tuned", "ssh"), strict=True):
        assert maps[name].notnull().all()
        rmse = np.sqrt(((maps[name].sel(inside) - truth) ** 2).mean())
        assert np.isclose(table.mu.sel({"method": method}), 1 - rmse / np.sqrt((truth**2).mean()), atol=1e-5)
    assert model.first_guess.noise_ratio < 1
    assert len(messages) == 3
    text = demo._format(table)
    assert text.count("\n") == 3
    assert "lambda_x [deg]" in text


def test_zero_minutes_are_an_error(capsys):
    with pytest.raises(SystemExit):
        main(["demo", "--minutes", "0"])
    assert "--minutes 0: expected a positive number. Use e.g. 3" in capsys.readouterr().err
