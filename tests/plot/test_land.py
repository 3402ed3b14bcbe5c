import numpy as np
import pytest
import shapely

from xdvn.plot.land import land_within


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        (2.3, 48.9, True),
        (-60.0, 38.0, False),
        (51.0, 42.0, False),
        (0.0, -89.0, True),
        (9.0, 40.0, True),
        (18.0, 35.0, False),
    ],
    ids=["Paris", "Sargasso Sea", "Caspian Sea", "South Pole", "Sardinia", "Ionian Sea"],
)
@pytest.mark.parametrize("turn", [-360, 0, 360])
def test_land_is_the_same_in_any_longitude_convention(lon, lat, expected, turn):
    x = lon + turn
    around = land_within(x - 3, x + 3, max(lat - 3, -90), lat + 3)
    assert shapely.contains_xy(around, x, lat) == expected


def test_share_of_land_is_that_of_the_earth():
    # Equal steps of sin(latitude) are equal areas. Land covers 29.2 per cent of the Earth, partly as islands that are
    # too small for the outline.
    lat = np.degrees(np.arcsin(np.linspace(-0.9933, 0.9933, 150)))
    lon = np.linspace(-179.75, 179.75, 180)
    world = land_within(-180, 180, -90, 90)
    shapely.prepare(world)
    share = shapely.contains_xy(world, *np.meshgrid(lon, lat)).mean()
    assert share == pytest.approx(0.292, abs=0.008)


def test_no_seam_at_the_date_line():
    # Chukotka is on both sides of 180 degrees east: one polygon without an edge along the date line.
    chukotka = land_within(170, 190, 65, 69)
    assert shapely.contains_xy(chukotka, 180.0, 68.0)
    largest = max(shapely.get_parts(chukotka), key=shapely.area)
    west, _, east, _ = largest.bounds
    assert west < 179 < 181 < east
    assert shapely.length(shapely.intersection(shapely.boundary(chukotka), shapely.box(179.99, 67, 180.01, 68.5))) == 0


def test_a_turn_around_the_globe_does_not_change_land():
    here, there = land_within(-10, 40, 30, 48), land_within(350, 400, 30, 48)
    assert there.area == pytest.approx(here.area, rel=1e-9)
