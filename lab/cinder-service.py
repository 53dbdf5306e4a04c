#!/usr/bin/python3
"""Cinder's services: cinder-service.py scheduler|volume <arguments>, or Cinder's API as uwsgi's script.

Once notifications are on, oslo.messaging cuts contexts to their safe keys, and every operation of Zed's Cinder would end
in "read_deleted can only be one of 'no', 'yes' or 'only', not None".
"""
import importlib
import sys

if __name__ == "__main__":
    # Patches the standard library for eventlet: before anything else of Cinder.
    main = importlib.import_module(f"cinder.cmd.{sys.argv.pop(1)}").main
else:
    from cinder.wsgi.wsgi import initialize_application

from cinder.context import RequestContext

RequestContext.read_deleted = RequestContext.read_deleted.setter(
    lambda context, value: RequestContext._set_read_deleted(context, value or "no"))

if __name__ == "__main__":
    main()
else:
    application = initialize_application()
