"""`make screenshots`: pictures of every page, in the reader's language, light and dark, wide and narrow."""

LANGUAGES = ("en", "fi", "sv")
