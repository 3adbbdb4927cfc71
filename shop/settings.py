"""Settings: typed values from the environment. A bad value stops the start with a sentence.

The README lists every variable. Nothing here is read from anywhere else.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

T = TypeVar("T")
env = Env()


def read(reader: Callable[..., T], name: str, default: Any, wants: str) -> T:
    """The variable's value, or the default; a value that cannot be read stops the start and says what is wanted."""
    try:
        return reader(name, default)
    except (EnvError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} must be {wants}; it is {os.environ.get(name)!r}.") from error


def read_limit(name: str, default: int) -> int:
    """A whole number of at least 1."""
    value = read(env.int, name, default, "a whole number of at least 1")
    if value < 1:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least 1; it is {value}.")
    return value


def keep_secret_key(folder: Path) -> str:
    """The key kept in the data folder, made there at the first start; two starts at once end with the same key."""
    path = folder / "secret-key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def read_database(url: str) -> dict[str, Any]:
    """The one database, with what makes it correct."""
    try:
        database = dj_database_url.parse(url)
    except Exception as error:  # the library raises whatever the address made it stumble over
        raise ImproperlyConfigured(
            "DATABASE_URL must read sqlite:///path or postgres://user:password@host:port/name."
        ) from error
    if database.get("ENGINE") == "django.db.backends.sqlite3":
        return {
            **database,
            "CONN_MAX_AGE": None,
            "OPTIONS": SQLITE_OPTIONS,
            "TEST": {"NAME": str(DATA_DIR / "test.sqlite3")},
        }
    if database.get("ENGINE") == "django.db.backends.postgresql":
        kept = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": False}
        return {**database, **kept, "OPTIONS": {**database.get("OPTIONS", {}), **POSTGRESQL_OPTIONS}}
    raise ImproperlyConfigured("DATABASE_URL must name SQLite (sqlite:///) or PostgreSQL (postgres://).")


BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = read(env.bool, "DEBUG", False, "true or false")

DATA_DIR = Path(read(env.str, "DATA_DIR", str(BASE_DIR / "data"), "a folder")).resolve()
try:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"DATA_DIR must be a folder that can be written; {DATA_DIR} is not.") from error
SECRET_KEY = os.environ.get("SECRET_KEY") or keep_secret_key(DATA_DIR)

BASE_URL = read(env.str, "BASE_URL", "http://127.0.0.1:8000", "the address of the store").rstrip("/")
_address = urlsplit(BASE_URL)
if _address.scheme not in ("http", "https") or not _address.hostname:
    raise ImproperlyConfigured(f"BASE_URL must read https://shop.example (or http://…); it is {BASE_URL!r}.")
ALLOWED_HOSTS = read(env.list, "ALLOWED_HOSTS", [], "host names with commas between") or [
    _address.hostname, "localhost", "127.0.0.1", "[::1]",
]  # fmt: skip

UPLOAD_MAX_MB = read_limit("UPLOAD_MAX_MB", 25)
IMPORT_MAX_ROWS = read_limit("IMPORT_MAX_ROWS", 200_000)
IMPORT_MAX_COLUMNS = read_limit("IMPORT_MAX_COLUMNS", 300)
API_READS_PER_MINUTE = read_limit("API_READS_PER_MINUTE", 600)
API_WRITES_PER_MINUTE = read_limit("API_WRITES_PER_MINUTE", 120)
API_MAX_BODY = 256 * 1024

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "shop.accounts",
    "shop.webhooks",
    "shop.store",
    "catalog",
    "inventory",
    "imports",
    "shop.orders",
    "shop.api",
    "shop.operations",
    "shop.ui",
]

MIDDLEWARE = [
    "shop.middleware.request_context",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

# IMMEDIATE is not a tuning knob: a DEFERRED transaction that reads before it writes fails at once with "database is
# locked" when another one wrote meanwhile, whatever the timeout. With it, the transaction itself is the lock.
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
}
# Prepared statements with persistent, direct connections: 1.7 times the orders. Not through a pooler that shares
# connections by transaction. No statement waits longer than five seconds for a lock.
POSTGRESQL_OPTIONS = {"server_side_binding": True, "prepare_threshold": 2, "options": "-c lock_timeout=5000"}
DATABASES = {"default": read_database(os.environ.get("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'shop.sqlite3'}")}

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "shop" / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "files"}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

_https = _address.scheme == "https"
SECURE_SSL_REDIRECT = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [BASE_URL]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["shop.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["shop.api.authentication.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["shop.api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["shop.api.throttling.KeyThrottle"],
    "DEFAULT_SCHEMA_CLASS": "shop.api.schema.Contract",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "shop.api.handlers.answer_problem",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "shop.middleware.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["request"], "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # A refusal is an answer, not an event: only what failed is logged.
    "loggers": {"django.request": {"level": "ERROR"}},
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Order and stock API",
    "DESCRIPTION": (
        "Ask what can be bought, place orders that are taken from stock or as backorders, move stock, "
        "fulfil what is owed."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": False,
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": ["shop.api.schema.finish"],
    "SORT_OPERATION_PARAMETERS": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "SORT_OPERATIONS": False,
}
