"""Runs Airbyte's connector for Qonto at another address; for an interpreter that has it.

    python tests/bench/airbyte_copy.py ADDRESS read --config FILE --catalog FILE

Nothing else of it is changed. It needs Python 3.9 or 3.10: the CDK that it is pinned to can't be
imported by 3.11.
"""

import sys
from typing import Any


def main() -> None:
    from airbyte_cdk.entrypoint import launch  # pyright: ignore
    from source_qonto import SourceQonto  # pyright: ignore

    address, *arguments = sys.argv[1:]
    read: Any = SourceQonto._read_and_parse_yaml_file

    def elsewhere(self: Any, path: str) -> Any:
        manifest = read(self, path)
        manifest["definitions"]["requester"]["url_base"] = f"{address}/v2/"
        return manifest

    SourceQonto._read_and_parse_yaml_file = elsewhere
    launch(SourceQonto(), arguments)


if __name__ == "__main__":
    main()
