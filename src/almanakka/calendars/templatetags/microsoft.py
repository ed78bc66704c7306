"""Whether people can sign in with Microsoft here."""

from almanakka.calendars import microsoft_sign_in
from django import template

register = template.Library()
register.simple_tag(microsoft_sign_in.is_offered, name="microsoft_is_offered")
