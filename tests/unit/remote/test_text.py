"""HTML bodies as a reader sees them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almanakka.remote.text import from_html


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<p>a</p>\n<p>b</p>", "a\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<div>a<div>b</div></div>c", "a\nb\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("a&nbsp;&amp;&nbsp;b &lt;c&gt; &#228;&#x1F356;", "a & b <c> ä🍖"),
        ("<html><head><title>t</title><style>p{color:red}</style></head><body>a</body></html>", "a"),
        ("<script>alert('<p>x</p>')</script>a", "a"),
        ("<!-- converted from text --><font size=2><span>a</span></font>", "a"),
        ("  a\n   b  <b>c</b> d ", "a b c d"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("<p>a<p>b", "a\nb"),
        ("<b>a", "a"),
        ("a</div></div>b", "a\nb"),
        ("<a href='https://x.test?a=1&b=2'>link</a>", "link"),
        ("<img src=x alt=y>a", "a"),
        ("a < b", "a < b"),
        ("<", "<"),
        ("&#xD800;&#0;a", "\ufffd\ufffda"),
    ],
)
def test_markup_as_text(markup: str, text: str) -> None:
    assert from_html(markup) == text


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text("<>/&;!-=' abp1\n\"", max_size=60))
def test_no_markup_breaks_it(markup: str) -> None:
    text = from_html(markup)
    assert from_html(text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")) == text
