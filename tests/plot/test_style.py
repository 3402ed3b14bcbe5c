import numpy as np
import pytest
import xarray as xr

from xdvn.plot.style import choose_colours, label_of


def variable(**attrs):
    return xr.DataArray(np.array([-0.1, 0.2, np.nan, 0.5]), name="v", attrs=attrs)


@pytest.mark.parametrize(
    ("attrs", "signed"),
    [
        ({"standard_name": "sea_surface_height_anomaly"}, True),
        ({"standard_name": "sea_surface_height_above_sea_level"}, True),
        ({"standard_name": "surface_eastward_sea_water_velocity"}, True),
        ({"standard_name": "ocean_relative_vorticity"}, True),
        ({"long_name": "Sea level anomaly"}, True),
        ({"standard_name": "sea_surface_height_above_geoid"}, False),
        ({"standard_name": "sea_surface_temperature"}, False),
        ({"standard_name": "sea_surface_height_anomaly standard_error"}, False),
    ],
)
def test_signed_variables_have_zero_in_the_middle(attrs, signed):
    da = variable(**attrs)
    colours = choose_colours(da, [da.values])
    assert (colours.cmap == "RdBu_r") == signed
    assert (colours.low, colours.high) == ((-0.5, 0.5) if signed else (-0.1, 0.5))


def test_limits_exclude_half_a_per_cent_with_arrows():
    values = np.linspace(0, 1, 1001)
    values[0], values[-1] = -50, 100
    colours = choose_colours(variable(), [values])
    assert (colours.low, colours.high) == pytest.approx((0.005, 0.995))
    assert colours.extend == "both"


def test_given_limits_and_colour_map_are_used():
    colours = choose_colours(variable(long_name="anomaly"), [np.array([0.0, 3.0])], cmap="plasma", limits=(-1, 2))
    assert (colours.cmap, colours.low, colours.high, colours.extend) == ("plasma", -1, 2, "max")


@pytest.mark.parametrize("values", [np.full(9, 3.0), np.full(9, 0.0), np.full(9, np.nan), np.empty(0)])
@pytest.mark.parametrize("signed", [True, False])
def test_limits_are_increasing_for_constant_and_missing_values(values, signed):
    colours = choose_colours(variable(), [values], signed=signed)
    assert colours.low < colours.high
    assert not signed or colours.low == -colours.high


def test_limits_out_of_order_are_refused():
    with pytest.raises(ValueError, match=r"limits=\(1, 0\): expected \(low, high\) with low < high. Set limits="):
        choose_colours(variable(), [np.zeros(3)], limits=(1, 0))


@pytest.mark.parametrize(
    ("attrs", "label"),
    [
        ({"long_name": "sea level anomaly", "standard_name": "x", "units": "m"}, "Sea level anomaly [m]"),
        ({"standard_name": "sea_water_speed", "units": "m s-1"}, "Sea water speed [m s-1]"),
        ({"long_name": "mask", "units": "1"}, "Mask"),
        ({}, "v"),
    ],
)
def test_labels_have_name_and_units(attrs, label):
    assert label_of(variable(**attrs)) == label


def test_concentrations_are_drawn_on_a_logarithmic_scale():
    chlorophyll = variable(standard_name="mass_concentration_of_chlorophyll_a_in_sea_water", units="mg m-3")
    colours = choose_colours(chlorophyll, [np.array([0.01, 0.1, 10.0, 0.0, np.nan])])
    assert (colours.low, colours.high) == (0.01, 10.0)
    assert colours.norm(np.sqrt(0.1)) == pytest.approx(0.5)
    assert not choose_colours(chlorophyll, [np.array([0.0, np.nan])]).log
    assert not choose_colours(chlorophyll, [np.array([1.0])], limits=(0.0, 1.0)).log
    assert choose_colours(variable(), [np.array([0.0, 4.0])]).norm(1.0) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("attrs", "cmap"),
    [
        ({"standard_name": "sea_surface_temperature"}, "inferno"),
        ({"standard_name": "sea_water_speed"}, "plasma"),
        ({"long_name": "eddy kinetic energy"}, "plasma"),
        ({"long_name": "distance to the nearest observation"}, "cividis"),
        ({"standard_name": "sea_surface_height_above_geoid standard_error"}, "magma"),
    ],
)
def test_colour_maps_depend_on_the_attributes(attrs, cmap):
    assert choose_colours(variable(**attrs), [np.array([0.1, 0.5])]).cmap == cmap


CHLOROPHYLL = {"standard_name": "mass_concentration_of_chlorophyll_a_in_sea_water", "units": "mg m-3"}


@pytest.mark.parametrize(
    ("name", "attrs", "values", "log"),
    [
        ("chl", {}, [0.02, 0.3, 20.0], True),
        ("chl", {}, [0.0, 0.3, 20.0], True),  # below the detection limit
        ("chl", {}, [-0.01, 0.3, 20.0], False),
        ("chl", {}, [-1.7, -0.5, 1.3], False),  # a logarithm with the attributes of the concentration
        ("chl", {}, [0.0, 0.0], False),
        ("logchl", {}, [0.2, 1.3], False),
        ("log10_chl", {}, [0.2, 1.3], False),
        ("CHL_log", {}, [0.2, 1.3], False),
        ("chl", {"long_name": "log10 of chlorophyll"}, [0.2, 1.3], False),
        ("chl", {"units": "lg(re 1 mg m-3)"}, [0.2, 1.3], False),
        ("climatology", {}, [0.2, 1.3], True),
    ],
)
def test_logarithms_and_negative_values_are_on_a_linear_scale(name, attrs, values, log):
    da = xr.DataArray(np.array(values), name=name, attrs=CHLOROPHYLL | attrs)
    colours = choose_colours(da, [da.values])
    assert colours.log == log
    # Every finite value has a colour.
    assert not np.ma.getmaskarray(colours.norm(da.values)).any()


def test_zeros_on_a_logarithmic_scale_have_the_lowest_colour():
    da = xr.DataArray(np.array([0.0, 0.1, 10.0]), name="chl", attrs=CHLOROPHYLL)
    colours = choose_colours(da, [da.values])
    np.testing.assert_allclose(colours.norm(da.values), [0, 0, 1])
    assert colours.extend == "min"


def test_infinite_values_do_not_change_the_limits():
    values = np.array([-0.1, 0.2, np.inf, -np.inf, np.nan])
    assert choose_colours(variable(), [values]) == choose_colours(variable(), [np.array([-0.1, 0.2])])
