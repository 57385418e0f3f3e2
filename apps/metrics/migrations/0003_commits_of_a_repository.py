from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0002_wider_kinds'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='commit',
            index=models.Index(fields=['team', 'github_repo_id'], name='metrics_commit_repository'),
        ),
    ]
