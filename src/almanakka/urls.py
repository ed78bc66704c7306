"""The addresses of the application's pages."""

from importlib.util import find_spec

from django.urls import include, path

urlpatterns = [path("accounts/", include("allauth.account.urls"))]

if find_spec("almanakka.calendars.urls") is not None:
    urlpatterns.append(path("", include("almanakka.calendars.urls")))
