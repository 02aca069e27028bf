"""What HAProxy, Squid, Apache and Traffic Server are told in the mode `preflight`.

Each asks the site for every reader; where the site opens the page, the stored body is given with
the reader's cookie, and every other request is the site's to answer.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.web.caches import others
from tests.web.caches.programs import program
from tests.web.caches.running import BODY_KEY, free_port

HAPROXY = """global
  maxconn 400
  lua-load {folder}/meter.lua
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
cache pages
  total-max-size 16
  max-age 600
frontend readers
  bind 127.0.0.1:{port}
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request return status 404 if {{ path /preflight }}
  http-request lua.meter if {{ path_beg /articles/ }} {{ method GET HEAD }}
  use_backend stored if {{ var(txn.meter) -m str open }}
  default_backend site
backend stored
  http-request del-header Cookie
  http-request set-header Meter-Body {key}
  http-response del-header Age
  http-response set-header Cache-Control "private, no-store"
  http-response set-header Set-Cookie %[var(txn.cookie)] if {{ var(txn.cookie) -m found }}
  server pages unix@{folder}/pages
frontend pages
  bind unix@{folder}/pages mode 600
  default_backend cached
backend cached
  http-request cache-use pages
  http-response cache-store pages
  server site 127.0.0.1:{site}
backend site
  server site 127.0.0.1:{site}
"""
HAPROXY_LUA = """
core.register_action("meter", {{"http-req"}}, function(txn)
  local headers = {{}}
  for name, values in pairs(txn.http:req_get_headers()) do
    headers[name] = {{}}
    for place, value in pairs(values) do headers[name][place + 1] = value end
  end
  headers["x-original-uri"] = {{txn.sf:pathq()}}
  headers["x-original-method"] = {{txn.sf:method()}}
  local place = "http://127.0.0.1:{site}/preflight"
  local answer = core.httpclient():get{{url = place, headers = headers}}
  if answer.status == 200 or answer.status == 204 then
    txn:set_var("txn.meter", "open")
    local cookies = answer.headers["set-cookie"]
    if cookies then txn:set_var("txn.cookie", cookies[0]) end
  end
end, 0)
"""


def haproxy(port, site, folder):
    """Return the command of HAProxy, which asks in Lua; a second front end has the cache."""
    settings = folder / "haproxy.cfg"
    text = HAPROXY.format(port=port, site=site, folder=folder, key=BODY_KEY)
    settings.write_text(text, encoding="utf-8")
    (folder / "meter.lua").write_text(HAPROXY_LUA.format(site=site), encoding="utf-8")
    return [program("haproxy"), "-f", str(settings)]


ASKING = Path(__file__).with_name("asking.py")
HEADERS = (
    "Host",
    "Cookie",
    "User-Agent",
    "Range",
    "Sec-Purpose",
    "Purpose",
    "X-Purpose",
    "X-Moz",
)
"""What a helper is told of a reader's request."""

SQUID = """external_acl_type meter ttl=0 negative_ttl=0 cache=0 children-startup=2 children-max=2 \
%METHOD %URI {told} {python} {asking} squid {site} {headers}
acl preflight urlpath_regex ^/preflight([?]|$)
acl article urlpath_regex ^/articles/
acl readable method GET HEAD
acl asked external meter
acl open note meter_ open
acl cookie note cookie_
http_access deny preflight
http_access deny article readable !asked
cache deny !open
request_header_access Cookie deny open
request_header_add Meter-Body {key} open
reply_header_access Age deny open
reply_header_access Cache-Control deny open
reply_header_add Cache-Control "private, no-store" open
reply_header_add Set-Cookie "%'{{cookie_}}note" open cookie
"""


def squid(port, site, folder):
    """Return the command of Squid, which asks through a helper.

    Squid gives up its rights first, so the helper is run by Debian's Python, which anybody may use.
    """
    asking = shutil.copy(ASKING, folder)
    python = program("python3", "/usr/bin")
    more = SQUID.format(
        told=" ".join(f"%>{{{name}}}" for name in HEADERS),
        python=python,
        asking=asking,
        site=site,
        headers=",".join(HEADERS),
        key=BODY_KEY,
    )
    return others.squid(port, site, folder, more)


APACHE = """
Listen 127.0.0.1:{port}
DefaultRuntimeDir {folder}
<VirtualHost 127.0.0.1:{port}>
  RewriteEngine on
  RewriteMap escape int:escape
  RewriteMap meter "prg:{python} {asking} apache {site} {headers}"
  RewriteRule ^/preflight$ - [R=404,L]
  RewriteCond %{{REQUEST_METHOD}} ^(GET|HEAD)$
  RewriteCond %{{THE_REQUEST}} "^[A-Z]+ ([^ ]+)"
  RewriteCond "${{meter:%{{REQUEST_METHOD}} ${{escape:%1}} {told}}}" "^open(?: (.+))?$"
  RewriteRule ^/articles/ http://127.0.0.1:{cache}%{{REQUEST_URI}} [P,E=METER:open,E=COOKIE:%1]
  RewriteRule ^ http://127.0.0.1:{site}%{{REQUEST_URI}} [P]
  RequestHeader unset Cookie env=METER
  RequestHeader set Meter-Body {key} env=METER
  Header unset Age env=METER
  Header set Cache-Control "private, no-store" env=METER
  Header set Set-Cookie "%{{COOKIE}}e" "expr=-n reqenv('COOKIE')"
</VirtualHost>
"""


def apache(port, site, folder):
    """Return the command of Apache, which asks through a rewrite map; a second host caches."""
    cache = free_port()
    more = APACHE.format(
        port=port,
        site=site,
        cache=cache,
        folder=folder,
        python=sys.executable,
        asking=ASKING,
        told=" ".join(f"${{escape:%{{HTTP:{name}}}}}" for name in HEADERS),
        headers=",".join(HEADERS),
        key=BODY_KEY,
    )
    return others.apache(cache, site, folder, "rewrite", more)


TRAFFIC_SERVER_LUA = """
local function send()
  ts.client_response.header["Age"] = nil
  ts.client_response.header["Cache-Control"] = "private, no-store"
  if ts.ctx["cookie"] then ts.client_response.header["Set-Cookie"] = ts.ctx["cookie"] end
end

local function ask()
  local headers = {{}}
  for name, value in pairs(ts.client_request.get_headers()) do
    if not name:lower():find("^x%-original%-") then headers[name] = value end
  end
  headers["X-Original-URI"] = ts.ctx["uri"]
  headers["X-Original-Method"] = ts.client_request.get_method()
  local answer = ts.fetch("http://" .. ts.client_request.header["Host"] .. "/preflight",
    {{method = "GET", header = headers}})
  if answer.status == 200 or answer.status == 204 then
    ts.ctx["cookie"] = answer.header["Set-Cookie"]
    ts.client_request.header["Cookie"] = nil
    ts.client_request.header["Meter-Body"] = "{key}"
    ts.hook(TS_LUA_HOOK_SEND_RESPONSE_HDR, send)
  else
    ts.http.config_int_set(TS_LUA_CONFIG_HTTP_CACHE_HTTP, 0)
  end
end

function do_remap()
  local uri = ts.client_request.get_uri()
  local method = ts.client_request.get_method()
  if uri == "/preflight" and ts.http.is_internal_request() == 0 then
    ts.http.set_resp(404, "not here")
  elseif uri:find("^/articles/") and (method == "GET" or method == "HEAD") then
    ts.ctx["uri"] = uri
    if ts.client_request.get_uri_args() then
      ts.ctx["uri"] = uri .. "?" .. ts.client_request.get_uri_args()
    end
    ts.hook(TS_LUA_HOOK_POST_REMAP, ask)
  else
    ts.http.config_int_set(TS_LUA_CONFIG_HTTP_CACHE_HTTP, 0)
  end
  return 0
end
"""


def trafficserver(port, site, folder):
    """Return the command of Traffic Server, which asks in Lua."""
    script = folder / "meter.lua"
    script.write_text(TRAFFIC_SERVER_LUA.format(key=BODY_KEY), encoding="utf-8")
    return others.trafficserver(port, site, folder, f"@plugin=tslua.so @pparam={script}")
