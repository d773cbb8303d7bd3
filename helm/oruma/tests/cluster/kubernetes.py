"""The API of a Kubernetes that has no nodes, and what stands in for them."""

import collections
import http.client
import json
import os
import pathlib
import ssl
import threading
import time
import urllib.parse

import yaml

MANAGER = "the-test"


def eventually(found, what, seconds=300):
    """Asks again until there is an answer that counts."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.05)
    return answer


class Refused(Exception):
    """What the API server says no to."""

    def __init__(self, status, answer):
        super().__init__(f"{status}: {answer.get('message', answer)}")
        self.status = status


class Api:
    """One connection a thread. Whatever the server warns of is in `warnings`."""

    def __init__(self):
        config = yaml.safe_load(pathlib.Path(os.environ["KUBECONFIG"]).read_text())
        cluster = config["clusters"][0]["cluster"]
        self.address = urllib.parse.urlsplit(cluster["server"]).netloc
        self.trust = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self.token = config["users"][0]["user"]["token"]
        self.connection = None
        self.warnings = []
        self.resources = {}

    def send(self, method, path, body=None, content="application/json", **query):
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(self.address, context=self.trust, timeout=60)
        if query:
            path += "?" + urllib.parse.urlencode(query)
        try:
            self.connection.request(method, path, None if body is None else json.dumps(body),
                                    {"Authorization": f"Bearer {self.token}", "Content-Type": content})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.status == 429:  # come again, it says
            time.sleep(int(answer.getheader("Retry-After", 1)))
            return self.send(method, path, body, content)
        self.warnings += [value for name, value in answer.getheaders() if name.lower() == "warning"]
        found = json.loads(text) if answer.getheader("Content-Type", "").startswith("application/json") else {"text": text.decode()}
        if answer.status >= 400:
            raise Refused(answer.status, found)
        return found

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def is_ready(self):
        try:
            return self.send("GET", "/readyz")
        except (OSError, http.client.HTTPException, Refused):
            return False

    def kinds(self, version):
        """What an API version has: the resource by its kind."""
        if version not in self.resources:
            found = self.send("GET", f"/api/{version}" if "/" not in version else f"/apis/{version}")
            self.resources[version] = {each["kind"]: each for each in found["resources"] if "/" not in each["name"]}
        return self.resources[version]

    def path(self, version, kind, namespace=None, name=None):
        resource = self.kinds(version)[kind]
        parts = ["/apis" if "/" in version else "/api", version]
        if resource["namespaced"] and namespace:
            parts += ["namespaces", namespace]
        return "/".join([*parts, resource["name"], *([name] if name else [])])

    def of(self, thing, namespace):
        return self.path(thing["apiVersion"], thing["kind"], thing["metadata"].get("namespace", namespace), thing["metadata"]["name"])

    def apply(self, thing, namespace, **query):
        """As `kubectl apply --server-side` does."""
        return self.send("PATCH", self.of(thing, namespace), thing, "application/apply-patch+yaml",
                         fieldManager=MANAGER, fieldValidation="Strict", **query)

    def create(self, thing, namespace=None, **query):
        return self.send("POST", self.path(thing["apiVersion"], thing["kind"], namespace), thing, **query)

    def list(self, version, kind, namespace=None, **query):
        return self.send("GET", self.path(version, kind, namespace), **query)["items"]

    def get(self, version, kind, namespace, name):
        return self.send("GET", self.path(version, kind, namespace, name))

    def merge(self, path, change):
        return self.send("PATCH", path, change, "application/merge-patch+json")

    def everything_in(self, namespace):
        """All objects of a namespace, by kind and name, but those that come and go by themselves."""
        found = {}
        for version in ("v1", "apps/v1", "batch/v1", "policy/v1", "autoscaling/v2", "networking.k8s.io/v1", "monitoring.coreos.com/v1",
                        "gateway.networking.k8s.io/v1"):
            for kind, resource in self.kinds(version).items():
                if resource["namespaced"] and "list" in resource["verbs"] and kind not in ("Event", "Endpoints"):
                    for each in self.list(version, kind, namespace):
                        found[kind, each["metadata"]["name"]] = each
        return found


class Nodes(threading.Thread):
    """Instead of nodes and of what a cloud adds: says of each pod how it goes on. `held` are labels of pods that wait, `failing` of those that fail."""

    def __init__(self):
        super().__init__(daemon=True)
        self.api = Api()
        self.held, self.failing = set(), set()
        self.done = collections.defaultdict(list)
        self.ended = threading.Event()
        self.problem = None

    def run(self):
        while not self.ended.is_set():
            try:
                self.look()
            except Refused as refused:
                if refused.status not in (404, 409):  # it went, or changed, meanwhile
                    self.problem = refused
            except (OSError, http.client.HTTPException) as problem:
                self.problem = problem
            time.sleep(0.05)
        self.api.close()

    def look(self):
        for pod in self.api.list("v1", "Pod", fieldSelector="status.phase=Pending"):
            self.go_on(pod)
        for service in self.api.list("v1", "Service"):
            if service["spec"]["type"] == "LoadBalancer" and not service["status"]["loadBalancer"]:
                path = self.api.path("v1", "Service", service["metadata"]["namespace"], service["metadata"]["name"])
                self.api.merge(f"{path}/status", {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}})

    def go_on(self, pod):
        meta = pod["metadata"]
        component = meta["labels"].get("app.kubernetes.io/component", meta["name"])
        if component in self.held:
            return
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        job = "batch.kubernetes.io/job-name" in meta["labels"]
        code = int(component in self.failing)
        ended = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed", "startedAt": now, "finishedAt": now}}
        phase = ("Failed" if code else "Succeeded") if job else "Running"
        ready = phase == "Running" and not code
        status = {"phase": phase, "startTime": now,
                  "conditions": [{"type": kind, "status": str(ready), "lastTransitionTime": now} for kind in ("Ready", "ContainersReady")],
                  "containerStatuses": [{"name": each["name"], "image": each["image"], "imageID": "", "ready": ready, "restartCount": 0,
                                         "state": ended if job else {"running": {"startedAt": now}}} for each in pod["spec"]["containers"]]}
        self.api.merge(self.api.path("v1", "Pod", meta["namespace"], meta["name"]) + "/status", {"status": status})
        self.done[meta["namespace"]].append(component)
