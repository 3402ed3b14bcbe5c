"""Conversions against pint, and ambiguous units."""

import itertools

import numpy as np
import pint
import pytest

from xdvn.grid.units import _UNITS, conversion

PINT = {
    "m": "m", "cm": "cm", "mm": "mm", "km": "km", "m s-1": "m/s", "cm s-1": "cm/s", "K": "kelvin", "degC": "degC",
    "mg m-3": "mg/m**3", "kg m-3": "kg/m**3", "g m-3": "g/m**3",
}  # fmt: skip


@pytest.fixture(scope="module")
def registry():
    return pint.UnitRegistry()


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(PINT, 2)))
def test_conversions_equal_those_of_pint(source, target, registry):
    found = conversion(source, target)
    try:
        expected = registry.Quantity(3.5, PINT[source]).to(PINT[target]).magnitude
    except pint.DimensionalityError:
        assert found is None
        return
    assert np.isclose(found.factor * 3.5 + found.offset, expected, rtol=1e-12)
    spread = conversion(source, target, difference=True)
    assert (spread.factor, spread.offset) == (found.factor, 0)


def test_spellings_of_one_unit_and_unknown_units():
    assert not conversion("metres", "m").changes_values
    assert not conversion(" furlong", "furlong").changes_values
    assert conversion("psu", "1e-3") is None
    assert conversion("days", "m") is None


@pytest.mark.parametrize("unit", sorted(_UNITS))
def test_round_trips(unit):
    for other in _UNITS:
        forward = conversion(unit, other)
        if forward is not None:
            inverse = conversion(other, unit)
            assert np.isclose(inverse.factor * (forward.factor * 2.0 + forward.offset) + inverse.offset, 2.0)
