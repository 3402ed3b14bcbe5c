"""Conversions between unambiguous units.

    value in the target unit = factor * value + offset

The offset does not apply to standard deviations and anomalies. Unit names follow Unidata UDUNITS-2,
doi:10.5065/D6KD1WN0.
"""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Conversion", "conversion", "likely_unit", "scale_message"]


class Conversion(NamedTuple):
    """The conversion ``factor * value + offset``."""

    factor: float
    offset: float

    @property
    def changes_values(self) -> bool:
        """Whether values change, False for two spellings of one unit."""
        return self != (1.0, 0.0)


class _Unit(NamedTuple):
    kind: str
    factor: float
    offset: float = 0.0


def _names(unit: _Unit, *names: str) -> dict[str, _Unit]:
    return dict.fromkeys(names, unit)


_UNITS: dict[str, _Unit] = {
    **_names(_Unit("length", 1.0), "m", "metre", "metres", "meter", "meters"),
    **_names(_Unit("length", 1e-2), "cm", "centimetre", "centimetres", "centimeter", "centimeters"),
    **_names(_Unit("length", 1e-3), "mm", "millimetre", "millimetres", "millimeter", "millimeters"),
    **_names(_Unit("length", 1e3), "km", "kilometre", "kilometres", "kilometer", "kilometers"),
    **_names(_Unit("speed", 1.0), "m s-1", "m/s", "m s^-1", "m.s-1", "meter second-1", "meters/second"),
    **_names(_Unit("speed", 1e-2), "cm s-1", "cm/s", "cm s^-1", "cm.s-1"),
    **_names(_Unit("temperature", 1.0), "K", "kelvin", "Kelvin", "degK", "deg_K", "degree_kelvin", "degrees_kelvin"),
    **_names(
        _Unit("temperature", 1.0, 273.15),
        "degC", "deg_C", "celsius", "Celsius", "degree_C", "degrees_C", "degree_Celsius", "degrees_Celsius",
        "degree_celsius", "degrees_celsius", "°C",
    ),
    **_names(_Unit("concentration", 1e-6), "mg m-3", "mg/m3", "mg m^-3", "mg.m-3", "milligram m-3", "mg/m^3"),
    **_names(_Unit("concentration", 1e-3), "g m-3", "g/m3", "g m^-3", "g/m^3"),
    **_names(_Unit("concentration", 1.0), "kg m-3", "kg/m3", "kg m^-3", "kg/m^3"),
    **_names(_Unit("share", 1.0), "1", "", "dimensionless"),
    **_names(_Unit("share", 1e-2), "%", "percent"),
}  # fmt: skip


def conversion(source: str, target: str, *, difference: bool = False) -> Conversion | None:
    """Return the conversion from one unit to another, None if it is ambiguous or impossible.

    Parameters
    ----------
    source, target : str
        Units as in a ``units`` attribute.
    difference : bool
        Whether the values are differences or standard deviations, so that an offset does not apply.

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
    old, new = _UNITS.get(source), _UNITS.get(target)
    if old is None or new is None or old.kind != new.kind:
        return None
    offset = 0.0 if difference else (old.offset - new.offset) / new.factor
    return Conversion(old.factor / new.factor, offset)


def likely_unit(target: str, factor: float, offset: float) -> str | None:
    """Return the unit of values that are ``factor`` times those in the target unit, or differ by ``offset``.

    Examples
    --------
    >>> likely_unit("m", 97.0, 3.0), likely_unit("K", 1.0, -272.9), likely_unit("psu", 100.0, 0.0)
    ('cm', 'degC', None)
    """
    for name in _UNITS:
        change = conversion(name, target)
        if change is None or not change.changes_values:
            continue
        same_factor = factor > 0 and abs(math.log(factor * change.factor)) < math.log(1.5)
        if same_factor and abs(offset + change.offset / change.factor) < 5 or same_factor and not change.offset:
            return name
    return None


_FACTORS = {100.0: "cm and m, or percent", 1000.0: "mm and m, or g and kg"}
_KELVIN = 273.15


def scale_message(name: str, factor: float, offset: float, other: str) -> str:
    """Return a message if values are in another unit than others, by their ratio or difference; "" if they are not.

    Parameters
    ----------
    name, other : str
        Name of the values, and text that names the others.
    factor : float
        Values divided by the others, such as the slope of a regression. Ratios within a factor of 1.5 of 100, 1000 or
        their reciprocals are found.
    offset : float
        Mean difference of the values from the others, found within 5 of 273.15.

    Examples
    --------
    >>> scale_message("ssh_obs", 103.0, 1.2, "the truth 'ssh'")
    "'ssh_obs' is about 100 times the truth 'ssh', as in cm and m, or percent: expected one unit."
    >>> scale_message("sst", 1.0, -273.0, "the truth")
    "'sst' differs from the truth by -273 on average, as degC and K do: expected one unit."
    >>> scale_message("ssh_obs", 3.0, 0.1, "the truth")
    ''
    """
    for usual, example in _FACTORS.items():
        for ratio, text in ((usual, f"{usual:g} times"), (1 / usual, f"1/{usual:g} of")):
            if factor > 0 and abs(math.log(factor / ratio)) < math.log(1.5):
                return f"{name!r} is about {text} {other}, as in {example}: expected one unit."
    if abs(abs(offset) - _KELVIN) < 5:
        return f"{name!r} differs from {other} by {offset:.3g} on average, as degC and K do: expected one unit."
    return ""
