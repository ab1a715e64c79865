"""Start the service."""

from __future__ import annotations

import gc
import os
import shlex
import sys
from functools import partial

import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from vinspect.api.openid import Provider
from vinspect.api.record.log import RecordError
from vinspect.api.service.access import hashed, make_key
from vinspect.api.service.app import create_app
from vinspect.api.service.looking import Apart
from vinspect.api.settings import Settings
from vinspect.api.site import NoSite, load
from vinspect.api.store import Store
from vinspect.vision import inspector

CORES = os.cpu_count() or 1
SWITCHES = 0.001  # seconds: an answer that takes none waits no longer than that for each scoring that computes
STOPS = 10  # seconds for answers under way when it is told to stop; consoles listen for ever


def start(settings: Settings, *, new_key: bool) -> int:
    """Serve until told to stop; the first start prints the API key. Returns the exit status."""
    # Where as many photographs are in work as there are cores, each is quickest on one.
    threads = max(1, CORES // (settings.workers or CORES))
    try:
        nets = inspector.open_nets(threads=threads)
    except (OSError, ValueError) as error:  # weights that are missing or damaged, which say so
        print(f"vinspect: {error}", file=sys.stderr)
        return 3
    try:
        site = None if settings.site is None else load(settings.site)
    except NoSite as error:
        print(f"vinspect: {error}", file=sys.stderr)
        return 3
    sys.setswitchinterval(SWITCHES)
    data, url = settings.data, settings.store
    try:
        store = Store(data, url, settings.photographs)
    except RecordError as error:
        print(f"vinspect: {data}: {error}", file=sys.stderr)
        return 3
    except (OSError, SQLAlchemyError) as error:
        where = "name another folder with --data" if url is None else "check the folder, and the database of --store"
        why = getattr(error, "orig", None) or error
        print(f"vinspect: {data}: nothing can be kept here ({why}): {where}", file=sys.stderr)
        return 3
    if new_key or not store.has_keys():
        at = f" --data {shlex.quote(str(data))}"  # the rest of the settings is known by the folder or the environment
        key = make_key()
        store.replace_keys(hashed(key))
        print(f"API key, shown this once: {key}")
        print(f"It is the administrator's. To let a person sign in: vinspect people add NAME --role administrator{at}")
    store.close()
    print(f"Auditors work at http://{settings.host}:{settings.port}/console")
    print(f"What it answers is described at http://{settings.host}:{settings.port}/docs", flush=True)
    app = create_app(
        data,
        nets,
        url=url,
        provider=_provider(settings),
        authority=settings.timestamps,
        workers=settings.workers,
        waiting=settings.waiting,
        site=site,
        local_webhooks=settings.local_webhooks,
        photographs=settings.photographs,
        looking=partial(Apart, threads),
    )
    gc.collect()
    gc.freeze()  # what is there by now stays: it need not be gone through again and again
    uvicorn.run(app, host=settings.host, port=settings.port, timeout_graceful_shutdown=STOPS)
    return 0


def _provider(of: Settings) -> Provider | None:
    """Whom people may sign in by, where one is named."""
    if of.openid_issuer is None or of.openid_client is None:
        return None
    return Provider(of.openid_issuer, of.openid_client, of.openid_secret)
