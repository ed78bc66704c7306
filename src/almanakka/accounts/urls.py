"""The addresses of this application's pages."""

from django.urls import path

from almanakka.accounts import company_pages, profile

urlpatterns = [
    path("profile/", profile.profile, name="profile"),
    path("settings/", company_pages.settings, name="settings"),
    path("settings/company/", company_pages.company, name="settings-company"),
    path("settings/users/", company_pages.users, name="settings-users"),
    path("settings/users/<uuid:user_id>/active", company_pages.set_active, name="settings-user-active"),
]
