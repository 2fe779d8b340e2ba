"""The model of the environment, which tests need."""

from search.embedding.model import Model


def installed() -> Model:
    """It is in the pins of the machines that tests run on."""
    model = Model.installed()
    assert model is not None, "scripts/setup installs it"
    return model
