"""Alerts, dashboards and the collector name only what the code has."""

import json
import pathlib
import re
import unittest

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parent.parent
ROOT = DEPLOY.parent
RULES = [rule for group in yaml.safe_load((DEPLOY / "prometheus/rules.yaml").read_text())["groups"] for rule in group["rules"]]
DASHBOARDS = {path.name: json.loads(path.read_text()) for path in sorted((DEPLOY / "grafana").glob("*.json"))}
KINDS = {"counter": ["_total"], "up_down_counter": [""], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}


def instruments():
    """The names that the page for Prometheus gives to the instruments of the code."""
    found = {"up", "target_info"}  # by Prometheus, and by its exporter
    for path in ROOT.glob("*/*/src/**/*.rs"):
        made = re.finditer(r'\.[a-z]+64_(\w+)\("([a-z_.]+)"\)(.*?)\.build\(\)', path.read_text(), re.S)
        for kind, name, settings in (each.groups() for each in made):
            unit = "_seconds" if '.with_unit("s")' in settings else ""
            found |= {name.replace(".", "_") + unit + end for end in KINDS[kind.removeprefix("observable_")]}
        # gauges of a pool, which have no unit
        found |= {name.replace(".", "_") for name in re.findall(r'\bobserve\(\s*&meter,\s*"([a-z_.]+)"', path.read_text())}
    return found


def expressions():
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for name, board in DASHBOARDS.items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", target["expr"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                yield f"{name}: ${variable['name']}", variable["query"]["query"]


class Monitoring(unittest.TestCase):
    def test_every_metric_is_made_by_the_code(self):
        known = instruments()
        self.assertGreater(len(known), 10)
        for where, expression in expressions():
            named = set(re.findall(r"\b[a-z]\w*(?=\{)", expression))
            self.assertTrue(named, where)
            self.assertFalse(named - known, where)

    def test_every_label_is_one_of_the_code(self):
        code = "\n".join(path.read_text() for path in ROOT.glob("*/*/src/**/*.rs"))
        given = {"job", "component", "instance", "le", "route"}  # by Prometheus, its settings, and the dashboard
        for where, expression in expressions():
            labels = set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", expression))
            for by in re.findall(r"\bby \(([^)]*)\)", expression):
                labels |= set(re.split(r",\s*", by))
            for label in labels - given:
                spelled = (label, label.replace("_", "."), label.replace("_", ".", 2), label.replace("rpc_grpc_", "rpc.grpc."),
                           label.replace("http_response_", "http.response.").replace("http_request_", "http.request."))
                self.assertTrue(any(f'"{each}"' in code or f"{each} =" in code for each in spelled), f"{where}: {label}")

    def test_every_alert_says_what_to_do(self):
        runbook = (DEPLOY / "README.md").read_text()
        for rule in RULES:
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
            self.assertEqual(rule["annotations"]["runbook"], f"deploy/README.md#{rule['alert'].lower()}")
            self.assertIn(f"#### {rule['alert']}\n", runbook)

    def test_every_alert_is_tested(self):
        tested = (DEPLOY / "prometheus/rules_test.yaml").read_text()
        for rule in RULES:
            self.assertRegex(tested, rf"alertname: {rule['alert']}\n\s+exp_alerts:\n")

    def test_every_instrument_is_shown(self):
        shown = "\n".join(expression for where, expression in expressions() if ":" in where)
        forms = instruments()
        for name in {re.sub("_(bucket|count|sum)$", "", form) for form in forms if not form.endswith("_sum")}:
            self.assertRegex(shown, rf"\b{name}(_bucket|_count)?\{{", "no panel shows it")

    def test_every_dashboard_can_be_narrowed_and_left(self):
        for name, board in DASHBOARDS.items():
            variables = {variable["name"] for variable in board["templating"]["list"]}
            self.assertLessEqual({"datasource", "component", "instance"}, variables, name)
            self.assertEqual([link["tags"] for link in board["links"]], [["oruma"]], name)
            for panel in board["panels"]:
                for target in panel["targets"]:
                    self.assertIn('component=~"$component", instance=~"$instance"', target["expr"], f"{name}: {panel['title']}")

    def test_every_instrument_is_in_the_runbook(self):
        runbook = (DEPLOY / "README.md").read_text()
        for path in ROOT.glob("*/*/src/**/*.rs"):
            made = r'(?:\.[a-z]+64_\w+\(|\bobserve\(\s*&meter,\s*)"([a-z_.]+)"'
            for name in re.findall(made, path.read_text()):
                self.assertIn(f"`{name}`", runbook, path.name)

    def test_dashboards_can_be_told_apart(self):
        self.assertEqual(len({board["uid"] for board in DASHBOARDS.values()}), len(DASHBOARDS))
        for name, board in DASHBOARDS.items():
            ids = [panel["id"] for panel in board["panels"]]
            self.assertEqual(len(ids), len(set(ids)), name)

    def test_the_collector_has_all_that_its_pipelines_name(self):
        collector = yaml.safe_load((DEPLOY / "otel-collector.yaml").read_text())
        for pipeline in collector["service"]["pipelines"].values():
            for part, names in pipeline.items():
                self.assertFalse(set(names) - set(collector[part]))
        self.assertFalse(set(collector["service"]["extensions"]) - set(collector["extensions"]))


if __name__ == "__main__":
    unittest.main()
