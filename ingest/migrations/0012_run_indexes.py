from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0011_event_without_index_of_team'),
        ('teams', '0003_invitations'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='run',
            index=models.Index(
                fields=['team', 'kind', 'github_repo_id', '-id'], name='ingest_run_of_repository'
            ),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['state', 'kind'], name='ingest_run_of_state'),
        ),
    ]
