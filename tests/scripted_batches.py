"""OpenAI's Batch API for the scripted server: a batch is done when it is asked after for the second time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]]]
"""What is answered to the body of a request for a path: status and body."""


@dataclass
class ScriptedBatches:
    answer: Answer
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    fault: str = ""
    """Why batches fail as a whole, where they do."""

    def post(self, path: str, content: bytes) -> dict[str, Any]:
        if path.endswith("/files"):
            name = f"file-{len(self.files)}"
            uploaded = re.search(rb"\r\n\r\n(\{.*?)\r\n--", content, re.DOTALL)
            assert uploaded
            self.files[name] = uploaded[1]
            return {"id": name, "object": "file", "bytes": 1, "created_at": 0, "filename": "q", "purpose": "batch"}
        asked = json.loads(content)
        name = f"batch-{len(self.batches)}"
        total = len(self.files[asked["input_file_id"]].splitlines())
        self.batches[name] = {
            "id": name, "object": "batch", "created_at": 0, "status": "in_progress", **asked,
            "request_counts": {"total": total, "completed": 0, "failed": 0},
        }  # fmt: skip
        return self.batches[name]

    def get(self, path: str) -> bytes:
        if content := re.search(r"/files/([\w-]+)/content$", path):
            return self.files[content[1]]
        if path.endswith("/batches"):
            return json.dumps({"object": "list", "data": [], "has_more": False}).encode()
        batch = self.batches[path.rpartition("/")[2]]
        said = json.dumps(batch).encode()
        if batch["status"] == "in_progress":
            self._finish(batch)
        return said

    def _finish(self, batch: dict[str, Any]) -> None:
        if self.fault:
            batch |= {"status": "failed", "errors": {"object": "list", "data": [{"message": self.fault}]}}
            return
        rows = []
        for line in self.files[batch["input_file_id"]].splitlines():
            asked = json.loads(line)
            status, body = self.answer(asked["url"], asked["body"])
            rows.append({"custom_id": asked["custom_id"], "response": {"status_code": status, "body": body}})
        for name, some in (
            ("output_file_id", [row for row in rows if row["response"]["status_code"] == 200]),
            ("error_file_id", [row for row in rows if row["response"]["status_code"] != 200]),
        ):
            batch[name] = f"{batch['id']}-{name}" if some else None
            self.files[f"{batch['id']}-{name}"] = "\n".join(map(json.dumps, some)).encode()
        batch["status"] = "completed"
