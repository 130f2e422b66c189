# SPDX-License-Identifier: Apache-2.0
"""Plays one script on two runtimes and compares everything that can be seen from outside.

    play = Twin(case, Runtime(node, ["runc"]), stockade(node, "permissive", "runc"))
    play("an unknown verb", lambda r, bundle: [r.call("frobnicate")])

Paths that differ by construction, process ids, times and hex addresses are blotted out, nothing
else.
"""
import re

_BLOTS = [
    (r"/usr/s?bin/(runc|crun)\b", r"\1"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?", "TIME"),
    (r'("?(init_process_)?(pid|start)"?\s*[:=]\s*)\d+', r"\1N"),
    (r'("(init_)?process_start"\s*:\s*)\d+', r"\1N"),
    (r"log\d+", "LOG"),
    (r"process\d+\.json", "PROCESS"),
    (r"0x[0-9a-f]{6,}", "ADDRESS"),
    (r"\+0000 UTC m=\S+", "MONOTONIC"),
    (r"fd/\d+", "fd/N"),
    (r"[ \t]+", " "),
    (r"(?m)^(\S+) \d+ (created|running|stopped|paused)", r"\1 N \2"),
]


class Twin:
    """`left` is the bare delegate, `right` the runtime that must behave as it."""

    def __init__(self, case, left, right):
        self._case, self._left, self._right = case, left, right

    def __call__(self, title, script, bundle=None):
        """Runs `script(runtime, bundle)`, which returns Done objects or other comparable values, on
        one side after the other, over the same bundle, and asserts that they are the same."""
        sides = []
        for runtime in (self._left, self._right):
            if bundle is not None:
                bundle.save()
            try:
                sides.append([self._blot(runtime, item) for item in script(runtime, bundle)])
            finally:
                for name in runtime.ids():
                    runtime.delete(name, "--force")
        with self._case.subTest(title):
            self._case.assertEqual(sides[0], sides[1])

    def _blot(self, runtime, item):
        if hasattr(item, "code"):
            return {"code": item.code, "stdout": self._text(runtime, item.stdout),
                    "stderr": self._text(runtime, item.stderr),
                    "log": self._text(runtime, item.log_text)}
        return self._text(runtime, item) if isinstance(item, str) else item

    def _text(self, runtime, text):
        text = text.replace("\\/", "/").replace(str(runtime.root), "ROOT")
        for pattern, blot in _BLOTS:
            text = re.sub(pattern, blot, text)
        return text
