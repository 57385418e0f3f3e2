from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "apps.integrations"

    def ready(self) -> None:
        from allauth.account.signals import password_reset

        from apps.integrations.listeners import follow_repository, follow_run
        from apps.integrations.sign_in.rules import end_links
        from ingest import routing
        from ingest.runs import listeners

        # `ready` may be called again; a listener that stands twice would be called twice.
        if follow_repository not in routing.LISTENERS:
            routing.LISTENERS.append(follow_repository)
        if follow_run not in listeners.LISTENERS:
            listeners.LISTENERS.append(follow_run)
        password_reset.connect(end_links, dispatch_uid="end_links")
