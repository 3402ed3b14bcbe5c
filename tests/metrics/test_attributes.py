"""Every score has attributes, and every NaN a reason."""

import numpy as np
import pytest

from xdvn.metrics.attributes import ScoreAttributes

SKILL = ScoreAttributes("share of variance explained", "1", 1.0, "higher")


def test_labels():
    da = SKILL.of([0.5, 0.6], "mapper", {"mapper": ["a", "b"]}, reason="not needed")
    assert da.attrs == {
        "units": "1", "long_name": "share of variance explained", "perfect": 1.0, "orientation": "higher",
    }  # fmt: skip
    assert da.dtype == np.float64
    assert float(da.sel(mapper="b")) == 0.6


def test_nan_needs_a_reason():
    assert SKILL.of(np.nan, reason="no data").attrs["reason"] == "no data"
    with pytest.raises(ValueError, match="'share of variance explained' is NaN: expected a reason. Pass reason="):
        SKILL.of([1.0, np.nan], "mapper")


def test_orientation_is_one_of_three():
    with pytest.raises(ValueError, match="orientation='up': expected 'higher', 'lower' or 'closer'"):
        ScoreAttributes("x", "1", 0.0, "up")
