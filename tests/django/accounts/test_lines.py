"""Lines of tables, drawn in one go."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import mark_safe


@dataclass
class Row:
    name: str
    mark: str = ""
    number: int = 1000


def drawn(body: str, rows: list[Row]) -> str:
    return Template(f"{{% load lines %}}{{% lines rows %}}{body}{{% endlines %}}").render(
        Context({"rows": rows, "here": "a&b"})
    )


def test_each_row_is_escaped_and_marks_are_not() -> None:
    rows = [Row("<b>'\"&", mark_safe("<i>!</i>")), Row("[[number]]", "<i>")]
    assert drawn("<p>[[name]] [[mark]], [[number]] {{ here }}</p>", rows) == (
        "<p>&lt;b&gt;&#x27;&quot;&amp; <i>!</i>, 1000 a&amp;b</p><p>[[number]] &lt;i&gt;, 1000 a&amp;b</p>"
    )


@pytest.mark.parametrize(
    ("body", "told"), [("same", "samesame"), ("[[name]]", "ab"), ("[[name]][[name]]-", "aa-bb-"), ("", "")]
)
def test_any_number_of_places_will_do(body: str, told: str) -> None:
    assert drawn(body, [Row("a"), Row("b")]) == told
    assert drawn(body, []) == ""


def test_a_place_without_an_attribute_and_a_tag_without_an_end_are_faults() -> None:
    with pytest.raises(AttributeError):
        drawn("[[title]]", [Row("a")])
    with pytest.raises(TemplateSyntaxError):
        Template("{% load lines %}{% lines rows %}")
