"""Drawing the lines of a table in one go: what is the same in all of them is looked up and translated once."""

from __future__ import annotations

import re
from html import escape

from django.template.base import FilterExpression, Node, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from django import template

register = template.Library()

_PLACE = re.compile(r"\[\[(\w+)\]\]")


class Lines(Node):
    """Its body, once for each row, with the row's attributes in the places of their names."""

    def __init__(self, rows: FilterExpression, body: NodeList) -> None:
        self.rows, self.body = rows, body

    def render(self, context: Context) -> SafeString:
        # text, name, text, name, ..., text
        parts = _PLACE.split(self.body.render(context))
        texts, names = parts[::2], parts[1::2]
        last, drawn = texts.pop(), []
        for row in self.rows.resolve(context):
            for text, name in zip(texts, names, strict=True):
                value = getattr(row, name)
                drawn += (text, value if isinstance(value, SafeString) else escape(str(value)))
            drawn.append(last)
        return mark_safe("".join(drawn))  # noqa: S308 - the body is a template's, and all else is escaped


@register.tag
def lines(parser: Parser, token: Token) -> Lines:
    """Draw ``{% lines rows %}...[[name]]...{% endlines %}``: ``[[name]]`` stands for an attribute of each row.

    The attributes are escaped unless they are safe already. What people have written belongs into a row, not into
    the body, which is taken for the template's own.
    """
    _, rows = token.split_contents()
    body = parser.parse(("endlines",))
    parser.delete_first_token()
    return Lines(parser.compile_filter(rows), body)
