"""Prints the targets that the tests of some suites need, for ninja.

Usage: test_targets.py BUILD_DIR SUITE...; exits 1 if no test belongs to the suites.
"""

import json
import os
import sys


def main():
    build, suites = sys.argv[1], set(sys.argv[2:])
    with open(os.path.join(build, "meson-info", "intro-tests.json"), encoding="utf-8") as file:
        tests = json.load(file)
    with open(os.path.join(build, "meson-info", "intro-targets.json"), encoding="utf-8") as file:
        files = {target["id"]: target["filename"] for target in json.load(file)}
    chosen = [test for test in tests if suites & {name.split(":")[-1] for name in test["suite"]}]
    for target in sorted({target for test in chosen for target in test["depends"]}):
        print("\n".join(os.path.relpath(name, build) for name in files[target]))
    return 0 if chosen else 1


if __name__ == "__main__":
    sys.exit(main())
