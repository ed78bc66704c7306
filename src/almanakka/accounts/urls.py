"""The addresses of this application's pages."""

from django.urls import path

from almanakka.accounts import company_pages, invitations, people_page, profile

urlpatterns = [
    path("profile/", profile.profile, name="profile"),
    path("settings/", company_pages.settings, name="settings"),
    path("settings/company/", company_pages.company, name="settings-company"),
    path("settings/users/", people_page.users, name="settings-users"),
    path("settings/users/<uuid:user_id>/active", people_page.set_active, name="settings-user-active"),
    path("settings/users/<uuid:user_id>/role", people_page.set_role, name="settings-user-role"),
    path("settings/users/<uuid:user_id>/second-step", people_page.drop_second_step, name="settings-user-second-step"),
    path("settings/users/<uuid:user_id>/invite", people_page.invite_again, name="settings-user-invite"),
    path("settings/users/<uuid:user_id>/withdraw", people_page.withdraw, name="settings-user-withdraw"),
    path("accounts/invitation/<uuid:user_id>/<str:token>/", invitations.accept, name="invitation"),
]
