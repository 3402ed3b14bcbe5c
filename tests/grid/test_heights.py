import pytest

from xdvn.grid.heights import ABSOLUTE, ANOMALIES, check_same_height, is_height


def test_alike_or_unknown_heights_pass():
    for a, b in [(ABSOLUTE, ABSOLUTE), ANOMALIES, (None, ABSOLUTE), ("sea_water_salinity", ABSOLUTE)]:
        check_same_height("a", {"standard_name": a}, "b", {"standard_name": b})
    check_same_height("a", {}, "b", {})


@pytest.mark.parametrize("anomaly", ANOMALIES)
def test_an_anomaly_is_no_absolute_height(anomaly):
    with pytest.raises(ValueError, match=r"'sla' is a sea level anomaly .*ds.assign\(sla=.*absolute_topography"):
        check_same_height("sla", {"standard_name": anomaly}, "the truth", {"standard_name": ABSOLUTE})
    with pytest.raises(ValueError, match=r"'adt' is a height above the geoid .*ds.assign\(adt=.*sea_level_anomaly"):
        check_same_height("adt", {"standard_name": ABSOLUTE}, "the truth", {"standard_name": anomaly})


def test_what_a_height_is():
    assert is_height({"standard_name": ABSOLUTE})
    assert not is_height({"standard_name": f"{ABSOLUTE} standard_error"})
