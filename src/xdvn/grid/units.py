"""Conversions between unambiguous units.

    value in the target unit = factor * value + offset

The offset does not apply to standard deviations and anomalies. Unit names follow Unidata UDUNITS-2,
doi:10.5065/D6KD1WN0.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Conversion", "conversion"]


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
