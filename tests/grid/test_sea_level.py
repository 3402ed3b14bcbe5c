"""Absolute dynamic topography and sea level anomalies are not mixed."""

import pytest

from xdvn.grid.sea_level import ABSOLUTE, ANOMALIES, check_same_height, is_height


def test_equal_or_unknown_heights_are_accepted():
    for a, b in [(ABSOLUTE, ABSOLUTE), ANOMALIES, (None, ABSOLUTE), ("sea_water_salinity", ABSOLUTE)]:
        check_same_height("a", {"standard_name": a}, "b", {"standard_name": b})
    check_same_height("a", {}, "b", {})


@pytest.mark.parametrize("anomaly", ANOMALIES)
def test_an_anomaly_is_not_an_absolute_height(anomaly):
    cure = r"as the truth. Use ds.assign\("
    expected = rf"'sla' is a sea level anomaly .*: expected a height above the geoid .*{cure}sla=.*absolute_topography"
    with pytest.raises(ValueError, match=expected):
        check_same_height("sla", {"standard_name": anomaly}, "the truth", {"standard_name": ABSOLUTE})
    expected = rf"'adt' is a height above the geoid .*: expected a sea level anomaly .*{cure}adt=.*sea_level_anomaly"
    with pytest.raises(ValueError, match=expected):
        check_same_height("adt", {"standard_name": ABSOLUTE}, "the truth", {"standard_name": anomaly})


def test_standard_names_of_heights():
    assert is_height({"standard_name": ABSOLUTE})
    assert not is_height({"standard_name": f"{ABSOLUTE} standard_error"})
