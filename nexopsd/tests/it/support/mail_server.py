"""A mail server for the tests. Its one argument is a JSON object:

security   "none", "starttls" or "tls"
certificate, key   the files with both, for the latter two
login      [user, password] that it wants, or null
refuse     answers in place of its own: {"rcpt": {"address": "550 ..."}, "data": "451 ..."}

It prints its port, and then every message that it accepts as JSON, a line each.
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

wishes = json.loads(sys.argv[1])
refuse = wishes.get("refuse") or {}


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = refuse.get("rcpt", {}).get(address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "data" in refuse:
            return refuse["data"]
        message = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "text": envelope.content.decode("utf-8", "replace"),
            "encrypted": session.ssl is not None or wishes["security"] == "tls",
            "user": session.auth_data.decode() if session.authenticated else None,
        }
        print(json.dumps(message), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    given = [data.login.decode(), data.password.decode()]
    good = given == wishes["login"]
    return AuthResult(success=good, handled=False, auth_data=data.login if good else None)


async def main():
    context = None
    if wishes["security"] != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(wishes["certificate"], wishes["key"])
    starttls = context if wishes["security"] == "starttls" else None
    login = {}
    if wishes.get("login"):
        login = {
            "authenticator": authenticate,
            "auth_required": True,
            "auth_require_tls": wishes["security"] == "starttls",
        }

    def protocol():
        return SMTP(Handler(), hostname="mail.test", tls_context=starttls, require_starttls=bool(starttls), **login)

    server = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", 0, ssl=context if wishes["security"] == "tls" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
