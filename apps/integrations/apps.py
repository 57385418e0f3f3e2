from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "apps.integrations"

    def ready(self) -> None:
        from apps.integrations.listeners import follow_repository, follow_run
        from ingest import routing
        from ingest.runs import listeners

        # `ready` may be called again; a listener that stands twice would be called twice.
        if follow_repository not in routing.LISTENERS["repository"]:
            routing.LISTENERS["repository"].append(follow_repository)
        if follow_run not in listeners.LISTENERS:
            listeners.LISTENERS.append(follow_run)
