from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.manifests.documents import read_value
from gitopskit.manifests.scalars import ScalarError, resolve, resolve_key, resolve_plain
from tests.support.kubectl import read_with_kubectl

_TAG = "tag:yaml.org,2002:"

PLAIN = """
yes Yes YES no No NO on On ON off Off OFF y Y n N true True TRUE tRue false null Null NULL ~ nuLL
0 -0 +1 1 007 0644 0o644 0O17 08 09 0b101 0B101 0b2 -0b101 0x1F 0X1f -0x1F 0x_1 1_000 _1 1_ 1__0
+1_0 -1_000 1e3 1E3 1e+3 1e-3 .5 5. -.5 +.5 1.5 1_0.5 1.5e3 1.0 100.0 1e400 inf nan Infinity NaN
2001-01-01 2001-01-01T00:00:00Z 2001-12-14t21:59:43.10-05:00 190:20:30 1:20 12:30:45 =
18446744073709551615 18446744073709551616 9223372036854775807 9223372036854775808
-9223372036854775808 -9223372036854775809 123456789012345678901234567890 0x1p-2 1e 1e+ e3 . .. -.
+ 1.2.3 1,000 0_7 0_8 0o8 0o 0x 0b 00 000 -007 -0o7 +0x1 0x1G 1_000.0_1 0777777777777777777777
0x10000000000000000 0xFFFFFFFFFFFFFFFF 1e1_0 ._5 1._5 1.5_ 12e03 685_230.15 685.230_15e+03 0.1 1e20
1e21 123456789.123456789 0.000001 1e-7 -0.0 0.0 9007199254740993 9007199254740993.0 0b-1 -0b-1 0b+1
00b1 0_b1 0_x1 1_e3 .5_0 .5_ .5__0 .5e3 .5e1_0 .1p1 .0x1 1.e3 +1. 0. 0e0 00.5 1e-400 0b+_1 -_1 +_
4611686018427387904.0 -0x8000000000000000 +18446744073709551615 0000000000000000000009
0b1111111111111111111111111111111111111111111111111111111111111111
-0b1111111111111111111111111111111111111111111111111111111111111111
00000000000000000000000000000000000000000000000000000000000000000000000000000001
""".split()  # noqa: SIM905 -- as a list it would fill a page
INFINITE = [".inf", ".Inf", "+.INF", "-.inf", ".nan", ".NaN", ".NAN"]
TAGGED = [
    "!!str 5",
    "!!str ~",
    "!!int 5",
    "!!int '5'",
    "!!int 0b-1",
    "!!float 5",
    "!!float 0x10",
    "!!bool 'yes'",
    "!!null ''",
    "!!binary aGVsbG8=",
    "!!binary /w==",
    "!!timestamp 2001-01-01",
    "!!timestamp 2001-1-1T1:2:3Z",
    "!!timestamp 2001-01-01 1:2:3",
    "!!set x",
    "! 5",
    "!own 5",
    "'5'",
    '"yes"',
]
REFUSED = [
    "!!null x",
    "!!int x",
    "!!int 1.0",
    "!!int 1e3",
    "!!int",
    "!!float x",
    "!!bool x",
    "!!bool",
    "!!binary '%%'",
    "!!timestamp x",
    "!!float .inf",
    *INFINITE,
]
KEYS = """
yes n true 1 0644 0o17 1_000 0x1F 0b-1 '1' 1.5 1.10 1e3 1e6 123456.0 1e7 1e20 1e21 1e-4 1e-5 -0.0
16777217.0 0.1 123456789.5 100000.0 3.0 .inf -.inf .nan 1e39 -1e39 1e38 1e-50 0.00012345 2097151.5
9223372036854775807 -9223372036854775808 123456789012345678901234567890 2001-01-01 plain
""".split()  # noqa: SIM905 -- as a list it would fill a page
REFUSED_KEYS = ["~", "null", "18446744073709551615", "!!int a"]


def test_kubectl_reads_the_same_scalars() -> None:
    written = [*PLAIN, *TAGGED]
    body = "".join(f"v{number}: {text}\n" for number, text in enumerate(written))
    expected = read_with_kubectl(body)

    read = read_value(body, path="x")

    assert expected is not None
    pairs = {text: read[f"v{number}"] for number, text in enumerate(written)}
    judged = {text: expected[f"v{number}"] for number, text in enumerate(written)}
    assert {text: json.dumps(_as_go(value)) for text, value in pairs.items()} == {
        text: json.dumps(_as_go(value)) for text, value in judged.items()
    }


def _as_go(value: object) -> object:
    """Numbers beyond int64 are floats to kubectl; it prints the whole ones without a point."""
    is_large = isinstance(value, int | float) and abs(value) >= 2**63
    return float(value) if is_large and isinstance(value, int | float) else value


@pytest.mark.parametrize("text", REFUSED)
def test_kubectl_refuses_the_same_scalars(text: str) -> None:
    assert read_with_kubectl(f"v: {text}\n") is None
    with pytest.raises(Exception, match=r"x:1:4"):
        read_value(f"v: {text}\n", path="x")


@pytest.mark.parametrize("text", KEYS)
def test_kubectl_gives_fields_the_same_names(text: str) -> None:
    expected = read_with_kubectl(f"v: {{{text}: 1}}\n")

    assert {"v": read_value(f"{text}: 1\n", path="x")} == expected


@pytest.mark.parametrize("text", REFUSED_KEYS)
def test_kubectl_refuses_the_same_names(text: str) -> None:
    assert read_with_kubectl(f"v:\n  {text}: 1\n") is None
    with pytest.raises(Exception, match=r"x:1:1"):
        read_value(f"{text}: 1\n", path="x")


@pytest.mark.parametrize("text", INFINITE)
def test_infinities_are_numbers_before_json_refuses_them(text: str) -> None:
    value = resolve_plain(text)

    assert isinstance(value, float)
    assert not math.isfinite(value)


def test_a_refusal_never_shows_the_scalar() -> None:
    with pytest.raises(ScalarError) as caught:
        resolve("hunter2", tag=_TAG + "int", is_plain=True)

    assert "hunter2" not in str(caught.value)


def test_an_endless_number_is_text() -> None:
    assert resolve_plain("0x" + "1" * 10_000) == "0x" + "1" * 10_000


@given(st.text())
def test_quoted_text_stays_text(text: str) -> None:
    assert resolve(text, tag=None, is_plain=False) == text
    assert resolve_key(text, tag=None, is_plain=False) == text


@given(st.text(alphabet="0123456789_+-.eExXoObBinfaINFA~yYsS"))
def test_every_plain_scalar_has_a_json_value_or_a_refusal(text: str) -> None:
    try:
        value = resolve(text, tag=None, is_plain=True)
    except ScalarError:
        assert not math.isfinite(float(text.replace(".", "", 1).lower()))
    else:
        assert value is None or isinstance(value, str | int | float)
        if isinstance(value, float):
            assert math.isfinite(value)


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_integers_of_64_bits_are_exact(number: int) -> None:
    assert resolve_plain(str(number)) == number
