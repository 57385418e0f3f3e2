from django.db import migrations, models


def drop_index(apps, schema_editor):
    """On SQLite too in place: an altered field would copy the whole log into a new table."""
    model = apps.get_model("ingest", "RawGitHubEvent")
    named = {index.name for index in model._meta.indexes}
    for name in schema_editor._constraint_names(model, ["team_id"], index=True, exclude=named):
        schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def make_index(apps, schema_editor):
    model = apps.get_model("ingest", "RawGitHubEvent")
    schema_editor.execute(schema_editor._create_index_sql(model, fields=[model._meta.get_field("team")]))


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0010_budget_and_validator'),
        ('teams', '0003_invitations'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_index, make_index)],
            state_operations=[
                migrations.AlterField(
                    model_name='rawgithubevent',
                    name='team',
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=models.deletion.PROTECT,
                        related_name='+',
                        to='teams.team',
                    ),
                ),
            ],
        ),
    ]
