"""Holds raw Phoenix conversations with a server, through a WebSocket client that is not PhoenixKit's.

    foreign_client.py URL     the URL of `phx serve --fixture`, such as ws://127.0.0.1:4000/socket/websocket

Prints one line for each check and ends with "N passed, N failed"; the status is 0 when none failed. What is expected is what
the recordings of a real Phoenix server show (Tests/Recordings).
"""

import asyncio
import base64
import json
import random
import sys
import urllib.request

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

PATIENCE = 5.0
"""How many seconds an answer may take."""

NOISE = random.Random(4).randbytes(10_000_001)
"""Bytes that do not shrink: a server like Bandit refuses what inflates too far."""


class Failure(Exception):
    """What came is not what was expected."""


def expect(came, wanted, what="an answer"):
    if came != wanted:
        raise Failure(f"expected {what} {wanted!r}, got {came!r}")


class Client:
    """One connection, frame by frame."""

    def __init__(self, socket):
        self.socket = socket

    async def send(self, frame):
        await self.socket.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))

    async def receive(self):
        """The next message: a list or object from text, bytes from a binary frame."""
        try:
            frame = await asyncio.wait_for(self.socket.recv(), PATIENCE)
        except TimeoutError:
            raise Failure(f"expected a message, got none in {PATIENCE} s") from None
        except ConnectionClosed as closed:
            raise Failure(f"expected a message, got the close {closed.rcvd}") from None
        return frame if isinstance(frame, bytes) else json.loads(frame)

    async def closed(self):
        """The close code; 1006 when the connection ended without one."""
        try:
            while True:
                await asyncio.wait_for(self.socket.recv(), PATIENCE)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        except TimeoutError:
            raise Failure(f"expected a close, got none in {PATIENCE} s") from None

    async def ask(self, message):
        await self.send(message)
        return await self.receive()

    async def join(self, topic, reference="1", payload=None):
        """Joins and answers with the response."""
        answer = await self.ask([reference, reference, topic, "phx_join", payload or {}])
        expect(answer[:4], [reference, reference, topic, "phx_reply"], "the reply to the join")
        expect(answer[4]["status"], "ok", "the status")
        return answer[4]["response"]

    async def silent(self):
        """Expects that nothing else has been sent: the next message answers a heartbeat."""
        answer = await self.ask([None, "quiet", "phoenix", "heartbeat", {}])
        expect(answer, [None, "quiet", "phoenix", "phx_reply", {"response": {}, "status": "ok"}], "nothing but")


class Server:
    """Where to connect."""

    def __init__(self, url):
        self.url = url
        self.root = url.rsplit("/socket/websocket", 1)[0]

    def open(self, vsn="2.0.0", path="/socket/websocket", query="", **options):
        return connect(
            f"{self.root}{path}?vsn={vsn}{query}",
            max_size=None,
            open_timeout=PATIENCE,
            close_timeout=PATIENCE,
            ping_interval=None,
            proxy=None,
            **options,
        )

    async def post(self, path):
        request = urllib.request.Request(self.root.replace("ws://", "http://") + path, data=b"", method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        await asyncio.to_thread(lambda: opener.open(request, timeout=PATIENCE).read())


def binary_push(join, reference, topic, event, data):
    """A client's push in a binary frame of V2."""
    fields = [part.encode() for part in (join, reference, topic, event)]
    return bytes([0, *map(len, fields)]) + b"".join(fields) + data


def read_binary(frame):
    """The kind of a server's binary frame, its fields, and its data."""
    kind = frame[0]
    count = {0: 3, 1: 4, 2: 2}[kind]
    sizes, rest, fields = frame[1 : 1 + count], frame[1 + count :], []
    for size in sizes:
        fields.append(rest[:size].decode())
        rest = rest[size:]
    return kind, fields, rest


CHECKS = []


def check(name):
    def add(function):
        CHECKS.append((name, function))
        return function

    return add


@check("a join is answered, its parameters reach the channel")
async def join(server):
    async with server.open() as socket:
        client = Client(socket)
        response = await client.join("room:lobby", payload={"a": [1, None]})
        expect(response, {"joined": "room:lobby", "params": {"a": [1, None]}})
        await client.silent()


@check("joins that are denied, crash or match no channel are errors")
async def refused_joins(server):
    async with server.open() as socket:
        client = Client(socket)
        for topic, payload, reason, join_reference in [
            ("room:a", {"deny": True}, "denied", "1"),
            ("room:a", {"crash": True}, "join crashed", "1"),
            ("nowhere", {}, "unmatched topic", None),
        ]:
            answer = await client.ask(["1", "1", topic, "phx_join", payload])
            response = {"response": {"reason": reason}, "status": "error"}
            expect(answer, [join_reference, "1", topic, "phx_reply", response])


@check("pushes are echoed, references come back with the type they had")
async def echo(server):
    async with server.open() as socket:
        client = Client(socket)
        await client.join("room:a")
        payload = {"text": "h\u00e9llo \U0001f426", "number": 1.5, "list": [True, None]}
        answer = await client.ask(["1", "2", "room:a", "echo", payload])
        expect(answer, ["1", "2", "room:a", "phx_reply", {"response": payload, "status": "ok"}])
        answer = await client.ask([7, 7, "room:b", "phx_join", {}])
        expect(answer[:2], [7, 7])
        answer = await client.ask(["1", "3", "room:a", "fail", {}])
        expect(answer[4], {"response": {"reason": "failed"}, "status": "error"})


@check("a leave is answered, the channel closes, and pushes then match nothing")
async def leave(server):
    async with server.open() as socket:
        client = Client(socket)
        await client.join("room:a")
        answer = await client.ask(["1", "2", "room:a", "phx_leave", {}])
        expect(answer, ["1", "2", "room:a", "phx_reply", {"response": {}, "status": "ok"}])
        expect(await client.receive(), ["1", "1", "room:a", "phx_close", {}])
        answer = await client.ask(["1", "3", "room:a", "echo", {}])
        response = {"response": {"reason": "unmatched topic"}, "status": "error"}
        expect(answer, [None, "3", "room:a", "phx_reply", response])


@check("a second join of a topic is answered, then closes the first")
async def duplicate_join(server):
    async with server.open() as socket:
        client = Client(socket)
        await client.join("room:a", "1")
        await client.join("room:a", "2")
        expect(await client.receive(), ["1", "1", "room:a", "phx_close", {}])
        await client.silent()


@check("binary pushes get binary replies")
async def binary_reply(server):
    async with server.open() as socket:
        client = Client(socket)
        await client.join("room:a")
        for data in (b"\x00\x01\xff", b"", NOISE[:76_800]):
            frame = await client.ask(binary_push("1", "2", "room:a", "binary_echo", data))
            expect(read_binary(frame), (1, ["1", "2", "room:a", "ok"], data))
        frame = await client.ask(binary_push("1", "3", "room:a", "binary_fail", b"no"))
        expect(read_binary(frame), (1, ["1", "3", "room:a", "error"], b"no"))
        answer = await client.ask(binary_push("1", "4", "room:a", "to_base64", b"\xfe\xff"))
        expect(answer[4]["response"], {"base64": base64.b64encode(b"\xfe\xff").decode(), "size": 2})


@check("broadcasts, in text and binary, reach every client, pushes only their own")
async def broadcast(server):
    async with server.open() as one, server.open() as other:
        first, second = Client(one), Client(other)
        await first.join("room:shared")
        await second.join("room:shared", "5")
        await first.send(["1", "2", "room:shared", "shout", {"n": 1}])
        for client in (first, second):
            expect(await client.receive(), [None, None, "room:shared", "shout", {"n": 1}])
        await first.send(binary_push("1", "3", "room:shared", "shout_binary", b"\x80"))
        for client in (first, second):
            expect(read_binary(await client.receive()), (2, ["room:shared", "shout_binary"], b"\x80"))
        await second.send(["5", "6", "room:shared", "burst_binary", {"n": 1, "size": 2}])
        tick = read_binary(await second.receive())
        expect(tick, (0, ["5", "room:shared", "tick_binary"], b"\x00\x00\x00\x01\xab\xab"))
        expect((await second.receive())[3], "phx_reply")
        await first.silent()


@check("presence: who comes sees who is there, who is there sees who comes and goes")
async def presence(server):
    async with server.open() as one:
        ada = Client(one)
        await ada.join("presence:hall", payload={"name": "ada"})
        events = {message[3]: message[4] for message in [await ada.receive(), await ada.receive()]}
        expect(sorted(events), ["presence_diff", "presence_state"])
        expect(list(events["presence_state"]), ["ada"])
        async with server.open() as other:
            bob = Client(other)
            await bob.join("presence:hall", payload={"name": "bob", "meta": {"mood": "glad"}})
            events = {message[3]: message[4] for message in [await bob.receive(), await bob.receive()]}
            expect(sorted(events["presence_state"]), ["ada", "bob"])
            diff = await ada.receive()
            expect((diff[3], list(diff[4]["joins"]), diff[4]["leaves"]), ("presence_diff", ["bob"], {}))
            expect(diff[4]["joins"]["bob"]["metas"][0]["mood"], "glad")
            came = diff[4]["joins"]["bob"]["metas"][0]["phx_ref"]
        diff = await ada.receive()
        expect((diff[3], diff[4]["joins"], list(diff[4]["leaves"])), ("presence_diff", {}, ["bob"]))
        expect(diff[4]["leaves"]["bob"]["metas"][0]["phx_ref"], came, "the reference that came")


@check("a crash is phx_error, a stop is phx_close; the socket goes on and the topic can be joined again")
async def crash(server):
    async with server.open() as socket:
        client = Client(socket)
        await client.join("room:a")
        answer = await client.ask(["1", "2", "room:a", "crash", {}])
        expect(answer, ["1", "1", "room:a", "phx_error", {"reason": "channel_crash"}])
        await client.join("room:a", "3")
        expect(await client.ask(["3", "4", "room:a", "stop", {}]), ["3", "3", "room:a", "phx_close", {}])
        await client.join("room:a", "5")


@check("a drain closes with 1012")
async def drain(server):
    async with server.open() as socket:
        client = Client(socket)
        await client.join("room:a")
        await client.send(["1", "2", "room:a", "drain_socket", {}])
        expect(await client.closed(), 1012, "the close code")


@check("a disconnect closes with 1001, for all sockets of the name and no others")
async def disconnect(server):
    async with server.open(query="&id=x") as one, server.open(query="&id=x") as two, server.open(query="&id=y") as three:
        clients = [Client(socket) for socket in (one, two, three)]
        for client in clients:
            await client.join("room:a")
        await clients[0].send(["1", "2", "room:a", "drop_socket", {}])
        expect(await clients[0].closed(), 1001, "the close code")
        expect(await clients[1].closed(), 1001, "the close code")
        await clients[2].silent()
        await server.post("/admin/disconnect?id=sock:y")
        expect(await clients[2].closed(), 1001, "the close code")


@check("a transport that is killed says nothing")
async def killed(server):
    async with server.open() as socket:
        client = Client(socket)
        await client.join("room:a")
        await client.send(["1", "2", "room:a", "kill_transport", {}])
        expect(await client.closed(), 1006, "the close code")


@check("a hundred channels may be joined, the next is refused until one is left")
async def channel_limit(server):
    async with server.open() as socket:
        client = Client(socket)
        for number in range(100):
            await client.join(f"room:{number}", str(number))
        answer = await client.ask(["x", "x", "room:100", "phx_join", {}])
        expect(answer[4], {"response": {"reason": "too many channels joined"}, "status": "error"})
        await client.ask(["0", "l", "room:0", "phx_leave", {}])
        expect((await client.receive())[3], "phx_close")
        await client.join("room:100", "y")


@check("nine megabytes pass, more than ten close with 1009")
async def frame_limit(server):
    async with server.open() as socket:
        client = Client(socket)
        await client.join("room:a")
        frame = await client.ask(binary_push("1", "2", "room:a", "binary_echo", NOISE[:9_000_000]))
        expect(len(read_binary(frame)[2]), 9_000_000)
        try:
            await client.send(binary_push("1", "3", "room:a", "binary_echo", NOISE))
        except ConnectionClosed:
            pass  # The head alone condemns the frame; the rest may find nobody.
        expect(await client.closed(), 1009, "the close code")


@check("names of 255 bytes fit a binary frame; broken binary frames and broken text close with 1011")
async def guards(server):
    topic = "room:" + "x" * 250
    async with server.open() as socket:
        client = Client(socket)
        await client.join(topic)
        frame = await client.ask(binary_push("1", "2", topic, "binary_echo", b"!"))
        expect(read_binary(frame), (1, ["1", "2", topic, "ok"], b"!"))
    broken = [b"", b"\x00", b"\x01\x01\x01\x01\x0111aa", b"\x00\x01\x07\x01\x02\x0011r", b"\x00\xff\xff\xff\xffshort"]
    for frame in [*broken, "not json", "[]", '["1","1","room:a","phx_join"]', '{"topic":"room:a"}', "null", ""]:
        async with server.open() as socket:
            client = Client(socket)
            await client.send(frame)
            expect(await client.closed(), 1011, f"the close code for {frame!r}")


@check("a binary push on a topic too long for its header crashes the channel, and nobody gets half of it")
async def header_guard(server):
    topic = "room:" + "y" * 251
    async with server.open() as socket:
        client = Client(socket)
        await client.join(topic)
        answer = await client.ask(["1", "2", topic, "burst_binary", {"n": 1}])
        expect(answer, ["1", "1", topic, "phx_error", {"reason": "channel_crash"}])
        await client.silent()


@check("V1: objects instead of lists, no join_ref, binary frames of JSON are read, binary pushes crash")
async def version_1(server):
    async with server.open(vsn="1.0.0") as socket:
        client = Client(socket)

        def message(event, payload, reference):
            return {"topic": "room:v1", "event": event, "payload": payload, "ref": reference}

        def reply(response, reference):
            return message("phx_reply", {"response": response, "status": "ok"}, reference)

        answer = await client.ask(message("phx_join", {"k": "v"}, "1"))
        expect(answer, reply({"joined": "room:v1", "params": {"k": "v"}}, "1"))
        expect(await client.ask(message("echo", {"a": [1]}, "2")), reply({"a": [1]}, "2"))
        expect(await client.ask(message("push_back", {"a": 1}, "3")), message("pushed", {"a": 1}, None))
        expect(await client.ask(json.dumps(message("echo", {}, "4")).encode()), reply({}, "4"))
        answer = await client.ask(message("burst_binary", {"n": 1}, "5"))
        expect(answer, message("phx_error", {"reason": "channel_crash"}, None))
        expect(await client.ask(message("phx_leave", {}, "6")), reply({}, "6"))
    async with server.open(vsn="1.0.0") as socket:
        client = Client(socket)
        await client.send('["1","1","room:a","phx_join",{}]')
        expect(await client.closed(), 1011, "the close code for V2 in V1")


@check("upgrades are refused: wrong vsn, no token, rejected, limited, unknown path, foreign origin")
async def refusals(server):
    for wanted, options in [
        (403, {"vsn": "3.0.0"}),
        (403, {"path": "/auth/websocket"}),
        (403, {"query": "&reject=1"}),
        (429, {"path": "/ratelimit/websocket"}),
        (404, {"path": "/nowhere/websocket"}),
        (403, {"path": "/origin/websocket", "origin": "http://evil.example"}),
    ]:
        try:
            async with server.open(**options):
                raise Failure(f"expected status {wanted} for {options}, got a connection")
        except InvalidStatus as refusal:
            expect(refusal.response.status_code, wanted, f"the status for {options}")
    async with server.open(path="/origin/websocket", origin="http://allowed.example") as socket:
        await Client(socket).join("room:a")


@check("an auth token in the subprotocols is accepted, and the server answers with phoenix")
async def auth_token(server):
    token = base64.b64encode(b"secret").decode().rstrip("=")
    protocols = ["phoenix", f"base64url.bearer.phx.{token}"]
    async with server.open(path="/auth/websocket", subprotocols=protocols) as socket:
        expect(socket.subprotocol, "phoenix", "the subprotocol")
        await Client(socket).join("room:a")


@check("messages are compressed both ways, and those that inflate too far closed with 1009")
async def compression(server):
    async with server.open() as socket:
        expect([extension.name for extension in socket.protocol.extensions], ["permessage-deflate"], "the extensions")
        client = Client(socket)
        await client.join("room:a")
        for number, size in enumerate([0, 1, 500, 20_000], start=2):
            payload = {"pad": "y" * size}
            answer = await client.ask(["1", str(number), "room:a", "echo", payload])
            expect(answer[4], {"response": payload, "status": "ok"}, "the answer")
        await client.send(["1", "9", "room:a", "echo", {"pad": "y" * 200_000}])
        expect(await client.closed(), 1009, "the close code")
    async with server.open(compression=None) as socket:
        expect(socket.protocol.extensions, [], "the extensions without an offer")
        await Client(socket).join("room:a", payload={"pad": "y" * 200_000})


@check("fragments are put together, pings among them answered, and a close answered with 1000")
async def frames(server):
    async with server.open() as socket:
        client = Client(socket)

        async def fragments():
            text = json.dumps(["1", "1", "room:a", "phx_join", {"pad": "\u00e9" * 50}], ensure_ascii=False)
            for start in range(0, len(text), 7):
                yield text[start : start + 7]
                pong = await socket.ping()
                await asyncio.wait_for(pong, PATIENCE)

        await socket.send(fragments())
        expect((await client.receive())[4]["status"], "ok")
        await socket.close(code=1000)
        expect(socket.close_code, 1000, "the close code")


async def main(url):
    server = Server(url)
    failures = 0
    for name, function in CHECKS:
        try:
            await asyncio.wait_for(function(server), 20)
            print(f"ok      {name}", flush=True)
        except Exception as error:  # noqa: BLE001 (whatever goes wrong is this check's failure)
            failures += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(CHECKS) - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(sys.argv[1])))
