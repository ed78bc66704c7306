"""The addresses of the application's pages."""

from django.urls import include, path

from almanakka.accounts import address_page

handler429 = "almanakka.accounts.limits.handler429"

urlpatterns = [
    path("accounts/email/", address_page.page, name="account_email"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/second-step/", include("allauth.mfa.urls")),
    path("", include("almanakka.accounts.urls")),
    path("", include("almanakka.activities.urls")),
    path("", include("almanakka.calendars.urls")),
]
