"""The settings of the test run, whatever the developer's environment and `.env` say.

Only the choice of the database (`DATABASE_URL`) is left to them.
"""

import os

os.environ.update(
    SECRET_KEY="only-for-tests",
    FIELD_ENCRYPTION_KEYS="b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtMDA=",
    SITE_URL="http://127.0.0.1:8000",
    DEBUG="off",
    DEMO="off",
    CELERY_BROKER_URL="memory://",
    CELERY_TASK_ALWAYS_EAGER="off",
    GITHUB_API_URL="https://api.github.com",
    GITHUB_WEB_URL="https://github.com",
    GITHUB_CLIENT_ID="",
    GITHUB_CLIENT_SECRET="",
    GITHUB_TOKEN="",
    GITHUB_RESERVE_PERCENT="10",
    GITHUB_REQUESTS_PER_SECOND="",
    METRICS_TOKEN="",
    SIGN_IN_GITHUB_CLIENT_ID="",
    SIGN_IN_GITHUB_CLIENT_SECRET="",
    SIGN_UP="",
    EMAIL_URL="",
    EMAIL_FROM="",
    EMAIL_VERIFICATION="",
    TRUSTED_PROXIES="0",
    GITHUB_CONNECTIONS="1",
    SYNC_MINUTES="30",
    SYNC_OVERLAP_MINUTES="10",
)
