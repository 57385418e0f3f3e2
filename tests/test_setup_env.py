import stat

from cryptography.fernet import Fernet

from tformance.setup_env import write_env_file


def values(path) -> dict[str, str]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_the_keys_are_fresh_and_only_the_owner_reads_them(tmp_path):
    assert write_env_file(tmp_path / "a")
    assert write_env_file(tmp_path / "b")
    first, second = values(tmp_path / "a"), values(tmp_path / "b")
    assert first.keys() == {"SECRET_KEY", "FIELD_ENCRYPTION_KEYS"}
    assert len(first["SECRET_KEY"]) >= 50
    Fernet(first["FIELD_ENCRYPTION_KEYS"])
    assert not set(first.values()) & set(second.values())
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_file_that_is_there_stays(tmp_path):
    path = tmp_path / ".env"
    path.write_text("SECRET_KEY=mine\n")
    assert not write_env_file(path)
    assert path.read_text() == "SECRET_KEY=mine\n"
