"""Units that can be converted with certainty: another spelling, another length, another speed, another temperature.

    value in the target unit = factor * value + offset

Only what has one meaning is in the table; every other pair of units is refused where it is met, never guessed. A
spread (a standard deviation) has no offset, and neither has an anomaly of temperature. Called by ``Variable``.
Unidata UDUNITS-2 names: doi:10.5065/D6KD1WN0.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Conversion", "conversion"]


class Conversion(NamedTuple):
    """``value -> factor * value + offset``."""

    factor: float
    offset: float

    @property
    def changes_values(self) -> bool:
        """False where the two units are spellings of one."""
        return self != (1.0, 0.0)


class _Unit(NamedTuple):
    kind: str
    factor: float
    offset: float = 0.0


def _spelt(unit: _Unit, *names: str) -> dict[str, _Unit]:
    return dict.fromkeys(names, unit)


_UNITS: dict[str, _Unit] = {
    **_spelt(_Unit("length", 1.0), "m", "metre", "metres", "meter", "meters"),
    **_spelt(_Unit("length", 1e-2), "cm", "centimetre", "centimetres", "centimeter", "centimeters"),
    **_spelt(_Unit("length", 1e-3), "mm", "millimetre", "millimetres", "millimeter", "millimeters"),
    **_spelt(_Unit("length", 1e3), "km", "kilometre", "kilometres", "kilometer", "kilometers"),
    **_spelt(_Unit("speed", 1.0), "m s-1", "m/s", "m s^-1", "m.s-1", "meter second-1", "meters/second"),
    **_spelt(_Unit("speed", 1e-2), "cm s-1", "cm/s", "cm s^-1", "cm.s-1"),
    **_spelt(_Unit("temperature", 1.0), "K", "kelvin", "Kelvin", "degK", "deg_K", "degree_kelvin", "degrees_kelvin"),
    **_spelt(
        _Unit("temperature", 1.0, 273.15),
        "degC", "deg_C", "celsius", "Celsius", "degree_C", "degrees_C", "degree_Celsius", "degrees_Celsius",
        "degree_celsius", "degrees_celsius", "°C",
    ),
    **_spelt(_Unit("concentration", 1e-6), "mg m-3", "mg/m3", "mg m^-3", "mg.m-3", "milligram m-3", "mg/m^3"),
    **_spelt(_Unit("concentration", 1e-3), "g m-3", "g/m3", "g m^-3", "g/m^3"),
    **_spelt(_Unit("concentration", 1.0), "kg m-3", "kg/m3", "kg m^-3", "kg/m^3"),
    **_spelt(_Unit("share", 1.0), "1", "", "dimensionless"),
    **_spelt(_Unit("share", 1e-2), "%", "percent"),
}  # fmt: skip


def conversion(source: str, target: str, *, difference: bool = False) -> Conversion | None:
    """Return how values in one unit become values in another; None where that is not certain.

    Parameters
    ----------
    source, target : str
        Units as in a ``units`` attribute.
    difference : bool
        The values are differences or spreads: an offset between the units does not apply.

    Examples
    --------
    >>> conversion("cm", "m"), conversion("meters", "m").changes_values
    (Conversion(factor=0.01, offset=0.0), False)
    >>> conversion("degC", "K").offset, conversion("degC", "K", difference=True).offset
    (273.15, 0.0)
    >>> conversion("m", "furlong") is None
    True
    """
    source, target = source.strip(), target.strip()
    if source == target:
        return Conversion(1.0, 0.0)
    mine, theirs = _UNITS.get(source), _UNITS.get(target)
    if mine is None or theirs is None or mine.kind != theirs.kind:
        return None
    offset = 0.0 if difference else (mine.offset - theirs.offset) / theirs.factor
    return Conversion(mine.factor / theirs.factor, offset)
