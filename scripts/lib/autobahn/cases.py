# coding=utf-8
"""Writes down what the Autobahn suite sends and expects in its cases of sections 1 to 7, one line of JSON a case. Python 2.7.

    cases.py >Tests/PhoenixWebSocketTests/Autobahn/cases.json

A case has
    steps    what the server does: "send" bytes, which arrive in reads of "chop" bytes each, or as one read where that is 0; or
             "await" so many of the client's answers, counted from the first, before it goes on
    expects  what the client must send, in this order: "text", "binary" or "pong" with their payload
    closes   "client" when it must fail the connection, "server" when the server closes and the client answers
    codes    the close codes that the client may then use
    lax      present when the suite has no opinion about what the client sends before

Bytes are runs of hexadecimal digits, each followed by *COUNT when it is repeated.
"""

from __future__ import print_function

import collections
import json
import struct
import sys

from autobahntestsuite import choosereactor  # Must be the first to import twisted.
from autobahn.websocket.protocol import WebSocketProtocol
from autobahntestsuite.case import Cases


def runs(payload):
    """A payload as text, in which what is one short string many times over is written once."""
    for size in (1, 10):
        unit = payload[:size]
        count, rest = divmod(len(payload), size)
        if count > 8 and unit * count + unit[:rest] == payload:
            return " ".join(["%s*%d" % (unit.encode("hex"), count)] + ([unit[:rest].encode("hex")] if rest else []))
    return payload.encode("hex")


class Recorder(object):
    """Stands in for the server's end of a connection, and notes what a case does with it."""

    CLOSE_STATUS_CODE_NORMAL = WebSocketProtocol.CLOSE_STATUS_CODE_NORMAL
    CLOSE_STATUS_CODE_PROTOCOL_ERROR = WebSocketProtocol.CLOSE_STATUS_CODE_PROTOCOL_ERROR
    CLOSE_STATUS_CODE_INVALID_PAYLOAD = WebSocketProtocol.CLOSE_STATUS_CODE_INVALID_PAYLOAD
    state = WebSocketProtocol.STATE_OPEN

    def __init__(self):
        self.steps = []
        self.later = None
        self.pings = 0
        self.hasClosed = False

    def send(self, data, chop=0, separate=False):
        last = self.steps[-1] if self.steps else {}
        if last.get("chop") == 0 and not chop and not separate and not last.get("separate"):
            # What is written in one turn of the reactor leaves in one piece.
            last["send"] += " " + data
        else:
            self.steps.append(collections.OrderedDict([("send", data), ("chop", chop), ("separate", separate)]))

    def sendFrame(self, opcode, payload="", fin=True, rsv=0, payload_len=None, chopsize=None, sync=False):
        if payload_len is not None:
            payload = (payload * (payload_len // len(payload) + 1))[:payload_len]
        self.pings += opcode == 9
        self.hasClosed = self.hasClosed or opcode == 8
        head = chr((0x80 if fin else 0) | rsv << 4 | opcode) + self.length(len(payload))
        self.send(" ".join(part for part in (head.encode("hex"), runs(payload)) if part), chopsize or 0, sync)

    @staticmethod
    def length(count):
        if count <= 125:
            return chr(count)
        return struct.pack("!BH", 126, count) if count <= 0xFFFF else struct.pack("!BQ", 127, count)

    def sendMessage(self, payload, isBinary=False, fragmentSize=None):
        size = fragmentSize or max(1, len(payload))
        parts = [payload[start:start + size] for start in range(0, len(payload), size)] or [""]
        for index, part in enumerate(parts):
            opcode = 0 if index else 2 if isBinary else 1
            self.sendFrame(opcode, part, fin=index == len(parts) - 1)

    def sendCloseFrame(self, code=None, reasonUtf8=None):
        self.sendFrame(8, (struct.pack("!H", code) if code is not None else "") + (reasonUtf8 or ""))

    def sendClose(self, code=None, reason=None):
        self.sendCloseFrame(code, reason.encode("utf-8") if reason else None)

    def beginMessage(self):
        pass

    def beginMessageFrame(self, length):
        self.send((chr(0x81) + self.length(length)).encode("hex"))

    def sendMessageFrameData(self, data):
        self.send(data.encode("hex"))

    def endMessage(self):
        self.sendFrame(0)

    def continueLater(self, delay, function, tag=None):
        self.later = function, tag

    def closeAfter(self, delay):
        pass

    killAfter = closeAfter


def describe(case):
    recorder = Recorder()
    instance = case(recorder)
    instance.onOpen()
    expected = instance.expected[instance.OK]
    while recorder.later:
        function, tag = recorder.later
        recorder.later = None
        if tag and ("timeout", tag) not in expected:
            # The client must have failed the connection by now.
            break
        recorder.steps.append({"await": recorder.pings})
        function()
    expects = []
    for event in expected:
        if event[0] == "message":
            expects.append({"binary" if event[2] else "text": runs(event[1])})
        elif event[0] == "pong":
            expects.append({"pong": runs(event[1])})
    closing = instance.expectedClose
    if closing["closedByMe"] and not recorder.hasClosed:
        recorder.steps.append({"await": len(expects)})
        recorder.sendClose(closing["closeCode"][0])
    for step in recorder.steps:
        step.pop("separate", None)
    number = case.__name__[len("Case"):].replace("_", ".")
    result = collections.OrderedDict([
        ("case", number),
        ("does", " ".join(case.DESCRIPTION.split("<br>")[0].replace("<b>", "").replace("</b>", "").split()).decode("utf-8")),
        ("steps", recorder.steps),
        ("expects", expects),
        ("closes", "server" if closing["closedByMe"] else "client"),
        ("codes", closing["closeCode"]),
    ])
    if number in ("7.1.6", "7.13.1", "7.13.2"):
        result["lax"] = True
    return result


def main():
    chosen = [case for case in Cases if int(case.__name__[len("Case"):].split("_")[0]) <= 7]
    lines = [json.dumps(describe(case), ensure_ascii=False, separators=(",", ":")).encode("utf-8") for case in chosen]
    sys.stdout.write("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
