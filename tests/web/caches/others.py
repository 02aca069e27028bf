"""What HAProxy, Squid, Apache and Traffic Server are told in the mode `private`.

Each stores what an answer allows, and is told nothing of cookies.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.web.caches.programs import program

HAPROXY = """global
  maxconn 200
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
cache pages
  total-max-size 16
  max-age 600
  process-vary on
frontend readers
  bind 127.0.0.1:{port}
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  default_backend site
backend site
  http-request cache-use pages
  http-response cache-store pages
  server site 127.0.0.1:{site}
"""


def haproxy(port, site, folder):
    """Return the command of HAProxy."""
    settings = folder / "haproxy.cfg"
    settings.write_text(HAPROXY.format(port=port, site=site), encoding="utf-8")
    return [program("haproxy"), "-f", str(settings)]


SQUID = """http_port 127.0.0.1:{port} accel vhost
cache_peer 127.0.0.1 parent {site} 0 no-query originserver
http_access allow all
cache_mem 16 MB
memory_cache_shared off
request_header_add X-Forwarded-Proto http all
access_log none
cache_log {folder}/log
pid_filename {folder}/pid
coredump_dir {folder}
shutdown_lifetime 0 seconds
pinger_enable off
netdb_filename none
visible_hostname localhost
"""


def squid(port, site, folder, more=""):
    """Return the command of Squid; `more` is put first into its settings."""
    settings = folder / "squid.conf"
    text = more + SQUID.format(port=port, site=site, folder=folder)
    settings.write_text(text, encoding="utf-8")
    return [program("squid"), "-N", "-f", str(settings)]


APACHE = """ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
ErrorLog {folder}/errors
{modules}
{user}
CacheRoot {folder}/pages
CacheLock on
CacheLockPath {folder}/lock
ProxyPreserveHost on
RequestHeader set X-Forwarded-Proto http
<Location />
  Require all granted
</Location>
"""
APACHE_CACHE = """Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
  CacheEnable disk /
  CacheQuickHandler on
  ProxyPass / http://127.0.0.1:{site}/
</VirtualHost>
"""
APACHE_MODULES = "mpm_event authz_core headers proxy proxy_http cache cache_disk"


def apache(port, site, folder, modules="", more=""):
    """Return the command of Apache; `more` is put last into its settings."""
    place = Path("/usr/lib/apache2/modules")
    loaded = [
        f"LoadModule {name}_module {place}/mod_{name}.so"
        for name in f"{APACHE_MODULES} {modules}".split()
    ]
    pages = folder / "pages"
    pages.mkdir()
    pages.chmod(0o777)
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    text = APACHE.format(folder=folder, modules="\n".join(loaded), user=user)
    text += APACHE_CACHE.format(port=port, site=site) + more
    settings = folder / "apache.conf"
    settings.write_text(text, encoding="utf-8")
    return [program("apache2"), "-f", str(settings), "-DFOREGROUND"]


RECORDS = {
    "admin.user_id STRING": "#-1",
    "http.server_ports STRING": "{port}:ip-in=127.0.0.1",
    "http.cache.http INT": "1",
    "http.wait_for_cache INT": "1",
    "http.cache.required_headers INT": "2",  # an explicit lifetime, nothing guessed
    "url_remap.pristine_host_hdr INT": "1",
    "url_remap.remap_required INT": "1",
    "log.logging_enabled INT": "0",
    "exec_thread.autoconfig INT": "0",
    "exec_thread.limit INT": "2",
    "cache.ram_cache.size INT": "16777216",
}
RUN_ROOT = """prefix: {folder}
exec_prefix: {folder}
bindir: /usr/bin
sbindir: /usr/sbin
sysconfdir: {folder}/etc
datadir: {folder}
includedir: {folder}
libdir: /usr/lib
libexecdir: /usr/lib/trafficserver/modules
localstatedir: {folder}
runtimedir: {folder}
logdir: {folder}
cachedir: {folder}
"""


def trafficserver(port, site, folder, plugin="", more=()):
    """Return the command of Traffic Server; `plugin` follows its one line of remapping."""
    executable = program("traffic_server")
    etc = folder / "etc"
    shutil.copytree("/etc/trafficserver", etc)
    records = [
        f"CONFIG proxy.config.{name} {value.format(port=port)}"
        for name, value in [*RECORDS.items(), *more]
    ]
    files = {
        etc / "records.config": "\n".join(records) + "\n",
        etc / "storage.config": f"{folder} 64M\n",
        etc / "remap.config": f"map / http://127.0.0.1:{site}/ {plugin}\n",
        folder / "runroot.yaml": RUN_ROOT.format(folder=folder),
    }
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return [executable, f"--run-root={folder}/runroot.yaml"]
