"""The addresses of the application's pages."""

from django.urls import include, path

handler429 = "almanakka.accounts.limits.handler429"

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("almanakka.accounts.urls")),
    path("", include("almanakka.activities.urls")),
    path("", include("almanakka.calendars.urls")),
]
