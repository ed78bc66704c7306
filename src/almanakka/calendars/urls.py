"""The addresses of this application's pages."""

from django.urls import path

from almanakka.calendars import views

urlpatterns = [path("", views.status, name="status")]
