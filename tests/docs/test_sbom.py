"""The bills of materials name what is in the images: every pinned distribution, and its hashes."""

import json
from pathlib import Path

import pytest

from tests.sbom import IMAGES, pins, write
from tests.support.distributions import only_for_build


@pytest.mark.parametrize("image", IMAGES)
def test_a_bill_of_materials_lists_what_the_image_holds(tmp_path: Path, image: str) -> None:
    project, requirements = IMAGES[image]
    bill = json.loads(write(image, tmp_path).read_text())
    pinned = pins(requirements.read_text())
    listed = {part["name"]: part for part in bill["components"]}
    built_with = only_for_build(project)
    assert {"hatchling", "pathspec"} <= built_with
    assert built_with <= set(pinned)
    assert set(listed) == set(pinned) - built_with
    assert bill["metadata"]["component"]["name"] == image
    for name, part in listed.items():
        assert f"{name}=={part['version']}" in pinned[name]
        hashes = {
            digest["content"]
            for reference in part["externalReferences"]
            for digest in reference.get("hashes", ())
        }
        assert hashes == {
            line.split(":")[1].rstrip(" \\") for line in pinned[name].splitlines()[1:]
        }
