#!/usr/bin/python3
"""Is a service ready? Exit 0 or 1.

health.py <check> [and <check>]...
A check is one of: tcp <port>, http <url>, queue <name>, amqp, sql <socket> <query whose first value tells>.
"""
import socket
import sys
import urllib.error
import urllib.request

TIMEOUT = 5


def tcp(port):
    socket.create_connection(("127.0.0.1", int(port)), TIMEOUT).close()
    return True


def http(url):
    try:
        urllib.request.urlopen(url, timeout=TIMEOUT)
        return True
    except urllib.error.HTTPError as error:
        return error.code < 500


def connect():
    import amqp
    connection = amqp.Connection("127.0.0.1:5672", "guest", "guest", connect_timeout=TIMEOUT)
    connection.connect()
    return connection


def broker():
    connect().close()
    return True


def queue(name):
    """Somebody takes work from the RPC queue: the service behind it listens."""
    with connect() as connection:
        return connection.channel().queue_declare(name, passive=True).consumer_count > 0


def sql(path, *query):
    import pymysql
    with pymysql.connect(unix_socket=path, user="root", connect_timeout=TIMEOUT) as connection:
        cursor = connection.cursor()
        cursor.execute(" ".join(query))
        return bool(cursor.fetchone()[0])


CHECKS = {"tcp": tcp, "http": http, "queue": queue, "sql": sql, "amqp": broker}


def checks(words):
    while words:
        end = words.index("and") if "and" in words else len(words)
        yield words[:end]
        words = words[end + 1:]


if __name__ == "__main__":
    try:
        sys.exit(0 if all(CHECKS[name](*words) for name, *words in checks(sys.argv[1:])) else 1)
    except Exception as error:
        print(f"{' '.join(sys.argv[1:])}: {error}", file=sys.stderr)
        sys.exit(1)
