"""Prints the events of an Oruma installation: a consumer to start from.

Usage: RABBITMQ_URL=amqp://… python3 consume_events.py [ROUTING_KEY ...]

It keeps a durable queue of its own, so events that come while it is away wait for it, and acknowledges an event only after it was handled.
What it handles twice is told apart by the event's id: keep the ids in the database in which you have your effect, in the same transaction.
"""

import json
import os
import sys

import pika

EXCHANGE = "oruma.events"
QUEUE = "example.consumer"


def handle(event, seen):
    """Replace this by what you do with an event."""
    if event["id"] in seen:
        return
    seen.add(event["id"])
    print(event["time"], event["type"], event["subject"], json.dumps(event["data"]), flush=True)


def main():
    keys = sys.argv[1:] or ["#"]
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))
    channel = connection.channel()
    channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True, passive=True)
    channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum", "x-single-active-consumer": True})
    for key in keys:
        channel.queue_bind(QUEUE, EXCHANGE, routing_key=key)
    channel.basic_qos(prefetch_count=32)
    seen = set()
    print("waiting for", ", ".join(keys), file=sys.stderr, flush=True)
    for method, _properties, body in channel.consume(QUEUE):
        handle(json.loads(body), seen)
        channel.basic_ack(method.delivery_tag)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
