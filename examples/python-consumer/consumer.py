"""Prints each change of group with its reasons: committed ones only, each customer's in order, from the beginning the first time.

Reads RAPPORT_KAFKA_BROKERS, RAPPORT_REGISTRY_URL, RAPPORT_APPLICATION_ID (default: rapport) and GROUP_ID. Further settings of librdkafka, such as
security.protocol, come as arguments: python consumer.py security.protocol=SASL_SSL sasl.mechanism=PLAIN
"""

import io
import json
import os
import signal
import sys
import urllib.request
from pathlib import Path

import fastavro
from confluent_kafka import Consumer, KafkaException

SCHEMA = Path(__file__).parent / "../../schemas/out/segment-change.avsc"
MAGIC = 0


class Decoder:
    """Values in the Confluent wire format, resolved to the schema that this program was written for: a word that is newer becomes UNKNOWN."""

    def __init__(self, registry: str) -> None:
        self._registry = registry.rstrip("/")
        self._reader = fastavro.parse_schema(json.loads(SCHEMA.read_text("utf-8")))
        self._writers: dict[int, object] = {}

    def __call__(self, value: bytes) -> dict:
        if value[0] != MAGIC:
            raise ValueError(f"not in the Confluent wire format: it begins with {value[0]}")
        writer = self._writer(int.from_bytes(value[1:5], "big"))
        return fastavro.schemaless_reader(io.BytesIO(value[5:]), writer, self._reader)

    def _writer(self, schema_id: int) -> object:
        if schema_id not in self._writers:
            with urllib.request.urlopen(f"{self._registry}/schemas/ids/{schema_id}", timeout=10) as answer:
                self._writers[schema_id] = fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
        return self._writers[schema_id]


def text(change: dict) -> str:
    """One line: when, who, from where to where, why."""
    reasons = ", ".join(f"{driver['name']} {driver['difference']:+.1f}" for driver in change["drivers"])
    came_from = change["from"] or "-"
    at = change["at"].isoformat(timespec="milliseconds")
    return f"{at} {change['customerId']} #{change['number']} {came_from} -> {change['to']} ({change['cause']}): {reasons or 'first seen'}"


def required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set.")
    return value


def main() -> None:
    application = os.environ.get("RAPPORT_APPLICATION_ID") or "rapport"
    brokers = required("RAPPORT_KAFKA_BROKERS")
    decode = Decoder(required("RAPPORT_REGISTRY_URL"))
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": os.environ.get("GROUP_ID") or f"{application}-python",
            # librdkafka's default, said here because everything depends on it
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            # An offset is stored when its change has been printed, and what is stored is committed every few seconds and at the end.
            "enable.auto.offset.store": False,
            **dict(argument.split("=", 1) for argument in sys.argv[1:]),
        }
    )
    stopped = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    consumer.subscribe([f"{application}.segment-changes"])
    try:
        while not stopped:
            message = consumer.poll(0.5)
            if message is None:
                continue
            if (error := message.error()) is not None:
                if error.fatal():
                    raise KafkaException(error)
                print(error, file=sys.stderr)  # librdkafka goes on by itself
                continue
            if (value := message.value()) is not None:
                print(text(decode(value)), flush=True)
            consumer.store_offsets(message)
    finally:
        consumer.close()


main()
