"""Microsoft Graph, Microsoft Entra's token endpoint and SharePoint REST on loopback.

Clients keep the real host names (https://graph.microsoft.com, https://login.microsoftonline.com, the tenant's
SharePoint host); an adapter sends their requests here and names the host in `X-Forwarded-Host`. All three are told
apart by their paths, so one server is enough. Links in answers are the real ones.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Flask, Response, jsonify, redirect, request

from samples.stand_ins import chats, mailboxes
from samples.stand_ins.faults import Answer
from samples.stand_ins.server import StandIn
from samples.stand_ins.tenant import Item, Json, Library, Site, Tenant, load_tenant, media_type

GRAPH = "https://graph.microsoft.com/v1.0"
CLIENT_SECRET = "sample-secret"
_PAGE = 200
_LIFETIME_S = 3_599


class GraphStandIn(StandIn):
    """The running server; `tenant` may be changed while it runs."""

    tenant: Tenant
    page_size: int = _PAGE


def start(folder: Path | None = None, port: int = 0, tenant: Tenant | None = None) -> GraphStandIn:
    """Serves the tenant that `folder` describes, or the one given."""
    served = tenant or (load_tenant(folder) if folder else Tenant())
    service = _Service(served, _fingerprint(folder))
    server = GraphStandIn("Graph", service.app.wsgi_app, _answers(), port)
    server.tenant = served
    service.server = server
    return server


class _Service:
    """The routes. A token of ours is any text that the token endpoint has given out and that hasn't run out."""

    server: GraphStandIn

    def __init__(self, tenant: Tenant, fingerprint: str) -> None:
        self.tenant = tenant
        self.app = Flask("graph")
        self._fingerprint = fingerprint
        self._tokens: dict[str, tuple[float, bool]] = {}
        self._entra()
        self._sites()
        self._drives()
        self._directory()
        self._rest()
        mail, teams = Blueprint("mail", "graph"), Blueprint("teams", "graph")
        mailboxes.add_routes(mail, tenant, self._page, lambda: self.server.page_size)
        chats.add_routes(teams, tenant, self._page)
        for more in (mail, teams):
            self.app.register_blueprint(more)
        self.app.before_request(self._check_token)

    # Microsoft Entra: where an application gets its tokens.

    def _entra(self) -> None:
        @self.app.get("/common/discovery/instance")
        def discovery() -> Any:
            host = "login.microsoftonline.com"
            names = {"preferred_network": host, "preferred_cache": "login.windows.net", "aliases": [host]}
            return {"tenant_discovery_endpoint": f"https://{host}/common", "metadata": [names]}

        @self.app.get("/<tenant>/v2.0/.well-known/openid-configuration")
        def configuration(tenant: str) -> Any:
            base = f"https://login.microsoftonline.com/{tenant}"
            return {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
            }

        @self.app.post("/<tenant>/oauth2/v2.0/token")
        def token(tenant: str) -> Any:
            form = request.form
            has_certificate = "client_assertion" in form
            if not has_certificate and form.get("client_secret") != CLIENT_SECRET:
                return _sign_in_error(7000215, "Invalid client secret provided.")
            text = f"token-{secrets.token_hex(8)}"
            self._tokens[text] = (time.time() + _LIFETIME_S, has_certificate)
            lifetime = {"expires_in": _LIFETIME_S, "ext_expires_in": _LIFETIME_S}
            return {"token_type": "Bearer", **lifetime, "access_token": text}

    def _check_token(self) -> Any:
        if not request.path.startswith("/v1.0/") and "/_api/" not in request.path:
            return None
        expires_at, has_certificate = self._tokens.get(
            request.headers.get("Authorization", "").removeprefix("Bearer "), (0.0, False)
        )
        if expires_at < time.time():
            return _error(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        if "/_api/" in request.path and not has_certificate:
            # SharePoint's own interface lets an application in by certificate only.
            return _error(401, "Unauthorized", "Unsupported app only token.")
        return None

    # Graph: sites, their libraries, pages and lists.

    def _sites(self) -> None:
        app = self.app

        @app.get("/v1.0/sites/getAllSites")
        def all_sites() -> Any:
            return self._page([_site(site) for site in self.tenant.sites.values()])

        @app.get("/v1.0/sites/<host>:/sites/<name>")
        def site_by_url(host: str, name: str) -> Any:
            site = self.tenant.sites.get(name)
            return _site(site) if site and host == self.tenant.host else _missing()

        @app.get("/v1.0/sites/<site_id>/drives")
        def drives(site_id: str) -> Any:
            return self._page([_drive(library) for library in self._site(site_id).libraries.values()])

        @app.get("/v1.0/sites/<site_id>/pages")
        def pages(site_id: str) -> Any:
            return self._page([_page(page) for page in self._site(site_id).pages.values()])

        @app.get("/v1.0/sites/<site_id>/pages/<page_id>/microsoft.graph.sitePage")
        def page(site_id: str, page_id: str) -> Any:
            found = self._site(site_id).pages.get(page_id)
            return {**_page(found), "canvasLayout": found["canvasLayout"]} if found else _missing()

        @app.get("/v1.0/sites/<site_id>/lists")
        def lists(site_id: str) -> Any:
            site = self._site(site_id)
            pages = {"id": "pages", "name": "SitePages", "displayName": "Site Pages", "webUrl": "", "list": {}}
            hidden = [pages] if "system" in request.args.get("$select", "") else []
            return self._page([*hidden, *(_list(known) for known in site.lists.values())])

        @app.get("/v1.0/sites/<site_id>/lists/pages/drive")
        def pages_drive(site_id: str) -> Any:
            site = self._site(site_id)
            return {"id": f"pages!{site.id}", "name": "Site Pages", "webUrl": f"{site.web_url}/SitePages"}

        @app.get("/v1.0/sites/<site_id>/lists/<list_id>/columns")
        def list_columns(site_id: str, list_id: str) -> Any:
            return self._page(self._site(site_id).lists[list_id]["columns"])

        @app.get("/v1.0/sites/<site_id>/lists/<list_id>/items")
        def list_items(site_id: str, list_id: str) -> Any:
            return self._page(self._site(site_id).lists[list_id]["items"])

    def _site(self, site_id: str) -> Site:
        return next(site for site in self.tenant.sites.values() if site.id == site_id)

    # Graph: what lies in a library, what changed, and who may read it.

    def _drives(self) -> None:
        app = self.app

        @app.get("/v1.0/users/<address>/drive")
        def drive_of_person(address: str) -> Any:
            library = self.tenant.drives.get(address.lower())
            if library is None:
                return _missing()
            owner = {"user": {"displayName": address.split("@", maxsplit=1)[0], "email": address}}
            return {**_drive(library), "driveType": "business", "owner": owner}

        @app.get("/v1.0/drives/<drive>")
        def drive_by_id(drive: str) -> Any:
            return _drive(self._library(drive))

        @app.get("/v1.0/drives/<drive>/root/delta")
        def delta(drive: str) -> Any:
            return self._delta(self._library(drive), request.args.get("token", ""))

        @app.get("/v1.0/drives/<drive>/root/permissions")
        def root_permissions(drive: str) -> Any:
            return self._page(self._library(drive).permissions)

        @app.get("/v1.0/drives/<drive>/list/columns")
        def columns(drive: str) -> Any:
            return self._page(self._library(drive).columns)

        @app.get("/v1.0/drives/<drive>/items/<item>")
        def item(drive: str, item: str) -> Any:
            library = self._library(drive)
            found = library.items.get(item)
            if found is None or found.deleted:
                return _missing()
            answer = _item(library, found)
            if "listItem" in request.args.get("$expand", ""):
                answer["listItem"] = {"id": found.id[-4:], "fields": found.fields}
            return answer

        @app.get("/v1.0/drives/<drive>/items/<item>/children")
        def children(drive: str, item: str) -> Any:
            library = self._library(drive)
            return self._page([_item(library, child) for child in library.children(item)])

        @app.get("/v1.0/drives/<drive>/items/<item>/permissions")
        def permissions(drive: str, item: str) -> Any:
            library = self._library(drive)
            found = library.items.get(item)
            if found is None or found.deleted:
                return _missing()
            return self._page(library.permissions_of(found))

        @app.get("/v1.0/drives/<drive>/root:/<path:path>:/permissions")
        def page_permissions(drive: str, path: str) -> Any:
            site = self._site(drive.removeprefix("pages!"))
            found = next((known for known in site.pages.values() if known["name"] == path), None)
            return self._page(found["permissions"]) if found else _missing()

        @app.get("/v1.0/drives/<drive>/items/<item>/content")
        def content(drive: str, item: str) -> Any:
            found = self._library(drive).items.get(item)
            if found is None or found.deleted:
                return _missing()
            return redirect(f"https://{self.tenant.host}/_layouts/15/download/{drive}/{item}?tempauth=x", 302)

        @app.get("/_layouts/15/download/<drive>/<item>")
        def download(drive: str, item: str) -> Any:
            if "Authorization" in request.headers:
                return _error(400, "invalidRequest", "A pre-authenticated address takes no token.")
            found = self._library(drive).items[item]
            return Response(found.content, mimetype=media_type(found.name))

    def _library(self, drive: str) -> Library:
        of_sites = itertools.chain.from_iterable(site.libraries.values() for site in self.tenant.sites.values())
        libraries = itertools.chain(of_sites, self.tenant.drives.values())
        return next(library for library in libraries if library.id == drive)

    def _delta(self, library: Library, token: str) -> Any:
        """One page of changes. A token says since which change, up to which, and how many were shown already."""
        since, until, shown = 0, len(library.log), 0
        is_first = not token
        if token:
            mark, *numbers = token.split(".")
            since = int(numbers[0])
            if numbers[1:]:
                until, shown = map(int, numbers[1:])
                is_first = since == 0
            if mark != self._fingerprint or since < library.oldest_token:
                return _error(410, "resyncRequired", "Resync required. Replace any local items with the server's.")
        # An item that changed several times is listed once, where it changed last.
        ids = list(dict.fromkeys(reversed(library.log[since:until])))[::-1]
        if is_first:
            ids = ["root", *(i for i in ids if i != "root" and not library.items[i].deleted)]
        size = self.server.page_size
        value = [_changed(library, i, since, is_first) for i in ids[shown : shown + size]]
        link = f"{GRAPH}/drives/{library.id}/root/delta?token={self._fingerprint}"
        if shown + size < len(ids):
            return {"value": value, "@odata.nextLink": f"{link}.{since}.{until}.{shown + size}"}
        return {"value": value, "@odata.deltaLink": f"{link}.{until}"}

    # Graph: people and groups.

    def _directory(self) -> None:
        @self.app.get("/v1.0/users/<user_id>")
        def user(user_id: str) -> Any:
            found = self.tenant.user(user_id)
            return {"accountEnabled": True, **found} if found else _missing()

        @self.app.get("/v1.0/groups/<group_id>")
        def group(group_id: str) -> Any:
            known = self.tenant.groups.get(group_id)
            return _missing() if known is None else {"displayName": known.get("displayName", "")}

        @self.app.get("/v1.0/groups/<group_id>/transitiveMembers")
        def members(group_id: str) -> Any:
            if group_id not in self.tenant.groups:
                return _missing()
            return self._page(self.tenant.transitive_members(group_id))

    # SharePoint REST: groups that a site keeps itself, and who may read a list.

    def _rest(self) -> None:
        app = self.app

        @app.post("/sites/<name>/_api/contextInfo")
        def context_info(name: str) -> Any:
            info = {"FormDigestValue": "0x0,1", "FormDigestTimeoutSeconds": 1800, "WebFullUrl": f"/sites/{name}"}
            return {"d": {"GetContextWebInformation": info}}

        @app.get("/sites/<name>/_api/web/sitegroups")
        def site_groups(name: str) -> Any:
            groups = self.tenant.sites[name].groups
            return {"d": {"results": [{"Id": group["Id"], "Title": group["Title"]} for group in groups]}}

        @app.get("/sites/<name>/_api/web/sitegroups/getbyid(<int:group>)/users")
        def site_group_users(name: str, group: int) -> Any:
            found = next(known for known in self.tenant.sites[name].groups if known["Id"] == group)
            return {"d": {"results": found["users"]}}

        @app.get("/sites/<name>/_api/web/lists('<list_id>')/roleassignments")
        def list_roles(name: str, list_id: str) -> Any:
            return {"d": {"results": self.tenant.sites[name].lists[list_id]["roles"]}}

        @app.get("/sites/<name>/_api/web/lists('<list_id>')/items")
        def unique_items(name: str, list_id: str) -> Any:
            items = self.tenant.sites[name].lists[list_id]["items"]
            return {"d": {"results": [{"Id": int(i["id"]), "HasUniqueRoleAssignments": "_roles" in i} for i in items]}}

        @app.get("/sites/<name>/_api/web/lists('<list_id>')/items(<int:item>)/roleassignments")
        def item_roles(name: str, list_id: str, item: int) -> Any:
            items = self.tenant.sites[name].lists[list_id]["items"]
            return {"d": {"results": next(i["_roles"] for i in items if int(i["id"]) == item)}}

    def _page(self, values: list[Json]) -> Any:
        """One page of a collection, with the link to the next one."""
        size, skip = self.server.page_size, int(request.args.get("$skiptoken", 0))
        answer: Json = {"value": [_public(value) for value in values[skip : skip + size]]}
        if skip + size < len(values):
            query = urlencode({**request.args, "$skiptoken": skip + size}, safe="$")
            answer["@odata.nextLink"] = f"https://graph.microsoft.com{quote(request.path)}?{query}"
        return jsonify(answer)


def _site(site: Site) -> Json:
    return {"id": site.id, "name": site.name, "displayName": site.title, "webUrl": site.web_url}


def _drive(library: Library) -> Json:
    return {"id": library.id, "name": library.name, "driveType": "documentLibrary", "webUrl": library.web_url}


def _page(page: Json) -> Json:
    """A page as the collection shows it, without its content."""
    shown = {key: value for key, value in page.items() if key not in ("canvasLayout", "permissions", "version")}
    return {**shown, "eTag": f'"{{{page["id"]}}},{page.get("version", 1)}"'}


def _list(known: Json) -> Json:
    return {key: known[key] for key in ("id", "name", "displayName", "webUrl", "list")}


def _item(library: Library, item: Item) -> Json:
    """A drive item. Its cTag changes with the content, its eTag with anything."""
    parent = {"driveId": library.id, "id": item.parent}
    answer: Json = {
        "id": item.id,
        "name": item.name,
        "eTag": f'"{{{item.id}}},{item.version}"',
        "webUrl": f"{library.web_url}/{library.path(item)}",
        "createdDateTime": item.created,
        "lastModifiedDateTime": item.modified,
        "lastModifiedBy": item.modified_by,
        "parentReference": parent,
    }
    if item.content is None:
        return {**answer, "folder": {"childCount": len(library.children(item.id))}}
    digest = hashlib.sha1(item.content).hexdigest()
    kind = {"mimeType": media_type(item.name), "hashes": {"quickXorHash": digest}}
    return {**answer, "size": len(item.content), "cTag": f'"c:{{{item.id}}},{item.content_version}"', "file": kind}


def _changed(library: Library, item_id: str, since: int, is_first: bool) -> Json:
    """An item as the delta shows it."""
    shared = {} if is_first else {"@microsoft.graph.sharedChanged": "True"}
    if item_id == "root":
        return {"id": "root", "name": "root", "root": {}, "folder": {}, "webUrl": library.web_url, **shared}
    item = library.items[item_id]
    if item.deleted:
        return {"id": item.id, "deleted": {"state": "deleted"}, "parentReference": {"id": item.parent}}
    return _item(library, item) | (shared if item.sharing_changed > since else {})


def _public(value: Json) -> Json:
    return {key: known for key, known in value.items() if not key.startswith("_")}


def _error(status: int, code: str, message: str) -> Any:
    return jsonify({"error": {"code": code, "message": message}}), status


def _missing() -> Any:
    return _error(404, "itemNotFound", "The resource could not be found.")


def _sign_in_error(code: int, message: str) -> Any:
    text = f"AADSTS{code}: {message} Trace ID: 0 Correlation ID: 0"
    return jsonify({"error": "invalid_client", "error_description": text, "error_codes": [code]}), 401


def _fingerprint(folder: Path | None) -> str:
    """What the workspace looked like: tokens of another one are answered with 410."""
    if folder is None:
        return "0"
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha1(b"".join(hashlib.sha1(path.read_bytes()).digest() for path in paths))
    return digest.hexdigest()[:12]


def _answers() -> dict[str, Answer]:
    def body(code: str, message: str) -> bytes:
        return json.dumps({"error": {"code": code, "message": message}}).encode()

    return {
        "throttle": Answer("429 Too Many Requests", body("TooManyRequests", "The request has been throttled.")),
        "error": Answer("503 Service Unavailable", body("serviceNotAvailable", "Try again later.")),
        "expire": Answer("401 Unauthorized", body("InvalidAuthenticationToken", "Access token has expired.")),
    }
