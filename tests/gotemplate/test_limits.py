"""What a template may cost: whoever writes one must not stop a controller or fill its memory."""

from __future__ import annotations

import time
from typing import Final

import pytest

from gitopskit.errors import TemplateRefused
from gitopskit.gotemplate.budget import Budget
from gitopskit.gotemplate.template import render

_VALUES: Final = {
    "big": b"x" * 900_000,
    "lines": b"\n" * 400_000,
    "letters": "é".encode() * 400_000,
    "json": b"[" * 100_000 + b"]" * 100_000,
    "deep": b'{"a":' * 500 + b"1" + b"}" * 500,
    "wide": b"[" + b"1," * 150_000 + b"1]",
    "digits": b"9" * 400_000,
}
_TREE: Final = "{{ $x := list 1 }}{{ range 40 }}{{ $x = list $x $x $x }}{{ end }}"
_LOOP: Final = '{{ $d := dict }}{{ $_ := set $d "d" $d }}'

_EXPRESSIONS: Final = '{{ range 4000 }}{{ $x := regexMatch "(?i)%s" "a" }}{{ end }}'

_WORK: Final = "reads or makes too much"
_STEPS: Final = "too many steps"
_DEPTH: Final = "nests too deep"
_TEXT: Final = "a text of more than 1 MiB"
_OUTPUT: Final = "the output is larger than 1 MiB"

_COSTLY: Final = {
    "ranges in ranges": ("{{ range 1000000 }}{{ range 1000000 }}{{ end }}{{ end }}", _STEPS),
    "a range over work": ("{{ range 90000 }}{{ len $.big }}{{ end }}", _WORK),
    "one text too often": ("{{ range 3 }}{{ $.big }}{{ end }}", _OUTPUT),
    "a repeated text": ('{{ repeat 1000000000 "x" }}', _TEXT),
    "numbers up to a billion": ("{{ until 1000000000 }}", _WORK),
    "a sequence up to a billion": ("{{ seq 1000000000 }}", _WORK),
    "many sequences": ("{{ range 90000 }}{{ $x := until 1000 }}{{ end }}", _WORK),
    "steps over the end of integers": (
        "{{ untilStep 0 9223372036854775807 4611686018427387905 }}",
        "a sequence of numbers that large",
    ),
    "a width of ten digits": ('{{ printf "%1000000000d" 1 }}', "more than six digits"),
    "a width of six digits twice": ('{{ printf "%900000d%900000d" 1 2 }}', _TEXT),
    "widths in a loop": ('{{ range 90 }}{{ $x := printf "%900000d" 1 }}{{ end }}', _WORK),
    "a template in itself": (
        '{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}',
        _DEPTH,
    ),
    "a text doubled": ('{{ $x := "xx" }}{{ range 99 }}{{ $x = print $x $x }}{{ end }}', _TEXT),
    "a list doubled": ("{{ $x := list 1 }}{{ range 99 }}{{ $x = concat $x $x }}{{ end }}", _WORK),
    "a tree printed": (_TREE + "{{ $x }}", _WORK),
    "a tree under a verb": (_TREE + '{{ printf "%d" $x }}', _WORK),
    "a tree as JSON": (_TREE + "{{ toJson $x }}", _WORK),
    "a tree copied": (_TREE + "{{ deepCopy $x }}", _WORK),
    "trees compared": (_TREE + _TREE.replace("$x", "$y") + "{{ deepEqual $x $y }}", _WORK),
    "a map in itself printed": (_LOOP + "{{ $d }}", _DEPTH),
    "a map in itself as JSON": (_LOOP + "{{ toJson $d }}", _DEPTH),
    "a map in itself copied": (_LOOP + "{{ deepCopy $d }}", _DEPTH),
    "maps in themselves merged": (
        _LOOP + _LOOP.replace("$d", "$e") + "{{ merge $d $e }}",
        _DEPTH,
    ),
    "maps in themselves compared": (
        _LOOP + _LOOP.replace("$d", "$e") + "{{ deepEqual $d $e }}",
        _DEPTH,
    ),
    "nothing replaced by much": ('{{ replace "" "0123456789" .letters }}', _TEXT),
    "something replaced by much": ('{{ replace "x" "0123456789" .big }}', _TEXT),
    "a wide margin": ("{{ indent 1000 .lines }}", _TEXT),
    "a split at each letter": ('{{ splitList "" .letters }}', _WORK),
    "a split at each byte": ('{{ splitList "x" .big }}', _WORK),
    "a long separator": ("{{ join .big (until 9) }}", _TEXT),
    "letters changed in a loop": ("{{ range 999 }}{{ $x := upper $.letters }}{{ end }}", _WORK),
    "quotes in a loop": ("{{ range 999 }}{{ $x := quote $.lines }}{{ end }}", _WORK),
    "a search in a loop": ('{{ range 999 }}{{ $x := contains "y" $.big }}{{ end }}', _WORK),
    "an expression that looks ahead": ('{{ regexReplaceAll "x.*y|x" .big "z" }}', _WORK),
    "an expression that matches nothing": ('{{ regexReplaceAll "" .big "zz" }}', _WORK),
    "a replacement that is long": ('{{ regexReplaceAll "^x" .big .big }}', _TEXT),
    "a large expression": ('{{ regexMatch "\\\\pL{1,50}" "a" }}', "repeats so much"),
    "a long expression": ('{{ regexMatch .big "a" }}', "an expression this long"),
    "expressions in a loop": (
        '{{ range 9999 }}{{ $x := regexMatch "[a-z]{0,200}" "a" }}{{ end }}',
        _WORK,
    ),
    "classes of letters in a loop": (
        _EXPRESSIONS % (r"[^\\pL\\PL]" * 80),
        _WORK,
    ),
    "letters in a loop": (
        _EXPRESSIONS % (r"\\PLa|" * 150),
        _WORK,
    ),
    "wide ranges in a loop": (
        _EXPRESSIONS % (r"\\W" * 400),
        "repeats so much",
    ),
    "a long number": ("{{ range 999 }}{{ $x := int $.digits }}{{ end }}", "so long a text"),
    "deep JSON": ("{{ fromJson .json }}", "the JSON nests too deep"),
    "JSON that is deep enough": ("{{ fromJson .deep }}", _DEPTH),
    "wide JSON in a loop": ("{{ range 99 }}{{ $x := fromJson $.wide }}{{ end }}", _WORK),
    "each with each": ("{{ uniq (until 20000) }}", _WORK),
    "floats without end": (f"{{{{ mulf {'1e-300 ' * 99} }}}}", "so many floats at once"),
    "many variables": ("{{ $x := 1 }}" * 300, "too many variables"),
    "many parentheses": (f"{{{{ {'(' * 999}1{')' * 999} }}}}", _DEPTH),
    "many conditions": ("{{ if 1 }}" * 999 + "{{ end }}" * 999, _DEPTH),
    "many alternatives": ("{{ if 0 }}" + "{{ else if 0 }}" * 999 + "{{ end }}", _DEPTH),
    "many actions": ("{{ 1 }}" * 50_000, _STEPS),
    "many comments": ("{{/* */}}" * 150_000, _STEPS),
    "many words": (f"{{{{ {'.a ' * 150_000} }}}}", _STEPS),
    "a map that grows": (
        "{{ $d := dict }}{{ range 90000 }}{{ $_ := set $d (len $d | toString) 1 }}{{ end }}",
        _WORK,
    ),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("template", "told"), _COSTLY.values(), ids=_COSTLY.keys())
def test_a_costly_template_is_refused_before_it_costs_much(template: str, told: str) -> None:
    begun = time.process_time()

    with pytest.raises(TemplateRefused, match=told):
        render(template, name="m", values=_VALUES, budget=Budget())

    assert time.process_time() - begun < 10
