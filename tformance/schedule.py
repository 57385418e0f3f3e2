"""What beat sends, and every how many seconds. A message that is lost is sent again the next time."""

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    # After a delivery a message says so at once; this finds what a lost message left.
    "process-pending": {"task": "ingest.tasks.process_pending", "schedule": 10.0},
    "reconcile": {"task": "apps.integrations.tasks.reconcile_repositories", "schedule": 15 * 60.0},
    "list-repositories": {"task": "apps.integrations.tasks.list_old_repositories", "schedule": 3600.0},
    "purges": {"task": "apps.integrations.tasks.work_on_purges", "schedule": 60.0},
    "settle-webhooks": {"task": "apps.integrations.tasks.settle_webhooks", "schedule": 60.0},
    "resume-replays": {"task": "ingest.tasks.resume_replays", "schedule": 15.0},
    "import-members": {"task": "apps.integrations.tasks.import_old_members", "schedule": 3600.0},
    "resume-waiting-runs": {"task": "apps.integrations.tasks.resume_waiting_runs", "schedule": 15.0},
    "forget-quiet-runs": {"task": "apps.integrations.tasks.forget_quiet_runs", "schedule": 3600.0},
    # It begins a share of what is due: with SYNC_MINUTES = 30, a thirtieth.
    "sync-repositories": {"task": "apps.integrations.tasks.sync_repositories", "schedule": 60.0},
}
