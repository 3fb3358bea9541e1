"""One error is one class, and its module's first lines tell what it means."""

import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator

from connector.api.openapi_errors import error_codes
from storage.errors import ServiceError
from tests.architecture.log_calls import PACKAGES


def kinds(kind: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    """Return every error of ours; children come once for each of their parents."""
    for package in PACKAGES:
        paths = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(paths, f"{package}."):
            if not module.name.endswith((".demo", ".sandbox", ".__main__")):
                importlib.import_module(module.name)
    known = [kind]
    for one in known:
        known += one.__subclasses__()
    yield from (one for one in known if one.__module__.partition(".")[0] in PACKAGES)


def test_a_code_is_declared_by_one_class() -> None:
    """Its children are the same error, told more closely."""
    declaring: dict[str, set[type[ServiceError]]] = defaultdict(set)
    for kind in kinds():
        if "code" in vars(kind):
            declaring[kind.code].add(kind)
    assert {code: found for code, found in declaring.items() if len(found) > 1} == {}
    assert len(declaring) > 50


def test_the_tree_in_a_module_of_errors_names_its_errors() -> None:
    public = [kind for kind in kinds() if kind.__module__.endswith(".errors")]
    for module in {kind.__module__ for kind in public}:
        named = set(re.findall(r"[├└]── (\w+)", importlib.import_module(module).__doc__ or ""))
        defined = {kind.__name__ for kind in public if kind.__module__ == module}
        outside = {base.__name__ for kind in public for base in kind.__mro__} - defined
        assert defined - named - {"ServiceError"} == set(), module
        assert named - defined - outside == set(), module


def test_every_error_declares_its_meaning_and_the_tree_says_the_same() -> None:
    """In a tree, `it` is the target system; a word in parentheses is for the code's readers."""
    for kind in set(kinds()) - {ServiceError}:
        if not kind.__module__.endswith(".errors"):
            continue
        assert "meaning" in vars(kind), kind
        tree = importlib.import_module(kind.__module__).__doc__ or ""
        told = re.search(rf"[├└]── {kind.__name__} +(\S[^\n]*)", tree)
        assert told is not None, kind
        said = re.sub(r"^it\b", "the target system", re.sub(r" \(\w+\)$", "", told[1]))
        assert kind.meaning == said, kind


def test_every_code_but_that_of_the_unexpected_has_a_meaning() -> None:
    unexplained = [one.code for one in error_codes() if one.meaning.startswith("something went")]
    assert unexplained == ["INTERNAL"]
