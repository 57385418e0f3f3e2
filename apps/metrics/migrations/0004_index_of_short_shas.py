from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0003_commits_of_a_repository"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="pullrequestcommit",
            name="metrics_link_sha",
        ),
        migrations.AddIndex(
            model_name="pullrequestcommit",
            index=models.Index(
                fields=["team", "sha"],
                name="metrics_link_sha",
                opclasses=["int8_ops", "varchar_pattern_ops"],
            ),
        ),
    ]
