"""Settings, from the environment and `.env`. What is wrong with them is found by `tformance/checks.py`."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from csp.constants import NONE, SELF

from tformance.addresses import parse_http_url
from tformance.logs import configure_structlog, logging_config
from tformance.schedule import SCHEDULE

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
VAR_DIR.mkdir(exist_ok=True)

env = environ.Env()
# The environment wins: a name that is set there is not read from the file.
environ.Env.read_env(BASE_DIR / ".env")


def setting(name: str, default: str = "") -> str:
    """A name that is set but empty counts as not set, as in a compose file without a value."""
    value: str = env(name, default=default)
    return value or default


# Secrets

SECRET_KEY = setting("SECRET_KEY")
FIELD_ENCRYPTION_KEYS = [key.strip() for key in setting("FIELD_ENCRYPTION_KEYS").split(",") if key.strip()]

# The site

DEBUG = env.bool("DEBUG", default=False)
SITE_URL = setting("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
_site = parse_http_url(SITE_URL)
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
if _site is not None and _site.hostname is not None and _site.hostname not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_site.hostname)
CSRF_TRUSTED_ORIGINS = [SITE_URL] if _site is not None else []

HTTPS = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz(/ready)?$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# Behind a proxy that ends TLS every request arrives as http: each would be redirected to itself for ever.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

# Who has it may read /metrics; without it only programs of this machine may.
METRICS_TOKEN = setting("METRICS_TOKEN")

# Signs every visitor in as the demo's user. `make demo` sets it.
DEMO = env.bool("DEMO", default=False)

# GitHub

GITHUB_API_URL = setting("GITHUB_API_URL", "https://api.github.com").rstrip("/")
GITHUB_WEB_URL = setting("GITHUB_WEB_URL", "https://github.com").rstrip("/")
GITHUB_CLIENT_ID = setting("GITHUB_CLIENT_ID")
GITHUB_CLIENT_SECRET = setting("GITHUB_CLIENT_SECRET")
GITHUB_TOKEN = setting("GITHUB_TOKEN")
# How much of the hourly quota a backfill leaves to others who ask in the same name.
GITHUB_RESERVE_PERCENT = env.int("GITHUB_RESERVE_PERCENT", default=10)
# Empty: what github.com allows, and no pace elsewhere.
_per_second = setting("GITHUB_REQUESTS_PER_SECOND")
GITHUB_REQUESTS_PER_SECOND = float(_per_second) if _per_second else None

# Applications and pages

INSTALLED_APPS = [
    "tformance",  # before Django's, whose `shell` it replaces
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_structlog",
    "django_jsonfield_backport",
    "apps.users",
    "apps.teams",
    "apps.metrics",
    "ingest",
    "apps.integrations",
    "apps.dashboard",
    "allauth",  # after ours, whose templates stand in for its own
    "allauth.account",
    "allauth.socialaccount",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tformance.demo.visitor.SignIn",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]
ROOT_URLCONF = "tformance.urls"
WSGI_APPLICATION = "tformance.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.dashboard.theme.theme",
            ]
        },
    }
]
STATIC_URL = "/static/"
# What `make setup` builds. Without it pages work unstyled, and a check says so.
BUILT_DIR = BASE_DIR / "static-built"
STATICFILES_DIRS = [BUILT_DIR] if BUILT_DIR.is_dir() else []
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
SILENCED_SYSTEM_CHECKS = [
    # Since Django 3.1 the package's JSONField is Django's own, which this check reports for every column.
    "django_jsonfield_backport.W001",
    # Preloading HSTS binds a whole domain for months: its owner's decision, not an application's.
    "security.W021",
]

# Scripts, styles and pictures come from this site alone, and none stand in a page itself: what a title or a
# payload smuggles into one does nothing.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # A form that connects GitHub is answered with a redirect there; browsers compare it with this list.
        "form-action": [SELF, GITHUB_WEB_URL],
    }
}

# Database

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url_config(env("DATABASE_URL"))
    if setting("DATABASE_URL")
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": VAR_DIR / "tformance.sqlite3"}
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A transaction that reads before it writes fails with "database is locked" unless it locks at once.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Pages for a new database: of 4 KB each, a quarter of the log is the empty rest behind its bodies.
        "init_command": "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    # Only the statement that stores a delivery asks for it: planning it takes longer than running it.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("prepare_threshold", 1)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Shared by all web processes: throttling counts in it. Its table is made by a migration.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "tformance_cache",
        # With the default of 300, guesses for 300 other addresses would push the count for one out.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# People

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard:home"
LOGOUT_REDIRECT_URL = "account_login"
# open: everybody. invited: whom a team invited. Empty: as invited, and open while there is no user at all.
SIGN_UP = setting("SIGN_UP")

# Another app at GitHub than the one that connects teams, or the same one: docs/accounts.md.
SIGN_IN_GITHUB_CLIENT_ID = setting("SIGN_IN_GITHUB_CLIENT_ID")
SIGN_IN_GITHUB_CLIENT_SECRET = setting("SIGN_IN_GITHUB_CLIENT_SECRET")
SOCIALACCOUNT_ADAPTER = "apps.integrations.sign_in.rules.Adapter"
# The default, written down: what GitHub lends for a sign-in is not kept.
SOCIALACCOUNT_STORE_TOKENS = False

EMAIL_URL = setting("EMAIL_URL")
vars().update(env.email_url_config(EMAIL_URL or "consolemail://"))
DEFAULT_FROM_EMAIL = setting("EMAIL_FROM", "tformance@localhost")
# The proxies in front, each of which appends to X-Forwarded-For; what stands before is what the visitor says.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
ACCOUNT_ADAPTER = "apps.teams.sign_up.Adapter"
ACCOUNT_FORMS = {"signup": "apps.teams.sign_up.SignUpForm"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
EMAIL_VERIFICATION = setting("EMAIL_VERIFICATION", "optional" if EMAIL_URL else "none")
# allauth fails with a traceback on any other; our check says it in words.
ACCOUNT_EMAIL_VERIFICATION = (
    EMAIL_VERIFICATION if EMAIL_VERIFICATION in {"none", "optional", "mandatory"} else "mandatory"
)
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[tformance] "
# Mail to an address without an account would let anybody send mail in our name to anybody.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# Logs

configure_structlog()
LOGGING = logging_config("INFO")
DJANGO_STRUCTLOG_CELERY_ENABLED = True

# Celery

CELERY_BROKER_URL = setting("CELERY_BROKER_URL", "filesystem://localhost/")
if CELERY_BROKER_URL.startswith("filesystem:"):
    # Messages are files in var/broker, or in the folder that the URL names: filesystem://localhost/some/folder
    _folder = unquote(urlsplit(CELERY_BROKER_URL).path)
    BROKER_DIR = VAR_DIR / "broker" if _folder in {"", "/"} else Path(_folder)
    BROKER_DIR.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR),
        "data_folder_out": str(BROKER_DIR),
        "control_folder": str(BROKER_DIR / "control"),
        # The default, once a second, makes 100 small tasks take 16 seconds instead of 2.
        "polling_interval": 0.1,
    }
    # Replies of workers to each other would stay in the folder as files for ever.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
else:
    # By default each message tries for six seconds to reach a broker that is down, and GitHub waits ten for
    # its answer. Workers and beat go on trying all the same.
    CELERY_BROKER_CONNECTION_TIMEOUT = 1
    CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 0}
    if CELERY_BROKER_URL.startswith(("redis:", "rediss:")):
        CELERY_BROKER_TRANSPORT_OPTIONS |= {"socket_connect_timeout": 1, "socket_timeout": 2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", default=False)
CELERY_TASK_EAGER_PROPAGATES = True
# The row of a run is the result: a second place would disagree with it.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# Deliveries and replays; short calls to GitHub; turns of backfills. A worker takes from all of them in turn,
# or from those that it is given (-Q).
CELERY_TASK_QUEUES: dict[str, dict[str, Any]] = {"celery": {}, "github": {}, "backfill": {}}
CELERY_TASK_ROUTES = {
    "apps.integrations.tasks.continue_backfill": {"queue": "backfill"},
    "apps.integrations.tasks.sync_repository_history_task": {"queue": "backfill"},
    "apps.integrations.tasks.*": {"queue": "github"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# How many chunks of one replay workers are at together (PostgreSQL).
REPLAY_TASKS = env.int("REPLAY_TASKS", default=4)
# At how many backfills of one GitHub account workers are at once: GitHub advises one.
GITHUB_CONNECTIONS = env.int("GITHUB_CONNECTIONS", default=1)
# After so long a followed repository is synced again, from a little before the last one; 0: never by itself.
SYNC_MINUTES = env.int("SYNC_MINUTES", default=30)
SYNC_OVERLAP_MINUTES = env.int("SYNC_OVERLAP_MINUTES", default=10)
CELERY_BEAT_SCHEDULE = SCHEDULE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

# Tests

TEST_RUNNER = "tformance.testing.PytestRunner"
