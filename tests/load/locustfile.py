"""Clients of a running server, whatever model it serves: they send its own examples and check the answers.

    locust -f tests/load/locustfile.py --headless -u 200 -r 10 -t 2m --host http://127.0.0.1:8000

No request may fail: locust then ends with exit code 1. With REPRISE_API_KEY set, that key is sent.
"""

import os
import random

from locust import HttpUser, between, task


class Client(HttpUser):
    """Someone who asks about one file or row at a time, and looks at the answer for some seconds.

    So 200 of them ask 100 times a second. Without the pause they would show no more than how long the queue becomes
    that they are themselves: that is what `benchmarks/serving.py` is for.
    """

    wait_time = between(1, 3)

    def on_start(self) -> None:
        """Learn from the server what it serves, and what is right."""
        if key := os.environ.get("REPRISE_API_KEY"):
            self.client.headers["X-API-Key"] = key
        self.card = self.client.get("/model").json()
        self.examples = [
            (example, self.client.get(f"/{example['url']}", name="/examples/{name}"))
            for example in self.card["examples"]
        ]

    @task
    def predict(self) -> None:
        """Send an example; it must be answered as export found."""
        expected, example = random.choice(self.examples)
        if self.card["accepts"] is None:
            sent = {"json": {"instances": [example.json()]}}
        else:
            sent = {"files": {"file": (expected["url"], example.content)}}
        with self.client.post("/predict", catch_response=True, **sent) as answer:
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
                return
            (found,) = answer.json()["predictions"]
            if found["label"] != expected["label"]:
                answer.failure(f"{found['label']} for {expected['label']}")
