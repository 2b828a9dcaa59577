"""A cluster in one file, moved on by each call, as far as a release asks for it; ``FAKE_CLUSTER`` is the file."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

STATE = Path(os.environ["FAKE_CLUSTER"])
REVISION = "deployment.kubernetes.io/revision"


def main(arguments: list[str]) -> int:
    state: dict[str, Any] = json.loads(STATE.read_text(encoding="utf-8"))
    words = [each for each in arguments if not each.startswith("-")]
    options = dict(each.lstrip("-").partition("=")[::2] for each in arguments if each.startswith("-"))
    state["log"].append(" ".join(words))
    try:
        printed = _DO[words[0]](state, words, options)
    except RuntimeError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    finally:
        _keep(state)
    sys.stdout.write(f"{printed}\n")
    return 0


def _keep(state: dict[str, Any]) -> None:
    """All of it or nothing: whoever calls may be killed, and this with it."""
    beside = STATE.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps(state), encoding="utf-8")
    beside.replace(STATE)


def kustomize(_: dict[str, Any], words: list[str], __: dict[str, str]) -> str:
    return (Path(words[1]) / "manifests.json").read_text(encoding="utf-8")


def annotate(_: dict[str, Any], __: list[str], ___: dict[str, str]) -> str:
    return "\n".join(json.dumps(each) for each in json.loads(sys.stdin.read()))


def apply(state: dict[str, Any], _: list[str], __: dict[str, str]) -> str:
    for each in json.loads(sys.stdin.read())["items"]:
        name = each["metadata"]["name"]
        state["applied"].append(f"{each['kind']}/{name}")
        if each["kind"] == "Job":
            state["jobs"][name] = "Failed" if name in state["failing_jobs"] else "Complete"
        if each["kind"] == "Deployment":
            _changed(state, name, each["spec"]["template"]["spec"]["containers"][0]["image"])
    if state.get("apply_fails"):
        raise RuntimeError("the server has refused")
    return "applied"


def _changed(state: dict[str, Any], name: str, image: str) -> None:
    found = state["deployments"].setdefault(
        name, {"image": "", "generation": 0, "observed": 0, "revision": 0, "paused": False, "updated": 0, "replicas": 2, "history": {}}
    )
    if found["image"] != image:
        found["image"] = image
        found["generation"] += 1


def get(state: dict[str, Any], words: list[str], options: dict[str, str]) -> str:
    if "raw" in options:
        with urllib.request.urlopen(state["behind"][words[1].partition("/proxy/")[0]] + "/" + words[1].partition("/proxy/")[2]) as answer:
            return str(answer.read().decode())
    if words[1] == "job":
        return json.dumps({"status": {"conditions": [{"type": state["jobs"][words[2]], "status": "True"}]}})
    found = state["deployments"].get(words[2])
    if found is None:
        if "ignore-not-found" in options:
            return ""
        raise RuntimeError(f'deployments.apps "{words[2]}" not found')
    _moved(state, words[2])
    is_old = found["updated"] < found["replicas"]
    pods = found["replicas"] + (1 if is_old and found["updated"] else 0)
    return json.dumps(
        {
            "metadata": {"generation": found["generation"], "annotations": {REVISION: str(found["revision"])}},
            "spec": {"replicas": found["replicas"], "paused": found["paused"]},
            "status": {
                "observedGeneration": found["observed"],
                "replicas": pods,
                "updatedReplicas": found["updated"],
                "readyReplicas": pods - (1 if _is_broken(state, found) else 0),
            },
        }
    )


def _is_broken(state: dict[str, Any], found: dict[str, Any]) -> bool:
    return found["image"] in state["never_ready"]


def _moved(state: dict[str, Any], name: str) -> None:
    """What the controllers have done since the last call: they look, make one new pod, and go on unless they are paused."""
    found = state["deployments"][name]
    if found["observed"] < found["generation"]:
        found["observed"] = found["generation"]
        if found["history"].get(str(found["revision"])) != found["image"]:
            found["revision"] += 1
            found["history"][str(found["revision"])] = found["image"]
            found["updated"] = 0
    elif not found["paused"] and found["updated"] < found["replicas"] and not (found["updated"] and _is_broken(state, found)):
        found["updated"] += 1


def rollout(state: dict[str, Any], words: list[str], options: dict[str, str]) -> str:
    name = words[2].removeprefix("deployment/")
    found = state["deployments"][name]
    match words[1]:
        case "pause" | "resume":
            is_pausing = words[1] == "pause"
            if found["paused"] == is_pausing:
                raise RuntimeError(f"deployments.apps {name!r} is {'already' if is_pausing else 'not'} paused")
            found["paused"] = is_pausing
            found["generation"] += 1
            found["observed"] = found["generation"]
        case "undo":
            if found["paused"]:
                raise RuntimeError("you cannot rollback a paused deployment; resume it first")
            _changed(state, name, found["history"][options["to-revision"]])
        case "status":
            for _ in range(10):
                _moved(state, name)
            if found["paused"] or found["updated"] < found["replicas"]:
                raise RuntimeError("timed out waiting for the condition")
    return f"deployment.apps/{name} {words[1]}"


def delete(state: dict[str, Any], words: list[str], _: dict[str, str]) -> str:
    state["jobs"].pop(words[2], None)
    return ""


def logs(_: dict[str, Any], words: list[str], __: dict[str, str]) -> str:
    return f"{words[1]}: relation exists already"


_DO = {each.__name__: each for each in (kustomize, annotate, apply, get, rollout, delete, logs)}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
