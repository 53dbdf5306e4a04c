#!/usr/bin/python3
"""Writes every notification on the bus to a file, one JSON object a line, until SIGTERM: capture.py <file> [exchange...]

Has a queue of its own, so nobody else loses a message. Only notification routing keys: the exchanges carry RPC too.
"""
import json
import signal
import socket
import sys
import time

import amqp

EXCHANGES = ["nova", "neutron", "keystone", "glance", "designate", "openstack", "octavia"]
KEYS = ["notifications.*", "versioned_notifications.*"]


def bind(connection, queue, waiting):
    """Binds to the exchanges that exist by now, answers the others: the publisher makes one with its first message."""
    left = []
    for exchange in waiting:
        channel = connection.channel()
        try:
            channel.exchange_declare(exchange, "topic", passive=True)
            for key in KEYS:
                channel.queue_bind(queue, exchange, key)
            channel.close()
        except amqp.exceptions.NotFound:
            left.append(exchange)
    return left


def capture(out, exchanges):
    with amqp.Connection("127.0.0.1:5672", "guest", "guest") as connection:
        channel = connection.channel()
        queue = channel.queue_declare(exclusive=True).queue

        def write(message):
            properties = dict(message.properties)
            properties["headers"] = properties.pop("application_headers", {})  # the library's name for it
            out.write(json.dumps({
                "exchange": message.delivery_info["exchange"], "routing_key": message.delivery_info["routing_key"],
                "properties": properties,
                "body": message.body if isinstance(message.body, str) else message.body.decode()}) + "\n")
            out.flush()

        channel.basic_consume(queue, no_ack=True, callback=write)
        waiting, looked = exchanges, 0.0
        while True:
            if waiting and time.monotonic() - looked > 1:
                waiting, looked = bind(connection, queue, waiting), time.monotonic()
            try:
                connection.drain_events(timeout=0.5)
            except socket.timeout:
                pass


def main(path, *exchanges):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(path, "a", encoding="utf-8") as out:
        while True:
            try:
                capture(out, list(exchanges) or EXCHANGES)
            except (OSError, amqp.exceptions.AMQPError) as error:
                print(f"capture: {error!r}, connecting again", file=sys.stderr)
                time.sleep(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
