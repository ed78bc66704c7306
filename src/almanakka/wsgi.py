"""The entry point for WSGI servers such as gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almanakka.settings")

application = get_wsgi_application()

# what is there from now on to the end need not be looked through again: that would hold up one page in ten
get_resolver().url_patterns  # noqa: B018 - imports every page
gc.collect()
gc.freeze()
# nearly all that a page makes is gone with it: to look for the rest less often takes a tenth off
gc.set_threshold(10_000, 20, 50)
