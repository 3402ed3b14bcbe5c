"""Synthetic data to draw, a closed network, and figures that are closed after each test."""

import socket

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    """Refuse all network access, because plots must not download, even in ``savefig``."""

    def refuse(*args, **kwargs):
        raise OSError("no network in this test")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def ssh():
    """Return sea surface height [m] of five days in a box of the Gulf Stream, with different values."""
    lat, lon = np.arange(34.0, 39, 0.5), np.arange(-66.0, -60, 0.5)
    values = np.linspace(-0.4, 0.9, 5 * lat.size * lon.size).reshape(5, lat.size, lon.size)
    return xr.DataArray(
        values,
        dims=("time", "lat", "lon"),
        name="ssh",
        coords={
            "time": np.datetime64("2012-10-22T12:00", "ns") + np.arange(5) * np.timedelta64(1, "D"),
            "lat": lat,
            "lon": lon,
        },
        attrs={"units": "m", "long_name": "sea surface height", "standard_name": "sea_surface_height_above_geoid"},
    )
