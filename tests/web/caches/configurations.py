"""How each cache is told what to do: a port, the site's port and a folder make a command line.

What nginx and Varnish are told is read off the page *Caches and CDNs*: what is printed there is
what is tried.
"""

from __future__ import annotations

import re

from tests.web.caches import others, preflights
from tests.web.caches.programs import program
from tests.web.caches.running import ROOT

PAGE = ROOT / "docs/how-to/caches.md"
MODES = ("private", "preflight")


def printed(title):
    """Return a file as the how-to page shows it."""
    text = PAGE.read_text(encoding="utf-8")
    block = rf'^```\w+ title="{re.escape(title)}"\n(.*?)^```$'
    found = re.search(block, text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise LookupError(f"no block with the title `{title}` in {PAGE}")
    return found[1]


def put(text, places):
    """Put what this machine has in the place of what a page prints, each at least once."""
    for printed_there, here in places.items():
        if printed_there not in text:
            raise LookupError(f"`{printed_there}` is not printed")
        text = text.replace(printed_there, here)
    return text


NGINX = """daemon off;
pid {folder}/pid;
error_log {folder}/errors;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
access_log off;
client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi;
{printed}
}}
"""


def nginx(mode):
    """Return the function for nginx with the page's file for a mode."""

    def command(port, site, folder):
        places = {
            "listen 80;": f"listen 127.0.0.1:{port};",
            "127.0.0.1:8000": f"127.0.0.1:{site}",
            "/var/cache/nginx/site": f"{folder}/site",
        }
        settings = folder / "nginx.conf"
        text = NGINX.format(folder=folder, printed=put(printed(f"{mode}.conf"), places))
        settings.write_text(text, encoding="utf-8")
        return [program("nginx"), "-c", str(settings), "-e", f"{folder}/errors"]

    return command


def varnish(mode):
    """Return the function for Varnish with the page's file for a mode."""

    def command(port, site, folder):
        settings = folder / "site.vcl"
        text = put(printed(f"{mode}.vcl"), {'"8000"': f'"{site}"'})
        settings.write_text(text, encoding="utf-8")
        storage = ("-s", "malloc,16m", "-j", "none", "-p", "thread_pool_min=10")
        listen = ("-a", f"127.0.0.1:{port}", "-f", str(settings))
        return [program("varnishd"), "-F", "-n", f"{folder}/run", *listen, *storage]

    return command


CACHES = {
    "nginx": {mode: nginx(mode) for mode in MODES},
    "varnish": {mode: varnish(mode) for mode in MODES},
    "haproxy": {"private": others.haproxy, "preflight": preflights.haproxy},
    "squid": {"private": others.squid, "preflight": preflights.squid},
    "apache": {"private": others.apache, "preflight": preflights.apache},
    "trafficserver": {"private": others.trafficserver, "preflight": preflights.trafficserver},
}
