"""A job for a private workforce of SageMaker Ground Truth: what goes to S3, and the labels that come back.

Formats: "Input data", "Create a custom worker task template" and "Output data" of the Ground Truth documentation. What
isn't known to Debrief is who there sees an item, so only items go whose documents everybody of the job may read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.errors import ReviewError
from review.items import Item
from review.spec import Job
from review.store import Foreign

KINDS = ("choice", "scale", "ranking")
# Keys of a manifest's line that are ours; what else stands there is Ground Truth's.
_OURS = "debrief"
_OUTPUT = "manifests/output/output.manifest"
_RESPONSES = re.compile(r"/annotations/worker-response/iteration-\d+/(\d+)/[^/]+\.json$")


class Bucket(Protocol):
    """What is needed of an S3 client."""

    def put_object(self, **given: Any) -> Any:
        """Writes an object."""

    def get_object(self, **given: Any) -> Any:
        """Reads one."""

    def list_objects_v2(self, **given: Any) -> Any:
        """Lists a page of them."""


@dataclass(frozen=True)
class Place:
    """Where a job lies: `s3://bucket/prefix`."""

    bucket: str
    prefix: str

    @classmethod
    def of(cls, address: str) -> Place:
        """The place of an address. Raises ReviewError: it is none."""
        found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*?))?/*", address)
        if found is None:
            raise ReviewError(f"{address!r} is no place in S3; write s3://BUCKET/FOLDER.")
        return cls(found[1], found[2] or "")

    def key(self, name: str) -> str:
        """The key of an object below it."""
        return f"{self.prefix}/{name}".lstrip("/")

    def address(self, name: str) -> str:
        """Its address."""
        return f"s3://{self.bucket}/{self.key(name)}"


def pushed(client: Bucket, place: Place, job: Job, items: Mapping[int, Item]) -> list[str]:
    """Writes manifest, classes and the page for reviewers; their addresses.

    Raises:
        ReviewError: labels of this kind have no place there, or there is nothing to send.
    """
    if job.label.kind not in KINDS:
        raise ReviewError(f"Ground Truth takes one class an item; a job of {job.label.kind} can't go there.")
    if not items:
        raise ReviewError(f"Nothing of {job.job} can go: no item's documents may be read by all of its people.")
    made = {
        "input.manifest": "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(job, items)),
        "classes.json": json.dumps(_classes(job), ensure_ascii=False, indent=1),
        "page.liquid.html": _page(job),
    }
    for name, text in made.items():
        client.put_object(Bucket=place.bucket, Key=place.key(f"{job.job}/{name}"), Body=text.encode())
    return [place.address(f"{job.job}/{name}") for name in made]


def _lines(job: Job, items: Mapping[int, Item]) -> Iterator[dict[str, Any]]:
    for number, item in items.items():
        yield {
            "source": item.text,
            "question": item.question,
            "other": item.other,
            "passages": [{"title": s.title, "text": s.text} for s in item.sources],
            _OURS: {"job": job.job, "number": number},
        }


def _classes(job: Job) -> dict[str, Any]:
    return {"document-version": "2018-11-28", "labels": [{"label": str(value)} for value in job.label.offered()]}


def _page(job: Job) -> str:
    """The page that a reviewer sees of an item; Ground Truth fills in the item's words, escaped."""
    instructions = job.instructions.replace("{", "&#123;").replace("<", "&lt;")
    examples = "".join(
        f"<p>{e.get('item', '')} → <b>{e.get('label', '')}</b> {e.get('why', '')}</p>".replace("{", "&#123;")
        for e in job.examples
    )
    classes = json.dumps([str(value) for value in job.label.offered()], ensure_ascii=False).replace("'", "&#39;")
    return f"""<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<crowd-form>
  <crowd-classifier name="label" categories='{classes}' header="{job.title.replace('"', "&quot;")}">
    <classification-target>
      <h3>{{{{ task.input.question | escape }}}}</h3>
      <p style="white-space: pre-wrap">{{{{ task.input.source | escape }}}}</p>
      <p style="white-space: pre-wrap">{{{{ task.input.other | escape }}}}</p>
      {{% for passage in task.input.passages %}}
      <h4>{{{{ passage.title | escape }}}}</h4>
      <blockquote style="white-space: pre-wrap">{{{{ passage.text | escape }}}}</blockquote>
      {{% endfor %}}
    </classification-target>
    <full-instructions header="Instructions">
      <p style="white-space: pre-wrap">{instructions}</p>{examples}
    </full-instructions>
    <short-instructions><p style="white-space: pre-wrap">{instructions}</p></short-instructions>
  </crowd-classifier>
</crowd-form>
"""


def pulled(client: Bucket, place: Place, job: Job) -> tuple[list[Foreign], int]:
    """The labels below a labelling job's output, each reviewer's where they are there, and how many couldn't be read.

    Args:
        place: The output folder with the labelling job's name.

    Raises:
        ReviewError: there is no output, or it is another job's.
    """
    lines = [json.loads(line) for line in _text(client, place, _OUTPUT, job).splitlines() if line.strip()]
    numbers = []
    for line in lines:
        told = line.get(_OURS, {})
        if told.get("job") != job.job:
            raise ReviewError(f"{place.address(_OUTPUT)} is of the job {told.get('job', '?')}, not of {job.job}.")
        numbers.append(int(told["number"]))
    given = [*_responses(client, place, numbers)] or [*_consolidated(lines, numbers)]
    offered = {str(value): value for value in job.label.offered()}
    read = [Foreign(number, who, offered[label]) for number, who, label in given if label in offered]
    return read, len(given) - len(read)


def _responses(client: Bucket, place: Place, numbers: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    """(item, reviewer, label) of each answer; the newest object of an item has them all."""
    newest: dict[int, str] = {}
    for key in sorted(_keys(client, place)):
        if found := _RESPONSES.search(f"/{key}"):
            newest[int(found[1])] = key
    for at, key in newest.items():
        if at >= len(numbers):
            continue
        answers = json.loads(client.get_object(Bucket=place.bucket, Key=key)["Body"].read()).get("answers", [])
        for answer in answers:
            label = answer.get("answerContent", {}).get("label", {})
            who = answer.get("workerMetadata", {}).get("identityData", {}).get("sub") or answer.get("workerId", "")
            yield (
                numbers[at],
                f"ground-truth:{who}",
                str(label.get("label", label) if isinstance(label, dict) else label),
            )


def _consolidated(lines: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    for line, number in zip(lines, numbers, strict=True):
        for key, told in line.items():
            if key.endswith("-metadata") and isinstance(told, dict) and "class-name" in told:
                yield number, "ground-truth", str(told["class-name"])


def _text(client: Bucket, place: Place, name: str, job: Job) -> str:
    from botocore.exceptions import ClientError

    try:
        return bytes(client.get_object(Bucket=place.bucket, Key=place.key(name))["Body"].read()).decode("utf-8")
    except ClientError as error:
        raise ReviewError(
            f"There is no output of {job.job} at {place.address(name)} ({error.response['Error']['Code']}); name the "
            "folder that the labelling job writes to, with the labelling job's name."
        ) from error


def _keys(client: Bucket, place: Place) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        page = client.list_objects_v2(Bucket=place.bucket, Prefix=place.key("annotations/"), **token)
        yield from (str(one["Key"]) for one in page.get("Contents", ()))
        if not page.get("IsTruncated") or page["NextContinuationToken"] == token.get("ContinuationToken"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}


def readable_by_all(
    job: Job, items: Mapping[int, Item], may: Callable[[str, Sequence[str]], set[str]]
) -> dict[int, Item]:
    """The items whose documents everybody of the job may read.

    Args:
        may: (an entry of the job's people, document ids) → those that this person, or anybody of this group, may read.
    """
    every = sorted({document for item in items.values() for document in item.documents})
    known = [may(entry, every) for entry in job.people]
    return {n: item for n, item in items.items() if all(set(item.documents) <= readable for readable in known)}
