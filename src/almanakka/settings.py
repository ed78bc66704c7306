"""Django's settings, all from the environment. Importing them starts no server and writes no file.

ALMANAKKA_DATA_DIR       what must not be lost: the embedded database, the secret key (see database.directory)
DATABASE_URL             another PostgreSQL server than the embedded one
ALMANAKKA_SECRET_KEY     else one is made on first use and kept in the data directory
ALMANAKKA_DEBUG          1 while developing
ALMANAKKA_ALLOWED_HOSTS  the names it is served under, comma-separated; one that is not this machine itself
                         turns on secure cookies, HSTS and the redirection to https
ALMANAKKA_TRUST_PROXY    1 where a reverse proxy in front sets X-Forwarded-Proto itself, and X-Forwarded-For last
ALMANAKKA_ALLOW_LOOPBACK 1 while developing: companies' connections may lead to this machine (remote.destinations)
ALMANAKKA_LOG_LEVEL      INFO if not set
ALMANAKKA_SMTP_HOST, _PORT, _USER, _PASSWORD, ALMANAKKA_MAIL_FROM
                         outgoing mail; without a host it is printed, or put into the directory ALMANAKKA_MAIL_DIR
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from csp.constants import NONCE, SELF
from csp.constants import NONE as NO
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from almanakka import logs
from almanakka.database import url
from almanakka.database.directory import data_directory
from almanakka.database.secret import kept_secret


def _switched_on(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in ("1", "true", "yes", "on")


def _listed(name: str, default: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


PACKAGE = Path(__file__).resolve().parent
DATA_DIR = data_directory()

DEBUG = _switched_on("ALMANAKKA_DEBUG")
SECRET_KEY = os.environ.get("ALMANAKKA_SECRET_KEY") or lazy(cache(kept_secret), str)("secret-key")

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ALLOWED_HOSTS = _listed("ALMANAKKA_ALLOWED_HOSTS", ",".join(LOOPBACK))
SERVED_TO_OTHERS = not DEBUG and any(host not in LOOPBACK for host in ALLOWED_HOSTS)

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
    "almanakka.accounts",
    "almanakka.activities",
    "almanakka.calendars",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "almanakka.accounts.middleware.preferences",
    "almanakka.accounts.middleware.Patience",
    "almanakka.calendars.sections.trigger",
]

ROOT_URLCONF = "almanakka.urls"
WSGI_APPLICATION = "almanakka.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

_server = os.environ.get("DATABASE_URL")
DATABASES = {
    "default": {
        "ENGINE": "almanakka.database",
        "NAME": "almanakka",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **(url.parse(_server) if _server else {}),
    }
}
# where processes share what they count: how often somebody has tried (accounts.limits)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "almanakka_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
# addresses are unique in lower case, by a constraint that this check does not understand
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["almanakka.accounts.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "almanakka.accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"

ACCOUNT_ADAPTER = "almanakka.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_FORMS = {
    "login": "almanakka.accounts.account_forms.SignInForm",
    "add_email": "almanakka.accounts.account_forms.AddAddressForm",
    "reset_password": "almanakka.accounts.account_forms.ForgottenForm",
    "reset_password_from_key": "almanakka.accounts.account_forms.NewPasswordForm",
    "change_password": "almanakka.accounts.account_forms.ChangePasswordForm",
    "reauthenticate": "almanakka.accounts.account_forms.AgainForm",
}
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody gets mail because somebody has mistyped an address
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "/profile/calendar-sync/"
MFA_ADAPTER = "almanakka.accounts.second_step.Adapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody adds themselves here, so nobody could keep an address from its holder
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "almanakka.accounts.second_step.SignInForm",
    "reauthenticate": "almanakka.accounts.second_step.AgainForm",
    "activate_totp": "almanakka.accounts.second_step.BeginForm",
}
# ten a minute from one network, and five in five minutes with one address from there or from a browser that is known;
# login_failed_address counts what unknown browsers everywhere try with one address
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "login_failed_address": "50/15m/key",
    "reset_password": "20/m/ip,5/15m/key",
    "proof": "3/15m/key",
    "invitation": "60/h/user,3/15m/key",
    "code": "20/15m/key",
}

LANGUAGES = [("en", _("English")), ("fi", _("Finnish")), ("sv", _("Swedish"))]
LANGUAGE_CODE = "en"
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
FORM_RENDERER = "almanakka.accounts.form_renderer.Renderer"
FORMAT_MODULE_PATH = "almanakka.formats"
USE_TZ = True
TIME_ZONE = "Europe/Helsinki"

STATIC_URL = "/static/"
STATICFILES_DIRS = [folder for folder in (PACKAGE / "static",) if folder.is_dir()]
# served from where the packages hold them: no collectstatic step, nothing to forget
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

if SERVED_TO_OTHERS:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    CSRF_TRUSTED_ORIGINS = [
        f"https://{'*' if host.startswith('.') else ''}{host}" for host in ALLOWED_HOSTS if host != "*"
    ]
if _switched_on("ALMANAKKA_TRUST_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
# scripts and style sheets are files of ours, or carry the page's nonce; the style sheet's icons are data
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NO],
        "base-uri": [NO],
        "form-action": [SELF],
        "frame-ancestors": [NO],
    }
}
SESSION_ENGINE = "almanakka.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # Microsoft's consent page sends the administrator back with a top-level GET
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

DEFAULT_FROM_EMAIL = os.environ.get("ALMANAKKA_MAIL_FROM", "almanakka@localhost")
EMAIL_HOST = os.environ.get("ALMANAKKA_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("ALMANAKKA_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("ALMANAKKA_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("ALMANAKKA_SMTP_PASSWORD", "")
EMAIL_USE_TLS = bool(EMAIL_HOST_USER)
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = os.environ.get("ALMANAKKA_MAIL_DIR", "")
_instead = "filebased" if EMAIL_FILE_PATH else "console"
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else _instead}.EmailBackend"

logs.configure()
LOGGING = logs.dictionary(readable=DEBUG, level=os.environ.get("ALMANAKKA_LOG_LEVEL", "INFO").upper())
